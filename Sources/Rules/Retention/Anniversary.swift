extension Day {
    /// The day so many months later. Where that month has no such day, the first of the month after: somebody born on
    /// 29 February has an anniversary on 1 March, the later of the days that the sources name. `nil` where the calendar
    /// ends.
    ///
    /// An age is attained at the start of the birthday, so that this is date arithmetic and knows no hour.
    ///
    /// Source: Family Law Reform Act 1969 s.9. For 29 February the statute is silent; a shorter count is for granting
    /// rights, never for destroying records.
    public func anniversary(months: Int) -> Day? {
        let (year, month, day) = components
        let (target, overflow) = (year * 12 + month - 1).addingReportingOverflow(months)
        guard !overflow, target >= 12 else { return nil }
        if let same = Day(year: target / 12, month: target % 12 + 1, day: day) { return same }
        return Day(year: (target + 1) / 12, month: (target + 1) % 12 + 1, day: 1)
    }

    public func anniversary(years: Int) -> Day? { anniversary(months: years * 12) }

    /// The last day of a year that ends every year with this day of this month; itself, if it is one.
    func endOfYear(month: Int, day: Int) -> Day? {
        let year = components.year
        guard let end = Day(year: year, month: month, day: day) else { return nil }
        return self <= end ? end : Day(year: year + 1, month: month, day: day)
    }
}
