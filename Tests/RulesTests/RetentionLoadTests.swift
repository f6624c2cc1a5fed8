import Rules
import Testing

@Suite("Loading a retention schedule")
struct RetentionLoadTests {
    private static let r6 =
        "id: r6, title: Backups, match: [{ categories: [backup] }], keep: [{ from: added, days: 35 }]"

    private static func withRule(_ new: String, _ reason: PolicyError.Reason) -> Spoiling {
        Spoiling(old: r6, new: "id: r6, title: Backups, " + new, reason: reason)
    }

    static let spoilings: [Spoiling] = [
        Spoiling(old: "schedule: A small", new: "scedule: A small", reason: .unknownKey("scedule")),
        Spoiling(old: "owner: The records manager\n", new: "", reason: .missingKey("owner"), at: "version: 2"),
        Spoiling(old: "version: 2", new: "version: two", reason: .expected("a whole number from 1")),
        Spoiling(
            old: "recentActivityMonths: 12", new: "recentActivityMonths: 11",
            reason: .expected("a whole number from 12 to 1200")),
        Spoiling(
            old: "correctedBirthDays: 90", new: "correctedBirthDays: 89",
            reason: .expected("a whole number from 90 to 36500")),
        Spoiling(old: "  family: [family]\n", new: "", reason: .missingKey("family"), at: "education: [school"),
        Spoiling(old: "  family: [family]", new: "  friends: [family]", reason: .unknownKey("friends")),
        Spoiling(old: "oak: school", new: "oak: college", reason: .unknown(kind: "holder", name: "college")),
        Spoiling(old: "register: A register", new: "A1: A register", reason: .duplicate("A1")),
        Spoiling(old: "id: r6", new: "id: r2", reason: .duplicate("r2"), at: "title: Backups"),
        Spoiling(old: "[backup]", new: "[A9]", reason: .unknown(kind: "category", name: "A9"), at: "[A9]"),
        Spoiling(
            old: "[school], unless", new: "[college], unless", reason: .unknown(kind: "holder", name: "college"),
            at: "[college]"),
        Spoiling(old: "from: added", new: "from: lunch", reason: .unknown(kind: "trigger", name: "lunch"), at: "lunch"),
        Spoiling(
            old: "after: academic", new: "after: solar", reason: .unknown(kind: "year", name: "solar"), at: "solar"),
        Spoiling(
            old: "unless: [moved-school]", new: "unless: [sad]", reason: .unknown(kind: "flag", name: "sad"),
            at: "[sad]"),
        Spoiling(
            old: "days: 35", new: "days: -35", reason: .expected("a whole number from 0 to 36500"), at: "days: -35"),
        Spoiling(
            old: "years: 75", new: "years: 201", reason: .expected("a whole number from 0 to 200"), at: "years: 201"),
        Spoiling(
            old: "months: 6", new: "months: 6, days: 1", reason: .expected("one of years, months and days"),
            at: "days: 1,"),
        Spoiling(old: ", days: 35", new: "", reason: .missingKey("years"), at: "title: Backups"),
        withRule("match: [{ categories: [backup] }]", .missingKey("keep")),
        withRule("match: [{ holders: [council] }], permanent: true", .missingKey("categories")),
        withRule(
            "match: [{ when: [litigation], unless: [litigation] }], permanent: true",
            .neverApplies("it asks for what it excludes")),
        withRule(
            "match: [{ categories: [backup] }], permanent: true, keep: [{ from: added, days: 1 }]",
            .expected("either a period or permanent, not both")),
        withRule(
            "match: [{ categories: [backup] }], keep: [{ from: added, days: 1, whereKnown: true }]",
            .expected("a period that always runs")),
        withRule(
            "match: [{ categories: [backup] }], keep: [{ from: added, days: 1, when: [litigation] }]",
            .expected("a period that always runs")),
        withRule(
            "match: [{ categories: [backup] }], keep: [{ from: added, days: 1 }], onDeath: { under: 18, years: 15 }",
            .expected("a statute: nothing else shortens a period on death")),
        Spoiling(
            old: "confidence: design, adopted: no", new: "confidence: design, adopted: not-needed",
            reason: .expected("a day or no: no statute makes this rule"),
            at: "The school, confidence: design, adopted: not"),
        Spoiling(
            old: "confidence: design, adopted: no", new: "confidence: design, adopted: soon",
            reason: .notADay("soon"), at: "adopted: soon"),
        Spoiling(
            old: "confidence: statutory", new: "confidence: firm", reason: .unknown(kind: "confidence", name: "firm"),
            at: "firm"),
        Spoiling(
            old: "action: transfer", new: "action: shred", reason: .unknown(kind: "action", name: "shred"), at: "shred"),
        Spoiling(
            old: "records: {", new: "approvedShortenings: { r9: soon }\nrecords: {", reason: .notADay("soon")),
        Spoiling(old: "owner: The records manager", new: "owner: &a The records manager", reason: .anchor),
        Spoiling(old: text, new: "", reason: .empty("The file")),
    ]

    private static let text = SmallSchedule.text

    @Test("takes the sound file")
    func loads() throws {
        let schedule = try SmallSchedule.load()
        #expect(schedule.version == 2)
        #expect(schedule.rules.map(\.id) == ["r1", "r2", "r3", "r4", "r5", "r6"])
        #expect(schedule.rule("r2")?.title == "School")
        #expect(schedule.rule("r9") == nil)
        #expect(schedule.holderType(of: "oak") == "school")
        #expect(schedule.holderType(of: "elm") == nil)
        #expect(schedule.records["register"] == "A register")
    }

    @Test("refuses a faulty schedule, naming the line", arguments: spoilings)
    func refuses(spoiling: Spoiling) throws {
        try #require(Self.text.ranges(of: spoiling.old).count == 1, "the change must have one place")
        let text = Self.text.replacing(spoiling.old, with: spoiling.new)
        let error = try #require(throws: PolicyError.self) { try SmallSchedule.load(text) }
        let mark = spoiling.at ?? String(spoiling.new.prefix { $0 != "\n" })
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(error.reason == spoiling.reason)
        #expect(error.line == lines.firstIndex { $0.contains(mark) }.map { $0 + 1 } ?? 1)
        #expect(error.userMessage.hasPrefix("retention.yaml:\(error.line): "))
    }
}
