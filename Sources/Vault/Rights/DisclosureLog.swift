internal import Ledger
public import Rules
internal import Storage

/// How one request went, as a supervisory authority asks for it. It names nobody: who asked is in the register.
public struct DisclosureRecord: Hashable, Sendable, Codable {
    /// An exemption that was relied on, and for how many items.
    public struct Relied: Hashable, Sendable, Codable {
        public let id: String
        public let code: String
        public let paragraph: String
        public let items: Int
    }

    public let request: String
    public let kind: String
    public let child: String
    public let capacity: String
    public let authority: String
    public let state: String
    public let received: Day
    public let start: Day?
    public let pausedDays: Int
    public let extended: Day?
    public let extensionReason: String?
    public let due: Day?
    public let answered: Day?
    /// When its child's record was searched, and other children's papers.
    public let searched: String?
    public let mentionsSearched: String?
    public let items: Int
    public let released: Int
    public let redacted: Int
    public let withheld: Int
    public let exemptions: [Relied]
    /// How many opinions of professionals were asked for, and given.
    public let opinionsAsked: Int
    public let opinionsGiven: Int
    /// User names.
    public let redactedBy: [String]
    public let approvedBy: String?
    /// When and in what form it was handed over. Each time its recipient was named again, and a covering letter went with it.
    public let disclosed: [String]
    public let complaint: ComplaintRecord?
}

/// How a complaint about an answer, or one by itself, was dealt with.
public struct ComplaintRecord: Hashable, Sendable, Codable {
    public let request: String
    public let received: Day
    public let acknowledged: Day?
    /// Thirty days are allowed.
    public let acknowledgedAfterDays: Int?
    public let decided: Day?
}

/// Something that was given to somebody outside, other than in answer to a request.
public struct OtherDisclosure: Hashable, Sendable, Codable {
    /// The index of the ledger entry.
    public let entry: UInt64
    public let time: String
    public let document: String
    public let child: String
    public let by: String
    /// The age recipients, or that a passphrase was given.
    public let recipient: String
    public let purpose: String
    public let clause: String
    public let basis: String
}

/// What was decided about an item, and who redacted it; nothing of what it says.
struct FiledItem: Sendable {
    let decision: ItemDecision?
    let redactedBy: String?
}

/// A request with all that a record of it is made from.
struct FiledRequest: Sendable {
    let row: RightsRequestRow
    let body: RightsRequestBody
    let history: RequestHistory
    let items: [FiledItem]
    /// `nil` where no day can be known.
    let clock: ClockReading?

    /// One that was closed without an answer has no place among the figures.
    var counts: Bool { history.state != .closed || history.clock.answered != nil }
}

extension DocumentVault {
    /// Every request, but for those about children whose key is gone, or who are not the caller's.
    func filedRequests(_ caller: Caller) async throws -> [FiledRequest] {
        let policy = try rightsPolicy()
        var filed: [FiledRequest] = []
        for row in try await records.read({ try $0.rightsRequests() }) {
            guard let key = try await childKey(row.child), try await !isBarred(from: row.child, caller) else {
                continue
            }
            let body = try body(of: row, key)
            let history = try body.history()
            filed.append(
                FiledRequest(
                    row: row, body: body, history: history,
                    items: try await items(of: row.id, key).map {
                        FiledItem(decision: $0.body.decision, redactedBy: $0.body.redaction?.by)
                    },
                    clock: try? policy.read(
                        history.clock, of: history.kind, working: agreement.workingDays,
                        school: environment.schools?.calendar,
                        on: environment.today())))
        }
        return filed
    }

    func disclosureRecord(_ filed: FiledRequest, _ usernames: [String: String]) throws -> DisclosureRecord {
        let (body, clock, policy) = (filed.body, filed.clock, try rightsPolicy())
        let outcomes = filed.items.compactMap { $0.decision?.outcome }
        let cited = filed.items.flatMap { Set($0.decision?.citations.map(\.exemption) ?? []) }
        return DisclosureRecord(
            request: "\(filed.row.id)", kind: filed.row.kind, child: "\(filed.row.child)",
            capacity: body.requester.capacity.rawValue, authority: body.requester.authority,
            state: filed.history.state.rawValue, received: filed.row.received, start: clock?.start,
            pausedDays: clock?.pausedDays ?? 0, extended: filed.history.clock.extended?.noticed,
            extensionReason: filed.history.clock.extended?.reason.rawValue, due: clock?.dueDay,
            answered: filed.history.clock.answered, searched: body.search?.at,
            mentionsSearched: body.mentions?.log?.at, items: filed.items.count,
            released: outcomes.count { $0 == .release }, redacted: outcomes.count { $0 == .redact },
            withheld: outcomes.count { $0 == .withhold },
            exemptions: Dictionary(grouping: cited) { $0 }.sorted { $0.key < $1.key }.map { id, items in
                let exemption = policy.exemption(id)
                return .init(
                    id: id.rawValue, code: exemption?.code ?? "", paragraph: exemption?.paragraph ?? "",
                    items: items.count)
            }, opinionsAsked: body.opinions.count, opinionsGiven: body.opinions.count { $0.answered != nil },
            redactedBy: Set(filed.items.compactMap(\.redactedBy)).compactMap { usernames[$0] }.sorted(),
            approvedBy: body.approval.flatMap { usernames[$0.by] },
            disclosed: body.disclosures.map { "\($0.at.text) \($0.method)" }, complaint: filed.complaint)
    }

    /// What was given to people outside for other reasons, as the ledger tells.
    func otherDisclosures(_ usernames: [String: String]) async throws -> [OtherDisclosure] {
        var found: [OtherDisclosure] = []
        try await forEachEntry(of: [.documentExported]) { entry in
            let detail = entry.event.detail
            guard detail["purpose"] != Purpose.rightsRequest.rawValue else { return }
            found.append(
                OtherDisclosure(
                    entry: entry.index, time: entry.time.text, document: entry.event.object["document"] ?? "",
                    child: entry.event.subject["child"] ?? "", by: usernames[entry.event.actor["person"] ?? ""] ?? "",
                    recipient: detail["recipient"] ?? "", purpose: detail["purpose"] ?? "",
                    clause: detail["clause"] ?? "", basis: detail["basis"] ?? ""))
        }
        return found
    }
}

extension FiledRequest {
    /// `nil` where nobody complained.
    var complaint: ComplaintRecord? {
        guard let received = history.complaintReceived else { return nil }
        let acknowledged =
            history.complaintAcknowledged ?? (history.kind == .complaint ? history.clock.answered : nil)
        return ComplaintRecord(
            request: "\(row.id)", received: received, acknowledged: acknowledged,
            acknowledgedAfterDays: acknowledged.map { received.days(until: $0) }, decided: history.complaintDecided)
    }
}
