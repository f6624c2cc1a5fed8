import Rules
import Testing

@Suite("Among several rules for one role and category")
struct ChoiceTests {
    let agreement: Agreement
    let today: Day

    init() throws {
        let rules = """
              - { id: a-override, categories: [H1], roles: [NURSE], grant: F, when: [override], basis: task }
              - { id: open, categories: [E1], roles: [OFFICER], grant: M, membership: none, basis: task }
              - { id: b-author, categories: [E1], roles: [LAWYER], grant: A, basis: task }
              - { id: c-task, categories: [E1], roles: [LAWYER], grant: F, when: [task], basis: task }

            """
        agreement = try LoadTests.load(LoadTests.categories, LoadTests.agreement + rules)
        today = try Shipped.today()
    }

    private func nurse(hasTask: Bool, hasEmergency: Bool) -> AccessDecision {
        agreement.decide(
            AccessFacts(
                .read, category: "H1", holder: .health, caller: .health, role: "NURSE", purpose: "plan", isOnCase: true,
                hasTaskGrant: hasTask, hasEmergency: hasEmergency), on: today)
    }

    private func educator(
        _ role: Role, _ action: AccessAction, isOnCase: Bool = true, isOwn: Bool = false, hasTask: Bool = false
    ) -> AccessDecision {
        agreement.decide(
            AccessFacts(
                action, category: "E1", holder: .education, caller: .education, role: role, purpose: "plan",
                isOnCase: isOnCase, isOwn: isOwn, hasTaskGrant: hasTask), on: today)
    }

    @Test("one that needs no emergency is preferred to one that does")
    func prefersCalm() throws {
        let permit = try #require(nurse(hasTask: true, hasEmergency: true).permit)
        #expect(permit.rule == "r4" && !permit.isOverride)
        #expect(nurse(hasTask: false, hasEmergency: true).permit?.rule == "a-override")
    }

    @Test("the one that came nearest gives the reason")
    func nearest() {
        #expect(nurse(hasTask: false, hasEmergency: false).reason == .taskGrantMissing)
    }

    @Test("only the open one counts for somebody off the case")
    func offTheCase() {
        #expect(educator("OFFICER", .see, isOnCase: false).permit?.rule == "open")
        #expect(educator("OFFICER", .read, isOnCase: false).reason == .metadataOnly)
        #expect(educator("OFFICER", .deposit, isOnCase: false).reason == .authorOnly)
        #expect(educator("OFFICER", .read).permit?.rule == "r1")
    }

    @Test("an author who may not read in full reads what is the author's own")
    func authorReadsOwn() {
        #expect(educator("LAWYER", .deposit).permit?.rule == "b-author")
        #expect(educator("LAWYER", .read, isOwn: true).permit?.rule == "b-author")
        #expect(educator("LAWYER", .read).reason == .taskGrantMissing)
        #expect(educator("LAWYER", .read, hasTask: true).permit?.rule == "c-task")
    }
}
