/// A rule of the retention schedule, as the file states it.
public struct RetentionRule: Hashable, Sendable {
    public let id: RuleID
    public let title: String
    /// It applies to whatever any of these matches.
    public let matches: [RetentionMatch]
    /// The latest of them counts. None, where the rule is permanent or only says what to do.
    public let keep: [RetentionTerm]
    public let isPermanent: Bool
    /// What stands in place of `keep` if the child died young, where a statute says so.
    public let onDeath: DeathVariant?
    public let action: RetentionAction
    public let authority: String
    public let confidence: RetentionConfidence
    /// What other sources say.
    public let disagreement: String?
    public internal(set) var adoption: Adoption

    /// Whether a records manager has made the rule the controller's own.
    public enum Adoption: Hashable, Sendable {
        case no
        case adopted(Day)
        /// A statute made it so.
        case notNeeded
    }

    /// What keeps everything that the rule applies to, whatever its days.
    var standingBlocks: [RetentionBlock] {
        var blocks: [RetentionBlock] = []
        if adoption == .no { blocks.append(.notAdopted(id)) }
        if isPermanent { blocks.append(.permanent(id)) }
        switch action {
        case .destroy: break
        case .review: blocks.append(.reviewOnly(id))
        case .transfer: blocks.append(.transferOnly(id))
        }
        return blocks
    }
}

/// What a rule applies to. All that is stated must hold; what is empty is not asked.
public struct RetentionMatch: Hashable, Sendable {
    /// Without any, every category of document, and no class of record.
    public let categories: Set<Category>
    /// An item whose holder's type is unknown counts as held by every type of its party.
    public let holders: Set<HolderType>
    /// One of them must be on the item.
    public let labels: Set<Label>
    /// One of them must be true.
    public let when: RetentionFlags
    /// None of them may be true.
    public let unless: RetentionFlags
}

/// How long, and from when.
public struct RetentionTerm: Hashable, Sendable {
    /// The last day of any of them counts.
    public let from: [RetentionTrigger]
    public let months: Int
    public let days: Int
    /// The period runs from the end of the year in which the trigger fell.
    public let yearEnd: YearEnd?
    /// Only if one of them is true; without any, always.
    public let when: RetentionFlags
    /// That the trigger is not known means that it has not come, and holds nothing up.
    public let whereKnown: Bool

    public enum YearEnd: String, Hashable, Sendable { case financial, academic }

    /// The anniversary, through which the item is kept; `nil` where the calendar ends.
    func keepThrough(from day: Day) -> Day? {
        let base: Day? =
            switch yearEnd {
            case nil: day
            case .financial: day.endOfYear(month: 3, day: 31)
            case .academic: day.endOfYear(month: 8, day: 31)
            }
        return base?.anniversary(months: months)?.adding(days: days)
    }
}

/// The period that a statute puts in place of the usual one when somebody dies under an age.
///
/// Source: Care Planning, Placement and Case Review (England) Regulations 2010, reg. 50: 15 years from a death under 18.
public struct DeathVariant: Hashable, Sendable {
    public let underYears: Int
    /// From the day of death.
    public let years: Int
}
