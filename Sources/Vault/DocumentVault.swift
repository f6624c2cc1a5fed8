internal import Ledger
internal import Paper
public import Rules
public import Sealing
public import Storage
internal import Synchronization

/// An open, unlocked vault. Every operation authorises, computes, commits and answers; nothing is kept between calls but keys.
public struct DocumentVault: Sendable {
    public let id: VaultID
    /// The ledger's identity.
    public let origin: String
    /// `nil` when the ledger agrees with its anchor; otherwise why the vault may not be changed.
    public let readOnlyReason: VaultError?

    let records: RecordsStore
    let keyring: KeyringStore
    public let objects: ObjectStore
    let keys: Keychain
    let environment: VaultEnvironment
    let anchor: Anchor
    let hold: VaultHold
    let folder: String
    let policies: Policies
    let running = RunningRequests()

    /// The agreement in force when somebody last asked.
    public var agreement: Agreement { policies.current.agreement }

    /// Opens and unlocks a vault, finishes or undoes what a crash left, and compares the ledger with its anchor.
    ///
    /// `secret`: the passphrase or the key file's bytes, as custody asks.
    ///
    /// - Throws: `StorageError.notAVault`, `.newerFormat`, `.foreignStore`, `.damagedStore`; `SealingError.wrongUnlockSecret`.
    public static func open(
        _ folder: String, unlockedWith secret: Key, in environment: VaultEnvironment
    ) async throws -> DocumentVault {
        // What a program that was killed has left of papers in memory.
        Scratch.sweep()
        let marker = try VaultMarker(folder: folder)
        let hold = try VaultHold(folder: folder)
        let keyring = try KeyringStore(vaultFolder: folder)
        let (owner, custodies) = try await keyring.read { (try $0.vault(), try $0.custody(of: CustodyRow.root)) }
        guard owner == marker.id else { throw StorageError.foreignStore(store: "keyring") }

        let root = try rootKey(custodies, secret, marker.id)
        if hold.wasAlone {
            try await Keychain.addChildrenKey(
                root, marker.id, keyring, created: environment.now(), random: environment.random)
        }
        let keys = try await Keychain.unlock(root: root, vault: marker.id, keyring: keyring)
        let records = try RecordsStore(vaultFolder: folder, integrity: try keys.integrity)
        guard let row = try await records.read({ try $0.vault() }), row.id == marker.id else {
            throw StorageError.foreignStore(store: "records")
        }
        let objects = try ObjectStore(vaultFolder: folder)
        let anchor = try Anchor(path: marker.anchorPath, origin: row.origin, keys: keys)
        let reason = try await anchor.compare(with: records)
        let policies = Policies(try await activePolicy(records, keys))

        let vault = DocumentVault(
            id: marker.id, origin: row.origin, readOnlyReason: reason, records: records, keyring: keyring,
            objects: objects, keys: keys, environment: environment, anchor: anchor, hold: hold, folder: folder,
            policies: policies)
        if reason == nil, hold.wasAlone {
            try await vault.giveDocumentsKeys()
            try await vault.recover()
        } else if reason == nil, try await records.read({ try $0.isRetitling() }) {
            throw StorageError.busy  // Somebody is at it, or has the vault open and kept us from it.
        }
        try hold.share()
        if reason == nil {
            try await vault.sweep()
            if environment.scanner != nil { try await vault.requireScanning(by: nil) }
            try await vault.sweepOutbox()
        }
        return vault
    }

    /// The root key, by whichever custody the secret fits.
    private static func rootKey(
        _ custodies: [CustodyRow], _ secret: Key, _ vault: VaultID
    ) throws -> Keychain.VersionedKey {
        guard !custodies.isEmpty else { throw StorageError.damagedStore(store: "keyring") }
        var failure = SealingError.wrongUnlockSecret
        for row in custodies {
            do throws(SealingError) {
                let key = try row.custody.unwrap(row.sealed, with: secret.secret, vault: vault.bytes)
                return Keychain.VersionedKey(version: row.version, key: key)
            } catch .wrongUnlockSecret {
                continue
            } catch {
                failure = error
            }
        }
        throw failure
    }

