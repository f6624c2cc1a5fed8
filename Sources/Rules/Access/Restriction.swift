/// That data about a child are out of all normal use until a question about them is settled. They are still kept.
///
/// Source: UK GDPR Art. 18.
public struct Restriction: Hashable, Sendable {
    /// UK GDPR Art. 18(1).
    public enum Ground: String, CaseIterable, Hashable, Sendable, Codable {
        /// (a) They are said to be wrong, and that is being looked into.
        case accuracyContested = "accuracy-contested"
        /// (b) They should not be used, and the person would rather have them kept than erased.
        case unlawful
        /// (c) Nobody else needs them any more, and the person does, for a legal claim.
        case neededForClaim = "needed-for-claim"
        /// (d) The person has objected, and what outweighs what is being looked into.
        case objectionPending = "objection-pending"

        /// The kinds of request that can give the ground.
        public var requests: Set<RequestKind> {
            switch self {
            case .accuracyContested: [.rectification, .restriction, .complaint]
            case .unlawful: [.erasure, .restriction, .objection, .complaint]
            case .neededForClaim: [.erasure, .restriction]
            case .objectionPending: [.objection, .restriction]
            }
        }

        public var title: String {
            switch self {
            case .accuracyContested: "its accuracy is contested (Article 18(1)(a))"
            case .unlawful: "its use was unlawful (Article 18(1)(b))"
            case .neededForClaim: "it is needed for a legal claim only (Article 18(1)(c))"
            case .objectionPending: "an objection is pending (Article 18(1)(d))"
            }
        }
    }

    /// For what somebody may read restricted data all the same: UK GDPR Art. 18(2).
    public enum Use: String, CaseIterable, Hashable, Sendable, Codable {
        /// The person whose data they are agrees.
        case consent
        case claims
        /// The rights of another person are at stake.
        case protection
        case publicInterest = "public-interest"
    }

    /// What this very person was given leave for; `nil` for everybody else.
    public let leave: Use?

    public init(leave: Use? = nil) { self.leave = leave }

    /// Data stay known of and may be added to, which is how what is wrong is put right; nothing more is given to the family. Who has leave reads,
    /// and whoever answers a request under data protection law with a task for it. No system does either: it is a person's judgement.
    func admits(_ facts: AccessFacts) -> Bool {
        switch facts.action {
        case .see, .deposit: return true
        case .release: return false
        case .read:
            guard facts.scope == nil else { return false }
            let answersRequest = facts.caller == .rights && facts.purpose == "rights.request" && facts.hasTaskGrant
            return leave != nil || answersRequest
        }
    }
}
