import Rules
import Testing

@Suite("Loading the rules on requests")
struct RightsLoadTests {
    static let spoilings: [Spoiling] = [
        Spoiling(old: "title: Rules on requests", new: "titel: Rules on requests", reason: .unknownKey("titel")),
        Spoiling(
            old: "  chaseAfterDays: 14\n", new: "", reason: .missingKey("chaseAfterDays"),
            at: "identityAskedWithinDays: 7"),
        Spoiling(
            old: "opinionMonths: 6", new: "opinionMonths: 7", reason: .expected("a whole number from 1 to 6")),
        Spoiling(
            old: "reasonCharacters: 20", new: "reasonCharacters: 0", reason: .expected("a whole number from 10 to 400")),
        Spoiling(
            old: "  - kind: erasure", new: "  - kind: deletion",
            reason: .unknown(kind: "kind of request", name: "deletion")),
        Spoiling(
            old: "  - kind: erasure", new: "  - kind: objection", reason: .duplicate("objection"),
            at: "title: Objection"),
        Spoiling(
            old: "    days: 30\n", new: "    days: 30\n    months: 1\n",
            reason: .expected("one of months, days and schoolDays"), at: "kind: complaint"),
        Spoiling(old: "    days: 30\n", new: "", reason: .missingKey("months"), at: "kind: complaint"),
        Spoiling(
            old: "    days: 30\n", new: "    days: 30\n    pauses: true\n",
            reason: .expected("a period of months for pauses"), at: "kind: complaint"),
        Spoiling(
            old: "    schoolDays: 15\n", new: "    schoolDays: 15\n    extensionMonths: 2\n",
            reason: .expected("a period of months for extensionMonths"), at: "kind: educational-record"),
        Spoiling(old: "id: S3-P2-4", new: "id: S3-P2-3", reason: .duplicate("S3-P2-3"), at: "code: S3 P2 Para 4"),
        Spoiling(
            old: "code: S3 P2 Para 4 Health expectation", new: "code: S3 P2 Para 3 Health court",
            reason: .duplicate("S3 P2 Para 3 Health court"), at: "id: S3-P2-4"),
        Spoiling(
            old: "data: [reference]", new: "data: [gossip]", reason: .unknown(kind: "kind of data", name: "gossip")),
        Spoiling(
            old: "needs: [exam-window]", new: "needs: [luck]", reason: .unknown(kind: "need", name: "luck")),
        Spoiling(
            old: "against: [parent-without-responsibility, carer]", new: "against: [neighbour]",
            reason: .unknown(kind: "capacity", name: "neighbour")),
        Spoiling(
            old: "kinds: [law-enforcement-access]", new: "kinds: [erasure]",
            reason: .neverApplies("it is for requests for access")),
        Spoiling(
            old: "    needs: [exam-window]\n", new: "    needs: [opinion]\n",
            reason: .expected("health data, of which alone an opinion is asked"), at: "id: S2-P4-25-2"),
        Spoiling(
            old: "    source: DPA 2018 s.45(4)\n    confidence: knowledge", new: "    source: DPA 2018 s.45(4)",
            reason: .missingKey("confidence"), at: "id: P3-45-4"),
        Spoiling(
            old: "    - id: 17-3-c\n", new: "    - id: 17-3-b\n", reason: .duplicate("17-3-b"),
            at: "article: UK GDPR Article 17(3)(c)"),
        Spoiling(old: "  optional: [D02, D23]\n", new: "", reason: .missingKey("optional"), at: "  exceptions:"),
        Spoiling(old: "version: 1", new: "version: &a 1", reason: .anchor),
    ]

    @Test("take the sound file, with a clock for every kind")
    func loads() throws {
        let policy = try Shipped.rights.get()
        #expect(policy.version == 1)
        #expect(Set(policy.requests.keys) == Set(RequestKind.allCases))
        let access = try #require(policy.rule(for: .subjectAccess)).clock
        #expect(access.period == .months(1) && access.extensionMonths == 2 && access.allowsPauses)
        #expect(access.targetDays == 28)
        #expect(policy.rule(for: .complaint)?.clock.period == .days(30))
        #expect(policy.rule(for: .educationalRecord)?.clock.period == .schoolDays(15))
        #expect(policy.numbers.opinionMonths == 6)
    }

    @Test("refuse a faulty file, naming the line", arguments: spoilings)
    func refuses(spoiling: Spoiling) throws {
        let sound = try Shipped.rightsText.get().text
        try #require(sound.ranges(of: spoiling.old).count == 1, "the change must have one place")
        let text = sound.replacing(spoiling.old, with: spoiling.new)
        let error = try #require(throws: PolicyError.self) {
            try RightsPolicy.load(PolicyText(file: "rights.yaml", text: text))
        }
        let mark = spoiling.at ?? String(spoiling.new.prefix { $0 != "\n" })
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let line = try #require(lines.firstIndex { $0.contains(mark) }) + 1
        #expect(error.reason == spoiling.reason)
        // A fault of a whole entry stands on its first line, just above or at the mark.
        #expect((line - 1...line).contains(error.line))
    }
}
