internal import Dispatch
internal import Ledger
internal import Rules
internal import Sealing
public import Storage
internal import Synchronization

/// One file of a bulk import.
public struct ImportItem: Sendable {
    public let path: String
    public let new: NewDocument
    public let byteCount: UInt64
    /// What the file is known by from run to run: its place in the import, its length and when it changed.
    public let mark: [UInt8]

    public init(path: String, new: NewDocument, byteCount: UInt64, mark: [UInt8]) {
        self.path = path
        self.new = new
        self.byteCount = byteCount
        self.mark = mark
    }
}

/// What became of one file.
public enum ImportOutcome: Sendable {
    case stored(Receipt)
    /// An earlier run stored it.
    case alreadyThere(DocumentID)
    /// Left out, and why.
    case refused(any Error)
}

extension DocumentVault {
    /// Deposits many files. A file that cannot be taken is reported and the others go on; a second run leaves out what the
    /// first one stored.
    ///
    /// Files are sealed aside on every core without a pause, while what is sealed is made durable in batches: at least as much
    /// as is worth a commit, and all that has gathered while the last batch reached the disk.
    ///
    /// `report`: told of every file once its fate is durable.
    ///
    /// - Throws: what stops the whole import: a full disk, a case that was closed. What was reported as stored is safe.
    public func importFiles(
        _ items: [ImportItem], as caller: Caller,
        report: @escaping @Sendable (ImportItem, ImportOutcome) throws -> Void
    ) async throws {
        try await requireWritable()
        let chosen = try await choose(items, as: caller, report)
        let run = ImportRun(chosen, in: self)
        let (progress, progressed) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        async let sealing: Void = run.sealAll {
            progressed.yield()
        } atEnd: {
            progressed.finish()
        }
        do {
            for await _ in progress { try await commit(run.takeBatch(), as: caller, report) }
            try await commit(run.takeSealed(), as: caller, report)
            try await sealing
            try Task.checkCancellation()
        } catch {
            run.stop()
            try? await sealing
            discard(run.takeSealed())
            throw error
        }
        try await log(Event(.imported, by: caller).with(["files": String(items.count)]))
    }

    /// The files to seal, each with who deposits it. The others are reported: whoever may not deposit learns nothing, and
    /// what an earlier run stored is left out.
    private func choose(
        _ items: [ImportItem], as caller: Caller, _ report: (ImportItem, ImportOutcome) throws -> Void
    ) async throws -> [ImportRun.Choice] {
        var authors: [ImportRun.Place: Result<Author, any Error>] = [:]
        var seen: Set<Digest> = []
        var chosen: [ImportRun.Choice] = []
        let page = 1000
        for from in stride(from: 0, to: items.count, by: page) {
            let marked = items[from..<min(from + page, items.count)].map { ($0, sources($0, caller)) }
            let known = try await records.read { transaction in
                try marked.map { try $0.1.compactMap { try transaction.imported($0) }.first }
            }
            for ((item, sources), document) in zip(marked, known) {
                let source = sources[0]
                let place = ImportRun.Place(item.new)
                if authors[place] == nil { authors[place] = await author(for: item.new, caller) }
                switch authors[place] {
                case .success(let author)? where seen.insert(source).inserted && document == nil:
                    chosen.append(ImportRun.Choice(item: item, author: author, source: source))
                case .success?: try report(item, outcome(ofKnown: document))
                case .failure(let error)?:
                    try Self.stopIfHopeless(error)
                    try report(item, .refused(error))
                case nil: break
                }
            }
        }
        return chosen
    }

    private func outcome(ofKnown document: DocumentID?) -> ImportOutcome {
        document.map { .alreadyThere($0) }
            ?? .refused(VaultError.invalid(field: "row", reason: "the file stands twice"))
    }

    private func author(for new: NewDocument, _ caller: Caller) async -> Result<Author, any Error> {
        do {
            return .success(try await authoriseDeposit(new, caller))
        } catch {
            return .failure(error)
        }
    }

    private func commit(
        _ sealed: [ImportRun.Sealed], as caller: Caller, _ report: (ImportItem, ImportOutcome) throws -> Void
    ) async throws {
        var drafts: [(item: ImportItem, draft: Draft)] = []
        for (item, author, result) in sealed {
            switch result {
            case .success(let draft): drafts.append((item, draft))
            case .failure(let error):
                do {
                    try await recordRefusal(error, of: item.new, author, caller)
                    try Self.stopIfHopeless(error)
                    try report(item, .refused(error))
                } catch {
                    discard(sealed)
                    throw error
                }
            }
        }
        guard !drafts.isEmpty else { return }
        let receipts = try await commit(drafts.map(\.draft), as: caller)
        for ((item, _), receipt) in zip(drafts, receipts) { try report(item, .stored(receipt)) }
    }

