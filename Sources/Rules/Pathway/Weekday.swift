/// A day of the week, counted from Monday as in ISO 8601.
public enum Weekday: Int, CaseIterable, Hashable, Comparable, Sendable {
    case monday = 1, tuesday, wednesday, thursday, friday, saturday, sunday

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension Day {
    public var weekday: Weekday {
        // Day 0, 1 January 1970, was a Thursday; the remainder of an earlier day is negative.
        let place = ((number + 3) % 7 + 7) % 7
        return Weekday.allCases[place]
    }
}
