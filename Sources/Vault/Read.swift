internal import Ledger
public import Rules
public import Sealing
public import Storage
internal import Synchronization

/// Which bytes of the content to read.
public enum ByteRange: Hashable, Sendable {
    case whole
    /// From the first to the last byte, both included and counted from 0; to the end when there is no last.
    case bytes(from: UInt64, through: UInt64?)
    /// So many at the end, or all when there are fewer.
    case last(UInt64)

    /// What there is of it, as RFC 9110 has it: a range that begins within the content ends with it at the latest.
    func resolve(in byteCount: UInt64) throws(VaultError) -> Range<UInt64> {
        let from: UInt64
        var end = byteCount
        switch self {
        case .whole: return 0..<byteCount
        case .bytes(let first, let last):
            from = first
            if let last, last < byteCount { end = last + 1 }
        case .last(let count): from = byteCount - min(count, byteCount)
        }
        guard from < end else { throw .rangeOutsideContent(byteCount: byteCount) }
        return from..<end
    }
}

/// Content that the caller may have: opened, recorded, and not yet read.
public final class OpenContent: Sendable {
    public let mediaType: String
    /// The document's version, and which form of it this is.
    public let version: Int64
    public let rendition: Rendition
    /// What goes with the permit: whoever shows the content must keep to it.
    public let obligations: Set<Obligation>
    /// What is attached to the document: whoever shows the content shows them with it.
    public let statements: [DocumentStatement]
    /// What this form is told from others by: it never changes.
    public var tag: String { Self.tag(version, rendition) }
    /// Of the whole content, in bytes.
    public let byteCount: UInt64
    /// Of what will be read.
    public let range: Range<UInt64>
    private let reader: Mutex<ObjectReader>

    init(
        _ row: RenditionRow, _ permit: Permit, range: Range<UInt64>, statements: [DocumentStatement],
        reader: consuming ObjectReader
    ) {
        mediaType = row.mediaType
        version = row.version
        rendition = row.kind
        obligations = permit.obligations
        self.statements = statements
        byteCount = reader.byteCount
        self.range = range
        self.reader = Mutex(reader)
    }

    static func tag(_ version: Int64, _ rendition: Rendition) -> String { "\"\(version)-\(rendition)\"" }

    /// Hands over the bytes in order, in blocks. A damaged block is never handed over.
    ///
    /// - Throws: `StorageError.objectDamaged`; whatever `emit` throws.
    public func read(emit: ([UInt8]) throws -> Void) throws {
        try reader.withLock { try $0.read(range, emit: emit) }
    }

    /// SHA-256 of the whole content, whatever the range.
    ///
    /// - Throws: `StorageError.objectDamaged`.
    public func digest() async throws -> Digest {
        try await blocking { [self] in
            try reader.withLock { reader in
                var digest = DigestStream()
                try reader.read(0..<byteCount) { digest.update($0.span) }
                return digest.finish()
            }
        }
    }

    /// The bytes from `offset` on, for whoever takes them as they can be sent: all that is left when that is at most 512 KiB, else 128 KiB,
    /// for many may take them slowly at a time; none only where the range ends.
    ///
    /// - Throws: `StorageError.objectDamaged`. No byte of a damaged block is handed over.
    public func block(from offset: UInt64) throws -> [UInt8] {
        let isSmall = range.count <= 512 << 10
        return try reader.withLock {
            try $0.block(
                of: offset..<range.upperBound, chunks: isSmall ? ObjectReader.pieceCount + 1 : 2, readingAhead: false)
        }
    }
}

/// Which form of a document to read.
public struct WhichForm: Hashable, Sendable {
    /// The newest when `nil`.
    public let version: Int64?
    /// The fullest that the caller may read when `nil`.
    public let rendition: Rendition?

    public init(version: Int64? = nil, rendition: Rendition? = nil) {
        self.version = version
        self.rendition = rendition
    }
}

extension DocumentVault {
    /// Decides, opens and records a read. When this returns the entry is durable and no byte has left yet.
    ///
    /// `purpose`: why the caller asks, when it is not the case's purpose.
    /// `ofTag`: the range is of the form with this tag, and everything is opened of any other.
    ///
    /// - Throws: `VaultError.notFound`, `.denied`, `.keyMissing`, `.rangeOutsideContent`; `StorageError.objectMissing`, `.objectDamaged`.
    public func open(
        _ id: DocumentID, _ form: WhichForm = WhichForm(), range: ByteRange = .whole, ofTag tag: String? = nil,
        purpose: Purpose? = nil, as caller: Caller
    ) async throws -> OpenContent {
        let view = try await requireVisible(id, .documentRead, caller, purpose: purpose)
        let rendition = try readable(form, of: view, purpose: purpose)
        let (asking, permit) = try await requireReadable(rendition, view, caller, purpose: purpose)
        let isMeant = tag == nil || tag == OpenContent.tag(rendition.version, rendition.kind)
        let span = try (isMeant ? range : .whole).resolve(in: rendition.byteCount)
        let content = try await opening(rendition, view, asking, permit, caller) { rendition, wrap in
            try self.content(
                of: rendition, wrap, view.childKey, permit, span,
                statements: view.scene.standing.statements(on: id, inFull: rendition.kind == .original) ?? [])
        }
        let looked = Look(kind: .documentRead, rendition: rendition, asking: asking, permit: permit, purpose: purpose)
        try await record(looked, view, caller, ["range": "\(span)"])
        return content
    }

