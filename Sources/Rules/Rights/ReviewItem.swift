/// The opinion of a professional on whether disclosure would be likely to cause serious harm.
public struct Opinion: Hashable, Sendable, Codable {
    public enum Profession: String, CaseIterable, Hashable, Sendable, Codable {
        case medicalPractitioner = "medical-practitioner"
        case nurse, midwife, dentist, pharmacist, optician
        /// Registered with the Health and Care Professions Council, psychologists and therapists among them.
        case alliedHealth = "allied-health"
        case childPsychotherapist = "child-psychotherapist"
        case socialWorker = "social-worker"
        case teacher, other

        /// Source: Data Protection Act 2018 s.204, abridged.
        public var isHealthProfessional: Bool {
            switch self {
            case .medicalPractitioner, .nurse, .midwife, .dentist, .pharmacist, .optician, .alliedHealth,
                .childPsychotherapist:
                true
            case .socialWorker, .teacher, .other: false
            }
        }
    }

    public var by: String
    public var profession: Profession
    /// Why this one was asked, who was not the last to be responsible for the child's care; `nil` for who was.
    public var whyThisOne: String?
    public var obtained: Day
    public var findsSeriousHarm: Bool

    public init(by: String, profession: Profession, whyThisOne: String? = nil, obtained: Day, findsSeriousHarm: Bool) {
        self.by = by
        self.profession = profession
        self.whyThisOne = whyThisOne
        self.obtained = obtained
        self.findsSeriousHarm = findsSeriousHarm
    }
}

/// Somebody else in an item.
public struct ThirdParty: Hashable, Sendable, Codable {
    public enum Kind: String, CaseIterable, Hashable, Sendable, Codable {
        /// A professional who acts in that role: normally not redacted.
        case staffInRole = "staff-in-role"
        case family
        case otherChild = "other-child"
        case informant, other
    }

    public enum Consent: String, CaseIterable, Hashable, Sendable, Codable {
        case given, refused, incapable
        case noAnswer = "no-answer"
        case notSought = "not-sought"
    }

    public var id: String
    public var kind: Kind
    public var consent: Consent
    public var reasonableness: Reasonableness?
    /// Why a professional's name is not disclosed.
    public var whyHidden: String?

    public init(
        id: String, kind: Kind, consent: Consent, reasonableness: Reasonableness? = nil, whyHidden: String? = nil
    ) {
        self.id = id
        self.kind = kind
        self.consent = consent
        self.reasonableness = reasonableness
        self.whyHidden = whyHidden
    }
}

/// Whether it is reasonable to disclose without the other person's consent.
///
/// Source: Data Protection Act 2018 Sch. 2 Pt. 3 para. 16.
public struct Reasonableness: Hashable, Sendable, Codable {
    public enum Factor: String, CaseIterable, Hashable, Sendable, Codable {
        case typeOfInformation = "type-of-information"
        case confidentiality
        case stepsToSeekConsent = "steps-to-seek-consent"
        case capacity
        case expressRefusal = "express-refusal"
    }

    public var considered: Set<Factor>
    public var isReasonable: Bool
    public var judgement: Judgement

    public init(considered: Set<Factor>, isReasonable: Bool, judgement: Judgement) {
        self.considered = considered
        self.isReasonable = isReasonable
        self.judgement = judgement
    }
}

/// One item that the search found.
public struct ReviewItem: Hashable, Sendable, Codable {
    public var id: String
    /// As somebody has classified it: what is left out here is not protected.
    public var data: Set<DataKind>
    /// Whose own data it is: the subject's, the requester's, or both.
    public var about: Set<String>
    public var thirdParties: [ThirdParty]
    public var opinion: Opinion?
    /// The controller who answers is itself a health professional, and needs nobody else's opinion.
    public var isHeldByHealthProfessional: Bool
    /// The subject has seen it, or knows what it says.
    public var isKnownToSubject: Bool
    /// It says, or lets one find out, where the child lives or goes to school.
    public var revealsWhereabouts: Bool
    /// It holds an allegation about the requester.
    public var isAllegationAboutRequester: Bool
    /// Processed under Part 3 of the Data Protection Act 2018.
    public var isLawEnforcement: Bool
    /// When the results of the examination were announced.
    public var resultsAnnounced: Day?
    /// It is a paper of another child, in which this one is named: never shown as it is.
    public var isAnothersPaper: Bool?

