internal import Foundation
internal import GRDB
public import Sealing

/// `keyring.sqlite`: everything that makes the rest readable, and nothing else. Small, erased for good, kept apart.
///
/// What it holds is sealed before it comes here; losing a row loses what it opened.
public struct KeyringStore: Sendable {
    static let name = "keyring"
    let pool: DatabasePool

    /// `isNew`: makes the file; otherwise a missing one is damage.
    public init(vaultFolder: String, isNew: Bool = false) throws {
        pool = try Database.open(
            vaultFolder + "/keyring.sqlite", store: Self.name, migrator: KeyringSchema.migrator, isErasing: true,
            isNew: isNew)
    }

    public func read<Result: Sendable>(
        _ work: @escaping @Sendable (KeyringReading) throws -> Result
    ) async throws -> Result {
        do {
            return try Database.read(pool) { try work(KeyringReading($0)) }
        } catch {
            throw Database.named(error, Self.name)
        }
    }

    /// Durable when it returns.
    public func write<Result: Sendable>(
        _ work: @escaping @Sendable (KeyringWriting) throws -> Result
    ) async throws -> Result {
        do {
            return try await pool.write { try work(KeyringWriting($0)) }
        } catch {
            throw Database.named(error, Self.name)
        }
    }

    /// A write that a crash may lose without harm: it does not wait for the disk.
    public func note(_ work: @escaping @Sendable (KeyringWriting) throws -> Void) async throws {
        do {
            try await pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = NORMAL")
                defer { try? db.execute(sql: "PRAGMA synchronous = FULL") }
                try db.inTransaction {
                    try work(KeyringWriting(db))
                    return .commit
                }
            }
        } catch {
            throw Database.named(error, Self.name)
        }
    }

    /// Makes deletions reach the disk: empties the write-ahead log, where deleted rows would live on, and overwrites what is left of them
    /// in the file.
    ///
    /// - Throws: `StorageError.busy` when somebody is reading or has just written.
    public func forgetDeleted() async throws {
        do {
            try await pool.writeWithoutTransaction { [log = pool.path + "-wal"] db in
                _ = try db.checkpoint(.truncate)
                try Scrub.run(db, log: log)
            }
        } catch {
            throw Database.named(error, Self.name)
        }
    }

    /// Closes the file. No further call may be made.
    public func close() async throws { try await Database.close(pool, store: Self.name) }
}

/// A key under a key, as it is kept.
public struct WrappedKey: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        case party, service, child
        /// What a child's fields are sealed under once the child's key has been rotated: it is wrapped by that key.
        case record
        /// What a document's title is sealed under, and nothing else: it is wrapped by the child's record key.
        case document
    }

    public let kind: Kind
    /// The party's or the service's name, the child's identifier, or that and the document's.
    public let owner: [UInt8]
    public let version: UInt32
    /// The version of the key that it is wrapped under.
    public let above: UInt32
    public let created: Instant
    public let sealed: [UInt8]

    public init(kind: Kind, owner: [UInt8], version: UInt32, above: UInt32, created: Instant, sealed: [UInt8]) {
        self.kind = kind
        self.owner = owner
        self.version = version
        self.above = above
        self.created = created
        self.sealed = sealed
    }
}

/// A rendition key, wrapped for one party and one child.
public struct WrapRow: Hashable, Sendable {
    public let rendition: RenditionID
    public let party: String
    public let partyKeyVersion: UInt32
    public let childKeyVersion: UInt32
    public let isOverride: Bool
    public let sealed: [UInt8]

    public init(
        rendition: RenditionID, party: String, partyKeyVersion: UInt32, childKeyVersion: UInt32, isOverride: Bool,
        sealed: [UInt8]
    ) {
        self.rendition = rendition
        self.party = party
        self.partyKeyVersion = partyKeyVersion
        self.childKeyVersion = childKeyVersion
        self.isOverride = isOverride
        self.sealed = sealed
    }
}

/// The root key, or a party's own key, as custody keeps it.
public struct CustodyRow: Hashable, Sendable {
    /// How the unlock secret comes about. What it opens is the same for all but a passphrase.
    public enum Kind: String, Hashable, Sendable {
        case passphrase
        case keyFile = "key-file"
        case shares, token
    }

    public static let root = "root"
    /// The root key that a ceremony has made and that nothing is under yet.
    public static let next = "next"

