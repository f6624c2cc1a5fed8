internal import Foundation
internal import GRDB
internal import Sealing

/// One unchanging state of the keyring. It must not leave the closure it was given to.
public class KeyringReading {
    let db: GRDB.Database

    init(_ db: GRDB.Database) { self.db = db }

    public func vault() throws -> VaultID? {
        try Data.fetchOne(db, sql: "SELECT id FROM vault").flatMap { VaultID([UInt8]($0)) }
    }

    /// Every way in which the root key, or a party's own key, is kept.
    public func custody(of owner: String) throws -> [CustodyRow] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM custody WHERE owner = :owner ORDER BY kind", arguments: ["owner": owner]
        ).map(custody)
    }

    private func custody(_ row: Row) throws -> CustodyRow {
        guard let kind = CustodyRow.Kind(rawValue: row["kind"]) else {
            throw StorageError.damagedStore(store: KeyringStore.name)
        }
        var custody = Custody.keyFile
        if kind == .passphrase {
            guard let salt = row["salt"] as Data?, let passes = row["passes"] as Int64?, passes > 0,
                let memory = row["memory"] as Int64?
            else { throw StorageError.damagedStore(store: KeyringStore.name) }
            custody = .passphrase(
                salt: [UInt8](salt), cost: Argon2Cost(passes: UInt64(passes), memory: Int(memory)))
        }
        return CustodyRow(
            owner: row["owner"], kind: kind, custody: custody, version: try number(row, "version"),
            about: row["about"], sealed: [UInt8](row["sealed"] as Data))
    }

    /// Every live key of a kind, the oldest version of each owner first.
    public func keys(kind: WrappedKey.Kind) throws -> [WrappedKey] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM keys WHERE kind = :kind ORDER BY owner, version",
            arguments: ["kind": kind.rawValue]
        ).map(key)
    }

    /// The newest version of an owner's key; `nil` once it has been destroyed.
    public func key(kind: WrappedKey.Kind, owner: [UInt8]) throws -> WrappedKey? {
        let statement = try db.cachedStatement(
            sql: "SELECT * FROM keys WHERE kind = :kind AND owner = :owner ORDER BY version DESC LIMIT 1")
        return try Row.fetchOne(statement, arguments: ["kind": kind.rawValue, "owner": owner.data]).map(key)
    }

    /// A child's key and, where there is one, its record key, in one look: every decision about a child needs them.
    public func keys(of child: ChildID) throws -> [WrappedKey] {
        let statement = try db.cachedStatement(
            sql: "SELECT * FROM keys WHERE kind IN ('child', 'record') AND owner = :owner ORDER BY kind, version")
        return try Row.fetchAll(statement, arguments: ["owner": child.bytes.data]).map(key)
    }

    /// The key of a kind that was made first; `nil` when there is none.
    public func oldestKey(kind: WrappedKey.Kind) throws -> WrappedKey? {
        try Row.fetchOne(
            db, sql: "SELECT * FROM keys WHERE kind = :kind ORDER BY created LIMIT 1",
            arguments: ["kind": kind.rawValue]
        ).map(key)
    }

    /// Another number means that a key which processes keep in memory has come, gone or changed.
    public func epoch() throws -> Int64 {
        let statement = try db.cachedStatement(sql: "SELECT number FROM epoch")
        guard let number = try Int64.fetchOne(statement) else {
            throw StorageError.damagedStore(store: KeyringStore.name)
        }
        return number
    }

    public func wraps(of rendition: RenditionID) throws -> [WrapRow] {
        let statement = try db.cachedStatement(sql: "SELECT * FROM wraps WHERE rendition = :id ORDER BY party")
        return try Row.fetchAll(statement, arguments: ["id": rendition.bytes.data]).map(wrap)
    }

    /// - Returns: `nil` also while the party's key is not in the keyring, because the party has sealed it.
    public func wrap(of rendition: RenditionID, for party: String) throws -> WrapRow? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT * FROM wraps WHERE rendition = :id AND party = :party AND EXISTS
                  (SELECT 1 FROM keys WHERE kind = 'party' AND owner = CAST(wraps.party AS BLOB)
                   AND version = wraps.party_key_version)
                """)
        return try Row.fetchOne(statement, arguments: ["id": rendition.bytes.data, "party": party]).map(wrap)
    }

    /// A page of the renditions that have wraps, by identifier.
    public func wrappedRenditions(after id: RenditionID?, limit: Int) throws -> [RenditionID] {
        try Data.fetchAll(
            db, sql: "SELECT DISTINCT rendition FROM wraps WHERE rendition > :id ORDER BY rendition LIMIT :limit",
            arguments: ["id": (id?.bytes ?? []).data, "limit": limit]
        ).compactMap { RenditionID([UInt8]($0)) }
    }

    /// `values`: the identifier's blind index under each live version of the key: a MAC of it, never the identifier.
    public func children(kind: String, values: [[UInt8]]) throws -> [ChildID] {
        try values.flatMap { value in
            try Data.fetchAll(
                db, sql: "SELECT child FROM child_index WHERE kind = :kind AND value = :value ORDER BY child",
                arguments: ["kind": kind, "value": value.data]
            ).compactMap { ChildID([UInt8]($0)) }
        }
    }

    public func pending() throws -> [Pending] {
        try Row.fetchAll(db, sql: "SELECT * FROM pending").map { row in
            let id = [UInt8](row["id"] as Data)
            switch row["kind"] as String {
            case "child": if let child = ChildID(id) { return .child(child) }
            case "alignment": if let child = ChildID(id) { return .alignment(child) }
            case "document":
                if let child = ChildID(Array(id.prefix(ChildID.byteCount))),
                    let document = DocumentID(Array(id.dropFirst(ChildID.byteCount)))
                {
                    return .document(document, of: child)
                }
            default: break
            }
            guard let rendition = RenditionID(id) else { throw StorageError.damagedStore(store: KeyringStore.name) }
            return .rendition(rendition, object: (row["object"] as Data?).flatMap { Digest([UInt8]($0)) })
        }
    }

    func number(_ row: Row, _ column: String) throws -> UInt32 {
        guard let number = UInt32(exactly: row[column] as Int64) else {
            throw StorageError.damagedStore(store: KeyringStore.name)
        }
        return number
    }

    func key(_ row: Row) throws -> WrappedKey {
        guard let kind = WrappedKey.Kind(rawValue: row["kind"]) else {
            throw StorageError.damagedStore(store: KeyringStore.name)
        }
        return WrappedKey(
            kind: kind, owner: [UInt8](row["owner"] as Data), version: try number(row, "version"),
            above: try number(row, "above"), created: Instant(milliseconds: row["created"]),
            sealed: [UInt8](row["sealed"] as Data))
    }

    func wrap(_ row: Row) throws -> WrapRow {
        guard let rendition = RenditionID([UInt8](row["rendition"] as Data)) else {
            throw StorageError.damagedStore(store: KeyringStore.name)
        }
        return WrapRow(
            rendition: rendition, party: row["party"], partyKeyVersion: try number(row, "party_key_version"),
            childKeyVersion: try number(row, "child_key_version"), isOverride: row["is_override"],
            sealed: [UInt8](row["sealed"] as Data))
    }
}

/// A transaction on the keyring.
public final class KeyringWriting: KeyringReading {
    public func insert(vault: VaultID) throws {
        try db.execute(sql: "INSERT INTO vault (id) VALUES (:id)", arguments: ["id": vault.bytes.data])
    }

    /// Keeps a way to a key, in place of one of the same kind for the same key.
    public func put(_ row: CustodyRow) throws {
        var arguments: StatementArguments = ["salt": nil, "passes": nil, "memory": nil]
        if case .passphrase(let salt, let cost) = row.custody {
            arguments = ["salt": salt.data, "passes": Int64(cost.passes), "memory": Int64(cost.memory)]
        }
        arguments += [
            "owner": row.owner, "kind": row.kind.rawValue, "version": row.version, "about": row.about,
            "sealed": row.sealed.data,
        ]
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO custody (owner, kind, version, salt, passes, memory, about, sealed)
                VALUES (:owner, :kind, :version, :salt, :passes, :memory, :about, :sealed)
                """, arguments: arguments)
    }

    public func removeCustody(of owner: String) throws {
        try db.execute(sql: "DELETE FROM custody WHERE owner = :owner", arguments: ["owner": owner])
    }

    public func insert(_ key: WrappedKey) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO keys (kind, owner, version, above, created, sealed)
                VALUES (:kind, :owner, :version, :above, :created, :sealed)
                """)
        try statement.execute(arguments: [
            "kind": key.kind.rawValue, "owner": key.owner.data, "version": key.version, "above": key.above,
            "created": key.created.milliseconds, "sealed": key.sealed.data,
        ])
    }

    /// The same key under another one.
    public func rewrap(_ key: WrappedKey) throws {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE keys SET above = :above, sealed = :sealed
                WHERE kind = :kind AND owner = :owner AND version = :version
                """)
        try statement.execute(arguments: [
            "kind": key.kind.rawValue, "owner": key.owner.data, "version": key.version, "above": key.above,
            "sealed": key.sealed.data,
        ])
    }

    /// The key is destroyed once the write-ahead log has been emptied too: `KeyringStore.forgetDeleted`.
    public func removeKey(kind: WrappedKey.Kind, owner: [UInt8], version: UInt32) throws {
        try db.execute(
            sql: "DELETE FROM keys WHERE kind = :kind AND owner = :owner AND version = :version",
            arguments: ["kind": kind.rawValue, "owner": owner.data, "version": version])
    }

    public func insert(_ wrap: WrapRow) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO wraps (rendition, party, party_key_version, child_key_version, is_override, sealed)
                VALUES (:rendition, :party, :party_key_version, :child_key_version, :is_override, :sealed)
                """)
        try statement.execute(arguments: [
            "rendition": wrap.rendition.bytes.data, "party": wrap.party, "party_key_version": wrap.partyKeyVersion,
            "child_key_version": wrap.childKeyVersion, "is_override": wrap.isOverride, "sealed": wrap.sealed.data,
        ])
    }

    /// To be written with the keys, and settled once the records have what they are for.
    public func insert(_ pending: Pending) throws {
        let (kind, id, object) = columns(pending)
        let statement = try db.cachedStatement(
            sql: "INSERT INTO pending (kind, id, object) VALUES (:kind, :id, :object) ON CONFLICT DO NOTHING")
        try statement.execute(arguments: ["kind": kind, "id": id.data, "object": object?.data])
    }

    public func insertIndex(kind: String, value: [UInt8], child: ChildID) throws {
        try db.execute(
            sql: "INSERT INTO child_index (kind, value, child) VALUES (:kind, :value, :child)",
            arguments: ["kind": kind, "value": value.data, "child": child.bytes.data])
    }

    /// The records have it, or it is gone again: nothing is pending any more.
    public func settle(_ pending: Pending) throws {
        let (kind, id, _) = columns(pending)
        let statement = try db.cachedStatement(sql: "DELETE FROM pending WHERE kind = :kind AND id = :id")
        try statement.execute(arguments: ["kind": kind, "id": id.data])
    }

    private func columns(_ pending: Pending) -> (kind: String, id: [UInt8], object: [UInt8]?) {
        switch pending {
        case .rendition(let id, let object): ("rendition", id.bytes, object?.bytes)
        case .child(let id): ("child", id.bytes, nil)
        case .alignment(let id): ("alignment", id.bytes, nil)
        case .document(let id, let child): ("document", WrappedKey.owner(id, of: child), nil)
        }
    }

    /// The records never got this rendition: its wraps go.
    public func removeWraps(of rendition: RenditionID) throws {
        try db.execute(sql: "DELETE FROM wraps WHERE rendition = :id", arguments: ["id": rendition.bytes.data])
    }

    /// One party's key opens this rendition no longer.
    public func removeWrap(of rendition: RenditionID, for party: String) throws {
        let statement = try db.cachedStatement(
            sql: "DELETE FROM wraps WHERE rendition = :id AND party = :party")
        try statement.execute(arguments: ["id": rendition.bytes.data, "party": party])
    }

    /// A child's keys, those of the documents about the child, and index rows go: nothing of the child opens any more.
    public func removeChild(_ child: ChildID) throws {
        try removeDocumentKeys(of: child)
        try db.execute(sql: "DELETE FROM child_index WHERE child = :id", arguments: ["id": child.bytes.data])
        try db.execute(
            sql: "DELETE FROM keys WHERE kind IN ('child', 'record') AND owner = :id",
            arguments: ["id": child.bytes.data])
        try db.execute(
            sql: "DELETE FROM pending WHERE kind = 'alignment' AND id = :id", arguments: ["id": child.bytes.data])
    }
}
