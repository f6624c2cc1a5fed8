/// A rule under which a newer schedule could let something go sooner than the older one does.
///
/// Nothing is shortened behind anybody's back: a schedule may be activated only if each of its shortenings has been
/// approved, which the newer file says, by rule and day, under `approvedShortenings`.
public struct Shortening: Hashable, Sendable {
    public enum Reason: Hashable, Sendable {
        case removed
        /// It applies to less than before, or the organisations it asks about have been typed anew.
        case match
        case period
        case death
        /// It no longer waits for a person.
        case action
    }

    public let rule: RuleID
    public let reason: Reason
    /// `nil` while nobody has approved it.
    public let approved: Day?

    public init(rule: RuleID, reason: Reason, approved: Day?) {
        self.rule = rule
        self.reason = reason
        self.approved = approved
    }
}

extension RetentionSchedule {
    /// Where `newer` may be shorter than this schedule, one reason for each rule.
    ///
    /// Rules are compared as they are written: one that is split in two is named here too, although together the two
    /// may say the same. That a rule is adopted is no shortening.
    public func shortened(by newer: RetentionSchedule) -> [Shortening] {
        let sameHolders = holders == newer.holders
        return rules.compactMap { old in
            old.shortening(by: newer.rule(old.id), sameHolders: sameHolders).map {
                Shortening(rule: old.id, reason: $0, approved: newer.approvedShortenings[old.id])
            }
        }
    }
}

extension RetentionRule {
    fileprivate func shortening(by newer: RetentionRule?, sameHolders: Bool) -> Shortening.Reason? {
        guard let newer else { return .removed }
        guard sameHolders || matches.allSatisfy(\.holders.isEmpty) else { return .match }
        // What rests on consent alone is kept only by statute.
        guard newer.confidence.isStatutory || !confidence.isStatutory else { return .match }
        guard matches.allSatisfy({ old in newer.matches.contains { $0.covers(old) } }) else { return .match }
        guard action == .destroy || newer.action == action else { return .action }
        if newer.isPermanent { return nil }
        guard !isPermanent, keep.allSatisfy({ old in newer.keep.contains { $0.covers(old) } }) else { return .period }
        return DeathVariant.shortens(onDeath, newer.onDeath) ? .death : nil
    }
}

extension RetentionMatch {
    /// Whatever `old` matches, this matches too.
    fileprivate func covers(_ old: RetentionMatch) -> Bool {
        let hasCategories =
            categories.isEmpty || old.categories.isEmpty
            ? categories == old.categories : categories.isSuperset(of: old.categories)
        return hasCategories && Self.admits(holders, old.holders) && Self.admits(labels, old.labels)
            && (when.isEmpty ? !old.when.contains(.consentOnly) : !old.when.isEmpty && when.isSuperset(of: old.when))
            && unless.isSubset(of: old.unless)
    }

    /// An empty set admits everything.
    private static func admits<Word>(_ new: Set<Word>, _ old: Set<Word>) -> Bool {
        new.isEmpty || (!old.isEmpty && new.isSuperset(of: old))
    }
}

extension RetentionTerm {
    /// This never ends before `old` does.
    fileprivate func covers(_ old: RetentionTerm) -> Bool {
        Set(from) == Set(old.from) && months >= old.months && days >= old.days
            && (old.yearEnd == nil || yearEnd == old.yearEnd) && (!whereKnown || old.whereKnown)
            && (when.isEmpty || (!old.when.isEmpty && when.isSuperset(of: old.when)))
    }
}

extension DeathVariant {
    fileprivate static func shortens(_ old: DeathVariant?, _ new: DeathVariant?) -> Bool {
        guard let new else { return false }
        guard let old else { return true }
        return new.years < old.years || new.underYears > old.underYears
    }
}
