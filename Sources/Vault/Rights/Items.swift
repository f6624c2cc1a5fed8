internal import Ledger
internal import Paper
internal import Rules
internal import Sealing
internal import Storage

/// What is sealed of an item: what it is, whether it can be read, what was decided and who did so.
struct RightsItemBody: Hashable, Sendable, Codable {
    /// A rendition of a document.
    var rendition: String?
    var document: String?
    var version: Int64?
    var form: String?
    var category: String?
    var holder: String?
    var mediaType: String?
    var byteCount: UInt64?
    /// It came attached to a mail.
    var attached: Attached?
    /// Or a part of the records, as it was when it was collected: what is approved is what goes out.
    var part: RecordPart?
    /// Or a document of another child, in which this one is named.
    var mention: Mention?
    /// Why it cannot be read; `nil` when it can.
    var blocked: String?
    /// What is in it, as far as the law treats it apart. There it has its number for a name.
    var facts: ReviewItem
    /// What hides in the document; `nil` until somebody has looked into it.
    var hidden: [Hidden]?
    var decision: ItemDecision?
    var redaction: Redaction?

    struct Attached: Hashable, Sendable, Codable {
        /// The number of the mail's item.
        let to: Int64
        /// Its place in the mail, from 1; behind that of its mail, where that is attached itself.
        let place: String
        /// What the sender called it.
        let name: String
    }

    /// A redacted form of the item.
    struct Redaction: Hashable, Sendable, Codable {
        /// Kept as a rendition of the same document and version.
        var rendition: String?
        /// Of a part of the records: what is left of it.
        var part: RecordPart?
        let by: String
        let at: Instant
        /// How many places are blacked out.
        let boxes: Int
        /// Those that the boxes rest on.
        let exemptions: Set<ExemptionID>
        /// SHA-256 of the plan it was made by; not known of those made before it was kept.
        var plan: String?
    }

    init(_ rendition: RenditionRow, _ document: DocumentRow, labels: Set<Label>, blocked: String?) {
        self.rendition = "\(rendition.id)"
        self.document = "\(document.id)"
        version = rendition.version
        form = rendition.kind.description
        category = document.category.rawValue
        holder = document.holder.rawValue
        mediaType = rendition.mediaType
        byteCount = rendition.byteCount
        self.blocked = blocked
        facts = ReviewItem(
            id: "", data: labels.reduce(document.category.dataKinds) { $0.union($1.dataKinds) },
            about: ["child"], revealsWhereabouts: labels.contains("safe-contact"),
            isLawEnforcement: labels.contains("yj.le"))
    }

    /// A document of another child: all but what is about this one is hidden, whatever is decided.
    init(_ rendition: RenditionRow, _ document: DocumentRow, labels: Set<Label>, mention: Mention) {
        self.init(rendition, document, labels: labels, blocked: nil)
        self.mention = mention
        facts.isAnothersPaper = true
        facts.thirdParties = [ThirdParty(id: "other child", kind: .otherChild, consent: .notSought)]
    }

    init(_ part: RecordPart) {
        self.part = part
        facts = ReviewItem(
            id: "", data: [], about: ["child"], thirdParties: part.kind.thirdParties,
            isAllegationAboutRequester: part.kind == .restraint || part.kind == .emergency)
    }

    /// By which the same thing is known again.
    var key: String {
        if let attached { return "\(document ?? "") \(version ?? 0) attached \(attached.place)" }
        return rendition ?? "\(part?.kind.rawValue ?? "") \(part?.id ?? "")"
    }
    var order: (String, String, Int64, String) { (category ?? "", document ?? "", version ?? 0, form ?? "") }
}

extension Category {
    /// What the law takes documents of this category to be made of, until their reviewer says otherwise.
    fileprivate var dataKinds: Set<DataKind> {
        switch rawValue {
        case "D05", "D06": [.health]
        case "D07", "D09": [.socialWork]
        case "D08", "D18": [.socialWork, .childAbuse]
        case "D11", "D12": [.ehcPlan]
        case "D14b": [.legalAdvice]
        case "D01", "D03", "D04", "D13": [.education]
        default: []
        }
    }
}

extension Label {
    fileprivate var dataKinds: Set<DataKind> {
        switch rawValue {
        case "sealed.adoption": [.adoption]
        case "legal.privileged": [.legalAdvice]
        default: []
        }
    }
}

extension RecordPart.Kind {
    /// Somebody else whom such a part is about, until its reviewer says otherwise.
    fileprivate var thirdParties: [ThirdParty] {
        switch self {
        case .consent: [ThirdParty(id: "giver", kind: .family, consent: .notSought)]
        case .request: [ThirdParty(id: "other requester", kind: .family, consent: .notSought)]
        default: []
        }
    }
}

/// An item with its number.
struct RightsItem: Hashable, Sendable {
    let number: Int64
    var body: RightsItemBody
}

extension DocumentVault {
    /// In the order of their numbers.
    func items(of request: RightsRequestID, _ key: ChildKey) async throws -> [RightsItem] {
        try await records.read { try $0.rightsItems(of: request) }.map { row in
            RightsItem(
                number: row.number,
                body: try key.fields.open(
                    json: row.body, as: RightsItemBody.self, Self.itemFacts(request, row.number, key.child)))
        }
    }

    func sealed(_ item: RightsItem, of request: RightsRequestID, _ key: ChildKey) throws -> RightsItemRow {
        RightsItemRow(
            request: request, number: item.number, rendition: item.body.rendition.flatMap { RenditionID($0) },
            body: try key.fields.seal(
                json: item.body, Self.itemFacts(request, item.number, key.child), random: environment.random))
    }

    private static func itemFacts(_ request: RightsRequestID, _ number: Int64, _ child: ChildID) -> Facts {
        .field(table: "rights_items", column: "body", row: request.bytes + "\(number)".utf8, owner: child.bytes)
    }
}
