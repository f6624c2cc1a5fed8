internal import Ledger
internal import Paper
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
        let (row, key, _) = try await requireReviewing(id, caller)
        return try await faults(row, key, try body(of: row, key), try await items(of: id, key), approval: nil)
    }

    /// Approves the answer as it is decided now, with who asks and by what right. Any change after this needs it anew.
    ///
    /// - Throws: `VaultError.denied`, `.needsAnother` for whoever decided, redacted or said by what right the requester asks; `.rights`.
    public func approve(_ id: RightsRequestID, as caller: Caller) async throws {
        let (row, key, asking) = try await requireAnswering(id, caller, "request.approve")
        _ = try await requireSession(caller)
        let body = try body(of: row, key)
        let items = try await items(of: id, key)
        let digest = try body.digest(with: items)
        let approval = RightsRequestBody.Approval(by: "\(caller.person)", at: environment.now(), digest: digest)
        let faults = try await faults(row, key, body, items, approval: approval)
        guard faults.isEmpty else { throw VaultError.rights(.faults(faults)) }
        let recipients = try await erasureRecipients(row, body)
        let hands = body.hands(in: items)
        try await change(
            row, key, [.approved], as: .requestApproved, with: ["sha256": digest], asking, caller,
            also: { transaction in
                for person in hands {
                    try transaction.requireTwo(person, caller.person, "Approving this answer")
                }
            },
            altering: {
                $0.approval = approval
                $0.recipients = recipients
            })
    }

    /// What two requesters get of the same child's record, where it differs. To be looked at before either package goes.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.request)`; `.invalid` for requests about two children.
    public func compare(
        _ id: RightsRequestID, with other: RightsRequestID, as caller: Caller
    ) async throws -> [AnswerDifference] {
        let (row, key, asking) = try await requireReviewing(id, caller)
        let (second, _, _) = try await requireReviewing(other, caller)
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
            guard mine?.shown != theirs?.shown else { return nil }
            let body = mine ?? theirs
            return AnswerDifference(
                what: body?.form ?? body?.part?.kind.rawValue ?? "", document: body?.document,
                here: mine?.decision?.outcome.word, there: theirs?.decision?.outcome.word)
        }
    }

    /// What keeps the answer to a request of any kind from being approved.
    private func faults(
        _ row: RightsRequestRow, _ key: ChildKey, _ body: RightsRequestBody, _ items: [RightsItem],
        approval: RightsRequestBody.Approval?
    ) async throws -> [String] {
        body.kind.isAccess ? try await faults(row, key, items, approval: approval) : try await measureFaults(row, body)
    }

    /// Everything that keeps the answer from going out, judged anew on the day.
    ///
    /// `approval`: that it would go out with; without one nobody is asked to have approved it yet.
    func faults(
        _ row: RightsRequestRow, _ key: ChildKey, _ items: [RightsItem], approval: RightsRequestBody.Approval?
    ) async throws -> [String] {
        let (review, body) = (try await review(row, key, items), try body(of: row, key))
        let open = Set(body.opinions.filter(\.isOpen).map(\.item))
        let shown = review.items.filter { $0.body.decision?.outcome.isShown == true }
        let package = ReleasePackage(
            request: "\(row.id)", recipient: review.request.recipient,
            items: Set(shown.filter { $0.body.isReady }.map { "\($0.number)" }), approvedBy: approval?.by,
            approvedOn: approval.map { environment.day($0.at) })
        let found = review.policy.judge(
            package,
            // What nobody could open was not searched. The letter says so, and it is not decided about.
            of: review.items.filter { $0.body.blocked == nil || $0.body.decision != nil }.map { item in
                var decision = item.body.decision
                if decision?.outcome == .redact { decision?.redactedBy = item.body.redaction?.by }
                return ReviewedItem(
                    item: item.body.facts, decision: decision, isOpinionOpen: open.contains(item.number))
            }, for: review.request, on: environment.today())
        return found.filter { approval != nil || $0 != .notApproved }.map(\.userMessage)
            + requesterFaults(body, review) + shown.compactMap(Self.redactionFault)
            + shown.compactMap { Self.hiddenFault($0, review.policy) }
            + shown.compactMap { Self.attachmentFault($0, among: review.items) }
            + (try await contentFaults(row, review.items, shown))
    }

    /// What a date of birth says against the capacity in which somebody asks.
    private func requesterFaults(_ body: RightsRequestBody, _ review: Review) -> [String] {
        let today = environment.today()
        guard let born = review.request.born, let sixteen = born.anniversary(years: 16),
            let eighteen = born.anniversary(years: 18)
        else { return [] }
        switch body.requester.capacity {
        case .child where today >= sixteen, .youngPerson where today < sixteen || today >= eighteen,
            .adult where today < eighteen:
            return ["The requester's capacity does not fit the date of birth. Enter the request anew."]
        case .child where body.standing?.competence?.isCompetent != true:
            return ["Nobody has said that the child is competent. Record who judged it, and why."]
        default: return []
        }
    }

    /// The boxes must rest on what the decision cites.
    private static func redactionFault(_ item: RightsItem) -> String? {
        guard item.body.decision?.outcome == .redact, let redaction = item.body.redaction else { return nil }
        if redaction.boxes == 0 {
            return "Item \(item.number): nothing is blacked out in its copy. Redact it, or release it."
        }
        let cited = Set(item.body.decision?.citations.map(\.exemption) ?? [])
        guard !redaction.exemptions.isSubset(of: cited) else { return nil }
        return "Item \(item.number): its boxes rest on exemptions that the decision does not cite. Cite them."
    }

    /// A file that goes out as it is was looked into, and what hides in it may go too.
    private static func hiddenFault(_ item: RightsItem, _ policy: RightsPolicy) -> String? {
        guard let decision = item.body.decision, decision.outcome == .release, item.body.part == nil,
            !item.body.isCopied,
            !policy.isReason(decision.reasoning)
        else { return nil }
        guard Source.Kind(mediaType: item.body.mediaType ?? "") != nil else {
            return "Item \(item.number): nobody can look into such a file. Say in the reasoning why it may go as it is."
        }
        guard let hidden = item.body.hidden else { return "Item \(item.number) has not been looked into. Inspect it." }
        guard !hidden.isEmpty else { return nil }
        let kinds = Set(hidden.map(\.kind.rawValue)).sorted().joined(separator: ", ")
        return
            "Item \(item.number) hides something (\(kinds)). Make a clean copy, or say in the reasoning why that may go."
    }

    /// What has come since the search, and what a scanner has found in what would go out.
    private func contentFaults(
        _ row: RightsRequestRow, _ items: [RightsItem], _ shown: [RightsItem]
    ) async throws -> [String] {
        let known = Set(items.compactMap(\.body.rendition))
        let ids = shown.compactMap { item in item.body.shownRendition.flatMap { RenditionID($0) } }
        let (isOld, hasMalware) = try await records.read { transaction in
            (
                try transaction.renditions(about: row.child).contains {
                    !$0.kind.isForRequest && !known.contains("\($0.id)")
                },
                try ids.contains { try transaction.scan(of: $0)?.found != nil }
            )
        }
        return (isOld ? ["Something has come since the search. Collect again."] : [])
            + (hasMalware ? ["The malware scanner has found something in what would go out. Withhold it."] : [])
    }
}

