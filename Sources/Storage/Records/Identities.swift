internal import GRDB
public import Sealing

/// Whom an organisation's sign-in provider knows by an issuer and a subject: never by a name or an address.
public struct IdentityRow: Hashable, Sendable {
    /// The blind index of issuer and subject: it finds, and tells nothing.
    public let identity: [UInt8]
    public let person: PersonID
    public let linked: Instant

    public init(identity: [UInt8], person: PersonID, linked: Instant) {
        self.identity = identity
        self.person = person
        self.linked = linked
    }

    fileprivate var columns: [[UInt8]] { [identity, person.bytes, linked.bytes] }
}

/// That a session was begun by a provider, which may end it.
public struct ProvidedSessionRow: Hashable, Sendable {
    public let token: Digest
    public let identity: [UInt8]
    /// The blind index of issuer and the provider's own session; empty when it named none.
    public let providerSession: [UInt8]

    public init(token: Digest, identity: [UInt8], providerSession: [UInt8]) {
        self.token = token
        self.identity = identity
        self.providerSession = providerSession
    }

    fileprivate var columns: [[UInt8]] { [token.bytes, identity, providerSession] }
}

extension WriteTransaction {
    public func insert(_ identity: IdentityRow) throws {
        try db.execute(
            sql: """
                INSERT INTO identities (identity, person, linked, mac) VALUES (:identity, :person, :linked, :mac)
                """,
            arguments: [
                "identity": identity.identity.data, "person": identity.person.bytes.data,
                "linked": identity.linked.milliseconds, "mac": rows.mac("identities", identity.columns).data,
            ])
    }

    public func removeIdentity(_ identity: [UInt8]) throws {
        try db.execute(sql: "DELETE FROM identities WHERE identity = :identity", arguments: ["identity": identity.data])
    }

    /// Says of a session that is there which provider began it. The row goes with the session.
    public func insert(_ session: ProvidedSessionRow) throws {
        try db.execute(
            sql: """
                INSERT INTO provided_sessions (token, identity, provider_session, mac)
                VALUES (:token, :identity, :session, :mac)
                """,
            arguments: [
                "token": session.token.bytes.data, "identity": session.identity.data,
                "session": session.providerSession.data, "mac": rows.mac("provided_sessions", session.columns).data,
            ])
    }
}

extension ReadTransaction {
    /// `indexes`: the blind index of issuer and subject under each live version of the key.
    public func identity(_ indexes: [[UInt8]]) throws -> IdentityRow? {
        for index in indexes {
            let row = try Row.fetchOne(
                db, sql: "SELECT * FROM identities WHERE identity = :identity", arguments: ["identity": index.data])
            if let row { return try identityRow(row) }
        }
        return nil
    }

    public func identities() throws -> [IdentityRow] {
        try Row.fetchAll(db, sql: "SELECT * FROM identities").map(identityRow)
    }

    public func identities(of person: PersonID) throws -> [IdentityRow] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM identities WHERE person = :person", arguments: ["person": person.bytes.data]
        ).map(identityRow)
    }

    public func providedSessions() throws -> [ProvidedSessionRow] {
        try Row.fetchAll(db, sql: "SELECT * FROM provided_sessions").map(providedSession)
    }

    public func providedSessions(identity: [UInt8]) throws -> [ProvidedSessionRow] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM provided_sessions WHERE identity = :identity",
            arguments: ["identity": identity.data]
        ).map(providedSession)
    }

    public func providedSessions(providerSession: [UInt8]) throws -> [ProvidedSessionRow] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM provided_sessions WHERE provider_session = :session",
            arguments: ["session": providerSession.data]
        ).map(providedSession)
    }

    func identityRow(_ row: Row) throws -> IdentityRow {
        let identity = IdentityRow(
            identity: bytes(row, "identity"), person: try id(row, "person"), linked: instant(row, "linked"))
        try rows.check(bytes(row, "mac"), "identities", identity.columns)
        return identity
    }

    func providedSession(_ row: Row) throws -> ProvidedSessionRow {
        let session = ProvidedSessionRow(
            token: try digest(row, "token"), identity: bytes(row, "identity"),
            providerSession: bytes(row, "provider_session"))
        try rows.check(bytes(row, "mac"), "provided_sessions", session.columns)
        return session
    }
}
