import Rules
import Testing

@Suite("The terms of the shipped agreement")
struct TermsTests {
    let agreement: Agreement

    init() throws { agreement = try Shipped.agreement.get() }

    @Test("limits")
    func limits() {
        let limits = agreement.limits
        #expect(limits.emergencyHours == 4 && limits.emergencyReasonCharacters == 40)
        #expect(limits.emergencySignInMinutes == 5 && limits.taskDays == 90 && limits.consentDays == 400)
        #expect(limits.closedCaseDays == 30 && limits.youngPersonGraceDays == 28)
    }

    @Test("name a controller for every party that may hold a document")
    func controllers() {
        let holders = Set(agreement.categories.flatMap { agreement.holders(of: $0) })
        #expect(Set(agreement.transparency.controllers.keys) == holders)
        for controller in agreement.transparency.controllers.values {
            #expect(controller.contact.hasSuffix("@wealdshire.example"))
        }
    }

    @Test(
        "give each administrative act to the roles agreed, and to no other",
        arguments: [
            ("team.delegate", ["LEAD"]), ("task.grant", ["SEND", "SMGR", "DPO", "LEAD"]),
            ("consent.record", ["SEND", "SMGR", "SW", "SCA", "HADV", "SCH", "YJS"]),
            ("restraint.place", ["SEND", "SMGR", "SW", "DSL"]), ("young-person.record", ["SEND", "SMGR"]),
            ("emergency.open", ["SW", "DSL", "SMGR", "HADV", "YJS", "CUST"]), ("emergency.review", ["DPO", "IGO"]),
            ("agreement.propose", ["DPO", "SMGR"]), ("agreement.approve", ["DPO", "SMGR"]),
            ("agreement.activate", ["DPO", "SMGR"]), ("ledger.looks", ["DPO", "IGO", "SMGR"]),
        ] as [(Duty, Set<Role>)])
    func duties(duty: Duty, roles: Set<Role>) {
        let holders = agreement.roles.filter { role in
            if case .permit = agreement.decideDuty(duty, roles: [role]) { true } else { false }
        }
        #expect(Set(holders) == roles)
    }

    @Test("let nobody who only does administrative acts see or read anything", arguments: ["LEAD", "IGO"] as [Role])
    func administrative(role: Role) throws {
        let today = try Shipped.today()
        #expect(agreement.parties(of: role) == [.education, .health, .socialCare, .youthJustice])
        var open: Set<String> = []
        Space(agreement: agreement).eachCell { cell in
            for action in AccessAction.allCases where cell.role == role {
                let facts = cell.with(flags: 63).with(action, .extract, for: "ehc.plan")
                if agreement.decide(facts, on: today).permit != nil { open.insert("\(action) \(cell.category)") }
            }
        }
        #expect(open.isEmpty)
    }
}
