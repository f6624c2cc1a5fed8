import Rules
import Testing

@Suite("The terms of an authority's schools")
struct SchoolTermsTests {
    private static func terms(_ years: String...) throws -> SchoolTerms {
        try SchoolTerms.load(
            PolicyText(
                file: "schools.yaml",
                text: "version: 1\ntitle: Terms\nyears:\n" + years.map { "  - { \($0) }\n" }.joined()))
    }

    private static let first =
        "from: 2026-09-01, until: 2027-08-31, closed: [2026-11-02], terms: [{ from: 2026-09-03, until: 2026-10-23 }, { from: 2026-11-02, until: 2026-12-18 }, { from: 2027-01-04, until: 2027-07-21 }]"

    private static func due(_ received: String, _ terms: SchoolTerms) throws -> Day? {
        let policy = try Shipped.rights.get()
        let day = try #require(Day(received))
        return try policy.read(
            ClockFacts(received: day), of: .educationalRecord, working: WorkingDays(), school: terms.calendar, on: day
        ).dueDay
    }

    @Test(
        "fifteen school days after receipt: no weekend, holiday or training day counts",
        arguments: [
            // Monday to Friday for three weeks.
            ("2026-09-04", "2026-09-25"),
            // Over half term, and the training day on Monday 2 November.
            ("2026-10-16", "2026-11-16"),
            // Received in the summer: the first school day is Thursday 3 September.
            ("2026-09-01", "2026-09-23"),
            // Over Christmas.
            ("2026-12-11", "2027-01-15"),
        ])
    func counts(received: String, due: String) throws {
        #expect(try Self.due(received, try Self.terms(Self.first)) == Day(due))
    }

    @Test("a period that the terms do not cover has no day")
    func ends() throws {
        let terms = try Self.terms(Self.first)
        #expect(throws: RightsError.self) { try Self.due("2027-07-12", terms) }
        #expect(throws: RightsError.self) { try Self.due("2026-08-20", terms) }
        // The next year, which follows without a gap, has it.
        let both = try Self.terms(
            Self.first, "from: 2027-09-01, until: 2028-08-31, terms: [{ from: 2027-09-02, until: 2027-10-22 }]")
        #expect(try Self.due("2027-07-12", both) == Day("2027-09-13"))
    }

    @Test(
        "years with a gap, terms that overlap or leave their year, and unknown keys are refused",
        arguments: [
            "from: 2028-09-01, until: 2029-08-31, terms: [{ from: 2028-09-04, until: 2028-10-20 }]",
            "from: 2027-09-01, until: 2028-08-31, terms: [{ from: 2027-08-30, until: 2027-10-20 }]",
            "from: 2027-09-01, until: 2028-08-31, terms: [{ from: 2027-09-03, until: 2028-09-01 }]",
            "from: 2027-09-01, until: 2028-08-31, terms: [{ from: 2027-09-03, until: 2027-10-20 }, { from: 2027-10-20, until: 2027-12-20 }]",
            "from: 2027-09-01, until: 2028-08-31, terms: []",
            "from: 2027-09-01, until: 2027-08-31, terms: [{ from: 2027-09-03, until: 2027-10-20 }]",
            "from: 2027-09-01, until: 2028-08-31, holidays: [2027-09-01], terms: [{ from: 2027-09-03, until: 2027-10-20 }]",
        ])
    func refuses(second: String) {
        #expect(throws: PolicyError.self) { try Self.terms(Self.first, second) }
    }
}
