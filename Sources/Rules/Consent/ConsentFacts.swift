/// Where a consent stands. Only `given` opens anything.
public enum ConsentState: String, CaseIterable, Hashable, Sendable, Codable {
    case given, refused, withdrawn, expired
    /// A parent gave it, and the right is now the young person's own: it must be asked for again.
    case reconfirmRequired = "reconfirm-required"
}

/// What the state of one consent is derived from: its newest event, and who the giver and the young person are.
public struct ConsentFacts: Hashable, Sendable {
    /// What the newest event recorded.
    public var newest: ConsentState
    /// The last day on which it holds.
    public var until: Day
    /// In what capacity the giver acted.
    public var capacity: Capacity
    public var givenOn: Day
    /// The first day on which the rights are the young person's own; `nil` when it is not known.
    public var youngPersonFrom: Day?
    /// The young person is recorded as lacking capacity for this decision, so the parent goes on acting.
    public var lacksCapacity: Bool

    public init(
        newest: ConsentState, until: Day, capacity: Capacity, givenOn: Day, youngPersonFrom: Day? = nil,
        lacksCapacity: Bool = false
    ) {
        self.newest = newest
        self.until = until
        self.capacity = capacity
        self.givenOn = givenOn
        self.youngPersonFrom = youngPersonFrom
        self.lacksCapacity = lacksCapacity
    }

    /// Where the consent stands on a day. Time turns only what was given: a refusal or a withdrawal stays what it is.
    ///
    /// Source: Children and Families Act 2014 s.80 and Mental Capacity Act 2005 (who decides from the end of compulsory
    /// school age).
    public func state(on day: Day) -> ConsentState {
        guard newest == .given else { return newest }
        if day > until { return .expired }
        return hasPassedToYoungPerson(by: day) ? .reconfirmRequired : .given
    }

    private func hasPassedToYoungPerson(by day: Day) -> Bool {
        guard capacity == .parent, !lacksCapacity, let youngPersonFrom else { return false }
        return givenOn < youngPersonFrom && youngPersonFrom <= day
    }
}
