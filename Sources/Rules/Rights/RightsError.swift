/// What was recorded about a request cannot be so, or does not allow an answer.
public enum RightsError: Error, Hashable, Sendable {
    case beforeReceipt(Day)
    case answeredBeforeAsked(Day)
    case afterToday(Day)
    /// The school's calendar does not reach far enough to count from this day, or there is none.
    case schoolDaysUnknown(from: Day)
    case calendarEnds
    case unknownKind(RequestKind)
    /// An event that the state of the request does not allow, and why.
    case notNow(RequestState, String)

    public var userMessage: String {
        switch self {
        case .beforeReceipt(let day): "\(day) is before the request was received. Correct the day."
        case .answeredBeforeAsked(let day): "What was answered on \(day) was asked later. Correct the days."
        case .afterToday(let day): "\(day) is still to come. Record it when it has happened."
        case .schoolDaysUnknown(let day):
            "The school's holidays after \(day) are not known. Enter its term dates."
        case .calendarEnds: "The day lies beyond the calendar. Correct the days."
        case .unknownKind(let kind): "The rules say nothing of requests of the kind \(kind.rawValue)."
        case .notNow(let state, let why): "The request is \(state.title): \(why)"
        }
    }
}
