internal import GRDB
public import Sealing

/// A signed-in person. The token itself is kept nowhere.
public struct SessionRow: Hashable, Sendable {
    public let token: Digest
    public let id: SessionID
    public let person: PersonID
    public let began: Instant
    /// The last use, to the minute: a read must not cost a write each time.
    public let used: Instant
    public let hasSecondFactor: Bool

    public init(
        token: Digest, id: SessionID, person: PersonID, began: Instant, used: Instant, hasSecondFactor: Bool
    ) {
        self.token = token
        self.id = id
        self.person = person
        self.began = began
        self.used = used
        self.hasSecondFactor = hasSecondFactor
    }

    fileprivate var columns: [[UInt8]] {
        [token.bytes, id.bytes, person.bytes, began.bytes, used.bytes, hasSecondFactor.bytes]
    }
}

/// How often somebody has failed to prove to be the person of a user name, and when the next may try.
public struct AttemptRow: Hashable, Sendable {
    /// The blind index of the name that was typed, whether anybody has it or not.
    public let name: [UInt8]
    public let failures: Int64
    public let last: Instant
    public let until: Instant
    /// Whether a refusal of somebody who tried too early was recorded since.
    public let isNoted: Bool

    public init(name: [UInt8], failures: Int64, last: Instant, until: Instant, isNoted: Bool) {
        self.name = name
        self.failures = failures
        self.last = last
        self.until = until
        self.isNoted = isNoted
    }

    fileprivate var columns: [[UInt8]] { [name, failures.bytes, last.bytes, until.bytes, isNoted.bytes] }
}

/// A way in for an account without a password, once. The token itself is kept nowhere.
public struct InvitationRow: Hashable, Sendable {
    public let person: PersonID
    public let token: Digest
    public let expires: Instant

    public init(person: PersonID, token: Digest, expires: Instant) {
        self.person = person
        self.token = token
        self.expires = expires
    }

    fileprivate var columns: [[UInt8]] { [person.bytes, token.bytes, expires.bytes] }
}

/// What a person's own scripts sign in with. The token itself is kept nowhere.
public struct AccessTokenRow: Hashable, Sendable {
    public let token: Digest
    public let id: AccessTokenID
    public let person: PersonID
    /// Sealed under the vault's records key.
    public let name: [UInt8]
    public let created: Instant
    public let expires: Instant
    public let used: Instant?

    public init(
        token: Digest, id: AccessTokenID, person: PersonID, name: [UInt8], created: Instant, expires: Instant,
        used: Instant?
    ) {
        self.token = token
        self.id = id
        self.person = person
        self.name = name
        self.created = created
        self.expires = expires
        self.used = used
    }

    fileprivate var columns: [[UInt8]] {
        [token.bytes, id.bytes, person.bytes, name, created.bytes, expires.bytes, used.bytes]
    }
}

extension Bool {
    /// As it stands in a column of whole numbers.
    var bytes: [UInt8] { Int64(self ? 1 : 0).bytes }
}

extension WriteTransaction {
    /// Begins a session, or replaces the row of the same token.
    public func put(_ session: SessionRow) throws {
        try db.execute(
            sql: """
                INSERT INTO sessions (token, id, person, began, used, second_factor, mac)
                VALUES (:token, :id, :person, :began, :used, :factor, :mac)
                ON CONFLICT (token) DO UPDATE SET used = excluded.used, mac = excluded.mac
                """,
            arguments: [
                "token": session.token.bytes.data, "id": session.id.bytes.data, "person": session.person.bytes.data,
                "began": session.began.milliseconds, "used": session.used.milliseconds,
                "factor": session.hasSecondFactor, "mac": rows.mac("sessions", session.columns).data,
            ])
    }

    /// Ends one session.
    public func removeSession(_ token: Digest) throws {
        try db.execute(sql: "DELETE FROM sessions WHERE token = :token", arguments: ["token": token.bytes.data])
    }

    /// Ends every session of a person, but for one.
    public func removeSessions(of person: PersonID, butFor kept: SessionID? = nil) throws {
        try db.execute(
            sql: "DELETE FROM sessions WHERE person = :person AND (:kept IS NULL OR id <> :kept)",
            arguments: ["person": person.bytes.data, "kept": kept?.bytes.data])
    }

    /// Forgets sessions that began, or were last used, too long ago to count.
    public func removeSessions(begunBy began: Instant, unusedSince used: Instant) throws {
        try db.execute(
            sql: "DELETE FROM sessions WHERE began <= :began OR used <= :used",
            arguments: ["began": began.milliseconds, "used": used.milliseconds])
    }

    /// Inserts a count, or replaces that of the same name.
    public func put(_ attempt: AttemptRow) throws {
        try db.execute(
            sql: """
                INSERT INTO attempts (name, failures, last, until, is_noted, mac)
                VALUES (:name, :failures, :last, :until, :noted, :mac)
                ON CONFLICT (name) DO UPDATE SET failures = excluded.failures, last = excluded.last,
                  until = excluded.until, is_noted = excluded.is_noted, mac = excluded.mac
                """,
            arguments: [
                "name": attempt.name.data, "failures": attempt.failures, "last": attempt.last.milliseconds,
                "until": attempt.until.milliseconds, "noted": attempt.isNoted,
                "mac": rows.mac("attempts", attempt.columns).data,
            ])
    }

    public func removeAttempt(_ name: [UInt8]) throws {
        try db.execute(sql: "DELETE FROM attempts WHERE name = :name", arguments: ["name": name.data])
    }

