internal import GRDB
public import Ledger
public import Sealing

/// A ledger entry as it is kept: the leaf in clear, and the sealed openings of its commitments.
public struct LogRow: Hashable, Sendable {
    public let leaf: Leaf
    /// The child under whose key the openings are sealed; `nil` for the vault's key.
    public let child: ChildID?
    /// `nil` once they have been erased.
    public let openings: [UInt8]?

    public init(leaf: Leaf, child: ChildID?, openings: [UInt8]?) {
        self.leaf = leaf
        self.child = child
        self.openings = openings
    }
}

/// Entries appended in this transaction whose hashes are not stored yet.
struct LogAppender {
    var next: UInt64?
    /// Milliseconds; the newest entry's.
    var newestTime: UInt64 = 0
    var leafHashes: [Digest] = []
    /// The kinds that somebody outside is told of; `nil` until the first entry asks.
    var wanted: Set<EventKind>?
}

extension WriteTransaction {
    /// How far a clock may go back, in milliseconds: what time servers correct without harm.
    private static let clockTolerance: UInt64 = 60_000

    /// Appends an entry to the ledger.
    ///
    /// `acceptingClock`: for the one act by which an administrator says that the clock is right and the newest
    /// entry is not: the next entries are compared with this one.
    ///
    /// - Returns: its index, for ever.
    /// - Throws: `StorageError.clockWentBackwards` when it would be older than the newest entry by more than a minute.
    public func append(_ row: LogRow, acceptingClock: Bool = false) throws -> UInt64 {
        let index = try log.next ?? logSize()
        if log.next == nil, index > 0 { log.newestTime = try entry(at: index - 1)?.leaf.time ?? 0 }
        guard acceptingClock || row.leaf.time + Self.clockTolerance >= log.newestTime else {
            throw StorageError.clockWentBackwards
        }
        log.newestTime = acceptingClock ? row.leaf.time : max(log.newestTime, row.leaf.time)
        let statement = try db.cachedStatement(
            sql: "INSERT INTO entries (position, leaf, child, openings) VALUES (:position, :leaf, :child, :openings)")
        try statement.execute(
            arguments: [
                "position": Int64(index), "leaf": row.leaf.bytes.data, "child": row.child?.bytes.data,
                "openings": row.openings?.data,
            ])
        log.next = index + 1
        log.leafHashes.append(row.leaf.hash)
        try announce(row.leaf, at: index)
        return index
    }

    /// Stores the tree hashes of all entries appended: once for a transaction, however many calls share it.
    func flushLog() throws {
        guard let next = log.next, !log.leafHashes.isEmpty else { return }
        let tree = StoredTree(size: next - UInt64(log.leafHashes.count))
        let hashes = try tree.storedHashes(appending: log.leafHashes) { try storedHash(at: $0) }
        let statement = try db.cachedStatement(sql: "INSERT INTO hashes (position, hash) VALUES (:position, :hash)")
        for (position, hash) in zip(tree.hashCount..., hashes) {
            try statement.execute(arguments: ["position": Int64(position), "hash": hash.bytes.data])
        }
        log.leafHashes = []
    }

    /// Keeps a signed checkpoint, before it is shown to anyone.
    public func keep(checkpoint note: [UInt8], size: UInt64) throws {
        try db.execute(
            sql: "INSERT INTO checkpoints (size, note) VALUES (:size, :note) ON CONFLICT (size) DO NOTHING",
            arguments: ["size": Int64(size), "note": note.data])
    }
}

extension ReadTransaction {
    /// The number of entries.
    public func logSize() throws -> UInt64 {
        let statement = try db.cachedStatement(sql: "SELECT max(position) FROM entries")
        guard let last = try Int64.fetchOne(statement) else { return 0 }
        guard (0..<Int64.max).contains(last) else { throw StorageError.damagedStore(store: "ledger") }
        return UInt64(last) + 1
    }

    public func treeHead() throws -> TreeHead { try treeHead(size: logSize()) }

    /// The tree head as it was at `size` entries.
    public func treeHead(size: UInt64) throws -> TreeHead {
        try StoredTree(size: size).head { try storedHash(at: $0) }
    }

    /// - Returns: `nil` when a tree of `size` has no entry `index`.
    public func inclusionProof(of index: UInt64, size: UInt64) throws -> InclusionProof? {
        try StoredTree(size: size).inclusionProof(of: index) { try storedHash(at: $0) }
    }

    /// - Returns: `nil` when the old tree would be the larger one.
    public func consistencyProof(from old: UInt64, to new: UInt64) throws -> ConsistencyProof? {
        try StoredTree(size: new).consistencyProof(from: old) { try storedHash(at: $0) }
    }

    public func entry(at index: UInt64) throws -> LogRow? {
        index < Int64.max ? try entries(in: index..<(index + 1)).first : nil
    }

