public import Sealing

/// That one entry is at one index of a tree.
public struct InclusionProof: Hashable, Sendable {
    public let index: UInt64
    /// The leaf's sibling first, the root's child last.
    public let hashes: [Digest]

    public init(index: UInt64, hashes: [Digest]) {
        self.index = index
        self.hashes = hashes
    }

    /// Returns when the entry of this leaf hash is in the tree, and throws `proofRefused` otherwise.
    ///
    /// Source: RFC 9162 section 2.1.3.2.
    public func verify(_ leafHash: Digest, in head: TreeHead) throws(LedgerError) {
        guard index < head.size else { throw .proofRefused }
        var climb = Climb(from: index, to: head.size - 1)
        var root = leafHash
        for sibling in hashes {
            root = try climb.step() == .left ? nodeHash(sibling, root) : nodeHash(root, sibling)
        }
        guard climb.isAtRoot, root == head.root else { throw .proofRefused }
    }
}

/// That one tree is the beginning of another.
public struct ConsistencyProof: Hashable, Sendable {
    public let hashes: [Digest]

    public init(hashes: [Digest]) {
        self.hashes = hashes
    }

    /// Returns when `new` has all entries of `old` at their places, and throws `proofRefused` otherwise.
    ///
    /// Every tree extends the empty one, so from size 0 nothing is learnt about `new`.
    ///
    /// Source: RFC 9162 section 2.1.4.2.
    public func verify(from old: TreeHead, to new: TreeHead) throws(LedgerError) {
        guard old.size > 0, old.size < new.size else {
            guard hashes.isEmpty, old.size == 0 || old == new else { throw .proofRefused }
            return
        }
        // An old tree that is one complete subtree is where the climb begins, and its root is not sent.
        let path = old.size.nonzeroBitCount == 1 ? [old.root] + hashes : hashes
        guard let first = path.first else { throw .proofRefused }
        var climb = Climb(from: old.size - 1, to: new.size - 1)
        climb.skipRightChildren()
        var (oldRoot, newRoot) = (first, first)
        for sibling in path.dropFirst() {
            if try climb.step() == .left {
                oldRoot = nodeHash(sibling, oldRoot)
                newRoot = nodeHash(sibling, newRoot)
            } else {
                newRoot = nodeHash(newRoot, sibling)
            }
        }
        guard climb.isAtRoot, oldRoot == old.root, newRoot == new.root else { throw .proofRefused }
    }
}

/// The way from a node up to the root: the node's index and the last index, level by level (`fn` and `sn` in the RFC).
private struct Climb {
    enum Side { case left, right }

    private var node: UInt64
    private var last: UInt64

    init(from node: UInt64, to last: UInt64) {
        self.node = node
        self.last = last
    }

    var isAtRoot: Bool { last == 0 }

    /// On which side of the node the next hash of the proof goes.
    mutating func step() throws(LedgerError) -> Side {
        guard !isAtRoot else { throw .proofRefused }
        let side: Side = node & 1 == 1 || node == last ? .left : .right
        if side == .left {
            // The last node of a level may have no sibling there: it rises until it is a right child.
            while node != 0, node & 1 == 0 { ascend() }
        }
        ascend()
        return side
    }

    mutating func skipRightChildren() {
        while node & 1 == 1 { ascend() }
    }

    private mutating func ascend() {
        node >>= 1
        last >>= 1
    }
}
