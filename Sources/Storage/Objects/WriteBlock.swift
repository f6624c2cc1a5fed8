internal import Synchronization

/// Memory from which a file is written past the page cache: aligned as the disk wants it.
///
/// Only whole blocks of the disk can be written so; the bytes behind them are carried over to the front of the next block.
struct WriteBlock: ~Copyable, @unchecked Sendable {
    private static let alignment = 4096
    private static let capacity = (1 << 19) + (1 << 16) + 2 * alignment
    /// How many bytes a block that was just begun has room for, and more.
    static let largestAppend = capacity - alignment

    /// Addresses of memory that is not in use. A few blocks serve any number of files, and the heap is not scattered by them.
    private static let free = Mutex<[UInt]>([])

    private let memory: UnsafeMutableRawBufferPointer
    /// Bytes that stood at the end of the block before, and still have to be written.
    private var carried = 0
    private var filled = 0

    init() {
        let freed = UnsafeMutableRawPointer(bitPattern: Self.free.withLock { $0.popLast() } ?? 0)
        memory = UnsafeMutableRawBufferPointer(
            start: freed ?? .allocate(byteCount: Self.capacity, alignment: Self.alignment), count: Self.capacity)
    }

    deinit {
        let address = UInt(bitPattern: memory.baseAddress)
        Self.free.withLock { $0.append(address) }
    }

    var room: Int { Self.capacity - filled }

    /// Lets `fill` write the next `count` bytes in place.
    mutating func append(_ count: Int, _ fill: (inout MutableSpan<UInt8>) -> Void) {
        let place = UnsafeMutableRawBufferPointer(rebasing: memory[filled..<(filled + count)])
        var bytes = place.bindMemory(to: UInt8.self).mutableSpan
        fill(&bytes)
        filled += count
    }

    /// Begins anew, with what `last` could not write.
    mutating func begin(after last: borrowing WriteBlock) {
        memory.copyMemory(from: last.rest)
        carried = last.rest.count
        filled = carried
    }

    /// What was appended to this block.
    var appended: UnsafeRawBufferPointer { part(carried..<filled) }

    /// What can be written past the page cache.
    var whole: UnsafeRawBufferPointer { part(0..<(filled - filled % Self.alignment)) }

    /// What comes after it.
    var rest: UnsafeRawBufferPointer { part((filled - filled % Self.alignment)..<filled) }

    private func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[range])
    }
}