    /// Writes the anchor and closes the databases. What was acknowledged is safe without it.
    public func close() async throws {
        if readOnlyReason == nil {
            try await settle()
            try await anchor.advance(to: records)
            try await keepRegister()
        }
        try await keyring.close()
        try await records.close()
        hold.release()
    }

    /// That the vault may be changed; and from here on the operation goes by the agreement that is in force now.
    func requireWritable() async throws {
        if let readOnlyReason { throw readOnlyReason }
        try await adopt(try await records.read { try $0.activePolicy() })
    }

    /// Goes by the agreement of this ledger entry from here on, if it is another than before.
    func adopt(_ newest: UInt64) async throws {
        guard newest != policies.current.entry else { return }
        policies.replace(with: try await Self.activePolicy(records, keys))
    }

}

/// An agreement, and the ledger entry that activated it.
struct Policy: Sendable {
    let entry: UInt64
    let agreement: Agreement
}

/// The agreement in force, kept until the records name another: every operation asks them.
final class Policies: Sendable {
    private let state: Mutex<Policy>

    init(_ policy: Policy) { state = Mutex(policy) }

    var current: Policy { state.withLock { $0 } }

    func replace(with policy: Policy) { state.withLock { $0 = policy.entry > $0.entry ? policy : $0 } }
}

extension DocumentVault {
    /// The policy files activated last, held against the digests that the ledger has.
    static func activePolicy(_ records: RecordsStore, _ keys: Keychain) async throws -> Policy {
        let rows = try await records.read { transaction in
            try PolicyFile.allCases.map { file in
                guard let row = try transaction.policy(file.rawValue), let entry = try transaction.entry(at: row.entry)
                else { throw StorageError.damagedStore(store: "policies table") }
                return (row, entry)
            }
        }
        for (row, entry) in rows {
            let event = try Openings.open(entry, with: try keys.openings)
            guard event.object == ["policy": row.name, "sha256": Digest.sha256(row.text).hex] else {
                throw StorageError.damagedStore(store: "policies table")
            }
        }
        let texts = rows.reduce(into: [:]) { texts, row in texts[PolicyFile(rawValue: row.0.name)] = row.0.text }
        let entry = rows.map(\.0.entry).max() ?? 0
        return Policy(entry: entry, agreement: try loadAgreement { texts[$0] })
    }

    static func loadAgreement(_ text: (PolicyFile) -> [UInt8]?) throws -> Agreement {
        func policyText(_ file: PolicyFile) -> PolicyText {
            PolicyText(file: file.rawValue, text: String(decoding: text(file) ?? [], as: UTF8.self))
        }
        do throws(PolicyError) {
            return try Agreement.load(categories: policyText(.categories), agreement: policyText(.agreement))
        } catch {
            throw VaultError.policy(error)
        }
    }
}

/// The policy files that a vault keeps, in the order in which they are loaded.
public enum PolicyFile: String, CaseIterable, Sendable {
    case categories = "categories.yaml"
    case agreement = "agreement.yaml"
}

/// One way in which the root key, or a party's own key, is kept: what whoever unlocks has to bring.
public struct CustodyState: Hashable, Sendable, Codable {
    public let kind: String
    /// For shares, which set; for a token, which token and which key on it.
    public let about: String
}

extension DocumentVault {
    /// How the keys of a vault are kept: to be known before it is unlocked.
    ///
    /// `owner`: `root`, `next` for a root key that a ceremony has made, or a party.
    ///
    /// - Throws: `StorageError.notAVault`, `.damagedStore`.
    public static func custody(of owner: String = CustodyRow.root, in folder: String) async throws -> [CustodyState] {
        _ = try VaultMarker(folder: folder)
        let keyring = try KeyringStore(vaultFolder: folder)
        let rows = try await keyring.read { try $0.custody(of: owner) }
        try await keyring.close()
        return rows.map { CustodyState(kind: $0.kind.rawValue, about: $0.about) }
    }
}
