internal import Ledger
public import Sealing
internal import Storage

extension DocumentVault {
    /// Changes the caller's own password, and ends the other sessions and the access tokens: somebody who had them may have had the old
    /// password too.
    ///
    /// - Throws: `VaultError.needsSession`, `.passwordRefused`, `.wrongCredentials`, `.tooManyAttempts`.
    public func changePassword(old: Key, new: Key, as caller: Caller) async throws {
        try await requireWritable()
        let session = try await requireSession(caller)
        let person = try await ownRow(caller)
        let username = try names(of: person).username
        try Self.check(new, username)
        guard !old.secret.isEqual(to: new.secret) else { throw VaultError.passwordRefused(.unchanged) }
        let attempt = try await spend(person.username, by: caller)
        guard try await accepts(old, person.password) else {
            try await refuse(.wrongCredentials, Event(.proofRefused, by: caller).with(["reason": "password"]))
        }
        let record = try await passwordRecord(new, username: username)
        let row = try row(Event(.passwordChanged, by: caller).on(["person": "\(caller.person)"]))
        try await records.write { transaction in
            try transaction.requireUnchanged(person)
            try transaction.put(person.with(record))
            try transaction.removeSessions(of: person.id, butFor: session)
            try transaction.removeAccessTokens(of: person.id)
            try transaction.removeAttempt(attempt.counted.name)
            _ = try transaction.append(row)
        }
    }

    /// - Throws: `VaultError.passwordRefused`.
    func passwordRecord(_ password: Key, username: String) async throws -> PasswordRecord {
        try Self.check(password, username)
        return try await passwordRecord(password)
    }

    /// As it is kept, under the newest pepper.
    func passwordRecord(_ password: Key) async throws -> PasswordRecord {
        let (pepper, random) = (keys.service(.pepper), environment.random)
        return try await blocking {
            try PasswordRecord(password.secret, pepper: pepper.key, version: pepper.version, random: random)
        }
    }

    /// Whether this is the password. One whose pepper has been destroyed takes as long, and nothing is right.
    func accepts(_ password: Key, _ record: PasswordRecord) async throws -> Bool {
        let peppers = keys.versions(of: .pepper)
        let pepper = (peppers.first { $0.version == record.pepperVersion } ?? keys.service(.pepper)).key
        return try await blocking { try record.accepts(password.secret, pepper: pepper) }
    }

    /// A record that no password fits: it costs what a real one costs, and needs no old pepper.
    func nobodysPassword() -> PasswordRecord {
        let random = environment.random
        let verifier = KeyedMark.make(.sha256(random.bytes(32)), version: keys.service(.pepper).version)
        return PasswordRecord(salt: random.bytes(SecretBytes.saltCount), cost: .password, verifier: verifier.bytes)
    }

    private static func check(_ password: Key, _ username: String) throws {
        if let weakness = PasswordWeakness(of: password.secret, username: username) {
            throw VaultError.passwordRefused(weakness)
        }
    }
}

extension PersonRow {
    /// The same person with another password.
    func with(_ password: PasswordRecord) -> PersonRow {
        PersonRow(id: id, username: username, name: name, password: password, added: added, disabled: disabled)
    }
}