    /// `root`, `next`, or a party's name.
    public let owner: String
    public let kind: Kind
    public let custody: Custody
    /// Of the key that it opens.
    public let version: UInt32
    /// What whoever unlocks must know and may: which set of shares, which token.
    public let about: String
    public let sealed: [UInt8]

    public init(
        owner: String = Self.root, kind: Kind, custody: Custody, version: UInt32 = 1, about: String = "",
        sealed: [UInt8]
    ) {
        self.owner = owner
        self.kind = kind
        self.custody = custody
        self.version = version
        self.about = about
        self.sealed = sealed
    }

    /// Of the two ways in which a secret becomes a key, the one that a secret was given for.
    public static func kind(of custody: Custody) -> Kind {
        if case .passphrase = custody { .passphrase } else { .keyFile }
    }
}

/// A rotation whose end is not in the ledger yet.
public struct RotationRow: Hashable, Sendable {
    public let kind: WrappedKey.Kind
    public let owner: [UInt8]
    public let old: UInt32
    public let new: UInt32
    public let person: PersonID
    public let begun: Instant

    public init(
        kind: WrappedKey.Kind, owner: [UInt8], old: UInt32, new: UInt32, person: PersonID, begun: Instant
    ) {
        self.kind = kind
        self.owner = owner
        self.old = old
        self.new = new
        self.person = person
        self.begun = begun
    }
}

/// Something whose keys were written, and whose records may or may not have been.
public enum Pending: Hashable, Sendable {
    /// With the object made for it; `nil` when it shares one that was there.
    case rendition(RenditionID, object: Digest?)
    case child(ChildID)
    /// The wraps of a child's renditions were changed along with an act.
    case alignment(ChildID)
    /// A document that is new, of which there is a key now.
    case document(DocumentID, of: ChildID)
}

