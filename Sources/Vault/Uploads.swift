internal import Foundation
internal import Rules
internal import Sealing
public import Storage
internal import Synchronization

/// How far an upload in pieces has come.
public struct UploadState: Hashable, Sendable {
    public let id: UploadID
    /// The next byte that is wanted.
    public let offset: UInt64
    public let byteCount: UInt64
    public let expires: Instant
    /// What it became, once it was whole.
    public let receipt: Receipt?
}

extension DocumentVault {
    /// How long an upload may take, from its beginning.
    public static let uploadSeconds: Int64 = 24 * 3600
    private static let mostUploads = 50
    private static let mostParts = 10_000

    /// Begins a document that comes in several pieces. Whether the caller may deposit it is decided now, and again when it is whole.
    ///
    /// - Throws: as `deposit`; `VaultError.tooManyUploads`.
    public func beginUpload(_ new: NewDocument, byteCount: UInt64, as caller: Caller) async throws -> UploadState {
        let author = try await authoriseDeposit(new, caller)
        let id = UploadID(from: environment.random)
        let row = UploadRow(
            id: id, person: caller.person, caseID: new.caseID, byteCount: byteCount,
            sealed: try seal(new, id, author.childKey), expires: environment.now().adding(seconds: Self.uploadSeconds))
        try await records.write { transaction in
            guard try transaction.uploadCount(of: caller.person) < Self.mostUploads else {
                throw VaultError.tooManyUploads(Self.mostUploads)
            }
            try transaction.insert(row)
        }
        guard byteCount > 0 else { return try await finish(row, [], as: caller) }
        return UploadState(id: id, offset: 0, byteCount: byteCount, expires: row.expires, receipt: nil)
    }

    /// - Throws: `VaultError.notFound(.upload)` for another person's, or one that has run out.
    public func upload(_ id: UploadID, as caller: Caller) async throws -> UploadState {
        let (row, parts) = try await requireUpload(id, caller)
        return row.state(parts)
    }

    /// Takes the next piece, durable when this returns; with the last one the upload becomes a document.
    ///
    /// - Throws: `VaultError.notFound(.upload)`, `.wrongOffset`, `.uploadTooLong`, `.beingDone`; with the last piece as `deposit`; whatever
    ///   `content` throws: nothing of the piece is kept then.
    public func append(
        to id: UploadID, at offset: UInt64, content: some ContentSource, as caller: Caller
    ) async throws -> UploadState {
        try await requireWritable()
        // Whose it is comes first: another's is not there, also while it grows.
        _ = try await requireUpload(id, caller)
        guard let mark = Digest(keys.blindIndex("upload", "\(id)")), running.begin(mark) else {
            throw VaultError.beingDone
        }
        defer { running.end(mark) }
        let (row, parts) = try await requireUpload(id, caller)
        let state = row.state(parts)
        guard state.offset == offset else { throw VaultError.wrongOffset(state.offset) }
        let key = try await uploadKey(row)
        guard parts.count < Self.mostParts else { throw VaultError.tooManyUploads(Self.mostParts) }
        let rest = Limited(content, to: row.byteCount - state.offset)
        let staged = try await blocking { try self.stage(rest, row, key) }
        do {
            return try await keep(staged, row, parts, as: caller)
        } catch {
            // Harmless when it fails: the next recovery sweeps the files aside.
            try? objects.discard(staged)
            throw error
        }
    }

    private func keep(
        _ staged: StagedObject, _ row: UploadRow, _ parts: [UploadPart], as caller: Caller
    ) async throws -> UploadState {
        var parts = parts
        if staged.byteCount > 0 {
            let part = UploadPart(
                upload: row.id, number: Int64(parts.count), object: staged.name, byteCount: staged.byteCount)
            // The row first: a piece whose file a crash left out is known to be missing, and sent again.
            try await records.write(isAct: false) { transaction in
                try transaction.removeParts(of: part.upload, from: part.number)
                try transaction.insert(part)
            }
            try await blocking { try objects.place([staged]) }
            parts.append(part)
        } else {
            try objects.discard(staged)
        }
        let now = row.state(parts)
        return now.offset < row.byteCount ? now : try await finish(row, parts, as: caller)
    }

