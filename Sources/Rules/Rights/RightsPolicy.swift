/// The rules on requests, checked: their clocks, the exemptions, and the numbers that the partnership chose.
///
/// Immutable. What it does not say is refused.
public struct RightsPolicy: Sendable {
    public let version: Int
    public let title: String
    public let numbers: RightsNumbers
    /// One for every kind.
    public let requests: [RequestKind: RequestRule]
    /// In the order of the file.
    public let exemptions: [Exemption]
    /// What may go on request, and under which exceptions the rest is kept.
    public let erasure: ErasurePolicy
    /// The file it was read from, for the record of its hash.
    public let source: PolicyText

    public func rule(for kind: RequestKind) -> RequestRule? { requests[kind] }

    public func exemption(_ id: ExemptionID) -> Exemption? { exemptions.first { $0.id == id } }

    /// Whether a text is long enough to be a reason.
    public func isReason(_ text: String) -> Bool { text.count { !$0.isWhitespace } >= numbers.reasonCharacters }
}

/// What the file says of one kind of request.
public struct RequestRule: Hashable, Sendable {
    public let kind: RequestKind
    public let title: String
    public let clock: ClockRule
    public let source: String
    public let confidence: RetentionConfidence
}

/// The numbers that belong to no single rule.
public struct RightsNumbers: Hashable, Sendable {
    /// Until how many days after receipt an identity may be asked for so that the answer moves the start.
    public let identityAskedWithinDays: Int
    /// After how many days an unanswered question is chased.
    public let chaseAfterDays: Int
    /// So many days before its last day, the notice of an extension is brought to mind.
    public let remindDays: Int
    /// How many months after it was last chased a request whose question is unanswered may be closed.
    public let closeAfterMonths: Int
    /// For how many months an opinion counts.
    public let opinionMonths: Int
    /// The least length of a reason.
    public let reasonCharacters: Int
}
