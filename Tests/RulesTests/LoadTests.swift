import Rules
import Testing

/// A change to a small, sound pair of files, and the fault it must be refused for.
struct Spoiling: CustomTestStringConvertible, Sendable {
    let old: String
    let new: String
    let reason: PolicyError.Reason
    /// Text on the line that must be named; otherwise the first line of the change.
    var at: String?

    var testDescription: String { new }
}

@Suite("Loading an agreement")
struct LoadTests {
    static let categories = """
        version: 1
        categories:
          - { id: E1, title: Advice, holders: [education], obligations: [watermark] }
          - { id: E2, title: Law, holders: [education], labels: [privileged] }
          - { id: H1, title: Health, holders: [health] }

        """
    static let agreement = """
        version: 3
        title: A small agreement
        from: 2026-09-01
        reviewBy: 2027-06-30
        until: 2027-08-31
        limits:
          emergencyHours: 4
          emergencyReasonCharacters: 40
          emergencySignInMinutes: 5
          taskDays: 90
          consentDays: 400
          closedCaseDays: 0
          youngPersonGraceDays: 28
        bankHolidays: [2027-05-10]
        transparency:
          controllers:
            education: { name: A council, address: County Hall, contact: send@wealdshire.example }
            health: { name: A trust, address: Orchard House, contact: health@wealdshire.example }
          storage: Here
          retention: As scheduled
          jurisdiction: England and Wales
          withdrawal: By letter
          rights: All of them
        purposes: { plan: Planning, review: Reviewing }
        roles:
          OFFICER: { title: Officer, parties: [education] }
          LAWYER: { title: Lawyer, parties: [education] }
          NURSE: { title: Nurse, parties: [health] }
          PARENT: { title: Parent, parties: [family] }
          CHILD: { title: Child, parties: [family] }
          ADULT: { title: Young person, parties: [family] }
          FRIEND: { title: Representative, parties: [family] }
        capacities: { parent: PARENT, competent-child: CHILD, young-person: ADULT, representative: FRIEND }
        emergency: [NURSE]
        labels:
          privileged: { reason: It is privileged., exempt: [LAWYER], exemptOnTask: [OFFICER] }
        duties:
          case.open: [OFFICER]
        bases:
          task: { art6: 6(1)(e), power: An Act }
        sharing:
          - { holder: education, asker: family, categories: [E1], purposes: [plan] }
        rules:
          - { id: r1, categories: [E1], roles: [OFFICER], grant: A/F, basis: task }
          - { id: r2, categories: [E1], roles: [PARENT], grant: R, harmCheck: true, basis: task }
          - { id: r3, categories: [E2], roles: [LAWYER], grant: F, basis: task }
          - { id: r4, categories: [H1], roles: [NURSE], grant: F, when: [task], basis: task }
          - { id: r5, categories: [E1], roles: [NURSE], grant: X, when: [override], basis: task }

        """

    private static let r1 = "- { id: r1, categories: [E1], roles: [OFFICER], grant: A/F, basis: task }"

    private static func adding(_ rule: String, _ reason: PolicyError.Reason, at: String? = nil) -> Spoiling {
        Spoiling(old: r1, new: r1 + "\n  - { \(rule), basis: task }", reason: reason, at: at ?? rule)
    }

