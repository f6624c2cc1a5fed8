internal import Ledger
internal import Rules
internal import Sealing
internal import Storage

/// The vault's own keys, one purpose each.
public enum ServiceKey: String, CaseIterable, Sendable {
    /// Signs the ledger's checkpoints.
    case log
    /// Finds people, children and what was imported.
    case blindIndex = "blind-index"
    /// Without it a copied password record cannot be guessed at.
    case pepper
    /// Seals what is about no child, and authenticates rows.
    case records
    /// Wraps the children's keys.
    case children
    /// Signs disposal certificates.
    case certificates

    /// Why it stays as it is, as the end of a sentence; `nil` for one that is rotated.
    var reasonToStay: String? {
        switch self {
        case .log, .children, .certificates, .pepper, .blindIndex: nil
        case .records: "the ledger's details are sealed under it, and the ledger is only ever added to"
        }
    }

    var owner: [UInt8] { Array(rawValue.utf8) }
}

extension DocumentVault {
    /// Gives the vault a new key for one of its own purposes, and destroys the old one: in one transaction of the keyring, or in stages
    /// where rows hang on it.
    ///
    /// The ledger's key, and the first stage, take a vault that nobody else has open: whoever has the old key alone in memory would go on
    /// using it.
    ///
    /// `ending`: what still waits for somebody is given up, so that the old key can be destroyed.
    ///
    /// - Throws: `VaultError.denied`; `.serviceKeyStays` for one that cannot be rotated; `.noServiceKey`; `StorageError.busy`.
    public func rotate(
        _ service: ServiceKey, ending: Bool = false, as caller: Caller
    ) async throws -> RotationProgress {
        try await authorise("key.rotate", caller)
        if let reason = service.reasonToStay { throw VaultError.serviceKeyStays(service.rawValue, reason) }
        if service.isStaged { return try await rotateInStages(service, ending: ending, caller) }
        let (row, count) = try await changing {
            switch service {
            case .log: (try await rotateLogKey(caller), 0)
            case .certificates: (try await rotateSigner(caller), 0)
            default: try await rotateChildrenKey(caller)
            }
        }
        var done = RotationProgress(key: "service \(service.rawValue)", from: row.old, to: row.new)
        done.rewrapped = count
        done.isFinished = true
        return done
    }

    /// Puts a new version of a service key in the place of the old one. Processes that are open take it up with their next transaction.
    ///
    /// `also`: what else belongs to the same transaction; it is told the new key.
    private func replace(
        _ service: ServiceKey, by key: Key, _ caller: Caller,
        also: @escaping @Sendable (KeyringWriting, Keychain.VersionedKey) throws -> Void = { _, _ in }
    ) async throws -> RotationRow {
        let now = environment.now()
        let row = try await environment.steps.around(.keyring) {
            try await keyring.write { keyring in
                let root = try keys.currentRoot(keyring)
                guard let old = try keyring.key(kind: .service, owner: service.owner) else {
                    throw VaultError.noServiceKey(service.rawValue)
                }
                let new = Keychain.VersionedKey(version: old.version + 1, key: key)
                try keyring.insert(
                    Keychain.wrap(
                        key, .service, service.owner, version: new.version, under: root, vault: id, created: now,
                        random: environment.random))
                try also(keyring, new)
                try keyring.removeKey(kind: .service, owner: service.owner, version: old.version)
                let row = RotationRow(
                    kind: .service, owner: service.owner, old: old.version, new: new.version, person: caller.person,
                    begun: now)
                try keyring.put(row)
                return row
            }
        }
        try await forgetDestroyed()
        try await keys.follow(keyring)
        return row
    }

