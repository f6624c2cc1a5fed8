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

    public func custody() throws -> CustodyRow? {
        try Row.fetchOne(db, sql: "SELECT * FROM custody").map { row in
            let sealed = [UInt8](row["sealed"] as Data)
            guard row["kind"] as String == "passphrase" else { return CustodyRow(custody: .keyFile, sealed: sealed) }
            guard let salt = row["salt"] as Data?, let passes = row["passes"] as Int64?, passes > 0,
                let memory = row["memory"] as Int64?
            else { throw StorageError.damagedStore(store: KeyringStore.name) }
            let cost = Argon2Cost(passes: UInt64(passes), memory: Int(memory))
            return CustodyRow(custody: .passphrase(salt: [UInt8](salt), cost: cost), sealed: sealed)
        }
    }

    /// Every live key of a kind.
    public func keys(kind: String) throws -> [WrappedKey] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM keys WHERE kind = :kind ORDER BY owner, version", arguments: ["kind": kind]
        ).map(key)
    }

    /// The newest version of an owner's key; `nil` once it has been destroyed.
    public func key(kind: String, owner: [UInt8]) throws -> WrappedKey? {
        let statement = try db.cachedStatement(
            sql: "SELECT * FROM keys WHERE kind = :kind AND owner = :owner ORDER BY version DESC LIMIT 1")
        return try Row.fetchOne(statement, arguments: ["kind": kind, "owner": owner.data]).map(key)
    }

    public func wraps(of rendition: RenditionID) throws -> [WrapRow] {
        let statement = try db.cachedStatement(sql: "SELECT * FROM wraps WHERE rendition = :id ORDER BY party")
        return try Row.fetchAll(statement, arguments: ["id": rendition.bytes.data]).map(wrap)
    }

    public func wrap(of rendition: RenditionID, for party: String) throws -> WrapRow? {
        let statement = try db.cachedStatement(
            sql: "SELECT * FROM wraps WHERE rendition = :id AND party = :party")
        return try Row.fetchOne(statement, arguments: ["id": rendition.bytes.data, "party": party]).map(wrap)
    }

    /// A page of the renditions that have wraps, by identifier.
    public func wrappedRenditions(after id: RenditionID?, limit: Int) throws -> [RenditionID] {
        try Data.fetchAll(
            db, sql: "SELECT DISTINCT rendition FROM wraps WHERE rendition > :id ORDER BY rendition LIMIT :limit",
            arguments: ["id": (id?.bytes ?? []).data, "limit": limit]
        ).compactMap { RenditionID([UInt8]($0)) }
    }

    /// `value`: a blind index: a MAC of the identifier, never the identifier.
    public func children(kind: String, value: [UInt8]) throws -> [ChildID] {
        try Data.fetchAll(
            db, sql: "SELECT child FROM child_index WHERE kind = :kind AND value = :value ORDER BY child",
            arguments: ["kind": kind, "value": value.data]
        ).compactMap { ChildID([UInt8]($0)) }
    }

    public func pending() throws -> [Pending] {
        try Row.fetchAll(db, sql: "SELECT * FROM pending").map { row in
            let id = [UInt8](row["id"] as Data)
            switch row["kind"] as String {
            case "child": if let child = ChildID(id) { return .child(child) }
            case "alignment": if let child = ChildID(id) { return .alignment(child) }
            default: break
            }
            guard let rendition = RenditionID(id) else { throw StorageError.damagedStore(store: KeyringStore.name) }
            return .rendition(rendition, object: (row["object"] as Data?).flatMap { Digest([UInt8]($0)) })
        }
    }

    private func number(_ row: Row, _ column: String) throws -> UInt32 {
        guard let number = UInt32(exactly: row[column] as Int64) else {
            throw StorageError.damagedStore(store: KeyringStore.name)
        }
        return number
    }

    private func key(_ row: Row) throws -> WrappedKey {
        WrappedKey(
            kind: row["kind"], owner: [UInt8](row["owner"] as Data), version: try number(row, "version"),
            sealed: [UInt8](row["sealed"] as Data))
    }

    private func wrap(_ row: Row) throws -> WrapRow {
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

    public func insert(_ row: CustodyRow) throws {
        var arguments: StatementArguments = ["kind": "key-file", "salt": nil, "passes": nil, "memory": nil]
        if case .passphrase(let salt, let cost) = row.custody {
            arguments = [
                "kind": "passphrase", "salt": salt.data, "passes": Int64(cost.passes), "memory": Int64(cost.memory),
            ]
        }
        arguments += ["sealed": row.sealed.data]
        try db.execute(
            sql: """
                INSERT INTO custody (kind, salt, passes, memory, sealed)
                VALUES (:kind, :salt, :passes, :memory, :sealed)
                """, arguments: arguments)
    }

    public func insert(_ key: WrappedKey) throws {
        try db.execute(
            sql: "INSERT INTO keys (kind, owner, version, sealed) VALUES (:kind, :owner, :version, :sealed)",
            arguments: [
                "kind": key.kind, "owner": key.owner.data, "version": key.version, "sealed": key.sealed.data,
            ])
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

    /// The records never got this child: its key and index rows go.
    public func removeChild(_ child: ChildID) throws {
        try db.execute(sql: "DELETE FROM child_index WHERE child = :id", arguments: ["id": child.bytes.data])
        try db.execute(
            sql: "DELETE FROM keys WHERE kind = 'child' AND owner = :id", arguments: ["id": child.bytes.data])
    }
}
