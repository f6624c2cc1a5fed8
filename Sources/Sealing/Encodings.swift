internal import CSodium

/// Standard Base64 without padding, canonical when read (RFC 4648 section 4, as age uses it).
enum Base64 {
    static func encode(_ bytes: [UInt8]) -> String {
        let variant = sodium_base64_VARIANT_ORIGINAL_NO_PADDING
        var text = [CChar](repeating: 0, count: sodium_base64_encoded_len(bytes.count, variant))
        unsafe sodium_bin2base64(&text, text.count, bytes, bytes.count, variant)
        return String(decoding: text.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// - Returns: `nil` for padding, white space, other characters or bits that encode nothing.
    static func decode(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8).map(CChar.init(bitPattern:))
        var bytes = [UInt8](repeating: 0, count: digits.count * 3 / 4 + 3)
        var count = 0
        let variant = sodium_base64_VARIANT_ORIGINAL_NO_PADDING
        let done = unsafe sodium_base642bin(&bytes, bytes.count, digits, digits.count, nil, &count, nil, variant)
        guard done == 0 else { return nil }
        let decoded = Array(bytes.prefix(count))
        return encode(decoded) == text ? decoded : nil
    }
}

/// Base64url without padding, canonical when read (RFC 4648 section 5): for secrets that people copy and programs carry.
public enum Base64URL {
    public static func encode(_ bytes: [UInt8]) -> [UInt8] {
        Base64.encode(bytes).utf8.map { byte in
            switch byte {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            default: byte
            }
        }
    }

    /// - Returns: `nil` for anything that `encode` would not have written.
    public static func decode(_ text: [UInt8]) -> [UInt8]? {
        let variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING
        var bytes = [UInt8](repeating: 0, count: text.count * 3 / 4 + 3)
        var count = 0
        let digits = text.map(CChar.init(bitPattern:))
        let done = unsafe sodium_base642bin(&bytes, bytes.count, digits, digits.count, nil, &count, nil, variant)
        guard done == 0 else { return nil }
        let decoded = Array(bytes.prefix(count))
        return encode(decoded) == text ? decoded : nil
    }
}

/// Bech32 (BIP 173) without its length limit, as age keys use it.
enum Bech32 {
    private static let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)

    static func encode(_ bytes: [UInt8], prefix: String) -> [UInt8] {
        let values = regroup(bytes, from: 8, to: 5, pad: true) ?? []
        let sum = checksum(expand(prefix) + values + [0, 0, 0, 0, 0, 0]) ^ 1
        let tail = (0..<6).map { UInt8(truncatingIfNeeded: sum >> UInt32(5 * (5 - $0))) & 31 }
        return Array("\(prefix)1".utf8) + (values + tail).map { alphabet[Int($0)] }
    }

    /// - Returns: `nil` for mixed case, an unknown character, a wrong checksum or another prefix.
    static func decode(_ text: [UInt8], prefix: String) -> [UInt8]? {
        let capitals = text.count { (65...90).contains($0) }
        guard capitals == 0 || !text.contains(where: { (97...122).contains($0) }) else { return nil }
        let lower = text.map { (65...90).contains($0) ? $0 + 32 : $0 }
        guard lower.starts(with: "\(prefix)1".utf8) else { return nil }
        var values: [UInt8] = []
        for character in lower.dropFirst(prefix.utf8.count + 1) {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            values.append(UInt8(value))
        }
        guard values.count >= 6, checksum(expand(prefix) + values) == 1 else { return nil }
        return regroup(Array(values.dropLast(6)), from: 5, to: 8, pad: false)
    }

    private static func expand(_ prefix: String) -> [UInt8] {
        prefix.utf8.map { $0 >> 5 } + [0] + prefix.utf8.map { $0 & 31 }
    }

    private static func checksum(_ values: [UInt8]) -> UInt32 {
        let generator: [UInt32] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3]
        var sum: UInt32 = 1
        for value in values {
            let top = sum >> 25
            sum = (sum & 0x1ff_ffff) << 5 ^ UInt32(value)
            for bit in 0..<5 where top >> UInt32(bit) & 1 == 1 { sum ^= generator[bit] }
        }
        return sum
    }

    private static func regroup(_ values: [UInt8], from: Int, to: Int, pad: Bool) -> [UInt8]? {
        var accumulator = 0
        var bits = 0
        var out: [UInt8] = []
        for value in values {
            accumulator = (accumulator << from | Int(value)) & 0xfff
            bits += from
            while bits >= to {
                bits -= to
                out.append(UInt8(accumulator >> bits & (1 << to - 1)))
            }
        }
        if pad {
            if bits > 0 { out.append(UInt8(accumulator << (to - bits) & (1 << to - 1))) }
        } else if bits >= from || accumulator & (1 << bits - 1) != 0 {
            return nil
        }
        return out
    }
}

/// Whether both hold the same bytes, in time that depends only on their length.
public func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return unsafe sodium_memcmp(left, right, left.count) == 0
}
