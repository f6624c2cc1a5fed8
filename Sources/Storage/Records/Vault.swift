internal import GRDB

/// What the records say of the vault itself.
public struct VaultRow: Hashable, Sendable {
    public let id: VaultID
    /// The ledger's identity for ever: a schema-less URL.
    public let origin: String
    public let created: Instant

    public init(id: VaultID, origin: String, created: Instant) {
        self.id = id
        self.origin = origin
        self.created = created
    }
}

/// A policy file as it was activated.
public struct PolicyRow: Hashable, Sendable {
    public let name: String
    public let text: [UInt8]
    public let activated: Instant
    /// The ledger entry that holds the file's digest.
    public let entry: UInt64

    public init(name: String, text: [UInt8], activated: Instant, entry: UInt64) {
        self.name = name
        self.text = text
        self.activated = activated
        self.entry = entry
    }
}

extension WriteTransaction {
    public func insert(_ vault: VaultRow) throws {
        try db.execute(
            sql: "INSERT INTO vault (id, origin, created) VALUES (:id, :origin, :created)",
            arguments: [
                "id": vault.id.bytes.data, "origin": vault.origin, "created": vault.created.milliseconds,
            ])
    }

    public func insert(_ policy: PolicyRow) throws {
        try db.execute(
            sql: "INSERT INTO policies (name, text, activated, entry) VALUES (:name, :text, :activated, :entry)",
            arguments: [
                "name": policy.name, "text": policy.text.data, "activated": policy.activated.milliseconds,
                "entry": Int64(policy.entry),
            ])
    }
}

extension ReadTransaction {
    public func vault() throws -> VaultRow? {
        try Row.fetchOne(db, sql: "SELECT * FROM vault").map { row in
            VaultRow(id: try id(row, "id"), origin: row["origin"], created: instant(row, "created"))
        }
    }

    /// The policy file in force under this name: the one activated last.
    public func policy(_ name: String) throws -> PolicyRow? {
        try Row.fetchOne(
            db, sql: "SELECT * FROM policies WHERE name = :name ORDER BY entry DESC LIMIT 1",
            arguments: ["name": name]
        ).map { row in
            PolicyRow(
                name: row["name"], text: bytes(row, "text"), activated: instant(row, "activated"),
                entry: try number(row, "entry"))
        }
    }
}
