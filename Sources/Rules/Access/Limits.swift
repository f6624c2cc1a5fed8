/// The numbers that the partners agreed.
public struct Limits: Hashable, Sendable {
    /// How long an emergency grant runs.
    public let emergencyHours: Int
    /// The least length of the reason for an emergency.
    public let emergencyReasonCharacters: Int
    /// How fresh a sign-in must be to open an emergency.
    public let emergencySignInMinutes: Int
    /// The longest that a task grant may run.
    public let taskDays: Int
    /// The longest that a consent holds without being asked for again.
    public let consentDays: Int
    /// How long a team keeps its access after its case has closed.
    public let closedCaseDays: Int
    /// How long parents keep reading once the rights are the young person's own and no choice is recorded yet.
    public let youngPersonGraceDays: Int
}
