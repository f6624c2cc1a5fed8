/// What somebody judged, and why: a view on competence, on best interests, on a court order.
public struct Judgement: Hashable, Sendable, Codable {
    public var by: String
    public var on: Day
    public var reasoning: String

    public init(by: String, on: Day, reasoning: String) {
        self.by = by
        self.on = on
        self.reasoning = reasoning
    }
}

/// What a requester showed for the right to act.
public enum AuthorityEvidence: String, CaseIterable, Hashable, Sendable, Codable {
    case birthCertificate = "birth-certificate"
    /// An order or a registered agreement that gives parental responsibility.
    case responsibilityOrder = "responsibility-order"
    case adoptionOrder = "adoption-order"
    case guardianship
    case writtenAuthority = "written-authority"
    case powerOfAttorney = "power-of-attorney"
    case deputyship
    case courtAppointment = "court-appointment"
}

/// By what right somebody asks for another.
public struct Authority: Hashable, Sendable, Codable {
    public var evidence: Set<AuthorityEvidence>
    /// The child, or the person the child has become, has said that the requester may have the data.
    public var isGivenBySubject: Bool
    /// Somebody with parental responsibility has.
    public var isGivenByHolder: Bool
    /// The child lives with the requester, who has the care of it.
    public var hasCare: Bool
    /// The child has said that the requester is not to have the data.
    public var subjectObjects: Bool

    public init(
        evidence: Set<AuthorityEvidence> = [], isGivenBySubject: Bool = false, isGivenByHolder: Bool = false,
        hasCare: Bool = false, subjectObjects: Bool = false
    ) {
        self.evidence = evidence
        self.isGivenBySubject = isGivenBySubject
        self.isGivenByHolder = isGivenByHolder
        self.hasCare = hasCare
        self.subjectObjects = subjectObjects
    }
}

/// Whether the child understands what it is to ask for the data. No age decides that.
public struct Competence: Hashable, Sendable, Codable {
    public var isCompetent: Bool
    public var judgement: Judgement

    public init(isCompetent: Bool, judgement: Judgement) {
        self.isCompetent = isCompetent
        self.judgement = judgement
    }
}

/// That the court orders about the child were looked up, and what they say of the requester.
public struct OrdersCheck: Hashable, Sendable, Codable {
    public var checked: Judgement
    /// An order restrains the requester's contact with the child.
    public var restrainsContact: Bool
    /// Why the requester may have the data in spite of the order.
    public var permits: Judgement?

    public init(checked: Judgement, restrainsContact: Bool, permits: Judgement? = nil) {
        self.checked = checked
        self.restrainsContact = restrainsContact
        self.permits = permits
    }
}

/// A request for access, as the review of its items sees it. Persons are named by identifiers that the vault gives.
public struct ReviewRequest: Hashable, Sendable, Codable {
    public var id: String
    public var kind: RequestKind
    public var received: Day
    public var requester: String
    /// Whose data are asked for.
    public var subject: String
    /// Whom the package is made for.
    public var recipient: String
    public var capacity: RequesterCapacity
    /// The subject's birthday, without which nobody acts for the subject.
    public var born: Day?
    public var died: Day?
    public var authority: Authority
    public var competence: Competence?
    /// That it is in the child's best interests that the requester has the data.
    public var bestInterests: Judgement?
    public var orders: OrdersCheck?
    /// The school is maintained by the local authority: only then is there a right to the educational record.
    public var isMaintainedSchool: Bool

    public init(
        id: String, kind: RequestKind, received: Day, requester: String, subject: String, recipient: String,
        capacity: RequesterCapacity, born: Day? = nil, died: Day? = nil, authority: Authority = Authority(),
        competence: Competence? = nil, bestInterests: Judgement? = nil, orders: OrdersCheck? = nil,
        isMaintainedSchool: Bool = false
    ) {
        self.id = id
        self.kind = kind
        self.received = received
        self.requester = requester
        self.subject = subject
        self.recipient = recipient
        self.capacity = capacity
        self.born = born
        self.died = died
        self.authority = authority
        self.competence = competence
        self.bestInterests = bestInterests
        self.orders = orders
        self.isMaintainedSchool = isMaintainedSchool
    }
}
