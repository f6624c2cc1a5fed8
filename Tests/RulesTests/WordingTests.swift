import Rules
import Testing

/// A change to the small agreement, and what must be reported of it.
struct Amendment: CustomTestStringConvertible, Sendable {
    let old: String
    let new: String
    let kind: AgreementChange.Kind
    let what: String
    let before: String?
    let after: String?

    init(
        _ old: String, _ new: String, _ kind: AgreementChange.Kind, _ what: String, _ before: String?, _ after: String?
    ) {
        self.old = old
        self.new = new
        self.kind = kind
        self.what = what
        self.before = before
        self.after = after
    }

    var testDescription: String { "\(kind) \(what)" }
}

@Suite("The difference between two agreements")
struct AgreementChangeTests {
    private static let r4 = "- { id: r4, categories: [H1], roles: [NURSE], grant: F, when: [task], basis: task }"

    static let amendments: [Amendment] = [
        Amendment(
            "title: A small agreement", "title: A fair agreement", .changed, "title", "A small agreement",
            "A fair agreement"),
        Amendment(
            "reviewBy: 2027-06-30", "reviewBy: 2027-05-31", .changed, "dates",
            "In force from 2026-09-01 to 2027-08-31, to be reviewed by 2027-06-30.",
            "In force from 2026-09-01 to 2027-08-31, to be reviewed by 2027-05-31."),
        Amendment(
            "taskDays: 90", "taskDays: 30", .changed, "limit taskDays", "A task grant runs for 90 days at the most.",
            "A task grant runs for 30 days at the most."),
        Amendment(
            "bankHolidays: [2027-05-10]\n", "", .removed, "bank holiday 2027-05-10", "It is no working day.", nil),
        Amendment(
            "rights: All of them", "rights: Some of them", .changed, "transparency rights", "All of them",
            "Some of them"),
        Amendment(
            "name: A trust", "name: A hospital", .changed, "controller health",
            "A trust, Orchard House, health@wealdshire.example", "A hospital, Orchard House, health@wealdshire.example"),
        Amendment(
            "review: Reviewing", "review: Looking again", .changed, "purpose review", "Reviewing", "Looking again"),
        Amendment(
            "emergency: [NURSE]", "emergency: [NURSE, LAWYER]", .changed, "role LAWYER", "Lawyer, of education.",
            "Lawyer, of education. May act in an emergency."),
        Amendment(
            "title: Nurse, parties: [health]", "title: Nurse, parties: [health, education]", .changed, "role NURSE",
            "Nurse, of health. May act in an emergency.", "Nurse, of education and health. May act in an emergency."),
        Amendment(
            "exemptOnTask: [OFFICER]", "exemptOnTask: [OFFICER, PARENT]", .changed, "label privileged",
            "It is privileged. It keeps out everybody but LAWYER, and on a task that names the document OFFICER.",
            "It is privileged. It keeps out everybody but LAWYER, and on a task that names the document OFFICER and "
                + "PARENT."),
        Amendment(
            "case.open: [OFFICER]", "case.open: [OFFICER]\n  case.close: [LAWYER, OFFICER]", .added, "duty case.close",
            nil, "Done by LAWYER and OFFICER."),
        Amendment(
            "power: An Act", "power: Another Act", .changed, "basis task", "6(1)(e); An Act", "6(1)(e); Another Act"),
        Amendment(
            "categories: [E1], purposes: [plan]", "categories: [E1], purposes: [plan, review]", .changed,
            "sharing education → family", "E1, for plan.", "E1, for plan and review."),
        Amendment(
            "sharing:\n", "sharing:\n  - { holder: health, asker: education, categories: [H1], purposes: [plan] }\n",
            .added, "sharing health → education", nil, "H1, for plan."),
        Amendment(
            r4, r4.replacing("when: [task]", with: "when: [confidentiality-consent], obligations: [view-only]"),
            .changed,
            "rule r4", "NURSE may read H1 in full, on a task that names the document. Basis: task.",
            "NURSE may read H1 in full, with consent to lifting confidence. It is shown on screen only, neither "
                + "downloaded nor printed. Basis: task."),
        Amendment(
            r4,
            r4 + "\n  - { id: r6, categories: [E1], roles: [OFFICER, LAWYER], grant: release, own: true, basis: task }",
            .added, "rule r6", nil,
            "LAWYER and OFFICER may release E1 to the family, if it is their own or their organisation's. Basis: task."),
        Amendment(
            "  " + r4 + "\n", "", .removed, "rule r4",
            "NURSE may read H1 in full, on a task that names the document. Basis: task.", nil),
        Amendment(
            "harmCheck: true", "harmCheck: false", .changed, "rule r2",
            "PARENT may read E1 in full, once it is released to the family, after a check for serious harm and for third "
                + "parties. Basis: task.",
            "PARENT may read E1 in full, once it is released to the family. Basis: task."),
    ]

