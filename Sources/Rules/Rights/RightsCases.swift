/// Puts every case of a table to the rules on requests.
///
/// - Throws: A fault of the table itself. A case that is answered otherwise than agreed is an outcome, not an error.
public func checkCases(_ text: PolicyText, under policy: RightsPolicy) throws(PolicyError) -> [CaseOutcome] {
    let file = try PolicyNode.root(of: text).map(["version", "day", "cases"])
    _ = try file.required("version").count()
    let day = try file.required("day").day()
    var outcomes: [CaseOutcome] = []
    for node in try file.required("cases").list() {
        outcomes.append(try RightsCase(node, day: day).outcome(under: policy))
    }
    return outcomes
}

/// A case as the file states it. The persons are called `child`, `requester` and `officer`.
private struct RightsCase {
    private static let keys: Set = [
        "kind", "as", "to", "born", "died", "received", "evidence", "authority", "competence", "bestInterests",
        "orders", "maintained", "item", "people", "opinion", "outcome", "route", "cites", "grounds", "hides",
        "flags", "day", "expect", "source",
    ]

    /// Text that is long enough to be a reason.
    private static let reason = "A reason that was recorded in full"

    private let node: PolicyNode
    private let request: ReviewRequest
    private let item: ReviewItem
    private let decision: ItemDecision
    private let today: Day
    private let expected: [String]
    private let source: String

    init(_ node: PolicyNode, day: Day) throws(PolicyError) {
        let row = try node.map(Self.keys)
        self.node = node
        today = try row.optional("day")?.day() ?? day
        let judged = Judgement(by: "officer", on: today, reasoning: Self.reason)
        request = try row.request(judged: judged, today: today)
        item = try row.item(subject: request.subject, judged: judged)
        decision = try row.decision(on: today, reason: Self.reason)
        expected = try row.required("expect").oneOrMore { item throws(PolicyError) in try item.word() }
        source = try row.required("source").text()
    }

    func outcome(under policy: RightsPolicy) -> CaseOutcome {
        let faults = policy.judge(decision, of: item, for: request, on: today).map(\.code)
        let found = faults.isEmpty ? ["ready"] : faults
        return CaseOutcome(
            file: node.file, line: node.line, question: "\(request.capacity.rawValue), \(source)",
            expected: expected.sorted().joined(separator: " "), found: found.sorted().joined(separator: " "),
            clause: source, foundRule: nil)
    }
}

extension PolicyMap {
    fileprivate func request(judged: Judgement, today: Day) throws(PolicyError) -> ReviewRequest {
        let capacity: RequesterCapacity = try required("as").choice("capacity")
        let person = capacity.isSubject ? "requester" : "child"
        var request = ReviewRequest(
            id: "request", kind: try optional("kind")?.choice("kind of request") ?? .subjectAccess,
            received: try optional("received")?.day() ?? today, requester: "requester", subject: person,
            recipient: try optional("to")?.word() ?? "requester", capacity: capacity,
            born: try optional("born")?.day(), died: try optional("died")?.day())
        request.authority.evidence = try choices("evidence", "evidence")
        for word in try optional("authority")?.distinct({ node throws(PolicyError) in try node.word() }) ?? [] {
            switch word {
            case "subject": request.authority.isGivenBySubject = true
            case "holder": request.authority.isGivenByHolder = true
            case "care": request.authority.hasCare = true
            case "objects": request.authority.subjectObjects = true
            default: throw node.fault(.unknown(kind: "authority", name: word))
            }
        }
        if let isCompetent = try optional("competence")?.flag() {
            request.competence = Competence(isCompetent: isCompetent, judgement: judged)
        }
        if try optional("bestInterests")?.flag() == true { request.bestInterests = judged }
        request.orders = try orders(judged: judged)
        request.isMaintainedSchool = try optional("maintained")?.flag() ?? false
        return request
    }

    private func orders(judged: Judgement) throws(PolicyError) -> OrdersCheck? {
        guard let node = optional("orders") else { return nil }
        switch try node.word() {
        case "none": return OrdersCheck(checked: judged, restrainsContact: false)
        case "restrains": return OrdersCheck(checked: judged, restrainsContact: true)
        case "permits": return OrdersCheck(checked: judged, restrainsContact: true, permits: judged)
        case let word: throw node.fault(.unknown(kind: "order", name: word))
        }
    }

