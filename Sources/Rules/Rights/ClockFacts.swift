/// What was recorded about a request and counts for its clock. Days are calendar days of Europe/London.
public struct ClockFacts: Hashable, Sendable, Codable {
    /// The day it arrived, working day or not, at any hour, with any member of staff.
    public var received: Day
    public var identityChecks: [IdentityCheck]
    public var fee: FeeCharge?
    public var clarifications: [Clarification]
    public var extended: Extension?
    /// The day on which it was answered; of a complaint, on which it was acknowledged.
    public var answered: Day?

    public init(
        received: Day, identityChecks: [IdentityCheck] = [], fee: FeeCharge? = nil,
        clarifications: [Clarification] = [], extended: Extension? = nil, answered: Day? = nil
    ) {
        self.received = received
        self.identityChecks = identityChecks
        self.fee = fee
        self.clarifications = clarifications
        self.extended = extended
        self.answered = answered
    }

    /// The requester was asked to prove who they are.
    ///
    /// Source: UK GDPR Art. 12(6): only on reasonable doubt.
    public struct IdentityCheck: Hashable, Sendable, Codable {
        public var asked: Day
        /// Why there was a doubt, for the record; without a reason the start does not move.
        public var doubt: String
        /// The requester had signed in as a user whose identity is verified.
        public var wasSignedIn: Bool
        public var received: Day?

        public init(asked: Day, doubt: String, wasSignedIn: Bool, received: Day? = nil) {
            self.asked = asked
            self.doubt = doubt
            self.wasSignedIn = wasSignedIn
            self.received = received
        }
    }

    /// A fee was asked for. There is one only where the controller can show either of these.
    ///
    /// Source: UK GDPR Art. 12(5).
    public struct FeeCharge: Hashable, Sendable, Codable {
        public enum Reason: String, CaseIterable, Hashable, Sendable, Codable {
            case manifestlyUnfounded = "manifestly-unfounded"
            case manifestlyExcessive = "manifestly-excessive"
        }

        public var charged: Day
        public var reason: Reason
        public var paid: Day?

        public init(charged: Day, reason: Reason, paid: Day? = nil) {
            self.charged = charged
            self.reason = reason
            self.paid = paid
        }
    }

    /// The requester was asked which data are meant.
    ///
    /// Source: UK GDPR Art. 12A; Data Protection Act 2018 s.54(3C).
    public struct Clarification: Hashable, Sendable, Codable {
        public var asked: Day
        public var answered: Day?

        public init(asked: Day, answered: Day? = nil) {
            self.asked = asked
            self.answered = answered
        }
    }

    /// The requester was told that the answer takes longer, and why. That a question is needed is no reason by itself.
    ///
    /// Source: UK GDPR Art. 12A; Data Protection Act 2018 s.54(3A).
    public struct Extension: Hashable, Sendable, Codable {
        public enum Reason: String, CaseIterable, Hashable, Sendable, Codable {
            case complex
            case severalRequests = "several-requests"
        }

        public var noticed: Day
        public var reason: Reason

        public init(noticed: Day, reason: Reason) {
            self.noticed = noticed
            self.reason = reason
        }
    }

    /// Nothing is before the receipt, answered before it is asked, or after `today`.
    func check(on today: Day) throws(RightsError) {
        var pairs = identityChecks.map { ($0.asked, $0.received) } + clarifications.map { ($0.asked, $0.answered) }
        if let fee { pairs.append((fee.charged, fee.paid)) }
        for (asked, got) in pairs {
            if let got, got < asked { throw .answeredBeforeAsked(got) }
        }
        let later = pairs.flatMap { [$0.0, $0.1] } + [extended?.noticed, answered]
        for day in [received] + later.compactMap({ $0 }) {
            guard day >= received else { throw .beforeReceipt(day) }
            guard day <= today else { throw .afterToday(day) }
        }
    }
}
