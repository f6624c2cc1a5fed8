public import Sealing

/// The hash of an entry as it stands in the tree: `SHA-256(0x00 ‖ entry)`.
public func leafHash(_ entry: [UInt8]) -> Digest {
    Digest.sha256([0x00] + entry)
}

/// The hash of two subtrees joined: `SHA-256(0x01 ‖ left ‖ right)`.
public func nodeHash(_ left: Digest, _ right: Digest) -> Digest {
    var joined: [UInt8] = []
    joined.reserveCapacity(1 + 2 * Digest.byteCount)
    joined.append(0x01)
    joined.append(contentsOf: left.bytes)
    joined.append(contentsOf: right.bytes)
    return Digest.sha256(joined)
}

/// How many entries a tree has, and the one hash that commits to all of them in their order.
///
/// Source: RFC 9162 section 2.1.
public struct TreeHead: Hashable, Sendable {
    public let size: UInt64
    public let root: Digest

    public static let empty = TreeHead(knownSize: 0, root: Digest.sha256([]))

    /// - Returns: `nil` for a size of 2^63 or more, and for an empty tree with another root than the empty tree's.
    public init?(size: UInt64, root: Digest) {
        guard size < numberLimit, size > 0 || root == Self.empty.root else { return nil }
        self.init(knownSize: size, root: root)
    }

    init(knownSize size: UInt64, root: Digest) {
        self.size = size
        self.root = root
    }
}
