internal import Ledger
internal import Rules
public import Sealing
internal import Storage

extension DocumentVault {
    /// How long an invitation waits for its answer.
    public static let invitationSeconds: Int64 = 7 * 86_400

    /// Makes an account that nobody can sign in to yet, and the way in for its person: nobody else ever knows the password.
    ///
    /// - Throws: as `addPerson`.
    public func invite(_ new: NewPerson, as caller: Caller) async throws -> InvitationToken {
        let token = InvitationToken(from: environment.random)
        let expires = environment.now().adding(seconds: Self.invitationSeconds)
        _ = try await add(new, .personInvited, by: caller, password: { nobodysPassword() }) {
            try $0.put(InvitationRow(person: $1, token: token.digest, expires: expires))
        }
        return token
    }

    /// Chooses the password of an account, and uses the invitation up.
    ///
    /// - Returns: whose account it is.
    /// - Throws: `VaultError.invitationInvalid`, `.passwordRefused`.
    public func accept(_ token: InvitationToken, password: Key) async throws -> Person {
        try await requireWritable()
        let now = environment.now()
        let person = try await records.read { try $0.invited(by: token, at: now) }
        let record = try await passwordRecord(password, username: try names(of: person).username)
        let caller = try await records.read { try $0.caller(person.id) }
        let row = try row(Event(.invitationAccepted, by: caller).on(["person": "\(person.id)"]))
        try await records.write { transaction in
            // Somebody else may have used it while the password was stretched.
            guard try transaction.invited(by: token, at: now) == person else { throw VaultError.changedMeanwhile }
            try transaction.removeInvitation(of: person.id)
            try transaction.put(person.with(record))
            try transaction.removeAttempt(person.username)
            _ = try transaction.append(row)
        }
        return try await identity(of: caller)
    }

    /// Takes an account back to its beginning, for somebody who lost password or authenticator: no password, no second factor, no session,
    /// no access token, no identity at a provider, and a new invitation.
    ///
    /// - Throws: `VaultError.denied`, `.needsSession`, `.notFound(.person)`, `.invalid`.
    public func resetPerson(_ username: String, as caller: Caller) async throws -> InvitationToken {
        try await authorise("person.add", caller)
        _ = try await requireSession(caller)
        let id = try await person(named: username)
        // Or an administrator's session would be worth the account.
        guard id != caller.person else { throw VaultError.invalid(field: "user name", reason: "it is your own") }
        let token = InvitationToken(from: environment.random)
        let expires = environment.now().adding(seconds: Self.invitationSeconds)
        let nobodys = nobodysPassword()
        let row = try row(Event(.personReset, by: caller).on(["person": "\(id)"]))
        try await records.write { transaction in
            guard let person = try transaction.person(id) else { throw VaultError.notFound(.person) }
            guard person.disabled == nil else {
                throw VaultError.invalid(field: "user name", reason: "the account is disabled")
            }
            try transaction.requirePerson(id)
            for identity in try transaction.identities(of: id) {
                try transaction.removeIdentity(identity.identity)
                _ = try transaction.append(try unlinked(identity, by: caller))
            }
            try transaction.put(person.with(nobodys))
            try transaction.endAccess(of: id)
            try transaction.removeSecondFactor(of: id)
            try transaction.put(InvitationRow(person: id, token: token.digest, expires: expires))
            _ = try transaction.append(row)
        }
        return token
    }
}

extension ReadTransaction {
    fileprivate func invited(by token: InvitationToken, at now: Instant) throws -> PersonRow {
        guard let invitation = try invitation(token.digest), now < invitation.expires,
            let person = try person(invitation.person), person.disabled == nil
        else { throw VaultError.invitationInvalid }
        return person
    }
}

extension WriteTransaction {
    /// Ends every session, access token and invitation of a person.
    func endAccess(of person: PersonID) throws {
        try removeSessions(of: person)
        try removeAccessTokens(of: person)
        try removeInvitation(of: person)
    }
}
