internal import Ledger
internal import Sealing
internal import Storage

/// A signed checkpoint kept on another path than the vault, by which a vault that was rolled back is known.
///
/// It may lag behind the ledger and never runs ahead: it is written after the entries it covers are durable.
struct Anchor: Sendable {
    let path: String
    private let name: KeyName
    private let keys: Keychain

    init(path: String, origin: String, keys: Keychain) throws {
        guard let name = KeyName(origin) else { throw StorageError.damagedStore(store: "vault row") }
        self.path = path
        self.name = name
        self.keys = keys
    }

    /// The public half of the key that signs the ledger now.
    var log: NoteKey { get throws { NoteKey(name: name, kind: .log, key: try keys.signingKey().verifyingKey) } }

    /// - Returns: why the vault may not be changed; `nil` when the ledger extends what the anchor saw.
    func compare(with records: RecordsStore) async throws -> VaultError? {
        guard Folder.exists(path) else { return .anchorMissing }
        guard let head = try? read() else { return .rolledBack }
        return try await records.read { transaction in
            guard try transaction.logSize() >= head.size else { return .rolledBack }
            return try transaction.treeHead(size: head.size) == head ? nil : .rolledBack
        }
    }

    /// Signs the ledger's present head into the anchor file, unless another process has gone further.
    ///
    /// - Throws: `LedgerError.proofRefused` when the ledger does not extend what the anchor has; nothing is signed then.
    /// Only who makes a vault, or restores its lost anchor, begins a new one: `isNew`.
    func advance(to records: RecordsStore, isNew: Bool = false) async throws {
        if !isNew && !Folder.exists(path) { return }
        let last = Folder.exists(path) ? try read() : .empty
        let (head, proof) = try await records.read { (try $0.treeHead(), try $0.growth(since: last)) }
        guard head.size > last.size, let proof else { return }
        try Folder.write(try sign(head, extending: last, by: proof).bytes, to: path)
    }

    /// - Throws: `LedgerError.proofRefused` when the proof does not show that `head` extends `last`.
    /// `successor`: a key that signs as well, because it will take this one's place.
    func sign(
        _ head: TreeHead, extending last: TreeHead, by proof: ConsistencyProof, alsoWith successor: Key? = nil
    ) throws -> SignedNote {
        let checkpoint = Checkpoint(origin: name, head: head)
        guard let successor else { return try checkpoint.signed(with: keys.signingKey(), extending: last, by: proof) }
        return try checkpoint.signed(
            with: keys.signingKey(), succeededBy: SigningKey(seed: successor.secret), extending: last, by: proof)
    }

    private func read() throws -> TreeHead {
        let note = try SignedNote(parsing: Folder.read(path))
        return try LogPolicy(logKeys: [log]).open(note, now: 0).checkpoint.head
    }
}

extension ReadTransaction {
    /// That the ledger extends an earlier head; `nil` when the earlier one is the larger.
    func growth(since head: TreeHead) throws -> ConsistencyProof? {
        try consistencyProof(from: head.size, to: logSize())
    }
}
