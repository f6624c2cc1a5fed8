@testable import Ledger
import Sealing
import Testing

/// A log whose stored hashes are an array.
struct MemoryLog {
    private(set) var hashes: [Digest] = []
    private(set) var size: UInt64 = 0

    init() {}

    init(_ leafHashes: some Collection<Digest>) {
        append(Array(leafHashes))
    }

    /// The published vectors have the decimal numbers for entries.
    init(decimals count: Int) {
        self.init(decimalHashes(count))
    }

    mutating func append(_ leafHashes: [Digest]) {
        hashes += StoredTree(size: size).storedHashes(appending: leafHashes) { hashes[Int($0)] }
        size += UInt64(leafHashes.count)
    }

    func read(_ position: UInt64) -> Digest {
        hashes[Int(position)]
    }

    func head(at size: UInt64) -> TreeHead {
        StoredTree(size: size).head(reading: read)
    }

    func inclusion(of index: UInt64, at size: UInt64) throws -> InclusionProof {
        try #require(StoredTree(size: size).inclusionProof(of: index, reading: read))
    }

    func consistency(from old: UInt64, to new: UInt64) throws -> ConsistencyProof {
        try #require(StoredTree(size: new).consistencyProof(from: old, reading: read))
    }
}

func decimalHashes(_ count: Int) -> [Digest] {
    (0..<count).map { leafHash(Array(String($0).utf8)) }
}

/// The seven-leaf tree of the worked example, and its eighth leaf.
let lettered = (0..<8).map { leafHash(Array("e\($0)".utf8)) }

extension Digest {
    var base64: String { String(decoding: Base64.encode(bytes), as: UTF8.self) }
    var hex: String { bytes.hex }
}

extension [UInt8] {
    var hex: String { map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }

    init(hex: String) throws {
        let digits = try hex.map { try #require($0.hexDigitValue) }
        self = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
    }
}

/// A generator with a seed, so that a failure comes back.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
