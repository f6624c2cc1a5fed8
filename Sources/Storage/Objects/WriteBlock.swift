internal import Synchronization

/// Memory from which a file is written past the page cache: aligned as the disk wants it.
///
/// Only whole blocks of the disk can be written so; the bytes behind them are carried over to the front of the next block.
struct WriteBlock: ~Copyable {
    private static let alignment = 4096
    private static let capacity = (1 << 19) + (1 << 16) + 2 * alignment
    /// A block that was just begun has room for as much.
    static let largestAppend = capacity - alignment

    /// Memory that is not in use. A few blocks serve any number of files, and the heap is not scattered by them.
    private static let free = Mutex<[[UInt8]]>([])

    /// Never copied, so never moved: the first byte used stays where it is aligned.
    private(set) var bytes: [UInt8]
    private let start: Int
    /// Bytes that stood at the end of the block before, and still have to be written.
    private var carried = 0
    private var filled = 0

    init() {
        bytes = Self.free.withLock { $0.popLast() } ?? [UInt8](repeating: 0, count: Self.capacity + Self.alignment)
        let past = bytes.withUnsafeBytes { Int(bitPattern: $0.baseAddress) } % Self.alignment
        start = Self.alignment - past
    }

    deinit { Self.free.withLock { [bytes] in $0.append(bytes) } }

    var room: Int { Self.capacity - filled }

    /// Lets `fill` write the next `count` bytes in place, from the offset that it is told.
    mutating func append(_ count: Int, _ fill: (inout MutableSpan<UInt8>, Int) -> Void) {
        precondition(count <= room, "the bytes do not fit")
        let offset = start + filled
        var span = bytes.mutableSpan
        fill(&span, offset)
        filled += count
    }

    /// Begins anew, with what `last` could not write.
    mutating func begin(after last: borrowing WriteBlock) {
        carried = last.rest.count
        filled = carried
        bytes.replaceSubrange(start..<(start + carried), with: last.bytes[last.rest])
    }

    /// What was appended to this block.
    var appended: Range<Int> { (start + carried)..<(start + filled) }

    /// What can be written past the page cache.
    var whole: Range<Int> { start..<(start + filled - filled % Self.alignment) }

    /// What comes after it.
    var rest: Range<Int> { whole.upperBound..<(start + filled) }
}
