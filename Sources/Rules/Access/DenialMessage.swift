extension DenialReason {
    /// What happened, then what can be done. Shown only to someone who may know that the document exists.
    public var userMessage: String { "\(account()) \(remedy())" }

    /// What happened.
    ///
    /// `voice`: to whom it is said.
    public func account(_ voice: Voice = .toThePerson) -> String {
        let (who, whose) = (voice.subject, voice.possessive)
        return switch self {
        case .unknownRole(let role): "The agreement has no role \(role)."
        case .unknownCategory(let category): "The agreement has no category \(category)."
        case .unknownPurpose(let purpose): "The agreement has no purpose \(purpose)."
        case .roleNotOfParty(let role, let party): "The role \(role) does not belong to \(party.rawValue)."
        case .holderMayNot(let party): "\(party.rawValue) may not hold documents of this category."
        case .outsideScope: "This system is not registered for that."
        case .label: "A restriction on this document keeps it from \(whose) role."
        case .restrained(.protection): "A restriction that protects the child keeps this from \(voice.object)."
        case .restrained(.youngPerson): "The young person has decided who has this."
        case .restrictedUse: "The use of this is restricted for now, under data protection law."
        case .notOnCase: "\(who) \(voice.isOrAre) not on this case."
        case .noAgreement(let holder, let asker):
            "No agreement lets \(asker.rawValue) have this category from \(holder.rawValue)."
        case .agreementNotInForce: "The sharing agreement is not in force today."
        case .agreementReviewOverdue: "The sharing agreement is past its review date and shares nothing new."
        case .purposeNotCovered(let purpose): "The agreement does not share this category for \(purpose)."
        case .noRule: "The agreement gives \(whose) role no access to this category."
        case .metadataOnly: "\(who) may know that this document exists, not read it."
        case .extractOnly: "\(who) may read the extract or the summary only."
        case .renditionOnly(let rendition): "\(who) may read the rendition \(rendition) only."
        case .authorOnly: "Only the authors of this category may add to it."
        case .releaseNotHeld: "\(whose.capitalised) role does not release this category to the family."
        case .notOwn: "\(who) may have only what is \(whose) own or \(whose) organisation's."
        case .emergencyOnly: "\(whose.capitalised) role may have this only in an emergency."
        case .taskGrantMissing: "A task grant that names this document is needed."
        case .consentMissing(.service): "The agreement to take part is not recorded."
        case .consentMissing(.confidentiality): "The consent to lift confidence is not recorded."
        case .consentMissing(.lawfulBasis): "The consent to share this is not recorded."
        case .notReleased(harmCheck: false): "This has not been released to the family yet."
        case .notReleased(harmCheck: true): "This is checked for harm before the family has it."
        case .dutyNotHeld(let duty): "\(whose.capitalised) roles do not include \(duty)."
        }
    }

    /// What would change the answer, and whom to ask.
    public func remedy(_ voice: Voice = .toThePerson) -> String {
        let (whom, whose) = (voice.object, voice.possessive)
        return switch self {
        case .unknownRole, .roleNotOfParty: "Ask the system administrator to correct \(whose) role."
        case .unknownCategory: "Ask the case officer to reclassify the document."
        case .unknownPurpose: "Choose one of its purposes."
        case .holderMayNot: "Choose another category or holder."
        case .outsideScope: "Ask the system administrator what it is registered for."
        case .label: "Ask the case officer whether it still applies."
        case .restrained(.protection): "Ask the case officer what may be had."
        case .restrained(.youngPerson): "Ask the young person, or the case officer."
        case .restrictedUse:
            "Ask the data protection officer for leave. If somebody is at risk, ask for emergency access."
        case .notOnCase: "Ask the case officer to add \(whom)."
        case .noAgreement: "Ask the holder directly."
        case .agreementNotInForce: "Tell the data protection officer."
        case .agreementReviewOverdue: "Ask the data protection officer when it will be renewed."
        case .purposeNotCovered: "Choose the purpose of the work."
        case .noRule, .metadataOnly, .notOwn: "Ask the holder for what is needed."
        case .extractOnly: "Ask the holder to make one."
        case .renditionOnly: "Ask the holder to make it."
        case .authorOnly: "Send \(whose) document to one of them."
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

/// To whom a message is said.
public enum Voice: Hashable, Sendable {
    /// Whoever was refused.
    case toThePerson
    /// Somebody who asks about another person.
    case aboutThePerson

    fileprivate var subject: String { self == .toThePerson ? "You" : "This person" }
    fileprivate var object: String { self == .toThePerson ? "you" : "this person" }
    fileprivate var possessive: String { self == .toThePerson ? "your" : "this person's" }
    fileprivate var isOrAre: String { self == .toThePerson ? "are" : "is" }
}

extension String {
    fileprivate var capitalised: String { prefix(1).uppercased() + dropFirst() }
}