    /// Harmless when it fails: the next recovery sweeps the files aside.
    private func discard(_ sealed: [ImportRun.Sealed]) {
        for case (_, _, .success(let draft)) in sealed { try? objects.discard(draft.staged) }
    }

    /// What no later file would escape stops the import; everything before it is safe.
    private static func stopIfHopeless(_ error: any Error) throws {
        switch error as? StorageError {
        case .diskFull, .notWritable, .busy, .clockWentBackwards: throw error
        default: break
        }
        switch error as? VaultError {
        case .scannerMissing, .scanFailed(.unreachable): throw error
        default: break
        }
    }

    /// What a file of an import is known by in the records, under each live version of the key: keyed, so that it tells nothing.
    ///
    /// It is the depositor's own: nobody learns from it what somebody else has imported.
    private func sources(_ item: ImportItem, _ caller: Caller) -> [Digest] {
        let labels = Facts.list(item.new.labels.sorted().map { Array($0.rawValue.utf8) })
        let facts = Facts(
            "import", caller.person.bytes, item.new.caseID.bytes, Array(item.new.category.rawValue.utf8), labels,
            item.mark)
        return keys.versions(of: .blindIndex).map { $0.mark(facts) }
    }
}

/// The sealing half of an import: workers take files and leave drafts.
private final class ImportRun: Sendable {
    /// Where somebody deposits: asked once for each, and again by the commit.
    struct Place: Hashable {
        let caseID: CaseID
        let category: Category
        let labels: Set<Label>

        init(_ new: NewDocument) {
            caseID = new.caseID
            category = new.category
            labels = new.labels
        }
    }

    struct Choice: Sendable {
        let item: ImportItem
        let author: Author
        let source: Digest
    }

    typealias Sealed = (item: ImportItem, author: Author, result: Result<Draft, any Error>)

    private struct State {
        var next = 0
        var sealed: [Sealed] = []
        var byteCount: UInt64 = 0

        /// A commit syncs the disk several times, and writes the same pages of the databases again for every few files: few
        /// large ones are cheaper. But what is not committed is lost in a crash.
        var isWorthCommit: Bool { sealed.count >= 512 || byteCount >= 128 << 20 }

        /// Whether it is worth a commit now.
        mutating func add(_ file: Sealed) -> Bool {
            sealed.append(file)
            if case .success(let draft) = file.result { byteCount += draft.staged.byteCount }
            return isWorthCommit
        }
    }

    /// More than there are cores: one waits for the disk while another seals.
    private static let workers = 3
    private let chosen: [Choice]
    private let vault: DocumentVault
    private let state = Mutex(State())
    /// How many drafts may wait for their commit: this bounds the memory. It is more than one commit is made for.
    private let room = DispatchSemaphore(value: 1024)

    init(_ chosen: [Choice], in vault: DocumentVault) {
        self.chosen = chosen
        self.vault = vault
    }

    /// Returns when every file is sealed, or the run was stopped.
    func sealAll(whenever isWorthCommit: @escaping @Sendable () -> Void, atEnd: @Sendable () -> Void) async throws {
        defer { atEnd() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.workers {
                group.addTask { [self] in
                    try await blocking { [self] in
                        while true {
                            room.wait()
                            guard let choice = take() else {
                                room.signal()
                                return
                            }
                            let result = Result { try seal(choice) }
                            if state.withLock({ $0.add((choice.item, choice.author, result)) }) { isWorthCommit() }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    func stop() {
        state.withLock { $0.next = chosen.count }
        for _ in 0..<Self.workers { room.signal() }
    }

    /// What is sealed, once it is worth a commit.
    func takeBatch() -> [Sealed] { state.withLock(\.isWorthCommit) ? takeSealed() : [] }

    /// All that is sealed.
    func takeSealed() -> [Sealed] {
        let sealed = state.withLock { state in
            defer { (state.sealed, state.byteCount) = ([], 0) }
            return state.sealed
        }
        for _ in sealed { room.signal() }
        return sealed
    }

    private func take() -> Choice? {
        state.withLock { state in
            guard state.next < chosen.count else { return nil }
            defer { state.next += 1 }
            return chosen[state.next]
        }
    }

    private func seal(_ choice: Choice) throws -> Draft {
        var draft = try vault.draft(
            choice.item.new, choice.author, content: try FileDescriptor.reading(choice.item.path), syncing: false)
        draft.source = choice.source
        return draft
    }
}
