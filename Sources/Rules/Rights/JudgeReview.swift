// What may be decided about one item.
extension RightsPolicy {
    /// Judges the decision on one item.
    ///
    /// - Returns: All that is wrong with it; empty if it may go to approval.
    ///
    /// Source: UK GDPR Art. 15(4); Data Protection Act 2018 Schs. 2 to 4. What they leave open is in docs/decisions/0016.
    public func judge(
        _ decision: ItemDecision, of item: ReviewItem, for request: ReviewRequest, on today: Day
    ) -> [ReviewFault] {
        let requesterFaults = judge(request, on: today)
        var faults = requesterFaults.map { ReviewFault.requester($0) }
        if requesterFaults == [.subjectHasDied] || requesterFaults == [.notAboutAccess] { return faults }
        if decision.item != item.id { faults.append(.decisionOnAnotherItem) }
        if decision.decidedBy == request.requester { faults.append(.decidedByRequester) }
        if decision.decidedOn > today { faults.append(.decidedLater(decision.decidedOn)) }

        let route = item.route(for: request)
        if case .separate(let chosen) = decision.outcome {
            return chosen == route && route != .thisRequest ? faults : faults + [.separateWithoutCause]
        }
        guard route == .thisRequest else { return faults + [.belongsTo(route)] }
        let review = ItemReview(policy: self, decision: decision, item: item, request: request, today: today)
        return faults + review.faults()
    }
}

/// One decision with all that it is judged by.
private struct ItemReview {
    let policy: RightsPolicy
    let decision: ItemDecision
    let item: ReviewItem
    let request: ReviewRequest
    let today: Day

    private var cited: [Exemption] { decision.citations.compactMap { policy.exemption($0.exemption) } }

    func faults() -> [ReviewFault] {
        let shown: [ReviewFault] =
            item.isAnothersPaper == true && decision.outcome == .release ? [.anothersPaperShown] : []
        return shown + citationFaults() + opinionFaults() + thirdPartyFaults() + requesterFaults()
    }

    private func citationFaults() -> [ReviewFault] {
        guard decision.outcome != .release else {
            let isClear = decision.citations.isEmpty && decision.hides.isEmpty && !decision.neitherConfirmsNorDenies
            return isClear ? [] : [.citesThoughReleased]
        }
        guard !decision.citations.isEmpty else { return [.citesNothing] }
        var faults = decision.citations.flatMap(faults)
        if decision.neitherConfirmsNorDenies,
            decision.outcome != .withhold || !cited.allSatisfy(\.allowsNeitherConfirmNorDeny)
        {
            faults.append(.cannotNeitherConfirmNorDeny)
        }
        return faults
    }

    private func faults(of citation: Citation) -> [ReviewFault] {
        guard let exemption = policy.exemption(citation.exemption) else {
            return [.unknownExemption(citation.exemption)]
        }
        let id = exemption.id
        var faults: [ReviewFault] = []
        if !exemption.kinds.contains(request.kind) { faults.append(.exemptionNotForKind(id)) }
        if !exemption.data.isEmpty, exemption.data.isDisjoint(with: item.data.classified) {
            faults.append(.exemptionNotForData(id))
        }
        if !exemption.against.isEmpty, !exemption.against.contains(request.capacity) {
            faults.append(.exemptionNotAgainst(id))
        }
        if !policy.isReason(citation.reasoning) { faults.append(.reasonMissing(id)) }
        for need in ExemptionNeed.allCases where exemption.needs.contains(need) && need.isInWords {
            if !policy.isReason(citation.grounds[need] ?? "") { faults.append(.groundMissing(id, need)) }
        }
        if exemption.needs.contains(.examWindow), !isInExamWindow { faults.append(.examWindowOver(id)) }
        if exemption.tipsOff, item.isAllegationAboutRequester, decision.isNamedToRequester {
            faults.append(.tipsOff(id))
        }
        return faults
    }

    /// Five months from the request, or 40 days from the results, whichever is earlier.
    private var isInExamWindow: Bool {
        guard let months = request.received.clampedMonths(5), today <= months else { return false }
        guard let results = item.resultsAnnounced else { return true }
        return results.adding(days: 40).map { today <= $0 } ?? false
    }

