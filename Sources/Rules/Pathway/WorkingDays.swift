/// Which days count where the law says "working days": not Saturday, Sunday or a bank holiday of England and Wales.
public struct WorkingDays: Hashable, Sendable {
    private let extra: Set<Day>

    /// `extra`: one-off bank holidays, which no standing rule gives.
    public init(extra: Set<Day> = []) { self.extra = extra }

    public func contains(_ day: Day) -> Bool {
        day.weekday <= .friday && !day.isBankHoliday && !extra.contains(day)
    }

    /// The so-manieth working day after `day`, which itself never counts. With 0, `day` itself.
    ///
    /// `nil` for a negative count, and beyond the year 9999.
    public func adding(_ count: Int, to day: Day) -> Day? {
        guard count >= 0 else { return nil }
        var current = day
        var left = count
        while left > 0 {
            guard let next = current.adding(days: 1) else { return nil }
            current = next
            if contains(current) { left -= 1 }
        }
        return current
    }
}

extension Agreement {
    /// The working days, with the one-off bank holidays that the agreement lists.
    public var workingDays: WorkingDays { WorkingDays(extra: extraBankHolidays) }
}
