/// What is done to a document.
public enum AccessAction: String, CaseIterable, Hashable, Sendable {
    /// Learn that it exists: its category, date and type.
    case see
    /// Open its content.
    case read
    /// Author a new document or a new version.
    case deposit
    /// Let the family have a rendition.
    case release

    /// Emergencies are for learning what protects a child, never for writing or for giving out.
    var isReading: Bool { self == .see || self == .read }
}

/// One form of a version; each is an object with a key of its own.
public enum Rendition: Hashable, Sendable {
    case original, extract, summary
    /// A redaction made for the named audience, such as `consultation`.
    case redacted(String)

    private static let redactedPrefix = "redacted:"

    /// Reads `original`, `extract`, `summary` or `redacted:NAME`; NAME is lower-case letters, digits and hyphens.
    public init?(_ text: String) {
        switch text {
        case "original": self = .original
        case "extract": self = .extract
        case "summary": self = .summary
        default:
            guard text.hasPrefix(Self.redactedPrefix) else { return nil }
            let name = text.dropFirst(Self.redactedPrefix.count)
            guard !name.isEmpty, name.utf8.count <= 64, name.utf8.allSatisfy(Self.isNameByte) else { return nil }
            self = .redacted(String(name))
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }
}

extension Rendition: CustomStringConvertible {
    public var description: String {
        switch self {
        case .original: "original"
        case .extract: "extract"
        case .summary: "summary"
        case .redacted(let name): Self.redactedPrefix + name
        }
    }
}

/// Everything a decision about one document rests on. What is not stated is false, and refuses.
public struct AccessFacts: Hashable, Sendable {
    public var action: AccessAction
    public var category: Category
    /// The party whose controller is answerable for the document.
    public var holder: Party
    public var labels: Set<Label>
    public var rendition: Rendition

    /// The party for which the caller asks.
    public var caller: Party
    /// The caller's role on the case team, or the role held where no team is needed.
    public var role: Role
    public var purpose: Purpose

    public var isOnCase: Bool
    /// The document is the caller's organisation's own; for family, the person's own.
    public var isOwn: Bool
    /// A task grant for this caller, that names this document, runs today.
    public var hasTaskGrant: Bool
    /// An emergency grant for this caller and child runs now.
    public var hasEmergency: Bool
    /// The kinds of consent given for this caller's role and not withdrawn.
    public var consents: ConsentKinds
    /// This rendition has been released to the family, after whatever check its category needs.
    public var isReleased: Bool
    /// What keeps this very person back, if anything does: the strictest that stands.
    public var restraint: Restraint?
    /// What keeps the document from normal use, if anything does.
    public var restriction: Restriction?
    /// The day on which this rendition came; what is not stated is taken to have come before the review date.
    public var shared: Day?
    /// What the caller is registered for; `nil` for a person.
    public var scope: Scope?

    public init(
        _ action: AccessAction, category: Category, holder: Party, labels: Set<Label> = [],
        rendition: Rendition = .original, caller: Party, role: Role, purpose: Purpose, isOnCase: Bool = false,
        isOwn: Bool = false, hasTaskGrant: Bool = false, hasEmergency: Bool = false, consents: ConsentKinds = [],
        isReleased: Bool = false, restraint: Restraint? = nil, shared: Day? = nil
    ) {
        self.action = action
        self.category = category
        self.holder = holder
        self.labels = labels
        self.rendition = rendition
        self.caller = caller
        self.role = role
        self.purpose = purpose
        self.isOnCase = isOnCase
        self.isOwn = isOwn
        self.hasTaskGrant = hasTaskGrant
        self.hasEmergency = hasEmergency
        self.consents = consents
        self.isReleased = isReleased
        self.restraint = restraint
        self.shared = shared
    }
}