    static let agreementSpoilings: [Spoiling] = [
        Spoiling(old: "title: A small", new: "tittle: A small", reason: .unknownKey("tittle")),
        Spoiling(old: "title: A small agreement\n", new: "", reason: .missingKey("title"), at: "version: 3"),
        Spoiling(old: "title: A small agreement", new: "title: 12", reason: .expected(quoted)),
        Spoiling(old: "title: A small agreement", new: "title: ' '", reason: .empty("This text")),
        Spoiling(
            old: "title: A small agreement", new: #"title: "A small\nagreement""#, reason: .expected(visible)),
        Spoiling(
            old: "title: A small agreement", new: "title: A \u{202E}small agreement", reason: .expected(visible)),
        Spoiling(
            old: "reason: It is privileged.", new: #"reason: "\e[2J""#, reason: .expected(visible)),
        Spoiling(old: "title: A small agreement", new: "title: [A]", reason: .expected("a single value")),
        Spoiling(old: "version: 3", new: "version: 0", reason: .expected("a whole number from 1")),
        Spoiling(old: "version: 3", new: "version: '3'", reason: .expected("a whole number from 1")),
        Spoiling(old: "version: 3", new: "version: 3.1", reason: .expected("a whole number from 1")),
        Spoiling(old: "from: 2026-09-01", new: "from: 2026-09-31", reason: .notADay("2026-09-31")),
        Spoiling(old: "from: 2026-09-01", new: "from: 2027-09-01", reason: .badTerm),
        Spoiling(old: "reviewBy: 2027-06-30", new: "reviewBy: 2027-09-30", reason: .badTerm, at: "from:"),
        Spoiling(old: "taskDays: 90", new: "taskDays: 0", reason: .expected("a whole number from 1 to 100000")),
        Spoiling(
            old: "consentDays: 400", new: "consentDays: 100001", reason: .expected("a whole number from 1 to 100000")),
        Spoiling(
            old: "closedCaseDays: 0", new: "closedCaseDays: -1", reason: .expected("a whole number from 0 to 100000")),
        Spoiling(
            old: "emergencyHours: 4", new: "emergencyHours: '4'", reason: .expected("a whole number from 1 to 100000")),
        Spoiling(
            old: "  taskDays: 90\n", new: "", reason: .missingKey("taskDays"), at: "emergencyHours: 4"),
        Spoiling(old: "[2027-05-10]", new: "[2027-05-32]", reason: .notADay("2027-05-32")),
        Spoiling(old: "[2027-05-10]", new: "[2027-05-10, 2027-05-10]", reason: .duplicate("2027-05-10")),
        Spoiling(old: "young-person: ADULT, ", new: "", reason: .missingKey("young-person"), at: "capacities:"),
        Spoiling(
            old: "young-person: ADULT", new: "young-person: CHILD", reason: .duplicate("CHILD"), at: "capacities:"),
        Spoiling(
            old: "young-person: ADULT", new: "young-person: NURSE", reason: .expected("a role of the family alone"),
            at: "capacities:"),
        Spoiling(
            old: "young-person: ADULT", new: "young-person: HEIR", reason: .unknown(kind: "role", name: "HEIR"),
            at: "capacities:"),
        Spoiling(
            old: "health: { name: A trust", new: "family: { name: A trust", reason: .unknownKey("family"),
            at: "family: { name"),
        Spoiling(
            old: "  jurisdiction: England and Wales\n", new: "", reason: .missingKey("jurisdiction"),
            at: "  controllers:"),
        Spoiling(old: "name: A trust, ", new: "", reason: .missingKey("name"), at: "Orchard House"),
        Spoiling(
            old: "parties: [health]", new: "parties: [hospital]", reason: .unknown(kind: "party", name: "hospital")),
        Spoiling(old: "parties: [health]", new: "parties: []", reason: .empty("This list")),
        Spoiling(old: "parties: [health]", new: "parties: [health, health]", reason: .duplicate("health")),
        Spoiling(old: "parties: [health]", new: "parties: health", reason: .expected("a list")),
        Spoiling(
            old: "emergency: [NURSE]", new: "emergency: [MIDWIFE]", reason: .unknown(kind: "role", name: "MIDWIFE")),
        Spoiling(old: "exempt: [LAWYER]", new: "exempt: [JUDGE]", reason: .unknown(kind: "role", name: "JUDGE")),
        Spoiling(old: "case.open: [OFFICER]", new: "case.open: [CLERK]", reason: .unknown(kind: "role", name: "CLERK")),
        Spoiling(old: "case.open: [OFFICER]", new: "case.open: []", reason: .empty("This list")),
        Spoiling(
            old: "case.open: [OFFICER]", new: "case.open: [OFFICER]\n  case.open: [NURSE]",
            reason: .duplicate("case.open")),
        Spoiling(old: "power: An Act", new: "pwoer: An Act", reason: .unknownKey("pwoer")),
        Spoiling(old: "purposes: [plan]", new: "purposes: [fun]", reason: .unknown(kind: "purpose", name: "fun")),
        Spoiling(
            old: "asker: family, categories: [E1]", new: "asker: family, categories: [E9]",
            reason: .unknown(kind: "category", name: "E9")),
        Spoiling(
            old: "holder: education, asker: family", new: "holder: health, asker: family",
            reason: .expected("a category that health may hold")),
        Spoiling(
            old: "asker: family", new: "asker: education",
            reason: .expected("two parties: one needs no agreement with itself")),
        Spoiling(old: r1, new: "- &one { id: r1 }\n  - *one", reason: .anchor),
        Spoiling(old: r1, new: "- !rule { id: r1 }", reason: .anchor),
        Spoiling(old: r1, new: "- { id: r1", reason: .notYAML("did not find expected ',' or '}'"), at: "- { id: r2"),
        Spoiling(old: "rules:", new: "---\nrules:", reason: .notYAML("but found another document"), at: "---"),
        Spoiling(old: r1, new: r1.replacing("r1", with: "r2"), reason: .duplicate("r2"), at: "roles: [PARENT]"),
        Spoiling(old: r1, new: r1.replacing(", basis: task", with: ""), reason: .missingKey("basis")),
        Spoiling(old: r1, new: r1.replacing("task", with: "whim"), reason: .unknown(kind: "basis", name: "whim")),
        Spoiling(old: r1, new: r1.replacing("A/F", with: "Q"), reason: .unknown(kind: "grant", name: "Q")),
        Spoiling(old: r1, new: r1.replacing("[E1]", with: "[]"), reason: .empty("This list")),
        Spoiling(old: r1, new: r1.replacing("OFFICER", with: "yes"), reason: .expected(quoted)),
        Spoiling(old: "harmCheck: true", new: "harmCheck: 'true'", reason: .expected("true or false")),
        Spoiling(old: "when: [override]", new: "when: [mood]", reason: .unknown(kind: "condition", name: "mood")),
        adding(
            "id: x, categories: [H1], roles: [OFFICER], grant: F",
            .neverMatches("nobody shares Health with the party of Officer")),
        adding(
            "id: x, categories: [E2], roles: [OFFICER], grant: F",
            .neverMatches("every such document carries privileged, which keeps the role out")),
        adding(
            "id: x, categories: [E1], roles: [LAWYER], grant: F, when: [override]",
            .neverMatches("Lawyer is not listed under emergency")),
        adding(
            "id: x, categories: [E1], roles: [LAWYER], grant: R",
            .neverMatches("a release is to the family, and Lawyer is not of it")),
        adding(
            "id: x, categories: [E1], roles: [LAWYER], grant: F, harmCheck: true",
            .neverMatches("only a grant R has a harmCheck")),
        adding(
            "id: x, categories: [E1], roles: [LAWYER], grant: A, rendition: 'redacted:a'",
            .neverMatches("only a grant F, X or R is for one rendition")),
        adding(
            "id: x, categories: [E1], roles: [LAWYER], grant: F, membership: none",
            .neverMatches("only a grant M may do without the case team")),
        adding(
            "id: x, categories: [E1], roles: [NURSE], grant: F, when: [override, task]",
            .neverMatches("an override asks for nothing else")),
        adding(
            "id: x, categories: [H1], roles: [NURSE], grant: release",
            .neverMatches("no rule gives Health to the family once released")),
        adding(
            "id: x, categories: [E1], roles: [LAWYER], grant: release, rendition: extract",
            .neverMatches("only a grant F, X or R is for one rendition")),
        adding(
            "id: x, categories: [E1], roles: [LAWYER], grant: release, harmCheck: true",
            .neverMatches("only a grant R has a harmCheck")),
        adding(
            "id: x, categories: [E1], roles: [NURSE], grant: release, when: [override]",
            .neverMatches("an emergency lets nobody author or release")),
        adding(
            "id: x, categories: [E1], roles: [NURSE], grant: A/F, when: [override]",
            .neverMatches("an emergency lets nobody author or release")),
        adding(
            "id: x, categories: [E1], roles: [LAWYER], grant: F, when: [consent]",
            .unknown(kind: "condition", name: "consent")),
        adding("id: x, categories: [E1], roles: [OFFICER], grant: M, when: [task]", .shadowed(by: "r1")),
        adding("id: x, categories: [E1], roles: [OFFICER], grant: F", .shadowed(by: "r1")),
        adding("id: x, categories: [H1], roles: [NURSE], grant: F", .shadowed(by: "x"), at: "id: r4"),
        adding(
            "id: x, categories: [E1], roles: [LAWYER], grant: X, rendition: whole",
            .unknown(kind: "rendition", name: "whole")),
        adding(
            "id: x, categories: [E1], roles: [LAWYER], grant: X, obligations: [pray]",
            .unknown(kind: "obligation", name: "pray")),
    ]

    static let categorySpoilings: [Spoiling] = [
        Spoiling(old: "labels: [privileged]", new: "labels: [secret]", reason: .unknown(kind: "label", name: "secret")),
        Spoiling(old: "id: H1", new: "id: E1", reason: .duplicate("E1"), at: "title: Health"),
        Spoiling(old: "holders: [health]", new: "holders: []", reason: .empty("This list")),
        Spoiling(old: "id: H1", new: "id: 'H 1'", reason: .expected("a name of letters, digits, dots and hyphens")),
        Spoiling(old: "version: 1", new: "version: one", reason: .expected("a whole number from 1")),
        Spoiling(old: categories, new: "", reason: .empty("The file")),
    ]

    private static let visible = "one line of text without invisible characters"
    private static let quoted = "text (quote a number or a yes/no that is meant as text)"

    @Test("takes the sound files")
    func loads() throws {
        let agreement = try Self.load(Self.categories, Self.agreement)
        #expect(agreement.version == 3)
        #expect(agreement.categories == ["E1", "E2", "H1"])
        #expect(agreement.holders(of: "H1") == [.health])
        #expect(agreement.title(of: Role("NURSE")) == "Nurse")
    }

    @Test("refuses a faulty agreement, naming the line", arguments: agreementSpoilings)
    func refusesAgreement(spoiling: Spoiling) throws {
        let text = try Self.spoil(Self.agreement, spoiling)
        let error = try #require(throws: PolicyError.self) { try Self.load(Self.categories, text) }
        #expect(error.file == "agreement.yaml")
        #expect(error.reason == spoiling.reason)
        #expect(error.line == Self.line(of: spoiling, in: text))
        #expect(error.userMessage.hasPrefix("agreement.yaml:\(error.line): "))
    }

    @Test("refuses faulty categories, naming the line", arguments: categorySpoilings)
    func refusesCategories(spoiling: Spoiling) throws {
        let text = try Self.spoil(Self.categories, spoiling)
        let error = try #require(throws: PolicyError.self) { try Self.load(text, Self.agreement) }
        #expect(error.file == "categories.yaml")
        #expect(error.reason == spoiling.reason)
        #expect(error.line == Self.line(of: spoiling, in: text))
    }

    private static func spoil(_ text: String, _ spoiling: Spoiling) throws -> String {
        try #require(text.ranges(of: spoiling.old).count == 1, "the change must have one place")
        return text.replacing(spoiling.old, with: spoiling.new)
    }

    private static func line(of spoiling: Spoiling, in text: String) -> Int? {
        let mark = spoiling.at ?? String(spoiling.new.prefix { $0 != "\n" })
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.firstIndex { $0.contains(mark) }.map { $0 + 1 } ?? 1
    }

    static func reload(_ agreement: Agreement) throws -> Agreement {
        try #require(agreement.sources.count == 2)
        return try Agreement.load(categories: agreement.sources[0], agreement: agreement.sources[1])
    }

    static func load(_ categories: String, _ agreement: String) throws(PolicyError) -> Agreement {
        try Agreement.load(
            categories: PolicyText(file: "categories.yaml", text: categories),
            agreement: PolicyText(file: "agreement.yaml", text: agreement))
    }
}
