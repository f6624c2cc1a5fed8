/// What kind of controller holds a document: `school`, `nhs`. The schedule declares the kinds of each party.
public struct HolderType: PolicyWord {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// What a period runs from.
public enum RetentionTrigger: String, CaseIterable, Hashable, Sendable {
    /// Of the child, and the only triggers that are no events.
    case birth, death
    /// The item came into the vault. It is never before what the item tells of, so that counting from it keeps longer.
    case added
    case adoptionOrder = "adoption-order"
    /// The birth of the adult whom an allegation is about.
    case adultBorn = "adult-born"
    case appealWindowEnded = "appeal-window-ended"
    case approvalEnded = "approval-ended"
    case careEnded = "care-ended"
    case caseClosed = "case-closed"
    case caseReopened = "case-reopened"
    case consentEnded = "consent-ended"
    case decision
    case deregistered
    case finalIssued = "final-issued"
    case investigationEnded = "investigation-ended"
    case itemDisposed = "item-disposed"
    case lastAction = "last-action"
    case lastContact = "last-contact"
    case lastPayment = "last-payment"
    case lastSeen = "last-seen"
    /// A complaint, a request, a breach or an appeal was closed.
    case matterClosed = "matter-closed"
    case orderEnded = "order-ended"
    case pensionAge = "pension-age"
    case placementDecision = "placement-decision"
    case planEnded = "plan-ended"
    case released
    case sentenceEnded = "sentence-ended"
    case superseded
    case treatmentEnded = "treatment-ended"

    private static let places = Dictionary(
        uniqueKeysWithValues: allCases.enumerated().map { place, trigger in (trigger, place) })

    /// Where its last day stands among those of a child or an item.
    var place: Int { Self.places[self] ?? 0 }
}

/// What is true of a child, a case or an item, and decides which rules and periods apply.
public enum RetentionFlag: String, CaseIterable, Hashable, Sendable {
    case everLookedAfter = "ever-looked-after"
    case careLeaver = "care-leaver"
    case childrensHome = "childrens-home"
    case adoptionOrder = "adoption-order"
    case adoptionWithoutOrder = "adoption-without-order"
    case childProtection = "child-protection"
    case childInNeed = "child-in-need"
    case supervisionOrder = "supervision-order"
    case privatelyFostered = "privately-fostered"
    case planMade = "plan-made"
    case planNotIssued = "plan-not-issued"
    case movedSchool = "moved-school"
    case courtOrder = "court-order"
    case outOfCourt = "out-of-court"
    case graveOffence = "grave-offence"
    /// Whether the item is still needed has been reviewed, and the review is recorded.
    case needReviewed = "need-reviewed"
    case qualityAudit = "quality-audit"
    case litigation
    /// Kept on nothing but somebody's consent, such as a photograph.
    case consentOnly = "consent-only"

    // These follow from the child's days, and are never stated.
    case died
    case treatedAt17 = "treated-at-17"
    case treatedAsAdult = "treated-as-adult"

    private static let places = Dictionary(
        uniqueKeysWithValues: allCases.enumerated().map { place, flag in (flag, place) })

    fileprivate var bit: UInt64 { 1 << UInt64(Self.places[self] ?? 0) }
}

/// A set of flags.
public struct RetentionFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public init(_ flags: some Sequence<RetentionFlag>) { rawValue = flags.reduce(0) { $0 | $1.bit } }

    public func contains(_ flag: RetentionFlag) -> Bool { rawValue & flag.bit != 0 }
}

/// What is due once a period has passed.
public enum RetentionAction: String, Hashable, Sendable {
    case destroy
    /// A person decides; nothing becomes eligible.
    case review
    /// The item goes to another controller; nothing becomes eligible.
    case transfer
}

/// How well founded a rule is.
public enum RetentionConfidence: String, Hashable, Sendable {
    case statutory
    case statutorySecondarySource = "statutory-secondary-source"
    case secondarySource = "secondary-source"
    case localChoice = "local-choice"
    case knowledge, design

    var isStatutory: Bool { self == .statutory || self == .statutorySecondarySource }
}
