internal import Rules
internal import Sealing
internal import Storage

/// The wraps that a child's renditions have now and are to have.
struct KeyMove: Sendable {
    /// The identifier of its wraps.
    let rendition: RenditionID
    let holder: Party
    let removed: [Party]
    let added: [Party: WrapKind]
}

/// Which parties' keys are to open which renditions: `Agreement.wraps`, remembered, since most documents are alike.
struct WrapTable {
    let agreement: Agreement
    let today: Day
    private var known: [WrapFacts: [Party: WrapKind]] = [:]

    init(_ agreement: Agreement, on today: Day) {
        self.agreement = agreement
        self.today = today
    }

    mutating func wraps(for facts: WrapFacts) -> [Party: WrapKind] {
        if let wraps = known[facts] { return wraps }
        let wraps = agreement.wraps(for: facts, on: today)
        known[facts] = wraps
        return wraps
    }
}

/// Everything about a child that decides which wraps there are, at one moment.
struct ChildSnapshot: Sendable {
    let key: ChildKey
    let born: Day?
    let acts: [ActRow]
    let documents: [DocumentID: DocumentRow]
    let renditions: [RenditionRow]

    var child: ChildID { key.child }
}

extension DocumentVault {
    /// - Throws: `VaultError.notFound(.child)` when there is no such child, or its key has been destroyed.
    func snapshot(of child: ChildID) async throws -> ChildSnapshot {
        let (row, acts, documents, renditions) = try await records.read { transaction in
            (
                try transaction.child(child), try transaction.acts(of: child),
                try transaction.documents(about: child), try transaction.renditions(about: child)
            )
        }
        guard let row, let key = try await childKey(child) else { throw VaultError.notFound(.child) }
        return ChildSnapshot(
            key: key, born: try Self.open(row, key).dateOfBirth, acts: acts,
            documents: documents.reduce(into: [:]) { $0[$1.id] = $1 }, renditions: renditions)
    }

    func standing(_ snapshot: ChildSnapshot) throws -> Standing {
        try Standing(
            acts: snapshot.acts, born: snapshot.born, key: snapshot.key, day: environment.day)
    }

    /// What decides who opens a rendition; `id` is `nil` for one that is only being made.
    func wrapFacts(
        _ document: DocumentRow, _ kind: Rendition, id: RenditionID?, added: Instant?, _ standing: Standing,
        _ agreement: Agreement, at now: Instant, _ today: Day
    ) -> WrapFacts {
        WrapFacts(
            category: document.category, holder: document.holder, labels: Set(document.labels), rendition: kind,
            isReleased: id.map { standing.released[$0] != nil } ?? false,
            consented: standing.consentedRoles(document.category, on: today),
            tasked: standing.taskedRoles(document, at: now), shared: shared(added, agreement, today))
    }

    /// The day on which a rendition came, where it matters: no rendition is later than today.
    func shared(_ added: Instant?, _ agreement: Agreement, _ today: Day) -> Day? {
        today > agreement.reviewBy ? added.map(environment.day) : nil
    }

    /// The parties that are to open each rendition of a child.
    func target(_ snapshot: ChildSnapshot, _ standing: Standing, _ table: inout WrapTable) -> [[Party: WrapKind]] {
        wrapFacts(snapshot, standing, table).map { facts in facts.map { table.wraps(for: $0) } ?? [:] }
    }

    /// What decides who opens each rendition of a child; `nil` for one whose document is not there.
    func wrapFacts(_ snapshot: ChildSnapshot, _ standing: Standing, _ table: WrapTable) -> [WrapFacts?] {
        let now = environment.now()
        let released = standing.released
        let consented = Set(snapshot.documents.values.map(\.category)).reduce(into: [:]) { known, category in
            known[category] = standing.consentedRoles(category, on: table.today)
        }
        return snapshot.renditions.map { rendition in
            guard let document = snapshot.documents[rendition.document] else { return nil }
            return WrapFacts(
                category: document.category, holder: document.holder, labels: Set(document.labels),
                rendition: rendition.kind, isReleased: released[rendition.id] != nil,
                consented: consented[document.category] ?? [:], tasked: standing.taskedRoles(document, at: now),
                shared: shared(rendition.added, table.agreement, table.today))
        }
    }

