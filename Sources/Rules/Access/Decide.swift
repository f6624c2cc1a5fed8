/// Default deny. The checks run in a fixed order and the first that fails gives the reason: labels, restraint,
/// restriction, case, agreement, rule, conditions. To see or to read, an emergency stands in for the case and for a
/// missing agreement, and waives a restriction; nothing lifts a label or a restraint.
extension Agreement {
    /// May this be done today?
    public func decide(_ facts: AccessFacts, on day: Day) -> AccessDecision {
        settle(facts, on: day) { _, _ in }
    }

    /// Tells `passed` of each check that lets the question through, with the reason for refusal that an emergency grant
    /// waived, if it did. The check that refuses, and the rule that admits, are the answer.
    @inline(__always)
    func settle(
        _ facts: AccessFacts, on day: Day, passed: (AccessCheck, DenialReason?) -> Void
    ) -> AccessDecision {
        guard let role = roleIndex[facts.role] else { return .deny(.unknownRole(facts.role)) }
        guard let category = categoryIndex[facts.category] else { return .deny(.unknownCategory(facts.category)) }
        guard let purpose = purposeIndex[facts.purpose] else { return .deny(.unknownPurpose(facts.purpose)) }
        passed(.words, nil)

        if let reason = placeRefusal(caller: facts.caller, holder: facts.holder, role: role, category: category) {
            return .deny(reason)
        }
        if let scope = facts.scope, !scope.admits(facts) { return .deny(.outsideScope) }
        passed(.place, nil)

        if let reason = labelRefusal(facts.labels, role: role, category: category, hasTask: facts.hasTaskGrant) {
            return .deny(reason)
        }
        passed(.labels, nil)

        if let restraint = facts.restraint, !restraint.admits(facts.action) {
            return .deny(.restrained(restraint.cause))
        }
        passed(.restraint, nil)

        // An emergency is a person's judgement, so none opens anything for a system.
        let isEmergency =
            facts.hasEmergency && facts.action.isReading && roleEntries[role].actsInEmergency && facts.scope == nil
        let isRestricted = facts.restriction.map { !$0.admits(facts) } ?? false
        if isRestricted, !isEmergency { return .deny(.restrictedUse) }
        passed(.restriction, isRestricted ? .restrictedUse : nil)

        let hasPlace = facts.isOnCase || facts.hasTaskGrant
        let openRulesOnly = !hasPlace && !isEmergency
        // A rule that needs no case reaches only what the caller's own party holds, whatever purpose is claimed.
        if openRulesOnly, facts.caller != facts.holder || !table.hasOpenRule(role: role, category: category) {
            return .deny(.notOnCase)
        }
        passed(.membership, hasPlace || openRulesOnly ? nil : .notOnCase)

        let gap = sharingGap(facts, category: category, purpose: purpose, on: day)
        if let gap, !isEmergency { return .deny(gap) }
        passed(.agreement, gap)

        let ask = Ask(
            action: facts.action, rendition: facts.rendition, met: facts.conditions(isEmergency: isEmergency),
            openRulesOnly: openRulesOnly, isOverride: isEmergency && (!hasPlace || gap != nil || isRestricted))
        return table.judge(ask, role: role, category: category)
    }

    /// May a person with these roles do this administrative act?
    public func decideDuty(_ duty: Duty, roles: some Sequence<Role>) -> DutyDecision {
        let allowed = dutyRoles[duty] ?? []
        guard let role = roles.first(where: allowed.contains) else { return .deny(.dutyNotHeld(duty)) }
        return .permit(DutyPermit(duty, role: role, agreementVersion: version))
    }

    /// A role must sit where the agreement puts it, and a document be held by who may hold it.
    func placeRefusal(caller: Party, holder: Party, role: Int, category: Int) -> DenialReason? {
        guard roleEntries[role].parties.contains(caller) else { return .roleNotOfParty(roles[role], caller) }
        guard categoryEntries[category].holders.contains(holder) else { return .holderMayNot(holder) }
        return nil
    }

    /// The first label, of the category's own and then the document's in order of name, that keeps the role out.
    func labelRefusal(_ labels: Set<Label>, role: Int, category: Int, hasTask: Bool) -> DenialReason? {
        func restrains(_ label: Label) -> Bool {
            // A label the agreement does not know cannot be judged, so it keeps everybody out.
            guard let entry = labelEntries[label] else { return true }
            return !entry.exempt.contains(role) && !(hasTask && entry.exemptOnTask.contains(role))
        }
        if let label = categoryEntries[category].labels.first(where: restrains) { return .label(label) }
        var first: Label?
        for label in labels where restrains(label) { first = first.map { min($0, label) } ?? label }
        return first.map(DenialReason.label)
    }

    /// What is missing between two parties; `nil` within one party, which needs no agreement with itself.
    private func sharingGap(_ facts: AccessFacts, category: Int, purpose: Int, on day: Day) -> DenialReason? {
        let (holder, asker) = (facts.holder, facts.caller)
        if holder == asker { return nil }
        let covered = sharing[holder: holder, asker: asker, category: category]
        if covered.isEmpty { return .noAgreement(holder: holder, asker: asker) }
        if !isInForce(on: day) { return .agreementNotInForce }
        if cameTooLate(facts.shared) { return .agreementReviewOverdue }
        return covered.contains(purpose) ? nil : .purposeNotCovered(purposes[purpose])
    }

    /// Past its review date an agreement admits no new shares; what had come by then stays shared.
    @inline(__always)
    func cameTooLate(_ shared: Day?) -> Bool {
        guard let shared else { return false }
        return shared > reviewBy
    }
}

extension AccessFacts {
    func conditions(isEmergency: Bool) -> Conditions {
        var met: Conditions = []
        if isOwn { met.insert(.own) }
        if isEmergency { met.insert(.emergency) }
        if hasTaskGrant { met.insert(.task) }
        if isReleased { met.insert(.released) }
        met.formUnion(Conditions(consents))
        return met
    }
}