    fileprivate func item(subject: String, judged: Judgement) throws(PolicyError) -> ReviewItem {
        var item = ReviewItem(id: "item", data: [], about: [subject])
        if let row = try optional("item")?.map(["data", "about", "is", "results"]) {
            item.data = try row.choices("data", "kind of data")
            if let about = row.optional("about") {
                item.about = Set(try about.distinct { node throws(PolicyError) in try node.word() })
            }
            item.resultsAnnounced = try row.optional("results")?.day()
            for word in try row.optional("is")?.distinct({ node throws(PolicyError) in try node.word() }) ?? [] {
                switch word {
                case "known": item.isKnownToSubject = true
                case "allegation": item.isAllegationAboutRequester = true
                case "whereabouts": item.revealsWhereabouts = true
                case "law-enforcement": item.isLawEnforcement = true
                case "anothers-paper": item.isAnothersPaper = true
                case "held-by-health-professional": item.isHeldByHealthProfessional = true
                default: throw row.node.fault(.unknown(kind: "property", name: word))
                }
            }
        }
        for node in try optional("people")?.list() ?? [] {
            item.thirdParties.append(try ThirdParty(try node.map(ThirdParty.keys), judged: judged))
        }
        item.opinion = try optional("opinion").map { node throws(PolicyError) in
            let row = try node.map(["by", "day", "harm", "why"])
            return Opinion(
                by: "professional", profession: try row.required("by").choice("profession"),
                whyThisOne: try row.optional("why")?.text(), obtained: try row.required("day").day(),
                findsSeriousHarm: try row.required("harm").flag())
        }
        return item
    }

    fileprivate func decision(on today: Day, reason: String) throws(PolicyError) -> ItemDecision {
        let grounds: Set<ExemptionNeed> = try choices("grounds", "need")
        let cites = try optional("cites")?.distinct { node throws(PolicyError) in try node.word(as: ExemptionID.self) }
        var decision = ItemDecision(
            item: "item", outcome: try outcome(),
            citations: (cites ?? []).map { id in
                Citation(id, reasoning: reason, grounds: Dictionary(uniqueKeysWithValues: grounds.map { ($0, reason) }))
            }, decidedBy: "officer", decidedOn: today)
        if let hides = optional("hides") {
            decision.hides = Set(try hides.distinct { node throws(PolicyError) in try node.word() })
        }
        for word in try optional("flags")?.distinct({ node throws(PolicyError) in try node.word() }) ?? [] {
            switch word {
            case "hides-whereabouts": decision.hidesWhereabouts = true
            case "leaves-open": decision.neitherConfirmsNorDenies = true
            case "unnamed": decision.isNamedToRequester = false
            case "reasoned": decision.reasoning = reason
            default: throw node.fault(.unknown(kind: "flag", name: word))
            }
        }
        return decision
    }

    private func outcome() throws(PolicyError) -> ItemDecision.Outcome {
        if let route = optional("route") { return .separate(try route.choice("route")) }
        let node = try required("outcome")
        switch try node.word() {
        case "release": return .release
        case "withhold": return .withhold
        case "redact": return .redact
        case let word: throw node.fault(.unknown(kind: "outcome", name: word))
        }
    }
}

extension ThirdParty {
    fileprivate static let keys: Set = ["id", "kind", "consent", "reasonable", "whyHidden"]

    fileprivate init(_ row: PolicyMap, judged: Judgement) throws(PolicyError) {
        let isReasonable = try row.optional("reasonable")?.flag()
        self.init(
            id: try row.required("id").word(), kind: try row.required("kind").choice("kind of person"),
            consent: try row.optional("consent")?.choice("consent") ?? .notSought,
            reasonableness: isReasonable.map {
                Reasonableness(considered: Set(Reasonableness.Factor.allCases), isReasonable: $0, judgement: judged)
            }, whyHidden: try row.optional("whyHidden")?.text())
    }
}
