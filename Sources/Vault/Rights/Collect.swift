internal import Ledger
internal import Rules
internal import Sealing
public import Storage

/// What was searched for a request, what was found, and what could not be searched: it shows that the search was reasonable.
public struct SearchLog: Hashable, Sendable, Codable {
    /// The documents of one party.
    public struct Holder: Hashable, Sendable, Codable {
        public let party: String
        public var documents = 0
        public var renditions = 0
        /// Renditions that the searcher may read for this purpose.
        public var readable = 0
        /// Of the others, how many for which reason.
        public var blocked: [String: Int] = [:]
    }

    public let at: String
    public let by: String
    public let holders: [Holder]
    /// Parts of the records.
    public let parts: Int

    /// Whether everything that was found can be reviewed.
    public var isComplete: Bool { holders.allSatisfy(\.blocked.isEmpty) }
}

extension DocumentVault {
    /// Lists everything that is held about the child: every rendition of every version of every document, whoever holds it, and every
    /// part of the records. Done again it adds what has come since; what was decided stays.
    ///
    /// A holder agrees to the release of its documents by a task for the searcher, with the purpose `rights.request`. What no task opens, and
    /// what a sealed party holds, is listed as what could not be searched.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.request)`, `.rights(.rules)`.
    public func collect(_ id: RightsRequestID, as caller: Caller) async throws -> SearchLog {
        let (row, key, asking) = try await requireAnswering(id, caller)
        let body = try body(of: row, key)
        try requireUnderReview(body)
        let isFirst = body.search == nil
        let found = try await found(try await snapshot(of: row.child), caller, butFor: id)
        let known = try await items(of: id, key)
        let rows = try changes(found, known, id, key)
        let search = SearchLog(
            at: environment.now().text, by: "\(caller.person)", holders: Self.holders(found),
            parts: found.filter { $0.part != nil }.count)
        try await change(
            row, key, isFirst ? [.searchBegun, .searchFinished] : [], as: .requestCollected,
            with: [
                "found": String(found.count), "blocked": String(found.filter { $0.blocked != nil }.count),
                "new": String(rows.count),
            ], asking, caller, also: { transaction in for row in rows { try transaction.put(row) } },
            altering: { $0.search = search })
        return search
    }

    /// New items get the next numbers; of those that are known only what has changed about reading them is written.
    private func changes(
        _ found: [RightsItemBody], _ known: [RightsItem], _ id: RightsRequestID, _ key: ChildKey
    ) throws -> [RightsItemRow] {
        let numbers = Dictionary(known.map { ($0.body.key, $0) }) { first, _ in first }
        var next = (known.map(\.number).max() ?? 0) + 1
        return try found.compactMap { item in
            guard let old = numbers[item.key] else {
                defer { next += 1 }
                var new = item
                new.facts.id = "\(next)"
                return try sealed(RightsItem(number: next, body: new), of: id, key)
            }
            guard old.body.blocked != item.blocked || old.body.part != item.part else { return nil }
            var changed = old
            changed.body.blocked = item.blocked
            if old.body.part != item.part {
                // What was decided was decided of something else.
                (changed.body.part, changed.body.decision, changed.body.redaction) = (item.part, nil, nil)
            }
            return try sealed(changed, of: id, key)
        }
    }

    /// Everything there is about a child now, undecided.
    private func found(
        _ snapshot: ChildSnapshot, _ caller: Caller, butFor request: RightsRequestID
    ) async throws -> [RightsItemBody] {
        let scenes = try await scenesByCase(of: snapshot.child, caller)
        let wrapped = try await wrapped(snapshot)
        let forms = snapshot.renditions.compactMap { rendition -> RightsItemBody? in
            guard let document = snapshot.documents[rendition.document], !rendition.kind.isForRequest else {
                return nil
            }
            return RightsItemBody(
                rendition, document,
                labels: Set(document.labels).union(agreement.labels(of: document.category)),
                blocked: blocked(rendition, document, scenes, wrapped))
        }
        let parts = try await recordParts(of: snapshot, butFor: request)
        return forms.sorted { $0.order < $1.order } + parts.map(RightsItemBody.init)
    }

    /// The renditions that the rights office has a key of.
    func wrapped(_ snapshot: ChildSnapshot) async throws -> Set<RenditionID> {
        try await keyring.read { keyring in
            Set(
                try snapshot.renditions.filter { rendition in
                    try keyring.wrap(of: rendition.key, for: Party.rights.rawValue) != nil
                }.map(\.id))
        }
    }

    /// Why a rendition cannot be read for a request from any of these scenes, by case; `nil` when it can.
    func blocked(
        _ rendition: RenditionRow, _ document: DocumentRow, _ scenes: [CaseID: Scene], _ wrapped: Set<RenditionID>
    ) -> String? {
        guard let scene = scenes[document.caseID] else { return "not-on-case" }
        return blocked(rendition, document, scene) ?? (wrapped.contains(rendition.id) ? nil : "key-missing")
    }

    /// Why a rendition cannot be read for a request; `nil` when it can.
    func blocked(_ rendition: RenditionRow, _ document: DocumentRow, _ scene: Scene) -> String? {
        guard keys.current.newest(document.holder) != nil else { return "party-sealed" }
        var reason: DenialReason?
        for asking in scene.askings {
            switch decide(.read, document, rendition, asking, scene, purpose: .rightsRequest) {
            case .permit: return nil
            case .deny(let denial): reason = reason ?? denial
            }
        }
        return (reason ?? .notOnCase).code
    }

    private static func holders(_ items: [RightsItemBody]) -> [SearchLog.Holder] {
        var holders: [String: SearchLog.Holder] = [:]
        var documents: Set<String> = []
        for item in items {
            guard let party = item.holder, let document = item.document else { continue }
            var holder = holders[party] ?? SearchLog.Holder(party: party)
            if documents.insert(document).inserted { holder.documents += 1 }
            holder.renditions += 1
            if let reason = item.blocked { holder.blocked[reason, default: 0] += 1 } else { holder.readable += 1 }
            holders[party] = holder
        }
        return holders.values.sorted { $0.party < $1.party }
    }
}

extension Purpose {
    static let rightsRequest: Purpose = "rights.request"
}

extension Rendition {
    private static let requestPrefix = "request-"

    /// A redaction of an item for one request: it is a part of that answer, and of no other.
    ///
    /// `attempt`: from 1; an item may be redacted anew.
    static func redacted(for request: RightsRequestID, item: Int64, attempt: Int) -> Rendition {
        .redacted("\(requestPrefix)\(request)-\(item)-\(attempt)")
    }

    var isForRequest: Bool {
        if case .redacted(let name) = self { name.hasPrefix(Self.requestPrefix) } else { false }
    }
}
