import Rules
import Testing

@Suite("What a system is registered for")
struct ScopeTests {
    @Test("narrows what the agreement gives in every cell, and widens it in none")
    func narrows() throws {
        let agreement = try Shipped.agreement.get()
        let today = try Shipped.today()
        let (purpose, category) = (try #require(agreement.purposes.first), try #require(agreement.categories.first))
        let scope = Scope(purposes: [purpose], categories: [category])
        var permitted = 0
        Space(agreement: agreement).eachCell { cell in
            for asked in agreement.purposes {
                for action in AccessAction.allCases {
                    // Everything granted, and no emergency: those are for people.
                    var facts = cell.with(flags: 63).with(action, for: asked)
                    facts.hasEmergency = false
                    let person = agreement.decide(facts, on: today)
                    facts.scope = scope
                    facts.hasEmergency = true
                    let system = agreement.decide(facts, on: today)
                    let isInside = asked == purpose && facts.category == category && action != .release
                    if isInside {
                        #expect((system.permit == nil) == (person.permit == nil), "\(facts)")
                        permitted += system.permit == nil ? 0 : 1
                    } else {
                        #expect(system.permit == nil, "\(facts)")
                    }
                }
            }
        }
        #expect(permitted > 0)
    }
}
