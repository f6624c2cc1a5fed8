/// How the time to answer one kind of request is counted.
public struct ClockRule: Hashable, Sendable {
    public enum Period: Hashable, Sendable {
        /// Months beginning with the start, by the corresponding day; only these are moved, extended or paused.
        case months(Int)
        /// Days after the day of receipt.
        case days(Int)
        /// School days after the day of receipt.
        case schoolDays(Int)
    }

    public let period: Period
    /// By how many months it may be extended; 0 if it may not.
    public let extensionMonths: Int
    /// Whether a question that is needed to find the data stops the clock.
    public let allowsPauses: Bool
    /// The internal target, in days after receipt.
    public let targetDays: Int?
    /// What is asked for begins on the day of receipt, whatever time there is for the reply.
    public let actsAtOnce: Bool

    /// Until how many days after receipt an identity may be asked for so that the answer moves the start.
    public let identityWithinDays: Int

    public init(
        _ period: Period, extensionMonths: Int = 0, allowsPauses: Bool = false, targetDays: Int? = nil,
        actsAtOnce: Bool = false, identityWithinDays: Int
    ) {
        self.period = period
        self.extensionMonths = extensionMonths
        self.allowsPauses = allowsPauses
        self.targetDays = targetDays
        self.actsAtOnce = actsAtOnce
        self.identityWithinDays = identityWithinDays
    }
}