    /// Entries by index, in order. Ask for a bounded range: the ledger may be large.
    public func entries(in range: Range<UInt64>) throws -> [LogRow] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT leaf, child, openings FROM entries WHERE position >= :from AND position < :to ORDER BY position
                """)
        let arguments: StatementArguments = [
            "from": Int64(clamping: range.lowerBound), "to": Int64(clamping: range.upperBound),
        ]
        return try Row.fetchAll(statement, arguments: arguments).map(logRow)
    }

    /// Entries from a moment on, of one child or of all, with their indexes.
    public func entries(since moment: Instant, child: ChildID?) throws -> [(UInt64, LogRow)] {
        // The time stands in the leaf from its fifth byte, big-endian, so that its bytes compare as the number does.
        // A moment before 1970 is negative, and its bytes would compare as the latest of all.
        let from = max(moment, Instant(milliseconds: 0)).bytes.data
        let rows =
            try child.map { child in
                try Row.fetchAll(
                    db,
                    sql: """
                        SELECT position, leaf, child, openings FROM entries
                        WHERE child = :child AND substr(leaf, 5, 8) >= :from ORDER BY position
                        """, arguments: ["child": child.bytes.data, "from": from])
            }
            ?? Row.fetchAll(
                db,
                sql: """
                    SELECT position, leaf, child, openings FROM entries
                    WHERE substr(leaf, 5, 8) >= :from ORDER BY position
                    """, arguments: ["from": from])
        return try rows.map { (try number($0, "position"), try logRow($0)) }
    }

    func logRow(_ row: Row) throws -> LogRow {
        guard let leaf = try? Leaf(parsing: bytes(row, "leaf")) else {
            throw StorageError.damagedStore(store: "ledger")
        }
        return LogRow(leaf: leaf, child: try optionalID(row, "child"), openings: optionalBytes(row, "openings"))
    }

    /// The newest signed checkpoint.
    public func newestCheckpoint() throws -> [UInt8]? {
        try Row.fetchOne(db, sql: "SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1").map { bytes($0, "note") }
    }

    /// The checkpoint of this size, if one was signed.
    public func checkpoint(size: UInt64) throws -> [UInt8]? {
        try Row.fetchOne(
            db, sql: "SELECT note FROM checkpoints WHERE size = :size", arguments: ["size": Int64(clamping: size)]
        ).map { bytes($0, "note") }
    }

    /// A hash of the tree, by its place.
    public func storedHash(at position: UInt64) throws -> Digest {
        let statement = try db.cachedStatement(sql: "SELECT hash FROM hashes WHERE position = :position")
        guard let row = try Row.fetchOne(statement, arguments: ["position": Int64(clamping: position)]),
            let hash = Digest(bytes(row, "hash"))
        else { throw StorageError.damagedStore(store: "ledger") }
        return hash
    }
}

extension ReadTransaction {
    /// Whether the stored tree hashes from `index` on are those of these entries, given the ones before.
    public func hashesFollow(from leafHashes: [Digest], at index: UInt64) throws -> Bool {
        let tree = StoredTree(size: index)
        let expected = try tree.storedHashes(appending: leafHashes) { try storedHash(at: $0) }
        return try zip(tree.hashCount..., expected).allSatisfy { try storedHash(at: $0) == $1 }
    }

    /// The tree head at `size`, or `nil` when the ledger is shorter.
    public func treeHeadIfAny(size: UInt64) -> TreeHead? { try? treeHead(size: size) }

    /// Entries of some kinds, in order.
    public func entries(of kinds: Set<EventKind>) throws -> [LogRow] {
        let codes = kinds.map { "\"" + Hex.encode($0.rawValue.leafBytes) + "\"" }.joined(separator: ",")
        return try Row.fetchAll(
            db,
            sql: """
                SELECT leaf, child, openings FROM entries
                WHERE lower(hex(substr(leaf, 13, 2))) IN (SELECT value FROM json_each(:kinds)) ORDER BY position
                """, arguments: ["kinds": "[\(codes)]"]
        ).map(logRow)
    }

    /// As above, each with its place.
    public func indexedEntries(of kinds: Set<EventKind>) throws -> [(UInt64, LogRow)] {
        let codes = kinds.map { "\"" + Hex.encode($0.rawValue.leafBytes) + "\"" }.joined(separator: ",")
        return try Row.fetchAll(
            db,
            sql: """
                SELECT leaf, child, openings, position FROM entries
                WHERE lower(hex(substr(leaf, 13, 2))) IN (SELECT value FROM json_each(:kinds)) ORDER BY position
                """, arguments: ["kinds": "[\(codes)]"]
        ).map { (try number($0, "position"), try logRow($0)) }
    }

    /// Whether a policy file refers to this entry.
    public func hasPolicy(entry: UInt64) throws -> Bool {
        try Row.fetchOne(
            db, sql: "SELECT 1 FROM policies WHERE entry = :entry", arguments: ["entry": Int64(clamping: entry)]) != nil
    }

    /// Whether a document version refers to this entry.
    public func hasVersion(entry: UInt64) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: "SELECT 1 FROM versions JOIN documents ON documents.id = versions.document WHERE entry = :entry")
        return try Row.fetchOne(statement, arguments: ["entry": Int64(entry)]) != nil
    }
}

extension UInt16 {
    /// As it stands in a leaf.
    var leafBytes: [UInt8] { [UInt8(self >> 8), UInt8(truncatingIfNeeded: self)] }
}
