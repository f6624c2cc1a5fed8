public import Sealing

/// The content-addressed store: sealed files named by the SHA-256 of their bytes, `objects/ab/abcdef…`.
///
/// A name is on disk only when all its bytes are: a file is written aside, synced, renamed, and its folder synced.
public struct ObjectStore: Sendable {
    private let objects: String
    let staging: String
    /// Open since before the first write, so that no error of writing back is missed when the file system is synced.
    private let stagingFolder: FileDescriptor

    /// `folder`: the vault's own folder.
    public init(vaultFolder folder: String) throws(StorageError) {
        objects = folder + "/objects"
        staging = folder + "/staging"
        stagingFolder = try .folder(staging)
    }

    /// Makes the 256 folders and syncs them, once, when the vault is made.
    public static func create(vaultFolder folder: String) throws(StorageError) {
        let objects = folder + "/objects"
        try Folder.create(objects)
        try Folder.create(folder + "/staging")
        for byte in UInt8.min...UInt8.max { try Folder.create(objects + "/" + Hex.encode([byte])) }
        try Folder.sync(objects)
        try Folder.sync(folder)
    }

    public func path(of name: Digest) -> String { objects + "/\(name.hex.prefix(2))/\(name.hex)" }

    /// Seals all of `source` into a file aside. Nothing refers to it until `place`.
    ///
    /// `fingerprint`: takes the plaintext as it passes, to recognise the same file again.
    /// `syncing`: makes this one file durable now; `false` for one of many, which `place` makes durable together.
    /// `intake`: sees every block before it is sealed, and may refuse it; then nothing is kept. `nil` for what is stored already.
    ///
    /// - Throws: `ContentProblem`, `ScanError`; `StorageError`; whatever ended the content.
    public func stage(
        _ source: some ContentSource, through intake: Intake?, to recipient: AgeRecipient,
        fingerprint: consuming FingerprintStream, syncing: Bool, random: RandomSource
    ) throws -> StagedObject {
        let path = staging + "/" + Hex.encode(random.bytes(16))
        do {
            let start = try Age.begin(sealingTo: [recipient], random: random)
            let sink = try FileSink(creating: path, isDigesting: true)
            return try SealingStream(start, fingerprint, intake, writingTo: sink).run(
                source, path: path, syncing: syncing)
        } catch {
            try? Folder.remove(path)  // Harmless when it fails: the next sweep of the staging folder removes it.
            throw error
        }
    }

    /// Gives staged files their names, durably. Until the records name them they are orphans that recovery removes.
    public func place(_ staged: [StagedObject]) throws(StorageError) {
        if staged.allSatisfy(\.isSynced) {
            for object in staged { try placeSynced(object) }
            return
        }
        // One sync of the file system before the names appear and one after, instead of two for each file.
        try stagingFolder.syncFileSystem()
        for object in staged { try Folder.rename(object.path, to: path(of: object.name)) }
        try stagingFolder.syncFileSystem()
    }

    private func placeSynced(_ object: StagedObject) throws(StorageError) {
        try Folder.rename(object.path, to: path(of: object.name))
        try Folder.syncParent(of: path(of: object.name))
    }

    /// Removes a file aside that is not needed after all.
    public func discard(_ staged: StagedObject) throws(StorageError) { try Folder.remove(staged.path) }

    public func remove(_ name: Digest) throws(StorageError) { try Folder.remove(path(of: name)) }

    /// Removes objects, durably when it returns. One that is gone already is no error.
    public func removeAll(_ names: [Digest]) throws(StorageError) {
        for name in names { try remove(name) }
        if !names.isEmpty { try stagingFolder.syncFileSystem() }
    }

    public func exists(_ name: Digest) -> Bool { Folder.exists(path(of: name)) }

    /// Removes every file aside. Only for the process that holds the vault alone.
    public func sweepStaging() throws(StorageError) {
        for name in try Folder.names(in: staging) where !Folder.isFolder(staging + "/" + name) {
            try Folder.remove(staging + "/" + name)
        }
    }

    /// Every name in the store, folder by folder; names that are no digest come as they are.
    public func names(inFolder byte: UInt8) throws(StorageError) -> [String] {
        try Folder.names(in: objects + "/" + Hex.encode([byte]))
    }

    /// Reads the sealed bytes again and compares them with the name.
    ///
    /// - Throws: `StorageError.objectMissing`, `.objectDamaged`.
    public func verify(_ name: Digest) throws(StorageError) {
        let file = try open(name)
        var digest = DigestStream()
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            var span = buffer.mutableSpan
            let count = try file.fill(&span)
            guard count > 0 else { break }
            digest.update(buffer.span.extracting(first: count))
        }
        guard digest.finish() == name else { throw .objectDamaged(name.hex) }
    }

    func open(_ name: Digest) throws(StorageError) -> FileDescriptor {
        do throws(StorageError) {
            return try FileDescriptor.reading(path(of: name))
        } catch .notReadable {
            throw .objectMissing(name.hex)
        }
    }
}

/// A sealed file that has no name in the store yet.
public struct StagedObject: Sendable {
    let path: String
    let isSynced: Bool
    public let name: Digest
    /// Plaintext length in bytes.
    public let byteCount: UInt64
    public let fingerprint: Digest
    /// What found the content clean; `nil` when it was not scanned.
    public let scannedBy: ScanEngine?
}
