/// A polynomial over GF(2^8) for each of the secret's bytes, with that byte as its constant term and the rest random.
struct SharePolynomials: ~Copyable {
    private let rowCount: Int
    /// A row of 32 bytes for each power, from 0.
    private let rows: SecretBytes

    init(_ secret: borrowing SecretBytes, threshold: Int, random: RandomSource) throws(SealingError) {
        precondition(secret.count == Share.byteCount, "a secret to be shared has 32 bytes")
        rowCount = threshold
        rows = unsafe try secret.withUnsafeBytes { (secret) throws(SealingError) in
            unsafe try SecretBytes(count: threshold * Share.byteCount) { (out) throws(SealingError) in
                unsafe out.copyMemory(from: secret)
                unsafe random.fill(UnsafeMutableRawBufferPointer(rebasing: out[Share.byteCount...]))
            }
        }
    }

    /// Where the polynomials are at `x`, by Horner's rule.
    borrowing func value(at x: UInt8) throws(SealingError) -> SecretBytes {
        let rowCount = rowCount
        return unsafe try rows.withUnsafeBytes { (rows) throws(SealingError) in
            unsafe try SecretBytes(count: Share.byteCount) { (out) throws(SealingError) in
                for byte in out.indices {
                    var sum: UInt8 = 0
                    for row in (0..<rowCount).reversed() {
                        sum = unsafe GF256.multiply(sum, x) ^ rows[row * Share.byteCount + byte]
                    }
                    unsafe out[byte] = sum
                }
            }
        }
    }

    /// Where the polynomials through these shares are at 0, by Lagrange's formula: the secret.
    static func constants(_ shares: [Share]) throws(SealingError) -> SecretBytes {
        unsafe try SecretBytes(count: Share.byteCount) { (out) throws(SealingError) in
            unsafe out.initializeMemory(as: UInt8.self, repeating: 0)
            for share in shares {
                let factor = factor(of: share.index, among: shares.map(\.index))
                unsafe share.value.withUnsafeBytes { value in
                    for byte in out.indices { unsafe out[byte] ^= GF256.multiply(value[byte], factor) }
                }
            }
        }
    }

    private static func factor(of index: Int, among indices: [Int]) -> UInt8 {
        indices.filter { $0 != index }.reduce(1) { product, other in
            GF256.multiply(product, GF256.multiply(UInt8(other), GF256.inverse(UInt8(other ^ index))))
        }
    }
}

/// The field of 256 elements as AES has it. Addition is exclusive or.
enum GF256 {
    /// Without tables or branches that depend on either factor: one of them is secret.
    static func multiply(_ left: UInt8, _ right: UInt8) -> UInt8 {
        var product: UInt8 = 0
        var power = left
        for bit in UInt8(0)..<8 {
            product ^= power &* (right &>> bit & 1)
            power = power &<< 1 ^ (power &>> 7) &* 0x1b
        }
        return product
    }

    /// Of a number that all may know, and that is not 0: its power of 254.
    static func inverse(_ number: UInt8) -> UInt8 {
        (0..<253).reduce(number) { product, _ in multiply(product, number) }
    }
}