    public init(
        id: String, data: Set<DataKind>, about: Set<String>, thirdParties: [ThirdParty] = [],
        opinion: Opinion? = nil, isHeldByHealthProfessional: Bool = false, isKnownToSubject: Bool = false,
        revealsWhereabouts: Bool = false, isAllegationAboutRequester: Bool = false, isLawEnforcement: Bool = false,
        resultsAnnounced: Day? = nil
    ) {
        self.id = id
        self.data = data
        self.about = about
        self.thirdParties = thirdParties
        self.opinion = opinion
        self.isHeldByHealthProfessional = isHeldByHealthProfessional
        self.isKnownToSubject = isKnownToSubject
        self.revealsWhereabouts = revealsWhereabouts
        self.isAllegationAboutRequester = isAllegationAboutRequester
        self.isLawEnforcement = isLawEnforcement
        self.resultsAnnounced = resultsAnnounced
    }
}

/// What was decided about one item.
public struct ItemDecision: Hashable, Sendable, Codable {
    public enum Outcome: Hashable, Sendable, Codable {
        case release, withhold, redact
        /// It is answered, or not, on another route.
        case separate(ReviewRoute)
    }

    public var item: String
    public var outcome: Outcome
    public var citations: [Citation]
    /// The third parties whom the redactions hide.
    public var hides: Set<String>
    public var hidesWhereabouts: Bool
    /// The reply leaves open if there is such an item.
    public var neitherConfirmsNorDenies: Bool
    /// The reply names the exemptions to the requester.
    public var isNamedToRequester: Bool
    /// Why, where the citations do not say it.
    public var reasoning: String
    public var decidedBy: String
    public var decidedOn: Day
    public var redactedBy: String?

    public init(
        item: String, outcome: Outcome, citations: [Citation] = [], hides: Set<String> = [],
        hidesWhereabouts: Bool = false, neitherConfirmsNorDenies: Bool = false, isNamedToRequester: Bool = true,
        reasoning: String = "", decidedBy: String, decidedOn: Day, redactedBy: String? = nil
    ) {
        self.item = item
        self.outcome = outcome
        self.citations = citations
        self.hides = hides
        self.hidesWhereabouts = hidesWhereabouts
        self.neitherConfirmsNorDenies = neitherConfirmsNorDenies
        self.isNamedToRequester = isNamedToRequester
        self.reasoning = reasoning
        self.decidedBy = decidedBy
        self.decidedOn = decidedOn
        self.redactedBy = redactedBy
    }

    /// Whether the requester gets any of the item.
    var shows: Bool { outcome == .release || outcome == .redact }
}

/// An exemption relied on, and why it holds here.
public struct Citation: Hashable, Sendable, Codable {
    public var exemption: ExemptionID
    public var reasoning: String
    /// What the exemption asks for in words.
    public var grounds: [ExemptionNeed: String]

    public init(_ exemption: ExemptionID, reasoning: String, grounds: [ExemptionNeed: String] = [:]) {
        self.exemption = exemption
        self.reasoning = reasoning
        self.grounds = grounds
    }

    /// Whoever writes a citation by hand leaves out the grounds where none are asked for.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        exemption = try container.decode(ExemptionID.self, forKey: .exemption)
        reasoning = try container.decode(String.self, forKey: .reasoning)
        grounds = try container.decodeIfPresent([ExemptionNeed: String].self, forKey: .grounds) ?? [:]
    }
}

/// By which right an item is answered.
public enum ReviewRoute: String, CaseIterable, Hashable, Sendable, Codable {
    /// The request under review.
    case thisRequest = "this-request"
    /// The requester's own data, by a request of the requester's own.
    case requestersOwn = "requesters-own"
    /// Data Protection Act 2018 s.45.
    case lawEnforcement = "law-enforcement"
    /// UK GDPR Art. 15.
    case subjectAccess = "subject-access"
    /// It is neither about the subject nor about the requester.
    case none
}

extension ReviewItem {
    /// By which right this item is answered, when it was found for this request.
    public func route(for request: ReviewRequest) -> ReviewRoute {
        if isLawEnforcement != (request.kind == .lawEnforcementAccess) {
            return isLawEnforcement ? .lawEnforcement : .subjectAccess
        }
        if about.contains(request.subject) { return .thisRequest }
        return about.contains(request.requester) ? .requestersOwn : .none
    }
}
