extension DenialReason {
    /// What happened, then what can be done. Shown only to someone who may know that the document exists.
    public var userMessage: String { "\(account) \(remedy)" }

    /// What happened.
    public var account: String {
        switch self {
        case .unknownRole(let role): "The agreement has no role \(role)."
        case .unknownCategory(let category): "The agreement has no category \(category)."
        case .unknownPurpose(let purpose): "The agreement has no purpose \(purpose)."
        case .roleNotOfParty(let role, let party): "The role \(role) does not belong to \(party.rawValue)."
        case .holderMayNot(let party): "\(party.rawValue) may not hold documents of this category."
        case .label: "A restriction on this document keeps it from your role."
        case .restrained(.protection): "A restriction that protects the child keeps this from you."
        case .restrained(.youngPerson): "The young person has decided who has this."
        case .notOnCase: "You are not on this case."
        case .noAgreement(let holder, let asker):
            "No agreement lets \(asker.rawValue) have this category from \(holder.rawValue)."
        case .agreementNotInForce: "The sharing agreement is not in force today."
        case .agreementReviewOverdue: "The sharing agreement is past its review date and shares nothing new."
        case .purposeNotCovered(let purpose): "The agreement does not share this category for \(purpose)."
        case .noRule: "The agreement gives your role no access to this category."
        case .metadataOnly: "You may know that this document exists, not read it."
        case .extractOnly: "You may read the extract or the summary only."
        case .renditionOnly(let rendition): "You may read the rendition \(rendition) only."
        case .authorOnly: "Only the authors of this category may add to it."
        case .releaseNotHeld: "Your role does not release this category to the family."
        case .notOwn: "You may have only what is your own or your organisation's."
        case .emergencyOnly: "Your role may have this only in an emergency."
        case .taskGrantMissing: "You need a task grant that names this document."
        case .consentMissing(.service): "The agreement to take part is not recorded."
        case .consentMissing(.confidentiality): "The consent to lift confidence is not recorded."
        case .consentMissing(.lawfulBasis): "The consent to share this is not recorded."
        case .notReleased(harmCheck: false): "This has not been released to the family yet."
        case .notReleased(harmCheck: true): "This is checked for harm before the family has it."
        case .dutyNotHeld(let duty): "Your roles do not include \(duty)."
        }
    }

    /// What would change the answer, and whom to ask.
    public var remedy: String {
        switch self {
        case .unknownRole, .roleNotOfParty: "Ask the system administrator to correct your role."
        case .unknownCategory: "Ask the case officer to reclassify the document."
        case .unknownPurpose: "Choose one of its purposes."
        case .holderMayNot: "Choose another category or holder."
        case .label: "Ask the case officer whether it still applies."
        case .restrained(.protection): "Ask the case officer what you may have."
        case .restrained(.youngPerson): "Ask the young person, or the case officer."
        case .notOnCase: "Ask the case officer to add you."
        case .noAgreement: "Ask the holder directly."
        case .agreementNotInForce: "Tell the data protection officer."
        case .agreementReviewOverdue: "Ask the data protection officer when it will be renewed."
        case .purposeNotCovered: "Choose the purpose you are working to."
        case .noRule, .metadataOnly, .notOwn: "Ask the holder for what you need."
        case .extractOnly: "Ask the holder to make one."
        case .renditionOnly: "Ask the holder to make it."
        case .authorOnly: "Send your document to one of them."
        case .releaseNotHeld: "Ask the case officer or the author."
        case .emergencyOnly: "If a child is at risk, ask for emergency access."
        case .taskGrantMissing: "Ask the case officer or the rights office for one."
        case .consentMissing: "Ask the case officer to seek it."
        case .notReleased(harmCheck: false): "Ask the case officer when it will be."
        case .notReleased(harmCheck: true): "Ask the case officer when it will be released."
        case .dutyNotHeld: "Ask a colleague whose role does."
        }
    }
}
