/// When a request is due, from what was recorded about it.
///
/// The months begin with the day of receipt, or with the later day on which identity that was rightly asked for, or a
/// fee, came in. The answer to a question moves no start: the days of the question do not count.
///
/// Source: UK GDPR Arts. 12 and 12A; Data Protection Act 2018 s.54; ICO, "What should we consider when responding to a
/// request?". What they leave open is in docs/decisions/0016.
public struct RequestClock: Sendable {
    private let rule: ClockRule
    private let working: WorkingDays
    private let school: SchoolCalendar?

    /// `school`: the calendar of the pupil's school, without which school days are refused.
    public init(_ rule: ClockRule, working: WorkingDays, school: SchoolCalendar? = nil) {
        self.rule = rule
        self.working = working
        self.school = school
    }

    /// Reads the clock on a day.
    ///
    /// - Throws: What makes the facts impossible, or the day unknowable.
    public func read(_ facts: ClockFacts, on today: Day) throws(RightsError) -> ClockReading {
        try facts.check(on: today)
        switch rule.period {
        case .months(let months): return try readMonths(months, facts)
        case .days(let days):
            guard let base = facts.received.adding(days: days) else { throw .calendarEnds }
            return try reading(of: facts, base: base)
        case .schoolDays(let days):
            guard let base = school?.adding(days, to: facts.received, working) else {
                throw .schoolDaysUnknown(from: facts.received)
            }
            return try reading(of: facts, base: base)
        }
    }

    /// A period that nothing moves.
    private func reading(of facts: ClockFacts, base: Day) throws(RightsError) -> ClockReading {
        let isDisturbed =
            facts.fee != nil || facts.extended != nil || !facts.identityChecks.isEmpty || !facts.clarifications.isEmpty
        return ClockReading(
            due: .on(try rolled(base)), start: facts.received, base: base, pausedDays: 0, isExtended: false,
            extensionNoticeBy: nil, target: try target(of: facts), actBy: actBy(of: facts),
            flags: isDisturbed ? [.notForThisKind] : [], answered: facts.answered)
    }

    private func readMonths(_ months: Int, _ facts: ClockFacts) throws(RightsError) -> ClockReading {
        var flags = identityFlags(of: facts)
        if !facts.clarifications.isEmpty, !rule.allowsPauses { flags.insert(.notForThisKind) }
        let start: Day
        switch self.start(of: facts) {
        case .success(let day): start = day
        case .failure(let wait):
            return ClockReading(
                due: .waiting(for: wait.awaited, since: wait.since), start: nil, base: nil, pausedDays: 0,
                isExtended: false, extensionNoticeBy: nil, target: try target(of: facts), actBy: actBy(of: facts),
                flags: flags, answered: facts.answered)
        }

        let pauses = rule.allowsPauses ? Pauses(facts.clarifications, from: start) : Pauses([], from: start)
        let first = try pauses.run(months, from: start)
        let isExtended = isExtended(facts, by: first, &flags)
        let period = isExtended ? try pauses.run(months + rule.extensionMonths, from: start) : first
        if period.hasLatePauses { flags.insert(.clarificationTooLate) }

        let due: ClockReading.Due =
            if let since = period.openSince { .paused(since: since) } else { .on(try rolled(period.end)) }
        let hasNotice = rule.extensionMonths > 0 && first.openSince == nil
        return ClockReading(
            due: due, start: start, base: period.base, pausedDays: period.pausedDays, isExtended: isExtended,
            extensionNoticeBy: hasNotice ? working.onOrBefore(first.end) : nil, target: try target(of: facts),
            actBy: actBy(of: facts), flags: flags, answered: facts.answered)
    }

    /// Whether notice was given in time. An open question keeps the first month from ending.
    private func isExtended(_ facts: ClockFacts, by first: Pauses.Period, _ flags: inout Set<ClockReading.Flag>) -> Bool
    {
        guard let extended = facts.extended else { return false }
        guard rule.extensionMonths > 0 else {
            flags.insert(.notForThisKind)
            return false
        }
        let isInTime = first.openSince != nil || extended.noticed <= first.end
        if !isInTime { flags.insert(.extensionTooLate) }
        return isInTime
    }

    private func rolled(_ day: Day) throws(RightsError) -> Day {
        guard let day = working.onOrAfter(day) else { throw .calendarEnds }
        return day
    }

    private func target(of facts: ClockFacts) throws(RightsError) -> Day? {
        guard let days = rule.targetDays else { return nil }
        guard let day = facts.received.adding(days: days) else { throw .calendarEnds }
        return day
    }

    private func actBy(of facts: ClockFacts) -> Day? { rule.actsAtOnce ? facts.received : nil }
}

// Where the period begins.
extension RequestClock {
    private struct Wait: Error {
        let awaited: ClockReading.Awaited
        let since: Day
    }

    /// The latest of the receipt, the identity and the fee, or what is still awaited.
    private func start(of facts: ClockFacts) -> Result<Day, Wait> {
        var start = facts.received
        for check in facts.identityChecks where misuses(of: check, received: facts.received).isEmpty {
            guard let got = check.received else { return .failure(Wait(awaited: .identity, since: check.asked)) }
            start = max(start, got)
        }
        if let fee = facts.fee {
            guard let paid = fee.paid else { return .failure(Wait(awaited: .fee, since: fee.charged)) }
            start = max(start, paid)
        }
        return .success(start)
    }

    private func identityFlags(of facts: ClockFacts) -> Set<ClockReading.Flag> {
        Set(facts.identityChecks.flatMap { misuses(of: $0, received: facts.received) })
    }

    /// Why asking for identity moves no start; empty if it was right to ask.
    private func misuses(of check: ClockFacts.IdentityCheck, received: Day) -> Set<ClockReading.Flag> {
        var flags: Set<ClockReading.Flag> = []
        if check.wasSignedIn { flags.insert(.identityOfSignedInUser) }
        if received.days(until: check.asked) > rule.identityWithinDays { flags.insert(.identityAskedLate) }
        if check.doubt.allSatisfy(\.isWhitespace) { flags.insert(.identityWithoutReason) }
        return flags
    }
}
