internal import Ledger
internal import Rules
internal import Sealing
public import Storage

/// An access token of somebody's, as shown to that person: never the token itself.
public struct IssuedToken: Hashable, Sendable, Codable {
    public let id: String
    public let name: String
    public let created: String
    public let expires: String
    /// To the minute; `nil` when it was never used.
    public let lastUsed: String?
}

extension DocumentVault {
    public static let longestTokenDays = 90
    public static let mostTokens = 20

    /// Makes a token for the caller's own scripts: it reads and writes as the caller may, and changes nothing about the account.
    ///
    /// - Throws: `VaultError.needsSession`, `.invalid`, `.tooManyTokens`.
    public func createToken(name: String, days: Int, as caller: Caller) async throws -> AccessToken {
        try await requireWritable()
        _ = try await requireSession(caller)
        let name = try PlainText.line(name, field: "name")
        guard (1...Self.longestTokenDays).contains(days) else {
            throw VaultError.invalid(field: "number of days", reason: "use 1 to \(Self.longestTokenDays)")
        }
        let token = AccessToken(from: environment.random)
        let now = environment.now()
        let id = AccessTokenID(from: environment.random)
        let issued = AccessTokenRow(
            token: token.digest, id: id, person: caller.person, name: try seal(name, "access_tokens", id.bytes),
            created: now, expires: now.adding(seconds: Int64(days) * 86_400), used: nil)
        let row = try row(Event(.tokenCreated, by: caller).on(["token": "\(id)"]).with(["until": issued.expires.text]))
        try await records.write { transaction in
            try transaction.removeAccessTokens(expiredBy: now)
            guard try transaction.accessTokens(of: caller.person).count < Self.mostTokens else {
                throw VaultError.tooManyTokens(Self.mostTokens)
            }
            try transaction.put(issued)
            _ = try transaction.append(row)
        }
        return token
    }

    /// The caller's access tokens, the oldest first.
    public func tokens(as caller: Caller) async throws -> [IssuedToken] {
        let now = environment.now()
        return try await records.read { try $0.accessTokens(of: caller.person) }.filter { now < $0.expires }.map {
            IssuedToken(
                id: "\($0.id)", name: try open($0.name, "access_tokens", $0.id.bytes), created: $0.created.text,
                expires: $0.expires.text, lastUsed: $0.used?.text)
        }
    }

    /// Ends an access token of the caller's own, from the next use on.
    ///
    /// - Throws: `VaultError.needsSession`, `.notFound(.token)`.
    public func revokeToken(_ id: AccessTokenID, as caller: Caller) async throws {
        try await requireWritable()
        _ = try await requireSession(caller)
        let row = try row(Event(.tokenRevoked, by: caller).on(["token": "\(id)"]))
        try await records.write { transaction in
            guard let token = try transaction.accessTokens(of: caller.person).first(where: { $0.id == id }) else {
                throw VaultError.notFound(.token)
            }
            try transaction.removeAccessToken(token.token)
            _ = try transaction.append(row)
        }
    }

    /// Who holds this access token now: somebody without a session, who has not signed in.
    func caller(_ token: AccessToken) async throws -> Caller {
        let now = environment.now()
        let (caller, used) = try await records.read { transaction in
            guard let issued = try transaction.accessToken(token.digest), now < issued.expires,
                let person = try transaction.person(issued.person)
            else { throw VaultError.tokenInvalid }
            guard issued.created <= now.adding(seconds: Self.clockToleranceSeconds) else {
                throw StorageError.clockWentBackwards
            }
            guard person.disabled == nil else { throw VaultError.accountDisabled }
            return (try transaction.caller(person.id), issued.used)
        }
        let isDue = used.map { now >= $0.adding(seconds: Self.useSeconds) } ?? true
        if readOnlyReason == nil, isDue {
            // Harmless when it fails: the list shows an earlier use.
            try? await records.write { try $0.use(token, at: now) }
        }
        return caller
    }
}

extension WriteTransaction {
    fileprivate func use(_ token: AccessToken, at now: Instant) throws {
        guard let issued = try accessToken(token.digest) else { return }
        try put(
            AccessTokenRow(
                token: issued.token, id: issued.id, person: issued.person, name: issued.name,
                created: issued.created, expires: issued.expires, used: now))
    }
}
