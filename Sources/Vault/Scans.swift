internal import Ledger
internal import Rules
internal import Sealing
public import Storage

/// What is scanned in a vault, and by what.
public struct ScanningStatus: Hashable, Sendable, Codable {
    /// Since when nothing is kept unscanned; `nil` where that is not so.
    public let requiredSince: String?
    /// Renditions that were never scanned, and those in which something was found.
    public let unscanned: Int
    public let found: Int
    /// The scanner as it describes itself now; `nil` without one, or when it does not answer.
    public let scanner: String?
    public let signatures: String?
    /// Why the scanner does not answer.
    public let problem: String?
}

/// What a scan said of one rendition.
public struct ScanOutcome: Hashable, Sendable, Codable {
    public let document: String
    public let version: Int64
    public let rendition: String
    /// The signature that it matched.
    public let found: String?
    /// Why there is no verdict. Without one, and with nothing found, it is clean.
    public let problem: String?

    public var isClean: Bool { found == nil && problem == nil }
}

extension DocumentVault {
    /// From now on nothing is kept unscanned, and the family is given nothing unscanned. This is not taken back.
    ///
    /// It takes the duty of checking the vault.
    ///
    /// - Throws: `VaultError.denied`, `.alreadySo`.
    public func requireScanning(as caller: Caller) async throws {
        try await authorise("vault.check", caller)
        guard try await requireScanning(by: caller) else {
            throw VaultError.alreadySo("Scans are required already")
        }
    }

    /// - Returns: `false` when it was so already.
    @discardableResult
    func requireScanning(by caller: Caller?) async throws -> Bool {
        guard try await records.read({ try $0.scanning() }) == nil else { return false }
        let now = environment.now()
        let row = try row(Event(.scanningRequired, by: caller))
        return try await records.write { transaction in
            // Another process may have been first.
            guard try transaction.scanning() == nil else { return false }
            try transaction.insert(ScanningRow(since: now, entry: try transaction.append(row)))
            return true
        }
    }

    /// For everyone signed in, as `status`.
    ///
    /// `scanner`: to be asked how it is; it scans nothing here.
    public func scanning(by scanner: ClamdScanner?, as caller: Caller) async throws -> ScanningStatus {
        let (required, counts) = try await records.read { (try $0.scanning(), try $0.scanCounts()) }
        let engine: Result<ScanEngine, ScanError>? = try await blocking { () -> Result<ScanEngine, ScanError>? in
            guard let scanner else { return nil }
            return Result { () throws(ScanError) in try scanner.engine() }
        }
        var (known, problem): (ScanEngine?, ScanFailure?) = (nil, nil)
        switch engine {
        case .success(let engine): known = engine
        case .failure(.failed(let failure)): problem = failure
        case .failure(.found), nil: break
        }
        return ScanningStatus(
            requiredSince: required?.since.text, unscanned: counts.unscanned, found: counts.found,
            scanner: known?.version, signatures: known?.signatures, problem: problem?.sentence)
    }

    /// Scans what is stored of a document already: every version and form that the caller may read, and nothing else. Content goes to
    /// the scanner and nowhere else.
    ///
    /// - Throws: `VaultError.scannerMissing`, `.notFound`, `.denied`, `.scanFailed`; `StorageError`.
    public func scan(_ id: DocumentID, as caller: Caller) async throws -> [ScanOutcome] {
        try await requireWritable()
        guard environment.scanner != nil else { throw VaultError.scannerMissing }
        let view = try await requireVisible(id, .documentScanned, caller)
        let readable = view.renditions.filter { reading($0, of: view) != nil }
        guard !readable.isEmpty else {
            _ = try await requireReadable(try rendition(WhichForm(), of: view), view, caller)
            return []
        }
        return try await scan(readable, of: view, caller)
    }

