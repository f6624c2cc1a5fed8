import Rules
import Testing

@Suite("A consent")
struct ConsentTests {
    private static func facts(_ newest: ConsentState = .given, _ change: (inout ConsentFacts) -> Void = { _ in }) throws
        -> ConsentFacts
    {
        var facts = ConsentFacts(
            newest: newest, until: try #require(Day("2027-08-31")), capacity: .parent,
            givenOn: try #require(Day("2026-10-01")), youngPersonFrom: Day("2027-06-26"))
        change(&facts)
        return facts
    }

    @Test(
        "that a parent gave stands until the rights are the young person's own, and never past its last day",
        arguments: [
            ("2026-10-01", .given), ("2027-06-25", .given), ("2027-06-26", .reconfirmRequired),
            ("2027-08-31", .reconfirmRequired), ("2027-09-01", .expired),
        ] as [(String, ConsentState)])
    func parent(day: String, state: ConsentState) throws {
        #expect(try Self.facts().state(on: try #require(Day(day))) == state)
    }

    @Test("that anybody but a parent gave only expires", arguments: Capacity.allCases.filter { $0 != .parent })
    func others(capacity: Capacity) throws {
        let facts = try Self.facts { $0.capacity = capacity }
        #expect(facts.state(on: try #require(Day("2027-08-31"))) == .given)
        #expect(facts.state(on: try #require(Day("2027-09-01"))) == .expired)
    }

    @Test("that a parent gave stays with a young person who lacks capacity for the decision")
    func lacksCapacity() throws {
        let facts = try Self.facts { $0.lacksCapacity = true }
        #expect(facts.state(on: try #require(Day("2027-08-31"))) == .given)
        #expect(facts.state(on: try #require(Day("2027-09-01"))) == .expired)
    }

    @Test("that a parent gave after the change is not asked for again, nor one whose day of change is unknown")
    func afterwards() throws {
        let day = try #require(Day("2027-08-01"))
        #expect(try Self.facts { $0.youngPersonFrom = nil }.state(on: day) == .given)
        #expect(try Self.facts { $0.givenOn = day }.state(on: day) == .given)
    }

    @Test(
        "that was not given, or no longer is, stays so whatever the day",
        arguments: ConsentState.allCases.filter { $0 != .given }, ["2026-10-01", "2027-07-01", "2028-01-01"])
    func otherStates(newest: ConsentState, day: String) throws {
        #expect(try Self.facts(newest).state(on: try #require(Day(day))) == newest)
    }

    @Test("is of one kind, and no kind stands for another")
    func kinds() {
        for kind in ConsentKind.allCases {
            for other in ConsentKind.allCases where other != kind {
                #expect(ConsentKinds(kind).isDisjoint(with: ConsentKinds(other)))
            }
        }
    }

    @Test("to a service opens nothing that is closed without it")
    func service() throws {
        let agreement = try Shipped.agreement.get()
        let today = try Shipped.today()
        var changed: Set<String> = []
        Space(agreement: agreement).eachCell { cell in
            for flags in Space.flagSets {
                for action in AccessAction.allCases {
                    var facts = cell.with(flags: flags & ~16).with(action, .extract, for: "ehc.participation")
                    let without = agreement.decide(facts, on: today)
                    facts.consents = .service
                    if agreement.decide(facts, on: today) != without { changed.insert("\(cell.role) \(cell.category)") }
                }
            }
        }
        #expect(changed.isEmpty)
    }
}

@Suite("A capacity")
struct CapacityTests {
    @Test("has one role, and only the family has one")
    func roles() throws {
        let agreement = try Shipped.agreement.get()
        let held = Dictionary(
            uniqueKeysWithValues: agreement.roles.compactMap { role in agreement.capacity(of: role).map { ($0, role) } }
        )
        #expect(held == [.parent: "P", .competentChild: "C", .youngPerson: "YP", .representative: "REP"])
        for capacity in Capacity.allCases { #expect(agreement.role(of: capacity) == held[capacity]) }
    }
}
