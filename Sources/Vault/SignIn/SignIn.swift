internal import Ledger
internal import Rules
public import Sealing
internal import Storage

extension DocumentVault {
    /// Checks a user name, a password and, where the account has a second factor, a code, and begins a session.
    ///
    /// A wrong name takes as long as a wrong password, and the answer is the same. That a code is needed is said only once the password
    /// is right.
    ///
    /// `code`: what the authenticator shows, or a recovery code.
    ///
    /// - Throws: `VaultError.wrongCredentials`, `.tooManyAttempts`, `.secondFactorNeeded`, `.wrongCode`, `.accountDisabled`.
    public func signIn(username: String, password: Key, code: Key? = nil) async throws -> SessionToken {
        try await requireWritable()
        let (person, attempt) = try await authenticate(username, password)
        let renewed = try await renewed(person, password)
        let caller = Caller(person: person.id, memberships: [])
        let token = SessionToken(from: environment.random)
        let now = environment.now()
        // The code is compared in the transaction that begins the session, so it cannot be used twice at the same moment.
        let outcome: Result<Void, VaultError> = try await records.write { transaction in
            try transaction.requireUnchanged(person)
            let proof = try prove(code, for: person.id, in: transaction)
            if let refusal = proof.refusal {
                if proof == .missing { try transaction.refund(attempt) }
                let event = Event(.signInRefused, by: caller).with(["reason": proof.word])
                _ = try transaction.append(try row(event))
                return .failure(refusal)
            }
            try transaction.removeAttempt(attempt.counted.name)
            if let renewed { try transaction.put(renewed) }
            try putSession(
                token, of: person.id, hasSecondFactor: proof.isSecondFactor, at: now, in: transaction)
            _ = try transaction.append(try row(Event(.signedIn, by: caller).with(["factor": proof.word])))
            return .success(())
        }
        try outcome.get()
        return token
    }

    /// The person with the same password under the newest pepper; `nil` where it is under that already.
    private func renewed(_ person: PersonRow, _ password: Key) async throws -> PersonRow? {
        guard person.password.pepperVersion != keys.service(.pepper).version else { return nil }
        return person.with(try await passwordRecord(password))
    }

    /// Whose name and password these are. The attempt stays counted as a failure until somebody clears it.
    func authenticate(_ username: String, _ password: Key) async throws -> (PersonRow, Attempt) {
        let names = usernameIndexes(username)
        let name = names[0]
        let attempt = try await spend(name, by: nil)
        let person = try await records.read { try $0.person(usernames: names) }
        let isRight = try await accepts(password, person?.password ?? nobodysPassword())
        guard let person, isRight else {
            try await refuse(.wrongCredentials, Event(.signInRefused, by: nil).on(["username": Hex.encode(name)]))
        }
        guard person.disabled == nil else {
            let event = Event(.signInRefused, by: Caller(person: person.id, memberships: []))
            try await refuse(.accountDisabled, event.with(["reason": "disabled"]))
        }
        return (person, attempt)
    }

    /// Begins a session, and clears away those that have ended by themselves.
    func putSession(
        _ token: SessionToken, of person: PersonID, hasSecondFactor: Bool, at now: Instant,
        in transaction: WriteTransaction
    ) throws {
        try transaction.removeSessions(
            begunBy: now.adding(seconds: -Self.sessionSeconds), unusedSince: now.adding(seconds: -Self.idleSeconds))
        try transaction.put(
            SessionRow(
                token: token.digest, id: SessionID(from: environment.random), person: person, began: now, used: now,
                hasSecondFactor: hasSecondFactor))
    }

    /// Someone with the duty to put the ledger's supports right, by name and password: for when nobody can sign in.
    ///
    /// The second factor is not asked for: it goes by the clock, and this is for when the clock was wrong. So the count of failures is
    /// cleared only where there is none, or it would free guesses at the code.
    func administrator(
        _ username: String, _ password: Key, for duty: Duty = "ledger.anchor"
    ) async throws -> Caller {
        let (person, attempt) = try await authenticate(username, password)
        try await records.write { transaction in
            let hasSecondFactor = try transaction.secondFactor(of: person.id)?.confirmed != nil
            if hasSecondFactor {
                try transaction.refund(attempt)
            } else {
                try transaction.removeAttempt(attempt.counted.name)
            }
        }
        let caller = try await records.read { try $0.caller(person.id) }
        guard agreement.gives(duty, to: caller.roles) else { throw VaultError.denied(.dutyNotHeld(duty)) }
        return caller
    }

    /// Says that the machine's clock is right and the ledger's newest entry is not, after a clock had run ahead.
    ///
    /// Nobody can sign in while the clock stands before the newest entry, so this asks for name and password itself.
    ///
    /// - Throws: `VaultError.wrongCredentials`, `.tooManyAttempts`, `.denied`.
    public func acceptClock(username: String, password: Key) async throws {
        try await requireWritable()
        let caller = try await administrator(username, password)
        let row = try row(Event(.clockAccepted, by: caller))
        try await records.write { _ = try $0.append(row, acceptingClock: true) }
    }
}

extension WriteTransaction {
    /// That the account is as it was when its password was compared, which takes a while.
    func requireUnchanged(_ person: PersonRow) throws {
        guard try self.person(person.id) == person else { throw VaultError.changedMeanwhile }
    }
}
