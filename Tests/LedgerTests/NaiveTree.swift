import Ledger
import Sealing

/// RFC 9162's definitions as they stand, to hold the real thing against.
enum NaiveTree {
    static func root(_ leaves: ArraySlice<Digest>) -> Digest {
        guard let first = leaves.first else { return Digest.sha256([]) }
        guard leaves.count > 1 else { return first }
        let (left, right) = halves(leaves)
        return nodeHash(root(left), root(right))
    }

    static func path(to index: Int, in leaves: ArraySlice<Digest>) -> [Digest] {
        guard leaves.count > 1 else { return [] }
        let (left, right) = halves(leaves)
        return index < left.endIndex
            ? path(to: index, in: left) + [root(right)] : path(to: index, in: right) + [root(left)]
    }

    static func consistency(from old: Int, in leaves: ArraySlice<Digest>) -> [Digest] {
        old == 0 || old == leaves.count ? [] : subproof(old, leaves, isKnown: true)
    }

    private static func subproof(_ old: Int, _ leaves: ArraySlice<Digest>, isKnown: Bool) -> [Digest] {
        guard old < leaves.count else { return isKnown ? [] : [root(leaves)] }
        let (left, right) = halves(leaves)
        return old <= left.count
            ? subproof(old, left, isKnown: isKnown) + [root(right)]
            : subproof(old - left.count, right, isKnown: false) + [root(left)]
    }

    private static func halves(_ leaves: ArraySlice<Digest>) -> (ArraySlice<Digest>, ArraySlice<Digest>) {
        var middle = 1
        while middle * 2 < leaves.count { middle *= 2 }
        return (leaves.prefix(middle), leaves.dropFirst(middle))
    }
}