    /// What must change so that each rendition has the wraps of the second list in place of those of the first.
    func moves(
        _ snapshot: ChildSnapshot, from old: [[Party: WrapKind]], to new: [[Party: WrapKind]]
    ) -> [KeyMove] {
        let open = keys.current
        var moves: [KeyMove] = []
        for (rendition, (old, new)) in zip(snapshot.renditions, zip(old, new)) where old != new {
            guard let document = snapshot.documents[rendition.document] else { continue }
            // What a sealed party has opens nothing, and nobody could make it anew: it is brought into line when the party unseals.
            let removed = old.filter { new[$0.key] != $0.value && open.newest($0.key) != nil }.map(\.key)
            let added = new.filter { old[$0.key] != $0.value && open.newest($0.key) != nil }
            guard !removed.isEmpty || !added.isEmpty else { continue }
            moves.append(
                KeyMove(rendition: rendition.key, holder: document.holder, removed: removed, added: added))
        }
        return moves
    }

    /// Carries out moves within one transaction of the keyring. Where the keyring lags behind what stood, because something has run
    /// out since the last sweep, a wrap that is to be added may be there, and one that is to be removed may be gone.
    func apply(_ moves: [KeyMove], _ key: ChildKey, _ keyring: KeyringWriting) throws {
        for move in moves {
            let rows = try move.added.isEmpty ? [] : newWraps(move, key, keyring)
            for party in move.removed { try keyring.removeWrap(of: move.rendition, for: party.rawValue) }
            for row in rows {
                try keyring.removeWrap(of: move.rendition, for: row.party)
                try keyring.insert(row)
            }
        }
    }

    /// The rendition's key comes from a wrap that is there, its holder's if possible.
    private func newWraps(_ move: KeyMove, _ key: ChildKey, _ keyring: KeyringWriting) throws -> [WrapRow] {
        let present = try keyring.wraps(of: move.rendition)
        let open = keys.current
        let openable = present.filter { wrap in Party(rawValue: wrap.party).map { open.newest($0) != nil } ?? false }
        let opener = openable.first { $0.party == move.holder.rawValue } ?? openable.first
        guard let opener else { throw present.isEmpty ? VaultError.keyMissing : .partySealed(move.holder.rawValue) }
        return try wraps(of: try identity(opener, key), move.rendition, key, for: move.added)
    }

    /// Makes the keyring what the records say it must be, for one child. To be called with the change lock held.
    func align(_ snapshot: ChildSnapshot, _ standing: Standing, _ table: inout WrapTable) async throws {
        let moves = try await outstanding(snapshot, target(snapshot, standing, &table))
        guard !moves.isEmpty else { return }
        try await keyring.write { try apply(moves, snapshot.key, $0) }
        await forget(moves)
    }

    /// What separates the keyring from the target.
    func outstanding(_ snapshot: ChildSnapshot, _ target: [[Party: WrapKind]]) async throws -> [KeyMove] {
        let renditions = snapshot.renditions
        let present = try await keyring.read { keyring in
            try renditions.map { rendition in
                try keyring.wraps(of: rendition.key).reduce(into: [Party: WrapKind]()) { wraps, row in
                    if let party = Party(rawValue: row.party) {
                        wraps[party] = row.isOverride ? .override : .ordinary
                    }
                }
            }
        }
        return moves(snapshot, from: present, to: target)
    }

    /// Empties the write-ahead log of the keyring, where removed wraps would live on.
    func forget(_ moves: [KeyMove]) async {
        guard moves.contains(where: { !$0.removed.isEmpty }) else { return }
        // Harmless when it fails: somebody else is reading, and the log is emptied after the next removal or start.
        try? await keyring.forgetDeleted()
    }
}