extension RightsRequestBody {
    /// Of everything that an approval is of: who asks, by what right, every opinion, and every item with its decision. Any change makes it
    /// another.
    func digest(with items: [RightsItem]) throws -> String {
        struct Approved: Encodable {
            let kind: RequestKind
            let requester: Requester
            let standing: RequesterStanding?
            let opinions: [AskedOpinion]
            let items: [Numbered]
            let erasure: [ErasureDecision]?
            let objection: ObjectionDecision?
            let portable: [PortableDocument]?
        }
        struct Numbered: Encodable {
            let number: Int64
            let body: RightsItemBody
        }
        let all = Approved(
            kind: kind, requester: requester, standing: standing, opinions: opinions,
            items: items.map { Numbered(number: $0.number, body: $0.body) }, erasure: erasure, objection: objection,
            portable: portable)
        return Digest.sha256(try canonicalJSON(all)).hex
    }

    /// Everybody who has had a hand in the answer, and so does not approve it.
    func hands(in items: [RightsItem]) -> [PersonID] {
        let deciders = items.flatMap { [$0.body.decision?.decidedBy, $0.body.redaction?.by] }
        // Where there are no items, whoever wrote anything down has prepared the answer.
        let writers = kind.isAccess ? [] : events.map { Optional($0.by) }
        let measures = (erasure ?? []).map(\.by) + (portable ?? []).map(\.by) + [objection?.by]
        return Set((deciders + writers + measures + [judgedBy, requester.account]).compactMap { $0 }).compactMap {
            PersonID($0)
        }
    }
}

extension RightsItemBody {
    /// Whether what is to be shown of it can be: readable, and redacted where that was decided.
    var isReady: Bool {
        guard blocked == nil else { return false }
        return decision?.outcome != .redact || redaction != nil
    }

    /// The rendition that goes out: the redaction, where it was decided to redact, and a clean copy, where there is one.
    var shownRendition: String? { decision?.outcome == .redact || isCopied ? redaction?.rendition : rendition }

    /// Whether a clean copy goes out in place of the file.
    var isCopied: Bool { decision?.outcome == .release && redaction?.rendition != nil && redaction?.boxes == 0 }

    /// What the recipient gets of it, to compare.
    fileprivate var shown: Shown {
        let copy = decision?.outcome == .redact || isCopied ? redaction : nil
        // Where nobody knows by which plan it was made, no two are the same.
        return Shown(
            outcome: decision?.outcome, hides: decision?.hides ?? [], boxes: copy?.boxes,
            plan: copy?.plan ?? copy?.rendition, part: copy?.part ?? part)
    }

    fileprivate struct Shown: Equatable {
        let outcome: ItemDecision.Outcome?
        let hides: Set<String>
        let boxes: Int?
        let plan: String?
        let part: RecordPart?
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
