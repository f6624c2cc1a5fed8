internal import Ledger
public import Rules
internal import Sealing
public import Storage

/// A document to be deposited.
public struct NewDocument: Sendable {
    public let caseID: CaseID
    public let category: Category
    public let title: String
    public let mediaType: MediaType
    public let labels: Set<Label>

    public init(caseID: CaseID, category: Category, title: String, mediaType: MediaType, labels: Set<Label> = []) {
        self.caseID = caseID
        self.category = category
        self.title = title
        self.mediaType = mediaType
        self.labels = labels
    }
}

/// What a deposit answers. It is the same whether or not the vault had the file already.
public struct Receipt: Hashable, Sendable, Codable {
    public let document: String
    public let version: Int64
    public let byteCount: UInt64
    /// The index of the ledger entry.
    public let entry: UInt64
}

extension DocumentVault {
    /// Deposits one file as the first version of a new document.
    ///
    /// `content`: read to its end; of any length.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.theCase)`, `.caseClosed`, `.typeMismatch`, `.unsafeContent`, `.malware`,
    ///   `.scanFailed`, `.scannerMissing`, `.invalid`; `StorageError`. Nothing is kept then.
    public func deposit(
        _ new: NewDocument, content: some ContentSource, as caller: Caller
    ) async throws -> Receipt {
        let author = try await authoriseDeposit(new, caller)
        let draft = try await taken(new, author, caller) { try self.draft(new, author, content: content) }
        guard let receipt = try await commit([draft], as: caller).first else { throw VaultError.keyMissing }
        return receipt
    }

    /// Deposits one file as the next version of a document of the caller's own organisation. The earlier version stays.
    ///
    /// `version`: the newest that the caller knows of; any when `nil`.
    ///
    /// - Throws: as `deposit`; `VaultError.notFound(.document)`, `.changedMeanwhile` when there is a newer version by then.
    public func replace(
        _ document: DocumentID, after version: Int64? = nil, mediaType: MediaType, content: some ContentSource,
        as caller: Caller
    ) async throws -> Receipt {
        try await deposit(.version(after: version), of: document, mediaType, content, .documentReplaced, caller)
    }

    /// Adds an extract, a summary or a redaction to a version, made by the holder's side: an object with a key of its own, for
    /// those whom the agreement lets have that and not the original.
    ///
    /// `version`: the newest when `nil`.
    ///
    /// - Throws: as `deposit`; `VaultError.notFound(.document)`, `.notFound(.version)`, `.renditionThere`.
    public func addRendition(
        _ kind: Rendition, of document: DocumentID, version: Int64?, mediaType: MediaType, content: some ContentSource,
        as caller: Caller
    ) async throws -> Receipt {
        guard kind != .original else {
            throw VaultError.invalid(field: "rendition", reason: "the original comes with its version")
        }
        let renditions = try await records.read { try $0.renditions(of: document) }
        let number = version ?? renditions.last?.version ?? 0
        return try await deposit(.rendition(kind, number), of: document, mediaType, content, .renditionAdded, caller)
    }

    /// A further form of a document that is there: only for authors of the organisation whose own it is.
    private func deposit(
        _ form: Draft.Form, of id: DocumentID, _ mediaType: MediaType, _ content: some ContentSource, _ kind: EventKind,
        _ caller: Caller
    ) async throws -> Receipt {
        let view = try await requireVisible(id, kind, caller)
        let document = view.document
        let new = NewDocument(
            caseID: document.caseID, category: document.category, title: "further form", mediaType: mediaType,
            labels: Set(document.labels))
        let author = try await authoriseDeposit(new, caller)
        let isOwn = facts(.deposit, document, nil, author.asking, author.scene).isOwn
        guard isOwn, author.holder == document.holder else {
            try await refuse(
                .denied(.notOwn),
                event(.accessDenied, view, author.asking, caller).with(["reason": DenialReason.notOwn.code]),
                childKey: view.childKey)
        }
        if case .rendition(let kind, let version) = form {
            let there = view.renditions.filter { $0.version == version }
            guard !there.isEmpty else { throw VaultError.notFound(.version) }
            guard !there.contains(where: { $0.kind == kind }) else { throw VaultError.renditionThere }
        }
        let draft = try await taken(new, author, caller) {
            try self.draft(new, author, form, of: document, content: content)
        }
        guard let receipt = try await commit([draft], as: caller).first else { throw VaultError.keyMissing }
        return receipt
    }
}

/// Who deposits: a place on the case's team from which the agreement admits this category.
struct Author: Sendable {
    let scene: Scene
    let asking: Asking
    let holder: Party
    /// Recognises what the holder has of this child already.
    let fingerprint: FingerprintKey
    let permit: Permit

    var person: PersonID { scene.person }
    var place: Caller.Place { asking.place }
    var childKey: ChildKey { scene.childKey }
}

