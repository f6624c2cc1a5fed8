/// The short name of an exemption: `S3-P3-11`.
public struct ExemptionID: PolicyWord {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// What an item is made of, as far as the law treats it apart.
public enum DataKind: String, CaseIterable, Hashable, Sendable, Codable {
    case health
    case socialWork = "social-work"
    case education
    /// Whether the child is, was or may be at risk of abuse.
    case childAbuse = "child-abuse"
    case legalAdvice = "legal-advice"
    case reference, management
    case examAnswers = "exam-answers"
    case examMarks = "exam-marks"
    case adoption
    case ehcPlan = "ehc-plan"
    case humanFertilisation = "human-fertilisation"
    case parentalOrder = "parental-order"
    /// A teacher's own notes, for no eyes but the teacher's.
    case ownUseNotes = "own-use-notes"
    case otherParents = "other-parents"
}

extension Set<DataKind> {
    /// Health and education come first: social work data exclude whatever is either.
    ///
    /// Source: Data Protection Act 2018 Sch. 3 Pt. 3 para. 8.
    public var classified: Set<DataKind> {
        contains(.health) || contains(.education) ? subtracting([.socialWork]) : self
    }
}

/// What somebody who relies on an exemption must have recorded, beyond the reasoning that all of them need.
public enum ExemptionNeed: String, CaseIterable, Hashable, Sendable, Codable, CodingKeyRepresentable {
    /// The opinion of the appropriate health professional that there would be serious harm.
    case opinion
    /// That another person is in the data, has not consented, and that it is not reasonable to do without.
    case thirdParty = "third-party"
    /// Why disclosure would not be in the child's best interests.
    case bestInterests = "best-interests"
    /// How the child came to expect, or said, that it would not be disclosed to the requester.
    case expectation
    /// Which court the data were processed by, and in which proceedings.
    case court
    /// Not longer than the marks may be kept back.
    case examWindow = "exam-window"

    /// Whether it is answered in words beside the citation, and not by a fact of its own.
    var isInWords: Bool {
        switch self {
        case .bestInterests, .expectation, .court: true
        case .opinion, .thirdParty, .examWindow: false
        }
    }
}

/// A ground on which data may be withheld.
public struct Exemption: Hashable, Sendable {
    public let id: ExemptionID
    /// As officers write it on a redaction: `S3 P3 Para 11 Social work harm`.
    public let code: String
    /// As a letter cites it.
    public let paragraph: String
    public let title: String
    /// On which kinds of request it may be relied on.
    public let kinds: Set<RequestKind>
    /// The data it covers; empty for any.
    public let data: Set<DataKind>
    /// Against whom it may be relied on; empty for anybody.
    public let against: Set<RequesterCapacity>
    public let needs: Set<ExemptionNeed>
    /// Whether the reply may leave open if there is anything.
    public let allowsNeitherConfirmNorDeny: Bool
    /// Whether its very name would warn somebody whom an allegation is about.
    public let tipsOff: Bool
    public let source: String
    public let confidence: RetentionConfidence
}
