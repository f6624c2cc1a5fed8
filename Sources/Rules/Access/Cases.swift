/// One agreed case, and what the agreement or the retention schedule answered.
public struct CaseOutcome: Hashable, Sendable {
    public let file: String
    public let line: Int
    /// The question, as the file words it: `SEND read D05`.
    public let question: String
    /// `permit`, or the code of the reason; of a schedule, the days and what blocks.
    public let expected: String
    public let found: String
    /// What the case cites: for a permit the rule that must admit, for a denial the cell or label that asks for it, and
    /// of a schedule the rule that must keep longest.
    public let clause: String
    /// The rule that admitted or that keeps longest, if one did.
    public let foundRule: RuleID?

    public var isAsAgreed: Bool {
        found == expected && (foundRule == nil || foundRule?.rawValue == clause)
    }

    /// Where the case stands, what it asks for and what it got.
    public var sentence: String {
        let rule = foundRule.map { " by \($0)" } ?? ""
        return "\(file):\(line): \(question): expected \(expected) (\(clause)), found \(found)\(rule)"
    }
}

extension Sequence<CaseOutcome> {
    /// How many cases there are and which of them are not answered as agreed, one a line.
    public var summary: String {
        let total = reduce(0) { count, _ in count + 1 }
        let wrong = filter { !$0.isAsAgreed }
        if wrong.isEmpty { return "\(total) cases, all answered as agreed." }
        return (["\(total) cases, \(wrong.count) not answered as agreed:"] + wrong.map(\.sentence)).joined(
            separator: "\n")
    }
}

/// Puts every case of a table to the agreement.
///
/// - Throws: A fault of the table itself. A case that is answered otherwise than agreed is an outcome, not an error.
public func checkCases(_ text: PolicyText, under agreement: Agreement) throws(PolicyError) -> [CaseOutcome] {
    let file = try PolicyNode.root(of: text).map(["version", "day", "purpose", "cases"])
    _ = try file.required("version").count()
    let day = try file.required("day").day()
    let purpose = try file.required("purpose").word(as: Purpose.self)
    var outcomes: [CaseOutcome] = []
    for node in try file.required("cases").list() {
        let row = try node.map(CaseRow.keys)
        let who = try row.required("who")
        for role in try who.distinct({ item throws(PolicyError) in try item.word(as: Role.self) }) {
            let asked = try CaseRow(row, role: role, under: agreement, day: day, purpose: purpose)
            outcomes.append(asked.outcome(under: agreement))
        }
    }
    return outcomes
}

/// A case as the file states it; what it leaves out comes from the agreement and the head of the file.
private struct CaseRow {
    static let keys: Set = [
        "who", "what", "action", "rendition", "party", "holder", "purpose", "day", "labels", "onTeam", "own", "consent",
        "released", "task", "emergency", "restraint", "reach", "shared", "expect", "clause",
    ]

    private let node: PolicyNode
    private let facts: AccessFacts
    private let day: Day
    private let expected: String
    private let clause: String

    init(
        _ row: PolicyMap, role: Role, under agreement: Agreement, day: Day, purpose: Purpose
    ) throws(PolicyError) {
        node = row.node
        guard let party = agreement.parties(of: role).first else {
            throw node.fault(.unknown(kind: "role", name: role.rawValue))
        }
        let categoryNode = try row.required("what")
        let category = try categoryNode.word(as: Category.self)
        guard let holder = agreement.holders(of: category).first else {
            throw categoryNode.fault(.unknown(kind: "category", name: category.rawValue))
        }
        facts = AccessFacts(
            try row.required("action").choice("action"), category: category,
            holder: try row.optional("holder")?.choice("party") ?? holder,
            labels: try row.labels(), rendition: try row.optional("rendition")?.rendition() ?? .original,
            caller: try row.optional("party")?.choice("party") ?? party, role: role,
            purpose: try row.optional("purpose")?.word(as: Purpose.self) ?? purpose,
            isOnCase: try row.flag("onTeam", otherwise: true), isOwn: try row.flag("own", otherwise: false),
            hasTaskGrant: try row.flag("task", otherwise: false),
            hasEmergency: try row.flag("emergency", otherwise: false),
            consents: try row.consents(), isReleased: try row.flag("released", otherwise: false),
            restraint: try row.restraint(), shared: try row.optional("shared")?.day())
        self.day = try row.optional("day")?.day() ?? day
        expected = try row.required("expect").text()
        clause = try row.required("clause").text()
    }

    func outcome(under agreement: Agreement) -> CaseOutcome {
        let found: String
        var rule: RuleID?
        switch agreement.decide(facts, on: day) {
        case .permit(let permit):
            found = "permit"
            rule = permit.rule
        case .deny(let reason):
            found = reason.code
        }
        return CaseOutcome(
            file: node.file, line: node.line, question: "\(facts.role) \(facts.action.rawValue) \(facts.category)",
            expected: expected, found: found, clause: clause, foundRule: rule)
    }
}

extension PolicyMap {
    fileprivate func flag(_ key: String, otherwise: Bool) throws(PolicyError) -> Bool {
        try optional(key)?.flag() ?? otherwise
    }

    fileprivate func consents() throws(PolicyError) -> ConsentKinds {
        guard let node = optional("consent") else { return [] }
        return ConsentKinds(try node.choice("consent"))
    }

    /// Its cause, and how far it lets the person go: not at all, unless the row says so.
    fileprivate func restraint() throws(PolicyError) -> Restraint? {
        guard let node = optional("restraint") else {
            guard optional("reach") == nil else { throw self.node.fault(.missingKey("restraint")) }
            return nil
        }
        let cause: Restraint.Cause = try node.choice("restraint")
        guard let reachNode = optional("reach") else { return Restraint(cause, reach: .none) }
        let word = try reachNode.word()
        guard let reach = Restraint.Reach(word) else { throw reachNode.fault(.unknown(kind: "reach", name: word)) }
        return Restraint(cause, reach: reach)
    }

    /// Labels the agreement does not know are allowed here: that they refuse is a case worth stating.
    fileprivate func labels() throws(PolicyError) -> Set<Label> {
        guard let list = optional("labels") else { return [] }
        return Set(try list.distinct { node throws(PolicyError) in try node.word(as: Label.self) })
    }
}
