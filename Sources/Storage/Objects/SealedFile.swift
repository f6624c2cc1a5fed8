internal import Glibc

/// A new file that is written once, front to back, past the page cache where the file system can.
///
/// What is deposited is seldom read soon, so a copy of it in the cache would only push out what is; and a large file written
/// straight to the disk leaves little to wait for when it is synced.
struct SealedFile: ~Copyable {
    private static let capacity = 1 << 19
    private static let alignment = 4096

    private let file: FileDescriptor
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: alignment)
    private var filled = 0

    /// - Throws: `StorageError.notWritable`, `.diskFull`.
    init(creating path: String) throws(StorageError) {
        do throws(StorageError) {
            file = try FileDescriptor.creating(path, isDirect: true)
        } catch .system {
            // The file system wants the cache: tmpfs, for one.
            file = try FileDescriptor.creating(path)
        }
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