    /// Forgets counts whose last attempt was then or before.
    public func removeAttempts(lastBy moment: Instant) throws {
        try db.execute(sql: "DELETE FROM attempts WHERE last <= :moment", arguments: ["moment": moment.milliseconds])
    }

    /// Invites a person; an earlier invitation of theirs is no longer one.
    public func put(_ invitation: InvitationRow) throws {
        try db.execute(
            sql: """
                INSERT INTO invitations (person, token, expires, mac) VALUES (:person, :token, :expires, :mac)
                ON CONFLICT (person) DO UPDATE SET token = excluded.token, expires = excluded.expires,
                  mac = excluded.mac
                """,
            arguments: [
                "person": invitation.person.bytes.data, "token": invitation.token.bytes.data,
                "expires": invitation.expires.milliseconds, "mac": rows.mac("invitations", invitation.columns).data,
            ])
    }

    public func removeInvitation(of person: PersonID) throws {
        try db.execute(
            sql: "DELETE FROM invitations WHERE person = :person", arguments: ["person": person.bytes.data])
    }

    /// Inserts an access token, or replaces the row of the same token.
    public func put(_ token: AccessTokenRow) throws {
        try db.execute(
            sql: """
                INSERT INTO access_tokens (token, id, person, name, created, expires, used, mac)
                VALUES (:token, :id, :person, :name, :created, :expires, :used, :mac)
                ON CONFLICT (token) DO UPDATE SET used = excluded.used, mac = excluded.mac
                """,
            arguments: [
                "token": token.token.bytes.data, "id": token.id.bytes.data, "person": token.person.bytes.data,
                "name": token.name.data, "created": token.created.milliseconds,
                "expires": token.expires.milliseconds, "used": token.used?.milliseconds,
                "mac": rows.mac("access_tokens", token.columns).data,
            ])
    }

    public func removeAccessToken(_ token: Digest) throws {
        try db.execute(sql: "DELETE FROM access_tokens WHERE token = :token", arguments: ["token": token.bytes.data])
    }

    public func removeAccessTokens(of person: PersonID) throws {
        try db.execute(
            sql: "DELETE FROM access_tokens WHERE person = :person", arguments: ["person": person.bytes.data])
    }

    public func removeAccessTokens(expiredBy now: Instant) throws {
        try db.execute(
            sql: "DELETE FROM access_tokens WHERE expires <= :now", arguments: ["now": now.milliseconds])
    }
}

extension ReadTransaction {
    public func session(_ token: Digest) throws -> SessionRow? {
        let statement = try db.cachedStatement(sql: "SELECT * FROM sessions WHERE token = :token")
        return try Row.fetchOne(statement, arguments: ["token": token.bytes.data]).map(session)
    }

    /// The oldest first.
    public func sessions(of person: PersonID) throws -> [SessionRow] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM sessions WHERE person = :person ORDER BY began, id",
            arguments: ["person": person.bytes.data]
        ).map(session)
    }

    public func attempt(_ name: [UInt8]) throws -> AttemptRow? {
        try Row.fetchOne(db, sql: "SELECT * FROM attempts WHERE name = :name", arguments: ["name": name.data])
            .map(attempt)
    }

    public func invitation(_ token: Digest) throws -> InvitationRow? {
        try Row.fetchOne(
            db, sql: "SELECT * FROM invitations WHERE token = :token", arguments: ["token": token.bytes.data]
        ).map(invitation)
    }

    public func accessToken(_ token: Digest) throws -> AccessTokenRow? {
        let statement = try db.cachedStatement(sql: "SELECT * FROM access_tokens WHERE token = :token")
        return try Row.fetchOne(statement, arguments: ["token": token.bytes.data]).map(accessToken)
    }

    /// The oldest first.
    public func accessTokens(of person: PersonID) throws -> [AccessTokenRow] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM access_tokens WHERE person = :person ORDER BY created, id",
            arguments: ["person": person.bytes.data]
        ).map(accessToken)
    }

    func session(_ row: Row) throws -> SessionRow {
        let session = SessionRow(
            token: try digest(row, "token"), id: try id(row, "id"), person: try id(row, "person"),
            began: instant(row, "began"), used: instant(row, "used"), hasSecondFactor: row["second_factor"])
        try rows.check(bytes(row, "mac"), "sessions", session.columns)
        return session
    }

    func attempt(_ row: Row) throws -> AttemptRow {
        let attempt = AttemptRow(
            name: bytes(row, "name"), failures: row["failures"], last: instant(row, "last"),
            until: instant(row, "until"), isNoted: row["is_noted"])
        try rows.check(bytes(row, "mac"), "attempts", attempt.columns)
        return attempt
    }

    func invitation(_ row: Row) throws -> InvitationRow {
        let invitation = InvitationRow(
            person: try id(row, "person"), token: try digest(row, "token"), expires: instant(row, "expires"))
        try rows.check(bytes(row, "mac"), "invitations", invitation.columns)
        return invitation
    }

    func accessToken(_ row: Row) throws -> AccessTokenRow {
        let token = AccessTokenRow(
            token: try digest(row, "token"), id: try id(row, "id"), person: try id(row, "person"),
            name: bytes(row, "name"), created: instant(row, "created"), expires: instant(row, "expires"),
            used: optionalInstant(row, "used"))
        try rows.check(bytes(row, "mac"), "access_tokens", token.columns)
        return token
    }
}
