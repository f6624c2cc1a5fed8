internal import Ledger
internal import Rules
internal import Sealing
internal import Storage

/// The backups that a vault is restored from.
public struct RestoreSource: Sendable {
    let folder: BackupFolder
    let records: String
    let keyring: KeyringBackupFile
    /// Registers that are not the newest of the folder.
    private let moreRegisters: [String]

    /// `records`, `keyring`: the paths of files that are not the newest of the folder, or not in it.
    ///
    /// `registers`: the paths of registers that were kept elsewhere, besides the newest of the folder.
    ///
    /// - Throws: `BackupError.missing`.
    public init(
        _ folder: BackupFolder, records: String? = nil, keyring: String? = nil, registers: [String] = [],
        openedWith identity: BackupIdentity
    ) throws {
        self.folder = folder
        self.records = try records ?? folder.newest(.records)
        moreRegisters = registers
        self.keyring = KeyringBackupFile(path: try keyring ?? folder.newest(.keyring), identity: identity)
    }

    /// The newest register of the folder, and those that were named.
    var registers: [String] {
        get throws { [try folder.names(.register).last.map(folder.path(of:))].compactMap { $0 } + moreRegisters }
    }

    /// Every keyring backup here that the identity opens and that is this vault's, by the digest of its file.
    func keyringBackups(
        of vault: VaultID, _ random: RandomSource
    ) async throws -> [Digest: (id: BackupID, payload: KeyringPayload)] {
        var found: [Digest: (id: BackupID, payload: KeyringPayload)] = [:]
        for path in Set(try folder.names(.keyring).map(folder.path(of:)) + [keyring.path]) {
            let file = KeyringBackupFile(path: path, identity: keyring.identity)
            // What does not open may be anybody's, and a prune will name it.
            guard let payload = try? file.payload(), payload.vault == vault, payload.expires > payload.made else {
                continue
            }
            found[try await blocking { try Folder.digest(of: path) }] = (BackupID(from: random), payload)
        }
        return found
    }
}

extension DocumentVault {
    /// Puts the folder of a vault together from backups, with an anchor at the end of the ledger that they have. Nothing has been
    /// changed in it then, and nobody has used it.
    ///
    /// `anchorPath`: as in the marker; the anchor is made.
    /// `gate`: refuses, or adds to the report, before the objects are copied: the vault is open and closed to changes.
    static func assemble(
        _ source: RestoreSource, in folder: String, anchorPath: String, unlockedBy secret: Key,
        _ environment: VaultEnvironment, _ progress: @Sendable (RestoreReport) -> Void,
        gate: (DocumentVault, inout RestoreReport) async throws -> Void = { _, _ in }
    ) async throws -> RestoreReport {
        try Folder.create(folder)
        try ObjectStore.create(vaultFolder: folder)
        let payload = try source.keyring.restore(to: folder + "/keyring.sqlite", at: environment.now())
        try copyRecords(source.records, to: folder + "/records.sqlite")
        let marker = VaultMarker(id: payload.vault, anchorPath: anchorPath)
        try Folder.write(marker.bytes, to: folder + "/" + VaultMarker.name)
        let vault = try await openAssembled(folder, source, unlockedBy: secret, environment)
        do {
            var report = RestoreReport(
                vault: "\(vault.id)", records: source.records.fileName, keyring: source.keyring.path.fileName,
                keyringMade: payload.made.text, keyringExpires: payload.expires.text,
                entries: try await vault.records.read { try $0.logSize() })
            try await vault.requireSameHistory(as: payload, source)
            try await gate(vault, &report)
            try await vault.takeObjects(from: source.folder, &report, progress)
            try await vault.anchor.advance(to: vault.records, isNew: true)
            try await vault.close()
            return report
        } catch {
            try? await vault.close()  // The first error is the one to tell, and the folder goes.
            throw error
        }
    }

    /// Without an anchor it opens, and is closed to changes.
    private static func openAssembled(
        _ folder: String, _ source: RestoreSource, unlockedBy secret: Key, _ environment: VaultEnvironment
    ) async throws -> DocumentVault {
        do {
            let vault = try await open(folder, unlockedWith: secret, in: environment)
            guard vault.readOnlyReason == .anchorMissing else { throw StorageError.alreadyExists }
            return vault
        } catch StorageError.foreignStore {
            throw BackupError.foreign(records: source.records.fileName, keyring: source.keyring.path.fileName)
        } catch StorageError.damagedStore(let store) where store != "keyring" {
            throw BackupError.damaged(source.records.fileName)
        }
    }

    /// Copies the records, held against the sum beside them where there is one.
    private static func copyRecords(_ path: String, to target: String) throws {
        let name = path.fileName
        let digest = try Folder.copy(path, to: target)
        let sum = path + ".sha256"
        if Folder.exists(sum) {
            guard try Folder.read(sum, limit: 1024).starts(with: Array(digest.hex.utf8)) else {
                throw BackupError.damaged(name)
            }
        }
        guard (try? RecordsStore.requireSound(target)) != nil else { throw BackupError.damaged(name) }
    }

    /// The ledger must go on from where the keyring's backup saw it, as far as it reaches.
    private func requireSameHistory(as payload: KeyringPayload, _ source: RestoreSource) async throws {
        let isSame = try await records.read { transaction in
            guard try transaction.logSize() >= payload.head.size else { return true }
            return try transaction.treeHead(size: payload.head.size) == payload.head
        }
        guard isSame else {
            throw BackupError.foreign(records: source.records.fileName, keyring: source.keyring.path.fileName)
        }
    }

    /// Copies the objects that the records name.
    private func takeObjects(
        from folder: BackupFolder, _ report: inout RestoreReport, _ progress: @Sendable (RestoreReport) -> Void
    ) async throws {
        for byte in UInt8.min...UInt8.max {
            report.objects = try await objects.take(
                from: folder.objects, inFolder: byte, environment.random, after: report.objects
            ) { names in
                try await records.read { transaction in try names.filter { try transaction.isReferenced($0) } }
            }
            progress(report)
        }
    }
}
