extension Day {
    /// The corresponding day so many months later; where that month has no such day, its last.
    ///
    /// How a period of months to answer somebody is counted: the shorter way, since it is for granting a right.
    /// `anniversary` counts the longer way. `nil` where the calendar ends.
    public func clampedMonths(_ months: Int) -> Day? {
        guard let later = anniversary(months: months) else { return nil }
        return later.components.day == components.day ? later : later.adding(days: -1)
    }
}

extension WorkingDays {
    /// The day itself if it is a working day, else the next one. `nil` where the calendar ends.
    public func onOrAfter(_ day: Day) -> Day? { nearest(day, step: 1) }

    /// The day itself if it is a working day, else the last one before it. `nil` where the calendar ends.
    public func onOrBefore(_ day: Day) -> Day? { nearest(day, step: -1) }

    private func nearest(_ day: Day, step: Int) -> Day? {
        var current = day
        while !contains(current) {
            guard let next = current.adding(days: step) else { return nil }
            current = next
        }
        return current
    }
}

/// Which days a school is open, as far as somebody has said so.
public struct SchoolCalendar: Hashable, Sendable, Codable {
    /// The first and the last day of which the holidays are known.
    public let known: ClosedRange<Day>
    /// Holidays and training days, ends included.
    public let holidays: [ClosedRange<Day>]

    public init(known: ClosedRange<Day>, holidays: [ClosedRange<Day>]) {
        self.known = known
        self.holidays = holidays
    }

    /// Whether pupils are in school; `nil` where the calendar does not say.
    func isOpen(_ day: Day, _ working: WorkingDays) -> Bool? {
        guard known.contains(day) else { return nil }
        return working.contains(day) && !holidays.contains { $0.contains(day) }
    }

    /// The so-manieth school day after `day`, which itself never counts; `nil` where the calendar does not reach it.
    func adding(_ count: Int, to day: Day, _ working: WorkingDays) -> Day? {
        var current = day
        var left = count
        while left > 0 {
            guard let next = current.adding(days: 1), let isOpen = isOpen(next, working) else { return nil }
            current = next
            if isOpen { left -= 1 }
        }
        return current
    }
}
