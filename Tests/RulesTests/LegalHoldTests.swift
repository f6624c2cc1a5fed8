import Rules
import Testing

@Suite("A legal hold")
struct LegalHoldTests {
    private static func item() throws -> HoldFacts {
        HoldFacts(
            children: ["ana", "ben"], caseID: "case-1", category: "D05", holder: .health, labels: ["legal.privileged"],
            added: try #require(Day("2024-03-01")))
    }

    private static func scopes() throws -> [(scope: HoldScope, matches: Bool)] {
        let day = try #require(Day("2024-03-01"))
        let before = try #require(day.adding(days: -1))
        let after = try #require(day.adding(days: 1))
        return [
            (try HoldScope(children: ["ben", "cem"]), true), (try HoldScope(children: ["cem"]), false),
            (try HoldScope(cases: ["case-1"]), true), (try HoldScope(cases: ["case-2"]), false),
            (try HoldScope(categories: ["D05", "D06"]), true), (try HoldScope(categories: ["D06"]), false),
            (try HoldScope(holders: [.health]), true), (try HoldScope(holders: [.education]), false),
            (try HoldScope(labels: ["legal.privileged", "x"]), true), (try HoldScope(labels: ["x"]), false),
            (try HoldScope(from: day), true), (try HoldScope(from: after), false),
            (try HoldScope(until: day), true), (try HoldScope(until: before), false),
            (try HoldScope(from: day, until: day), true),
            (try HoldScope(children: ["ana"], categories: ["D06"]), false),
            (try HoldScope(children: ["ana"], categories: ["D05"], from: before, until: after), true),
        ]
    }

    @Test("holds what everything stated in its scope fits")
    func matches() throws {
        for (scope, matches) in try Self.scopes() {
            #expect(scope.matches(try Self.item()) == matches, "\(scope)")
        }
    }

    @Test("is refused if it names nothing, or ends before it begins")
    func refuses() throws {
        #expect(throws: HoldScope.Fault.empty) { try HoldScope() }
        let day = try #require(Day("2024-03-01"))
        #expect(throws: HoldScope.Fault.daysOutOfOrder) { try HoldScope(from: day, until: day.adding(days: -1)) }
        #expect(HoldScope.Fault.empty.userMessage != HoldScope.Fault.daysOutOfOrder.userMessage)
    }

    @Test(
        "binds from the day on which it is placed, through the thirtieth after its release",
        arguments: [
            ("2026-02-28", nil, false), ("2026-03-01", nil, true), ("2099-01-01", nil, true),
            ("2026-06-01", "2026-06-01", true), ("2026-07-01", "2026-06-01", true), ("2026-07-02", "2026-06-01", false),
        ] as [(String, String?, Bool)])
    func binds(on: String, released: String?, binds: Bool) throws {
        let hold = LegalHold(
            .tribunal, scope: try HoldScope(children: ["ana"]), placed: try #require(Day("2026-03-01")),
            released: released.flatMap { Day($0) }, reviewEveryDays: 90)
        #expect(hold.binds(on: try #require(Day(on))) == binds)
    }

    @Test("frees an item only if no other binds it")
    func several() throws {
        let placed = try #require(Day("2026-03-01"))
        let ana = LegalHold(
            .litigation, scope: try HoldScope(children: ["ana"]), placed: placed, released: placed, reviewEveryDays: 90)
        let health = LegalHold(.inquiry, scope: try HoldScope(holders: [.health]), placed: placed, reviewEveryDays: 90)
        let other = LegalHold(.police, scope: try HoldScope(children: ["cem"]), placed: placed, reviewEveryDays: 90)
        let item = try Self.item()
        #expect([ana, health, other].binding(item, on: placed) == [ana, health])
        let later = try #require(Day("2026-06-01"))
        #expect([ana, health, other].binding(item, on: later) == [health])
        #expect([ana, other].binding(item, on: later).isEmpty)
    }

    @Test(
        "is due for review so many days after the last, until it is released",
        arguments: [
            ("2026-05-29", nil, nil, false), ("2026-05-30", nil, nil, true), ("2026-05-30", "2026-05-01", nil, false),
            ("2026-07-30", "2026-05-01", nil, true), ("2026-05-30", nil, "2026-05-20", false),
        ] as [(String, String?, String?, Bool)])
    func review(on: String, reviewed: String?, released: String?, isDue: Bool) throws {
        let hold = LegalHold(
            .audit, scope: try HoldScope(children: ["ana"]), placed: try #require(Day("2026-03-01")),
            released: released.flatMap { Day($0) }, reviewEveryDays: 90, reviewed: reviewed.flatMap { Day($0) })
        #expect(hold.reviewDue(on: try #require(Day(on))) == isDue)
    }
}
