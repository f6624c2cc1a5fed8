internal import Ledger
public import Rules
public import Sealing
public import Storage

/// How a party keeps its own key, and the secret that opens it.
public struct NewCustody: Sendable {
    public let kind: CustodyRow.Kind
    public let custody: Custody
    public let secret: Key
    /// Which shares or which token: shown to whoever is asked for the secret.
    public let about: String

    public init(kind: CustodyRow.Kind, custody: Custody, secret: Key, about: String = "") {
        self.kind = kind
        self.custody = custody
        self.secret = secret
        self.about = about
    }
}

extension DocumentVault {
    /// Puts a party's key into its own custody, from where alone it comes back once the party seals. It stays open until then.
    ///
    /// - Throws: `VaultError.denied`, `.partySealed`, `.alreadySo`.
    public func takeCustody(of party: Party, _ new: NewCustody, as caller: Caller) async throws {
        try await authoriseCustody(of: party, caller)
        try await changing {
            try await requireNoRotation(of: party)
            guard try await keyring.read({ try $0.key(kind: .party, owner: Self.owner(party)) }) != nil else {
                throw VaultError.partySealed(party.rawValue)
            }
            try await log(
                Event(.custodyTaken, by: caller, party: party).on(["party": party.rawValue])
                    .with(["kind": new.kind.rawValue]))
            try await keyring.write { keyring in
                try keys.follow(keyring)
                guard let open = keys.current.newest(party) else { throw VaultError.partySealed(party.rawValue) }
                try keyring.removeCustody(of: party.rawValue)
                try keyring.put(
                    CustodyRow(
                        owner: party.rawValue, kind: new.kind, custody: new.custody, version: open.version,
                        about: new.about,
                        sealed: try new.custody.wrap(
                            open.key, with: new.secret.secret, vault: custodyOwner(party), random: environment.random)))
            }
            try await forgetDestroyed()
        }
    }

    /// Drops the party's key from the keyring: from the next read on nothing opens for the party, in any process.
    ///
    /// `secret`: of the party's own custody, presented so that nothing is dropped that would not come back.
    ///
    /// - Throws: `VaultError.denied`; `.noOwnCustody` when the key would be lost; `.alreadySo`; `SealingError.wrongUnlockSecret`.
    public func seal(_ party: Party, presenting secret: Key, as caller: Caller) async throws {
        try await authoriseCustody(of: party, caller)
        try await changing {
            try await requireNoRotation(of: party)
            let (custody, open) = try await keyring.read { keyring in
                (
                    try keyring.custody(of: party.rawValue),
                    try keyring.keys(kind: .party).filter { $0.owner == Self.owner(party) }.map(\.version)
                )
            }
            guard let row = custody.first else { throw VaultError.noOwnCustody(party.rawValue) }
            _ = try row.custody.unwrap(row.sealed, with: secret.secret, vault: custodyOwner(party))
            guard !open.isEmpty else { throw VaultError.alreadySo("The key of \(party.rawValue) is sealed") }
            // What is dropped is what the custody brings back.
            guard open == [row.version] else { throw VaultError.noOwnCustody(party.rawValue) }
            try await log(Event(.partySealed, by: caller, party: party).on(["party": party.rawValue]))
            try await keyring.write { keyring in
                for key in try keyring.keys(kind: .party) where key.owner == Self.owner(party) {
                    try keyring.removeKey(kind: .party, owner: key.owner, version: key.version)
                }
            }
            try await forgetDestroyed()
        }
    }

    /// Opens the party's key again with the secret of its own custody, and gives the party the wraps that it missed meanwhile.
    ///
    /// - Throws: `VaultError.denied`, `.alreadySo`; `SealingError.wrongUnlockSecret`.
    public func unseal(
        _ party: Party, with secret: Key, as caller: Caller, progress: @Sendable (AlignmentProgress) -> Void
    ) async throws {
        try await authoriseCustody(of: party, caller)
        try await changing {
            let (rows, isOpen) = try await keyring.read { keyring in
                (
                    try keyring.custody(of: party.rawValue),
                    try keyring.key(kind: .party, owner: Self.owner(party)) != nil
                )
            }
            guard !isOpen else { throw VaultError.alreadySo("The key of \(party.rawValue) is open") }
            guard let row = rows.first else { throw VaultError.noOwnCustody(party.rawValue) }
            let key = try row.custody.unwrap(row.sealed, with: secret.secret, vault: custodyOwner(party))
            try await log(Event(.partyUnsealed, by: caller, party: party).on(["party": party.rawValue]))
            // Before the key is there: whatever stops this, `status` asks for the alignment, and `agreement align` goes on with it.
            let state = AlignmentRow(
                policy: policies.current.entry, isInForce: agreement.covers(environment.today()))
            try await records.write { try $0.put(state) }
            let now = environment.now()
            try await keyring.write { keyring in
                try keyring.insert(
                    Keychain.wrap(
                        key, .party, Self.owner(party), version: row.version, under: try keys.currentRoot(keyring),
                        vault: id,
                        created: now, random: environment.random))
            }
        }
        try await keys.follow(keyring)
        _ = try await realign(anew: true, caller, progress)
    }

    /// A party's own custody, with a new key in the place of the old one: what opened that opens this.
    ///
    /// - Throws: `VaultError.ownCustody` without the secret; `SealingError.wrongUnlockSecret`.
    func custody(
        _ row: CustodyRow, of party: Party, presenting secret: Key?, with new: Keychain.VersionedKey
    ) throws -> CustodyRow {
        guard let secret else { throw VaultError.ownCustody(party.rawValue) }
        _ = try row.custody.unwrap(row.sealed, with: secret.secret, vault: custodyOwner(party))
        return CustodyRow(
            owner: row.owner, kind: row.kind, custody: row.custody, version: new.version, about: row.about,
            sealed: try row.custody.wrap(
                new.key, with: secret.secret, vault: custodyOwner(party), random: environment.random))
    }

    /// A party's key is its own people's matter, and that of who rotates keys.
    private func authoriseCustody(of party: Party, _ caller: Caller) async throws {
        try await authorise("party.seal", caller)
        _ = try await requireSession(caller)
        let agreement = agreement
        let isOwn = caller.memberships.contains { place in
            agreement.gives("party.seal", to: place.role)
                && (place.party == party || agreement.gives("key.rotate", to: place.role))
        }
        guard !isOwn else { return }
        let reason = DenialReason.dutyNotHeld("party.seal")
        try await refuse(
            .denied(reason),
            Event(.accessDenied, by: caller).on(["party": party.rawValue])
                .with(["duty": "party.seal", "reason": reason.code]))
    }

    private static func owner(_ party: Party) -> [UInt8] { Array(party.rawValue.utf8) }

    /// What a party's custody is bound to: another party's, and another vault's, does not open.
    private func custodyOwner(_ party: Party) -> [UInt8] { Facts.list([id.bytes, Self.owner(party)]) }

    private func requireNoRotation(of party: Party) async throws {
        let rotations = try await keyring.read { try $0.rotations() }
        guard !rotations.contains(where: { $0.kind == .party && $0.owner == Self.owner(party) }) else {
            throw VaultError.rotationUnderWay(party.rawValue)
        }
    }
}
