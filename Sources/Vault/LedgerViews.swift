public import Ledger
internal import Rules
public import Sealing
internal import Storage

/// A ledger entry as shown.
public struct LedgerEntry: Hashable, Sendable, Codable {
    public let index: UInt64
    public let time: String
    public let kind: String
    public let party: String?
    /// The user name of who did it, and what it was about: only for who may see details, and while the child's key lives.
    public let actor: String?
    public let details: [String: String]?
}

/// What an outsider needs to check that an entry is in the ledger.
public struct EntryProof: Sendable {
    /// The entry's own bytes.
    public let entry: [UInt8]
    /// A `.tlog-proof` file: C2SP tlog-proof.
    public let proof: [UInt8]
}

extension DocumentVault {
    /// The public key that checks this vault's checkpoints, as a C2SP vkey.
    public var vkey: String {
        get throws { try anchor.log.vkey }
    }

    /// The newest entries first. Reading the ledger is in the ledger.
    ///
    /// `before`: entries below this index; the newest when `nil`.
    /// `limit`: how many.
    public func ledger(before: UInt64?, limit: Int, as caller: Caller) async throws -> [LedgerEntry] {
        try await authorise("ledger.show", caller)
        let seesDetails = agreement.gives("ledger.details", to: caller.roles)
        let (start, rows, names) = try await records.read { transaction in
            let end = min(before ?? .max, try transaction.logSize())
            let start = end - min(end, UInt64(limit))
            return (start, try transaction.entries(in: start..<end), try transaction.people())
        }
        try await log(Event(.ledgerShown, by: caller).with(["entries": "\(start)+\(rows.count)"]))
        let usernames = try self.usernames(of: names)
        var entries: [LedgerEntry] = []
        for (index, row) in zip(start..., rows) {
            let event = seesDetails ? try await opened(row) : nil
            let details = event.map { event in
                event.subject.merging(event.object) { first, _ in first }.merging(event.detail) { first, _ in first }
            }
            entries.append(
                LedgerEntry(
                    index: index, time: Instant(milliseconds: Int64(row.leaf.time)).text,
                    kind: row.leaf.kind.description, party: Party(number: row.leaf.party)?.rawValue,
                    actor: event?.actor["person"].flatMap { usernames[$0] }, details: details))
        }
        return entries.reversed()
    }

    /// The details of an entry; `nil` when they, or the child's key, are gone.
    func opened(_ row: LogRow) async throws -> OpenedEvent? {
        guard row.openings != nil else { return nil }
        guard let child = row.child else { return try Openings.open(row, with: try keys.openings) }
        guard let key = try await childKey(child) else { return nil }
        return try Openings.open(row, with: key.openings)
    }

    /// Signs the present head and keeps it before it is shown. Anyone with an account may ask: what is signed tells nothing
    /// about anybody, and the more people hold one, the harder it is to rewrite the ledger.
    ///
    /// - Throws: `LedgerError.proofRefused` when the ledger does not extend the last checkpoint; nothing is signed then.
    public func checkpoint(as caller: Caller) async throws -> SignedNote {
        try await requireWritable()
        try await log(Event(.checkpointSigned, by: caller))
        return try await sign()
    }

    /// The entry, and the proof that the ledger contains it, under a fresh checkpoint.
    ///
    /// - Throws: `VaultError.notFound(.entry)`.
    public func prove(_ index: UInt64, as caller: Caller) async throws -> EntryProof {
        try await requireWritable()
        try await log(Event(.ledgerProved, by: caller).on(["entry": String(index)]))
        let note = try await sign()
        let head = try LogPolicy(logKeys: [anchor.log]).open(note, now: 0).checkpoint.head
        let (row, proof) = try await records.read { transaction in
            (try transaction.entry(at: index), try transaction.inclusionProof(of: index, size: head.size))
        }
        guard let row, let proof else { throw VaultError.notFound(.entry) }
        return EntryProof(entry: row.leaf.bytes, proof: ProofFile(proof: proof, checkpoint: note).bytes)
    }

    /// `successor`: as in `Anchor.sign`.
    func sign(alsoWith successor: Key? = nil) async throws -> SignedNote {
        let log = try anchor.log
        let (last, head, proof) = try await records.read { transaction in
            let last = try transaction.signedHead(by: log)
            return (last, try transaction.treeHead(), try transaction.growth(since: last))
        }
        guard let proof else { throw VaultError.rolledBack }
        let note = try anchor.sign(head, extending: last, by: proof, alsoWith: successor)
        try await records.write { try $0.keep(checkpoint: note.bytes, size: head.size) }
        return note
    }

    /// Makes an anchor that was lost. Not for a ledger that disagrees with its anchor: that one was rolled back.
    ///
    /// Nobody can sign in while the vault is closed for want of an anchor, so this asks for name and password itself.
    public func restoreAnchor(username: String, password: Key) async throws {
        guard readOnlyReason == .anchorMissing else { throw readOnlyReason ?? VaultError.anchorThere }
        let caller = try await administrator(username, password)
        try await log(Event(.checkpointSigned, by: caller).with(["anchor": "restored"]))
        try await anchor.advance(to: records, isNew: true)
    }
}

extension ReadTransaction {
    /// The head of the newest checkpoint that was signed.
    func signedHead(by log: NoteKey) throws -> TreeHead {
        guard let note = try newestCheckpoint() else { return .empty }
        return try LogPolicy(logKeys: [log]).open(SignedNote(parsing: note), now: 0).checkpoint.head
    }
}
