internal import Ledger
public import Rules
public import Sealing
public import Storage

/// A signed-in person, as the records have them now. Only `DocumentVault` makes one.
public struct Caller: Hashable, Sendable {
    public struct Place: Hashable, Sendable {
        public let organisation: OrganisationID
        public let party: Party
        public let role: Role
    }

    public let person: PersonID
    public let memberships: [Place]
    /// When the session began; `nil` for somebody who acts without one.
    var signedIn: Instant?

    var roles: [Role] { memberships.map(\.role) }
}

/// What signing in gives: to be kept where nobody else can read it.
public struct SessionToken: Hashable, Sendable {
    public static let byteCount = 32
    public let bytes: [UInt8]

    /// - Returns: `nil` unless there are exactly 32 bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// The records keep only this, so that a stolen database signs nobody in.
    var digest: Digest { Digest.sha256(Array("muniment/v1/session".utf8) + bytes) }
}

extension DocumentVault {
    /// How long a session lasts without another sign-in.
    public static let sessionSeconds: Int64 = 10 * 3600

    /// Checks a user name and password and begins a session.
    ///
    /// A wrong name takes as long as a wrong password, and the answer is the same.
    ///
    /// - Throws: `VaultError.wrongCredentials`, `.accountDisabled`.
    public func signIn(username: String, password: Key) async throws -> SessionToken {
        try await requireWritable()
        let caller = try await authenticate(username, password)
        guard let token = SessionToken(environment.random.bytes(SessionToken.byteCount)) else {
            preconditionFailure("a token has 32 bytes")
        }
        let now = environment.now()
        let row = try row(Event(.signedIn, by: caller))
        try await records.write { transaction in
            try transaction.removeExpiredSessions(by: now)
            try transaction.insert(
                SessionRow(
                    token: token.digest, person: caller.person, expires: now.adding(seconds: Self.sessionSeconds)))
            _ = try transaction.append(row)
        }
        return token
    }

    private func authenticate(_ username: String, _ password: Key) async throws -> Caller {
        let index = keys.blindIndex("username", username.lowercased())
        let person = try await records.read { try $0.person(username: index) }
        let record = person?.password ?? PasswordRecord.unguessable(environment.random)
        let isRight = try record.accepts(password.secret, pepper: keys.service(.pepper))
        guard let person, isRight else {
            try await refuse(.wrongCredentials, Event(.signInRefused, by: nil).on(["username": Hex.encode(index)]))
        }
        let caller = Caller(person: person.id, memberships: [])
        guard person.disabled == nil else {
            try await refuse(.accountDisabled, Event(.signInRefused, by: caller).with(["reason": "disabled"]))
        }
        return caller
    }

    /// Someone with the duty to put the ledger's supports right, by name and password: for when nobody can sign in.
    func administrator(_ username: String, _ password: Key) async throws -> Caller {
        let person = try await authenticate(username, password).person
        let caller = try await records.read { try $0.caller(person) }
        guard case .permit = agreement.decideDuty("ledger.anchor", roles: caller.roles) else {
            throw VaultError.denied(.dutyNotHeld("ledger.anchor"))
        }
        return caller
    }

    /// Says that the machine's clock is right and the ledger's newest entry is not, after a clock had run ahead.
    ///
    /// Nobody can sign in while the clock stands before the newest entry, so this asks for name and password itself.
    ///
    /// - Throws: `VaultError.wrongCredentials`, `.denied`.
    public func acceptClock(username: String, password: Key) async throws {
        try await requireWritable()
        let caller = try await administrator(username, password)
        let row = try row(Event(.clockAccepted, by: caller))
        try await records.write { _ = try $0.append(row, acceptingClock: true) }
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

    /// Who holds this token now.
    ///
    /// - Throws: `VaultError.notSignedIn`, `.accountDisabled`.
    public func caller(_ token: SessionToken) async throws -> Caller {
        let now = environment.now()
        return try await records.read { transaction in
            guard let session = try transaction.session(token.digest), session.expires > now,
                let person = try transaction.person(session.person)
            else { throw VaultError.notSignedIn }
            guard person.disabled == nil else { throw VaultError.accountDisabled }
            var caller = try transaction.caller(person.id)
            caller.signedIn = session.expires.adding(seconds: -Self.sessionSeconds)
            return caller
        }
    }

    /// The caller with the right to an administrative act, or a recorded refusal.
    func authorise(_ duty: Duty, _ caller: Caller) async throws {
        try await requireWritable()
        guard case .deny(let reason) = agreement.decideDuty(duty, roles: caller.roles) else { return }
        try await refuse(
            .denied(reason), Event(.accessDenied, by: caller).with(["duty": duty.rawValue, "reason": reason.code]))
    }
}

extension ReadTransaction {
    func caller(_ person: PersonID) throws -> Caller {
        let places = try memberships(of: person).compactMap { membership in
            try organisation(membership.organisation).map {
                Caller.Place(organisation: $0.id, party: $0.party, role: membership.role)
            }
        }
        return Caller(person: person, memberships: places)
    }
}

extension PasswordRecord {
    /// A record that no password fits: it costs what a real one costs.
    static func unguessable(_ random: RandomSource) -> PasswordRecord {
        PasswordRecord(salt: random.bytes(SecretBytes.saltCount), cost: .password, verifier: random.bytes(32))
    }
}
