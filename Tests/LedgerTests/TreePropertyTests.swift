import Ledger
import Sealing
import Testing

@Suite("Merkle tree: properties")
struct TreePropertyTests {
    @Test("random trees, appended in random batches, agree with the definition", arguments: 1...12)
    func randomTrees(seed: UInt64) throws {
        var generator = SeededGenerator(state: seed)
        let count = Int.random(in: 1...2000, using: &generator)
        let leaves = (0..<count).map { _ in leafHash((0..<8).map { _ in UInt8.random(in: 0...255, using: &generator) })
        }
        var log = MemoryLog()
        while log.size < count {
            let start = Int(log.size)
            let batch = Int.random(in: 1...max(1, count / 8), using: &generator)
            log.append(Array(leaves[start..<min(start + batch, count)]))
            #expect(log.head(at: log.size).root == NaiveTree.root(leaves[..<Int(log.size)]))
        }
        #expect(log.hashes.count == Int(StoredTree(size: log.size).hashCount))
        let (index, old) = (Int.random(in: 0..<count, using: &generator), Int.random(in: 0...count, using: &generator))
        #expect(try log.inclusion(of: UInt64(index), at: log.size).hashes == NaiveTree.path(to: index, in: leaves[...]))
        #expect(
            try log.consistency(from: UInt64(old), to: log.size).hashes
                == NaiveTree.consistency(from: old, in: leaves[...]))
    }

    @Test("every inclusion proof up to 70 entries holds, and no altered one does")
    func inclusionPairs() throws {
        let log = MemoryLog(decimals: 70)
        let leaves = decimalHashes(70)
        for size in 1...UInt64(70) {
            let head = log.head(at: size)
            for index in 0..<size {
                let proof = try log.inclusion(of: index, at: size)
                let leaf = leaves[Int(index)]
                try proof.verify(leaf, in: head)
                #expect(proof.hashes == NaiveTree.path(to: Int(index), in: leaves[..<Int(size)]))
                for hashes in try altered(proof.hashes) {
                    #expect(throws: LedgerError.proofRefused) {
                        try InclusionProof(index: index, hashes: hashes).verify(leaf, in: head)
                    }
                }
                #expect(throws: LedgerError.proofRefused) { try proof.verify(leaf, in: head.flipped()) }
                #expect(throws: LedgerError.proofRefused) { try proof.verify(leaf.flipped(), in: head) }
            }
        }
    }

    @Test("every consistency proof up to 70 entries holds, and no altered one does")
    func consistencyPairs() throws {
        let log = MemoryLog(decimals: 70)
        let leaves = decimalHashes(70)
        for (new, old) in (UInt64(0)...70).flatMap({ new in (0...new).map { (new, $0) } }) {
            let (oldHead, newHead) = (log.head(at: old), log.head(at: new))
            let proof = try log.consistency(from: old, to: new)
            try proof.verify(from: oldHead, to: newHead)
            #expect(proof.hashes == NaiveTree.consistency(from: Int(old), in: leaves[..<Int(new)]))
            for hashes in try altered(proof.hashes) {
                #expect(throws: LedgerError.proofRefused) {
                    try ConsistencyProof(hashes: hashes).verify(from: oldHead, to: newHead)
                }
            }
            guard old > 0 else { continue }
            #expect(throws: LedgerError.proofRefused) { try proof.verify(from: oldHead.flipped(), to: newHead) }
            #expect(throws: LedgerError.proofRefused) { try proof.verify(from: oldHead, to: newHead.flipped()) }
            guard old < new else { continue }
            #expect(throws: LedgerError.proofRefused) { try proof.verify(from: newHead, to: oldHead) }
        }
    }

    /// One hash more at either end, one fewer at either end, one bit flipped, two neighbours swapped.
    private func altered(_ hashes: [Digest]) throws -> [[Digest]] {
        let extra = lettered[0]
        var all = [hashes + [extra], [extra] + hashes]
        guard !hashes.isEmpty else { return all }
        all += [hashes.dropLast(), Array(hashes.dropFirst())]
        for position in hashes.indices {
            var flipped = hashes
            flipped[position] = try flipped[position].flipped()
            all.append(flipped)
        }
        for position in hashes.indices.dropFirst() {
            var swapped = hashes
            swapped.swapAt(position, position - 1)
            all.append(swapped)
        }
        return all
    }

    @Test("what is not in the tree has no proof, and a proof for elsewhere is refused")
    func outOfRange() throws {
        let log = MemoryLog(lettered)
        #expect(StoredTree(size: 7).inclusionProof(of: 7, reading: log.read) == nil)
        #expect(StoredTree(size: 0).inclusionProof(of: 0, reading: log.read) == nil)
        #expect(StoredTree(size: 3).consistencyProof(from: 4, reading: log.read) == nil)
        let hashes = try log.inclusion(of: 3, at: 7).hashes
        for index in [UInt64(0), 1, 2, 4, 5, 6, 7, .max] {
            #expect(throws: LedgerError.proofRefused) {
                try InclusionProof(index: index, hashes: hashes).verify(lettered[3], in: log.head(at: 7))
            }
        }
    }

    @Test("a node passed off as a leaf, and a root passed off as another size's, are refused")
    func wrongShapes() throws {
        let log = MemoryLog(lettered)
        let (two, seven, eight) = (log.head(at: 2), log.head(at: 7), log.head(at: 8))
        let claims: [(InclusionProof, Digest, TreeHead)] = try [
            (InclusionProof(index: 0, hashes: []), seven.root, seven),
            (InclusionProof(index: 0, hashes: log.inclusion(of: 0, at: 7).hashes.suffix(2)), two.root, seven),
            (InclusionProof(index: 1, hashes: []), lettered[0], log.head(at: 1)),
            (
                InclusionProof(index: 0, hashes: log.inclusion(of: 7, at: 8).hashes), lettered[7],
                #require(TreeHead(size: 1, root: eight.root))
            ),
        ]
        for (proof, leaf, head) in claims {
            #expect(throws: LedgerError.proofRefused) { try proof.verify(leaf, in: head) }
        }
        let one = log.head(at: 1)
        for (proof, size, root) in try [
            (log.consistency(from: 1, to: 2), 8, two.root), (log.consistency(from: 1, to: 8), 2, eight.root),
        ] {
            let head = try #require(TreeHead(size: UInt64(size), root: root))
            #expect(throws: LedgerError.proofRefused) { try proof.verify(from: one, to: head) }
        }
    }

    @Test("appending reads the right edge only, and proving a few hashes only")
    func readsFew() throws {
        let log = MemoryLog(decimals: 70000)
        var reads: [UInt64] = []
        func counted(_ position: UInt64) -> Digest {
            reads.append(position)
            return log.read(position)
        }
        _ = StoredTree(size: 65535).storedHashes(appending: decimalHashes(1000), reading: counted)
        #expect(reads.count == 16 && Set(reads).count == 16)
        reads = []
        _ = StoredTree(size: 70000).inclusionProof(of: 3, reading: counted)
        #expect(reads.count <= 2 * 17)
        reads = []
        _ = StoredTree(size: 70000).consistencyProof(from: 257, reading: counted)
        #expect(reads.count <= 2 * 17)
    }

    @Test("an error of the store comes out as it is")
    func storeErrors() {
        struct Unreadable: Error, Equatable {}
        func fail(_ position: UInt64) throws(Unreadable) -> Digest { throw Unreadable() }
        #expect(throws: Unreadable()) { try StoredTree(size: 7).head(reading: fail) }
        #expect(throws: Unreadable()) { try StoredTree(size: 7).inclusionProof(of: 3, reading: fail) }
        #expect(throws: Unreadable()) { try StoredTree(size: 7).storedHashes(appending: lettered, reading: fail) }
    }
}

extension Digest {
    fileprivate func flipped() throws -> Digest {
        var flipped = bytes
        flipped[17] ^= 0x20
        return try #require(Digest(flipped))
    }
}

extension TreeHead {
    fileprivate func flipped() throws -> TreeHead {
        try #require(TreeHead(size: size, root: root.flipped()))
    }
}
