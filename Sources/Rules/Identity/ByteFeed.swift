/// Content that arrives in blocks, for whoever reads it field by field: what is incomplete waits, what is passed over is not kept.
struct ByteFeed: Sendable {
    private var waiting: [UInt8] = []
    /// The bytes before it are done with.
    private var from = 0
    private var toSkip: UInt64 = 0
    /// Where the first byte that waits stands in the content.
    private(set) var position: UInt64 = 0

    /// How many bytes wait.
    var count: Int { waiting.count - from }
    var isPassingOver: Bool { toSkip > 0 }

    mutating func append(_ block: [UInt8]) {
        waiting.removeFirst(from)
        from = 0
        let passed = Int(min(toSkip, UInt64(block.count)))
        toSkip -= UInt64(passed)
        position += UInt64(passed)
        waiting += block.dropFirst(passed)
    }

    /// The next bytes, which stay; `nil` when they have not all arrived.
    func peek(_ length: Int) -> ArraySlice<UInt8>? {
        count >= length ? waiting[from..<(from + length)] : nil
    }

    /// How many bytes stand before the next `byte`, not looking at the first `start` ones; `nil` when it is not there.
    func distance(to byte: UInt8, behind start: Int) -> Int? {
        guard start < count else { return nil }
        return waiting[(from + start)...].firstIndex(of: byte).map { $0 - from }
    }

    /// Passes over the next bytes, also those that have yet to arrive.
    mutating func skip(_ length: UInt64) {
        let here = Int(min(length, UInt64(count)))
        from += here
        position += UInt64(here)
        toSkip += length - UInt64(here)
    }
}

extension ArraySlice<UInt8> {
    /// A number of `count` bytes, `offset` bytes behind the slice's beginning, its little end first.
    func little(_ count: Int, at offset: Int = 0) -> UInt64 {
        bytes(count, offset).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// As `little`, its big end first.
    func big(_ count: Int, at offset: Int = 0) -> UInt64 { bytes(count, offset).reduce(0) { $0 << 8 | UInt64($1) } }

    func bytes(_ count: Int, _ offset: Int) -> ArraySlice<UInt8> {
        self[(startIndex + offset)..<(startIndex + offset + count)]
    }
}
