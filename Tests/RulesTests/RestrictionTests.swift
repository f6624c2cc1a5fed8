import Rules
import Testing

@Suite("A restriction of use")
struct RestrictionTests {
    let agreement: Agreement
    let today: Day

    init() throws {
        agreement = try Shipped.agreement.get()
        today = try Shipped.today()
    }

    private func facts(_ action: AccessAction = .read, _ change: (inout AccessFacts) -> Void = { _ in }) -> AccessFacts
    {
        var facts = AccessFacts(
            action, category: "D05", holder: .health, caller: .education, role: "SEND", purpose: "ehc.plan",
            isOnCase: true)
        facts.restriction = Restriction()
        change(&facts)
        return facts
    }

    private func reason(_ facts: AccessFacts) -> DenialReason? {
        guard case .deny(let reason) = agreement.decide(facts, on: today) else { return nil }
        return reason
    }

    @Test("keeps everybody from reading who could read, and not from knowing that the document is there")
    func normalUse() {
        #expect(reason(facts { $0.restriction = nil }) == nil)
        #expect(reason(facts()) == .restrictedUse)
        #expect(reason(facts(.see)) == nil)
        #expect(DenialReason.restrictedUse.code == "restricted-use")
    }

    @Test(
        "nothing restricted is given to the family, with leave or without", arguments: [nil] + Restriction.Use.allCases)
    func release(leave: Restriction.Use?) {
        #expect(reason(facts(.release) { $0.restriction = Restriction(leave: leave) }) == .restrictedUse)
    }

    @Test("leave opens what the agreement opens, and nothing besides", arguments: Restriction.Use.allCases)
    func leave(use: Restriction.Use) {
        #expect(reason(facts { $0.restriction = Restriction(leave: use) }) == nil)
        let stranger = facts {
            $0.restriction = Restriction(leave: use)
            $0.isOnCase = false
        }
        #expect(reason(stranger) == .notOnCase)
        let system = facts {
            $0.restriction = Restriction(leave: use)
            $0.scope = Scope(purposes: ["ehc.plan"], categories: ["D05"])
        }
        #expect(reason(system) == .restrictedUse)
    }

    @Test("an emergency waives it, for whom the agreement lets act in one; somebody reviews that")
    func emergency() {
        let urgent = facts {
            ($0.caller, $0.role, $0.hasEmergency) = (.health, "HADV", true)
        }
        guard case .permit(let permit) = agreement.decide(urgent, on: today) else {
            Issue.record("\(String(describing: reason(urgent)))")
            return
        }
        #expect(permit.isOverride)
        #expect(reason(facts { $0.hasEmergency = true }) == .restrictedUse)
        let explained = agreement.explain(urgent, on: today)
        #expect(explained.steps.first { $0.check == .restriction }?.outcome == .waived)
    }

    @Test("whoever answers a request reads on with a task for it, from the rights office only")
    func answering() {
        func answering(_ change: (inout AccessFacts) -> Void = { _ in }) -> DenialReason? {
            reason(
                facts {
                    ($0.caller, $0.role, $0.purpose) = (.rights, "DPO", "rights.request")
                    ($0.isOnCase, $0.hasTaskGrant) = (false, true)
                    change(&$0)
                })
        }
        #expect(answering() == nil)
        #expect(answering { $0.hasTaskGrant = false } == .restrictedUse)
        #expect(answering { $0.purpose = "inspection" } == .restrictedUse)
        // Within one party any purpose may be said.
        let own = facts {
            ($0.caller, $0.role, $0.purpose, $0.hasTaskGrant) = (.health, "HADV", "rights.request", true)
        }
        #expect(reason(own) == .restrictedUse)
    }

    @Test("each ground comes of a request that can give it")
    func grounds() {
        for ground in Restriction.Ground.allCases {
            #expect(!ground.requests.isEmpty)
            #expect(ground.requests.allSatisfy { !$0.isAccess && $0 != .portability })
            #expect(ground.title.contains("Article 18(1)("))
        }
        #expect(Restriction.Ground.objectionPending.requests.contains(.objection))
    }
}
