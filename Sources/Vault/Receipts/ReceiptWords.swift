internal import Rules

/// What the three kinds of consent are called and mean. They read differently, so that nobody takes an agreement to a
/// service for a permission to share.
struct ReceiptWords {
    let name: String
    /// What the standard calls the method of processing.
    let method: String
    /// What was asked, and what it is not.
    let meaning: [String]
    let headlines: [ConsentState: String]
    let papersTitle: String
    let peopleTitle: String
    /// Above the list of people, while the consent is given and while it is not.
    let people: (given: String, otherwise: String)

    init(_ kind: ConsentKind) {
        switch kind {
        case .service: self = Self.service
        case .confidentiality: self = Self.confidentiality
        case .lawfulBasis: self = Self.lawfulBasis
        }
    }

    private init(
        name: String, method: String, meaning: [String], headlines: [ConsentState: String],
        papersTitle: String = "Which papers", peopleTitle: String = "Who may see them",
        people: (given: String, otherwise: String)
    ) {
        self.name = name
        self.method = method
        self.meaning = meaning
        self.headlines = headlines
        self.papersTitle = papersTitle
        self.peopleTitle = peopleTitle
        self.people = people
    }

    private static let service = Self(
        name: "Agreement to take part in a service",
        method: "Recorded. Nothing is shared because of it.",
        meaning: [
            "We asked if you want to take part.",
            "This is not a permission to share. Your answer alone lets nobody see any papers.",
        ],
        headlines: [
            .given: "You agreed to take part",
            .refused: "You said no to taking part",
            .withdrawn: "You stopped taking part",
            .expired: "Your agreement to take part has ended",
            .reconfirmRequired: "We must ask again about taking part",
        ],
        papersTitle: "What it is about",
        peopleTitle: "Who works on it",
        people: (
            given: "These people work on it. This agreement does not let them see any papers.",
            otherwise: "These people were to work on it. This agreement never let them see any papers."
        ))

    private static let confidentiality = Self(
        name: "Consent to pass on confidential information",
        method: "Passed on in confidence to the recipients while the consent is given.",
        meaning: [
            "Some people must keep private what you tell them. We asked if they may pass it on.",
            "A yes covers only the papers and the people on this page.",
            "This is not the legal reason for keeping or using information. That reason is further down.",
        ],
        headlines: [
            .given: "You said yes: private information may be passed on",
            .refused: "You said no: private information may not be passed on",
            .withdrawn: "You took back your yes to passing on private information",
            .expired: "Your yes to passing on private information has ended",
            .reconfirmRequired: "We must ask again about passing on private information",
        ],
        people: (
            given: "While your yes counts, the papers may be passed on to:",
            otherwise: "Your answer does not allow passing the papers on to:"
        ))

    private static let lawfulBasis = Self(
        name: "Consent as the lawful basis for sharing",
        method: "Shared with the recipients while the consent is given.",
        meaning: [
            "We asked for your permission to share. Your permission is the only legal reason for this sharing.",
            "Without your yes, this sharing does not happen. If you take your yes back, it stops.",
            "Taking your yes back does not undo what was shared before.",
        ],
        headlines: [
            .given: "You gave permission to share information",
            .refused: "You said no to sharing information",
            .withdrawn: "You took back your permission to share information",
            .expired: "Your permission to share information has ended",
            .reconfirmRequired: "We must ask again for permission to share information",
        ],
        people: (
            given: "While your yes counts, the papers are shared with:",
            otherwise: "We have no permission to share the papers with:"
        ))
}
