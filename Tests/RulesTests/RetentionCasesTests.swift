import Rules
import Testing

@Suite("The shipped retention schedule")
struct RetentionCasesTests {
    /// Every rule of the paper's sections 2 to 6, and the one that X20 asks for.
    static let paper =
        (1...17).map { "E\($0)" } + (1...17).map { "S\($0)" } + (1...8).map { "H\($0)" } + (1...7).map { "Y\($0)" }
        + (1...11).map { "V\($0)" } + ["X20"]

    let schedule: RetentionSchedule
    let outcomes: [CaseOutcome]

    init() throws {
        schedule = try Shipped.schedule.get()
        outcomes = try checkCases(Shipped.retentionCases.get(), under: schedule)
    }

    @Test("answers every agreed case as agreed, by the rule it cites")
    func answersCases() {
        #expect(outcomes.summary == "\(outcomes.count) cases, all answered as agreed.")
    }

    @Test("has every rule of the paper, and no other")
    func isComplete() {
        #expect(schedule.rules.map(\.id.rawValue).sorted() == Self.paper.sorted())
    }

    @Test("has a case whose source is the rule, or names it, for every rule")
    func everyRuleIsCited() {
        let words = outcomes.flatMap { $0.question.split { !$0.isLetter && !$0.isNumber } }
        #expect(Set(Self.paper.map { $0[...] }).subtracting(words).isEmpty)
    }

    @Test("has a case for every edge case of the paper, but for those that are about more than one plan")
    func everyEdgeCaseIsCited() {
        let words = outcomes.flatMap { $0.question.split { !$0.isLetter && !$0.isNumber } }
        let edges = Set((1...21).map { "X\($0)" }.map { $0[...] })
        #expect(edges.subtracting(words) == ["X18", "X19"])
    }

    @Test("is a template: only what a statute makes needs no adoption, and nothing is adopted")
    func isATemplate() {
        let standing = schedule.rules.filter { $0.adoption != .no }
        #expect(standing.map(\.id) == ["S1", "S3", "S4", "S6"])
        #expect(standing.allSatisfy { $0.adoption == .notNeeded })
    }

    @Test("as a template lets nothing go that a statute does not speak of", arguments: Party.allCases)
    func letsNothingGo(holder: Party) throws {
        let born = try #require(Day("2000-01-01"))
        let events = Dictionary(uniqueKeysWithValues: RetentionTrigger.allCases.map { ($0, [born]) })
        let flags = RetentionFlag.allCases.filter { ![.everLookedAfter, .adoptionOrder, .childrensHome].contains($0) }
        let child = RetentionChild(
            birth: .day(born), flags: flags, events: events.filter { $0.key != .adoptionOrder })
        for category in try Shipped.agreement.get().categories where category != "D09" {
            let plan = schedule.plan(for: RetentionFacts(category, holder: holder, added: born, children: [child]))
            #expect(plan.eligibleFrom == nil, "\(category)")
        }
    }
}

@Suite("A table of retention cases")
struct RetentionCaseTableTests {
    private static func table(_ row: String) -> PolicyText {
        PolicyText(
            file: "retention.cases.yaml", text: "version: 1\nadded: 2024-03-01\ncases:\n  - { \(row), source: x }\n")
    }

    @Test(
        "reports an answer that is not the agreed one",
        arguments: [
            ("keep: 2085-05-14, eligible: 2085-05-15, rule: S1", true),
            ("keep: 2085-05-15, eligible: 2085-05-15, rule: S1", false),
            ("keep: 2085-05-14, eligible: 2085-05-14, rule: S1", false),
            ("keep: 2085-05-14, eligible: 2085-05-15, rule: S2", false),
            ("keep: 2085-05-14, eligible: 2085-05-15, rule: S1, blocks: [no-rule]", false),
        ])
    func compares(answer: String, isAsAgreed: Bool) throws {
        let row = "what: D09, holder: social-care, born: 2010-05-14, \(answer)"
        let outcomes = try checkCases(Self.table(row), under: Shipped.schedule.get())
        #expect(outcomes.allSatisfy { $0.isAsAgreed == isAsAgreed && $0.line == 4 })
    }

    @Test(
        "is refused where it cannot be read",
        arguments: [
            ("what: D09, holder: nobody", .unknown(kind: "party", name: "nobody")),
            ("what: D09, holder: family, adopt: [Z1]", .unknown(kind: "rule", name: "Z1")),
            ("what: D09, holder: family, flags: [happy]", .unknown(kind: "flag", name: "happy")),
            ("what: D09, holder: family, events: { lunch: 2024-01-01 }", .unknown(kind: "trigger", name: "lunch")),
            ("what: D09, holder: family, born: soon", .notADay("soon")),
            ("what: D09, holder: family, mood: good", .unknownKey("mood")),
        ] as [(String, PolicyError.Reason)])
    func refuses(row: String, reason: PolicyError.Reason) throws {
        let schedule = try Shipped.schedule.get()
        let error = try #require(throws: PolicyError.self) { try checkCases(Self.table(row), under: schedule) }
        #expect(error == PolicyError(file: "retention.cases.yaml", line: 4, reason: reason))
    }
}
