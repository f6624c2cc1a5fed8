internal import Ledger
internal import Rules
internal import Sealing
public import Storage

extension DocumentVault {
    /// Gives a child a new key, in one transaction of the keyring: every wrap is made anew under it, and the old key is destroyed.
    ///
    /// What is sealed under the old key besides wraps stays readable by a record key, which the new key wraps. Content is not touched.
    ///
    /// - Throws: `VaultError.denied`; `.notFound(.child)`; `.partySealed` when a sealed party has wraps, which nobody can open now.
    public func rotate(_ child: ChildID, as caller: Caller) async throws -> RotationProgress {
        try await authorise("key.rotate", caller)
        return try await changing {
            guard let old = try await childKey(child) else { throw VaultError.notFound(.child) }
            let recorded = try await records.read { try $0.renditions(about: child).map(\.key) }
            var done = RotationProgress(key: "child \(child)", from: old.version, to: old.version + 1)
            let new = try ChildKey(
                child: child, version: old.version + 1, key: try Key(from: environment.random), record: old.record)
            let row = RotationRow(
                kind: .child, owner: child.bytes, old: old.version, new: new.version, person: caller.person,
                begun: environment.now())
            done.rewrapped = try await environment.steps.around(.keyring) {
                try await keyring.write { keyring in
                    try replace(old, by: new, keyring, at: row.begun)
                    // What is being deposited has its wraps already, and its records only after this.
                    let renditions = try Set(recorded).union(keyring.wrappedRenditions(of: child))
                    let wraps = try renditions.flatMap { try keyring.wraps(of: $0) }
                    for wrap in wraps { try keyring.rewrap(try rewrapped(wrap, old, to: new), from: wrap) }
                    try keyring.put(row)
                    return wraps.count
                }
            }
            try await forgetDestroyed()
            try await settle(row, childRotated(child, row), childKey: new)
            done.isFinished = true
            return done
        }
    }

    private func replace(_ old: ChildKey, by new: ChildKey, _ keyring: KeyringWriting, at now: Instant) throws {
        try keys.follow(keyring)
        guard let above = keys.current.newest(.children) else { throw StorageError.damagedStore(store: "keyring") }
        let owner = new.child.bytes
        try keyring.removeKey(kind: .child, owner: owner, version: old.version)
        try keyring.insert(
            Keychain.wrap(
                new.key, .child, owner, version: new.version, under: above, vault: id, created: now,
                random: environment.random))
        try keyring.removeKey(kind: .record, owner: owner, version: 1)
        try keyring.insert(
            Keychain.wrap(
                new.record, .record, owner, under: Keychain.VersionedKey(version: new.version, key: new.key), vault: id,
                created: now, random: environment.random))
    }

    private func childRotated(_ child: ChildID, _ row: RotationRow) -> Event {
        var event = Event(.keyRotated, by: nil).about(child)
            .with(["version": String(row.new), "destroyed": String(row.old)])
        event.actor = ["person": "\(row.person)"]
        return event
    }

    /// Writes down the rotations of children that a crash kept from the ledger. A party's goes on with `key rotate`.
    func settleRotations() async throws {
        for row in try await keyring.read({ try $0.rotations() }) where row.kind == .child {
            guard let child = ChildID(row.owner) else { continue }
            guard let key = try await childKey(child) else {
                try await keyring.write { try $0.settle(row) }
                continue
            }
            try await settle(row, childRotated(child, row), childKey: key)
        }
    }
}