    /// Scans everything that was never scanned and that the caller may read. What the caller may not know of is passed over silently.
    ///
    /// `report`: told of each rendition once its verdict is durable.
    ///
    /// - Throws: `VaultError.scannerMissing`, `.scanFailed`; `StorageError`.
    public func scanUnscanned(as caller: Caller, report: (ScanOutcome) -> Void) async throws {
        try await requireWritable()
        guard environment.scanner != nil else { throw VaultError.scannerMissing }
        let page = 200
        var last: DocumentID?
        while true {
            let after = last
            let documents = try await records.read { try $0.unscannedDocuments(after: after, limit: page) }
            guard let end = documents.last else { return }
            for document in documents {
                for outcome in try await scanUnscanned(document, caller) { report(outcome) }
            }
            last = end
        }
    }

    private func scanUnscanned(_ id: DocumentID, _ caller: Caller) async throws -> [ScanOutcome] {
        let found = try await records.read { transaction in
            try transaction.document(id).flatMap { document in
                try transaction.theCase(document.caseID).map {
                    (document, $0, try transaction.renditions(of: id), try transaction.scans(of: id))
                }
            }
        }
        guard let (document, theCase, renditions, scans) = found, let scene = try await scene(theCase, caller),
            let view = judge(document, renditions, scene)
        else { return [] }
        return try await scan(
            renditions.filter { scans[$0.id] == nil && reading($0, of: view) != nil }, of: view, caller)
    }

    private func scan(
        _ renditions: [RenditionRow], of view: VisibleDocument, _ caller: Caller
    ) async throws -> [ScanOutcome] {
        var outcomes: [ScanOutcome] = []
        for rendition in renditions {
            guard let (asking, permit) = reading(rendition, of: view) else { continue }
            let verdict = try await verdict(on: rendition, view, asking)
            let row = try row(
                event(.documentScanned, view, asking, caller)
                    .on(["document": "\(view.document.id)", "rendition": "\(rendition.id)"])
                    .with(["clause": permit.rule.rawValue].merging(verdict.detail) { $1 }), childKey: view.childKey)
            let now = environment.now()
            try await records.write { transaction in
                try transaction.reaffirm(view.scene, asking)
                let entry = try transaction.append(row)
                guard let engine = verdict.engine else { return }
                try transaction.put(
                    ScanRow(
                        rendition: rendition.id, object: rendition.object, found: verdict.found, engine: engine,
                        scanned: now, entry: entry))
            }
            // Whom it does not answer now, it will not answer for the next one.
            if verdict.failure == .unreachable { throw VaultError.scanFailed(.unreachable) }
            outcomes.append(
                ScanOutcome(
                    document: "\(view.document.id)", version: rendition.version,
                    rendition: rendition.kind.description, found: verdict.found, problem: verdict.failure?.sentence))
        }
        return outcomes
    }

    /// Opens a rendition with the wrap of the asker's own party, as a read does, and passes it through the scanner.
    private func verdict(
        on rendition: RenditionRow, _ view: VisibleDocument, _ asking: Asking
    ) async throws -> Verdict {
        let wrap = try await keyring.read { try $0.wrap(of: rendition.key, for: asking.place.party.rawValue) }
        guard let wrap, let scanner = environment.scanner else { throw VaultError.keyMissing }
        return try await blocking {
            let opener = AgeOpener.identity(try self.identity(wrap, view.childKey))
            var reader = try ObjectReader(
                objects, name: rendition.object, byteCount: rendition.byteCount, opener: opener)
            do {
                let scan = try scanner.begin()
                try reader.read(0..<rendition.byteCount) { try scan.take($0) }
                return Verdict(engine: try scan.finish())
            } catch ScanError.found(let signature) {
                let unsaid = ScanEngine(version: ScanEngine.unsaid, signatures: ScanEngine.unsaid)
                return Verdict(engine: (try? scanner.engine()) ?? unsaid, found: signature)
            } catch ScanError.failed(let failure) {
                return Verdict(failure: failure)
            }
        }
    }
}