    private func rotateChildrenKey(_ caller: Caller) async throws -> (RotationRow, Int) {
        let row = try await replace(.children, by: try Key(from: environment.random), caller) { keyring, new in
            for child in try keyring.keys(kind: .child) {
                guard let above = keys.current.services[.children]?[child.above] else {
                    throw StorageError.damagedStore(store: "keyring")
                }
                try keyring.rewrap(
                    Keychain.wrap(
                        try keys.unwrap(child, under: above), .child, child.owner, version: child.version, under: new,
                        vault: id, created: child.created, random: environment.random))
            }
        }
        try await settle(row, serviceRotated(row))
        return (row, try await keyring.read { try $0.keyCount(kind: .child) })
    }

    private func rotateSigner(_ caller: Caller) async throws -> RotationRow {
        let key = try CMSSigner.makeKey(from: environment.random)
        let row = try await replace(.certificates, by: key, caller)
        _ = try await signer()
        try await settle(row, serviceRotated(row))
        return row
    }

    /// The old key signs a checkpoint together with the new one, for verifiers who know the old one; then it is destroyed.
    private func rotateLogKey(_ caller: Caller) async throws -> RotationRow {
        guard try hold.takeAlone() else { throw StorageError.busy }
        // Harmless when it fails: then nobody else opens the vault until this process is done.
        defer { try? hold.share() }
        let key = try Key(from: environment.random)
        let new = NoteKey(name: try anchor.log.name, kind: .log, key: try SigningKey(seed: key.secret).verifyingKey)
        try await log(
            Event(.keyRotationBegun, by: caller).on(["service": ServiceKey.log.rawValue])
                .with(["vkey": new.vkey, "former": try anchor.log.vkey]))
        let note = try await sign(alsoWith: key)
        try await environment.steps.around(.place) {
            if Folder.exists(anchor.path) { try Folder.write(note.bytes, to: anchor.path) }
        }
        let row = try await replace(.log, by: key, caller)
        try await settle(row, serviceRotated(row))
        return row
    }

    func serviceRotated(_ row: RotationRow) -> Event {
        var event = Event(.keyRotated, by: nil).on(["service": String(decoding: row.owner, as: UTF8.self)])
            .with(["version": String(row.new), "destroyed": String(row.old)])
        event.actor = ["person": "\(row.person)"]
        return event
    }

    /// Writes down the rotations of service keys that a crash kept from the ledger: those whose old key is gone.
    func settleServiceRotations() async throws {
        let (rows, keys) = try await keyring.read { (try $0.rotations(), try $0.keys(kind: .service)) }
        for row in rows
        where row.kind == .service && !keys.contains(where: { $0.owner == row.owner && $0.version == row.old }) {
            try await settle(row, serviceRotated(row))
        }
    }
}

/// A change of the key that signs the ledger.
public struct LogKeyChange: Hashable, Sendable, Codable {
    /// The ledger entry that announced it.
    public let entry: UInt64
    public let former: String
    public let vkey: String
    /// The checkpoint that both have signed, as it was published.
    public let checkpoint: String
}

extension DocumentVault {
    /// Every key that the ledger was signed with before this one, the oldest change first: for verifiers who know an old one. It tells
    /// nothing about anybody, and whoever has an account may ask.
    public func logKeyChanges() async throws -> [LogKeyChange] {
        let kinds: Set<EventKind> = [.keyRotationBegun, .keyRotated]
        var announced: LogKeyChange?
        var changes: [LogKeyChange] = []
        for (index, row) in try await records.read({ try $0.indexedEntries(of: kinds) }) where row.child == nil {
            guard let event = try await opened(row), event.object["service"] == ServiceKey.log.rawValue else {
                continue
            }
            if row.leaf.kind == .keyRotated, let change = announced {
                changes.append(change)
                announced = nil
            } else if let vkey = event.detail["vkey"], let former = event.detail["former"] {
                let note = try await records.read { try $0.checkpoint(size: index + 1) }
                announced = LogKeyChange(
                    entry: index, former: former, vkey: vkey, checkpoint: String(decoding: note ?? [], as: UTF8.self))
            }
        }
        return changes
    }
}
