internal import Ledger
internal import Rules
internal import Sealing
public import Storage

/// A keyring backup that the vault knows of.
public struct KeyringBackup: Hashable, Sendable, Codable {
    public let backup: String
    public let made: String
    public let expires: String
    public let sha256: String
    public let pruned: String?
}

/// What became of the keyring backups of a folder.
public struct PruneReport: Hashable, Sendable, Codable {
    public var removed: [String] = []
    /// Not yet past their horizon.
    public var kept: [String] = []
    /// What the vault did not make, or does not remember: never removed.
    public var unknown: [String] = []
    /// Past their horizon, and not in this folder.
    public var elsewhere = 0
}

extension DocumentVault {
    /// Every keyring backup ever made, oldest first.
    public func keyringBackups(as caller: Caller) async throws -> [KeyringBackup] {
        try await authorise("backup.make", caller)
        return try await records.read { try $0.keyringBackups() }.map { row in
            KeyringBackup(
                backup: "\(row.id)", made: row.made.text, expires: row.expires.text, sha256: row.digest.hex,
                pruned: row.pruned?.text)
        }
    }

    /// The moment from which no keyring backup opens any more what the keyring has lost by now; `nil` when none is there. It may
    /// have passed.
    ///
    /// After a restore it reaches as far as any backup could that was made before the loss, by whomever it is kept.
    public func lastKeyringBackupExpiry() async throws -> Instant? {
        let (rows, restored) = try await records.read { transaction in
            (try transaction.keyringBackups(), try transaction.entries(of: [.vaultRestored]))
        }
        let forgotten = restored.map { row in
            Instant(milliseconds: Int64(row.leaf.time)).adding(seconds: Int64(Self.longestHorizonDays) * 86_400)
        }
        return (rows.filter { $0.pruned == nil }.map(\.expires) + forgotten).max()
    }

    /// Removes the keyring backups of a folder that are past their horizon. Files that no row knows by their bytes stay.
    public func pruneBackups(in folder: BackupFolder, as caller: Caller) async throws -> PruneReport {
        try await authorise("backup.make", caller)
        let now = environment.now()
        let rows = try await records.read { try $0.keyringBackups() }
        var report = PruneReport()
        var gone: [KeyringBackupRow] = []
        for name in try folder.names(.keyring) {
            let path = folder.path(of: name)
            let digest = try await blocking { try Folder.digest(of: path) }
            guard let row = rows.first(where: { $0.digest == digest }) else {
                report.unknown.append(name)
                continue
            }
            guard row.expires <= now else {
                report.kept.append(name)
                continue
            }
            try Folder.wipe(path)
            report.removed.append(name)
            gone.append(row)
        }
        report.elsewhere = rows.count { row in row.pruned == nil && row.expires <= now && !gone.contains(row) }
        try Folder.sync(folder.path)
        if !gone.isEmpty { try await record(pruned: gone, at: now, by: caller) }
        return report
    }

    private func record(pruned gone: [KeyringBackupRow], at now: Instant, by caller: Caller) async throws {
        let ids = Set(gone.map(\.id.description)).sorted().joined(separator: " ")
        let row = try row(Event(.backupPruned, by: caller).on(["backup": ids]))
        try await records.write { transaction in
            _ = try transaction.append(row)
            for backup in gone { try transaction.put(backup.pruned(at: now)) }
        }
    }

    /// Every keyring backup that the ledger has must be in its table, pruned or not as the ledger says.
    func checkBackups(_ report: inout CheckReport) async throws {
        var said: [String: String] = [:]
        for row in try await records.read({ try $0.entries(of: [.backupMade, .backupPruned, .vaultRestored]) }) {
            let backups = try await opened(row)?.object["backup"]?.split(separator: " ") ?? []
            for backup in backups where BackupID(String(backup)) != nil {
                said[String(backup)] = row.leaf.kind == .backupPruned ? "pruned" : "made"
            }
        }
        let present = try await records.read { try $0.keyringBackups() }.reduce(into: [:]) {
            $0["\($1.id)"] = $1.pruned == nil ? "made" : "pruned"
        }
        report.compare(said, present, thing: "keyring backup", problem: "it is not what the ledger says")
    }
}
