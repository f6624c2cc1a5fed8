internal import Ledger
public import Rules
public import Sealing
public import Storage

/// Which bytes of the content to read.
public enum ByteRange: Hashable, Sendable {
    case whole
    /// From the first to the last byte, both included and counted from 0; to the end when there is no last.
    case bytes(from: UInt64, through: UInt64?)

    func resolve(in byteCount: UInt64) throws(VaultError) -> Range<UInt64> {
        guard case .bytes(let from, let last) = self else { return 0..<byteCount }
        let end = last.map { min($0, UInt64(Int64.max)) + 1 } ?? byteCount
        guard from < end, end <= byteCount else { throw .rangeOutsideContent(byteCount: byteCount) }
        return from..<end
    }
}

/// Content that the caller may have: opened, recorded, and not yet read.
public final class OpenContent {
    public let mediaType: String
    /// What goes with the permit: whoever shows the content must keep to it.
    public let obligations: Set<Obligation>
    /// Of the whole content, in bytes.
    public let byteCount: UInt64
    /// Of what will be read.
    public let range: Range<UInt64>
    private var reader: ObjectReader

    init(
        mediaType: String, obligations: Set<Obligation>, range: Range<UInt64>, reader: consuming ObjectReader
    ) {
        self.mediaType = mediaType
        self.obligations = obligations
        byteCount = reader.byteCount
        self.range = range
        self.reader = reader
    }

    /// Hands over the bytes in order, in blocks. A damaged block is never handed over.
    ///
    /// - Throws: `StorageError.objectDamaged`; whatever `emit` throws.
    public func read(emit: ([UInt8]) throws -> Void) throws { try reader.read(range, emit: emit) }
}

extension DocumentVault {
    /// Decides, opens and records a read. When this returns the entry is durable and no byte has left yet.
    ///
    /// `version`: the newest when `nil`.
    /// `purpose`: why the caller asks, when it is not the case's purpose.
    ///
    /// - Throws: `VaultError.notFound`, `.denied`, `.keyMissing`, `.rangeOutsideContent`; `StorageError.objectMissing`, `.objectDamaged`.
    public func open(
        _ id: DocumentID, version: Int64? = nil, range: ByteRange = .whole, purpose: Purpose? = nil,
        as caller: Caller
    ) async throws -> OpenContent {
        let view = try await requireVisible(id, .documentRead, caller, purpose: purpose)
        let permit = try await requireReadable(view, caller)
        let rendition = try await rendition(of: id, version: version)
        let span = try range.resolve(in: rendition.byteCount)
        let wrap = try await wrap(of: rendition, view, permit, caller)
        let content = try content(of: rendition, wrap, view, permit, span)
        try await record(.documentRead, rendition, view, permit, caller, ["range": "\(span)"])
        return content
    }

    private func content(
        of rendition: RenditionRow, _ wrap: WrapRow, _ view: VisibleDocument, _ permit: Permit, _ range: Range<UInt64>
    ) throws -> OpenContent {
        let opener = AgeOpener.identity(try identity(wrap, view.childKey))
        return OpenContent(
            mediaType: rendition.mediaType, obligations: permit.obligations, range: range,
            reader: try ObjectReader(
                objects, name: rendition.object, byteCount: rendition.byteCount, opener: opener))
    }

    /// Puts a header for someone outside in front of the same payload, and records it before the first byte leaves.
    ///
    /// - Throws: as `open`. At the end `StorageError.objectDamaged`: what was written must then be thrown away.
    public func export(
        _ id: DocumentID, version: Int64? = nil, to release: Release, as caller: Caller,
        emit: ([UInt8]) throws -> Void
    ) async throws {
        let view = try await requireVisible(id, .documentExported, caller)
        let permit = try await requireReadable(view, caller)
        guard !permit.obligations.contains(.viewOnly) else {
            try await refuse(
                .viewOnly, event(.accessDenied, view, caller).with(["reason": "view-only"]),
                childKey: view.childKey)
        }
        let rendition = try await rendition(of: id, version: version)
        let wrap = try await wrap(of: rendition, view, permit, caller)
        let old = try objects.header(of: rendition.object)
        let (header, recipient) = try release.readdress(
            old, .identity(try identity(wrap, view.childKey)), environment.random)
        try await record(.documentExported, rendition, view, permit, caller, ["recipient": recipient])
        try emit(header.encoded)
        try objects.copyPayload(of: rendition.object, behind: old, emit: emit)
    }

    private func rendition(of id: DocumentID, version: Int64?) async throws -> RenditionRow {
        let renditions = try await records.read { try $0.renditions(of: id) }.filter { $0.kind == .original }
        guard let found = version.map({ number in renditions.last { $0.version == number } }) ?? renditions.last else {
            throw VaultError.notFound(.version)
        }
        return found
    }

    /// The rendition key, wrapped for the caller's own party: no other party's wrap is ever used.
    private func wrap(
        of rendition: RenditionRow, _ view: VisibleDocument, _ permit: Permit, _ caller: Caller
    ) async throws -> WrapRow {
        let wrap = try await keyring.read { try $0.wrap(of: rendition.id, for: view.place.party.rawValue) }
        guard let wrap, permit.isOverride || !wrap.isOverride else {
            try await refuse(
                .keyMissing, event(.accessDenied, view, caller).with(["reason": "key-missing"]),
                childKey: view.childKey)
        }
        return wrap
    }

    private func record(
        _ kind: EventKind, _ rendition: RenditionRow, _ view: VisibleDocument, _ permit: Permit, _ caller: Caller,
        _ more: [String: String]
    ) async throws {
        let detail = [
            "clause": permit.rule.rawValue, "basis": permit.basis.rawValue, "version": String(rendition.version),
            "agreement": String(permit.agreementVersion), "role": view.place.role.rawValue,
            "purpose": view.purpose.rawValue,
        ]
        let row = try row(
            event(kind, view, caller).with(detail.merging(more) { _, new in new }), childKey: view.childKey)
        let place = view.place
        let caseID = view.document.caseID
        try await records.write { transaction in
            // Rights may have changed since the decision.
            guard try transaction.person(caller.person)?.disabled == nil,
                try transaction.places(of: caller.person, on: caseID).contains(place)
            else { throw VaultError.notFound(.document) }
            _ = try transaction.append(row)
        }
    }
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
