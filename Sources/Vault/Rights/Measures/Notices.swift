internal import Ledger
public import Rules
internal import Sealing
public import Storage

/// What was done to data that others have had, of which they are to be told.
public enum Measure: String, CaseIterable, Hashable, Sendable, Codable {
    case rectification, restriction, erasure

    var notice: EventKind {
        switch self {
        case .rectification: .rectificationNoticed
        case .restriction: .restrictionNoticed
        case .erasure: .erasureNoticed
        }
    }
}

/// Somebody who has had a document, and whether they were told what became of it (UK GDPR Art. 19).
public struct Recipient: Hashable, Sendable, Codable {
    /// Why somebody is not told: the only reasons that the law knows.
    public enum Excuse: String, CaseIterable, Hashable, Sendable, Codable {
        case impossible
        case disproportionate
    }

    public enum Told: Hashable, Sendable, Codable {
        /// An entry of the ledger and an event for subscribers say so.
        case byNotice(Day)
        /// By hand: when and how.
        case byHand(Day, String)
        case notTold(Excuse, String)
    }

    /// Of the request, from 1.
    public internal(set) var number: Int
    public let measure: Measure
    public let document: String
    /// Somebody here: an organisation and its party, or a member of the family.
    public let party: String?
    public let organisation: String?
    public let person: String?
    /// Somebody outside, as the export named them.
    public let outside: String?
    /// When they last had it.
    public let last: String
    /// `nil` until somebody has told them, or said why not.
    public internal(set) var told: Told?

    /// Organisations here see events; the family and whoever is outside are written to.
    var isToldByNotice: Bool { outside == nil && person == nil }
}

/// What is written in the transaction of a measure: the request with who is to be told, and a notice for each who is here.
struct Notices: Sendable {
    let old: RightsRequestRow
    let new: RightsRequestRow
    let logs: [LogRow]
}

extension WriteTransaction {
    /// - Throws: `VaultError.changedMeanwhile`.
    func keep(_ notices: Notices) throws {
        try replace(notices.old, by: notices.new)
        for log in notices.logs { _ = try append(log) }
    }

    func replace(_ old: RightsRequestRow, by new: RightsRequestRow) throws {
        guard try rightsRequest(old.id) == old else { throw VaultError.changedMeanwhile }
        try put(new)
    }
}

extension DocumentVault {
    /// Finds in the ledger who has had documents, enters them in the request, and makes a notice for each who is here. A notice has numbers
    /// only; what a subscriber is told of it is its kind and, at most, the document.
    func notices(
        _ measure: Measure, of documents: [DocumentRow], _ row: RightsRequestRow, _ key: ChildKey, _ asking: Asking,
        _ caller: Caller
    ) async throws -> Notices {
        let body = try body(of: row, key)
        let today = environment.today()
        let found = try await recipients(of: documents, row.child, butFor: body.requester, measure)
        var known = numbered(found, after: body.recipients?.count ?? 0)
        var logs: [LogRow] = []
        for place in known.indices where known[place].isToldByNotice {
            known[place].told = .byNotice(today)
            logs.append(try notice(to: known[place], row, key, asking.place.party, caller))
        }
        let recipients = known
        let new = try altered(row, key) { $0.recipients = ($0.recipients ?? []) + recipients }
        return Notices(old: row, new: new, logs: logs)
    }

    /// The entry that tells a recipient.
    func notice(
        to recipient: Recipient, _ row: RightsRequestRow, _ key: ChildKey, _ party: Party?, _ caller: Caller
    ) throws -> LogRow {
        let whom = [("party", recipient.party), ("organisation", recipient.organisation)]
        let event = Event(recipient.measure.notice, by: caller, party: party).about(row.child)
            .on(["document": recipient.document, "request": "\(row.id)"])
            .with(whom.reduce(into: [:]) { $0[$1.0] = $1.1 })
        return try self.row(event, childKey: key)
    }

    /// The request with more of its recipients told, and a notice for each of them.
    func telling(
        _ due: Set<Int>, of row: RightsRequestRow, _ key: ChildKey, _ party: Party?, _ caller: Caller
    ) throws -> Notices {
        let today = environment.today()
        let told = try body(of: row, key).recipients?.filter { due.contains($0.number) } ?? []
        let logs = try told.map { try notice(to: $0, row, key, party, caller) }
        let new = try altered(row, key) { body in
            body.recipients = body.recipients?.map { recipient in
                var recipient = recipient
                if due.contains(recipient.number) { recipient.told = .byNotice(today) }
                return recipient
            }
        }
        return Notices(old: row, new: new, logs: logs)
    }

    func numbered(_ recipients: [Recipient], after count: Int) -> [Recipient] {
        recipients.enumerated().map { place, recipient in
            var recipient = recipient
            recipient.number = count + place + 1
            return recipient
        }
    }