    /// Ends an upload, and with it what was sent.
    ///
    /// - Throws: `VaultError.notFound(.upload)`.
    public func endUpload(_ id: UploadID, as caller: Caller) async throws {
        try await requireWritable()
        let (row, _) = try await requireUpload(id, caller)
        try await remove(row)
    }

    /// What a long-running service does now and then: writes down what has lapsed, ends uploads whose time is over, and lets the anchor
    /// follow the ledger, so that little could be rolled back unnoticed.
    public func maintain() async throws {
        try await requireWritable()
        try await sweep()
        try await removeExpiredUploads()
        try await sweepOutbox()
        try await removeOldRequests()
        try await anchor.advance(to: records)
    }

    /// Ends the uploads whose time is over.
    private func removeExpiredUploads() async throws {
        let now = environment.now()
        for row in try await records.read({ try $0.uploads(expiredBy: now) }) { try await remove(row) }
    }

    /// The files first: rows without files are swept with the next look, files without rows never would be.
    private func remove(_ row: UploadRow) async throws {
        for part in try await records.read({ try $0.parts(of: row.id) }) { try objects.remove(part.object) }
        try await records.write(isAct: false) { try $0.removeUpload(row.id) }
    }

    /// The caller's own upload, and the pieces that are there.
    private func requireUpload(_ id: UploadID, _ caller: Caller) async throws -> (UploadRow, [UploadPart]) {
        let found = try await records.read { transaction in
            try transaction.upload(id).map { ($0, try transaction.parts(of: id)) }
        }
        guard let (row, parts) = found, row.person == caller.person, row.expires > environment.now() else {
            throw VaultError.notFound(.upload)
        }
        return (row, Array(parts.prefix { objects.exists($0.object) }))
    }

    /// Makes the pieces a document, through the same door as any other.
    private func finish(_ row: UploadRow, _ parts: [UploadPart], as caller: Caller) async throws -> UploadState {
        let key = try await uploadKey(row)
        let new = try plan(row, key)
        let content = try Parts(parts, in: objects) { try self.identity(row, key) }
        let receipt = try await deposit(new, content: content, as: caller)
        try await remove(row)
        return UploadState(
            id: row.id, offset: row.byteCount, byteCount: row.byteCount, expires: row.expires, receipt: receipt)
    }
}

/// What an upload will be, and the key of its pieces, as they are sealed. See docs/FORMATS.md, "Uploads".
private struct UploadPlan: Codable {
    let category, title, mediaType: String
    let labels: [String]
}

extension DocumentVault {
    private func seal(_ new: NewDocument, _ id: UploadID, _ childKey: ChildKey) throws -> [UInt8] {
        let plan = UploadPlan(
            category: new.category.rawValue, title: try PlainText.line(new.title, field: "title"),
            mediaType: new.mediaType.name, labels: new.labels.map(\.rawValue).sorted())
        let identity = try AgeIdentity(from: environment.random)
        let parts = Facts.list([identity.exposedText(), Array(try JSONEncoder().encode(plan))])
        return childKey.fields.seal(parts, Self.uploadFacts(id, childKey.child), random: environment.random)
    }

    private static func uploadFacts(_ id: UploadID, _ child: ChildID) -> Facts {
        .field(table: "uploads", column: "sealed", row: id.bytes, owner: child.bytes)
    }

    private func uploadKey(_ row: UploadRow) async throws -> ChildKey {
        guard let theCase = try await records.read({ try $0.theCase(row.caseID) }) else {
            throw VaultError.notFound(.theCase)
        }
        return try await requireChildKey(theCase.child)
    }

    private func opened(_ row: UploadRow, _ key: ChildKey) throws -> [[UInt8]] {
        let parts = Facts.parts(try key.fields.open(row.sealed, Self.uploadFacts(row.id, key.child)))
        guard let parts, parts.count == 2 else { throw StorageError.damagedStore(store: "uploads table") }
        return parts
    }

