internal import Ledger
public import Rules
internal import Sealing
public import Storage

/// Whom a sign-in provider means: its issuer and what it calls the person, together. Nothing else is believed to name anybody.
public struct Identity: Hashable, Sendable {
    public let issuer: String
    public let subject: String

    public init(issuer: String, subject: String) {
        self.issuer = issuer
        self.subject = subject
    }
}

/// What a provider has proved of somebody, with a second factor, and what its configuration makes of it.
public struct ProvidedSignIn: Sendable {
    /// The provider's name in the configuration.
    public let provider: String
    public let identity: Identity
    public let organisation: OrganisationID
    public let roles: Set<Role>
    /// What the provider calls its own session.
    public let session: String?
    /// The name for a new account; `nil` when the provider makes none.
    public let newName: String?

    public init(
        provider: String, identity: Identity, organisation: OrganisationID, roles: Set<Role>,
        session: String?, newName: String?
    ) {
        self.provider = provider
        self.identity = identity
        self.organisation = organisation
        self.roles = roles
        self.session = session
        self.newName = newName
    }
}

/// Whose sessions a provider ends: of a person, of one session of its own, or of both together.
public struct ProvidedSignOut: Sendable {
    public let provider: String
    public let issuer: String
    public let subject: String?
    public let session: String?

    public init(provider: String, issuer: String, subject: String?, session: String?) {
        self.provider = provider
        self.issuer = issuer
        self.subject = subject
        self.session = session
    }
}

extension DocumentVault {
    /// Begins a session for whom a provider has proved to be somebody with an account here, or makes the account.
    ///
    /// The account's places must be exactly what the provider's configuration says of this person: a provider of one organisation opens no
    /// account of another, and roles that were changed on one side alone open nothing.
    ///
    /// - Throws: `VaultError.providerRefused`, which is recorded with its reason.
    public func signIn(_ sign: ProvidedSignIn) async throws -> SessionToken {
        try await requireWritable()
        let indexes = identityIndexes(sign.identity)
        let index = indexes[0]
        let fresh = try await newAccount(sign, indexes)
        let token = SessionToken(from: environment.random)
        let now = environment.now()
        let outcome: Result<Void, VaultError> = try await records.write { transaction in
            let linked = try transaction.identity(indexes)
            var known = linked?.person
            if known == nil, let fresh {
                try add(fresh, index, sign, at: now, in: transaction)
                known = fresh.id
            }
            guard let person = known else {
                return .failure(try recordRefusal("unknown", of: nil, sign, in: transaction))
            }
            if let fault = try transaction.fault(of: person, in: sign) {
                return .failure(try recordRefusal(fault, of: person, sign, in: transaction))
            }
            if let linked, linked.identity != index { try move(linked, to: index, in: transaction) }
            try begin(token, person, index, sign, at: now, in: transaction)
            return .success(())
        }
        try outcome.get()
        return token
    }

    /// The identity comes under the newest key of the index, which takes the identity itself: it is kept nowhere.
    private func move(_ linked: IdentityRow, to index: [UInt8], in transaction: WriteTransaction) throws {
        let caller = try transaction.caller(linked.person)
        try transaction.removeIdentity(linked.identity)
        _ = try transaction.append(try unlinked(linked, by: caller))
        try transaction.insert(IdentityRow(identity: index, person: linked.person, linked: linked.linked))
        _ = try transaction.append(try row(self.linked(index, linked.person, by: caller)))
    }

    private func begin(
        _ token: SessionToken, _ person: PersonID, _ index: [UInt8], _ sign: ProvidedSignIn, at now: Instant,
        in transaction: WriteTransaction
    ) throws {
        try putSession(token, of: person, hasSecondFactor: true, at: now, in: transaction)
        let session = sign.session.map { sessionIndexes(sign.identity.issuer, $0)[0] } ?? []
        try transaction.insert(ProvidedSessionRow(token: token.digest, identity: index, providerSession: session))
        let event = Event(.signedIn, by: try transaction.caller(person)).on(["provider": sign.provider])
        _ = try transaction.append(try row(event.with(["factor": "provider"])))
    }

