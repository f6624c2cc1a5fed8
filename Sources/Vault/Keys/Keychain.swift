internal import Rules
internal import Sealing
internal import Storage

/// The keys of an unlocked vault.
struct Keychain: Sendable {
    struct PartyKey: Sendable {
        let version: UInt32
        let key: Key
    }

    let vault: VaultID
    let root: Key
    let parties: [Party: PartyKey]
    let services: [Service: Key]

    /// One purpose each.
    enum Service: String, CaseIterable, Sendable {
        /// The seed of the ledger's Ed25519 key.
        case log
        case blindIndex = "blind-index"
        case pepper
        /// Fields about no child, row MACs, and openings about no child.
        case records
    }

    /// Wraps a key under the root key, bound to what it is for.
    static func wrap(
        _ key: Key, kind: String, owner: [UInt8], version: UInt32, under root: Key, vault: VaultID,
        random: RandomSource
    ) -> WrappedKey {
        WrappedKey(
            kind: kind, owner: owner, version: version,
            sealed: root.wrap(key, facts(kind, owner, version, vault), random: random))
    }

    static func facts(_ kind: String, _ owner: [UInt8], _ version: UInt32, _ vault: VaultID) -> Facts {
        Facts("key", Array(kind.utf8), owner, Array(String(version).utf8), vault.bytes)
    }

    func unwrap(_ wrapped: WrappedKey) throws -> Key {
        try root.unwrap(wrapped.sealed, Self.facts(wrapped.kind, wrapped.owner, wrapped.version, vault))
    }

    /// Opens every party and service key.
    ///
    /// - Throws: `SealingError.notAuthentic` for a key that is not this vault's; `StorageError.damagedStore` when one is missing.
    static func unlock(root: Key, vault: VaultID, keyring: KeyringStore) async throws -> Keychain {
        let (partyRows, serviceRows) = try await keyring.read { reading in
            (try reading.keys(kind: "party"), try reading.keys(kind: "service"))
        }
        let bare = Keychain(vault: vault, root: root, parties: [:], services: [:])
        var parties: [Party: PartyKey] = [:]
        for row in partyRows {
            guard let party = Party(rawValue: String(decoding: row.owner, as: UTF8.self)) else { continue }
            parties[party] = PartyKey(version: row.version, key: try bare.unwrap(row))
        }
        var services: [Service: Key] = [:]
        for row in serviceRows {
            guard let service = Service(rawValue: String(decoding: row.owner, as: UTF8.self)) else { continue }
            services[service] = try bare.unwrap(row)
        }
        guard services.count == Service.allCases.count else { throw StorageError.damagedStore(store: "keyring") }
        return Keychain(vault: vault, root: root, parties: parties, services: services)
    }

    func service(_ service: Service) -> Key {
        guard let key = services[service] else { preconditionFailure("unlock opened every service key") }
        return key
    }

    func signingKey() throws -> SigningKey { try SigningKey(seed: service(.log).secret) }

    var integrity: Key { get throws { try service(.records).derive(Facts("row-mac")) } }
    var fields: Key { get throws { try service(.records).derive(Facts("fields")) } }
    var openings: Key { get throws { try service(.records).derive(Facts("openings")) } }

    /// Finds and tells nothing: a MAC of what is looked for.
    func blindIndex(_ kind: String, _ value: String) -> [UInt8] {
        service(.blindIndex).secret.authenticate(Facts("blind-index", Array(kind.utf8), Array(value.utf8)).bytes).bytes
    }
}

/// A child's key, opened, and the keys for what it seals.
struct ChildKey: Sendable {
    let child: ChildID
    let version: UInt32
    let key: Key
    let fields: Key
    let openings: Key

    init(child: ChildID, version: UInt32, key: Key) throws {
        self.child = child
        self.version = version
        self.key = key
        fields = try key.derive(Facts("fields"))
        openings = try key.derive(Facts("openings"))
    }

    /// Recognises a file that this holder has deposited for this child before. Nobody else's key makes the same mark.
    func fingerprint(holder: Party) throws -> FingerprintKey {
        try FingerprintKey(key.derive(Facts("fingerprint", Array(holder.rawValue.utf8))))
    }
}
