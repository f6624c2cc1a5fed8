/// The days that do not count because a question was open, merged and in order.
struct Pauses {
    private struct Span {
        var from: Day
        /// `nil` while the question is open.
        var until: Day?
    }

    /// A number of months with the pauses that fell in it.
    struct Period {
        let base: Day
        /// The last day, wherever it falls.
        var end: Day
        var pausedDays = 0
        var openSince: Day?
        var hasLatePauses = false
    }

    private let spans: [Span]

    /// A question that was answered the same day stops nothing. Days before the start never were in the period.
    init(_ clarifications: [ClockFacts.Clarification], from start: Day) {
        var spans: [Span] = []
        for pause in clarifications.sorted(by: { $0.asked < $1.asked }) where pause.asked != pause.answered {
            if let answered = pause.answered, answered < start { continue }
            guard let last = spans.last, last.until.map({ pause.asked <= $0 }) ?? true else {
                spans.append(Span(from: max(pause.asked, start), until: pause.answered))
                continue
            }
            spans[spans.count - 1].until = Self.later(last.until, pause.answered)
        }
        self.spans = spans
    }

    /// An open end is later than every day.
    private static func later(_ left: Day?, _ right: Day?) -> Day? {
        guard let left, let right else { return nil }
        return max(left, right)
    }

    /// Counts the months. A pause counts if the question was asked while the period ran.
    func run(_ months: Int, from start: Day) throws(RightsError) -> Period {
        guard let base = start.clampedMonths(months) else { throw .calendarEnds }
        var period = Period(base: base, end: base)
        for span in spans {
            guard span.from <= period.end else {
                period.hasLatePauses = true
                continue
            }
            guard let until = span.until else {
                period.openSince = span.from
                continue
            }
            let days = span.from.days(until: until) + 1
            guard let end = period.end.adding(days: days) else { throw .calendarEnds }
            period.end = end
            period.pausedDays += days
        }
        return period
    }
}
