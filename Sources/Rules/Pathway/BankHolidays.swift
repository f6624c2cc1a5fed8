extension Day {
    /// Whether this is a bank holiday of England and Wales under the standing rules, substitute days included.
    ///
    /// Where a holiday falls on a weekend, the substitute is the holiday and the weekend day is not. One-off days, such
    /// as a coronation, are not known here: the agreement lists them.
    ///
    /// Source: Banking and Financial Dealings Act 1971, Schedule 1, and the proclamations that follow it every year.
    public var isBankHoliday: Bool {
        let (year, month, day) = components
        let weekday = weekday
        switch (month, day) {
        case (1, 1), (12, 25), (12, 26): return weekday <= .friday
        case (1, 2), (1, 3): return weekday == .monday
        // For Christmas Day and Boxing Day, whichever fell on Saturday or Sunday.
        case (12, 27), (12, 28): return weekday <= .tuesday
        case (5, 1...7), (5, 25...31), (8, 25...31): return weekday == .monday
        case (3...4, _): return isEasterHoliday(of: year)
        default: return false
        }
    }

    private func isEasterHoliday(of year: Int) -> Bool {
        guard let easter = Self.easterSunday(of: year) else { return false }
        return [-2, 1].contains(easter.days(until: self))
    }

    /// Easter Sunday of the Gregorian calendar, by the method of Meeus, Jones and Butcher.
    private static func easterSunday(of year: Int) -> Day? {
        let golden = year % 19
        let (century, rest) = year.quotientAndRemainder(dividingBy: 100)
        let epact = (19 * golden + century - century / 4 - (century - (century + 8) / 25 + 1) / 3 + 15) % 30
        let toSunday = (32 + 2 * (century % 4) + 2 * (rest / 4) - epact - rest % 4) % 7
        let correction = (golden + 11 * epact + 22 * toSunday) / 451
        let count = epact + toSunday - 7 * correction + 114
        return Day(year: year, month: count / 31, day: count % 31 + 1)
    }
}
