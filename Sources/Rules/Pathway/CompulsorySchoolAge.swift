/// When a child becomes a young person, whose rights are the person's own. It is not the sixteenth birthday.
///
/// Source: Education Act 1996 s.8; Children and Families Act 2014 s.83.
public enum CompulsorySchoolAge {
    /// The last day of compulsory school age: the last Friday of June in the school year, from 1 September to 31 August,
    /// in which the person turns 16. Somebody born in July or August reaches it before turning 16.
    ///
    /// `nil` where the calendar ends.
    public static func lastDay(born: Day) -> Day? {
        let (year, month, _) = born.components
        let leaving = year + (month >= 9 ? 17 : 16)
        guard let endOfJune = Day(year: leaving, month: 6, day: 30) else { return nil }
        let sinceFriday = endOfJune.weekday.rawValue - Weekday.friday.rawValue
        return endOfJune.adding(days: -((sinceFriday + 7) % 7))
    }

    /// The first day as a young person: the day after the last of compulsory school age.
    public static func youngPersonFrom(born: Day) -> Day? { lastDay(born: born)?.adding(days: 1) }
}
