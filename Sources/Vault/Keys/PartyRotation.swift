internal import Ledger
public import Rules
public import Sealing
internal import Storage

/// How far a rotation has come.
public struct RotationProgress: Hashable, Sendable, Codable {
    /// `party health`, `child …`.
    public let key: String
    public let from: UInt32
    public let to: UInt32
    /// Wraps made anew in this run.
    public internal(set) var rewrapped = 0
    /// What still needs the old key, by what it is: `passwords`. Empty but for a rotation in stages.
    public internal(set) var waiting: [String: Int] = [:]
    public internal(set) var isFinished = false
}

/// How a rotation makes way for the vault's other work.
public struct RotationPace: Hashable, Sendable {
    /// Wraps that are made anew in one transaction of the keyring.
    public let batch: Int
    /// Between two batches.
    public let pauseMilliseconds: Int

    public init(batch: Int = 2000, pauseMilliseconds: Int = 5) {
        self.batch = batch
        self.pauseMilliseconds = pauseMilliseconds
    }
}

extension DocumentVault {
    /// Gives a party a new key: makes every wrap of the party anew, in batches between which others work, and destroys the old key
    /// when no wrap needs it. Content is not touched. It goes on where an earlier run was stopped.
    ///
    /// From the first moment on, new wraps are made under the new key, so the number of old ones only falls.
    ///
    /// `secret`: of the party's own custody, where it has one: from the first moment on this keeps the new key. Not needed to go on.
    ///
    /// - Throws: `VaultError.denied`, `.partySealed`, `.ownCustody` without the secret; `SealingError.wrongUnlockSecret`.
    public func rotate(
        _ party: Party, presenting secret: Key? = nil, pace: RotationPace = RotationPace(), as caller: Caller,
        progress: @Sendable (RotationProgress) -> Void
    ) async throws -> RotationProgress {
        try await authorise("key.rotate", caller)
        let (old, new) = try await begin(party, presenting: secret, caller)
        var done = RotationProgress(key: "party \(party.rawValue)", from: old, to: new)
        // What was being deposited when the rotation began is found by one more look. What a process left that was killed while it
        // deposited stays until somebody opens the vault alone; the next run finishes then.
        for _ in 1...Self.looks where !done.isFinished {
            try await rewrapAll(party, pace, &done, progress)
            let left = try await keyring.read { try $0.wrapCount(for: party.rawValue, before: new).old }
            done.isFinished = left == 0
            if left > 0 { try await Task.sleep(for: .milliseconds(200)) }
        }
        if done.isFinished { try await finish(party, from: old, to: new, caller) }
        return done
    }

    private static let looks = 50

    private func rewrapAll(
        _ party: Party, _ pace: RotationPace, _ done: inout RotationProgress,
        _ progress: @Sendable (RotationProgress) -> Void
    ) async throws {
        var page = try await rewrapped(party, to: done.to, after: nil, limit: pace.batch)
        while let ready = page {
            // While one page is made durable the next is made anew.
            async let next = rewrapped(party, to: done.to, after: ready.end, limit: pace.batch)
            try await environment.steps.around(.keyring) {
                try await keyring.write { keyring in
                    for (old, new) in ready.wraps { try keyring.rewrap(new, from: old) }
                }
            }
            done.rewrapped += ready.wraps.count
            progress(done)
            try await Task.sleep(for: .milliseconds(pace.pauseMilliseconds))
            page = try await next
        }
    }

    /// Makes the new key, or finds the one of a rotation that was stopped.
    private func begin(
        _ party: Party, presenting secret: Key?, _ caller: Caller
    ) async throws -> (old: UInt32, new: UInt32) {
        let owner = Array(party.rawValue.utf8)
        let now = environment.now()
        let (keys, vault, random) = (keys, id, environment.random)
        return try await changing {
            try await keys.follow(keyring)
            guard let newest = keys.current.newest(party) else { throw VaultError.partySealed(party.rawValue) }
            let (rotations, custody) = try await keyring.read {
                (try $0.rotations(), try $0.custody(of: party.rawValue).first)
            }
            if let row = rotations.first(where: { $0.kind == .party && $0.owner == owner }) {
                return (row.old, row.new)
            }
            let new = Keychain.VersionedKey(version: newest.version + 1, key: try Key(from: random))
            // Before the transaction: a passphrase takes a second.
            let kept = try custody.map { try self.custody($0, of: party, presenting: secret, with: new) }
            try await keyring.write { keyring in
                let root = try keys.currentRoot(keyring)
                try keyring.insert(
                    Keychain.wrap(
                        new.key, .party, owner, version: new.version, under: root, vault: vault, created: now,
                        random: random))
                if let kept { try keyring.put(kept) }
                try keyring.put(
                    RotationRow(
                        kind: .party, owner: owner, old: newest.version, new: new.version, person: caller.person,
                        begun: now))
            }
            try await log(
                Event(.keyRotationBegun, by: caller).on(["party": party.rawValue])
                    .with(["version": String(new.version)]))
            return (newest.version, new.version)
        }
    }

