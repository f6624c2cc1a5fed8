internal import Ledger
internal import Rules
internal import Sealing
internal import Storage

extension DocumentVault {
    /// Runs `work` while nobody else changes what the keyring must mirror.
    func changing<Result: Sendable>(_ work: () async throws -> Result) async throws -> Result {
        let folder = folder
        let lock = try await blocking { try ChangeLock(folder: folder) }
        defer { lock.release() }
        return try await work()
    }

    /// Does acts about a child, and brings the keyring into line with them: first the wraps, then the records, both or neither.
    ///
    /// `also`: what is written in the same transaction of the records, after the acts.
    /// `make`: what to do, given what stands; it may throw to do nothing.
    ///
    /// - Throws: `VaultError.changedMeanwhile` when somebody changed the ground under it; nothing is done then.
    @discardableResult
    func enact(
        about child: ChildID, by caller: Caller?,
        also: @escaping @Sendable (WriteTransaction) throws -> Void = { _ in },
        _ make: (Standing, ChildSnapshot) throws -> [NewAct]
    ) async throws -> [ActID] {
        if let caller, caller.scope != nil {
            let reason = DenialReason.outsideScope
            try await refuse(.denied(reason), Event(.accessDenied, by: caller).with(["reason": reason.code]))
        }
        return try await changing {
            let snapshot = try await snapshot(of: child)
            let standing = try standing(snapshot)
            let acts = try make(standing, snapshot)
            try await enact(acts, snapshot, standing, by: caller, also: also)
            return acts.map(\.id)
        }
    }

    /// As above, with the change lock held.
    private func enact(
        _ acts: [NewAct], _ snapshot: ChildSnapshot, _ before: Standing, by caller: Caller?,
        also: @escaping @Sendable (WriteTransaction) throws -> Void
    ) async throws {
        let policy = policies.current
        let sealed = try acts.map { try self.sealed($0, snapshot.key) }
        var after = before
        for (row, _) in sealed { try after.add(row, snapshot.key.fields, environment.day) }
        var table = WrapTable(policy.agreement, on: environment.today())
        let old = target(snapshot, before, &table)
        let new = target(snapshot, after, &table)
        let moves = self.moves(snapshot, from: old, to: new)
        let note = Pending.alignment(snapshot.child)
        if !moves.isEmpty {
            try await environment.steps.around(.keyring) {
                try await keyring.write { keyring in
                    try apply(moves, snapshot.key, keyring)
                    try keyring.insert(note)
                }
            }
        }
        do {
            let due = dueMoments(after)
            // Commit point. Until this transaction ends nothing has been done, and the note tells whoever comes next to put the
            // wraps back.
            try await environment.steps.around(.records) {
                try await records.write { transaction in
                    try transaction.reaffirm(snapshot, before.head, policy.entry, caller)
                    for (row, log) in sealed { try transaction.insert(row.with(entry: try transaction.append(log))) }
                    for moment in due { try transaction.note(due: snapshot.child, at: moment) }
                    try also(transaction)
                }
            }
        } catch {
            if !moves.isEmpty { try await putBack(snapshot.child, note) }
            throw error
        }
        guard !moves.isEmpty else { return }
        try await keyring.note { try $0.settle(note) }
        await forget(moves)
    }

    private func putBack(_ child: ChildID, _ note: Pending) async throws {
        let snapshot = try await snapshot(of: child)
        var table = WrapTable(agreement, on: environment.today())
        try await align(snapshot, try standing(snapshot), &table)
        try await keyring.note { try $0.settle(note) }
    }

    private func sealed(_ act: NewAct, _ key: ChildKey) throws -> (row: ActRow, log: LogRow) {
        let body = key.fields.seal(act.body, Self.actFacts(act.id, key.child), random: environment.random)
        let row = ActRow(
            id: act.id, child: key.child, kind: act.kind, document: act.document, person: act.person,
            refers: act.refers, added: environment.now(), until: act.until, body: body, entry: UInt64(Int64.max))
        let event = act.event.about(key.child).on(
            ["act": "\(act.id)"].merging(act.event.object) { first, _ in first })
        return (row, try self.row(event, childKey: key))
    }

    /// When something about the child changes by itself.
    private func dueMoments(_ standing: Standing) -> [Instant] {
        let now = environment.now()
        let moments = standing.turningDays().map(environment.start) + standing.grants.values.map(\.until)
        return moments.filter { $0 > now }
    }
}

extension DocumentVault {
    /// How many children one sweep sees to; the next one goes on.
    private static let sweepLimit = 100

    /// Sees to what has run out or lapsed since somebody last looked, and to what a crash left between keyring and records.
    ///
    /// No decision waits for it: what has run out opens nothing from the moment on. It writes down what has lapsed, and takes
    /// away the wraps that nobody may use any more.
    func sweep() async throws {
        let now = environment.now()
        let due = try await records.read { try $0.due(by: now, limit: Self.sweepLimit) }
        let left = try await keyring.read { try $0.pending() }.compactMap { pending in
            if case .alignment(let child) = pending { child } else { nil }
        }
        guard !due.isEmpty || !left.isEmpty else { return }
        do {
            try await changing {
                for child in Set(due).union(left) { try await sweep(child, now) }
            }
        } catch let error as StorageError where error == .clockWentBackwards || error == .diskFull {
            // Harmless here: the next start tries again, and what the caller came for will say the same, or puts it right.
        }
    }

    private func sweep(_ child: ChildID, _ now: Instant) async throws {
        let lapsed = try await snapshot(of: child)
        let before = try standing(lapsed)
        let events = try lapses(before)
        if !events.isEmpty { try await enact(events, lapsed, before, by: nil) { _ in } }
        let snapshot = try await snapshot(of: child)
        let standing = try standing(snapshot)
        var table = WrapTable(agreement, on: environment.today())
        try await align(snapshot, standing, &table)
        let due = dueMoments(standing)
        try await records.write { transaction in
            try transaction.settleDue(child, by: now)
            for moment in due { try transaction.note(due: child, at: moment) }
        }
        try await keyring.note { try $0.settle(.alignment(child)) }
    }

    /// The events of consents that have run out, or lapsed because the rights passed to the young person.
    private func lapses(_ standing: Standing) throws -> [NewAct] {
        let today = environment.today()
        return try standing.consents.compactMap { id, record in
            let state = record.state(on: today, in: standing)
            guard state != record.events.last?.state, state == .expired || state == .reconfirmRequired else {
                return nil
            }
            var act = try NewAct(
                .consent, id: ActID(from: environment.random), ConsentBody(event: state),
                Event(state == .expired ? .consentExpired : .consentLapsed, by: nil).on(["consent": "\(id)"]))
            act.refers = id
            return act
        }
    }
}

extension ActRow {
    /// The same act, once the ledger has given it its place.
    func with(entry: UInt64) -> ActRow {
        ActRow(
            id: id, child: child, kind: kind, document: document, person: person, refers: refers, added: added,
            until: until, body: body, entry: entry)
    }
}

extension ReadTransaction {
    /// That what an act was decided on still stands.
    fileprivate func reaffirm(
        _ snapshot: ChildSnapshot, _ head: UInt64?, _ policy: UInt64, _ caller: Caller?
    ) throws {
        guard try newestAct(of: snapshot.child) == head, try activePolicy() == policy,
            try renditionCount(about: snapshot.child) == snapshot.renditions.count
        else { throw VaultError.changedMeanwhile }
        if let caller, try person(caller.person)?.disabled != nil { throw VaultError.accountDisabled }
    }
}
