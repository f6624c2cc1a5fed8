internal import Ledger
internal import Rules
public import Sealing
internal import Storage

/// Why a step of a ceremony is not to be had.
public enum CeremonyProblem: Hashable, Sendable {
    case open, none, notApproved, notIssued, issued

    var sentence: String {
        switch self {
        case .open: "A ceremony is open already. Finish it or end it: `muniment key ceremony show`."
        case .none: "No ceremony is open. Begin one with `muniment key ceremony begin`."
        case .notApproved: "Nobody else has approved this ceremony yet."
        case .notIssued: "The new secret has not been made yet: `muniment key ceremony issue`."
        case .issued: "The new secret has been made already. Present it, or end the ceremony and begin anew."
        }
    }
}

/// The replacement of the root key: how far it is.
public struct CeremonyState: Hashable, Sendable, Codable {
    public let began: String
    public let proposer: String
    public let approver: String?
    public let isIssued: Bool
}

/// The root key is replaced in four steps: one person begins, another approves, the new secret is made and handed out, and only
/// when it has been presented again does the old one die. One ceremony at a time.
extension DocumentVault {
    /// - Throws: `VaultError.denied`, `.ceremony(.open)`.
    public func beginCeremony(as caller: Caller) async throws {
        try await authorise("key.ceremony", caller)
        _ = try await requireSession(caller)
        let row = CeremonyRow(proposer: caller.person, began: environment.now())
        let log = try self.row(Event(.ceremonyBegun, by: caller))
        try await records.write { transaction in
            guard try transaction.ceremony() == nil else { throw VaultError.ceremony(.open) }
            try transaction.put(row)
            _ = try transaction.append(log)
        }
    }

    /// - Throws: `VaultError.denied`, `.ceremony`, `.needsAnother` for the one who began it, by whatever account.
    public func approveCeremony(as caller: Caller) async throws {
        try await authorise("key.ceremony", caller)
        _ = try await requireSession(caller)
        let log = try self.row(Event(.ceremonyApproved, by: caller))
        try await records.write { transaction in
            guard var row = try transaction.ceremony() else { throw VaultError.ceremony(.none) }
            guard row.approver == nil else { throw VaultError.alreadySo("This ceremony is approved") }
            try transaction.requireTwo(row.proposer, caller.person, "Replacing the root key")
            row.approver = caller.person
            try transaction.put(row)
            _ = try transaction.append(log)
        }
    }

    /// Makes the new root key and keeps it under the new secret. Nothing is under it yet, and the old one goes on.
    ///
    /// - Throws: `VaultError.denied`, `.ceremony`.
    public func issue(_ new: NewCustody, as caller: Caller) async throws {
        try await authorise("key.ceremony", caller)
        _ = try await requireSession(caller)
        try await changing {
            var ceremony = try await requireCeremony()
            guard ceremony.approver != nil else { throw VaultError.ceremony(.notApproved) }
            guard !ceremony.isIssued else { throw VaultError.ceremony(.issued) }
            let root = try Key(from: environment.random)
            let version = keys.current.root.version + 1
            try await keyring.write { keyring in
                try keyring.removeCustody(of: CustodyRow.next)
                try keyring.put(
                    CustodyRow(
                        owner: CustodyRow.next, kind: new.kind, custody: new.custody, version: version,
                        about: new.about,
                        sealed: try new.custody.wrap(
                            root, with: new.secret.secret, vault: id.bytes, random: environment.random)))
            }
            ceremony.isIssued = true
            try await write(ceremony, Event(.ceremonyIssued, by: caller).with(["kind": new.kind.rawValue]))
        }
    }

