import Rules
import Testing

@Suite("Deciding")
struct DecideTests {
    let agreement: Agreement
    let space: Space
    let today: Day

    init() throws {
        agreement = try Shipped.agreement.get()
        space = Space(agreement: agreement)
        today = try Shipped.today()
    }

    @Test("where nothing is known to hold, only the administrator learns that something exists")
    func deniesByDefault() {
        var open: Set<String> = []
        space.eachCell { cell in
            for action in AccessAction.allCases {
                for purpose in agreement.purposes {
                    guard let permit = agreement.decide(cell.with(action, for: purpose), on: today).permit else {
                        continue
                    }
                    open.insert("\(cell.role) may \(action) by \(permit.rule)")
                }
            }
        }
        #expect(open == ["ADM may see by ADM-metadata"])
    }

    @Test("a role and category without an agreed permit stays closed, whatever is granted, consented or released")
    func closedCells() throws {
        let agreed = try Set(
            checkCases(Shipped.cases.get(), under: agreement).filter { $0.expected == "permit" }.map(\.question))
        let reachable: (AccessFacts) -> Bool = { cell in
            ["see", "read", "deposit"].contains { agreed.contains("\(cell.role) \($0) \(cell.category)") }
        }
        var open: Set<String> = []
        space.eachCell { cell in
            for action in AccessAction.allCases where !reachable(cell) {
                for rendition in Space.renditions {
                    for purpose in agreement.purposes {
                        let facts = cell.with(flags: 63).with(action, rendition, for: purpose)
                        guard let permit = agreement.decide(facts, on: today).permit else { continue }
                        open.insert("\(cell.role) may \(action) \(cell.category) by \(permit.rule)")
                    }
                }
            }
        }
        #expect(open.isEmpty)
    }

    static let exempt: [(Label, Set<Role>)] = [
        ("sealed.adoption", ["SW", "DPO"]), ("legal.privileged", ["LEG", "SEND", "SMGR", "DPO", "REC"]),
        ("yj.le", ["YJS", "CUST", "DPO", "REC", "INS"]), ("safe-contact", ["SEND", "SMGR", "SW", "DSL", "DPO"]),
        ("court-order", ["SEND", "SMGR", "SW", "LEG", "DPO"]), ("not-declared", []),
    ]

    @Test("a label keeps out everyone it does not exempt, whatever else holds", arguments: exempt)
    func labels(label: Label, admitted: Set<Role>) {
        var open: Set<String> = []
        space.eachCell { cell in
            for action in AccessAction.allCases where !admitted.contains(cell.role) {
                let facts = cell.labelled([label]).with(flags: 63).with(action, .extract, for: "safeguarding")
                guard let permit = agreement.decide(facts, on: today).permit else { continue }
                open.insert("\(cell.role) may \(action) \(cell.category) by \(permit.rule)")
            }
        }
        #expect(open.isEmpty)
    }

    @Test("a label exempts on a task only while the task runs")
    func labelOnTask() {
        var facts = AccessFacts(
            .read, category: "D14b", holder: .education, caller: .rights, role: "DPO", purpose: "rights.request",
            isOnCase: true)
        #expect(agreement.decide(facts, on: today).reason == .label("legal.privileged"))
        facts.hasTaskGrant = true
        #expect(agreement.decide(facts, on: today).permit?.rule == "DPO-task")
    }

    @Test("an emergency changes nothing for a role that it does not serve")
    func emergencyIsForFew() {
        let served: Set<Role> = ["SW", "DSL", "SMGR", "HADV", "YJS", "CUST"]
        var changed: Set<Role> = []
        space.eachCell { cell in
            let facts = cell.with(.read, for: "ehc.assessment")
            for flags in Space.flagSets where !served.contains(cell.role) {
                let calm = agreement.decide(facts.with(flags: flags & ~8), on: today)
                let emergency = agreement.decide(facts.with(flags: flags | 8), on: today)
                if calm != emergency { changed.insert(cell.role) }
            }
        }
        #expect(changed.isEmpty)
    }

