public import Rules
internal import Sealing
internal import Storage

/// Who uses a right, and how the answer reaches them.
public struct Requester: Hashable, Sendable, Codable {
    public var name: String
    public var capacity: RequesterCapacity
    /// On what authority somebody asks for a child, and how it was seen: a birth certificate, a court order, a signed form.
    public var authority: String
    /// An address, as the requester gave it.
    public var contact: String
    /// The requester's own account here, where there is one.
    public var account: String?

    public init(name: String, capacity: RequesterCapacity, authority: String, contact: String, account: String? = nil) {
        self.name = name
        self.capacity = capacity
        self.authority = authority
        self.contact = contact
        self.account = account
    }
}

/// Something that happened to a request, and who wrote it down.
public struct RecordedEvent: Hashable, Sendable, Codable {
    public let event: RequestEvent
    public let day: Day
    public let by: String
    public let note: String?
}

/// What is sealed in a request's row, under the child's key.
struct RightsRequestBody: Hashable, Sendable, Codable {
    /// That somebody else has approved exactly these decisions.
    struct Approval: Hashable, Sendable, Codable {
        let by: String
        let at: Instant
        /// Of every item with what was decided about it.
        let digest: String
    }

    /// That the package was handed over, or waits to be fetched.
    struct Disclosure: Hashable, Sendable, Codable {
        let by: String
        let at: Instant
        let method: String
    }

    let kind: RequestKind
    let received: Day
    var requester: Requester
    let channel: Channel
    /// What is asked for, in the requester's words.
    let asked: String
    var events: [RecordedEvent] = []
    var search: SearchLog?
    /// Of other children's papers.
    var mentions: MentionState?
    /// By what right the requester asks.
    var standing: RequesterStanding?
    /// Who said so.
    var judgedBy: String?
    var opinions: [AskedOpinion] = []
    var approval: Approval?
    var disclosures: [Disclosure] = []
    /// Who has had what was corrected, restricted or erased.
    var recipients: [Recipient]?
    /// What goes and what is kept, of a request for erasure.
    var erasure: [ErasureDecision]?
    var objection: ObjectionDecision?
    /// The documents of a copy to take elsewhere.
    var portable: [PortableDocument]?

    /// The request as its events have left it.
    ///
    /// - Throws: `StorageError.damagedStore` when they do not follow from each other.
    func history() throws -> RequestHistory {
        do throws(RightsError) {
            return try RequestHistory(kind, received: received, replaying: events.map { ($0.event, $0.day) })
        } catch {
            throw StorageError.damagedStore(store: "rights_requests table")
        }
    }
}

extension DocumentVault {
    func body(of row: RightsRequestRow, _ key: ChildKey) throws -> RightsRequestBody {
        try key.fields.open(json: row.body, as: RightsRequestBody.self, Self.facts(row.id, row.child))
    }

    func seal(_ body: RightsRequestBody, of id: RightsRequestID, _ key: ChildKey) throws -> [UInt8] {
        try key.fields.seal(json: body, Self.facts(id, key.child), random: environment.random)
    }

    private static func facts(_ id: RightsRequestID, _ child: ChildID) -> Facts {
        .field(table: "rights_requests", column: "body", row: id.bytes, owner: child.bytes)
    }
}

/// What a request is refused for.
public enum RightsProblem: Hashable, Sendable {
    /// The program was started without the rules on requests.
    case noPolicy
    /// Or without the promises of the impact assessment.
    case noClaims
    case rules(RightsError)
    /// What is done in another way: approving, disclosing, asking for an opinion.
    case notByHand(String)
    /// The package is for somebody else.
    case wrongRecipient
    /// What stands against the approval or the release.
    case faults([String])
    /// Something was decided anew after the approval.
    case notAsApproved
    /// The request names no account of the one whom the answer goes to.
    case noAccount
    /// An offer that is not there to be taken any more.
    case offerOver(OfferState)
    /// An offer of something that may not go out as it is now.
    case offerStale

    var sentence: String {
        switch self {
        case .noPolicy:
            "The rules on requests are not there. Set MUNIMENT_POLICIES to the folder with rights.yaml."
        case .noClaims:
            "The promises of the impact assessment are not there. Set MUNIMENT_POLICIES to the folder with claims.yaml."
        case .rules(let error): error.userMessage
        case .notByHand(let command): "This is not recorded by hand. Use `muniment request \(command)`."
        case .wrongRecipient: "This package was made for another person. Name the one whose request it is."
        case .faults(let faults): "It may not go out yet: \(faults.joined(separator: " "))"
        case .notAsApproved:
            "Something was changed since it was approved. Send it back with `muniment request note … sent-back`, and have it approved again."
        case .noAccount:
            "Whom this answer goes to has no account here that the request names. Hand it over in another way."
        case .offerOver(let state): state.sentence
        case .offerStale: "This cannot be handed over as it is now. Ask whoever offered it to you."
        }
    }
}
