/// The answer to "may this be done?".
public enum AccessDecision: Hashable, Sendable {
    case permit(Permit)
    case deny(DenialReason)
}

/// What the caller's program must do along with what was permitted.
public enum Obligation: String, CaseIterable, Hashable, Sendable {
    /// Mark every page with person, time and case.
    case watermark
    /// Show on screen; neither download nor print.
    case viewOnly = "view-only"
    /// Tell the family that this was shared.
    case notifyFamily = "notify-family"
    /// Keep the law-enforcement log of the Data Protection Act 2018, section 62.
    case part3Log = "part-3-log"
}

/// Proof that the agreement admits an action. Only `Agreement` can make one.
public struct Permit: Hashable, Sendable {
    public enum View: Hashable, Sendable { case metadataOnly, content }

    public internal(set) var action: AccessAction
    public let rule: RuleID
    /// The version of the agreement that was asked.
    public let agreementVersion: Int
    public let basis: BasisID
    public let obligations: Set<Obligation>
    /// Admitted only because an emergency grant runs: alert the rights office and note that a review is owed.
    public internal(set) var isOverride: Bool

    /// How far the permit reaches: a permit to see or to release never opens content to the caller.
    public var view: View { action == .see || action == .release ? .metadataOnly : .content }

    init(
        _ action: AccessAction, rule: RuleID, agreementVersion: Int, basis: BasisID, obligations: Set<Obligation>,
        isOverride: Bool = false
    ) {
        self.action = action
        self.rule = rule
        self.agreementVersion = agreementVersion
        self.basis = basis
        self.obligations = obligations
        self.isOverride = isOverride
    }
}

/// The answer to "may this person do this administrative act?".
public enum DutyDecision: Hashable, Sendable {
    case permit(DutyPermit)
    case deny(DenialReason)
}

/// Proof that the agreement gives an administrative act to a role. Only `Agreement` can make one.
public struct DutyPermit: Hashable, Sendable {
    public let duty: Duty
    public let role: Role
    public let agreementVersion: Int

    init(_ duty: Duty, role: Role, agreementVersion: Int) {
        self.duty = duty
        self.role = role
        self.agreementVersion = agreementVersion
    }
}
