internal import Ledger
internal import Rules
internal import Sealing
public import Storage

/// A document as one caller may see it. The title is there only for who may read the original.
public struct DocumentSummary: Hashable, Sendable, Codable {
    /// One form of the newest version.
    public struct Form: Hashable, Sendable, Codable {
        /// `original`, `extract`, `summary` or `redacted:NAME`.
        public let rendition: String
        public let mediaType: String
        public let byteCount: UInt64
        public let isReleased: Bool
    }

    public let id: String
    public let category: String
    public let categoryTitle: String
    public let title: String?
    /// Of the original, as far as its category lets the caller know.
    public let mediaType: String
    public let holder: String
    public let version: Int64
    public let added: String
    /// What the malware scanner said of the newest version's original, and when; `nil` when it was never asked.
    public let scanned: String?
    /// Whether the caller may read the newest version's original.
    public let mayRead: Bool
    /// The forms that the caller may read.
    public let forms: [Form]
    /// The clause that admits the caller.
    public let clause: String
    /// What is attached to it, for who may read something of it; `nil` when nothing is.
    public let statements: [DocumentStatement]?
}

/// One version, for those who may read the document.
public struct VersionSummary: Hashable, Sendable, Codable {
    public let number: Int64
    public let added: String
    public let depositor: String
    public let object: String
    public let byteCount: UInt64
    public let mediaType: String
    /// What the malware scanner said of the original, and when; `nil` when it was never asked.
    public let scanned: String?
    /// The index of the ledger entry.
    public let entry: UInt64
}

/// A document that the caller may know of.
struct VisibleDocument: Sendable {
    let document: DocumentRow
    /// Of every version, the oldest first.
    let renditions: [RenditionRow]
    let scene: Scene
    /// From where the caller may see it: where possible the place from which it may be read.
    let asking: Asking
    let see: Permit

    var childKey: ChildKey { scene.childKey }
    var newest: [RenditionRow] { renditions.filter { $0.version == renditions.last?.version } }
}

extension DocumentVault {
    /// What the caller may see of a case. Documents that are not the caller's to know of are not counted either.
    ///
    /// - Throws: `VaultError.notFound(.theCase)`.
    public func documents(of caseID: CaseID, as caller: Caller) async throws -> [DocumentSummary] {
        if let readOnlyReason { throw readOnlyReason }
        let (policy, row, rows, found, scans) = try await records.read { transaction in
            let row = try transaction.theCase(caseID)
            return (
                try transaction.activePolicy(), row, try row.map { try transaction.sceneRows($0, caller.person) },
                try transaction.documents(of: caseID).map { ($0, try transaction.renditions(of: $0.id)) },
                try transaction.scans(of: caseID)
            )
        }
        try await adopt(policy)
        let refusal = Event(.accessDenied, by: caller).on(["case": "\(caseID)"])
        guard let row, let rows, let scene = try await scene(row, caller, rows) else {
            try await refuse(.notFound(.theCase), refusal)
        }
        let own = try await keyring.read { try $0.documentKeys(of: row.child) }
        let summaries = try found.compactMap { document, renditions in
            try judge(document, renditions, scene).map { try summary($0, own[document.id], scans) }
        }
        // Whoever has no place here and is shown nothing is told nothing either.
        guard !scene.isBarred, scene.isOnCase || scene.hasEmergency || !summaries.isEmpty else {
            try await refuse(.notFound(.theCase), refusal)
        }
        try await log(
            Event(.documentListed, by: caller, party: scene.askings.first?.place.party).about(row.child)
                .on(["case": "\(caseID)"])
                .with(scene.manner(of: scene.askings.first).merging(["shown": String(summaries.count)]) { $1 }),
            childKey: scene.childKey)
        return summaries
    }

    /// - Throws: `VaultError.notFound(.document)`.
    public func show(_ id: DocumentID, as caller: Caller) async throws -> DocumentSummary {
        let view = try await requireVisible(id, .documentShown, caller)
        try await log(event(.documentShown, view, view.asking, caller), childKey: view.childKey)
        let own = try await keyring.read { try $0.documentKey(id, of: view.document.child) }
        return try summary(view, own, try await records.read { try $0.scans(of: id) })
    }

