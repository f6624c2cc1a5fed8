/// Base32 without padding: five bits a symbol.
struct Base32 {
    private let symbols: [UInt8]
    private let values: [UInt8: UInt8]

    /// As authenticator apps take it (RFC 4648 section 6).
    static let rfc4648 = Base32("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    /// As people copy it: no I, L, O or U, and what is mistaken for 0 or 1 is read as that.
    static let crockford = Base32(
        "0123456789ABCDEFGHJKMNPQRSTVWXYZ", readingAs: ["O": "0", "I": "1", "L": "1"])

    private init(_ symbols: String, readingAs others: [Character: Character] = [:]) {
        self.symbols = Array(symbols.utf8)
        var values: [Character: UInt8] = [:]
        for (value, symbol) in zip(UInt8(0)..., symbols) { values[symbol] = value }
        for (other, symbol) in others { values[other] = values[symbol] }
        self.values = values.reduce(into: [:]) { table, pair in
            for form in [pair.key.uppercased(), pair.key.lowercased()] {
                for byte in form.utf8 { table[byte] = pair.value }
            }
        }
    }

    func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        var bits = 0
        var bitCount = 0
        for byte in bytes {
            bits = (bits << 8 | Int(byte)) & 0xfff
            bitCount += 8
            while bitCount >= 5 {
                bitCount -= 5
                text.append(symbols[bits >> bitCount & 31])
            }
        }
        if bitCount > 0 { text.append(symbols[bits << (5 - bitCount) & 31]) }
        return text
    }

    /// - Returns: `nil` for another symbol, or bits at the end that encode nothing.
    func decode(_ text: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits = 0
        var bitCount = 0
        for symbol in text {
            guard let value = values[symbol] else { return nil }
            bits = (bits << 5 | Int(value)) & 0xfff
            bitCount += 5
            guard bitCount >= 8 else { continue }
            bitCount -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
        }
        guard bitCount < 5, bits & (1 << bitCount - 1) == 0 else { return nil }
        return bytes
    }
}
