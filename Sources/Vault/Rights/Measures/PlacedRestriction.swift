internal import Rules
internal import Storage

/// What is sealed of a restriction. Its document stands in the act.
struct RestrictionBody: Codable, Sendable {
    var ground: Restriction.Ground
    /// Only what is in this case; with neither case nor document, everything about the child.
    var caseID: String?
    var request: String
    var reason: String
}

/// Leave for one person to read restricted data all the same.
struct LeaveBody: Codable, Sendable {
    var use: Restriction.Use
    var reason: String
}

/// That the data subject was told before a restriction is lifted.
struct TellingBody: Codable, Sendable {
    var on: Day
    var how: String
    /// Who said so; somebody else lifts it.
    var by: String
}

/// A restriction that has not been lifted.
struct PlacedRestriction: Sendable {
    struct Leave: Sendable {
        let person: PersonID
        let use: Restriction.Use
        let until: Instant
    }

    let document: DocumentID?
    let caseID: CaseID?
    let ground: Restriction.Ground
    let request: RightsRequestID
    let reason: String
    let from: Instant
    var told: TellingBody?
    var leaves: [ActID: Leave] = [:]

    func covers(_ document: DocumentRow) -> Bool {
        if let only = self.document { return only == document.id }
        return caseID.map { $0 == document.caseID } ?? true
    }

    /// What the person has leave for at a moment.
    func leave(for person: PersonID, at now: Instant) -> Restriction.Use? {
        leaves.values.first { $0.person == person && now < $0.until }?.use
    }
}

extension PlacedRestriction {
    init(_ act: ActRow, _ body: RestrictionBody) throws {
        let theCase = body.caseID.map { CaseID($0) }
        guard let request = RightsRequestID(body.request), theCase != .some(nil) else {
            throw StorageError.damagedStore(store: "acts table")
        }
        document = act.document
        caseID = theCase ?? nil
        ground = body.ground
        self.request = request
        reason = body.reason
        from = act.added
    }
}

extension Standing {
    /// What keeps the document from normal use; a person needs leave under each restriction that covers it.
    func restriction(of document: DocumentRow, for person: PersonID, at now: Instant) -> Restriction? {
        guard !restrictions.isEmpty else { return nil }
        let covering = restrictions.values.filter { $0.covers(document) }
        guard !covering.isEmpty else { return nil }
        let leaves = covering.compactMap { $0.leave(for: person, at: now) }
        return Restriction(leave: leaves.count == covering.count ? leaves.first : nil)
    }

    func isRestricted(_ document: DocumentRow) -> Bool {
        restrictions.values.contains { $0.covers(document) }
    }

    mutating func addLeave(_ act: ActRow, _ body: LeaveBody) throws {
        guard let person = act.person, let restriction = act.refers, let until = act.until else {
            throw StorageError.damagedStore(store: "acts table")
        }
        restrictions[restriction]?.leaves[act.id] = .init(person: person, use: body.use, until: until)
    }

    /// Ends a restriction, or a leave.
    mutating func endRestriction(_ act: ActID) {
        restrictions[act] = nil
        for id in restrictions.keys { restrictions[id]?.leaves[act] = nil }
    }
}
