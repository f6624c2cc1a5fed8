/// Why an item is not eligible for disposal, whatever its date: one case for each thing that somebody can settle.
public enum RetentionBlock: Hashable, Sendable {
    case noRule
    case notAdopted(RuleID)
    case triggerMissing(RuleID, RetentionTrigger)
    case estimatedBirth
    /// A corrected birth would have shortened the period; through this day the item stays as it was.
    case birthCorrected(until: Day)
    case transferNotAcknowledged
    /// Something was done in the case after it ended, or its end is not known; this stands through the day.
    case recentActivity(until: Day)
    case permanent(RuleID)
    case reviewOnly(RuleID)
    case transferOnly(RuleID)

    /// The last day on which it stands; `nil` if only a person ends it.
    public var until: Day? {
        switch self {
        case .birthCorrected(let day), .recentActivity(let day): day
        case .noRule, .notAdopted, .triggerMissing, .estimatedBirth, .transferNotAcknowledged, .permanent,
            .reviewOnly, .transferOnly:
            nil
        }
    }

    /// Stable, for the ledger, the cases and programs.
    public var code: String {
        switch self {
        case .noRule: "no-rule"
        case .notAdopted(let rule): "not-adopted:\(rule)"
        case .triggerMissing(let rule, let trigger): "trigger-missing:\(rule):\(trigger.rawValue)"
        case .estimatedBirth: "estimated-birth"
        case .birthCorrected: "birth-corrected"
        case .transferNotAcknowledged: "transfer-not-acknowledged"
        case .recentActivity: "recent-activity"
        case .permanent(let rule): "permanent:\(rule)"
        case .reviewOnly(let rule): "review-only:\(rule)"
        case .transferOnly(let rule): "transfer-only:\(rule)"
        }
    }

    /// What stands in the way, then what can be done.
    public var userMessage: String {
        switch self {
        case .noRule: "The schedule has no rule for this. Ask the records manager to add one."
        case .notAdopted(let rule): "The rule \(rule) has not been adopted. Ask the records manager to decide on it."
        case .triggerMissing(let rule, let trigger):
            "The rule \(rule) counts from a day that is not recorded: \(trigger.rawValue). Record it."
        case .estimatedBirth: "The date of birth is an estimate. Find out the date, or ask the records manager."
        case .birthCorrected(let day):
            "The date of birth was corrected to an earlier one. The item is kept until \(day). Check the new date."
        case .transferNotAcknowledged:
            "The case went to another controller, who has not acknowledged it. Ask them for a receipt."
        case .recentActivity(let day): "There was contact in the case lately. Wait until \(day), or close the case."
        case .permanent(let rule): "The rule \(rule) keeps this for ever. There is nothing to do."
        case .reviewOnly(let rule): "The rule \(rule) asks for a review by a person. Review it."
        case .transferOnly(let rule): "The rule \(rule) asks that this go to another controller. Transfer it."
        }
    }
}
