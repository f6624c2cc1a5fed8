/// The hours within which the regulator is told of a personal data breach.
///
/// Clock hours, through nights, weekends and holidays, from the moment somebody is reasonably certain. So it counts
/// seconds since 1970 UTC, and needs no calendar.
///
/// Source: UK GDPR Art. 33(1); Data Protection Act 2018 s.67 for law enforcement.
public struct BreachClock: Hashable, Sendable, Codable {
    public static let hours: Int64 = 72

    /// When the controller became aware.
    public let aware: Int64

    public init(awareAtSeconds aware: Int64) { self.aware = aware }

    /// The last second.
    public var notifyBy: Int64 {
        let (end, overflow) = aware.addingReportingOverflow(Self.hours * 3600)
        return overflow ? .max : end
    }

    /// Whole hours left, rounded down: 0 in the last hour, negative once it is late.
    public func hoursLeft(at now: Int64) -> Int64 {
        let (left, overflow) = notifyBy.subtractingReportingOverflow(now)
        guard !overflow else { return now < 0 ? .max : .min }
        return left >= 0 ? left / 3600 : (left + 1) / 3600 - 1
    }

    /// Whether a notice at that moment must give reasons for the delay.
    public func isLate(at moment: Int64) -> Bool { moment > notifyBy }
}
