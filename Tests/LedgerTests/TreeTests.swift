import Ledger
import Sealing
import Testing

@Suite("Merkle tree: the published tables")
struct TreeTests {
    static let nodes: [(name: String, leaves: Range<Int>, hex: String)] = [
        ("a", 0..<1, "956ae51bd3e285ccb826298dd523dd08824ce5579749994f2e0021737b9dd4b8"),
        ("b", 1..<2, "d38b823b070424fc9303ff6f20f4ddeef6dc32aa02c75d9c8c3ae46062c78f6b"),
        ("c", 2..<3, "e76eb1b97b06757150f95e06357a7dc404ca511b63a90330a56a94df3d0d66d1"),
        ("d", 3..<4, "d5bdb58a19173a6a0111df3f1f62dbaa00e44221e0f09b47489812a010cd5314"),
        ("e", 4..<5, "8e1f887cfc7c7a5e43f202daf67d99ae8f8fd4b33a6b251bcf9f5d83476303ea"),
        ("f", 5..<6, "ae486abe625c802fdab6eb0cdc66826591502fffa4112906436edc55ee93ff13"),
        ("g", 6..<7, "a63dce614f2a0fe1b392fd837ff1a6802bfcd0755eff57cdaf30b3eebaee8c3d"),
        ("ab", 0..<2, "718fa0369d7475099bc6cb4327e3823a4972285f92bd49971a583c9f08ffb68d"),
        ("cd", 2..<4, "93a9e19543c6159880b77481786c0b601b301cc0333dd6804c16d228c9010a35"),
        ("ef", 4..<6, "ebab446f54e22e53f32830d82708c8b51cd0a03aa62704b1f99c200f2ac88772"),
        ("abcd", 0..<4, "95669b376bc4e3544da09825e59ae202a35ac0fc5e5809a2ca63d81e89d17d6c"),
        ("efg", 4..<7, "f5f34fe057a318ad65999c34f8cb277777e3364529fe701170b0908d0314c442"),
        ("root", 0..<7, "4cbd8e35849450400d4e9c4c0ae7f71c79ad4410f9ad2c624622ff5f8617313d"),
    ]

    static let letteredRoots = [
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "lWrlG9Pihcy4JimN1SPdCIJM5VeXSZlPLgAhc3ud1Lg=",
        "cY+gNp10dQmbxstDJ+OCOklyKF+SvUmXGlg8nwj/to0=", "ZLJJxOBgbj2XQsSb/VfNHj6xcPXM76JuoEXKGT1kp18=",
        "lWabN2vE41RNoJgl5ZriAqNawPxeWAmiymPYHonRfWw=", "4U5DYn5HMHDekm/gJsxnCCDmAogImr0flfg/Qv6B96s=",
        "fhdJCBwItjzif08VkAV4a/LEbEotNkLXlXNKyHnTDb8=", "TL2ONYSUUEANTpxMCuf3HHmtRBD5rSxiRiL/X4YXMT0=",
        "LFbRRibQmFuXvK7/KdNyMv56HGnmUFW6E9ThLArTTPc=",
    ]

    static let decimalRoots: [(size: UInt64, root: String)] = [
        (1, "2zQm6HgGjSjSabbIcXIyLOU3K2V1bQeJAB00g19gHAM="), (2, "ywCYnZSlacCmeK4EK2Pc1GJduWRAUX83put5duok7Us="),
        (3, "cl1SMNto9VdHDcNfHYhlgTrNfrsHrRUndBQd7LrnEyc="), (255, "Mvhbyqh9e80Fco8J6a66NQumovczgwCH8Fl2goSL5cs="),
        (256, "goUV0DPBnYyQHzfsy4rtkZZncDSG+NL/8c9wQDIcXbE="), (257, "HtoEmkNR2G92JSvX7At3Rq11t/oDFq1fVB29pFijEsQ="),
        (300, "hOE+weA3FVrmGXV1mbLNIa2lpWXg/ZsxOcDDxsG4rak="), (511, "Xz1p4QI3C+QJEi0RouYF5rZTsHG4tLS9KDP65AZS8R0="),
        (512, "1LIWJJXKYJ3AY5DTU8oMVRB3ZcYJ4CJut0fYkQXcjVU="), (1000, "Y4r6mAIpJbrP3a2xXvIv0BmcGsmcKXO2FYJD0T/OBcI="),
        (65535, "dPE6Dhp1aJNy77mQz2jGZORMdj2TBIRJVbLq/2JOjfE="),
        (65536, "8CXQbtgEhZ/SdKG9rK3W5I6odjSqkeHtsgFD+UmM0Cs="),
        (65537, "3IeVol/UvVKguE9jn9MTm6FggkAj0YjkKOtdsPPOIho="),
        (70000, "Gkzfy2Y3SgwNy+9JrL1JdtE+6GT7PLJB/JQ8rQTwL34="),
    ]