    @Test("is the one thing that was changed, in words", arguments: amendments)
    func amended(amendment: Amendment) throws {
        try #require(LoadTests.agreement.ranges(of: amendment.old).count == 1, "the change must have one place")
        let old = try LoadTests.load(LoadTests.categories, LoadTests.agreement)
        let new = try LoadTests.load(
            LoadTests.categories, LoadTests.agreement.replacing(amendment.old, with: amendment.new))
        let found = try #require(changes(from: old, to: new).first)
        #expect(changes(from: old, to: new).count == 1)
        #expect(found.kind == amendment.kind && found.what == amendment.what)
        #expect(found.before == amendment.before)
        #expect(found.after == amendment.after)
    }

    @Test("covers the categories")
    func categories() throws {
        let old = try LoadTests.load(LoadTests.categories, LoadTests.agreement)
        let new = try LoadTests.load(
            LoadTests.categories.replacing("title: Health,", with: "title: Health, obligations: [watermark],"),
            LoadTests.agreement)
        let found = changes(from: old, to: new)
        #expect(found.map(\.what) == ["category H1"])
        #expect(found.first?.after == "Health, held by health. Every page is marked with person, time and case.")
    }

    @Test("is nothing where only the version and the order of a list differ")
    func nothing() throws {
        let old = try LoadTests.load(LoadTests.categories, LoadTests.agreement)
        let text = LoadTests.agreement.replacing("version: 3", with: "version: 4").replacing(
            "purposes: { plan: Planning, review: Reviewing }", with: "purposes: { review: Reviewing, plan: Planning }")
        #expect(try changes(from: old, to: LoadTests.load(LoadTests.categories, text)).isEmpty)
    }
}

@Suite("The agreement as a document")
struct RenderingTests {
    @Test("says everything that the shipped files say, and always in the same words")
    func whole() throws {
        let agreement = try Shipped.agreement.get()
        let text = rendering(of: agreement, digest: "sha256-of-the-files")
        let words =
            agreement.rules.map { "Rule \($0), basis" } + agreement.roles.map { "(\($0))" }
            + agreement.roles.compactMap { agreement.title(of: $0) } + agreement.categories.map { "### \($0) " }
            + agreement.purposes.map { "(\($0))" } + agreement.labels.map { "- \($0): " }
            + agreement.duties.map { "- \($0): " } + agreement.transparency.controllers.values.map(\.contact)
            + ["sha256-of-the-files", "2026-09-01", "2027-06-30", "2027-08-31", "Version 1"]
        #expect(words.filter { !text.contains($0) }.isEmpty)
        #expect(try rendering(of: LoadTests.reload(agreement), digest: "sha256-of-the-files") == text)
    }

    @Test("has a line to sign for every controller")
    func signatures() throws {
        let agreement = try Shipped.agreement.get()
        let text = rendering(of: agreement, digest: "x")
        let lines = text.split(separator: "\n").filter { $0.hasSuffix("| | | | |") }
        #expect(lines.count == agreement.transparency.controllers.count)
    }

    @Test("shows what the files say as it is, and never as Markdown of its own")
    func plain() throws {
        let text = LoadTests.agreement.replacing(
            "reason: It is privileged.", with: "reason: '<!-- [gone](x) *bold* `code` | cell -->'")
        let agreement = try LoadTests.load(LoadTests.categories, text)
        #expect(
            rendering(of: agreement, digest: "x").contains(
                #"\<\!-- \[gone\](x) \*bold\* \`code\` \| cell --\>"#))
    }
}
