internal import Ledger
public import Rules
public import Storage

/// That somebody looked.
public struct LedgerLook: Hashable, Sendable, Codable {
    public let entry: UInt64
    public let time: String
    /// What was done: `document.read`, `document.listed`.
    public let kind: String
    /// Who: a user name; for the family the role and party.
    public let who: String
    public let party: String?
    public let document: String?
    public let child: String?
    public let purpose: String?
    public let isEmergency: Bool
}

/// A pattern in what was refused or read, for a person to judge.
public struct LedgerPattern: Hashable, Sendable, Codable {
    public enum Kind: String, Hashable, Sendable, Codable {
        /// Refused again and again.
        case refusals
        /// Read on a case that was closed by then, with neither task nor emergency: no open task.
        case curiosity
    }

    public let kind: Kind
    public let username: String
    public let child: String?
    public let count: Int
    public let reasons: [String]
    public let last: String
}

/// What is looked for in the ledger.
public enum LookQuery: Hashable, Sendable {
    case child(ChildID)
    case document(DocumentID)
    /// What one person opened.
    case person(String)
}

extension DocumentVault {
    static let lookKinds: Set<EventKind> = [
        .documentRead, .documentExported, .documentShown, .documentListed, .documentHistory, .caseShown, .childShown,
        .emergencyOpened,
    ]

    /// Who looked, the newest first. Whoever may see the ledger's details sees all of it; an agency's officer what the agency's own people
    /// did; a member of the family who looked at what he or she may know of, by role, without the rest of the family; everyone what
    /// they opened themselves.
    ///
    /// `since`: the first day that is looked at.
    ///
    /// - Throws: `VaultError.notFound`, `.denied`.
    public func looks(_ query: LookQuery, since: Day, as caller: Caller) async throws -> [LedgerLook] {
        try await requireWritable()
        let reader = try await lookReader(query, caller)
        let usernames = try await usernames()
        var looks: [LedgerLook] = []
        for (index, row) in try await entries(for: query, since: since) where Self.lookKinds.contains(row.leaf.kind) {
            guard let event = try await opened(row) else { continue }
            let person = event.actor["person"] ?? ""
            guard reader.admits(row, event, person, index) else { continue }
            let role = event.detail["role"] ?? ""
            let party = Party(number: row.leaf.party)?.rawValue
            looks.append(
                LedgerLook(
                    entry: index, time: Instant(milliseconds: Int64(row.leaf.time)).text,
                    kind: row.leaf.kind.description,
                    who: reader.isFamily && person != "\(caller.person)"
                        ? [role, party ?? ""].filter { !$0.isEmpty }.joined(separator: ", ")
                        : usernames[person] ?? "", party: party, document: event.object["document"],
                    child: event.subject["child"], purpose: event.detail["purpose"],
                    isEmergency: event.detail["emergency"] != nil || row.leaf.kind == .emergencyOpened))
        }
        try await log(Event(.ledgerSearched, by: caller).with(["found": String(looks.count)]))
        return looks.reversed()
    }

    /// Who is refused again and again, and who read with no open task.
    ///
    /// - Throws: `VaultError.denied`.
    public func patterns(since: Day, as caller: Caller) async throws -> [LedgerPattern] {
        try await authorise("ledger.looks", caller)
        let usernames = try await usernames()
        let parties = visibleParties(caller)
        var found: [PatternKey: PatternCount] = [:]
        for (_, row) in try await entries(for: nil, since: since) where parties.contains(row.leaf.party) {
            let kind = row.leaf.kind
            guard kind == .accessDenied || kind == .documentRead || kind == .documentExported,
                let event = try await opened(row)
            else { continue }
            let person = event.actor["person"] ?? ""
            let child = event.subject["child"]
            if kind == .accessDenied {
                let reason = event.detail["reason"] ?? event.detail["duty"] ?? "not-found"
                found[PatternKey(kind: .refusals, person: person, child: child), default: .init()].add(row, reason)
            } else if try await hadNoOpenTask(row, event) {
                found[PatternKey(kind: .curiosity, person: person, child: child), default: .init()]
                    .add(row, "case closed")
            }
        }
        try await log(Event(.ledgerSearched, by: caller).with(["found": String(found.count)]))
        return found.filter { $0.key.kind == .curiosity || $0.value.count >= 3 }.map { key, value in
            LedgerPattern(
                kind: key.kind, username: usernames[key.person] ?? "", child: key.child, count: value.count,
                reasons: value.reasons.sorted(), last: Instant(milliseconds: Int64(value.last)).text)
        }.sorted { ($1.count, $0.username, $0.kind.rawValue) < ($0.count, $1.username, $1.kind.rawValue) }
    }

    private func hadNoOpenTask(_ row: LogRow, _ event: OpenedEvent) async throws -> Bool {
        guard event.detail["emergency"] == nil, let id = event.object["document"].flatMap({ DocumentID($0) }) else {
            return false
        }
        let purpose = event.detail["purpose"]
        return try await records.read { transaction in
            guard let document = try transaction.document(id),
                let theCase = try transaction.theCase(document.caseID), let closed = theCase.closed
            else { return false }
            // A task has a purpose of its own; who has none reads on the case's.
            return closed.milliseconds < Int64(row.leaf.time) && purpose == theCase.purpose.rawValue
        }
    }

