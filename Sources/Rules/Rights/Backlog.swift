/// How many requests are late, by how much, and how each month went.
public struct Backlog: Hashable, Sendable, Codable {
    /// By how many days an open request is overdue.
    public enum Band: String, CaseIterable, Hashable, Sendable, Codable, CodingKeyRepresentable {
        case month = "0-30"
        case quarter = "31-90"
        case year = "91-365"
        case longer = ">365"

        init(daysOverdue days: Int) {
            switch days {
            case ...30: self = .month
            case ...90: self = .quarter
            case ...365: self = .year
            default: self = .longer
            }
        }
    }

    /// How the requests that were due in one month went.
    public struct MonthDue: Hashable, Sendable, Codable {
        public fileprivate(set) var open = 0
        public fileprivate(set) var answeredInTime = 0
        public fileprivate(set) var answeredLate = 0
        public fileprivate(set) var extended = 0
        /// Whose clock stood still for a question.
        public fileprivate(set) var paused = 0
        /// From the start of the clock to the answer, of those that were answered; `nil` where none was.
        public fileprivate(set) var meanDays: Double?
    }

    public private(set) var overdue: [Band: Int]
    /// Open, and the last day is still to come or today.
    public private(set) var inTime = 0
    /// Open, and paused or not yet begun.
    public private(set) var withoutDate = 0
    /// By year and month, as `2026-10`.
    public private(set) var byMonthDue: [String: MonthDue] = [:]
    /// From the start of the clock to the answer, of all that were answered.
    public private(set) var meanDays: Double?

    /// `readings`: of all requests, answered or not. One that was closed without an answer has no place among them.
    public init(_ readings: some Sequence<ClockReading>, on today: Day) {
        overdue = Dictionary(uniqueKeysWithValues: Band.allCases.map { ($0, 0) })
        var taken: [String: [Int]] = [:]
        for reading in readings {
            count(reading, on: today)
            guard let due = reading.dueDay, let start = reading.start, let answered = reading.answered else { continue }
            taken[Self.month(of: due), default: []].append(start.days(until: answered))
        }
        for (month, days) in taken { byMonthDue[month]?.meanDays = Self.mean(days) }
        meanDays = Self.mean(taken.values.flatMap(\.self))
    }

    private static func month(of day: Day) -> String { String(day.description.prefix(7)) }

    /// To a tenth.
    private static func mean(_ days: [Int]) -> Double? {
        days.isEmpty ? nil : (Double(days.reduce(0, +) * 10) / Double(days.count)).rounded() / 10
    }

    private mutating func count(_ reading: ClockReading, on today: Day) {
        guard let due = reading.dueDay, let left = reading.daysLeft(on: today) else {
            if reading.answered == nil { withoutDate += 1 }
            return
        }
        var month = byMonthDue[Self.month(of: due)] ?? MonthDue()
        if reading.isExtended { month.extended += 1 }
        if reading.pausedDays > 0 { month.paused += 1 }
        switch (reading.answered, left < 0) {
        case (nil, false):
            month.open += 1
            inTime += 1
        case (nil, true):
            month.open += 1
            overdue[Band(daysOverdue: -left), default: 0] += 1
        case (_?, false): month.answeredInTime += 1
        case (_?, true): month.answeredLate += 1
        }
        byMonthDue[Self.month(of: due)] = month
    }
}
