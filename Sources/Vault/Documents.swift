internal import Ledger
internal import Rules
internal import Sealing
public import Storage

/// A document as one caller may see it. The title is there only for who may read the content.
public struct DocumentSummary: Hashable, Sendable, Codable {
    public let id: String
    public let category: String
    public let categoryTitle: String
    public let title: String?
    public let mediaType: String
    public let byteCount: UInt64
    public let holder: String
    public let version: Int64
    public let added: String
    /// Whether the caller may read the newest version's original.
    public let mayRead: Bool
    /// The clause that admits the caller.
    public let clause: String
}

/// One version, for those who may read the document.
public struct VersionSummary: Hashable, Sendable, Codable {
    public let number: Int64
    public let added: String
    public let depositor: String
    public let object: String
    public let byteCount: UInt64
    public let mediaType: String
    /// The index of the ledger entry.
    public let entry: UInt64
}

/// A document that the caller may know of, and what the agreement says of reading it.
struct VisibleDocument: Sendable {
    let document: DocumentRow
    let theCase: CaseRow
    let childKey: ChildKey
    let place: Caller.Place
    let purpose: Purpose
    let see: Permit
    let read: AccessDecision
}

extension DocumentVault {
    /// What the caller may see of a case. Documents that are not the caller's to know of are not counted either.
    ///
    /// - Throws: `VaultError.notFound(.theCase)`.
    public func documents(of caseID: CaseID, as caller: Caller) async throws -> [DocumentSummary] {
        try await requireWritable()
        let (row, places) = try await records.read { transaction in
            (try transaction.theCase(caseID), try transaction.places(of: caller.person, on: caseID))
        }
        guard let row, !places.isEmpty, let key = try await childKey(row.child) else {
            try await refuse(.notFound(.theCase), Event(.accessDenied, by: caller).on(["case": "\(caseID)"]))
        }
        let found = try await records.read { transaction in
            try transaction.documents(of: caseID).map { document in
                (document, try transaction.versions(of: document.id), try transaction.renditions(of: document.id))
            }
        }
        let fields = try key.fields
        let summaries = try found.compactMap { document, versions, renditions in
            try judge(document, row, places, caller, key).flatMap {
                try summary($0, versions, renditions, fields)
            }
        }
        try await log(
            Event(.documentListed, by: caller, party: places.first?.party).about(row.child).on(["case": "\(caseID)"])
                .with(["shown": String(summaries.count)]), childKey: key)
        return summaries
    }

    /// - Throws: `VaultError.notFound(.document)`.
    public func show(_ id: DocumentID, as caller: Caller) async throws -> DocumentSummary {
        let view = try await requireVisible(id, .documentShown, caller)
        let (versions, renditions) = try await records.read { (try $0.versions(of: id), try $0.renditions(of: id)) }
        try await log(event(.documentShown, view, caller), childKey: view.childKey)
        guard let summary = try summary(view, versions, renditions, try view.childKey.fields) else {
            throw StorageError.damagedStore(store: "versions table")
        }
        return summary
    }

    /// Every version, for who may read the document.
    ///
    /// - Throws: `VaultError.notFound(.document)`, `.denied`.
    public func history(of id: DocumentID, as caller: Caller) async throws -> [VersionSummary] {
        let view = try await requireVisible(id, .documentHistory, caller)
        _ = try await requireReadable(view, caller)
        let (versions, renditions, people) = try await records.read { transaction in
            let versions = try transaction.versions(of: id)
            let people = try versions.compactMap { try transaction.person($0.depositor) }
            return (versions, try transaction.renditions(of: id), people)
        }
        try await log(event(.documentHistory, view, caller), childKey: view.childKey)
        let names = try people.reduce(into: [PersonID: String]()) { $0[$1.id] = try self.names(of: $1).name }
        return versions.compactMap { version in
            renditions.first { $0.version == version.number && $0.kind == .original }.map { rendition in
                VersionSummary(
                    number: version.number, added: version.added.text, depositor: names[version.depositor] ?? "",
                    object: rendition.object.hex, byteCount: rendition.byteCount, mediaType: rendition.mediaType,
                    entry: version.entry)
            }
        }
    }

