internal import Rules
internal import Sealing
internal import Storage
internal import Synchronization

/// The keys of an unlocked vault.
///
/// What another process may rotate, seal or unseal meanwhile is kept with the keyring's epoch, and read anew when that has moved on.
final class Keychain: Sendable {
    struct VersionedKey: Sendable {
        let version: UInt32
        let key: Key
    }

    /// One purpose each.
    enum Service: String, CaseIterable, Sendable {
        /// The seed of the ledger's Ed25519 key.
        case log
        case blindIndex = "blind-index"
        case pepper
        /// Fields about no child, row MACs, and openings about no child.
        case records
        /// Each child's key is wrapped under it, so that the root key has a dozen keys under it, however many children there are.
        case children
    }

    /// What is open at one epoch of the keyring.
    struct Opened: Sendable {
        var epoch: Int64
        var root: VersionedKey
        /// Another process has replaced the root key: what is open stays open, and nothing may be wrapped under this one.
        var isRootReplaced = false
        /// Every live version. A party that is sealed has none.
        var parties: [Party: [UInt32: Key]] = [:]
        /// Every live version: of one that is being rotated there are two.
        var services: [Service: [UInt32: Key]] = [:]
    }

    let vault: VaultID
    private let opened: Mutex<Opened>

    private init(vault: VaultID, opened: Opened) {
        self.vault = vault
        self.opened = Mutex(opened)
    }

    static func facts(_ kind: WrappedKey.Kind, _ owner: [UInt8], _ version: UInt32, _ vault: VaultID) -> Facts {
        Facts("key", Array(kind.rawValue.utf8), owner, Array(String(version).utf8), vault.bytes)
    }

    /// Wraps a key under the one above it, bound to what it is for.
    static func wrap(
        _ key: Key, _ kind: WrappedKey.Kind, _ owner: [UInt8], version: UInt32 = 1, under above: VersionedKey,
        vault: VaultID, created: Instant, random: RandomSource
    ) -> WrappedKey {
        WrappedKey(
            kind: kind, owner: owner, version: version, above: above.version, created: created,
            sealed: above.key.wrap(key, facts(kind, owner, version, vault), random: random))
    }

    func unwrap(_ row: WrappedKey, under above: Key) throws -> Key {
        try above.unwrap(row.sealed, Self.facts(row.kind, row.owner, row.version, vault))
    }

    /// Opens every key that the root key has under it.
    ///
    /// - Throws: `SealingError.notAuthentic` for a key that is not this vault's; `StorageError.damagedStore` when one is missing.
    static func unlock(root: VersionedKey, vault: VaultID, keyring: KeyringStore) async throws -> Keychain {
        let keys = Keychain(vault: vault, opened: Opened(epoch: 0, root: root))
        try await keys.follow(keyring)
        guard keys.current.services.count == Service.allCases.count else {
            throw StorageError.damagedStore(store: "keyring")
        }
        return keys
    }

    /// Takes up what other processes have rotated, sealed or unsealed.
    ///
    /// - Throws: `VaultError.unlockAgain` when the root key has been replaced and a key changed after that.
    func follow(_ keyring: KeyringStore) async throws { try await keyring.read { [self] in try follow($0) } }

    /// As above, within a transaction.
    func follow(_ keyring: KeyringReading) throws {
        let known = current
        let epoch = try keyring.epoch()
        guard epoch != known.epoch else { return }
        try adopt(try keyring.keys(kind: .party) + keyring.keys(kind: .service), known, epoch: epoch)
    }

    private func adopt(_ rows: [WrappedKey], _ known: Opened, epoch: Int64) throws {
        var next = Opened(epoch: epoch, root: known.root)
        next.isRootReplaced = rows.contains { $0.above != known.root.version }
        for row in rows {
            let party = row.kind == .party ? Party(rawValue: String(decoding: row.owner, as: UTF8.self)) : nil
            let service = row.kind == .service ? Service(row) : nil
            guard party != nil || service != nil else { continue }
            let old = known.key(party, service, row.version)
            guard old != nil || row.above == known.root.version else { throw VaultError.unlockAgain }
            let key = try old ?? unwrap(row, under: known.root.key)
            if let party {
                next.parties[party, default: [:]][row.version] = key
            } else if let service {
                next.services[service, default: [:]][row.version] = key
            }
        }
        let result = next
        opened.withLock { if result.epoch > $0.epoch, result.root.version == $0.root.version { $0 = result } }
    }

    var current: Opened { opened.withLock { $0 } }

    /// The keys that this process opens from now on are under another root key.
    func replace(root: VersionedKey) {
        opened.withLock {
            $0.root = root
            $0.isRootReplaced = false
        }
    }

    /// The root key, to wrap something under it, as it is at one state of the keyring.
    ///
    /// - Throws: `VaultError.unlockAgain` when another process has replaced it.
    func currentRoot(_ keyring: KeyringReading) throws -> VersionedKey {
        try follow(keyring)
        let open = current
        guard !open.isRootReplaced else { throw VaultError.unlockAgain }
        return open.root
    }

    /// The newest version, under which everything new is made.
    func service(_ service: Service) -> VersionedKey {
        guard let key = current.newest(service) else { preconditionFailure("unlock opened every service key") }
        return key
    }

