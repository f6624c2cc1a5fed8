internal import Ledger
public import Rules
internal import Sealing
public import Storage

/// Where two answers about the same child differ: what one requester gets and another does not.
public struct AnswerDifference: Hashable, Sendable, Codable {
    /// The thing, by document and form or by part of the records.
    public let what: String
    public let document: String?
    /// What each gets: `release`, `redact`, `withhold`, `separate`; `nil` where it is no item, or undecided.
    public let here: String?
    public let there: String?
}

extension DocumentVault {
    /// What stands against the answer as it is decided now, in sentences; empty when it may be approved.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.request)`.
    public func faults(of id: RightsRequestID, as caller: Caller) async throws -> [String] {
        let (row, key, _) = try await requireAnswering(id, caller)
        return try await releaseFaults(row, key, approvedBy: nil).filter { $0 != .notApproved }.map(\.userMessage)
    }

    /// Approves the answer as it is decided now. Any decision after this needs it anew.
    ///
    /// - Throws: `VaultError.denied`, `.needsAnother` for whoever received, decided or redacted, `.rights(.faults)`, `.rights(.rules)`.
    public func approve(_ id: RightsRequestID, as caller: Caller) async throws {
        let (row, key, asking) = try await requireAnswering(id, "request.approve", caller)
        _ = try await requireSession(caller)
        let body = try body(of: row, key)
        let items = try await items(of: id, key)
        let hands = Set(items.flatMap { [$0.body.decision?.decidedBy, $0.body.redaction?.by] }.compactMap { $0 })
        let people = hands.union(body.requester.account.map { [$0] } ?? []).compactMap { PersonID($0) }
        if body.kind.isAccess {
            let faults = try await releaseFaults(row, key, approvedBy: caller.person)
            guard faults.isEmpty else { throw VaultError.rights(.faults(faults.map(\.userMessage))) }
        }
        let approval = RightsRequestBody.Approval(
            by: "\(caller.person)", at: environment.now(), digest: try items.digest)
        let answering = body.events.map(\.by).compactMap { PersonID($0) }
        let others = body.kind.isAccess ? people : people + answering
        try await change(
            row, key, [.approved], as: .requestApproved, with: ["sha256": approval.digest], asking, caller,
            also: { transaction in
                for person in others {
                    try transaction.requireTwo(person, caller.person, "Approving this answer")
                }
            }, altering: { $0.approval = approval })
    }

    /// What two requesters get of the same child's record, where it differs. To be looked at before either package goes.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.request)`; `.invalid` for requests about two children.
    public func compare(
        _ id: RightsRequestID, with other: RightsRequestID, as caller: Caller
    ) async throws -> [AnswerDifference] {
        let (row, key, asking) = try await requireAnswering(id, caller)
        let (second, _, _) = try await requireAnswering(other, caller)
        guard row.child == second.child else {
            throw VaultError.invalid(field: "request", reason: "the two are about different children")
        }
        let (here, there) = (try await items(of: id, key), try await items(of: other, key))
        try await log(
            Event(.requestShown, by: caller, party: asking.place.party).about(row.child)
                .on(["request": "\(id)", "other": "\(other)"]), childKey: key)
        let first = Dictionary(here.map { ($0.body.key, $0.body) }) { first, _ in first }
        let last = Dictionary(there.map { ($0.body.key, $0.body) }) { first, _ in first }
        return Set(first.keys).union(last.keys).sorted().compactMap { name in
            let (mine, theirs) = (first[name], last[name])
            guard mine?.decision?.outcome != theirs?.decision?.outcome else { return nil }
            let body = mine ?? theirs
            return AnswerDifference(
                what: body?.form ?? body?.part?.kind.rawValue ?? "", document: body?.document,
                here: mine?.decision?.outcome.word, there: theirs?.decision?.outcome.word)
        }
    }

    /// Everything that keeps the answer from going out, judged anew on the day.
    func releaseFaults(
        _ row: RightsRequestRow, _ key: ChildKey, approvedBy approver: PersonID?
    ) async throws -> [ReleaseFault] {
        let review = try await review(row, key)
        let body = try body(of: row, key)
        let open = Set(body.opinions.filter { $0.answered == nil }.map(\.item))
        let shown = review.items.filter { $0.body.decision?.outcome.isShown == true }
        let package = ReleasePackage(
            request: "\(row.id)", recipient: review.request.recipient,
            items: Set(shown.filter { $0.body.isReady }.map { "\($0.number)" }),
            approvedBy: approver.map { "\($0)" } ?? body.approval?.by,
            approvedOn: approver == nil ? body.approval.map { environment.day($0.at) } : environment.today())
        return review.policy.judge(
            package,
            // What nobody could open was not searched. The letter says so, and it is not decided about.
            of: review.items.filter { $0.body.blocked == nil || $0.body.decision != nil }.map { item in
                var decision = item.body.decision
                if decision?.outcome == .redact { decision?.redactedBy = item.body.redaction?.by }
                return ReviewedItem(
                    item: item.body.facts, decision: decision, isOpinionOpen: open.contains(item.number))
            }, for: review.request, on: environment.today())
    }
}

extension [RightsItem] {
    /// Of every item with its decision: any change makes it another.
    var digest: String {
        get throws { Digest.sha256(try sortedJSON(map { Numbered(number: $0.number, body: $0.body) })).hex }
    }
}

private struct Numbered: Encodable {
    let number: Int64
    let body: RightsItemBody
}

extension RightsItemBody {
    /// Whether what is to be shown of it can be: readable, and redacted where that was decided.
    var isReady: Bool {
        guard blocked == nil else { return false }
        return decision?.outcome != .redact || redaction != nil
    }
}

extension ItemDecision.Outcome {
    var isShown: Bool { self == .release || self == .redact }

    public var word: String {
        switch self {
        case .release: "release"
        case .redact: "redact"
        case .withhold: "withhold"
        case .separate: "separate"
        }
    }
}
