import Rules
import Testing

@Suite("A newer retention schedule")
struct RetentionShorteningTests {
    private static let r6 = """
          - { id: r6, title: Backups, match: [{ categories: [backup] }], keep: [{ from: added, days: 35 }],
              authority: The council, confidence: design, adopted: 2026-09-01 }

        """

    @Test(
        "shortens nothing behind anybody's back: X18",
        arguments: [
            ("years: 31", "years: 30", "r1", .period),
            (", { from: plan-ended, years: 6, whereKnown: true }", "", "r1", .period),
            ("from: birth, years: 31", "from: [birth, added], years: 31", "r1", .period),
            (
                "years: 31 }, { from: plan-ended, years: 6, whereKnown: true }",
                "years: 31, whereKnown: true }, { from: plan-ended, years: 6 }", "r1", .period
            ),
            ("from: birth, years: 75", "from: birth, months: 899", "r3", .period),
            ("months: 6, after: academic", "months: 6", "r2", .period),
            ("permanent: true", "keep: [{ from: added, years: 200 }]", "r4", .period),
            ("action: transfer", "keep: [{ from: added, years: 200 }]", "r5", .action),
            ("onDeath: { under: 18, years: 15 }", "onDeath: { under: 19, years: 15 }", "r3", .death),
            ("onDeath: { under: 18, years: 15 }", "onDeath: { under: 18, years: 14 }", "r3", .death),
            ("unless: [moved-school]", "unless: [moved-school, litigation]", "r2", .match),
            ("{ when: [ever-looked-after] }, ", "", "r3", .match),
            ("{ labels: [sealed] }", "{ labels: [locked] }", "r3", .match),
            ("{ labels: [sealed] }", "{ labels: [sealed], holders: [council] }", "r3", .match),
            ("{ labels: [sealed] }", "{ labels: [sealed], categories: [A1] }", "r3", .match),
            ("{ labels: [sealed] }", "{ labels: [sealed], when: [litigation] }", "r3", .match),
            (
                "onDeath: { under: 18, years: 15 }, authority: An Act, confidence: statutory, adopted: not-needed",
                "authority: An Act, confidence: knowledge, adopted: 2026-09-01", "r3", .match
            ),
            (
                "[{ categories: [A2], when: [moved-school] }]", "[{ categories: [A1], when: [moved-school] }]", "r5",
                .match
            ),
            ("id: r5,", "id: r7,", "r5", .removed),
        ] as [(String, String, RuleID, Shortening.Reason)])
    func shortens(old: String, new: String, rule: RuleID, reason: Shortening.Reason) throws {
        let found = try SmallSchedule.load().shortened(by: SmallSchedule.changing(old, to: new))
        #expect(found == [Shortening(rule: rule, reason: reason, approved: nil)])
    }

    @Test(
        "may lengthen, widen, block and adopt",
        arguments: [
            ("years: 31", "years: 31"), ("years: 31", "years: 32"),
            ("from: birth, years: 31", "from: birth, months: 372"),
            (", whereKnown: true", ""), ("design, adopted: no }", "design, adopted: 2026-10-01 }"),
            (", unless: [moved-school]", ""),
            ("{ when: [ever-looked-after] }", "{ when: [ever-looked-after, litigation] }"),
            ("[{ from: birth, years: 75 }]", "[{ from: birth, years: 75 }, { from: added, years: 1 }]"),
            ("keep: [{ from: added, days: 35 }]", "permanent: true"),
            ("[{ from: birth, years: 75 }],\n", "[{ from: birth, years: 75 }], action: review,\n"),
            ("onDeath: { under: 18, years: 15 }, ", ""), ("years: 15", "years: 16"), ("under: 18", "under: 17"),
        ])
    func lengthens(old: String, new: String) throws {
        #expect(try SmallSchedule.load().shortened(by: SmallSchedule.changing(old, to: new)).isEmpty)
    }

    @Test("shortens what rests on consent alone where its rule no longer asks for that")
    func consentOnly() throws {
        let old = try SmallSchedule.changing(
            "{ categories: [A2], when: [moved-school] }", to: "{ categories: [A2], when: [consent-only] }")
        let new = try SmallSchedule.changing("{ categories: [A2], when: [moved-school] }", to: "{ categories: [A2] }")
        #expect(old.shortened(by: new).map(\.reason) == [.match])
    }

    @Test("that types an organisation anew changes every rule that asks for a kind of holder")
    func organisations() throws {
        let newer = try SmallSchedule.changing("oak: school", to: "oak: council")
        let found = try SmallSchedule.load().shortened(by: newer)
        #expect(found.map(\.rule) == ["r1", "r2"])
        #expect(found.allSatisfy { $0.reason == .match })
    }

    @Test("names the shortenings that have been approved, of rules that have gone too")
    func approved() throws {
        let text = SmallSchedule.text.replacing(Self.r6, with: "").replacing("years: 31", with: "years: 30")
        let newer = try SmallSchedule.load("approvedShortenings: { r1: 2026-10-01, r6: 2026-10-02 }\n" + text)
        let found = try SmallSchedule.load().shortened(by: newer)
        #expect(
            found == [
                Shortening(rule: "r1", reason: .period, approved: Day("2026-10-01")),
                Shortening(rule: "r6", reason: .removed, approved: Day("2026-10-02")),
            ])
    }
}
