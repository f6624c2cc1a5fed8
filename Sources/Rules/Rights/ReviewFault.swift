/// Why a request, whatever is decided about its items, may not be answered as it stands.
public enum RequesterFault: Hashable, Sendable {
    case notAboutAccess
    case subjectHasDied
    /// The requester is, or is not, the subject, and the capacity says otherwise.
    case notTheSubject
    case authorityNotShown
    case notAuthorised
    case ageUnknown
    case adultActsAlone
    case youngPersonActsAlone
    case competenceNotJudged
    case bestInterestsNotJudged
    case replyGoesToSubject
    case recipientNotEntitled
    case ordersNotChecked
    case restrainedByOrder
    case onlyForParents
    case schoolNotMaintained

    /// What is wrong and what can be done about it.
    public var userMessage: String { word.sentence }

    fileprivate var word: (code: String, sentence: String) {
        switch self {
        case .notAboutAccess: ("not-access", "This is no request for access. There is nothing to review.")
        case .subjectHasDied:
            (
                "subject-has-died",
                "The child has died, so that this law no longer applies. Use the route for the records of the dead."
            )
        case .notTheSubject: ("not-the-subject", "Who asks and in what capacity do not agree. Correct one of them.")
        case .authorityNotShown:
            ("authority-not-shown", "There is no evidence of the requester's authority. Ask for it.")
        case .notAuthorised:
            ("not-authorised", "The requester cannot use the child's right without authority. Ask for it, or refuse.")
        case .ageUnknown: ("age-unknown", "The child's birthday is not known. Enter it.")
        case .adultActsAlone:
            ("adult-acts-alone", "The subject is grown up: only the subject, or who stands in law, asks.")
        case .youngPersonActsAlone:
            ("young-person-acts-alone", "A person of 16 or 17 has the right alone. Ask for their authority.")
        case .competenceNotJudged:
            ("competence-not-judged", "Nobody has said whether the child is competent. Record who judged it, and why.")
        case .bestInterestsNotJudged:
            ("best-interests-not-judged", "The child's best interests have not been judged. Record who did, and why.")
        case .replyGoesToSubject: ("reply-to-subject", "The reply goes to the child. Make the package for the child.")
        case .recipientNotEntitled:
            ("recipient-not-entitled", "The package is for neither the requester nor the child. Correct the recipient.")
        case .ordersNotChecked: ("orders-not-checked", "The court orders have not been checked. Check and record them.")
        case .restrainedByOrder:
            (
                "restrained-by-order",
                "A court order restrains the requester. Refuse, or record why the order permits it."
            )
        case .onlyForParents: ("only-for-parents", "Only a parent, or who has the care of the child, has this right.")
        case .schoolNotMaintained: ("school-not-maintained", "The school is not maintained. Use a request for access.")
        }
    }
}

/// Why a decision on an item may not go to approval.
public enum ReviewFault: Hashable, Sendable {
    /// About the request as a whole.
    case requester(RequesterFault)

    // About the item and the decision.
    case decisionOnAnotherItem
    case decidedByRequester
    case decidedLater(Day)
    case belongsTo(ReviewRoute)
    case separateWithoutCause
    case citesThoughReleased
    case citesNothing
    case unknownExemption(ExemptionID)
    case exemptionNotForKind(ExemptionID)
    case exemptionNotForData(ExemptionID)
    case exemptionNotAgainst(ExemptionID)
    case reasonMissing(ExemptionID)
    case groundMissing(ExemptionID, ExemptionNeed)
    case examWindowOver(ExemptionID)
    case cannotNeitherConfirmNorDeny
    case tipsOff(ExemptionID)
    case allegationNotConsidered
    case whereaboutsShown
    case anothersPaperShown

    case opinionMissing
    case opinionNotByHealthProfessional
    case opinionByWhomUnclear
    case opinionTooOld
    case opinionSaysOtherwise

    case thirdPartyShown(String)
    case thirdPartyConsented(String)
    case reasonableToShow(String)
    case reasonablenessNotJudged(String)
    case noThirdParty
    case hidesNobody(String)
    case staffNameHidden(String)

