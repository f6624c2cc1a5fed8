public import Sealing

/// A static file of the read interface: up to 256 hashes of one level, or the entries below them.
///
/// Source: c2sp.org/tlog-tiles v0.1.0.
public struct Tile: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// Level 0 has the leaf hashes, each level above it the roots of the full tiles below.
        case hashes(level: Int)
        case entries
    }

    public static let fullWidth = 256
    private static let levels: Range<UInt64> = 0..<64

    public let kind: Kind
    public let index: UInt64
    /// How many hashes or entries: 1 to 256, fewer than 256 in the last tile of a level only.
    public let width: Int

    init(kind: Kind, index: UInt64, width: Int) {
        self.kind = kind
        self.index = index
        self.width = width
    }

    /// Reads what `path` writes, in that spelling only.
    public init(path: String) throws(LedgerError) {
        var parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map { Array($0) }
        guard parts.count >= 3, parts.removeFirst() == Array("tile".utf8) else { throw .malformedTilePath }
        let folder = parts.removeFirst()
        if folder == Array("entries".utf8) {
            kind = .entries
        } else {
            guard let level = UInt64(strictDecimal: folder), Self.levels.contains(level) else {
                throw .malformedTilePath
            }
            kind = .hashes(level: Int(level))
        }
        var width = Self.fullWidth
        if parts.count >= 2, parts[parts.count - 2].suffix(2) == Array(".p".utf8)[...] {
            guard let partial = UInt64(strictDecimal: parts.removeLast()), (1...255).contains(partial) else {
                throw .malformedTilePath
            }
            width = Int(partial)
            parts[parts.count - 1].removeLast(2)
        }
        self.width = width
        let digits = parts.flatMap { $0.filter { $0 != UInt8(ascii: "x") } }.drop { $0 == UInt8(ascii: "0") }
        guard let index = UInt64(strictDecimal: digits.isEmpty ? [UInt8(ascii: "0")] : digits) else {
            throw .malformedTilePath
        }
        self.index = index
        guard self.path.utf8.elementsEqual(path.utf8) else { throw .malformedTilePath }
    }

    /// The path under the log's prefix, such as `tile/0/x001/234.p/7`.
    public var path: String {
        let folder =
            switch kind {
            case .hashes(let level): String(level)
            case .entries: "entries"
            }
        var name = threeDigits(index % 1000)
        var rest = index / 1000
        while rest > 0 {
            name = "x" + threeDigits(rest % 1000) + "/" + name
            rest /= 1000
        }
        return "tile/\(folder)/\(name)" + (width < Self.fullWidth ? ".p/\(width)" : "")
    }

    private func threeDigits(_ number: UInt64) -> String {
        String(String(1000 + number).dropFirst())
    }
}

extension StoredTree {
    /// The files that this tree has and the one of its first `oldSize` entries had not: entries first, then hashes.
    ///
    /// Write them in this order and sync them before the checkpoint, which must never need a file that is not there.
    public func tiles(since oldSize: UInt64) -> [Tile] {
        tiles(of: .entries, from: oldSize, to: size)
            + (0..<8).flatMap { tiles(of: .hashes(level: $0), from: oldSize >> (8 * $0), to: size >> (8 * $0)) }
    }

    private func tiles(of kind: Tile.Kind, from oldCount: UInt64, to count: UInt64) -> [Tile] {
        guard oldCount < count else { return [] }
        let full = UInt64(Tile.fullWidth)
        return (oldCount / full...(count - 1) / full).map { index in
            Tile(kind: kind, index: index, width: Int(min(full, count - index * full)))
        }
    }

    /// The content of a hash tile, for any width that this tree or an earlier one has had.
    ///
    /// - Returns: `nil` for entries, and for what is not in the tree yet.
    public func bytes<Failure: Error>(
        of tile: Tile, reading read: (UInt64) throws(Failure) -> Digest
    ) throws(Failure) -> [UInt8]? {
        guard case .hashes(let level) = tile.kind else { return nil }
        let (first, overflow) = tile.index.multipliedReportingOverflow(by: UInt64(Tile.fullWidth))
        let count = size >> (8 * level)
        guard !overflow, first < count, UInt64(tile.width) <= count - first else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(tile.width * Digest.byteCount)
        for index in first..<first + UInt64(tile.width) {
            bytes += try read(Self.position(level: 8 * level, index: index)).bytes
        }
        return bytes
    }
}

/// Entries in a row, as an entry tile holds them: each after its length in two bytes.
public enum EntryBundle {
    public static func encode(_ entries: [[UInt8]]) throws(LedgerError) -> [UInt8] {
        var bundle: [UInt8] = []
        for entry in entries {
            guard let length = UInt16(exactly: entry.count) else { throw .entryTooLong(byteCount: entry.count) }
            bundle += length.bigEndianBytes + entry
        }
        return bundle
    }

    /// - Parameters:
    ///   - bundle: The file, unverified: the hash tile beside it says what each entry's leaf hash must be.
    ///   - count: The tile's width. Another number of entries is an error.
    /// - Returns: The entries in their order.
    /// - Throws: `malformedEntryBundle`.
    public static func decode(_ bundle: [UInt8], count: Int) throws(LedgerError) -> [[UInt8]] {
        var entries: [[UInt8]] = []
        var rest = bundle[...]
        while !rest.isEmpty {
            let length = Int(UInt16(bigEndianBytes: rest.prefix(2)))
            guard rest.count >= 2 + length else { throw .malformedEntryBundle }
            entries.append(Array(rest.dropFirst(2).prefix(length)))
            rest = rest.dropFirst(2 + length)
        }
        guard entries.count == count else { throw .malformedEntryBundle }
        return entries
    }
}
