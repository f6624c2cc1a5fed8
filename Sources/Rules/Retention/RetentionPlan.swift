/// How long one item is kept, and why. Eligible is not destroyed: that takes a decision of two people.
///
/// Source: the Code of Practice under s.46 of the Freedom of Information Act 2000, by which an authority can explain why
/// a record is no longer held.
public struct RetentionPlan: Hashable, Sendable {
    /// Every rule that applies, in the order of the schedule.
    public let considered: [ConsideredRule]
    /// The rule that keeps the item longest; of two that keep it equally long, the first of the schedule.
    public let winner: RuleID?
    /// The anniversary. The item is kept through this day, and a plan that is blocked may name it too.
    public let keepThrough: Day?
    public let blocks: [RetentionBlock]
    /// The first day on which the item may be proposed for disposal: after the anniversary, and after every block that
    /// ends by itself. `nil` while anything blocks that only a person ends.
    public let eligibleFrom: Day?

    init(considered: [ConsideredRule], blocks: [RetentionBlock]) {
        var winner: ConsideredRule?
        for rule in considered where rule.outcome.lasts(longerThan: winner?.outcome ?? .noPeriod) { winner = rule }
        self.considered = considered
        self.winner = winner?.rule
        self.blocks = blocks
        keepThrough = winner?.outcome.day
        eligibleFrom = Self.eligible(after: keepThrough, blocks)
    }

    private static func eligible(after keepThrough: Day?, _ blocks: [RetentionBlock]) -> Day? {
        guard var last = keepThrough else { return nil }
        for block in blocks {
            guard let until = block.until else { return nil }
            last = max(last, until)
        }
        return last.adding(days: 1)
    }

    /// Legal holds are not asked here: see ``LegalHold``.
    public func isEligible(on day: Day) -> Bool { eligibleFrom.map { $0 <= day } ?? false }
}

/// What one rule says about an item.
public struct ConsideredRule: Hashable, Sendable {
    public let rule: RuleID
    public let outcome: Outcome

    public init(rule: RuleID, outcome: Outcome) {
        self.rule = rule
        self.outcome = outcome
    }

    public enum Outcome: Hashable, Sendable {
        case keepThrough(Day)
        case permanent
        case missing(RetentionTrigger)
        /// The rule says what to do, not when.
        case noPeriod

        var day: Day? {
            if case .keepThrough(let day) = self { day } else { nil }
        }

        /// A rule without a day keeps an item by its block.
        func lasts(longerThan other: Outcome) -> Bool {
            switch (self, other) {
            case (_, .permanent), (.missing, _), (.noPeriod, _): false
            case (.keepThrough(let day), .keepThrough(let other)): day > other
            case (.permanent, _), (.keepThrough, .missing), (.keepThrough, .noPeriod): true
            }
        }
    }
}