    /// What the requester as a person makes of this item.
    private func requesterFaults() -> [ReviewFault] {
        guard decision.shows else { return [] }
        var faults: [ReviewFault] = []
        let isAllegationHidden = cited.contains(where: \.tipsOff)
        if item.isAllegationAboutRequester, !isAllegationHidden, !policy.isReason(decision.reasoning) {
            faults.append(.allegationNotConsidered)
        }
        guard item.revealsWhereabouts, request.recipient == request.requester else { return faults }
        switch request.orders {
        case let orders?:
            if orders.restrainsContact, !decision.hidesWhereabouts { faults.append(.whereaboutsShown) }
        case nil:
            if request.capacity == .ownData { faults.append(.requester(.ordersNotChecked)) }
        }
        return faults
    }
}

// The opinion of the appropriate health professional.
extension ItemReview {
    /// Whether the opinion must find serious harm, or must find none; `nil` if none is needed.
    private var neededFinding: Bool? {
        guard !item.isHeldByHealthProfessional else { return nil }
        if cited.contains(where: { $0.needs.contains(.opinion) }) { return true }
        let isShownHealth = decision.shows && item.data.contains(.health)
        return isShownHealth && !item.isKnownToSubject ? false : nil
    }

    private func opinionFaults() -> [ReviewFault] {
        guard let neededFinding else { return [] }
        guard let opinion = item.opinion else { return [.opinionMissing] }
        var faults: [ReviewFault] = []
        if !opinion.profession.isHealthProfessional { faults.append(.opinionNotByHealthProfessional) }
        let isClear = opinion.whyThisOne.map(policy.isReason) ?? true
        if opinion.by.allSatisfy(\.isWhitespace) || !isClear { faults.append(.opinionByWhomUnclear) }
        let last = opinion.obtained.clampedMonths(policy.numbers.opinionMonths)
        if opinion.obtained > today || last.map({ $0 < today }) ?? true { faults.append(.opinionTooOld) }
        if opinion.findsSeriousHarm != neededFinding { faults.append(.opinionSaysOtherwise) }
        return faults
    }
}

// Everybody else in the item.
extension ItemReview {
    /// Whoever gets the package is no third party in it.
    private var others: [ThirdParty] { item.thirdParties.filter { $0.id != request.recipient } }

    private var citesThirdParty: Bool { cited.contains { $0.needs.contains(.thirdParty) } }

    /// Hidden on no other ground than that they are somebody else.
    private var citesOnlyThirdParty: Bool { citesThirdParty && cited.allSatisfy { $0.needs.contains(.thirdParty) } }

    private func thirdPartyFaults() -> [ReviewFault] {
        let listed = Set(item.thirdParties.map(\.id))
        var faults = decision.hides.subtracting(listed).sorted().map { ReviewFault.hidesNobody($0) }
        let hidden = others.filter { decision.outcome == .withhold || decision.hides.contains($0.id) }
        let isGround = hidden.contains { $0.kind != .staffInRole || isExplained($0) }
        if citesThirdParty, !isGround { faults.append(.noThirdParty) }
        for person in others {
            let isHidden = hidden.contains(person)
            faults += isHidden ? faultsOfHiding(person) : faultsOfShowing(person)
        }
        return faults
    }

    private func faultsOfShowing(_ person: ThirdParty) -> [ReviewFault] {
        if person.kind == .staffInRole || person.consent == .given { return [] }
        guard let view = person.reasonableness, isComplete(view) else { return [.thirdPartyShown(person.id)] }
        return view.isReasonable ? [] : [.thirdPartyShown(person.id)]
    }

    private func faultsOfHiding(_ person: ThirdParty) -> [ReviewFault] {
        if person.kind == .staffInRole {
            return isExplained(person) || decision.outcome == .withhold ? [] : [.staffNameHidden(person.id)]
        }
        guard citesOnlyThirdParty else { return [] }
        if person.consent == .given { return [.thirdPartyConsented(person.id)] }
        guard let view = person.reasonableness, isComplete(view) else { return [.reasonablenessNotJudged(person.id)] }
        return view.isReasonable ? [.reasonableToShow(person.id)] : []
    }

    private func isExplained(_ person: ThirdParty) -> Bool { person.whyHidden.map(policy.isReason) ?? false }

    private func isComplete(_ view: Reasonableness) -> Bool {
        view.considered == Set(Reasonableness.Factor.allCases) && policy.isSound(view.judgement, on: today)
    }
}