    /// With the new secret presented, puts every key under the new root key, and destroys the old root key's custody, in one
    /// transaction of the keyring.
    ///
    /// - Throws: `VaultError.denied`, `.ceremony`; `SealingError.wrongUnlockSecret`, and the old secret goes on.
    public func completeCeremony(presenting secret: Key, as caller: Caller) async throws {
        try await authorise("key.ceremony", caller)
        _ = try await requireSession(caller)
        try await changing {
            let ceremony = try await requireCeremony()
            guard ceremony.isIssued else { throw VaultError.ceremony(.notIssued) }
            guard let next = try await keyring.read({ try $0.custody(of: CustodyRow.next) }).first else {
                throw VaultError.ceremony(.notIssued)
            }
            let root = Keychain.VersionedKey(
                version: next.version,
                key: try next.custody.unwrap(next.sealed, with: secret.secret, vault: id.bytes))
            try await environment.steps.around(.keyring) {
                try await keyring.write { try rekey($0, to: root, next) }
            }
            keys.replace(root: root)
            try await forgetDestroyed()
            try await environment.steps.around(.records) {
                try await write(
                    nil, Event(.rootReplaced, by: caller).with(["version": String(root.version)]))
            }
        }
    }

    private func rekey(_ keyring: KeyringWriting, to root: Keychain.VersionedKey, _ next: CustodyRow) throws {
        let old = try keys.currentRoot(keyring)
        for row in try keyring.keys(kind: .party) + keyring.keys(kind: .service) {
            // By what is kept and not by what is in memory: a key that does not open under the old root stops this.
            guard row.above == old.version else { throw VaultError.unlockAgain }
            let key = try keys.unwrap(row, under: old.key)
            try keyring.rewrap(
                Keychain.wrap(
                    key, row.kind, row.owner, version: row.version, under: root, vault: id, created: row.created,
                    random: environment.random))
        }
        try keyring.removeCustody(of: CustodyRow.root)
        try keyring.removeCustody(of: CustodyRow.next)
        try keyring.put(
            CustodyRow(
                kind: next.kind, custody: next.custody, version: next.version, about: next.about, sealed: next.sealed))
    }

    /// Ends the ceremony; the old root key goes on.
    public func endCeremony(as caller: Caller) async throws {
        try await authorise("key.ceremony", caller)
        try await changing {
            _ = try await requireCeremony()
            // The records first: a ceremony whose new secret is gone is one that has ended in the root key's replacement.
            try await write(nil, Event(.ceremonyEnded, by: caller))
            try await keyring.write { try $0.removeCustody(of: CustodyRow.next) }
            try await forgetDestroyed()
        }
    }

    /// - Returns: `nil` when none is open.
    public func ceremony(as caller: Caller) async throws -> CeremonyState? {
        try await authorise("key.ceremony", caller)
        guard let row = try await records.read({ try $0.ceremony() }) else { return nil }
        let people = try await records.read { transaction in
            try [row.proposer, row.approver].map { try $0.flatMap { try transaction.person($0) } }
        }
        return CeremonyState(
            began: row.began.text, proposer: try people[0].map { try names(of: $0).name } ?? "",
            approver: try people[1].map { try names(of: $0).name }, isIssued: row.isIssued)
    }

    private func requireCeremony() async throws -> CeremonyRow {
        guard let row = try await records.read({ try $0.ceremony() }) else { throw VaultError.ceremony(.none) }
        return row
    }

    /// `row`: `nil` ends the ceremony.
    fileprivate func write(_ row: CeremonyRow?, _ event: Event) async throws {
        let log = try self.row(event)
        try await records.write { transaction in
            if let row {
                try transaction.put(row)
            } else {
                try transaction.removeCeremony()
            }
            _ = try transaction.append(log)
        }
    }
}

extension ReadTransaction {
    /// That an act which takes two people has two: accounts that are known to be one person's count as one.
    func requireTwo(_ first: PersonID, _ second: PersonID, _ what: String) throws {
        guard try individual(first) != individual(second) else { throw VaultError.needsAnother(what) }
    }
}

extension DocumentVault {
    /// Writes down a replacement of the root key that a crash kept from the ledger. Only for the process that has the vault alone.
    func settleCeremony() async throws {
        guard let row = try await records.read({ try $0.ceremony() }), row.isIssued,
            try await keyring.read({ try $0.custody(of: CustodyRow.next) }).isEmpty,
            try await keys.current.root.version > recordedRootVersion()
        else { return }
        var event = Event(.rootReplaced, by: nil).with(["version": String(keys.current.root.version)])
        event.actor = ["person": "\(row.proposer)"]
        try await write(nil, event)
    }
}
