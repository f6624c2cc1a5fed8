internal import Ledger
internal import Rules
internal import Sealing
internal import Storage
internal import Synchronization

/// An object that is sealed aside for a new key, with all renditions that have the old one.
struct Resealed: Sendable {
    /// A key that several wraps are made of.
    final class Identity: Sendable {
        let identity: AgeIdentity
        init(from random: RandomSource) throws { identity = try AgeIdentity(from: random) }
    }

    let renditions: [RenditionRow]
    let child: ChildID
    let identity: Identity
    let staged: StagedObject
    /// What the new wraps of each rendition will be found by.
    let keys: [RenditionID]

    var old: Digest { renditions[0].object }
}

/// What it takes to seal an object anew.
private struct Resealing: Sendable {
    let renditions: [RenditionRow]
    let document: DocumentRow
    let childKey: ChildKey
    /// A wrap that opens, the holder's if possible.
    let opener: WrapRow

    var rendition: RenditionRow { renditions[0] }
}

/// What the workers share.
private final class ResealWork: Sendable {
    private let state: Mutex<(left: ArraySlice<Resealing>, made: [Resealed])>

    init(_ work: [Resealing]) { state = Mutex((work[...], [])) }

    var made: [Resealed] { state.withLock(\.made) }

    func next() -> Resealing? { state.withLock { $0.left.popFirst() } }

    func add(_ resealed: Resealed?) {
        if let resealed { state.withLock { $0.made.append(resealed) } }
    }
}

extension DocumentVault {
    /// More than there are cores: one waits for the disk while others seal.
    private static let workers = 3