    static let inclusions = ["b cd efg", "a cd efg", "d ab efg", "c ab efg", "f g abcd", "e g abcd", "ef abcd"]
    static let consistencies = ["", "b cd efg", "cd efg", "c d ab efg", "efg", "e f g abcd", "ef g abcd", ""]

    private func names(of hashes: [Digest]) -> String {
        hashes.map { hash in Self.nodes.first { $0.hex == hash.hex }?.name ?? "?" }.joined(separator: " ")
    }

    @Test("each node of the seven-leaf tree is the one published", arguments: nodes)
    func eachNode(node: (name: String, leaves: Range<Int>, hex: String)) {
        #expect(NaiveTree.root(lettered[node.leaves]).hex == node.hex)
        #expect(MemoryLog(lettered[node.leaves]).head(at: UInt64(node.leaves.count)).root.hex == node.hex)
    }

    @Test("every prefix of the example has its published root")
    func prefixes() {
        let log = MemoryLog(lettered)
        for (size, root) in Self.letteredRoots.enumerated() {
            #expect(log.head(at: UInt64(size)).root.base64 == root)
        }
    }

    @Test("every proof of the seven-leaf tree is the one published")
    func proofs() throws {
        let log = MemoryLog(lettered)
        for index in 0..<7 {
            #expect(names(of: try log.inclusion(of: UInt64(index), at: 7).hashes) == Self.inclusions[index])
        }
        for old in 0...7 {
            #expect(names(of: try log.consistency(from: UInt64(old), to: 7).hashes) == Self.consistencies[old])
        }
    }

    @Test("the long vectors have their published roots and proofs")
    func longVectors() throws {
        let log = MemoryLog(decimals: 70000)
        for (size, root) in Self.decimalRoots {
            #expect(log.head(at: size).root.base64 == root)
        }
        let last = try log.inclusion(of: 299, at: 300).hashes.map(\.base64)
        #expect(last.count == 5 && last.first == "hC1pW1BCdLMdQAFguaQ/+nHpV8k5f6P4QVkasfj4gPM=")
        #expect(last.last == "goUV0DPBnYyQHzfsy4rtkZZncDSG+NL/8c9wQDIcXbE=")
        #expect(try log.inclusion(of: 256, at: 300).hashes.count == 7)
        #expect(try log.inclusion(of: 0, at: 300).hashes.count == 9)
        let grown = try log.consistency(from: 256, to: 300).hashes.map(\.base64)
        #expect(grown == ["mMRJ1qM3XsOYczG/+Rm4IMbDOeNnkBcO1KnqcOi0tYM="])
        #expect(try log.consistency(from: 255, to: 257).hashes.count == 10)
        #expect(try log.consistency(from: 257, to: 70000).hashes.count == 18)
    }

    @Test("stored hashes lie where Go puts them")
    func positions() {
        let published: [(Int, UInt64, UInt64)] = [
            (0, 0, 0), (0, 1, 1), (1, 0, 2), (0, 2, 3), (0, 3, 4), (1, 1, 5), (2, 0, 6), (0, 4, 7), (0, 7, 11),
            (3, 0, 14), (0, 255, 502), (8, 0, 510),
        ]
        for (level, index, position) in published {
            #expect(StoredTree.position(level: level, index: index) == position)
        }
        for (size, count) in [
            (1, 1), (2, 3), (3, 4), (4, 7), (7, 11), (8, 15), (256, 511), (300, 596), (70000, 139994),
        ] {
            #expect(StoredTree(size: UInt64(size)).hashCount == UInt64(count))
        }
    }

    @Test("a tree head is refused when it is impossible")
    func impossibleHeads() {
        #expect(TreeHead(size: 0, root: lettered[0]) == nil)
        #expect(TreeHead(size: 0, root: Digest.sha256([])) == .empty)
        #expect(TreeHead(size: 1 << 63, root: lettered[0]) == nil)
        #expect(TreeHead(size: 1 << 63 - 1, root: lettered[0]) != nil)
    }
}
