/// Something that happened to a request. What is written down here is all that its state and its clock follow from.
public enum RequestEvent: Hashable, Sendable, Codable {
    case triaged
    case identityAsked(doubt: String, wasSignedIn: Bool)
    case identityReceived
    /// There was no reasonable doubt after all: the start is as if nobody had asked.
    case identityDropped
    case feeCharged(ClockFacts.FeeCharge.Reason)
    case feePaid
    case clarificationAsked
    case clarificationAnswered
    /// The controller goes on without the answer: the days until then do not count.
    case clarificationDropped
    /// What was asked for has not come, and was asked for again.
    case chased
    case extensionNoticed(ClockFacts.Extension.Reason)
    case searchBegun
    case searchFinished
    case opinionAsked
    case opinionReceived
    /// The professional has left or does not answer, or somebody else is asked.
    case opinionWithdrawn
    case redactionBegun
    case approved
    /// Whoever was to approve it, or already had, has sent it back to review.
    case sentBack
    case answered(RequestOutcome)
    case complaintReceived
    case complaintAcknowledged
    case complaintDecided
    case closed(RequestClosing)
}

public enum RequestOutcome: String, CaseIterable, Hashable, Sendable, Codable {
    case inFull = "in-full"
    case inPart = "in-part"
    case refused
}

public enum RequestClosing: String, CaseIterable, Hashable, Sendable, Codable {
    case answered
    /// Proof of identity, a fee or the answer to a question never came.
    case noReply = "no-reply"
    case withdrawn
}
