/// When a request is due, and how that was found.
public struct ClockReading: Hashable, Sendable, Codable {
    public enum Due: Hashable, Sendable, Codable {
        case on(Day)
        /// A question is open: there is no date, and none is shown.
        case paused(since: Day)
        /// The period has not begun.
        case waiting(for: Awaited, since: Day)
    }

    public enum Awaited: String, Hashable, Sendable, Codable { case identity, fee }

    /// Something that was done and does not count, for the record and for whoever did it.
    public enum Flag: String, CaseIterable, Hashable, Sendable, Codable {
        /// Proof of identity was asked of somebody who had signed in: no new start.
        case identityOfSignedInUser = "identity-of-signed-in-user"
        case identityAskedLate = "identity-asked-late"
        case identityWithoutReason = "identity-without-reason"
        /// The identity, the fee, the question or the extension has no effect on this kind of request.
        case notForThisKind = "not-for-this-kind"
        /// A question asked after the time had run out: it stops nothing.
        case clarificationTooLate = "clarification-too-late"
        /// Notice of the extension was given after the first month: it extends nothing.
        case extensionTooLate = "extension-too-late"
    }

    public let due: Due
    /// The first day of the period; `nil` while it waits.
    public let start: Day?
    /// Its end before pauses, weekends and holidays.
    public let base: Day?
    /// How many days of answered questions do not count.
    public let pausedDays: Int
    public let isExtended: Bool
    /// The last working day on which to give notice of an extension; `nil` while it is open, and where there is none.
    public let extensionNoticeBy: Day?
    /// The internal target, which no pause moves.
    public let target: Day?
    /// What is asked for must be done by then, whatever the time for the reply.
    public let actBy: Day?
    public let flags: Set<Flag>
    public let answered: Day?

    public var dueDay: Day? {
        if case .on(let day) = due { day } else { nil }
    }

    /// Days from `today`, or from the answer if there is one, to the last day: 0 on it, negative after it. `nil` while
    /// no date is known.
    public func daysLeft(on today: Day) -> Int? { dueDay.map { (answered ?? today).days(until: $0) } }

    /// Whether the last day has passed without an answer, or had when the answer came.
    public func isOverdue(on today: Day) -> Bool { daysLeft(on: today).map { $0 < 0 } ?? false }
}
