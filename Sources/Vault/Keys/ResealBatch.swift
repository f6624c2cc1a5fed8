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

/// What two workers share.
private final class ResealWork: Sendable {
    private let state: Mutex<(left: ArraySlice<Digest>, made: [Resealed])>

    init(_ objects: [Digest]) { state = Mutex((objects[...], [])) }

    var made: [Resealed] { state.withLock(\.made) }

    func next() -> Digest? { state.withLock { $0.left.popFirst() } }

    func add(_ resealed: Resealed?) {
        if let resealed { state.withLock { $0.made.append(resealed) } }
    }
}

extension DocumentVault {
    /// Seals objects aside for new keys, on every processor.
    func restage(_ objects: [Digest], content: Bool) async throws -> [Resealed] {
        guard !objects.isEmpty else { return [] }
        try environment.steps.before(.stage)
        let work = ResealWork(objects)
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        while let object = work.next() { work.add(try await restage(object, content: content)) }
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

    /// - Returns: `nil` when nothing has the object any more.
    private func restage(_ object: Digest, content: Bool) async throws -> Resealed? {
        let (renditions, document) = try await records.read { transaction in
            let renditions = try transaction.renditions(naming: object)
            return (renditions, try renditions.first.flatMap { try transaction.document($0.document) })
        }
        guard let first = renditions.first, let document, let childKey = try await childKey(document.child) else {
            return nil
        }
        let opener = try await opener(of: first, document)
        let random = environment.random
        let identity = try Resealed.Identity(from: random)
        let staged = try await blocking {
            let opener = AgeOpener.identity(try self.identity(opener, childKey))
            guard content else {
                return try objects.readdress(
                    object, openedWith: opener, to: identity.identity.recipient, byteCount: first.byteCount,
                    fingerprint: first.fingerprint, random: random)
            }
            let staged = try objects.reseal(
                ObjectReader(objects, name: object, byteCount: first.byteCount, opener: opener),
                to: identity.identity.recipient,
                fingerprint: FingerprintStream(childKey.fingerprint(holder: document.holder)), random: random)
            // Each block was authentic; this says that it is what was deposited.
            guard staged.fingerprint == first.fingerprint else {
                try objects.discard(staged)
                throw StorageError.objectDamaged(object.hex)
            }
            return staged
        }
        return Resealed(
            renditions: renditions, child: document.child, identity: identity, staged: staged,
            keys: renditions.map { _ in RenditionID(of: document.child, from: random) })
    }

    /// A wrap that opens, the holder's if possible.
    private func opener(of rendition: RenditionRow, _ document: DocumentRow) async throws -> WrapRow {
        let key = rendition.key
        let wraps = try await keyring.read { try $0.wraps(of: key) }
        let openable = wraps.filter { Party(rawValue: $0.party).flatMap(keys.current.newest) != nil }
        guard let wrap = openable.first(where: { $0.party == document.holder.rawValue }) ?? openable.first else {
            throw wraps.isEmpty ? VaultError.keyMissing : .partySealed(document.holder.rawValue)
        }
        return wrap
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