    /// Every version, for who may read the document.
    ///
    /// - Throws: `VaultError.notFound(.document)`, `.denied`.
    public func history(of id: DocumentID, as caller: Caller) async throws -> [VersionSummary] {
        let view = try await requireVisible(id, .documentHistory, caller)
        let newest = try rendition(WhichForm(), of: view)
        let (asking, _) = try await requireReadable(newest, view, caller)
        let (versions, people, scans) = try await records.read { transaction in
            let versions = try transaction.versions(of: id)
            return (
                versions, try versions.compactMap { try transaction.person($0.depositor) },
                try transaction.scans(of: id)
            )
        }
        try await log(event(.documentHistory, view, asking, caller), childKey: view.childKey)
        let names = try people.reduce(into: [PersonID: String]()) { $0[$1.id] = try self.names(of: $1).name }
        return versions.compactMap { version in
            view.renditions.first { $0.version == version.number && $0.kind == .original }.map { rendition in
                VersionSummary(
                    number: version.number, added: version.added.text, depositor: names[version.depositor] ?? "",
                    object: rendition.object.hex, byteCount: rendition.byteCount, mediaType: rendition.mediaType,
                    scanned: scans[rendition.id]?.words, entry: version.entry)
            }
        }
    }

    /// The document, if the caller may know of it; the same recorded refusal when it is not there and when it is not the caller's.
    func requireVisible(
        _ id: DocumentID, _ kind: EventKind, _ caller: Caller, purpose: Purpose? = nil
    ) async throws -> VisibleDocument {
        if let readOnlyReason { throw readOnlyReason }
        // One look at the records for everything: each costs more than what it reads.
        let (policy, found) = try await records.read { transaction in
            let found = try transaction.document(id).flatMap { document in
                try transaction.theCase(document.caseID).map { theCase in
                    (
                        document, theCase, try transaction.renditions(of: id),
                        try transaction.sceneRows(theCase, caller.person)
                    )
                }
            }
            return (try transaction.activePolicy(), found)
        }
        try await adopt(policy)
        let event = Event(.accessDenied, by: caller).on(["document": "\(id)"]).with(["asked": kind.description])
        guard let (document, theCase, renditions, rows) = found, let scene = try await scene(theCase, caller, rows)
        else { try await refuse(.notFound(.document), event) }
        guard let view = judge(document, renditions, scene, purpose: purpose) else {
            let reason = denial(.see, document, renditions.last, scene, purpose: purpose).code
            try await refuse(
                .notFound(.document),
                event.about(document.child).with(["asked": kind.description, "reason": reason]),
                childKey: scene.childKey)
        }
        return view
    }

    /// From where the caller may read a rendition, and the permit; or a recorded refusal with its reason: the caller knows already
    /// that the document is there.
    func requireReadable(
        _ rendition: RenditionRow, _ view: VisibleDocument, _ caller: Caller, purpose: Purpose? = nil
    ) async throws -> (Asking, Permit) {
        if let found = reading(rendition, of: view, purpose: purpose) {
            if found.0.place.party == .family { try await requireScanned(rendition, view, found.0, caller) }
            return found
        }
        let reason = denial(.read, view.document, rendition, view.scene, purpose: purpose)
        try await refuse(
            .denied(reason),
            event(.accessDenied, view, view.asking, caller)
                .with(["reason": reason.code, "rendition": rendition.kind.description]),
            childKey: view.childKey)
    }

    /// The rendition that is asked for to be read or, when none is named, the fullest that the caller may read. Whoever may read
    /// nothing of the document is not told which forms and versions there are: the newest original is what is refused.
    ///
    /// - Throws: `VaultError.notFound(.version)`, `.notFound(.rendition)`.
    func readable(
        _ form: WhichForm, of view: VisibleDocument, purpose: Purpose? = nil
    ) throws -> RenditionRow {
        func isReadable(_ rendition: RenditionRow) -> Bool { reading(rendition, of: view, purpose: purpose) != nil }
        if !view.renditions.contains(where: isReadable), let newest = view.renditions.last(where: \.isOriginal) {
            return newest
        }
        guard form.rendition == nil else { return try rendition(form, of: view) }
        let original = try rendition(form, of: view)
        let forms = view.renditions.filter { $0.version == original.version }
        return forms.sorted { $0.kind.rank < $1.kind.rank }.first(where: isReadable) ?? original
    }

    /// Exactly the rendition that is named: the newest version's when no version is, the original when no form is.
    ///
    /// - Throws: `VaultError.notFound(.version)`, `.notFound(.rendition)`.
    func rendition(_ form: WhichForm, of view: VisibleDocument) throws -> RenditionRow {
        let number = form.version ?? view.renditions.last?.version
        let forms = view.renditions.filter { $0.version == number }
        guard !forms.isEmpty else { throw VaultError.notFound(.version) }
        let kind = form.rendition ?? .original
        guard let found = forms.first(where: { $0.kind == kind }) else { throw VaultError.notFound(.rendition) }
        return found
    }

