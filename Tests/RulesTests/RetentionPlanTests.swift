import Foundation
import Rules
import Testing

@Suite("A retention plan")
struct RetentionPlanTests {
    private static func child(_ born: String = "2010-05-14", flags: [RetentionFlag] = []) throws -> RetentionChild {
        RetentionChild(birth: .day(try #require(Day(born))), flags: flags)
    }

    private static func facts(
        _ category: Category, type: HolderType? = nil, children: [RetentionChild]
    ) throws -> RetentionFacts {
        RetentionFacts(
            category, holder: .education, holderType: type, added: try #require(Day("2024-03-01")), children: children)
    }

    @Test("keeps through the anniversary and lets go from the day after")
    func eligibility() throws {
        let plan = try SmallSchedule.load().plan(for: Self.facts("A1", type: "council", children: [Self.child()]))
        #expect(plan.keepThrough == Day("2041-05-14"))
        #expect(!plan.isEligible(on: try #require(Day("2041-05-14"))))
        #expect(plan.isEligible(on: try #require(Day("2041-05-15"))))
    }

    @Test("shows every rule that was considered, with its day or why it has none")
    func considered() throws {
        let child = try Self.child(flags: [.everLookedAfter])
        let plan = try SmallSchedule.load().plan(for: Self.facts("A1", children: [child]))
        #expect(
            plan.considered == [
                ConsideredRule(rule: "r1", outcome: .keepThrough(try #require(Day("2041-05-14")))),
                ConsideredRule(rule: "r2", outcome: .missing(.caseClosed)),
                ConsideredRule(rule: "r3", outcome: .keepThrough(try #require(Day("2085-05-14")))),
            ])
        #expect(plan.winner == "r3")
        #expect(plan.blocks == [.triggerMissing("r2", .caseClosed), .notAdopted("r2")])
        #expect(plan.eligibleFrom == nil)
    }

    @Test("counts from the end of the academic year")
    func academicYear() throws {
        let schedule = try SmallSchedule.load()
        for (closed, keep) in [("2025-08-31", "2026-03-01"), ("2025-09-01", "2027-03-01")] {
            let child = RetentionChild(
                birth: .year(2010), events: [.caseClosed: [try #require(Day(closed))]])
            let plan = schedule.plan(for: try Self.facts("A1", type: "school", children: [child]))
            // Half a year after 31 August there is no 31 February.
            #expect(plan.keepThrough?.description == keep)
        }
    }

    @Test("ends with no day where the calendar does")
    func calendarEnds() throws {
        let plan = try SmallSchedule.load().plan(
            for: Self.facts("A1", type: "council", children: [Self.child("9990-01-01")]))
        #expect(plan.blocks == [.permanent("r1")])
        #expect(plan.winner == "r1")
        #expect(plan.eligibleFrom == nil)
    }

    @Test("matches a rule without categories to every document, and to no record")
    func recordsAreNoDocuments() throws {
        let schedule = try SmallSchedule.load()
        let child = try Self.child(flags: [.everLookedAfter])
        #expect(schedule.plan(for: try Self.facts("A2", children: [child])).winner == "r3")
        #expect(schedule.plan(for: try Self.facts("backup", children: [child])).winner == "r6")
        #expect(schedule.plan(for: try Self.facts("register", children: [child])).winner == "r4")
    }

    @Test("is made of an item that somebody deposited; a derived one has no category, and dies with its parent: X19")
    func derived() throws {
        let plan = try SmallSchedule.load().plan(for: Self.facts("thumbnail", children: [Self.child()]))
        #expect(plan.blocks == [.noRule])
        #expect(plan.considered.isEmpty)
    }

    @Test("says of every block what can be done")
    func messages() throws {
        let day = try #require(Day("2026-01-01"))
        let blocks: [RetentionBlock] = [
            .noRule, .notAdopted("r1"), .triggerMissing("r1", .released), .estimatedBirth, .birthCorrected(until: day),
            .transferNotAcknowledged, .recentActivity(until: day), .permanent("r1"), .reviewOnly("r1"),
            .transferOnly("r1"),
        ]
        #expect(Set(blocks.map(\.code)).count == blocks.count)
        #expect(blocks.allSatisfy { $0.userMessage.split(separator: ". ").count > 1 })
        #expect(blocks.filter { $0.until == day }.count == 2)
    }
}

@Suite("A retention forecast")
struct RetentionForecastTests {
    private static func forecast(under schedule: RetentionSchedule) throws -> RetentionForecast {
        var forecast = RetentionForecast()
        let added = try #require(Day("2024-03-01"))
        for year in 2000..<2010 {
            let child = RetentionChild(birth: .year(year))
            for type: HolderType in ["council", "school"] {
                let facts = RetentionFacts(
                    "A1", holder: .education, holderType: type, added: added, children: [child])
                forecast.add(schedule.plan(for: facts))
            }
        }
        return forecast
    }

    @Test("counts by year and rule what becomes eligible, and by block what does not")
    func counts() throws {
        let forecast = try Self.forecast(under: SmallSchedule.load())
        #expect(forecast.items == 20)
        #expect(forecast.blocked == 10)
        #expect(forecast.blocks == ["not-adopted:r2": 10, "trigger-missing:r2:case-closed": 10])
        // Born by the end of 2000 and kept through the end of 2031: eligible on 1 January 2032.
        #expect(forecast.eligible == Dictionary(uniqueKeysWithValues: (2032...2041).map { ($0, ["r1": 1]) }))
    }

    @Test("differs from another by what changed alone")
    func difference() throws {
        let old = try Self.forecast(under: SmallSchedule.load())
        let new = try Self.forecast(under: SmallSchedule.changing("years: 31", to: "years: 32"))
        let change = new.difference(from: old)
        #expect(change.eligible == [2032: ["r1": -1], 2042: ["r1": 1]])
        #expect(change.items == 0 && change.blocked == 0 && change.blocks.isEmpty)
        #expect(old.difference(from: old) == RetentionForecast())
    }

    @Test("is the same after its JSON")
    func json() throws {
        let forecast = try Self.forecast(under: SmallSchedule.load())
        #expect(try JSONDecoder().decode(RetentionForecast.self, from: JSONEncoder().encode(forecast)) == forecast)
    }

    @Test("shows what adopting a rule would do")
    func adopting() throws {
        let schedule = try SmallSchedule.load()
        let day = try #require(Day("2026-10-01"))
        let change = try Self.forecast(under: schedule.adopting(["r2", "r3", "r9"], on: day))
            .difference(from: Self.forecast(under: schedule))
        #expect(change.blocks == ["not-adopted:r2": -10])
        #expect(schedule.adopting(["r2"], on: day).rule("r2")?.adoption == .adopted(day))
        #expect(schedule.adopting(["r3"], on: day).rule("r3")?.adoption == .notNeeded)
    }
}
