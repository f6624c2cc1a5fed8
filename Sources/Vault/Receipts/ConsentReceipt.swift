internal import Rules

/// What a family is given for every yes, no and change of mind: the facts of one consent, as they stand.
///
/// It goes out as JSON after ISO/IEC TS 27560, as a FHIR R4 Consent, and as a page to read. Each of them refuses facts
/// that do not add up, with `VaultError.invalid` and the field that is wrong: a receipt that says more than was agreed
/// is worse than none. The same facts always give the same bytes.
public struct ConsentReceipt: Hashable, Sendable {
    public struct Event: Hashable, Sendable {
        /// `given`, `refused`, `withdrawn`, `expired` or `reconfirm-required`.
        public let state: String
        /// ISO 8601 in UTC, to the second: `2026-10-01T09:30:00Z`.
        public let time: String
    }

    /// Who answers for the papers.
    public struct Controller: Hashable, Sendable {
        public let party: String
        public let name: String
        public let address: String
        public let contact: String
    }

    public struct Category: Hashable, Sendable {
        public let id: String
        public let title: String
    }

    /// Somebody who may see the papers while the consent is given: whoever has the role, or one person.
    public struct Recipient: Hashable, Sendable {
        public let role: String
        public let title: String
        public let person: String?
    }

    public let receiptID: String
    public let recordID: String
    public let childID: String
    /// `service`, `confidentiality` or `lawful-basis`.
    public let kind: String
    /// The state now. The newest event has it too, unless a `given` has turned `expired` or `reconfirm-required` since.
    public let state: String
    public let purpose: String
    public let purposeTitle: String
    public let categories: [Category]
    /// May be empty for a service only.
    public let recipients: [Recipient]
    public let giver: String
    /// `parent`, `competent-child`, `young-person` or `representative`.
    public let capacity: String
    /// Why the giver may decide.
    public let authority: String
    /// The role and the organisation of whoever wrote it down, never a name.
    public let recordedBy: String
    /// The version of the privacy notice that the giver had.
    public let notice: String
    public let noticeDigest: String?
    /// Of the notice, after BCP 47.
    public let language: String
    /// How the answer was given: in a meeting, by letter.
    public let channel: String
    public let interpreter: String?
    /// The document that shows it.
    public let evidence: String?
    /// The last day on which a yes holds: `2027-10-01`.
    public let validUntil: String
    /// Oldest first.
    public let events: [Event]
    public let controllers: [Controller]
    /// A sentence, as are the five after it.
    public let lawfulBasis: String
    public let storage: String
    public let retention: String
    public let jurisdiction: String
    public let withdrawal: String
    public let rights: String
    /// When this receipt was made: ISO 8601 in UTC.
    public let issued: String
    /// What goes on without this consent because it has another lawful basis, as sentences.
    public let restsElsewhere: [String]
}

extension ConsentKind {
    /// Whether a yes lets anybody see a paper.
    var opensPapers: Bool { self != .service }
}

extension ConsentState {
    /// Whether a person said it, and not the calendar.
    var isSaid: Bool { self == .given || self == .refused || self == .withdrawn }
}

extension Capacity {
    /// Whether the giver is the person whom the papers are about.
    var isSubject: Bool { self == .competentChild || self == .youngPerson }
}