    private func recordRefusal(
        _ reason: String, of person: PersonID?, _ sign: ProvidedSignIn, in transaction: WriteTransaction
    ) throws -> VaultError {
        let event = Event(.signInRefused, by: person.map { Caller(person: $0, memberships: []) })
        _ = try transaction.append(try row(event.on(["provider": sign.provider]).with(["reason": reason])))
        return .providerRefused
    }

    /// The account to make for somebody who is not known yet, where the provider's configuration says that one is made.
    ///
    /// Its user name is random: what a provider calls people may change hands, and what it sends beside the subject is not believed.
    private func newAccount(_ sign: ProvidedSignIn, _ indexes: [[UInt8]]) async throws -> PersonRow? {
        guard let newName = sign.newName else { return nil }
        let (known, party) = try await records.read {
            (try $0.identity(indexes), try $0.organisation(sign.organisation)?.party)
        }
        guard known == nil else { return nil }
        // The configuration is wrong then, and a stranger is not told how.
        guard let party, (try? checkRoles(Array(sign.roles), party)) != nil else {
            try await refuseSignIn(at: sign.provider, because: "configuration")
        }
        let username = "id-\(Hex.encode(environment.random.bytes(8)))"
        let name = (try? PlainText.line(newName, field: "name")) ?? username
        let new = NewPerson(
            username: username, name: name, organisation: sign.organisation, roles: Array(sign.roles))
        return try await personRow(new) { nobodysPassword() }
    }

    private func add(
        _ person: PersonRow, _ index: [UInt8], _ sign: ProvidedSignIn, at now: Instant,
        in transaction: WriteTransaction
    ) throws {
        try transaction.insert(person, in: sign.organisation, as: sign.roles)
        try transaction.insert(IdentityRow(identity: index, person: person.id, linked: now))
        // Nobody but the person acts: the provider's configuration is the operator's standing consent.
        let caller = try transaction.caller(person.id)
        let added = Event(.personAdded, by: caller).on([
            "person": "\(person.id)", "organisation": "\(sign.organisation)",
            "roles": sign.roles.map(\.rawValue).sorted().joined(separator: " "), "provider": sign.provider,
        ])
        _ = try transaction.append(try row(added))
        _ = try transaction.append(try row(linked(index, person.id, by: caller)))
    }

    private func linked(_ index: [UInt8], _ person: PersonID, by caller: Caller) -> Event {
        Event(.identityLinked, by: caller).on(["person": "\(person)", "identity": Hex.encode(index)])
    }

    /// Records that a sign-in at a provider failed, and refuses it. `reason`: for the ledger only.
    ///
    /// - Throws: `VaultError.providerRefused`.
    public func refuseSignIn(at provider: String, because reason: String) async throws -> Never {
        try await requireWritable()
        try await refuse(
            .providerRefused, Event(.signInRefused, by: nil).on(["provider": provider]).with(["reason": reason]))
    }

    /// Lets whom a provider knows by this identity sign in to an account.
    ///
    /// - Throws: `VaultError.denied`, `.needsSession`, `.notFound(.person)`, `.invalid`, `.alreadySo`.
    public func link(_ identity: Identity, to username: String, as caller: Caller) async throws {
        try await authorise("person.add", caller)
        _ = try await requireSession(caller)
        let identity = Identity(
            issuer: try PlainText.line(identity.issuer, field: "issuer"),
            subject: try PlainText.line(identity.subject, field: "subject"))
        let person = try await person(named: username)
        // Or an administrator's session would be worth the account.
        guard person != caller.person else { throw VaultError.invalid(field: "user name", reason: "it is your own") }
        let indexes = identityIndexes(identity)
        let index = indexes[0]
        let now = environment.now()
        let row = try row(linked(index, person, by: caller))
        try await records.write { transaction in
            guard try transaction.identity(indexes) == nil else {
                throw VaultError.alreadySo("This identity is linked to an account")
            }
            try transaction.requirePerson(person)
            try transaction.insert(IdentityRow(identity: index, person: person, linked: now))
            _ = try transaction.append(row)
        }
    }

