public import Sealing

/// A tree whose hashes the caller keeps in one flat, append-only array.
///
/// Every complete subtree has its hash at a position of its own that never changes: a leaf first, then each node as
/// soon as its right child is there (Crosby and Wallach's order, Go's `StoredHashIndex`). What is asked here reads
/// O(log n) of them through `read`, whose errors pass through unchanged.
public struct StoredTree: Hashable, Sendable {
    public let size: UInt64

    /// - Parameter size: The number of entries, below 2^63.
    public init(size: UInt64) {
        precondition(size < numberLimit)
        self.size = size
    }

    /// How many hashes are stored: also the position that the next one will have.
    public var hashCount: UInt64 { 2 * size - UInt64(size.nonzeroBitCount) }

    /// The position of the hash over entries `index * 2^level` to `(index + 1) * 2^level - 1`.
    public static func position(level: Int, index: UInt64) -> UInt64 {
        let lastLeaf = (index + 1) << UInt64(level) - 1
        return StoredTree(size: lastLeaf).hashCount + UInt64(level)
    }

    /// The hashes to store when entries are appended, in the order of their positions from `hashCount` on.
    ///
    /// Reads the right edge only, each position at most once, however many entries are appended.
    public func storedHashes<Failure: Error>(
        appending leafHashes: [Digest], reading read: (UInt64) throws(Failure) -> Digest
    ) throws(Failure) -> [Digest] {
        let start = hashCount
        var stored: [Digest] = []
        stored.reserveCapacity(2 * leafHashes.count)
        for (leaf, leafHash) in zip(size..., leafHashes) {
            var hash = leafHash
            stored.append(hash)
            // A leaf completes one subtree for each trailing 1-bit of its index. A node stands right after its right
            // child, whose whole subtree of 2^(level+1) - 1 hashes stands right after its left child.
            for level in 0..<(~leaf).trailingZeroBitCount {
                let left = start + UInt64(stored.count) - 2 << UInt64(level)
                hash = nodeHash(left < start ? try read(left) : stored[Int(left - start)], hash)
                stored.append(hash)
            }
        }
        return stored
    }

    public func head<Failure: Error>(reading read: (UInt64) throws(Failure) -> Digest) throws(Failure) -> TreeHead {
        guard size > 0 else { return .empty }
        return TreeHead(knownSize: size, root: try root(of: 0..<size, reading: read))
    }

    /// - Returns: `nil` when the tree has no such entry.
    public func inclusionProof<Failure: Error>(
        of index: UInt64, reading read: (UInt64) throws(Failure) -> Digest
    ) throws(Failure) -> InclusionProof? {
        guard index < size else { return nil }
        var hashes: [Digest] = []
        var range = 0..<size
        while range.count > 1 {
            let (left, right) = halves(of: range)
            let isLeft = left.contains(index)
            hashes.append(try root(of: isLeft ? right : left, reading: read))
            range = isLeft ? left : right
        }
        return InclusionProof(index: index, hashes: hashes.reversed())
    }

    /// That this tree extends the one of its first `oldSize` entries.
    ///
    /// - Returns: `nil` when the old tree would be the larger one.
    public func consistencyProof<Failure: Error>(
        from oldSize: UInt64, reading read: (UInt64) throws(Failure) -> Digest
    ) throws(Failure) -> ConsistencyProof? {
        guard oldSize <= size else { return nil }
        guard oldSize > 0 else { return ConsistencyProof(hashes: []) }
        var hashes: [Digest] = []
        var range = 0..<size
        while range.upperBound != oldSize {
            let (left, right) = halves(of: range)
            let endsLeft = oldSize <= left.upperBound
            hashes.append(try root(of: endsLeft ? right : left, reading: read))
            range = endsLeft ? left : right
        }
        // When the old tree is itself a subtree from the first entry on, the verifier knows its root already.
        if range.lowerBound > 0 {
            hashes.append(try root(of: range, reading: read))
        }
        return ConsistencyProof(hashes: hashes.reversed())
    }

    /// The split of RFC 9162: the left half is the largest power of two below the whole.
    private func halves(of range: Range<UInt64>) -> (left: Range<UInt64>, right: Range<UInt64>) {
        let middle = range.lowerBound + 1 << UInt64(floorLog2(range.upperBound - range.lowerBound - 1))
        return (range.lowerBound..<middle, middle..<range.upperBound)
    }

    /// Takes a range as `halves` makes them, whose complete subtrees, largest first, are all stored.
    private func root<Failure: Error>(
        of range: Range<UInt64>, reading read: (UInt64) throws(Failure) -> Digest
    ) throws(Failure) -> Digest {
        var subtrees: [Digest] = []
        var start = range.lowerBound
        while start < range.upperBound {
            let level = floorLog2(range.upperBound - start)
            subtrees.append(try read(Self.position(level: level, index: start >> UInt64(level))))
            start += 1 << UInt64(level)
        }
        let last = subtrees.removeLast()
        return subtrees.reversed().reduce(last) { nodeHash($1, $0) }
    }
}

private func floorLog2(_ number: UInt64) -> Int {
    UInt64.bitWidth - 1 - number.leadingZeroBitCount
}
