extension RetentionSchedule {
    /// How long the item is kept.
    ///
    /// Every rule that applies is considered for every child whom the item is about, and the longest period holds. What
    /// is not known blocks; nothing is eligible while anything blocks.
    public func plan(for facts: RetentionFacts) -> RetentionPlan {
        var weighing = Weighing(facts: facts, defaults: defaults)
        for candidate in table.candidates(for: facts) where weighing.considers(candidate) {
            weighing.add(standingBlocks[candidate.place])
        }
        return weighing.plan()
    }
}

/// A plan in the making.
private struct Weighing {
    let facts: RetentionFacts
    let defaults: RetentionDefaults
    private var considered: [ConsideredRule] = []
    private var blocks: [RetentionBlock] = []

    init(facts: RetentionFacts, defaults: RetentionDefaults) {
        self.facts = facts
        self.defaults = defaults
    }

    /// Weighs the rule, if it applies.
    mutating func considers(_ candidate: Candidate) -> Bool {
        var outcome: ConsideredRule.Outcome?
        // A record may be about no child at all, and still has its period.
        if facts.children.isEmpty { weigh(candidate, for: .nobody, into: &outcome) }
        for child in facts.children { weigh(candidate, for: child, into: &outcome) }
        guard let outcome else { return false }
        considered.append(ConsideredRule(rule: candidate.id, outcome: outcome))
        return true
    }

    mutating func add(_ blocks: [RetentionBlock]) {
        for block in blocks { add(block) }
    }

    consuming func plan() -> RetentionPlan {
        if considered.isEmpty { add(.noRule) }
        if facts.children.contains(where: \.isTransferPending) { add(.transferNotAcknowledged) }
        return RetentionPlan(considered: considered, blocks: blocks)
    }

    private mutating func weigh(
        _ candidate: Candidate, for child: RetentionChild, into longest: inout ConsideredRule.Outcome?
    ) {
        guard candidate.applies(given: child.flags.union(facts.flags), labels: facts.labels) else { return }
        let outcome = outcome(of: candidate, for: child)
        if longest.map(outcome.lasts) ?? true { longest = outcome }
    }

    private mutating func outcome(of candidate: Candidate, for child: RetentionChild) -> ConsideredRule.Outcome {
        if candidate.isPermanent { return .permanent }
        if let day = candidate.onDeath?.keepThrough(child) { return .keepThrough(day) }
        var outcome = ConsideredRule.Outcome.noPeriod
        for term in candidate.keep where applies(term, of: candidate, for: child) {
            let next = self.outcome(of: term, of: candidate, for: child)
            if next.lasts(longerThan: outcome) || outcome == .noPeriod { outcome = next }
        }
        return outcome
    }

    private mutating func applies(_ term: RetentionTerm, of candidate: Candidate, for child: RetentionChild) -> Bool {
        guard !term.when.isEmpty else { return true }
        let met = term.when.intersection(child.flags.union(facts.flags))
        if !met.isEmpty, met.isSubset(of: child.assumed) { add(.triggerMissing(candidate.id, .treatmentEnded)) }
        return !met.isEmpty
    }

    private mutating func outcome(
        of term: RetentionTerm, of candidate: Candidate, for child: RetentionChild
    ) -> ConsideredRule.Outcome {
        guard var base = lastDay(of: term.from, for: child) else {
            if term.whereKnown { return .noPeriod }
            add(.triggerMissing(candidate.id, term.from[0]))
            guard term.runsFromAnEvent, let activity = child.lastActivity else { return .missing(term.from[0]) }
            add(recentActivity(activity))
            return keepThrough(term, from: activity, of: candidate)
        }
        if term.from.contains(.birth) {
            if child.hasEstimatedBirth { add(.estimatedBirth) }
            if let corrected = child.birthMovedBack {
                add(corrected.adding(days: defaults.correctedBirthDays).map { .birthCorrected(until: $0) })
            }
        }
        // Contact after the end: the case was not as finished as its record says.
        if term.from.contains(.caseClosed), let activity = child.lastActivity, activity > base {
            add(recentActivity(activity))
            base = activity
        }
        return keepThrough(term, from: base, of: candidate)
    }

    private mutating func keepThrough(
        _ term: RetentionTerm, from base: Day, of candidate: Candidate
    ) -> ConsideredRule.Outcome {
        if let day = term.keepThrough(from: base) { return .keepThrough(day) }
        // The calendar ends before the period does.
        add(.permanent(candidate.id))
        return .permanent
    }

    private func lastDay(of triggers: [RetentionTrigger], for child: RetentionChild) -> Day? {
        var last: Day?
        for trigger in triggers {
            let days = trigger == .added ? facts.added : child.events[trigger]
            for day in [days, facts.events[trigger]] {
                if let day, last.map({ $0 < day }) ?? true { last = day }
            }
        }
        return last
    }

    private func recentActivity(_ activity: Day) -> RetentionBlock? {
        activity.anniversary(months: defaults.recentActivityMonths).map { .recentActivity(until: $0) }
    }

    private mutating func add(_ block: RetentionBlock?) {
        if let block, !blocks.contains(block) { blocks.append(block) }
    }
}

extension RetentionTerm {
    /// The end of something in the case, which the last activity can stand in for.
    fileprivate var runsFromAnEvent: Bool { !from.contains(.birth) && !from.contains(.death) }
}

extension DeathVariant {
    /// `nil` unless the child is known to have died that young: what shortens a period is not assumed.
    fileprivate func keepThrough(_ child: RetentionChild) -> Day? {
        guard child.hasExactBirth, let died = child.events[.death],
            let age = child.events[.birth]?.anniversary(years: underYears), died < age
        else { return nil }
        return died.anniversary(years: years)
    }
}