    /// Takes a link away, and with it all sessions and access tokens of the account: whoever came in by it may have made some.
    ///
    /// - Throws: `VaultError.denied`, `.needsSession`, `.notFound(.identity)`.
    public func unlink(_ identity: Identity, as caller: Caller) async throws {
        try await authorise("person.add", caller)
        _ = try await requireSession(caller)
        let indexes = identityIndexes(identity)
        try await records.write { transaction in
            guard let known = try transaction.identity(indexes) else { throw VaultError.notFound(.identity) }
            try transaction.endAccess(of: known.person)
            try transaction.removeIdentity(known.identity)
            _ = try transaction.append(try unlinked(known, by: caller))
        }
    }

    func unlinked(_ identity: IdentityRow, by caller: Caller) throws -> LogRow {
        let about = ["person": "\(identity.person)", "identity": Hex.encode(identity.identity)]
        return try row(Event(.identityUnlinked, by: caller).on(about))
    }

    /// Ends the sessions that a provider says have ended there. Only sessions that were begun by that issuer are ever met.
    public func signOut(_ sign: ProvidedSignOut) async throws {
        try await requireWritable()
        let identities = sign.subject.map { identityIndexes(Identity(issuer: sign.issuer, subject: $0)) }
        let sessions = sign.session.map { sessionIndexes(sign.issuer, $0) }
        try await records.write { transaction in
            let own = try identities?.flatMap { try transaction.providedSessions(identity: $0) }
            var met = own ?? []
            if let sessions {
                met = try sessions.flatMap { try transaction.providedSessions(providerSession: $0) }
                    .filter { identities?.contains($0.identity) ?? true }
                // Begun without the provider's own number, so nobody can tell that they are others.
                met += own?.filter(\.providerSession.isEmpty) ?? []
            }
            for provided in met {
                guard let person = try transaction.session(provided.token)?.person else { continue }
                try transaction.removeSession(provided.token)
                let event = Event(.sessionEnded, by: nil).on(["person": "\(person)", "provider": sign.provider])
                _ = try transaction.append(try row(event))
            }
        }
    }

    /// Every identity must open the account that the ledger last linked it to.
    func checkIdentities(_ report: inout CheckReport) async throws {
        var said: [String: String] = [:]
        for row in try await records.read({ try $0.entries(of: [.identityLinked, .identityUnlinked]) }) {
            guard let event = try await opened(row)?.object, let identity = event["identity"] else { continue }
            said[identity] = row.leaf.kind == .identityLinked ? event["person"] : nil
        }
        let present = try await records.read { try $0.identities() }.reduce(into: [:]) {
            $0[Hex.encode($1.identity)] = "\($1.person)"
        }
        report.compare(said, present, thing: "identity", problem: "it is not linked as the ledger says")
    }

    // An issuer is one line, so the line end keeps the two apart.
    private func identityIndexes(_ identity: Identity) -> [[UInt8]] {
        keys.blindIndexes("identity", identity.issuer + "\n" + identity.subject)
    }

    private func sessionIndexes(_ issuer: String, _ session: String) -> [[UInt8]] {
        keys.blindIndexes("provider-session", issuer + "\n" + session)
    }
}

extension ReadTransaction {
    /// Why a provider's word does not open this account; `nil` when it does.
    fileprivate func fault(of id: PersonID, in sign: ProvidedSignIn) throws -> String? {
        guard let person = try person(id) else { return "unknown" }
        guard person.disabled == nil else { return "disabled" }
        let said = sign.roles.map { Membership(person: id, organisation: sign.organisation, role: $0) }
        guard !said.isEmpty, Set(try memberships(of: id)) == Set(said) else { return "roles" }
        return nil
    }
}
