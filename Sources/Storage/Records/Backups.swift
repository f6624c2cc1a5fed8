internal import GRDB
public import Sealing

public enum BackupSubject {}
public typealias BackupID = ID<BackupSubject>

/// A keyring backup that was made: for as long as it is not pruned it opens what it opened then.
public struct KeyringBackupRow: Hashable, Sendable {
    public let id: BackupID
    public let made: Instant
    /// From then on it is refused and pruned.
    public let expires: Instant
    /// Of the sealed file.
    public let digest: Digest
    /// The ledger entry that recorded it.
    public let entry: UInt64
    public let pruned: Instant?

    public init(id: BackupID, made: Instant, expires: Instant, digest: Digest, entry: UInt64, pruned: Instant? = nil) {
        self.id = id
        self.made = made
        self.expires = expires
        self.digest = digest
        self.entry = entry
        self.pruned = pruned
    }

    /// The same, removed at a moment.
    public func pruned(at moment: Instant) -> KeyringBackupRow {
        KeyringBackupRow(id: id, made: made, expires: expires, digest: digest, entry: entry, pruned: moment)
    }

    fileprivate var columns: [[UInt8]] {
        [id.bytes, made.bytes, expires.bytes, digest.bytes, Int64(entry).bytes, pruned.bytes]
    }
}

extension WriteTransaction {
    /// Inserts a keyring backup, or notes of one that it was pruned.
    public func put(_ backup: KeyringBackupRow) throws {
        try db.execute(
            sql: """
                INSERT INTO keyring_backups (id, made, expires, digest, entry, pruned, mac)
                VALUES (:id, :made, :expires, :digest, :entry, :pruned, :mac)
                ON CONFLICT (id) DO UPDATE SET pruned = excluded.pruned, mac = excluded.mac
                """,
            arguments: [
                "id": backup.id.bytes.data, "made": backup.made.milliseconds,
                "expires": backup.expires.milliseconds, "digest": backup.digest.bytes.data,
                "entry": Int64(backup.entry), "pruned": backup.pruned?.milliseconds,
                "mac": rows.mac("keyring_backups", backup.columns).data,
            ])
    }
}

extension ReadTransaction {
    public func keyringBackups() throws -> [KeyringBackupRow] {
        try Row.fetchAll(db, sql: "SELECT * FROM keyring_backups ORDER BY made, id").map(keyringBackup)
    }

    func keyringBackup(_ row: Row) throws -> KeyringBackupRow {
        let backup = KeyringBackupRow(
            id: try id(row, "id"), made: instant(row, "made"), expires: instant(row, "expires"),
            digest: try digest(row, "digest"), entry: try number(row, "entry"),
            pruned: optionalInstant(row, "pruned"))
        try rows.check(bytes(row, "mac"), "keyring_backups", backup.columns)
        return backup
    }
}

extension RecordsSchema {
    static let backups = """
        CREATE TABLE keyring_backups (
          id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
          made INTEGER NOT NULL,
          expires INTEGER NOT NULL CHECK (expires > made),
          digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
          entry INTEGER NOT NULL REFERENCES entries,
          pruned INTEGER,
          mac BLOB NOT NULL
        ) STRICT;
        CREATE TRIGGER keyring_backups_stay BEFORE DELETE ON keyring_backups
          BEGIN SELECT RAISE(ABORT, 'what was made stays on record'); END;
        """
}