/// What a scan of something stored came to.
private struct Verdict: Sendable {
    /// `nil` when there is no verdict.
    var engine: ScanEngine?
    var found: String?
    var failure: ScanFailure?

    var detail: [String: String] {
        if let failure { return ["failure": failure.rawValue] }
        return (engine?.detail ?? [:]).merging(["found": found ?? "nothing"]) { $1 }
    }
}

extension DocumentVault {
    /// That a rendition may go to the family: nothing was found in it, and where scans are required it was scanned. What somebody of
    /// the family brought before that was so stays that person's to read.
    ///
    /// - Throws: `VaultError.unscanned`, `.malware`, once the refusal is recorded.
    func requireScanned(
        _ rendition: RenditionRow, _ view: VisibleDocument, _ asking: Asking, _ caller: Caller
    ) async throws {
        let (required, scan) = try await records.read { (try $0.scanning(), try $0.scan(of: rendition.id)) }
        let refusal: VaultError
        if let found = scan?.found {
            refusal = .malware(found)
        } else if required != nil, scan == nil,
            asking.place.party != .family || view.document.depositor != caller.person
        {
            refusal = .unscanned
        } else {
            return
        }
        try await refuse(
            refusal,
            event(.accessDenied, view, asking, caller).with([
                "reason": refusal == .unscanned ? "unscanned" : "malware", "rendition": rendition.kind.description,
            ]), childKey: view.childKey)
    }

    /// Takes content in, or records why it is not taken.
    func taken(
        _ new: NewDocument, _ author: Author, _ caller: Caller, _ work: @escaping @Sendable () throws -> Draft
    ) async throws -> Draft {
        do {
            return try await blocking(work)
        } catch {
            try await recordRefusal(error, of: new, author, caller)
            throw error
        }
    }

    /// Content that was refused for what it is leaves an entry: which case and category, why, and nothing of the content.
    func recordRefusal(_ error: any Error, of new: NewDocument, _ author: Author, _ caller: Caller) async throws {
        guard let detail = (error as? VaultError)?.refusalOfContent else { return }
        try await log(
            Event(.contentRefused, by: caller, party: author.place.party).about(author.childKey.child)
                .on(["case": "\(new.caseID)", "category": new.category.rawValue]).with(detail),
            childKey: author.childKey)
    }

    /// Runs `work` and gives what the intake refuses the names that a caller can act on.
    func naming<Result>(_ type: MediaType, _ work: () throws -> Result) throws -> Result {
        guard environment.intake.allowsUnknown || type != .unknown else { throw VaultError.unsafeContent(.unknownType) }
        do {
            return try work()
        } catch ContentProblem.mismatch {
            throw VaultError.typeMismatch(declared: type.name)
        } catch ContentProblem.unsafe(let danger) {
            throw VaultError.unsafeContent(danger)
        } catch ScanError.found(let signature) {
            throw VaultError.malware(signature)
        } catch ScanError.failed(let failure) {
            throw VaultError.scanFailed(failure)
        }
    }
}

extension VaultError {
    /// What the ledger says of content that was not taken; `nil` for every other error.
    fileprivate var refusalOfContent: [String: String]? {
        switch self {
        case .typeMismatch(let declared): ["reason": "type-mismatch", "declared": declared]
        case .unsafeContent(let danger): ["reason": danger.rawValue]
        case .malware(let signature): ["reason": "malware", "signature": signature]
        case .scanFailed(let failure): ["reason": "scan-failed", "failure": failure.rawValue]
        default: nil
        }
    }
}

extension ScanEngine {
    /// How the ledger names it.
    var detail: [String: String] { ["scanner": version, "signatures": signatures] }
}

extension ScanRow {
    /// The verdict in a line: `clean 2026-11-22T09:00:00Z, ClamAV 1.4.6, signatures of …`.
    var words: String {
        "\(found.map { "found \($0)" } ?? "clean") \(scanned.text), \(engine.version), signatures \(engine.signatures)"
    }
}
