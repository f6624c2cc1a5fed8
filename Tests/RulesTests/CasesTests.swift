import Rules
import Testing

@Suite("The shipped agreement")
struct CasesTests {
    let agreement: Agreement
    let outcomes: [CaseOutcome]

    init() throws {
        agreement = try Shipped.agreement.get()
        outcomes = try checkCases(Shipped.cases.get(), under: agreement)
    }

    @Test("answers every agreed case as agreed, by the clause it cites")
    func answersCases() {
        #expect(outcomes.summary == "\(outcomes.count) cases, all answered as agreed.")
    }

    @Test("has a case for every rule")
    func everyRuleIsCited() {
        #expect(Set(outcomes.compactMap(\.foundRule)) == Set(agreement.rules))
    }

    @Test("has a denial among the cases for every role")
    func everyRoleIsRefusedSomething() {
        let refused = Set(
            outcomes.filter { $0.expected != "permit" }.compactMap { $0.question.split(separator: " ").first })
        #expect(refused == Set(agreement.roles.map { $0.rawValue[...] }))
    }
}

@Suite("A table of cases")
struct CaseTableTests {
    private static func table(_ row: String) -> PolicyText {
        PolicyText(
            file: "agreement.cases.yaml",
            text: "version: 1\nday: 2026-10-01\npurpose: ehc.plan\ncases:\n  - { \(row) }\n")
    }

    @Test(
        "reports an answer that is not the agreed one",
        arguments: [
            ("who: [HADV], what: D05, action: read, expect: permit, clause: D05-author", true),
            ("who: [HADV], what: D05, action: read, expect: permit, clause: D05-full", false),
            ("who: [HADV], what: D05, action: read, expect: no-rule, clause: D05-author", false),
            ("who: [HADV], what: D18, action: read, expect: permit, clause: D18-override", false),
            ("who: [HADV, SEND], what: D05, action: deposit, expect: permit, clause: D05-author", false),
        ])
    func compares(row: String, isAsAgreed: Bool) throws {
        let outcomes = try checkCases(Self.table(row), under: Shipped.agreement.get())
        #expect(outcomes.allSatisfy(\.isAsAgreed) == isAsAgreed)
        #expect(outcomes.allSatisfy { $0.line == 5 })
    }

    @Test("is summed up with every answer that is not the agreed one")
    func summary() throws {
        let row = "who: [HADV, EP], what: D05, action: read, expect: permit, clause: D05-author"
        let outcomes = try checkCases(Self.table(row), under: Shipped.agreement.get())
        #expect(
            outcomes.summary == """
                2 cases, 1 not answered as agreed:
                agreement.cases.yaml:5: EP read D05: expected permit (D05-author), found permit by D05-full
                """)
    }

    @Test(
        "is refused where it asks about what the agreement does not have",
        arguments: [
            ("who: [NURSE], what: D05, action: read, expect: permit, clause: x", .unknown(kind: "role", name: "NURSE")),
            ("who: [EP], what: D99, action: read, expect: permit, clause: x", .unknown(kind: "category", name: "D99")),
            ("who: [EP], what: D05, action: shred, expect: permit, clause: x", .unknown(kind: "action", name: "shred")),
            ("who: [EP], what: D05, action: read, expect: permit", .missingKey("clause")),
            (
                "who: [P], what: D05, action: read, reach: see, expect: permit, clause: x", .missingKey("restraint")
            ),
            (
                "who: [P], what: D05, action: read, restraint: protection, reach: far, expect: permit, clause: x",
                .unknown(kind: "reach", name: "far")
            ),
            (
                "who: [P], what: D05, action: read, consent: true, expect: permit, clause: x",
                .expected("text (quote a number or a yes/no that is meant as text)")
            ),
            ("who: [EP], what: D05, action: read, mood: good, expect: permit, clause: x", .unknownKey("mood")),
        ] as [(String, PolicyError.Reason)])
    func refuses(row: String, reason: PolicyError.Reason) throws {
        let agreement = try Shipped.agreement.get()
        let error = try #require(throws: PolicyError.self) { try checkCases(Self.table(row), under: agreement) }
        #expect(error == PolicyError(file: "agreement.cases.yaml", line: 5, reason: reason))
    }
}
