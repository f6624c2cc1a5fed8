/// Which right somebody uses.
public enum RequestKind: String, CaseIterable, Hashable, Sendable, Codable {
    /// UK GDPR Art. 15.
    case subjectAccess = "subject-access"
    /// UK GDPR Arts. 16, 17, 18, 20 and 21.
    case rectification, erasure, restriction, portability, objection
    /// To the controller: Data Protection Act 2018 s.164A.
    case complaint
    /// A parent's, of a maintained school: Education (Pupil Information) (England) Regulations 2005.
    case educationalRecord = "educational-record"
    /// Data processed for law enforcement: Data Protection Act 2018 s.45.
    case lawEnforcementAccess = "law-enforcement-access"

    /// Whether the answer is a copy of the data, which is reviewed item by item.
    public var isAccess: Bool {
        switch self {
        case .subjectAccess, .educationalRecord, .lawEnforcementAccess: true
        case .rectification, .erasure, .restriction, .portability, .objection, .complaint: false
        }
    }
}

/// How a request came in. Each is as good as any other, to any member of staff and in any words.
public enum Channel: String, CaseIterable, Hashable, Sendable, Codable {
    case portal, email, letter, form, telephone
    case inPerson = "in-person"
    case socialMedia = "social-media"
    /// Another organisation, or another part of this one, passed it on.
    case passedOn = "passed-on"
}

/// Who asks, seen from the child whom the data are about.
public enum RequesterCapacity: String, CaseIterable, Hashable, Sendable, Codable {
    /// The data subject, under 16.
    case child
    /// The data subject, 16 or 17.
    case youngPerson = "young-person"
    /// The data subject, grown up.
    case adult
    case parentWithResponsibility = "parent-with-responsibility"
    case parentWithoutResponsibility = "parent-without-responsibility"
    /// A foster carer, a grandparent or whoever else has the care of the child.
    case carer
    /// A solicitor, an advocate, or whoever else the subject or the holder of the right has sent.
    case agent
    /// Under a lasting power of attorney, as a deputy, or appointed by a court to manage the subject's affairs.
    case attorneyOrDeputy = "attorney-or-deputy"
    /// Somebody who asks for their own data in a child's file.
    case ownData = "own-data"

    /// Whether the requester is the person whose data are asked for.
    public var isSubject: Bool {
        switch self {
        case .child, .youngPerson, .adult, .ownData: true
        case .parentWithResponsibility, .parentWithoutResponsibility, .carer, .agent, .attorneyOrDeputy: false
        }
    }
}