    /// A short name, for tables and logs; it tells nothing of a person.
    public var code: String { word.code }

    /// What is wrong and what can be done about it.
    public var userMessage: String { word.sentence }
}

extension ReviewFault {
    private var word: (code: String, sentence: String) {
        switch self {
        case .requester(let fault): fault.word
        case .decisionOnAnotherItem: ("another-item", "The decision is on another item. Decide on this one.")
        case .decidedByRequester: ("decided-by-requester", "Nobody decides on their own request. Let another decide.")
        case .decidedLater(let day): ("decided-later", "The decision bears a day to come, \(day). Correct it.")
        case .belongsTo(let route):
            ("belongs-to-\(route.rawValue)", "The item takes another route, \(route.rawValue). Separate it.")
        case .separateWithoutCause: ("separate-without-cause", "The item takes no such route. Decide on it here.")
        case .citesThoughReleased: ("cites-though-released", "It is released, and yet something is cited or hidden.")
        case .citesNothing: ("cites-nothing", "Something is withheld without an exemption. Cite one.")
        case .unknownExemption(let id): ("unknown-exemption", "The exemption \(id) is not known. Check its name.")
        case .exemptionNotForKind(let id): ("not-for-kind", "\(id) is not for this kind of request. Cite another.")
        case .exemptionNotForData(let id): ("not-for-data", "\(id) does not cover these data. Cite another.")
        case .exemptionNotAgainst(let id): ("not-against", "\(id) does not hold against this requester. Cite another.")
        case .reasonMissing(let id): ("reason-missing", "Why \(id) holds here is not said. Give the reasoning.")
        case .groundMissing(let id, let need): ("ground-missing", "\(id) needs more: \(need.rawValue). Record it.")
        case .examWindowOver(let id): ("exam-window-over", "\(id) no longer holds: the marks must be disclosed.")
        case .cannotNeitherConfirmNorDeny:
            ("cannot-leave-open", "These exemptions do not let the reply leave open if there is anything.")
        case .tipsOff(let id): ("tips-off", "Naming \(id) to the requester would warn them. Leave the name out.")
        case .allegationNotConsidered:
            ("allegation-not-considered", "It holds an allegation about the requester. Say why it may be shown.")
        case .whereaboutsShown:
            ("whereabouts-shown", "It shows where the child is to somebody whom an order restrains. Redact that.")
        case .anothersPaperShown:
            (
                "anothers-paper-shown",
                "It is a paper of another child. Redact all that is not about this one, or withhold it."
            )
        case .opinionMissing:
            ("opinion-missing", "A health professional's opinion is needed first. Ask for it, and wait.")
        case .opinionNotByHealthProfessional:
            ("opinion-not-by-health-professional", "The opinion is not by a health professional. Ask one.")
        case .opinionByWhomUnclear:
            ("opinion-by-whom-unclear", "Say who gave the opinion, and why that person if another was responsible.")
        case .opinionTooOld: ("opinion-too-old", "The opinion no longer counts for its age. Ask again.")
        case .opinionSaysOtherwise: ("opinion-says-otherwise", "The opinion says otherwise. Follow it, or ask again.")
        case .thirdPartyShown:
            (
                "third-party-shown",
                "Somebody else is shown who has not consented. Redact, or record why it is reasonable."
            )
        case .thirdPartyConsented:
            ("third-party-consented", "Somebody is hidden who has consented. Show them, or cite another ground.")
        case .reasonableToShow: ("reasonable-to-show", "Somebody is hidden whom it was judged reasonable to show.")
        case .reasonablenessNotJudged:
            ("reasonableness-not-judged", "The five things to consider about another person are not all recorded.")
        case .noThirdParty:
            ("no-third-party", "The third-party exemption is cited, but it hides nobody whom it protects.")
        case .hidesNobody: ("hides-nobody", "Somebody is to be hidden who is not listed in the item. List them.")
        case .staffNameHidden:
            ("staff-name-hidden", "A professional's name is hidden without a reason. Show it, or say why.")
        }
    }
}