enum KeyringSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 keys") { try $0.execute(sql: keys) }
        migrator.registerMigration("2 alignments") { try $0.execute(sql: alignments) }
        migrator.registerMigration("3 rotation") { try $0.execute(sql: rotation) }
        migrator.registerMigration("4 documents") { try $0.execute(sql: documents) }
        return migrator
    }

    private static let keys = """
        CREATE TABLE vault (id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16)) STRICT;
        CREATE TABLE custody (
          kind TEXT NOT NULL PRIMARY KEY CHECK (kind IN ('passphrase', 'key-file')),
          salt BLOB,
          passes INTEGER,
          memory INTEGER,
          sealed BLOB NOT NULL
        ) STRICT;
        CREATE TABLE keys (
          kind TEXT NOT NULL CHECK (kind IN ('party', 'service', 'child')),
          owner BLOB NOT NULL,
          version INTEGER NOT NULL CHECK (version >= 1),
          sealed BLOB NOT NULL,
          PRIMARY KEY (kind, owner, version)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE wraps (
          rendition BLOB NOT NULL CHECK (length(rendition) = 16),
          party TEXT NOT NULL,
          party_key_version INTEGER NOT NULL,
          child_key_version INTEGER NOT NULL,
          is_override INTEGER NOT NULL CHECK (is_override IN (0, 1)),
          sealed BLOB NOT NULL,
          PRIMARY KEY (rendition, party)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE child_index (
          kind TEXT NOT NULL,
          value BLOB NOT NULL,
          child BLOB NOT NULL CHECK (length(child) = 16),
          PRIMARY KEY (kind, value, child)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX index_of_child ON child_index (child);
        CREATE TABLE pending (
          kind TEXT NOT NULL CHECK (kind IN ('rendition', 'child')),
          id BLOB NOT NULL CHECK (length(id) = 16),
          object BLOB,
          PRIMARY KEY (kind, id)
        ) STRICT, WITHOUT ROWID;
        """

    private static let alignments = """
        ALTER TABLE pending RENAME TO pending_1;
        CREATE TABLE pending (
          kind TEXT NOT NULL CHECK (kind IN ('rendition', 'child', 'alignment')),
          id BLOB NOT NULL CHECK (length(id) = 16),
          object BLOB,
          PRIMARY KEY (kind, id)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO pending (kind, id, object) SELECT kind, id, object FROM pending_1;
        DROP TABLE pending_1;
        """

    /// A change of the keys that processes keep in memory counts the epoch up, by which they know that theirs are old.
    private static let rotation = """
        ALTER TABLE keys RENAME TO keys_1;
        CREATE TABLE keys (
          kind TEXT NOT NULL CHECK (kind IN ('party', 'service', 'child', 'record')),
          owner BLOB NOT NULL,
          version INTEGER NOT NULL CHECK (version >= 1),
          above INTEGER NOT NULL CHECK (above >= 0),
          created INTEGER NOT NULL,
          sealed BLOB NOT NULL,
          PRIMARY KEY (kind, owner, version)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO keys (kind, owner, version, above, created, sealed)
          SELECT kind, owner, version, CASE kind WHEN 'child' THEN 0 ELSE 1 END, 0, sealed FROM keys_1;
        DROP TABLE keys_1;
        ALTER TABLE custody RENAME TO custody_1;
        CREATE TABLE custody (
          owner TEXT NOT NULL,
          kind TEXT NOT NULL CHECK (kind IN ('passphrase', 'key-file', 'shares', 'token')),
          version INTEGER NOT NULL CHECK (version >= 1),
          salt BLOB,
          passes INTEGER,
          memory INTEGER,
          about TEXT NOT NULL,
          sealed BLOB NOT NULL,
          PRIMARY KEY (owner, kind)
        ) STRICT;
        INSERT INTO custody (owner, kind, version, salt, passes, memory, about, sealed)
          SELECT 'root', kind, 1, salt, passes, memory, '', sealed FROM custody_1;
        DROP TABLE custody_1;
        CREATE TABLE rotations (
          kind TEXT NOT NULL,
          owner BLOB NOT NULL,
          old INTEGER NOT NULL,
          new INTEGER NOT NULL,
          person BLOB NOT NULL CHECK (length(person) = 16),
          begun INTEGER NOT NULL,
          PRIMARY KEY (kind, owner)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE epoch (
          only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
          number INTEGER NOT NULL
        ) STRICT;
        INSERT INTO epoch (only, number) VALUES (1, 1);
        CREATE TRIGGER key_added AFTER INSERT ON keys WHEN NEW.kind IN ('party', 'service')
          BEGIN UPDATE epoch SET number = number + 1; END;
        CREATE TRIGGER key_changed AFTER UPDATE ON keys WHEN NEW.kind IN ('party', 'service')
          BEGIN UPDATE epoch SET number = number + 1; END;
        CREATE TRIGGER key_removed AFTER DELETE ON keys WHEN OLD.kind IN ('party', 'service')
          BEGIN UPDATE epoch SET number = number + 1; END;
        """

    /// The triggers went with the table that they were on.
    private static let documents = """
        ALTER TABLE keys RENAME TO keys_3;
        CREATE TABLE keys (
          kind TEXT NOT NULL CHECK (kind IN ('party', 'service', 'child', 'record', 'document')),
          owner BLOB NOT NULL,
          version INTEGER NOT NULL CHECK (version >= 1),
          above INTEGER NOT NULL CHECK (above >= 0),
          created INTEGER NOT NULL,
          sealed BLOB NOT NULL,
          PRIMARY KEY (kind, owner, version)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO keys (kind, owner, version, above, created, sealed)
          SELECT kind, owner, version, above, created, sealed FROM keys_3;
        DROP TABLE keys_3;
        CREATE TRIGGER key_added AFTER INSERT ON keys WHEN NEW.kind IN ('party', 'service')
          BEGIN UPDATE epoch SET number = number + 1; END;
        CREATE TRIGGER key_changed AFTER UPDATE ON keys WHEN NEW.kind IN ('party', 'service')
          BEGIN UPDATE epoch SET number = number + 1; END;
        CREATE TRIGGER key_removed AFTER DELETE ON keys WHEN OLD.kind IN ('party', 'service')
          BEGIN UPDATE epoch SET number = number + 1; END;
        ALTER TABLE pending RENAME TO pending_3;
        CREATE TABLE pending (
          kind TEXT NOT NULL CHECK (kind IN ('rendition', 'child', 'alignment', 'document')),
          id BLOB NOT NULL CHECK (length(id) = CASE kind WHEN 'document' THEN 32 ELSE 16 END),
          object BLOB,
          PRIMARY KEY (kind, id)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO pending (kind, id, object) SELECT kind, id, object FROM pending_3;
        DROP TABLE pending_3;
        """
}