/// A file that is sealed aside, with the keys for everyone who may open it: all that is missing is the commit.
struct Draft: Sendable {
    enum Form: Hashable, Sendable {
        case document
        /// The next one after that; after the newest when `nil`.
        case version(after: Int64?)
        case rendition(Rendition, Int64)

        var kind: Rendition {
            if case .rendition(let kind, _) = self { kind } else { .original }
        }
    }

    let document: DocumentRow
    let form: Form
    let rendition: RenditionID
    let mediaType: MediaType
    let staged: StagedObject
    /// The object to refer to: the staged one, or one that was there with the same content.
    var object: Digest
    var wraps: [WrapRow]
    let author: Author
    /// The keys that the wraps were made with: they may have been rotated by the time of the commit.
    let opened: Keychain.Opened
    /// Of a new document: its own key.
    var documentKey: WrappedKey?
    /// For a bulk import: what the file is known by, so that a second run leaves it out.
    var source: Digest?

    var isStoredAlready: Bool { object != staged.name }
}

extension DocumentVault {
    /// - Throws: `VaultError.denied` once the refusal is recorded; `.notFound(.theCase)` to anyone off the case.
    func authoriseDeposit(_ new: NewDocument, _ caller: Caller) async throws -> Author {
        try await requireWritable()
        let (row, scanning) = try await records.read { (try $0.theCase(new.caseID), try $0.scanning()) }
        let event = Event(.accessDenied, by: caller).on([
            "case": "\(new.caseID)", "category": known(new.category), "action": AccessAction.deposit.rawValue,
        ])
        guard let row, let scene = try await scene(row, caller), scene.isOnCase, !scene.isBarred else {
            try await refuse(.notFound(.theCase), event)
        }
        guard row.closed == nil else { throw VaultError.caseClosed }
        guard scanning == nil || environment.scanner != nil else { throw VaultError.scannerMissing }
        for label in new.labels where !scene.agreement.labels.contains(label) {
            throw VaultError.invalid(field: "label", reason: "the agreement has no label \(label)")
        }
        var reason = DenialReason.notOnCase
        for asking in scene.askings where asking.isOnCase {
            let holder = holder(of: new.category, depositedBy: asking.place.party)
            switch scene.agreement.decide(depositFacts(new, asking, holder, scene), on: scene.today) {
            case .permit(let permit):
                return Author(
                    scene: scene, asking: asking, holder: holder,
                    fingerprint: try scene.childKey.fingerprint(holder: holder), permit: permit)
            case .deny(let denial): reason = denial
            }
        }
        // Whom a restraint keeps back does not learn of it here: the ledger has the reason.
        try await refuse(
            .denied(reason == .restrained(.protection) ? .authorOnly : reason),
            event.about(row.child).with(["reason": reason.code]), childKey: scene.childKey)
    }

    private func depositFacts(
        _ new: NewDocument, _ asking: Asking, _ holder: Party, _ scene: Scene
    ) -> AccessFacts {
        let place = asking.place
        var facts = AccessFacts(
            .deposit, category: new.category, holder: holder, labels: new.labels, caller: place.party,
            role: place.role, purpose: purpose(of: scene.theCase, for: place.party), isOnCase: true, isOwn: true)
        facts.scope = scene.system?.scope
        facts.restraint = scene.standing.restraint(
            on: scene.person, place.role, new.category, scene.agreement, at: scene.now, scene.today)
        return facts
    }

    /// What goes into the ledger is a word of the agreement, not whatever was typed.
    private func known(_ category: Category) -> String {
        agreement.categories.contains(category) ? category.rawValue : "unknown"
    }

    /// The party answerable for what `party` deposits: itself where the category allows, else the category's first holder.
    func holder(of category: Category, depositedBy party: Party) -> Party {
        let holders = agreement.holders(of: category)
        return holders.contains(party) ? party : holders.first ?? party
    }

    /// Why the caller asks, where nothing was said: the family takes part, everyone else works on the case's purpose.
    func purpose(of row: CaseRow, for party: Party) -> Purpose {
        party == .family ? "ehc.participation" : row.purpose
    }

    /// Seals the file aside and wraps its key for every party that the agreement admits.
    ///
    /// `old`: the document that a further form belongs to.
    /// `syncing`: `false` for one of many, which the commit makes durable together.
    func draft(
        _ new: NewDocument, _ author: Author, _ form: Draft.Form = .document, of old: DocumentRow? = nil,
        content: some ContentSource, syncing: Bool = true
    ) throws -> Draft {
        let made = try old == nil ? documentRow(new, author) : nil
        guard let document = old ?? made?.row else { throw VaultError.keyMissing }
        let rendition = RenditionID(of: document.child, from: environment.random)
        let opened = keys.current
        try environment.steps.before(.stage)
        let (staged, wraps) = try stage(
            content, as: new.mediaType, rendition, form.kind, document, author, syncing: syncing)
        try environment.steps.after(.stage)
        return Draft(
            document: document, form: form, rendition: rendition, mediaType: new.mediaType, staged: staged,
            object: staged.name, wraps: wraps, author: author, opened: opened, documentKey: made?.key)
    }

