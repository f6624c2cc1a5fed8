import Testing

@testable import Sealing

@Suite("Shares of a secret")
struct ShareTests {
    static let sizes = [(2, 2), (2, 3), (3, 5), (5, 5), (4, 7), (2, 32), (32, 32), (16, 32)]

    @Test("any as many shares as are needed make the secret again, and one less does not")
    func everySubset() throws {
        let secret = try Key(from: .system)
        let shares = try ShareSet.split(secret, random: .system)
        #expect(shares.count == 5)
        var opened = 0
        for subset in subsets(of: shares) {
            if subset.count >= 3 {
                #expect(try ShareSet.combine(subset).secret.exposedBytes() == secret.secret.exposedBytes())
                opened += 1
            } else {
                let needed = SealingError.share(.tooFew(needed: subset.isEmpty ? 2 : 3, have: subset.count))
                #expect(throws: needed) { try ShareSet.combine(subset) }
            }
        }
        #expect(opened == 10 + 5 + 1)
    }

    @Test("from the smallest set to the largest", arguments: sizes)
    func everySize(threshold: Int, count: Int) throws {
        let secret = try Key(from: .system)
        let shares = try ShareSet.split(secret, threshold: threshold, count: count, random: .system)
        #expect(try ShareSet.combine(shares.reversed()).secret.exposedBytes() == secret.secret.exposedBytes())
        let some = Array(shares.suffix(threshold))
        #expect(try ShareSet.combine(some).secret.exposedBytes() == secret.secret.exposedBytes())
        #expect(throws: SealingError.share(.tooFew(needed: threshold, have: threshold - 1))) {
            try ShareSet.combine(Array(some.dropFirst()))
        }
    }

    @Test("numbers that no set has are refused", arguments: [(1, 5), (0, 0), (6, 5), (3, 33), (-1, 2), (2, 1)])
    func impossible(threshold: Int, count: Int) throws {
        let secret = try Key(from: .system)
        #expect(throws: SealingError.share(.impossible)) {
            try ShareSet.split(secret, threshold: threshold, count: count, random: .system)
        }
    }

    @Test("fewer shares than needed fit every secret")
    func twoSharesFitAll() throws {
        // Two shares of three and any third value give some secret: here, each value of its first byte comes once.
        let shares = try ShareSet.split(Key(from: .system), random: .system)
        var seen: Set<UInt8> = []
        for first in UInt8.min...UInt8.max {
            var value = [first] + [UInt8](repeating: 0, count: 31)
            let third = Share(of: shares[2].set, index: 3, value: try SecretBytes(wiping: &value), tag: [])
            seen.insert(try SharePolynomials.constants([shares[0], shares[1], third]).exposedBytes()[0])
        }
        #expect(seen.count == 256)
    }

    @Test("splitting again makes other shares, of another set")
    func splitAgain() throws {
        let secret = try Key(from: .system)
        let first = try ShareSet.split(secret, random: .system)
        let second = try ShareSet.split(secret, random: .system)
        for (old, new) in zip(first, second) {
            #expect(old.set != new.set)
            #expect(old.value.exposedBytes() != new.value.exposedBytes())
            #expect(new.value.exposedBytes() != secret.secret.exposedBytes())
        }
    }

    @Test("a slow implementation of its own makes the same secret, and shares that are read")
    func independently() throws {
        let secret = try Key(from: .system)
        let shares = try ShareSet.split(secret, threshold: 4, count: 9, random: .system)
        for start in 0..<6 {
            let points = shares[start..<start + 4].map { ($0.index, $0.value.exposedBytes()) }
            #expect(SlowShares.secret(points) == secret.secret.exposedBytes())
        }
    }

    /// Source: draft-mcgrew-tss-03, section 9, filled up with zeros. Shares 1 and 2 of 2.
    @Test("the published shares make the published secret, and come from it")
    func published() throws {
        let zeros = [UInt8](repeating: 0, count: 27)
        let secret: [UInt8] = [0x74, 0x65, 0x73, 0x74, 0x00] + zeros
        let published: [[UInt8]] = [[0xb9, 0xfa, 0x07, 0xe1, 0x85] + zeros, [0xf5, 0x40, 0x9b, 0x45, 0x11] + zeros]
        let set = try #require(ShareSet(identifier: [UInt8](repeating: 0, count: 16), threshold: 2, count: 2))
        let shares = try published.enumerated().map { number, bytes in
            var bytes = bytes
            return Share(of: set, index: number + 1, value: try SecretBytes(wiping: &bytes), tag: [])
        }
        #expect(try SharePolynomials.constants(shares).exposedBytes() == secret)

        let slope = zip(secret, published[0]).map { $0 ^ $1 }
        let fixed = unsafe RandomSource { unsafe $0.copyBytes(from: slope) }
        var copy = secret
        let polynomials = try SharePolynomials(SecretBytes(wiping: &copy), threshold: 2, random: fixed)
        for (number, bytes) in published.enumerated() {
            #expect(try polynomials.value(at: UInt8(number + 1)).exposedBytes() == bytes)
        }
    }

    /// Source of the products: FIPS 197, section 4.2.
    @Test("the field is that of AES")
    func field() {
        #expect(GF256.multiply(0x57, 0x83) == 0xc1)
        #expect(GF256.multiply(0x57, 0x13) == 0xfe)
        for left in UInt8.min...UInt8.max {
            for right in UInt8.min...UInt8.max {
                #expect(GF256.multiply(left, right) == SlowShares.product(left, right))
            }
        }
        for number in UInt8(1)...UInt8.max { #expect(GF256.multiply(number, GF256.inverse(number)) == 1) }
    }

    private func subsets(of shares: [Share]) -> [[Share]] {
        (0..<1 << shares.count).map { mask in shares.indices.filter { mask >> $0 & 1 == 1 }.map { shares[$0] } }
    }
}

/// Shamir's scheme once more, from the formula and by long division: for comparison only.
enum SlowShares {
    static func product(_ left: UInt8, _ right: UInt8) -> UInt8 {
        var product = 0
        for bit in 0..<8 where right >> bit & 1 == 1 { product ^= Int(left) << bit }
        for bit in (8..<16).reversed() where product >> bit & 1 == 1 { product ^= 0x11b << (bit - 8) }
        return UInt8(product)
    }

    static func quotient(_ left: UInt8, _ right: UInt8) -> UInt8 {
        (UInt8.min...UInt8.max).first { product($0, right) == left } ?? 0
    }

    /// The polynomial through the points, at 0, by solving for it: Neville's scheme.
    static func secret(_ points: [(Int, [UInt8])]) -> [UInt8] {
        (0..<32).map { byte in
            var column = points.map { $0.1[byte] }
            for width in 1..<points.count {
                for row in 0..<points.count - width {
                    let low = UInt8(points[row].0)
                    let high = UInt8(points[row + width].0)
                    let sum = product(high, column[row]) ^ product(low, column[row + 1])
                    column[row] = quotient(sum, low ^ high)
                }
            }
            return column[0]
        }
    }
}