    private func lookReader(_ query: LookQuery, _ caller: Caller) async throws -> LookReader {
        var reader = LookReader(caller: "\(caller.person)")
        if agreement.gives("ledger.looks", to: caller.roles) {
            reader.parties = visibleParties(caller)
            if case .person(let name) = query { reader.onlyPerson = "\(try await person(named: name))" }
            if case .document(let id) = query { reader.onlyDocument = "\(id)" }
            if let child = try await child(of: query), try await isBarred(from: child, caller) {
                let thing: VaultError.Thing = if case .document = query { .document } else { .child }
                try await refuse(.notFound(thing), Event(.accessDenied, by: caller).on(["child": "\(child)"]))
            }
            return reader
        }
        switch query {
        case .person(let name):
            guard try await isOwn(name, caller) else {
                try await refuse(
                    .denied(.dutyNotHeld("ledger.looks")),
                    Event(.accessDenied, by: caller).with(["duty": "ledger.looks"]))
            }
            reader.onlyPerson = "\(caller.person)"
        case .child(let child): try await limit(&reader, toFamilyOf: child, caller)
        case .document(let id):
            let view = try await requireVisible(id, .ledgerSearched, caller)
            try await limit(&reader, toFamilyOf: view.document.child, caller)
            reader.onlyDocument = "\(id)"
        }
        return reader
    }

    /// The numbers of the parties whose people's acts the caller may see with the duty to look: all, or the own ones.
    private func visibleParties(_ caller: Caller) -> Set<UInt8> {
        let agreement = agreement
        if agreement.gives("ledger.details", to: caller.roles) { return Set(0...6) }
        let places = caller.memberships.filter { agreement.gives("ledger.looks", to: $0.role) }
        return Set(places.map(\.party.number))
    }

    /// What a member of the family may learn: nothing of documents that are not the caller's to know of, of what the others in the
    /// family do, or of an emergency whose disclosure is delayed.
    private func limit(_ reader: inout LookReader, toFamilyOf child: ChildID, _ caller: Caller) async throws {
        guard try await family(of: child, caller) != nil else {
            try await refuse(.notFound(.child), Event(.accessDenied, by: caller).on(["child": "\(child)"]))
        }
        let snapshot = try await snapshot(of: child)
        let renditions = Dictionary(grouping: snapshot.renditions, by: \.document)
        reader.isFamily = true
        for scene in try await scenes(of: child, caller) where scene.isOnCase {
            for document in snapshot.documents.values where document.caseID == scene.theCase.id {
                if judge(document, renditions[document.id] ?? [], scene) != nil {
                    reader.documents.insert("\(document.id)")
                }
            }
            reader.hidden = scene.standing.emergencies.values.filter { grant in
                grant.hiddenUntil.map { scene.today <= $0 } ?? false
            }
        }
    }

    /// The child that a question is about; `nil` when it is about a person, or about what is not there.
    private func child(of query: LookQuery) async throws -> ChildID? {
        try await records.read { transaction in
            switch query {
            case .child(let id): try transaction.child(id)?.id
            case .document(let id): try transaction.document(id)?.child
            case .person: nil
            }
        }
    }

    private func usernames() async throws -> [String: String] {
        try usernames(of: try await records.read { try $0.people() })
    }

    /// Entries from a day on, of one child where the query is about one, in order.
    private func entries(for query: LookQuery?, since: Day) async throws -> [(UInt64, LogRow)] {
        let from = environment.start(of: since)
        var child: ChildID?
        if let query { child = try await self.child(of: query) }
        let about = child
        return try await records.read { try $0.entries(since: from, child: about) }
    }
}

/// Whose eyes the ledger is read with.
private struct LookReader {
    let caller: String
    var onlyPerson: String?
    var onlyDocument: String?
    /// The parties whose people's acts are shown; all when `nil`.
    var parties: Set<UInt8>?
    var isFamily = false
    /// What a member of the family may know of.
    var documents: Set<String> = []
    /// Emergencies that the family does not see yet.
    var hidden: [EmergencyGrant] = []

    init(caller: String) { self.caller = caller }

    func admits(_ row: LogRow, _ event: OpenedEvent, _ person: String, _ index: UInt64) -> Bool {
        if let onlyPerson, person != onlyPerson { return false }
        if let parties, !parties.contains(row.leaf.party) { return false }
        if let onlyDocument, event.object["document"] != onlyDocument { return false }
        guard isFamily, person != caller else { return true }
        // That a request is being answered is the requester's alone.
        if event.detail["purpose"] == Purpose.rightsRequest.rawValue { return false }
        if row.leaf.party == Party.family.number { return false }
        if let document = event.object["document"], !documents.contains(document) { return false }
        let time = Instant(milliseconds: Int64(row.leaf.time))
        return !hidden.contains { "\($0.person)" == person && $0.opened <= time && time <= $0.until }
    }
}

private struct PatternKey: Hashable {
    let kind: LedgerPattern.Kind
    let person: String
    let child: String?
}

private struct PatternCount {
    var count = 0
    var reasons: Set<String> = []
    var last: UInt64 = 0

    mutating func add(_ row: LogRow, _ reason: String) {
        count += 1
        reasons.insert(reason)
        last = max(last, row.leaf.time)
    }
}