    /// Wraps made anew, and not written yet.
    private struct Page {
        /// The last rendition that was looked at.
        let end: RenditionID
        let wraps: [(old: WrapRow, new: WrapRow)]
    }

    /// - Returns: `nil` when there was none.
    private func rewrapped(
        _ party: Party, to version: UInt32, after last: RenditionID?, limit: Int
    ) async throws -> Page? {
        let page = try await keyring.read {
            try $0.wraps(for: party.rawValue, before: version, after: last, limit: limit)
        }
        guard let end = page.last else { return nil }
        let children = try await records.read { try $0.children(of: page.map(\.rendition)) }
        let keys = keys
        let opened = try await keyring.read { keyring in
            try Set(children.values).reduce(into: [ChildID: ChildKey]()) { $0[$1] = try keys.childKey($1, keyring) }
        }
        // What the records do not know yet is being deposited, and comes under the new key when it is found again; what has no
        // child key has been destroyed.
        let known = page.compactMap { wrap in children[wrap.rendition].flatMap { opened[$0] }.map { (wrap, $0) } }
        return Page(end: end.rendition, wraps: try await rewrapped(known))
    }

    /// The work of a page, on both processors.
    private func rewrapped(
        _ wraps: [(WrapRow, ChildKey)]
    ) async throws -> [(old: WrapRow, new: WrapRow)] {
        let half = (wraps.count + 1) / 2
        let halves = [Array(wraps.prefix(half)), Array(wraps.dropFirst(half))]
        return try await withThrowingTaskGroup(of: [(old: WrapRow, new: WrapRow)].self) { group in
            for part in halves where !part.isEmpty {
                group.addTask {
                    try part.compactMap { wrap, key in
                        // A wrap under an older version of the child's key is being made anew by the child's own rotation.
                        guard wrap.childKeyVersion == key.version else { return nil }
                        return (wrap, try self.rewrapped(wrap, key, to: key))
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    /// Destroys the old key once nothing needs it. In one transaction with a last look, so that no wrap is left without its key.
    private func finish(_ party: Party, from old: UInt32, to new: UInt32, _ caller: Caller) async throws {
        let owner = Array(party.rawValue.utf8)
        try await changing {
            let (row, count) = try await keyring.write { keyring in
                let row = try keyring.rotations().first { $0.kind == .party && $0.owner == owner }
                let count = try keyring.wrapCount(for: party.rawValue, before: new)
                guard count.old == 0 else { throw VaultError.changedMeanwhile }
                for key in try keyring.keys(kind: .party) where key.owner == owner && key.version < new {
                    try keyring.removeKey(kind: .party, owner: owner, version: key.version)
                }
                return (row, count.all)
            }
            try await forgetDestroyed()
            guard let row else { return }  // Another process has finished it.
            try await settle(
                row,
                Event(.keyRotated, by: caller).on(["party": party.rawValue])
                    .with(["version": String(new), "destroyed": String(old), "wraps": String(count)]))
        }
    }

    /// Says in the ledger that a rotation is done, then forgets that it was under way: a crash between the two says it twice.
    func settle(_ row: RotationRow, _ event: Event, childKey: ChildKey? = nil) async throws {
        _ = try await environment.steps.around(.records) { try await log(event, childKey: childKey) }
        try await keyring.write { try $0.settle(row) }
    }

    /// Empties the keyring's write-ahead log, where a destroyed key would live on. Whoever reads at this moment is waited for.
    func forgetDestroyed() async throws {
        for attempt in 1...50 {
            do {
                return try await keyring.forgetDeleted()
            } catch StorageError.busy where attempt < 50 {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}
