internal import Ledger
internal import Rules
internal import Sealing
internal import Storage

/// The ledger as files for verifiers outside (C2SP tlog-tiles): what they hold is hashes, and leaves that only commit to details.
extension DocumentVault {
    /// The newest checkpoint that was signed; `nil` before the first.
    public func publishedCheckpoint() async throws -> [UInt8]? {
        try await records.read { try $0.newestCheckpoint() }
    }

    /// A file of the tree under the newest checkpoint: `tile/0/x001/234.p/7`, `tile/entries/000`.
    ///
    /// - Returns: `nil` for a path that is none, and for what is not in that tree.
    public func publishedTile(_ path: String) async throws -> [UInt8]? {
        guard let tile = try? Tile(path: path) else { return nil }
        let log = try anchor.log
        return try await records.read { try $0.bytes(of: tile, size: $0.signedHead(by: log).size) }
    }

    /// Signs the ledger's present state for publishing, if it has grown since the last time.
    public func publishCheckpoint() async throws {
        try await requireWritable()
        let log = try anchor.log
        if try await records.read({ try $0.logSize() > $0.signedHead(by: log).size }) { _ = try await sign() }
    }
}

extension ReadTransaction {
    fileprivate func bytes(of tile: Tile, size: UInt64) throws -> [UInt8]? {
        if case .hashes = tile.kind {
            return try StoredTree(size: size).bytes(of: tile) { try storedHash(at: $0) }
        }
        let full = UInt64(Tile.fullWidth)
        let (first, overflow) = tile.index.multipliedReportingOverflow(by: full)
        guard !overflow, first < size, UInt64(tile.width) <= size - first else { return nil }
        return try EntryBundle.encode(entries(in: first..<first + UInt64(tile.width)).map(\.leaf.bytes))
    }
}
