internal import Ledger
public import Rules
public import Sealing
public import Storage

/// A partner's system to be given an account. It proves itself by one client certificate, and may do less than its role may.
public struct NewSystem: Sendable {
    public let account: NewPerson
    /// SHA-256 of the certificate (DER).
    public let certificate: Digest
    public let scope: Scope
    public let days: Int

    public init(_ account: NewPerson, certificate: Digest, scope: Scope, days: Int) {
        self.account = account
        self.certificate = certificate
        self.scope = scope
        self.days = days
    }
}

/// A partner's system, as shown.
public struct PartnerSystem: Hashable, Sendable, Codable {
    public let id: String
    public let username: String
    public let name: String
    public let isDisabled: Bool
    /// SHA-256 of its certificate.
    public let certificate: String
    public let purposes: [String]
    public let categories: [String]
    /// When its registration ends.
    public let expires: String
}

extension DocumentVault {
    public static let longestSystemDays = 400

    /// Registers a partner's system: an account without a password, which acts only on the cases that somebody puts it on.
    ///
    /// - Throws: as `addPerson`; `VaultError.invalid`, `.alreadySo` for a certificate that another system has.
    public func registerSystem(_ new: NewSystem, as caller: Caller) async throws -> PersonID {
        try await authorise("person.add", caller)
        _ = try await requireSession(caller)
        guard new.account.roles.count == 1 else {
            throw VaultError.invalid(field: "role", reason: "a system has exactly one")
        }
        guard let role = new.account.roles.first, agreement.capacity(of: role) == nil else {
            throw VaultError.invalid(field: "role", reason: "a system has no family's")
        }
        for purpose in new.scope.purposes where !agreement.purposes.contains(purpose) {
            throw VaultError.denied(.unknownPurpose(purpose))
        }
        for category in new.scope.categories where !agreement.categories.contains(category) {
            throw VaultError.denied(.unknownCategory(category))
        }
        guard !new.scope.purposes.isEmpty, !new.scope.categories.isEmpty else {
            throw VaultError.invalid(field: "scope", reason: "name a purpose and a category at least")
        }
        let expires = try systemEnd(inDays: new.days)
        return try await add(new.account, .personAdded, by: caller, password: { nobodysPassword() }) {
            let system = SystemRow(person: $1, certificate: new.certificate, scope: new.scope, expires: expires)
            try self.put(system, .systemRegistered, by: caller, in: $0)
        }
    }

    /// Has a system prove itself by another certificate from now on, and prolongs its registration.
    ///
    /// - Throws: `VaultError.notFound(.system)`, `.invalid`, `.alreadySo` for a certificate that another system has.
    public func certifySystem(_ username: String, certificate: Digest, days: Int, as caller: Caller) async throws {
        try await authorise("person.add", caller)
        _ = try await requireSession(caller)
        let id = try await person(named: username)
        let expires = try systemEnd(inDays: days)
        try await records.write { transaction in
            guard let known = try transaction.system(id), try transaction.person(id)?.disabled == nil else {
                throw VaultError.notFound(.system)
            }
            let system = SystemRow(person: id, certificate: certificate, scope: known.scope, expires: expires)
            try put(system, .systemCertified, by: caller, in: transaction)
        }
    }

    /// The registered systems.
    public func systems(as caller: Caller) async throws -> [PartnerSystem] {
        try await authorise("person.list", caller)
        let rows = try await records.read { transaction in
            try transaction.systems().compactMap { system in try transaction.person(system.person).map { (system, $0) }
            }
        }
        return try rows.map { system, person in
            let (username, name) = try names(of: person)
            return PartnerSystem(
                id: "\(person.id)", username: username, name: name, isDisabled: person.disabled != nil,
                certificate: Hex.encode(system.certificate.bytes),
                purposes: system.scope.purposes.map(\.rawValue).sorted(),
                categories: system.scope.categories.map(\.rawValue).sorted(), expires: system.expires.text)
        }
    }

    /// The system that a client certificate belongs to. Whoever calls this has seen its key at work.
    ///
    /// `certificate`: SHA-256 of the certificate (DER).
    /// - Throws: `VaultError.systemUnknown` for one that is not registered, has run out or was ended.
    public func caller(certificate: Digest) async throws -> Caller {
        let now = environment.now()
        return try await records.read { transaction in
            guard let system = try transaction.system(certificate: certificate), now < system.expires,
                try transaction.person(system.person)?.disabled == nil
            else { throw VaultError.systemUnknown }
            return try transaction.caller(system.person)
        }
    }

    private func systemEnd(inDays days: Int) throws -> Instant {
        guard (1...Self.longestSystemDays).contains(days) else {
            throw VaultError.invalid(field: "number of days", reason: "use 1 to \(Self.longestSystemDays)")
        }
        return environment.now().adding(seconds: Int64(days) * 86_400)
    }

    private func put(
        _ system: SystemRow, _ kind: EventKind, by caller: Caller, in transaction: WriteTransaction
    ) throws {
        if let other = try transaction.system(certificate: system.certificate), other.person != system.person {
            throw VaultError.alreadySo("This certificate belongs to a system")
        }
        try transaction.put(system)
        let event = Event(kind, by: caller).on(["person": "\(system.person)", "system": Self.fingerprint(of: system)])
        _ = try transaction.append(try row(event))
    }

    /// Everything that a registration says, for the ledger: an old row put back is found by it.
    private static func fingerprint(of system: SystemRow) -> String {
        let parts =
            [system.certificate.bytes, Array("\(system.expires.milliseconds)".utf8)]
            + system.scope.purposes.map(\.rawValue).sorted().map { Array($0.utf8) } + [[]]
            + system.scope.categories.map(\.rawValue).sorted().map { Array($0.utf8) }
        return Hex.encode(Digest.sha256(Facts.list(parts)).bytes)
    }

    /// What every system is registered for must be what the ledger last said of it.
    func checkSystems(_ report: inout CheckReport) async throws {
        var said: [String: String] = [:]
        for row in try await records.read({ try $0.entries(of: [.systemRegistered, .systemCertified]) }) {
            guard let event = try await opened(row)?.object, let person = event["person"] else { continue }
            said[person] = event["system"]
        }
        let present = try await records.read { try $0.systems() }.reduce(into: [:]) {
            $0["\($1.person)"] = Self.fingerprint(of: $1)
        }
        report.compare(said, present, thing: "system", problem: "it is not registered as the ledger says")
    }
}

extension ReadTransaction {
    /// That an account is a person's: a system has no other way in than its certificate.
    func requirePerson(_ id: PersonID) throws {
        guard try system(id) == nil else {
            throw VaultError.invalid(field: "user name", reason: "it is a system's")
        }
    }
}
