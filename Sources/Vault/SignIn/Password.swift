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
        let pepper = keys.service(.pepper)
        guard try await blocking({ try person.password.accepts(old.secret, pepper: pepper) }) else {
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
        let (pepper, random) = (keys.service(.pepper), environment.random)
        return try await blocking { try PasswordRecord(password.secret, pepper: pepper, random: random) }
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