    /// Who is to be told because of a request, and who was.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.request)`.
    public func recipients(of request: RightsRequestID, as caller: Caller) async throws -> [Recipient] {
        let (row, key, asking) = try await requireReviewing(request, caller)
        try await log(
            Event(.requestShown, by: caller, party: asking.place.party).about(row.child)
                .on(["request": "\(request)", "list": "recipients"]), childKey: key)
        return try body(of: row, key).recipients ?? []
    }

    /// Writes down that a recipient was told by hand or, with an excuse, why not.
    ///
    /// `day`: when; today when `nil`.
    /// `how`: or why not.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.request)`, `.notFound(.recipient)`, `.alreadySo`, `.invalid`.
    public func note(
        recipient number: Int, of request: RightsRequestID, excuse: Recipient.Excuse? = nil, on day: Day? = nil,
        how: String, as caller: Caller
    ) async throws {
        let (row, key, asking) = try await requireAnswering(request, caller)
        let how = try PlainText.paragraph(how, field: "how", atLeast: excuse == nil ? 5 : 20)
        let day = day ?? environment.today()
        guard day <= environment.today() else { throw VaultError.invalid(field: "day", reason: "it has not come yet") }
        let told: Recipient.Told = excuse.map { .notTold($0, how) } ?? .byHand(day, how)
        guard let recipient = try body(of: row, key).recipients?.first(where: { $0.number == number }) else {
            throw VaultError.notFound(.recipient)
        }
        guard recipient.told == nil else {
            throw VaultError.alreadySo("This recipient was told, or it was said why not")
        }
        let new = try altered(row, key) { body in
            body.recipients = body.recipients?.map { recipient in
                var recipient = recipient
                if recipient.number == number { recipient.told = told }
                return recipient
            }
        }
        let log = try self.row(
            Event(.recipientNoted, by: caller, party: asking.place.party).about(row.child)
                .on(["request": "\(request)", "document": recipient.document]).with(["recipient": String(number)]),
            childKey: key)
        try await records.write { transaction in
            try transaction.replace(row, by: new)
            _ = try transaction.append(log)
        }
    }

    /// The request's row with something else in its body.
    func altered(
        _ row: RightsRequestRow, _ key: ChildKey, _ alter: (inout RightsRequestBody) -> Void
    ) throws -> RightsRequestRow {
        var (changed, body) = (row, try body(of: row, key))
        alter(&body)
        changed.body = try seal(body, of: row.id, key)
        changed.changed = environment.now()
        return changed
    }

    /// Everybody who read a document or had it exported, each once: organisations by their people, the family by person. Neither the
    /// organisation that holds it, nor whoever asks, nor whoever read it to answer a request is a recipient.
    func recipients(
        of documents: [DocumentRow], _ child: ChildID, butFor requester: Requester, _ measure: Measure
    ) async throws -> [Recipient] {
        let known = documents.reduce(into: [:]) { $0["\($1.id)"] = $1 }
        let entries = try await records.read { try $0.entries(since: Instant(milliseconds: 0), child: child) }
        var found: [Whom: String] = [:]
        for (_, row) in entries where row.leaf.kind == .documentRead || row.leaf.kind == .documentExported {
            guard let event = try await opened(row), let document = known[event.object["document"] ?? ""],
                let whom = try await whom(row, event, document), whom.person == nil || whom.person != requester.account
            else { continue }
            found[whom] = Instant(milliseconds: Int64(row.leaf.time)).text
        }
        return found.sorted { $0.key.order.lexicographicallyPrecedes($1.key.order) }.map { whom, last in
            Recipient(
                number: 0, measure: measure, document: whom.document, party: whom.party,
                organisation: whom.organisation, person: whom.person, outside: whom.outside, last: last, told: nil)
        }
    }

    private func whom(_ row: LogRow, _ event: OpenedEvent, _ document: DocumentRow) async throws -> Whom? {
        let isForRequest = event.detail["purpose"] == Purpose.rightsRequest.rawValue
        var key = Whom(document: "\(document.id)")
        if row.leaf.kind == .documentExported {
            key.outside = isForRequest ? "a requester, under a request" : event.detail["recipient"] ?? "unknown"
            return key
        }
        guard !isForRequest, let party = Party(number: row.leaf.party),
            let person = event.actor["person"].flatMap({ PersonID($0) })
        else { return nil }
        key.party = party.rawValue
        guard party != .family else {
            key.person = "\(person)"
            return key
        }
        let role = event.detail["role"]
        let organisation = try await records.read { transaction in
            let places = try transaction.heldPlaces(of: person) + transaction.places(of: person, on: document.caseID)
            return
                (places.first { $0.party == party && $0.role.rawValue == role } ?? places.first { $0.party == party })?
                .organisation
        }
        guard organisation != document.organisation else { return nil }
        key.organisation = organisation.map { "\($0)" }
        return key
    }
}

/// Who has had one document.
private struct Whom: Hashable {
    let document: String
    var party: String?
    var organisation: String?
    var person: String?
    var outside: String?

    var order: [String] { [document, outside ?? "", party ?? "", organisation ?? "", person ?? ""] }
}