    /// Every live version, the newest first: what was made before is under any of them.
    func versions(of service: Service) -> [VersionedKey] {
        (current.services[service] ?? [:]).map { VersionedKey(version: $0.key, key: $0.value) }
            .sorted { $0.version > $1.version }
    }

    func signingKey() throws -> SigningKey { try SigningKey(seed: service(.log).key.secret) }

    var integrity: Key { get throws { try service(.records).key.derive(Facts("row-mac")) } }
    var fields: Key { get throws { try service(.records).key.derive(Facts("fields")) } }
    var openings: Key { get throws { try service(.records).key.derive(Facts("openings")) } }

    /// Finds and tells nothing: a MAC of what is looked for.
    func blindIndex(_ kind: String, _ value: String) -> [UInt8] {
        service(.blindIndex).mark(Facts("blind-index", Array(kind.utf8), Array(value.utf8))).bytes
    }

    /// What is looked for may stand under any of these, the newest first.
    func blindIndexes(_ kind: String, _ value: String) -> [[UInt8]] {
        let facts = Facts("blind-index", Array(kind.utf8), Array(value.utf8))
        return versions(of: .blindIndex).map { $0.mark(facts).bytes }
    }
}

extension Keychain.VersionedKey {
    /// A MAC that tells of which version it is.
    func mark(_ facts: Facts) -> Digest { KeyedMark.make(key.secret.authenticate(facts.bytes), version: version) }
}

extension Keychain.Service {
    init?(_ row: WrappedKey) { self.init(rawValue: String(decoding: row.owner, as: UTF8.self)) }
}

extension Keychain.Opened {
    /// The version under which new wraps are made; `nil` while the party is sealed.
    func newest(_ party: Party) -> Keychain.VersionedKey? { Self.newest(parties[party] ?? [:]) }

    func newest(_ service: Keychain.Service) -> Keychain.VersionedKey? { Self.newest(services[service] ?? [:]) }

    /// What is open already of a party or a service.
    fileprivate func key(_ party: Party?, _ service: Keychain.Service?, _ version: UInt32) -> Key? {
        if let party { return parties[party]?[version] }
        return service.flatMap { services[$0]?[version] }
    }

    private static func newest(_ versions: [UInt32: Key]) -> Keychain.VersionedKey? {
        versions.max { $0.key < $1.key }.map { Keychain.VersionedKey(version: $0.key, key: $0.value) }
    }
}

extension Keychain {
    /// Gives a vault of an earlier format its children key: until then each child's key was under the root key itself. Only for
    /// the process that holds the vault alone.
    static func addChildrenKey(
        _ root: VersionedKey, _ vault: VaultID, _ keyring: KeyringStore, created: Instant, random: RandomSource
    ) async throws {
        let owner = Array(Service.children.rawValue.utf8)
        let children = VersionedKey(version: 1, key: try Key(from: random))
        let row = wrap(children.key, .service, owner, under: root, vault: vault, created: created, random: random)
        try await keyring.write { keyring in
            guard try keyring.key(kind: .service, owner: owner) == nil else { return }
            try keyring.insert(row)
            for old in try keyring.keys(kind: .child) {
                let key = try root.key.unwrap(old.sealed, facts(.child, old.owner, old.version, vault))
                try keyring.rewrap(
                    wrap(
                        key, .child, old.owner, version: old.version, under: children, vault: vault,
                        created: old.created, random: random))
            }
        }
        try await keyring.forgetDeleted()
    }
}

/// A child's keys, opened, and the keys for what they seal.
struct ChildKey: Sendable {
    let child: ChildID
    let version: UInt32
    /// Opens wraps, together with a party's key.
    let key: Key
    /// Everything but wraps is under it. It is the child's key itself until that is rotated, and then a key wrapped by it.
    let record: Key
    let fields: Key
    let openings: Key

    init(child: ChildID, version: UInt32, key: Key, record: Key? = nil) throws {
        self.child = child
        self.version = version
        self.key = key
        self.record = record ?? key
        fields = try self.record.derive(Facts("fields"))
        openings = try self.record.derive(Facts("openings"))
    }

    /// Recognises a file that this holder has deposited for this child before. Nobody else's key makes the same mark.
    func fingerprint(holder: Party) throws -> FingerprintKey {
        try FingerprintKey(record.derive(Facts("fingerprint", Array(holder.rawValue.utf8))))
    }
}

extension DocumentVault {
    /// The key of a child; `nil` once it has been destroyed.
    func childKey(_ child: ChildID) async throws -> ChildKey? {
        let keys = keys
        return try await keyring.read { try keys.childKey(child, $0) }
    }

    /// As `childKey`, where it must be there.
    func requireChildKey(_ child: ChildID) async throws -> ChildKey {
        guard let key = try await childKey(child) else { throw VaultError.keyMissing }
        return key
    }
}

extension Keychain {
    /// The key of a child at one state of the keyring, whose parties' keys are open from here on.
    func childKey(_ child: ChildID, _ keyring: KeyringReading) throws -> ChildKey? {
        try follow(keyring)
        let rows = try keyring.keys(of: child)
        guard let row = rows.last(where: { $0.kind == .child }) else { return nil }
        guard let above = current.services[.children]?[row.above] else {
            throw StorageError.damagedStore(store: "keyring")
        }
        let key = try unwrap(row, under: above)
        let record = try rows.last { $0.kind == .record }.map { try unwrap($0, under: key) }
        return try ChildKey(child: child, version: row.version, key: key, record: record)
    }
}
