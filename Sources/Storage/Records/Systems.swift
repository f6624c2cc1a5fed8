internal import GRDB
public import Rules
public import Sealing

/// An account that is a partner's system: what it proves itself with, and what it is registered for.
public struct SystemRow: Hashable, Sendable {
    public let person: PersonID
    /// SHA-256 of the client certificate (DER) that it is known by, and by nothing else.
    public let certificate: Digest
    public let scope: Scope
    public let expires: Instant

    public init(person: PersonID, certificate: Digest, scope: Scope, expires: Instant) {
        self.person = person
        self.certificate = certificate
        self.scope = scope
        self.expires = expires
    }

    fileprivate var purposes: String { scope.purposes.map(\.rawValue).sorted().joined(separator: " ") }
    fileprivate var categories: String { scope.categories.map(\.rawValue).sorted().joined(separator: " ") }
    fileprivate var columns: [[UInt8]] {
        [person.bytes, certificate.bytes, purposes.bytes, categories.bytes, expires.bytes]
    }
}

extension WriteTransaction {
    /// Inserts a system, or replaces the row of the same account.
    public func put(_ system: SystemRow) throws {
        try db.execute(
            sql: """
                INSERT INTO systems (person, certificate, purposes, categories, expires, mac)
                VALUES (:person, :certificate, :purposes, :categories, :expires, :mac)
                ON CONFLICT (person) DO UPDATE SET certificate = excluded.certificate,
                  purposes = excluded.purposes, categories = excluded.categories, expires = excluded.expires,
                  mac = excluded.mac
                """,
            arguments: [
                "person": system.person.bytes.data, "certificate": system.certificate.bytes.data,
                "purposes": system.purposes, "categories": system.categories,
                "expires": system.expires.milliseconds, "mac": rows.mac("systems", system.columns).data,
            ])
    }
}

extension ReadTransaction {
    public func systems() throws -> [SystemRow] {
        try Row.fetchAll(db, sql: "SELECT * FROM systems ORDER BY person").map(systemRow)
    }

    public func system(_ person: PersonID) throws -> SystemRow? {
        let statement = try db.cachedStatement(sql: "SELECT * FROM systems WHERE person = :person")
        return try Row.fetchOne(statement, arguments: ["person": person.bytes.data]).map(systemRow)
    }

    public func system(certificate: Digest) throws -> SystemRow? {
        try Row.fetchOne(
            db, sql: "SELECT * FROM systems WHERE certificate = :certificate",
            arguments: ["certificate": certificate.bytes.data]
        ).map(systemRow)
    }

    func systemRow(_ row: Row) throws -> SystemRow {
        func words<Word: PolicyWord>(_ column: String) -> Set<Word> {
            Set((row[column] as String).split(separator: " ").map { Word(rawValue: String($0)) })
        }
        let system = SystemRow(
            person: try id(row, "person"), certificate: try digest(row, "certificate"),
            scope: Scope(purposes: words("purposes"), categories: words("categories")),
            expires: instant(row, "expires"))
        try rows.check(bytes(row, "mac"), "systems", system.columns)
        return system
    }
}
