/// Sizes, indexes and times stay below 2^63, so that readers with signed integers, Go's among them, can hold them.
let numberLimit: UInt64 = 1 << 63

extension FixedWidthInteger where Self: UnsignedInteger {
    /// The number in network byte order.
    var bigEndianBytes: [UInt8] {
        stride(from: Self.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: self >> $0) }
    }

    /// Reads every byte given; the caller gives as many as the type is wide.
    init(bigEndianBytes bytes: some Sequence<UInt8>) {
        self = bytes.reduce(0) { $0 << 8 | Self($1) }
    }
}

extension UInt64 {
    /// Reads `0` or `[1-9][0-9]*` below the limit. `UInt64("+7")` and `UInt64("007")` succeed, so they are not used.
    init?(strictDecimal text: some Collection<UInt8>) {
        guard let first = text.first, text.count <= 19 else { return nil }
        guard first != UInt8(ascii: "0") || text.count == 1 else { return nil }
        var number: UInt64 = 0
        for digit in text {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            number = number * 10 + UInt64(digit - UInt8(ascii: "0"))
        }
        guard number < numberLimit else { return nil }
        self = number
    }
}