    /// Seals the content under a key of its own, and wraps that key.
    private func stage(
        _ content: some ContentSource, as mediaType: MediaType, _ rendition: RenditionID, _ kind: Rendition,
        _ document: DocumentRow, _ author: Author, syncing: Bool
    ) throws -> (StagedObject, [WrapRow]) {
        let identity = try AgeIdentity(from: environment.random)
        let staged = try naming(mediaType) {
            try objects.stage(
                content, through: try Intake(as: mediaType, scanner: environment.scanner), to: identity.recipient,
                fingerprint: FingerprintStream(author.fingerprint), syncing: syncing, random: environment.random)
        }
        let parties = admitted(document, kind, author)
        let rows = try wraps(of: identity, rendition, author.childKey, for: parties)
        // The holder's wrap is the one that all others can be made from, whatever consents come and go.
        guard keys.current.newest(document.holder) != nil else {
            throw VaultError.partySealed(document.holder.rawValue)
        }
        return (staged, rows)
    }

    /// Makes a draft refer to an object that is there already, whose key the wrap opens.
    func share(_ object: Digest, _ wrap: WrapRow, with draft: inout Draft) throws {
        let identity = try identity(wrap, draft.author.childKey)
        draft.object = object
        draft.wraps = try wraps(
            of: identity, draft.rendition, draft.author.childKey,
            for: admitted(draft.document, draft.form.kind, draft.author))
    }

    private func documentRow(_ new: NewDocument, _ author: Author) throws -> (row: DocumentRow, key: WrappedKey) {
        let id = DocumentID(from: environment.random)
        let title = try PlainText.line(new.title, field: "title")
        let (own, key) = try documentKey(id, author.childKey)
        let row = DocumentRow(
            id: id, caseID: new.caseID, child: author.childKey.child, category: new.category, holder: author.holder,
            organisation: author.place.organisation, depositor: author.person, labels: new.labels.sorted(),
            title: own.seal(
                Array(title.utf8), Self.titleFacts(id, author.childKey.child), random: environment.random),
            added: environment.now())
        return (row, key)
    }

    /// The parties whose keys are to open a rendition that is being made.
    private func admitted(_ document: DocumentRow, _ kind: Rendition, _ author: Author) -> [Party: WrapKind] {
        let scene = author.scene
        return scene.agreement.wraps(
            for: wrapFacts(
                document, kind, id: nil, added: scene.now, scene.standing, scene.agreement, at: scene.now, scene.today),
            on: scene.today)
    }

    /// Wraps a rendition key for these parties, but for those that are sealed.
    func wraps(
        of identity: borrowing AgeIdentity, _ rendition: RenditionID, _ childKey: ChildKey,
        for parties: [Party: WrapKind]
    ) throws -> [WrapRow] {
        var rows: [WrapRow] = []
        let open = keys.current
        for (party, kind) in parties {
            // Who has sealed its key gets its wraps when it unseals.
            guard let partyKey = open.newest(party) else { continue }
            let binding = WrapBinding(
                rendition: rendition.bytes, child: childKey.child.bytes, party: party.rawValue,
                partyKeyVersion: partyKey.version, childKeyVersion: childKey.version, isOverride: kind == .override)
            rows.append(
                WrapRow(
                    rendition: rendition, party: party.rawValue, partyKeyVersion: partyKey.version,
                    childKeyVersion: childKey.version, isOverride: kind == .override,
                    sealed: try WrapKeys(party: partyKey.key, child: childKey.key).wrap(
                        identity, binding, random: environment.random)))
        }
        return rows
    }

    /// Opens a rendition key with a party's wrap.
    ///
    /// - Throws: `VaultError.keyMissing` for a party whose key is not there; `SealingError.notAuthentic`.
    func identity(
        _ wrap: WrapRow, _ childKey: ChildKey, _ opened: Keychain.Opened? = nil
    ) throws -> AgeIdentity {
        guard let party = Party(rawValue: wrap.party),
            let partyKey = (opened ?? keys.current).parties[party]?[wrap.partyKeyVersion],
            childKey.version == wrap.childKeyVersion
        else { throw VaultError.keyMissing }
        let binding = WrapBinding(
            rendition: wrap.rendition.bytes, child: childKey.child.bytes, party: wrap.party,
            partyKeyVersion: wrap.partyKeyVersion, childKeyVersion: wrap.childKeyVersion, isOverride: wrap.isOverride)
        return try WrapKeys(party: partyKey, child: childKey.key).unwrap(wrap.sealed, binding)
    }
}

extension ReadTransaction {
    /// The places from which a person works on a case now.
    func places(of person: PersonID, on caseID: CaseID) throws -> [Caller.Place] {
        try team(of: caseID, person: person).compactMap { member in
            try organisation(member.organisation).map {
                Caller.Place(organisation: $0.id, party: $0.party, role: member.role)
            }
        }
    }
}
