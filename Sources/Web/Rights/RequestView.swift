import Rules
import Vault

/// A request as the service shows it: flat, and the same for the same request, so that it has one ETag.
struct RequestView: Encodable {
    struct Event: Encodable {
        let event: String
        /// What it is about, where the event asks for that.
        let reason: String?
        let wasSignedIn: Bool?
        let day: Day
        let by: String
        let note: String?
    }

    let id, kind, child, state: String
    let received: Day
    let requester: Requester
    let channel, asked: String
    let clock: ClockView?
    let fault: String?
    let next: [NextAction]
    let events: [Event]
    let search: SearchLog?
    let mentions: MentionLog?
    let approved: String?
    let disclosed: [String]
    let version: String

    init(_ request: RightsRequest) {
        (id, kind, child, state) = (request.id, request.kind, request.child, request.state)
        (received, requester, channel) = (request.received, request.requester, request.channel)
        (asked, fault, next, search) = (request.asked, request.fault, request.next, request.search)
        mentions = request.mentions
        (approved, disclosed, version) = (request.approved, request.disclosed, request.version)
        clock = request.clock.map { ClockView($0) }
        events = request.events.map(Event.init)
    }
}

extension RequestView.Event {
    init(_ recorded: RecordedEvent) {
        event = recorded.event.word
        (day, by, note) = (recorded.day, recorded.by, recorded.note)
        wasSignedIn = if case .identityAsked(_, let was) = recorded.event { was } else { nil }
        reason =
            switch recorded.event {
            case .identityAsked(let doubt, _): doubt
            case .feeCharged(let reason): reason.rawValue
            case .extensionNoticed(let reason): reason.rawValue
            case .answered(let outcome): outcome.rawValue
            case .closed(let closing): closing.rawValue
            default: nil
            }
    }
}

/// When a request is due. One of `due`, `pausedSince` and `waitingSince` is there.
struct ClockView: Encodable {
    let due: Day?
    private(set) var pausedSince: Day?
    private(set) var waitingSince: Day?
    private(set) var waitingFor: String?
    let start, base, extensionNoticeBy, target, actBy, answered: Day?
    let pausedDays: Int
    let isExtended: Bool
    let flags: [String]

    init(_ clock: ClockReading) {
        due = clock.dueDay
        switch clock.due {
        case .on: break
        case .paused(let since): pausedSince = since
        case .waiting(let awaited, let since): (waitingFor, waitingSince) = (awaited.rawValue, since)
        }
        (start, base, answered) = (clock.start, clock.base, clock.answered)
        (extensionNoticeBy, target, actBy) = (clock.extensionNoticeBy, clock.target, clock.actBy)
        (pausedDays, isExtended) = (clock.pausedDays, clock.isExtended)
        flags = clock.flags.map(\.rawValue).sorted()
    }
}

/// An item as the service shows it.
struct ItemView: Encodable {
    struct Facts: Encodable {
        let data, about: [String]
        let thirdParties: [Party]
        let opinion: Opinion?
        let isHeldByHealthProfessional, isKnownToSubject, revealsWhereabouts: Bool
        let isAllegationAboutRequester, isLawEnforcement, isAnothersPaper: Bool
        let resultsAnnounced: Day?
    }

    struct Party: Encodable {
        let id, kind, consent: String
        let reasonableness: Reasonableness?
        let whyHidden: String?
    }

    struct Reasonableness: Encodable {
        let considered: [String]
        let isReasonable: Bool
        let judgement: Judgement
    }

    struct Decision: Encodable {
        let outcome: String
        /// Of what is answered on another route.
        let route: String?
        let citations: [Citation]
        let hides: [String]
        let hidesWhereabouts, neitherConfirmsNorDenies, isNamedToRequester: Bool
        let reasoning, decidedBy: String
        let decidedOn: Day
        let redactedBy: String?
    }

    let number: Int64
    let what: String
    let document: String?
    let version: Int64?
    let title, category, holder, blocked: String?
    let facts: Facts
    let decision: Decision?
    let faults: [String]
    let isRedacted, isCopied: Bool
    let attachedTo: Int64?
    let part: RecordPart?
    let mention: Mention?

    init(_ item: RightsItemSummary) {
        (number, what, document, version) = (item.number, item.what, item.document, item.version)
        (title, category, holder, blocked) = (item.title, item.category, item.holder, item.blocked)
        (faults, isRedacted, isCopied) = (item.faults, item.isRedacted, item.isCopied)
        (part, mention, attachedTo) = (item.part, item.mention, item.attachedTo)
        facts = Facts(item.facts)
        decision = item.decision.map { Decision($0) }
    }
}

extension ItemView.Facts {
    init(_ facts: ReviewItem) {
        data = facts.data.map(\.rawValue).sorted()
        about = facts.about.sorted()
        thirdParties = facts.thirdParties.map { ItemView.Party($0) }
        (opinion, resultsAnnounced) = (facts.opinion, facts.resultsAnnounced)
        (isHeldByHealthProfessional, isKnownToSubject) = (facts.isHeldByHealthProfessional, facts.isKnownToSubject)
        (revealsWhereabouts, isLawEnforcement) = (facts.revealsWhereabouts, facts.isLawEnforcement)
        isAllegationAboutRequester = facts.isAllegationAboutRequester
        isAnothersPaper = facts.isAnothersPaper ?? false
    }
}

extension ItemView.Party {
    init(_ party: ThirdParty) {
        (id, kind, consent, whyHidden) = (party.id, party.kind.rawValue, party.consent.rawValue, party.whyHidden)
        reasonableness = party.reasonableness.map { judged in
            ItemView.Reasonableness(
                considered: judged.considered.map(\.rawValue).sorted(), isReasonable: judged.isReasonable,
                judgement: judged.judgement)
        }
    }
}

extension ItemView.Decision {
    init(_ decision: ItemDecision) {
        outcome = decision.outcome.word
        route = if case .separate(let route) = decision.outcome { route.rawValue } else { nil }
        (citations, hides) = (decision.citations, decision.hides.sorted())
        (hidesWhereabouts, isNamedToRequester) = (decision.hidesWhereabouts, decision.isNamedToRequester)
        neitherConfirmsNorDenies = decision.neitherConfirmsNorDenies
        (reasoning, decidedBy, decidedOn) = (decision.reasoning, decision.decidedBy, decision.decidedOn)
        redactedBy = decision.redactedBy
    }
}
