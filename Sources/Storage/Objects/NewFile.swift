internal import Glibc

/// A new file that is written once, front to back, past the page cache where the file system can.
///
/// What is deposited or copied out is seldom read again soon, so it would only push out of the cache what is; and a large
/// file written straight to the disk leaves little to wait for when it is synced. Nobody else may read the file.
struct NewFile: ~Copyable {
    private static let capacity = 1 << 19
    private static let alignment = 4096

    private let file: FileDescriptor
    private let buffer: UnsafeMutableRawBufferPointer
    private var filled = 0

    /// - Throws: `StorageError.notWritable`, `.diskFull`.
    init(creating path: String) throws(StorageError) {
        let file = try FileDescriptor.creating(path)
        try file.tryDirect()
        self.file = file
        buffer = .allocate(byteCount: Self.capacity, alignment: Self.alignment)
    }

    deinit { buffer.deallocate() }

    mutating func append(_ bytes: [UInt8]) throws(StorageError) {
        var done = 0
        while done < bytes.count {
            let count = min(bytes.count - done, Self.capacity - filled)
            bytes.withUnsafeBytes { source in
                UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[done..<(done + count)]))
            }
            filled += count
            done += count
            if filled == Self.capacity { try write(0..<filled) }
        }
    }

    /// Writes what is left, and makes it durable if asked.
    mutating func finish(syncing: Bool) throws(StorageError) {
        let whole = filled - filled % Self.alignment
        let end = filled
        try write(0..<whole)
        // The last bytes fill no block, so they take the way through the cache.
        try file.setDirect(false)
        try write(whole..<end)
        if syncing { try file.sync() }
    }

    private mutating func write(_ range: Range<Int>) throws(StorageError) {
        filled = 0
        guard !range.isEmpty else { return }
        try file.write(UnsafeRawBufferPointer(rebasing: buffer[range]))
    }
}
