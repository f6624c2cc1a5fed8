/// Why not: one case for each thing that somebody can do something about, in the order in which it is decided.
public enum DenialReason: Hashable, Sendable {
    case unknownRole(Role)
    case unknownCategory(Category)
    case unknownPurpose(Purpose)
    case roleNotOfParty(Role, Party)
    case holderMayNot(Party)
    case outsideScope
    case label(Label)
    case restrained(Restraint.Cause)
    /// On no ground that is told: that somebody contests or objects is for few to know.
    case restrictedUse
    case notOnCase
    case noAgreement(holder: Party, asker: Party)
    case agreementNotInForce
    case agreementReviewOverdue
    case purposeNotCovered(Purpose)
    case noRule
    case metadataOnly
    case extractOnly
    case renditionOnly(String)
    case authorOnly
    case releaseNotHeld
    case notOwn
    case emergencyOnly
    case taskGrantMissing
    case consentMissing(ConsentKind)
    case notReleased(harmCheck: Bool)
    case dutyNotHeld(Duty)

    /// Stable, for the ledger, the cases and programs.
    public var code: String {
        switch self {
        case .unknownRole: "unknown-role"
        case .unknownCategory: "unknown-category"
        case .unknownPurpose: "unknown-purpose"
        case .roleNotOfParty: "role-not-of-party"
        case .holderMayNot: "holder-may-not"
        case .outsideScope: "outside-scope"
        case .label(let label): "label:\(label)"
        case .restrained(let cause): "restrained:\(cause.rawValue)"
        case .restrictedUse: "restricted-use"
        case .notOnCase: "not-on-case"
        case .noAgreement: "no-agreement"
        case .agreementNotInForce: "agreement-not-in-force"
        case .agreementReviewOverdue: "agreement-review-overdue"
        case .purposeNotCovered: "purpose-not-covered"
        case .noRule: "no-rule"
        case .metadataOnly: "metadata-only"
        case .extractOnly: "extract-only"
        case .renditionOnly(let rendition): "rendition-only:\(rendition)"
        case .authorOnly: "author-only"
        case .releaseNotHeld: "release-not-held"
        case .notOwn: "not-own"
        case .emergencyOnly: "emergency-only"
        case .taskGrantMissing: "task-grant-missing"
        case .consentMissing(let kind): "consent-missing:\(kind.rawValue)"
        case .notReleased(let harmCheck): harmCheck ? "not-released:harm-check" : "not-released"
        case .dutyNotHeld: "duty-not-held"
        }
    }

    /// How near to a permit a rule came; of several rules that fail, the nearest is reported.
    var closeness: Int {
        switch self {
        case .metadataOnly: 1
        case .extractOnly: 2
        case .renditionOnly: 3
        case .authorOnly: 4
        case .releaseNotHeld: 5
        case .notOwn: 6
        case .emergencyOnly: 7
        case .taskGrantMissing: 8
        case .consentMissing: 9
        case .notReleased: 10
        case .unknownRole, .unknownCategory, .unknownPurpose, .roleNotOfParty, .holderMayNot, .outsideScope, .label,
            .restrained, .restrictedUse,
            .notOnCase, .noAgreement, .agreementNotInForce, .agreementReviewOverdue, .purposeNotCovered, .noRule,
            .dutyNotHeld:
            0
        }
    }
}
