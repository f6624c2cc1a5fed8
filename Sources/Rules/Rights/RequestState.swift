/// How far a request has come.
public enum RequestState: String, CaseIterable, Hashable, Sendable, Codable {
    case received, triaged
    case waitingForIdentity = "waiting-for-identity"
    case clarifying, searching, reviewing
    /// The opinion of a professional is awaited.
    case consulting
    case redacting, approved, disclosed
    case partlyRefused = "partly-refused"
    case refused
    /// The requester has complained about the answer.
    case complaint
    case closed

    public var title: String {
        switch self {
        case .received: "received"
        case .triaged: "triaged"
        case .waitingForIdentity: "waiting for proof of identity"
        case .clarifying: "paused for a question to the requester"
        case .searching: "being searched for"
        case .reviewing: "under review"
        case .consulting: "waiting for a professional's opinion"
        case .redacting: "being redacted"
        case .approved: "approved"
        case .disclosed: "answered in full"
        case .partlyRefused: "answered in part"
        case .refused: "refused"
        case .complaint: "under complaint"
        case .closed: "closed"
        }
    }

    /// Whether the requester has the answer.
    public var isAnswered: Bool {
        switch self {
        case .disclosed, .partlyRefused, .refused, .complaint: true
        case .received, .triaged, .waitingForIdentity, .clarifying, .searching, .reviewing, .consulting, .redacting,
            .approved, .closed:
            false
        }
    }
}