    /// Seals objects aside for new keys, on every processor.
    func restage(_ objects: [Digest], content: Bool) async throws -> [Resealed] {
        guard !objects.isEmpty else { return [] }
        try environment.steps.before(.stage)
        let work = ResealWork(try await resealings(of: objects))
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<Self.workers {
                    group.addTask {
                        while let one = work.next() { work.add(try await restage(one, content: content)) }
                    }
                }
                try await group.waitForAll()
            }
            try environment.steps.after(.stage)
        } catch {
            discard(work.made)
            throw error
        }
        return work.made
    }

    /// Harmless when it fails: the next recovery sweeps the files aside.
    func discard(_ made: [Resealed]) {
        for resealed in made { try? objects.discard(resealed.staged) }
    }

    /// - Returns: without what nothing refers to any more.
    private func resealings(of objects: [Digest]) async throws -> [Resealing] {
        let found = try await records.read { transaction in
            try objects.compactMap { object -> ([RenditionRow], DocumentRow)? in
                let renditions = try transaction.renditions(naming: object)
                let document = try renditions.first.flatMap { try transaction.document($0.document) }
                return document.map { (renditions, $0) }
            }
        }
        let keys = keys
        return try await keyring.read { keyring in
            var childKeys: [ChildID: ChildKey] = [:]
            return try found.compactMap { renditions, document in
                let child = document.child
                guard let childKey = try childKeys[child] ?? keys.childKey(child, keyring) else { return nil }
                childKeys[child] = childKey
                let wraps = try keyring.wraps(of: renditions[0].key)
                // What has none any more is just being disposed of.
                guard !wraps.isEmpty else { return nil }
                let opener = try keys.opener(among: wraps, holder: document.holder)
                return Resealing(renditions: renditions, document: document, childKey: childKey, opener: opener)
            }
        }
    }

    /// - Returns: `nil` when the object has gone since it was looked up.
    private func restage(_ one: Resealing, content: Bool) async throws -> Resealed? {
        let random = environment.random
        let identity = try Resealed.Identity(from: random)
        do {
            let staged = try await blocking { try self.staged(one, for: identity.identity.recipient, content: content) }
            return Resealed(
                renditions: one.renditions, child: one.document.child, identity: identity, staged: staged,
                keys: one.renditions.map { _ in RenditionID(of: one.document.child, from: random) })
        } catch StorageError.objectMissing(let name) {
            let object = one.rendition.object
            guard try await records.read({ try $0.renditions(naming: object) }).isEmpty else {
                throw StorageError.objectMissing(name)
            }
            return nil
        }
    }

    private func staged(_ one: Resealing, for recipient: AgeRecipient, content: Bool) throws -> StagedObject {
        let rendition = one.rendition
        let opener = AgeOpener.identity(try identity(one.opener, one.childKey))
        guard content else {
            return try objects.readdress(
                rendition.object, openedWith: opener, to: recipient, byteCount: rendition.byteCount,
                fingerprint: rendition.fingerprint, random: environment.random)
        }
        let staged = try objects.reseal(
            ObjectReader(objects, name: rendition.object, byteCount: rendition.byteCount, opener: opener),
            to: recipient,
            fingerprint: FingerprintStream(one.childKey.fingerprint(holder: one.document.holder)),
            random: environment.random)
        // Each block was authentic; this says that it is what was deposited.
        guard staged.fingerprint == rendition.fingerprint else {
            try objects.discard(staged)
            throw StorageError.objectDamaged(rendition.object.hex)
        }
        return staged
    }

    /// Puts a batch in the place of what there was, in the write order of a deposit: keys, objects, records; then the old keys and objects
    /// are destroyed. Two notes for each rendition tell a recovery which of the two sets of keys is nobody's.
    ///
    /// - Returns: what was done: the others changed meanwhile, and are as they were.
    func commit(_ made: [Resealed], _ row: ResealRow) async throws -> [Resealed] {
        try await changing {
            let steps = environment.steps
            do {
                let current = try await stillThere(made)
                let ready = try await steps.around(.keyring) { try await writeKeys(of: current) }
                discard(made.filter { one in !ready.contains { $0.old == one.old } })
                try await steps.around(.place) { try await blocking { try objects.place(ready.map(\.staged)) } }
                let done = try await steps.around(.records) { try await writeRecords(of: ready, row) }
                try await settle(ready, done)
                return ready.filter { done.contains($0.old) }
            } catch {
                discard(made)
                throw error
            }
        }
    }

    private func stillThere(_ made: [Resealed]) async throws -> [Resealed] {
        try await records.read { transaction in
            try made.filter { try transaction.renditions(naming: $0.old) == $0.renditions }
        }
    }

    /// New wraps for exactly the parties that have one, with the same use.
    ///
    /// - Returns: without what has lost its child's key meanwhile.
    private func writeKeys(of made: [Resealed]) async throws -> [Resealed] {
        try await keyring.write { keyring in
            var written: [Resealed] = []
            for one in made {
                guard let childKey = try keys.childKey(one.child, keyring) else { continue }
                for (rendition, key) in zip(one.renditions, one.keys) {
                    let old = try keyring.wraps(of: rendition.key)
                    let parties = old.reduce(into: [Party: WrapKind]()) { parties, wrap in
                        Party(rawValue: wrap.party).map { parties[$0] = wrap.isOverride ? .override : .ordinary }
                    }
                    let new = try wraps(of: one.identity.identity, key, childKey, for: parties)
                    // What a sealed party has, nobody can make anew.
                    guard new.count == old.count else {
                        let missing = Set(old.map(\.party)).subtracting(new.map(\.party))
                        throw VaultError.partySealed(missing.sorted().first ?? "")
                    }
                    for wrap in new { try keyring.insert(wrap) }
                    try keyring.insert(.rendition(key, object: one.staged.name))
                    try keyring.insert(.rendition(rendition.key, object: one.old))
                }
                written.append(one)
            }
            return written
        }
    }

    /// The commit point, all of the batch at once, but for what somebody else has just come to share.
    private func writeRecords(of made: [Resealed], _ row: ResealRow) async throws -> Set<Digest> {
        var logs: [RenditionID: LogRow] = [:]
        for one in made {
            guard let childKey = try await childKey(one.child) else { continue }
            for rendition in one.renditions {
                var event = Event(.renditionResealed, by: nil).about(one.child)
                    .on([
                        "document": "\(rendition.document)", "rendition": "\(rendition.id)",
                        "object": one.staged.name.hex,
                    ])
                    .with(["kind": row.isContent ? "content" : "header"])
                event.actor = ["person": "\(row.person)"]
                logs[rendition.id] = try self.row(event, childKey: childKey)
            }
        }
        return try await records.write { [logs] transaction in
            var done: Set<Digest> = []
            for one in made where try transaction.renditions(naming: one.old) == one.renditions {
                for (rendition, key) in zip(one.renditions, one.keys) {
                    guard let log = logs[rendition.id] else { throw VaultError.changedMeanwhile }
                    let entry = try transaction.append(log)
                    try transaction.put(
                        resealed: rendition.resealed(as: one.staged.name, .init(key: key, entry: entry)))
                }
                done.insert(one.old)
            }
            return done
        }
    }

    /// Destroys the old keys and objects of what was done, and the new ones of what was not.
    private func settle(_ made: [Resealed], _ done: Set<Digest>) async throws {
        let steps = environment.steps
        func isDone(_ one: Resealed) -> Bool { done.contains(one.old) }
        let old = made.map { one in one.renditions.map(\.key) }
        let gone = zip(made, old).flatMap { isDone($0) ? $1 : $0.keys }
        let kept = zip(made, old).flatMap { isDone($0) ? $0.keys : $1 }
        let stale = made.map { isDone($0) ? $0.old : $0.staged.name }
        try await steps.around(.keyring) {
            try await keyring.write { keyring in
                for key in gone { try keyring.removeWraps(of: key) }
                for key in kept { try keyring.settle(.rendition(key, object: nil)) }
            }
        }
        try await forgetDestroyed()
        let unneeded = try await records.read { transaction in try stale.filter { try !transaction.isReferenced($0) } }
        try await steps.around(.place) { try await blocking { try objects.removeAll(unneeded) } }
        // Last of all: while the notes are there, a recovery does the above again.
        try await keyring.note { keyring in
            for key in gone { try keyring.settle(.rendition(key, object: nil)) }
        }
    }
}

extension Keychain {
    fileprivate func opener(among wraps: [WrapRow], holder: Party) throws -> WrapRow {
        let openable = wraps.filter { Party(rawValue: $0.party).flatMap(current.newest) != nil }
        guard let wrap = openable.first(where: { $0.party == holder.rawValue }) ?? openable.first else {
            throw VaultError.partySealed(holder.rawValue)
        }
        return wrap
    }
}