    @Test("an emergency stands in for the case and for the agreement, and says so")
    func emergencyOverrides() throws {
        var facts = AccessFacts(
            .read, category: "D18", holder: .education, caller: .health, role: "HADV", purpose: "safeguarding",
            hasEmergency: true)
        let permit = try #require(agreement.decide(facts, on: today).permit)
        #expect(permit.isOverride && permit.rule == "D18-override" && permit.view == .content)
        facts.hasEmergency = false
        #expect(agreement.decide(facts, on: today).reason == .notOnCase)
        facts.isOnCase = true
        #expect(agreement.decide(facts, on: today).reason == .noAgreement(holder: .education, asker: .health))
    }

    @Test("a permit that needs no emergency is not marked as an override, though one runs")
    func ordinaryInEmergency() throws {
        let facts = AccessFacts(
            .read, category: "D07", holder: .socialCare, caller: .socialCare, role: "SW", purpose: "safeguarding",
            isOnCase: true, hasEmergency: true)
        #expect(try #require(agreement.decide(facts, on: today).permit).isOverride == false)
    }

    @Test("a fact that comes to hold never closes what was open")
    func monotonic() {
        var lost: Set<String> = []
        space.eachCell { cell in
            let facts = cell.with(.read, .extract, for: "ehc.assessment")
            let open = Space.flagSets.map { agreement.decide(facts.with(flags: $0), on: today).permit != nil }
            for flags in Space.flagSets where open[flags] {
                for bit in 0..<6 where !open[flags | (1 << bit)] {
                    lost.insert("\(facts.role) loses \(facts.category) when fact \(bit) holds")
                }
            }
        }
        #expect(lost.isEmpty)
    }

    @Test(
        "a permit carries the obligations of its category and of its rule",
        arguments: [
            ("D05", .health, "HADV", .original, [.watermark]),
            ("D08", .socialCare, "SW", .original, [.watermark, .viewOnly]),
            ("D10b", .youthJustice, "YJS", .original, [.watermark, .viewOnly, .part3Log]),
            ("D11", .education, "CON", .redacted("consultation"), [.watermark, .viewOnly, .notifyFamily]),
        ] as [(Category, Party, Role, Rendition, Set<Obligation>)])
    func obligations(
        category: Category, holder: Party, role: Role, rendition: Rendition, obligations: Set<Obligation>
    ) throws {
        let facts = AccessFacts(
            .read, category: category, holder: holder, rendition: rendition, caller: holder, role: role,
            purpose: "ehc.plan", isOnCase: true, hasTaskGrant: true)
        let permit = try #require(agreement.decide(facts, on: today).permit)
        #expect(permit.obligations == obligations)
        #expect(agreement.basis(permit.basis)?.sentence.isEmpty == false)
        #expect(permit.agreementVersion == agreement.version)
    }

    @Test("a permit to see opens no content")
    func seeing() throws {
        let facts = AccessFacts(
            .see, category: "D05", holder: .health, caller: .health, role: "HADV", purpose: "ehc.plan", isOnCase: true)
        #expect(try #require(agreement.decide(facts, on: today).permit).view == .metadataOnly)
    }

    @Test(
        "an administrative act goes to the roles that the agreement names",
        arguments: [
            ("person.add", ["ADM"], true), ("person.add", ["SEND", "ADM"], true),
            ("person.add", ["SEND", "SMGR"], false),
            ("case.open", ["SMGR"], true), ("case.open", ["ADM"], false), ("case.open", [], false),
            ("ledger.show", ["DPO"], true), ("vault.explode", ["ADM"], false),
        ] as [(Duty, [Role], Bool)])
    func duties(duty: Duty, roles: [Role], isPermitted: Bool) {
        switch agreement.decideDuty(duty, roles: roles) {
        case .permit(let permit): #expect(isPermitted && permit.duty == duty && roles.contains(permit.role))
        case .deny(let reason): #expect(!isPermitted && reason == .dutyNotHeld(duty))
        }
    }

    @Test(
        "the agreement runs from its first day to its last, and says when its review is overdue",
        arguments: [
            ("2026-08-31", .notYet), ("2026-09-01", .inForce), ("2027-06-30", .inForce), ("2027-07-01", .reviewOverdue),
            ("2027-08-31", .reviewOverdue), ("2027-09-01", .ended),
        ] as [(String, Agreement.Standing)])
    func standing(day: String, standing: Agreement.Standing) throws {
        #expect(agreement.standing(on: try #require(Day(day))) == standing)
    }
}
