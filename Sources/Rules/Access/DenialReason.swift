/// Why not: one case for each thing that somebody can do something about, in the order in which it is decided.
public enum DenialReason: Hashable, Sendable {
    case unknownRole(Role)
    case unknownCategory(Category)
    case unknownPurpose(Purpose)
    case roleNotOfParty(Role, Party)
    case holderMayNot(Party)
    case label(Label)
    case restrained(Restraint.Cause)
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
        case .label(let label): "label:\(label)"
        case .restrained(let cause): "restrained:\(cause.rawValue)"
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
        case .unknownRole, .unknownCategory, .unknownPurpose, .roleNotOfParty, .holderMayNot, .label, .restrained,
            .notOnCase, .noAgreement, .agreementNotInForce, .agreementReviewOverdue, .purposeNotCovered, .noRule,
            .dutyNotHeld:
            0
        }
    }
}

extension DenialReason {
    /// What happened, then what can be done. Shown only to someone who may know that the document exists.
    public var userMessage: String {
        switch self {
        case .unknownRole(let role):
            "The agreement has no role \(role). Ask the system administrator to correct your role."
        case .unknownCategory(let category):
            "The agreement has no category \(category). Ask the case officer to reclassify the document."
        case .unknownPurpose(let purpose):
            "The agreement has no purpose \(purpose). Choose one of its purposes."
        case .roleNotOfParty(let role, let party):
            "The role \(role) does not belong to \(party.rawValue). Ask the system administrator to correct your role."
        case .holderMayNot(let party):
            "\(party.rawValue) may not hold documents of this category. Choose another category or holder."
        case .label:
            "A restriction on this document keeps it from your role. Ask the case officer whether it still applies."
        case .restrained(.protection):
            "A restriction that protects the child keeps this from you. Ask the case officer what you may have."
        case .restrained(.youngPerson):
            "The young person has decided who sees this. Ask the young person, or the case officer."
        case .notOnCase:
            "You are not on this case. Ask the case officer to add you."
        case .noAgreement(let holder, let asker):
            "No agreement lets \(asker.rawValue) have this category from \(holder.rawValue). Ask the holder directly."
        case .agreementNotInForce:
            "The sharing agreement is not in force today. Tell the data protection officer."
        case .agreementReviewOverdue:
            "The sharing agreement is past its review date and shares nothing new. Tell the data protection officer."
        case .purposeNotCovered(let purpose):
            "The agreement does not share this category for \(purpose). Choose the purpose you are working to."
        case .noRule:
            "The agreement gives your role no access to this category. Ask the holder for what you need."
        case .metadataOnly:
            "You may know that this document exists, not read it. Ask the holder for what you need."
        case .extractOnly:
            "You may read the extract or the summary only. Ask the holder to make one."
        case .renditionOnly(let rendition):
            "You may read the rendition \(rendition) only. Ask the holder to make it."
        case .authorOnly:
            "Only the authors of this category may add to it. Send your document to one of them."
        case .releaseNotHeld:
            "Your role does not release this category to the family. Ask the case officer or the author."
        case .notOwn:
            "You may have only what is your own or your organisation's. Ask the holder for what you need."
        case .emergencyOnly:
            "Your role may have this only in an emergency. If a child is at risk, ask for emergency access."
        case .taskGrantMissing:
            "You need a task grant that names this document. Ask the case officer or the rights office for one."
        case .consentMissing(.service):
            "The agreement to take part is not recorded. Ask the case officer to seek it."
        case .consentMissing(.confidentiality):
            "The consent to lift confidence is not recorded. Ask the case officer to seek it."
        case .consentMissing(.lawfulBasis):
            "The consent to share this is not recorded. Ask the case officer to seek it."
        case .notReleased(harmCheck: false):
            "This has not been released to the family yet. Ask the case officer when it will be."
        case .notReleased(harmCheck: true):
            "This is checked for harm before the family has it. Ask the case officer when it will be released."
        case .dutyNotHeld(let duty):
            "Your roles do not include \(duty). Ask a colleague whose role does."
        }
    }
}
