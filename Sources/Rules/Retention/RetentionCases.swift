/// Puts every case of a table to the schedule.
///
/// - Throws: A fault of the table itself. A case that is answered otherwise than agreed is an outcome, not an error.
public func checkCases(_ text: PolicyText, under schedule: RetentionSchedule) throws(PolicyError) -> [CaseOutcome] {
    let file = try PolicyNode.root(of: text).map(["version", "added", "cases"])
    _ = try file.required("version").count()
    let added = try file.required("added").day()
    var outcomes: [CaseOutcome] = []
    for node in try file.required("cases").list() {
        outcomes.append(try RetentionCase(node, added: added, under: schedule).outcome())
    }
    return outcomes
}

/// A case as the file states it.
private struct RetentionCase {
    private static let childKeys: Set = [
        "born", "corrected", "died", "flags", "events", "lastActivity", "transferPending",
    ]
    private static let itemKeys: Set = [
        "what", "holder", "type", "labels", "added", "siblings", "adopt", "keep", "eligible", "blocks", "rule",
        "source",
    ]

    private let node: PolicyNode
    private let facts: RetentionFacts
    private let schedule: RetentionSchedule
    private let expected: String
    private let rule: String
    private let source: String

    init(_ node: PolicyNode, added: Day, under schedule: RetentionSchedule) throws(PolicyError) {
        let row = try node.map(Self.childKeys.union(Self.itemKeys))
        self.node = node
        var children: [RetentionChild] = []
        let isAboutAChild = row.optional("born") != nil
        if isAboutAChild { children.append(try RetentionChild(row)) }
        for item in try row.optional("siblings")?.list() ?? [] {
            children.append(try RetentionChild(try item.map(Self.childKeys)))
        }
        facts = RetentionFacts(
            try row.required("what").word(as: Category.self), holder: try row.required("holder").choice("party"),
            holderType: try row.optional("type")?.word(as: HolderType.self),
            labels: Set(
                try row.optional("labels")?.distinct { item throws(PolicyError) in try item.word(as: Label.self) }
                    ?? []),
            added: try row.optional("added")?.day() ?? added, flags: isAboutAChild ? [] : try row.flags("flags"),
            events: RetentionEvents(isAboutAChild ? [:] : try row.events()), children: children)
        self.schedule = schedule.adopting(try row.adopted(under: schedule), on: added)
        expected = Self.answer(
            keep: try row.optional("keep")?.day(), eligible: try row.optional("eligible")?.day(),
            blocks: Set(try row.optional("blocks")?.distinct { item throws(PolicyError) in try item.text() } ?? []))
        rule = try row.optional("rule")?.text() ?? "none"
        source = try row.required("source").text()
    }

    func outcome() -> CaseOutcome {
        let plan = schedule.plan(for: facts)
        return CaseOutcome(
            file: node.file, line: node.line, question: "\(facts.category), \(source)", expected: expected,
            found: Self.answer(
                keep: plan.keepThrough, eligible: plan.eligibleFrom, blocks: Set(plan.blocks.map(\.code))),
            clause: rule, foundRule: plan.winner)
    }

    /// `keep 2035-05-14, eligible 2035-05-15`, or with what blocks.
    private static func answer(keep: Day?, eligible: Day?, blocks: Set<String>) -> String {
        let days = ["keep \(keep?.description ?? "-")", "eligible \(eligible?.description ?? "-")"]
        return (days + blocks.sorted()).joined(separator: ", ")
    }
}

extension RetentionChild {
    fileprivate init(_ row: PolicyMap) throws(PolicyError) {
        self.init(
            birth: try row.required("born").birth(), correction: try row.correction(),
            died: try row.optional("died")?.day(),
            flags: try row.optional("flags")?.distinct { item throws(PolicyError) -> RetentionFlag in
                try item.choice("flag")
            } ?? [],
            events: try row.events(), lastActivity: try row.optional("lastActivity")?.day(),
            isTransferPending: try row.optional("transferPending")?.flag() ?? false)
    }
}

extension PolicyMap {
    fileprivate func events() throws(PolicyError) -> [RetentionTrigger: [Day]] {
        guard let node = optional("events") else { return [:] }
        var events: [RetentionTrigger: [Day]] = [:]
        for (key, value) in try node.entries() {
            let trigger: RetentionTrigger = try key.node.choice("trigger")
            events[trigger] = try value.oneOrMore { item throws(PolicyError) in try item.day() }
        }
        return events
    }

    fileprivate func correction() throws(PolicyError) -> BirthCorrection? {
        guard let row = try optional("corrected")?.map(["was", "day"]) else { return nil }
        return BirthCorrection(was: try row.required("was").birth(), on: try row.required("day").day())
    }

    fileprivate func adopted(under schedule: RetentionSchedule) throws(PolicyError) -> Set<RuleID> {
        guard let list = optional("adopt") else { return [] }
        return Set(
            try list.distinct { item throws(PolicyError) -> RuleID in
                try item.declared("rule", in: Set(schedule.rules.map(\.id)))
            })
    }
}

extension PolicyNode {
    /// A day, `{ month: 5, year: 2010 }`, `{ year: 2010 }`, `{ about: 2010 }` or `{ before: 2012-01-01 }`.
    fileprivate func birth() throws(PolicyError) -> Birth {
        if isScalar { return .day(try day()) }
        let row = try map(["year", "month", "about", "before"])
        if let about = row.optional("about") { return .estimatedYear(try about.number(in: 1900...2100)) }
        if let before = row.optional("before") { return .unknown(earliestRecord: try before.day()) }
        let year = try row.required("year").number(in: 1900...2100)
        guard let month = row.optional("month") else { return .year(year) }
        return .month(year: year, month: try month.number(in: 1...12))
    }
}
