internal import Foundation
public import Rules
internal import Sealing
public import Storage

// The particulars of acts, sealed as JSON under the child's key. See docs/FORMATS.md, "Acts". Identifiers are in hexadecimal.

/// An event of a consent. The terms stand in the event that began it; later events refer to that one.
struct ConsentBody: Codable, Sendable {
    var event: ConsentState
    var terms: ConsentTerms?
    /// The role and organisation of whoever wrote it down, with the terms.
    var recordedBy: String?
    /// Who said so, and how it reached us.
    var note: String?
}

/// What was agreed to or refused, by whom, and how it was asked.
public struct ConsentTerms: Codable, Hashable, Sendable {
    public var kind: ConsentKind
    public var purpose: String
    /// What may be seen; empty only for a service.
    public var categories: [String]
    /// The roles that may see it; empty only for a service.
    public var roles: [String]
    /// The only person it is for, where it is for one.
    public var person: String?
    public var giver: String
    /// The giver's account, where there is one.
    public var giverPerson: String?
    public var capacity: Capacity
    /// On what authority the giver speaks, and how it was seen: a birth certificate, a court order.
    public var authority: String
    /// The document that shows it, such as the signed form.
    public var evidence: String?
    /// The version of the privacy notice that was shown.
    public var notice: String
    /// Of the conversation: a BCP 47 tag.
    public var language: String
    /// Paper, telephone, meeting, portal.
    public var channel: String
    public var interpreter: String?
    /// The last day on which it holds.
    public var until: Day

    /// `giver`, `capacity`: of whoever speaks; the vault puts its own facts in their place when a member of the family does so.
    public init(
        kind: ConsentKind, purpose: Purpose, categories: [Category], roles: [Role], giver: String, capacity: Capacity,
        authority: String, evidence: DocumentID? = nil, notice: String, language: String, channel: String,
        interpreter: String? = nil, until: Day
    ) {
        self.kind = kind
        self.purpose = purpose.rawValue
        self.categories = categories.map(\.rawValue)
        self.roles = roles.map(\.rawValue)
        self.giver = giver
        self.capacity = capacity
        self.authority = authority
        self.evidence = evidence.map { "\($0)" }
        self.notice = notice
        self.language = language
        self.channel = channel
        self.interpreter = interpreter
        self.until = until
    }
}

struct ReleaseBody: Codable, Sendable {
    var rendition: String
    var check: HarmCheck?
}

/// What was looked for before a document with possible harm in it went to the family.
public struct HarmCheck: Codable, Hashable, Sendable {
    /// What the check for serious harm found and why it may go.
    public var seriousHarm: String
    /// What the check for other people's data found.
    public var thirdParties: String

    /// - Throws: `VaultError.invalid` unless both say something.
    public init(seriousHarm: String, thirdParties: String) throws {
        self.seriousHarm = try PlainText.paragraph(seriousHarm, field: "harm check", atLeast: 10)
        self.thirdParties = try PlainText.paragraph(thirdParties, field: "third-party check", atLeast: 10)
    }
}

struct GrantBody: Codable, Sendable {
    var role: String
    var organisation: String
    var purpose: String
    var caseID: String
    var documents: [String]
    var categories: [String]
}

/// Why a person is held back from a child's papers.
public enum RestraintGround: String, Codable, CaseIterable, Hashable, Sendable {
    case courtOrder = "court-order"
    case riskFlag = "risk-flag"
}

struct RestraintBody: Codable, Sendable {
    var ground: RestraintGround
    /// Empty: all.
    var categories: [String]
    var reason: String
}

struct EmergencyBody: Codable, Sendable {
    var role: String
    var organisation: String
    var reason: String
}

/// What a reviewer found an emergency access to be.
public enum ReviewOutcome: String, Codable, CaseIterable, Hashable, Sendable {
    case justified, unjustified
}

struct ReviewBody: Codable, Sendable {
    var outcome: ReviewOutcome
    var note: String
}

struct DelayBody: Codable, Sendable {
    var until: Day
    var reason: String
}

/// How far a young person lets a parent go.
public enum ParentChoice: String, Codable, CaseIterable, Hashable, Sendable {
    /// Nothing at all.
    case none
    /// That there is something: category and date.
    case notices
    case view
    /// As before: see, read and add.
    case act
}

struct ChoiceBody: Codable, Sendable {
    var choice: ParentChoice
    var note: String
}

struct CapacityBody: Codable, Sendable {
    var lacksCapacity: Bool
    var note: String
}

struct EndBody: Codable, Sendable {
    var reason: String
}

/// An act that is about to be done.
struct NewAct: Sendable {
    let id: ActID
    let kind: ActKind
    var document: DocumentID?
    var person: PersonID?
    var refers: ActID?
    var until: Instant?
    let body: [UInt8]
    let event: Event

    init(_ kind: ActKind, id: ActID, _ body: some Encodable, _ event: Event) throws {
        self.kind = kind
        self.id = id
        self.body = try sortedJSON(body)
        self.event = event
    }
}

extension ActRow {
    func body<Body: Decodable>(as _: Body.Type, with key: Key) throws -> Body {
        try key.open(json: body, as: Body.self, DocumentVault.actFacts(id, child))
    }
}

extension DocumentVault {
    static func actFacts(_ act: ActID, _ child: ChildID) -> Facts {
        .field(table: "acts", column: "body", row: act.bytes, owner: child.bytes)
    }
}
