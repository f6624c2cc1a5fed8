internal import Ledger
internal import Rules
public import Sealing
public import Storage

/// A copy of the records or of the keyring that was made.
public struct MadeBackup: Hashable, Sendable, Codable {
    public let file: String
    public let sha256: String
    /// Of a keyring backup: the moment from which it is refused.
    public var expires: String?
}

/// What opens keyring backups: an age identity of one of their custodians.
public final class BackupIdentity: Sendable {
    let opener: AgeOpener

    public init(_ identity: consuming AgeIdentity) { opener = .identity(identity) }
}

extension DocumentVault {
    /// What no keyring backup may outlive: certificates of erasure count on it.
    static let longestHorizonDays = 35

    /// Copies every object that the folder lacks, while others work in the vault.
    ///
    /// `progress`: told after each of the 256 folders.
    public func backUpObjects(
        to folder: BackupFolder, as caller: Caller, progress: @Sendable (ObjectCopy) -> Void
    ) async throws -> ObjectCopy {
        try await authorise("backup.make", caller)
        var copy = ObjectCopy()
        for byte in UInt8.min...UInt8.max {
            copy = try await environment.steps.around(.place) { [copy] in
                try await folder.objects.take(
                    from: objects, inFolder: byte, environment.random, after: copy
                ) { $0 }
            }
            progress(copy)
        }
        let counts = ["copied": String(copy.copied), "damaged": String(copy.damaged.count)]
        try await log(Event(.backupMade, by: caller).on(["backup": "objects"]).with(counts))
        return copy
    }

    /// Copies the records as they are at one moment, while others work in the vault.
    public func backUpRecords(to folder: BackupFolder, as caller: Caller) async throws -> MadeBackup {
        try await authorise("backup.make", caller)
        let name = try folder.newName(.records, at: environment.now())
        let aside = folder.aside(environment.random)
        let sum = folder.path(of: name) + ".sha256"
        do {
            let digest = try await environment.steps.around(.stage) {
                try await blocking { [records] in
                    try records.snapshot(to: aside)
                    return try Folder.digest(of: aside)
                }
            }
            let event = Event(.backupMade, by: caller).on(["backup": "records", "sha256": digest.hex])
            _ = try await environment.steps.around(.records) { try await log(event) }
            try await environment.steps.around(.place) {
                try Folder.write(Array("\(digest.hex)  \(name)\n".utf8), to: sum)
                try folder.publish(aside, as: name)
            }
            try await backUpRegister(to: folder)
            return MadeBackup(file: name, sha256: digest.hex)
        } catch {
            // Harmless when these fail: what is aside is swept, and a sum without its file says nothing.
            for ending in ["", "-journal", "-wal", "-shm"] { try? Folder.remove(aside + ending) }
            if !Folder.exists(folder.path(of: name)) { try? Folder.remove(sum) }
            throw error
        }
    }

    /// Writes the disposal register, by which a restore does again what was disposed of after the records' backup.
    private func backUpRegister(to folder: BackupFolder) async throws {
        let name = try folder.newName(.register, at: environment.now())
        try Folder.write(try await register(), to: folder.path(of: name))
    }

    /// Seals the keyring as it is at one moment to its custodians.
    ///
    /// The row is durable before the file has its name: no copy is ever there of which the vault does not know.
    ///
    /// `horizonDays`: for how long it can be restored, 1 to 35.
    ///
    /// - Throws: `VaultError.denied`, `.invalid`; `StorageError`.
    public func backUpKeyring(
        to folder: BackupFolder, sealedTo recipients: [AgeRecipient], horizonDays: Int = 30, as caller: Caller
    ) async throws -> MadeBackup {
        try await authorise("backup.make", caller)
        guard (1...Self.longestHorizonDays).contains(horizonDays) else {
            throw VaultError.invalid(field: "horizon", reason: "it is 1 to \(Self.longestHorizonDays) days")
        }
        let now = environment.now()
        let expires = now.adding(seconds: Int64(horizonDays) * 86_400)
        let name = try folder.newName(.keyring, at: now)
        let aside = folder.aside(environment.random)
        do {
            // No erasure may come between the copy and its row: its certificate would not know of the copy.
            let digest = try await changing {
                let digest = try await environment.steps.around(.stage) {
                    try await sealKeyring(into: aside, made: now, expires: expires, recipients)
                }
                try await environment.steps.around(.records) {
                    try await record(made: now, expires: expires, digest, by: caller)
                }
                return digest
            }
            try await environment.steps.around(.place) { try folder.publish(aside, as: name) }
            return MadeBackup(file: name, sha256: digest.hex, expires: expires.text)
        } catch {
            try? Folder.remove(aside)  // Harmless when it fails: whoever writes here next sweeps it.
            throw error
        }
    }

    private func sealKeyring(
        into aside: String, made: Instant, expires: Instant, _ recipients: [AgeRecipient]
    ) async throws -> Digest {
        // Read first: what these entries need is in the keyring already.
        let head = try await records.read { try $0.treeHead() }
        let copy = folder + "/staging/" + Hex.encode(environment.random.bytes(16))
        return try await blocking { [keyring, id, environment] in
            defer {
                // Harmless when it fails: the next process that has the vault alone sweeps it.
                for ending in ["", "-journal", "-wal", "-shm"] { try? Folder.wipe(copy + ending) }
            }
            try keyring.snapshot(to: copy)
            let source = try FileDescriptor.reading(copy)
            let payload = KeyringPayload(
                vault: id, made: made, expires: expires, head: head, byteCount: try source.byteCount())
            return try SealedFile.seal(
                payload.bytes, before: source, to: recipients, into: aside, random: environment.random)
        }
    }

    private func record(made: Instant, expires: Instant, _ digest: Digest, by caller: Caller) async throws {
        let backup = BackupID(from: environment.random)
        let event = Event(.backupMade, by: caller).on(["backup": "\(backup)", "sha256": digest.hex])
        let row = try row(event.with(["until": expires.text]))
        try await records.write { transaction in
            let entry = try transaction.append(row)
            try transaction.put(
                KeyringBackupRow(id: backup, made: made, expires: expires, digest: digest, entry: entry))
        }
    }
}

extension ObjectStore {
    /// Copies what this store lacks of one of another's 256 folders, as far as it is `wanted`, in a thread that may wait.
    func take(
        from source: ObjectStore, inFolder byte: UInt8, _ random: RandomSource, after copy: ObjectCopy,
        wanted: @Sendable ([Digest]) async throws -> [Digest]
    ) async throws -> ObjectCopy {
        let (names, present) = try lacking(of: source, inFolder: byte)
        var copy = copy
        copy.present += present
        let wanted = try await wanted(names)
        guard !wanted.isEmpty else { return copy }
        return try await blocking { [copy] in
            var copy = copy
            try take(wanted, from: source, random: random, into: &copy)
            return copy
        }
    }
}
