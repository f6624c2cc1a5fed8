import Rules
import Testing

/// Numbers that look random and are the same every time.
struct Seeded {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func below(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(bound))
    }

    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
}

/// The clock as a clerk counts it on a wall calendar: day after day, striking out those of a question.
private struct WallCalendar {
    let facts: ClockFacts

    /// Far beyond every period, where an open question counts as answered.
    private static let horizon = 500

    struct Answer: Equatable {
        var due: Day?
        var isOpen = false
        var noticeBy: Day?
        var isExtended = false
    }

    var start: Day? {
        var days = [facts.received]
        for check in facts.identityChecks where !check.wasSignedIn && check.asked.number - facts.received.number < 8 {
            guard let day = check.received else { return nil }
            days.append(day)
        }
        if let fee = facts.fee {
            guard let day = fee.paid else { return nil }
            days.append(day)
        }
        return days.max()
    }

    func answer() throws -> Answer {
        guard let start else { return Answer() }
        let struck = struckOut(from: start)
        let first = try lastDay(of: 1, from: start, without: struck)
        var answer = Answer()
        if let noticed = facts.extended?.noticed { answer.isExtended = first.map { noticed <= $0 } ?? true }
        let last = try lastDay(of: answer.isExtended ? 3 : 1, from: start, without: struck)
        answer.isOpen = last == nil
        answer.due = try last.map { try walk($0, by: 1) }
        answer.noticeBy = try first.map { try walk($0, by: -1) }
        return answer
    }

    private func struckOut(from start: Day) -> Set<Int> {
        var struck: Set<Int> = []
        for pause in facts.clarifications where pause.asked != pause.answered {
            let end = pause.answered?.number ?? start.number + Self.horizon
            for number in pause.asked.number...max(end, pause.asked.number) { struck.insert(number) }
        }
        return struck
    }

    /// The day on which as many days have been counted as the months have; `nil` if the calendar page never ends.
    private func lastDay(of months: Int, from start: Day, without struck: Set<Int>) throws -> Day? {
        var left = try daysToCorresponding(months, from: start) + 1
        var day = start
        while true {
            if !struck.contains(day.number) { left -= 1 }
            if left == 0 { return day }
            day = try #require(day.adding(days: 1))
            if day.number > start.number + Self.horizon - 10 { return nil }
        }
    }

    /// Leafs through the months to the same number, or to where the month ends before it.
    private func daysToCorresponding(_ months: Int, from start: Day) throws -> Int {
        var day = start
        var left = months
        var count = 0
        while true {
            let next = try #require(day.adding(days: 1))
            if next.components.day == 1 {
                if left == 0 { return count }
                left -= 1
            }
            day = next
            count += 1
            if left == 0, day.components.day == start.components.day { return count }
        }
    }

    private func walk(_ day: Day, by step: Int) throws -> Day {
        var day = day
        while day.weekday == .saturday || day.weekday == .sunday || day.isBankHoliday {
            day = try #require(day.adding(days: step))
        }
        return day
    }
}

@Suite("The clock of a request, against a wall calendar")
struct RightsClockModelTests {
    private static func facts(_ random: inout Seeded) throws -> ClockFacts {
        let received = try #require(try Clock.day("2024-01-01").adding(days: random.below(2200)))
        func later(_ bound: Int, than day: Day) throws -> Day {
            try #require(day.adding(days: random.below(bound)))
        }
        var facts = ClockFacts(received: received)
        for _ in 0..<random.below(5) {
            let asked = try later(60, than: received)
            facts.clarifications.append(
                .init(asked: asked, answered: random.chance(92) ? try later(20, than: asked) : nil))
        }
        if random.chance(30) {
            let asked = try later(12, than: received)
            facts.identityChecks.append(
                .init(
                    asked: asked, doubt: "A doubt", wasSignedIn: random.chance(30),
                    received: random.chance(90) ? try later(25, than: asked) : nil))
        }
        if random.chance(10) {
            let charged = try later(12, than: received)
            facts.fee = .init(
                charged: charged, reason: .manifestlyExcessive,
                paid: random.chance(90) ? try later(25, than: charged) : nil)
        }
        if random.chance(40) { facts.extended = .init(noticed: try later(70, than: received), reason: .complex) }
        return facts
    }

    @Test("reads the same days", arguments: 1...8)
    func agrees(seed: Int) throws {
        var random = Seeded(UInt64(seed))
        let clock = try Clock.of()
        let today = try Clock.day("2040-01-01")
        for _ in 0..<500 {
            let facts = try Self.facts(&random)
            let model = WallCalendar(facts: facts)
            let expected = try model.answer()
            let reading = try clock.read(facts, on: today)
            var found = WallCalendar.Answer(
                due: reading.dueDay, noticeBy: reading.extensionNoticeBy, isExtended: reading.isExtended)
            if case .paused = reading.due { found.isOpen = true }
            if found != expected || reading.start != model.start { Issue.record("\(facts): \(found), not \(expected)") }
        }
    }
}