    func content(
        of rendition: RenditionRow, _ wrap: WrapRow, _ key: ChildKey, _ permit: Permit, _ range: Range<UInt64>,
        statements: [DocumentStatement] = []
    ) throws -> OpenContent {
        let opener = AgeOpener.identity(try identity(wrap, key))
        return OpenContent(
            rendition, permit, range: range, statements: statements,
            reader: try ObjectReader(
                objects, name: rendition.object, byteCount: rendition.byteCount, opener: opener))
    }

    /// Puts a header for someone outside in front of the same payload, and records it before the first byte leaves.
    ///
    /// - Throws: as `open`. At the end `StorageError.objectDamaged`: what was written must then be thrown away.
    public func export(
        _ id: DocumentID, _ form: WhichForm = WhichForm(), to release: Release, as caller: Caller,
        emit: ([UInt8]) throws -> Void
    ) async throws {
        let view = try await requireVisible(id, .documentExported, caller)
        let rendition = try readable(form, of: view)
        let (asking, permit) = try await requireReadable(rendition, view, caller)
        guard !permit.obligations.contains(.viewOnly) else {
            try await refuse(
                .viewOnly, event(.accessDenied, view, asking, caller).with(["reason": "view-only"]),
                childKey: view.childKey)
        }
        let (file, header, recipient) = try await opening(rendition, view, asking, permit, caller) { rendition, wrap in
            let file = try objects.sealed(rendition.object)
            let (header, recipient) = try release.readdress(
                file.header, .identity(try identity(wrap, view.childKey)), environment.random)
            return (file, header, recipient)
        }
        let looked = Look(kind: .documentExported, rendition: rendition, asking: asking, permit: permit, purpose: nil)
        try await record(looked, view, caller, ["recipient": recipient])
        try emit(header.encoded)
        try file.copyPayload(emit: emit)
    }

    /// Opens a rendition with the wrap of the caller's own party: no other party's wrap is ever used. One that has been resealed since
    /// it was looked up is opened as it is now.
    private func opening<Result>(
        _ rendition: RenditionRow, _ view: VisibleDocument, _ asking: Asking, _ permit: Permit, _ caller: Caller,
        _ open: (RenditionRow, WrapRow) throws -> Result
    ) async throws -> Result {
        var rendition = rendition
        while true {
            let key = rendition.key
            let wrap = try await keyring.read { try $0.wrap(of: key, for: asking.place.party.rawValue) }
            let usable = wrap.flatMap { permit.isOverride || !$0.isOverride ? $0 : nil }
            do {
                if let usable { return try open(rendition, usable) }
            } catch StorageError.objectMissing(let name) {
                guard let now = try await successor(of: rendition) else { throw StorageError.objectMissing(name) }
                rendition = now
                continue
            }
            guard wrap == nil, let now = try await successor(of: rendition) else { break }
            rendition = now
        }
        try await refuseForKey(view, asking, caller)
    }

    /// What has taken the rendition's place; `nil` when nothing has.
    private func successor(of rendition: RenditionRow) async throws -> RenditionRow? {
        let now = try await records.read { try $0.rendition(rendition.id) }
        return now?.key == rendition.key ? nil : now
    }

    private func refuseForKey(_ view: VisibleDocument, _ asking: Asking, _ caller: Caller) async throws -> Never {
        try await keys.follow(keyring)
        let party = asking.place.party
        let (error, reason): (VaultError, String) =
            if keys.current.newest(party) == nil {
                (.partySealed(party.rawValue), "party-sealed")
            } else if try await !isAligned() { (.aligning, "aligning") } else { (.keyMissing, "key-missing") }
        try await refuse(
            error, event(.accessDenied, view, asking, caller).with(["reason": reason]), childKey: view.childKey)
    }

    private func record(
        _ look: Look, _ view: VisibleDocument, _ caller: Caller, _ more: [String: String]
    ) async throws {
        let permit = look.permit
        var detail = [
            "clause": permit.rule.rawValue, "basis": permit.basis.rawValue, "version": String(look.rendition.version),
            "rendition": look.rendition.kind.description, "agreement": String(permit.agreementVersion),
            "role": look.asking.place.role.rawValue,
            "purpose": facts(.read, view.document, look.rendition, look.asking, view.scene, purpose: look.purpose)
                .purpose.rawValue,
        ].merging(more) { _, new in new }
        if permit.isOverride { detail["emergency"] = "yes" }
        let row = try row(
            event(look.kind, view, look.asking, caller).with(detail), childKey: view.childKey)
        try await records.write { transaction in
            // Rights may have changed since the decision.
            try transaction.reaffirm(view.scene, look.asking)
            guard try transaction.hasRendition(look.rendition.id) else { throw VaultError.notFound(.document) }
            _ = try transaction.append(row)
        }
    }
}

/// A rendition that is about to be opened, and why it may be.
private struct Look: Sendable {
    let kind: EventKind
    let rendition: RenditionRow
    let asking: Asking
    let permit: Permit
    let purpose: Purpose?
}

/// To whom an object is exported.
public enum Release: Sendable {
    case recipients([AgeRecipient])
    case passphrase(Key)

    func readdress(
        _ header: AgeHeader, _ opener: borrowing AgeOpener, _ random: RandomSource
    ) throws -> (AgeHeader, described: String) {
        switch self {
        case .recipients(let recipients):
            let header = try Age.readdress(header, openedWith: opener, to: recipients, random: random)
            return (header, recipients.map(\.text).joined(separator: " "))
        case .passphrase(let passphrase):
            return (
                try Age.readdress(header, openedWith: opener, passphrase: passphrase.secret, random: random),
                "passphrase"
            )
        }
    }
}
