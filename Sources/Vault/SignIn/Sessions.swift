internal import Ledger
internal import Rules
internal import Sealing
public import Storage

/// A session of somebody's, as shown to that person.
public struct Session: Hashable, Sendable, Codable {
    public let id: String
    public let began: String
    /// To the minute.
    public let lastUsed: String
    public let hasSecondFactor: Bool
    /// The one that asks.
    public let isThisOne: Bool
}

extension DocumentVault {
    /// How long a session lasts, however busy.
    public static let sessionSeconds: Int64 = 10 * 3600
    /// How long a session lasts without being used.
    public static let idleSeconds: Int64 = 15 * 60
    /// How seldom use is written down, so that a read does not cost a write each time.
    static let useSeconds: Int64 = 60
    /// How far a clock may go back, as in the ledger.
    static let clockToleranceSeconds: Int64 = 60

    /// Who holds this token now.
    ///
    /// - Throws: `VaultError.notSignedIn`, `.accountDisabled`; `StorageError.clockWentBackwards` for a session of the future: a clock put
    ///   back must not make sessions last longer.
    public func caller(_ token: SessionToken) async throws -> Caller {
        let now = environment.now()
        let (caller, used) = try await records.read { transaction in
            guard let session = try transaction.session(token.digest),
                let person = try transaction.person(session.person)
            else { throw VaultError.notSignedIn }
            guard session.began <= now.adding(seconds: Self.clockToleranceSeconds) else {
                throw StorageError.clockWentBackwards
            }
            guard isLive(session, at: now) else { throw VaultError.notSignedIn }
            guard person.disabled == nil else { throw VaultError.accountDisabled }
            var caller = try transaction.caller(person.id)
            caller.signedIn = session.began
            caller.session = session.id
            caller.usedSecondFactor = session.hasSecondFactor
            return (caller, session.used)
        }
        if readOnlyReason == nil, now >= used.adding(seconds: Self.useSeconds) {
            // Harmless when it fails: the session ends sooner than it would.
            try? await records.write { try $0.use(token, at: now) }
        }
        return caller
    }

    /// Whoever a bearer token stands for: a session's 64 hexadecimal digits, or a personal access token's text.
    ///
    /// - Throws: as `caller(_:)`; `VaultError.tokenInvalid` for an access token that is mistyped, has run out or was revoked.
    public func caller(bearer: [UInt8]) async throws -> Caller {
        if bearer.starts(with: AccessToken.prefix.utf8) {
            guard let token = AccessToken(text: bearer) else { throw VaultError.tokenInvalid }
            return try await caller(token)
        }
        guard let token = SessionToken(text: bearer) else { throw VaultError.notSignedIn }
        return try await caller(token)
    }

    /// The caller's sessions, the oldest first.
    public func sessions(as caller: Caller) async throws -> [Session] {
        let now = environment.now()
        return try await records.read { try $0.sessions(of: caller.person) }
            .filter { isLive($0, at: now) }
            .map {
                Session(
                    id: "\($0.id)", began: $0.began.text, lastUsed: $0.used.text, hasSecondFactor: $0.hasSecondFactor,
                    isThisOne: $0.id == caller.session)
            }
    }

    /// Ends a session of the caller's own.
    ///
    /// - Throws: `VaultError.needsSession`, `.notFound(.session)`.
    public func endSession(_ id: SessionID, as caller: Caller) async throws {
        try await requireWritable()
        _ = try await requireSession(caller)
        let row = try row(Event(.sessionEnded, by: caller).on(["session": "\(id)"]))
        try await records.write { transaction in
            guard let session = try transaction.sessions(of: caller.person).first(where: { $0.id == id }) else {
                throw VaultError.notFound(.session)
            }
            try transaction.removeSession(session.token)
            _ = try transaction.append(row)
        }
    }

    /// Ends all sessions of the caller's but the one that asks.
    public func endOtherSessions(as caller: Caller) async throws {
        try await requireWritable()
        let own = try await requireSession(caller)
        let row = try row(Event(.sessionEnded, by: caller).on(["session": "all others"]))
        try await records.write { transaction in
            try transaction.removeSessions(of: caller.person, butFor: own)
            _ = try transaction.append(row)
        }
    }

    /// Ends a session.
    public func signOut(_ token: SessionToken) async throws {
        try await requireWritable()
        let caller = try await caller(token)
        let row = try row(Event(.signedOut, by: caller))
        try await records.write { transaction in
            try transaction.removeSession(token.digest)
            _ = try transaction.append(row)
        }
    }

    /// The session that somebody acts in: who acts by an access token must not change what the account is opened with.
    ///
    /// - Throws: `VaultError.needsSession`, which is recorded.
    func requireSession(_ caller: Caller) async throws -> SessionID {
        guard let session = caller.session else {
            try await refuse(.needsSession, Event(.accessDenied, by: caller).with(["reason": "no-session"]))
        }
        return session
    }

    /// In a vault that may not be changed nobody can sign in anew and no use is written down, so there only the ten hours count: somebody
    /// has to be able to look at it.
    private func isLive(_ session: SessionRow, at now: Instant) -> Bool {
        now < session.began.adding(seconds: Self.sessionSeconds)
            && (readOnlyReason != nil || now < session.used.adding(seconds: Self.idleSeconds))
    }
}

extension WriteTransaction {
    fileprivate func use(_ token: SessionToken, at now: Instant) throws {
        guard let session = try session(token.digest), session.used < now else { return }
        try put(
            SessionRow(
                token: session.token, id: session.id, person: session.person, began: session.began, used: now,
                hasSecondFactor: session.hasSecondFactor))
    }
}
