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
    }

    public private(set) var overdue: [Band: Int]
    /// Open, and the last day is still to come or today.
    public private(set) var inTime = 0
    /// Open, and paused or not yet begun.
    public private(set) var withoutDate = 0
    /// By year and month, as `2026-10`.
    public private(set) var byMonthDue: [String: MonthDue] = [:]

    /// `readings`: of all requests, answered or not. One that was closed without an answer has no place among them.
    public init(_ readings: some Sequence<ClockReading>, on today: Day) {
        overdue = Dictionary(uniqueKeysWithValues: Band.allCases.map { ($0, 0) })
        for reading in readings { count(reading, on: today) }
    }

    private mutating func count(_ reading: ClockReading, on today: Day) {
        guard let due = reading.dueDay, let left = reading.daysLeft(on: today) else {
            if reading.answered == nil { withoutDate += 1 }
            return
        }
        var month = byMonthDue[String(due.description.prefix(7))] ?? MonthDue()
        if reading.isExtended { month.extended += 1 }
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
        byMonthDue[String(due.description.prefix(7))] = month
    }
}
