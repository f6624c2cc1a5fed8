import Rules
import Testing

@Suite("Releasing to the family")
struct ReleaseTests {
    let agreement: Agreement
    let today: Day

    init() throws {
        agreement = try Shipped.agreement.get()
        today = try Shipped.today()
    }

    /// Section 12.3 of the information-sharing paper, where the family's cell of the matrix is R or R*.
    static let releases: [Category: Set<Role>] = [
        "D03": ["SEND"], "D04": ["SEND"], "D05": ["SEND"], "D06": ["HADV"], "D07": ["SW", "SCA"], "D08": ["SW"],
        "D09": ["SW"], "D10a": ["YJS"], "D15": ["SEND"],
    ]

    @Test("is for the case officer or the authors, of what the family reads on release, and of nothing else")
    func whoReleases() {
        var found: [Category: Set<Role>] = [:]
        Space(agreement: agreement).eachCell { cell in
            let facts = cell.with(flags: 63 & ~8).with(.release, for: "ehc.assessment")
            guard let permit = agreement.decide(facts, on: today).permit else { return }
            found[cell.category, default: []].insert(cell.role)
            #expect(permit.action == .release && permit.view == .metadataOnly && !permit.isOverride)
        }
        #expect(found == Self.releases)
    }

    @Test("needs a check for harm exactly where the matrix marks it")
    func harmCheck() {
        let checked = agreement.categories.filter(agreement.needsHarmCheck)
        #expect(checked == ["D06", "D07", "D08", "D09", "D10a"])
        #expect(agreement.needsHarmCheck("D99"), "what cannot be judged is not given out")
    }

    @Test("lets nobody see, read or deposit", arguments: [AccessAction.see, .read, .deposit])
    func releaseOnly(action: AccessAction) throws {
        let rule = "  - { id: giving, categories: [E1], roles: [LAWYER], grant: release, basis: task }\n"
        let agreement = try LoadTests.load(LoadTests.categories, LoadTests.agreement + rule)
        var facts = AccessFacts(
            .release, category: "E1", holder: .education, caller: .education, role: "LAWYER", purpose: "plan",
            isOnCase: true, isOwn: true)
        #expect(agreement.decide(facts, on: today).permit?.rule == "giving")
        facts.action = action
        #expect(agreement.decide(facts, on: today).reason == .noRule)
    }
}

@Suite("A restraint")
struct RestraintTests {
    let agreement: Agreement
    let space: Space
    let today: Day

    init() throws {
        agreement = try Shipped.agreement.get()
        space = Space(agreement: agreement)
        today = try Shipped.today()
    }

    static let restraints = Restraint.Cause.allCases.flatMap { cause in
        Restraint.Reach.allCases.map { Restraint(cause, reach: $0) }
    }

    private static func allows(_ restraint: Restraint, _ action: AccessAction) -> Bool {
        switch (restraint.reach, action) {
        case (.read, .read), (.read, .see), (.see, .see): true
        default: false
        }
    }

    @Test(
        "refuses whatever is beyond its reach, emergency or not, and changes nothing within it", arguments: restraints)
    func reach(restraint: Restraint) {
        var wrong: Set<String> = []
        space.eachCell { cell in
            for action in AccessAction.allCases {
                for flags in Space.standings {
                    var facts = cell.with(flags: flags).with(action, .extract, for: "safeguarding")
                    let free = agreement.decide(facts, on: today)
                    facts.restraint = restraint
                    let held = agreement.decide(facts, on: today)
                    let isRight =
                        switch (free, Self.allows(restraint, action)) {
                        case (.deny(.label), _), (_, true): held == free
                        default: held.reason == .restrained(restraint.cause)
                        }
                    if !isRight { wrong.insert("\(cell.role) \(action) \(cell.category)") }
                }
            }
        }
        #expect(wrong.isEmpty)
    }

    @Test(
        "is named by its cause",
        arguments: [(Restraint.Cause.protection, "protection"), (.youngPerson, "young-person")])
    func codes(cause: Restraint.Cause, word: String) {
        #expect(DenialReason.restrained(cause).code == "restrained:\(word)")
    }
}

@Suite("The review date")
struct ReviewTests {
    let agreement: Agreement
    let late: Day

    init() throws {
        agreement = try Shipped.agreement.get()
        late = try #require(Day("2027-07-10"))
    }

    /// Reading, seeing, depositing and releasing alike, whoever asks.
    @Test("closes to other parties what came after it, and nothing else")
    func afterReview() {
        let lastTimely = agreement.reviewBy
        let firstLate = lastTimely.adding(days: 1)
        var wrong: Set<String> = []
        Space(agreement: agreement).eachCell { cell in
            for action in AccessAction.allCases {
                for flags in Space.standings {
                    var facts = cell.with(flags: flags).with(action, .extract, for: "ehc.plan")
                    let open = agreement.decide(facts, on: late)
                    facts.shared = lastTimely
                    if agreement.decide(facts, on: late) != open {
                        wrong.insert("timely \(cell.role) \(cell.category)")
                    }
                    facts.shared = firstLate
                    let found = agreement.decide(facts, on: late)
                    let isOpen = cell.holder == cell.caller || found.permit?.isOverride == true
                    if !isOpen, found.permit != nil { wrong.insert("late \(cell.role) \(cell.category)") }
                    if cell.holder == cell.caller, found != open { wrong.insert("own \(cell.role) \(cell.category)") }
                }
            }
        }
        #expect(wrong.isEmpty)
    }

    @Test("is given as the reason, and an emergency stands in for it")
    func reason() throws {
        var facts = AccessFacts(
            .read, category: "D01", holder: .education, rendition: .extract, caller: .health, role: "HADV",
            purpose: "ehc.plan", isOnCase: true, shared: late)
        #expect(agreement.decide(facts, on: late).reason == .agreementReviewOverdue)
        facts.hasEmergency = true
        #expect(agreement.decide(facts, on: late).permit?.isOverride == true)
        #expect(agreement.explain(facts, on: late).steps.filter { $0.outcome == .waived }.map(\.check) == [.agreement])
    }

    @Test("takes the ordinary wrap of what came too late, and leaves the one for emergencies")
    func wraps() {
        let facts = WrapFacts(category: "D05", holder: .health, shared: late)
        #expect(
            agreement.wraps(for: facts, on: late)
                == [.health: .ordinary, .education: .override, .youthJustice: .override])
    }
}

@Suite("An emergency")
struct EmergencyTests {
    @Test("never changes who deposits or releases", arguments: [AccessAction.deposit, .release])
    func readsOnly(action: AccessAction) throws {
        let agreement = try Shipped.agreement.get()
        let today = try Shipped.today()
        var changed: Set<String> = []
        Space(agreement: agreement).eachCell { cell in
            for flags in Space.flagSets where flags & 8 == 0 {
                let facts = cell.with(action, for: "safeguarding")
                let calm = agreement.decide(facts.with(flags: flags), on: today)
                if agreement.decide(facts.with(flags: flags | 8), on: today) != calm {
                    changed.insert("\(cell.role) \(cell.category)")
                }
            }
        }
        #expect(changed.isEmpty)
    }
}
