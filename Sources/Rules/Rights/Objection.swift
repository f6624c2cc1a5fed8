/// What was decided on an objection: UK GDPR Art. 21(1).
public struct ObjectionDecision: Hashable, Sendable, Codable {
    public enum Outcome: String, CaseIterable, Hashable, Sendable, Codable {
        /// The data are not used for it any more: they stay restricted, or are erased.
        case upheld
        /// What the controller weighs against it is heavier.
        case rejected
        /// The use rests on a legal obligation, Art. 6(1)(c), against which there is no such right.
        case noRight = "no-right"
    }

    /// What outweighs the interests of the person: the only two that the law knows.
    public enum Ground: String, CaseIterable, Hashable, Sendable, Codable {
        case compelling, claims
    }

    public let outcome: Outcome
    /// Of a rejection.
    public let ground: Ground?
    /// What was weighed against what; of a missing right, which obligation it is.
    public let reasoning: String
    /// Who decided, for whoever approves it to be another.
    public var by: String

    public init(outcome: Outcome, ground: Ground?, reasoning: String, by: String = "") {
        self.outcome = outcome
        self.ground = ground
        self.reasoning = reasoning
        self.by = by
    }
}

/// What stands against a decision on an objection.
public enum ObjectionFault: String, CaseIterable, Hashable, Sendable {
    case groundMissing, groundUncalledFor, reasonMissing, notRestricted

    public var sentence: String {
        switch self {
        case .groundMissing: "A rejection needs compelling grounds, or legal claims."
        case .groundUncalledFor: "Only a rejection has grounds."
        case .reasonMissing: "Say in more words what was weighed."
        case .notRestricted: "Restrict the data first: they are not used while it is open."
        }
    }
}

extension RightsPolicy {
    /// What stands against a decision; empty when it may stand.
    ///
    /// `isRestricted`: the data are restricted meanwhile.
    public func judge(_ decision: ObjectionDecision, isRestricted: Bool) -> [ObjectionFault] {
        var faults: [ObjectionFault] = isReason(decision.reasoning) ? [] : [.reasonMissing]
        switch decision.outcome {
        case .rejected where decision.ground == nil: faults.append(.groundMissing)
        case .upheld where decision.ground != nil, .noRight where decision.ground != nil:
            faults.append(.groundUncalledFor)
        case .upheld, .rejected, .noRight: break
        }
        if decision.outcome != .noRight, !isRestricted { faults.append(.notRestricted) }
        return faults
    }
}