    /// From where, and under which permit, the caller may read a rendition; `nil` when nowhere.
    func reading(_ rendition: RenditionRow, of view: VisibleDocument, purpose: Purpose? = nil) -> (Asking, Permit)? {
        for asking in view.scene.askings {
            let decision = decide(.read, view.document, rendition, asking, view.scene, purpose: purpose)
            if case .permit(let permit) = decision { return (asking, permit) }
        }
        return nil
    }

    func event(_ kind: EventKind, _ view: VisibleDocument, _ asking: Asking, _ caller: Caller) -> Event {
        Event(kind, by: caller, party: asking.place.party).about(view.document.child)
            .on(["document": "\(view.document.id)"]).with(view.scene.manner(of: asking))
    }

    /// `nil` when from none of the caller's places the document may even be seen.
    func judge(
        _ document: DocumentRow, _ renditions: [RenditionRow], _ scene: Scene, purpose: Purpose? = nil
    ) -> VisibleDocument? {
        var best: VisibleDocument?
        for asking in scene.askings {
            let see = renditions.lazy.compactMap { rendition in
                self.decide(.see, document, rendition, asking, scene, purpose: purpose).permit
            }.first
            guard let see else { continue }
            let view = VisibleDocument(
                document: document, renditions: renditions, scene: scene, asking: asking, see: see)
            let mayRead = view.newest.contains { rendition in
                decide(.read, document, rendition, asking, scene, purpose: purpose).permit != nil
            }
            if mayRead { return view }
            best = best ?? view
        }
        return best
    }

    /// Why not: the reason for the first place on the case, or for the first place at all.
    func denial(
        _ action: AccessAction, _ document: DocumentRow, _ rendition: RenditionRow?, _ scene: Scene, purpose: Purpose?
    ) -> DenialReason {
        for asking in scene.askings {
            let decision = decide(action, document, rendition, asking, scene, purpose: purpose)
            if case .deny(let reason) = decision { return reason }
        }
        return .notOnCase
    }

    private func summary(
        _ view: VisibleDocument, _ own: WrappedKey?, _ scans: [RenditionID: ScanRow]
    ) throws -> DocumentSummary {
        let document = view.document
        let newest = view.newest
        guard let original = newest.first(where: { $0.kind == .original }) else {
            throw StorageError.damagedStore(store: "renditions table")
        }
        var clause = view.see.rule
        var title: String?
        let permit = reading(original, of: view)?.1
        if let permit {
            clause = permit.rule
            // Without its key it has just been erased, or is damaged; then `check` says so, and the list goes on.
            title = try own.map { try self.title(of: document, $0, view.childKey) }
        }
        // That there is a redaction for a request would tell of the request.
        let isAnswering = view.asking.place.party == .rights
        let forms = newest.filter { (isAnswering || !$0.kind.isForRequest) && reading($0, of: view) != nil }.sorted {
            $0.kind.rank < $1.kind.rank
        }
        return DocumentSummary(
            id: "\(document.id)", category: document.category.rawValue,
            categoryTitle: view.scene.agreement.title(of: document.category) ?? document.category.rawValue,
            title: title, mediaType: original.mediaType, holder: document.holder.rawValue,
            version: original.version, added: document.added.text, scanned: scans[original.id]?.words,
            mayRead: permit != nil,
            forms: forms.map { form in
                DocumentSummary.Form(
                    rendition: form.kind.description, mediaType: form.mediaType, byteCount: form.byteCount,
                    isReleased: view.scene.standing.released[form.id] != nil)
            }, clause: clause.rawValue,
            statements: forms.isEmpty ? nil : view.scene.standing.statements(on: document.id, inFull: permit != nil))
    }
}

extension AccessDecision {
    var permit: Permit? {
        guard case .permit(let permit) = self else { return nil }
        return permit
    }
}

extension RenditionRow {
    fileprivate var isOriginal: Bool { kind == .original }
}

extension Rendition {
    /// The fullest first.
    var rank: (Int, String) {
        switch self {
        case .original: (0, "")
        case .extract: (1, "")
        case .summary: (2, "")
        case .redacted(let name): (3, name)
        }
    }
}