    private func plan(_ row: UploadRow, _ key: ChildKey) throws -> NewDocument {
        let plan = try JSONDecoder().decode(UploadPlan.self, from: Data(try opened(row, key)[1]))
        guard let type = MediaType(plan.mediaType) else { throw StorageError.damagedStore(store: "uploads table") }
        return NewDocument(
            caseID: row.caseID, category: Category(rawValue: plan.category), title: plan.title, mediaType: type,
            labels: Set(plan.labels.map { Label(rawValue: $0) }))
    }

    private func identity(_ row: UploadRow, _ key: ChildKey) throws -> AgeIdentity {
        var text = try opened(row, key)[0]
        return try AgeIdentity(wipingText: &text)
    }

    private func stage(_ content: some ContentSource, _ row: UploadRow, _ key: ChildKey) throws -> StagedObject {
        let identity = try identity(row, key)
        // What a piece holds is compared with nothing; the document's own fingerprint is made when it is whole.
        let fingerprint = try FingerprintStream(try key.fingerprint(holder: .rights))
        // Its type is looked at, and it is scanned, when it is whole.
        return try objects.stage(
            content, through: try Intake(as: .unknown, scanner: nil), to: identity.recipient,
            fingerprint: fingerprint, syncing: true, random: environment.random)
    }
}

extension UploadRow {
    fileprivate func state(_ parts: [UploadPart]) -> UploadState {
        UploadState(
            id: id, offset: parts.reduce(0) { $0 + $1.byteCount }, byteCount: byteCount, expires: expires,
            receipt: nil)
    }
}

/// Content that must not be longer than was said.
private final class Limited<Source: ContentSource>: ContentSource {
    private let source: Source
    private let rest: Mutex<UInt64>

    init(_ source: Source, to count: UInt64) {
        self.source = source
        rest = Mutex(count)
    }

    func read(_ count: Int) throws -> [UInt8] {
        let bytes = try source.read(count)
        try rest.withLock { rest in
            guard UInt64(bytes.count) <= rest else { throw VaultError.uploadTooLong }
            rest -= UInt64(bytes.count)
        }
        return bytes
    }
}

/// The pieces of an upload, one behind the other, opened as they are read.
private final class Parts: ContentSource {
    private struct State: ~Copyable {
        var reader: ObjectReader?
        var next = 0
        var offset: UInt64 = 0
        /// Opened and not read yet.
        var block: ArraySlice<UInt8> = []
    }

    private let parts: [UploadPart]
    private let objects: ObjectStore
    private let identity: @Sendable () throws -> AgeIdentity
    private let state = Mutex(State())

    init(
        _ parts: [UploadPart], in objects: ObjectStore, identity: @escaping @Sendable () throws -> AgeIdentity
    ) throws {
        self.parts = parts
        self.objects = objects
        self.identity = identity
    }

    func read(_ count: Int) throws -> [UInt8] {
        try state.withLock { state in
            var bytes: [UInt8] = []
            bytes.reserveCapacity(count)
            while bytes.count < count {
                if state.block.isEmpty, try !refill(&state) { break }
                let part = state.block.prefix(count - bytes.count)
                bytes += part
                state.block = state.block.dropFirst(part.count)
            }
            return bytes
        }
    }

    /// - Returns: whether there is more.
    private func refill(_ state: inout State) throws -> Bool {
        if state.next > 0, state.offset == parts[state.next - 1].byteCount { state.reader = nil }
        if state.reader == nil {
            guard state.next < parts.count else { return false }
            let part = parts[state.next]
            state.reader = try ObjectReader(
                objects, name: part.object, byteCount: part.byteCount, opener: .identity(try identity()))
            state.next += 1
            state.offset = 0
        }
        let end = parts[state.next - 1].byteCount
        guard let block = try state.reader?.block(of: state.offset..<end) else { return false }
        state.offset += UInt64(block.count)
        state.block = block[...]
        return true
    }
}
