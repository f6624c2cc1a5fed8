// Who may use the right, and who gets the reply.
extension RightsPolicy {
    /// What is wrong with the request as a whole, whatever is decided about its items; empty if nothing is.
    ///
    /// Source: Data Protection Act 2018 Sch. 3; ICO and local authorities on requests by and for children; Education
    /// (Pupil Information) (England) Regulations 2005.
    public func judge(_ request: ReviewRequest, on today: Day) -> [RequesterFault] {
        guard request.kind.isAccess else { return [.notAboutAccess] }
        if request.died != nil { return [.subjectHasDied] }
        guard request.capacity.isSubject == (request.requester == request.subject) else { return [.notTheSubject] }
        if request.kind == .educationalRecord { return judgeEducationalRecord(request, on: today) }
        if request.capacity.isSubject { return request.recipient == request.requester ? [] : [.recipientNotEntitled] }
        var faults = judgeAuthority(of: request, on: today)
        if request.capacity != .attorneyOrDeputy { faults += judgeOrders(request, on: today) }
        if ![request.requester, request.subject].contains(request.recipient) { faults.append(.recipientNotEntitled) }
        return faults + judgeAge(request, on: today)
    }

    /// A parent's own right, which the child cannot veto.
    private func judgeEducationalRecord(_ request: ReviewRequest, on today: Day) -> [RequesterFault] {
        var faults: [RequesterFault] = []
        if !request.isMaintainedSchool { faults.append(.schoolNotMaintained) }
        switch request.capacity {
        case .parentWithResponsibility: faults += judgeAuthority(of: request, on: today)
        case .parentWithoutResponsibility, .carer:
            if !request.authority.hasCare { faults.append(.onlyForParents) }
        case .child, .youngPerson, .adult, .agent, .attorneyOrDeputy, .ownData: faults.append(.onlyForParents)
        }
        if request.recipient != request.requester { faults.append(.recipientNotEntitled) }
        return faults + judgeOrders(request, on: today)
    }

    private func judgeAuthority(of request: ReviewRequest, on today: Day) -> [RequesterFault] {
        let authority = request.authority
        let isSent = self.isSent(request, on: today) || authority.isGivenByHolder
        let accepted: Set<AuthorityEvidence>
        switch request.capacity {
        case .child, .youngPerson, .adult, .ownData: return []
        case .parentWithResponsibility:
            accepted = [.birthCertificate, .responsibilityOrder, .adoptionOrder, .guardianship]
        case .parentWithoutResponsibility, .carer, .agent:
            guard isSent else { return [.notAuthorised] }
            accepted = [.writtenAuthority]
        case .attorneyOrDeputy: accepted = [.powerOfAttorney, .deputyship, .courtAppointment]
        }
        return accepted.isDisjoint(with: authority.evidence) ? [.authorityNotShown] : []
    }

    private func judgeOrders(_ request: ReviewRequest, on today: Day) -> [RequesterFault] {
        guard let orders = request.orders, isSound(orders.checked, on: today) else { return [.ordersNotChecked] }
        guard orders.restrainsContact, request.recipient == request.requester else { return [] }
        return orders.permits.map { isSound($0, on: today) } == true ? [] : [.restrainedByOrder]
    }

    /// Whose right it is at that age and with that understanding.
    private func judgeAge(_ request: ReviewRequest, on today: Day) -> [RequesterFault] {
        guard let born = request.born, let sixteen = born.anniversary(years: 16),
            let eighteen = born.anniversary(years: 18)
        else { return [.ageUnknown] }
        if request.capacity == .attorneyOrDeputy {
            let isAppointed = today >= sixteen || request.authority.evidence.contains(.courtAppointment)
            return isAppointed ? [] : [.authorityNotShown]
        }
        if isSent(request, on: today) { return [] }
        if today >= eighteen { return [.adultActsAlone] }
        guard let competence = request.competence, isSound(competence.judgement, on: today) else {
            return [.competenceNotJudged]
        }
        if competence.isCompetent, today >= sixteen { return [.youngPersonActsAlone] }
        return judgeInterests(request, isCompetent: competence.isCompetent, on: today)
    }

    /// Whether the subject has sent the requester, and was able to.
    private func isSent(_ request: ReviewRequest, on today: Day) -> Bool {
        guard request.authority.isGivenBySubject, !request.authority.subjectObjects else { return false }
        if let eighteen = request.born?.anniversary(years: 18), today >= eighteen { return true }
        return request.competence.map { $0.isCompetent && isSound($0.judgement, on: today) } ?? false
    }

    /// A competent child gets the reply, unless another's having it is clearly in the child's best interests and the
    /// child does not object. Whoever acts for a child that is not competent acts in its interests.
    private func judgeInterests(_ request: ReviewRequest, isCompetent: Bool, on today: Day) -> [RequesterFault] {
        let isInInterests = request.bestInterests.map { isSound($0, on: today) } ?? false
        guard isCompetent else { return isInInterests ? [] : [.bestInterestsNotJudged] }
        if request.recipient == request.subject {
            return request.authority.subjectObjects && !isInInterests ? [.bestInterestsNotJudged] : []
        }
        return isInInterests && !request.authority.subjectObjects ? [] : [.replyGoesToSubject]
    }

    /// Somebody judged it, not later than today, and said why.
    func isSound(_ judgement: Judgement, on today: Day) -> Bool {
        !judgement.by.allSatisfy(\.isWhitespace) && judgement.on <= today && isReason(judgement.reasoning)
    }
}