    /// The document, if the caller may know of it; the same recorded refusal when it is not there and when it is not the caller's.
    func requireVisible(
        _ id: DocumentID, _ kind: EventKind, _ caller: Caller, purpose: Purpose? = nil
    ) async throws -> VisibleDocument {
        try await requireWritable()
        let found = try await records.read { transaction in
            try transaction.document(id).flatMap { document in
                try transaction.theCase(document.caseID).map {
                    (document, $0, try transaction.places(of: caller.person, on: document.caseID))
                }
            }
        }
        let event = Event(.accessDenied, by: caller).on(["document": "\(id)"]).with(["asked": kind.description])
        guard let (document, theCase, places) = found, let key = try await childKey(document.child) else {
            try await refuse(.notFound(.document), event)
        }
        guard let view = try judge(document, theCase, places, caller, key, purpose: purpose) else {
            let reason = denial(document, theCase, places, caller, purpose: purpose).code
            try await refuse(
                .notFound(.document),
                event.about(document.child).with(["asked": kind.description, "reason": reason]), childKey: key)
        }
        return view
    }

    /// The permit to read the content, or a recorded refusal with its reason: the caller knows already that the document is there.
    func requireReadable(_ view: VisibleDocument, _ caller: Caller) async throws -> Permit {
        switch view.read {
        case .permit(let permit): return permit
        case .deny(let reason):
            try await refuse(
                .denied(reason), event(.accessDenied, view, caller).with(["reason": reason.code]),
                childKey: view.childKey)
        }
    }

    func event(_ kind: EventKind, _ view: VisibleDocument, _ caller: Caller) -> Event {
        Event(kind, by: caller, party: view.place.party).about(view.document.child)
            .on(["document": "\(view.document.id)"])
    }

    /// The best answer over the caller's places on the case; `nil` when none may even see the document.
    private func judge(
        _ document: DocumentRow, _ theCase: CaseRow, _ places: [Caller.Place], _ caller: Caller, _ key: ChildKey,
        purpose: Purpose? = nil
    ) throws -> VisibleDocument? {
        var best: VisibleDocument?
        for place in places {
            guard case .permit(let see) = decide(.see, document, theCase, place, caller, purpose) else { continue }
            let read = decide(.read, document, theCase, place, caller, purpose)
            let view = VisibleDocument(
                document: document, theCase: theCase, childKey: key, place: place,
                purpose: purpose ?? self.purpose(of: theCase, for: place.party), see: see, read: read)
            if case .permit = read { return view }
            best = best ?? view
        }
        return best
    }

    private func denial(
        _ document: DocumentRow, _ theCase: CaseRow, _ places: [Caller.Place], _ caller: Caller, purpose: Purpose?
    ) -> DenialReason {
        for place in places {
            if case .deny(let reason) = decide(.see, document, theCase, place, caller, purpose) { return reason }
        }
        return .notOnCase
    }

    func decide(
        _ action: AccessAction, _ document: DocumentRow, _ theCase: CaseRow, _ place: Caller.Place, _ caller: Caller,
        _ purpose: Purpose?
    ) -> AccessDecision {
        agreement.decide(
            facts(action, document, theCase, place, caller.person, purpose: purpose), on: environment.today())
    }

    func facts(
        _ action: AccessAction, _ document: DocumentRow, _ theCase: CaseRow, _ place: Caller.Place,
        _ person: PersonID, purpose: Purpose?
    ) -> AccessFacts {
        // Two parents are two people: in the family, one's own means the person's; elsewhere the organisation's.
        let isOwn = place.party == .family ? document.depositor == person : document.organisation == place.organisation
        return AccessFacts(
            action, category: document.category, holder: document.holder, labels: Set(document.labels),
            caller: place.party, role: place.role, purpose: purpose ?? self.purpose(of: theCase, for: place.party),
            isOnCase: true, isOwn: isOwn)
    }

    private func summary(
        _ view: VisibleDocument, _ versions: [VersionRow], _ renditions: [RenditionRow], _ fields: Key
    ) throws -> DocumentSummary? {
        guard let newest = versions.last,
            let rendition = renditions.last(where: { $0.version == newest.number && $0.kind == .original })
        else { return nil }
        let document = view.document
        var clause = view.see.rule
        var title: String?
        if case .permit(let permit) = view.read {
            clause = permit.rule
            let facts = Self.titleFacts(document.id, document.child)
            title = String(decoding: try fields.open(document.title, facts), as: UTF8.self)
        }
        return DocumentSummary(
            id: "\(document.id)", category: document.category.rawValue,
            categoryTitle: agreement.title(of: document.category) ?? document.category.rawValue, title: title,
            mediaType: rendition.mediaType, byteCount: rendition.byteCount, holder: document.holder.rawValue,
            version: newest.number, added: document.added.text, mayRead: title != nil, clause: clause.rawValue)
    }
}
