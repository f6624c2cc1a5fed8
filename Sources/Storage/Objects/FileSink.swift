internal import Dispatch
public import Sealing
internal import Synchronization

/// A new file that is written once, front to back, and hashed if need be. Nobody else may read it.
///
/// While one block is hashed and written by another thread, the next is filled in place; a file of one block needs no other
/// thread. The way to the disk is past the page cache where the file system can: what is deposited or copied out is seldom read
/// again soon, so it would only push out of the cache what is; and there is little to wait for when it is synced.
public final class FileSink: Sendable {
    private struct State: ~Copyable {
        let file: FileDescriptor
        let isDigesting: Bool
        var digest = DigestStream()
        var failure: StorageError?
        /// The block that was handed over last.
        var block: WriteBlock?

        init(_ file: FileDescriptor, isDigesting: Bool) {
            self.file = file
            self.isDigesting = isDigesting
        }

        /// Takes over a full block, and leaves one to fill.
        mutating func take(_ full: inout WriteBlock) {
            var next = block.take() ?? WriteBlock()
            next.begin(after: full)
            swap(&next, &full)
            block = consume next
        }

        /// Writes the block that was handed over, but for what the next one carries.
        mutating func writeBlock() {
            guard failure == nil, let full = block.take() else { return }
            do throws(StorageError) { try write(full) } catch { failure = error }
            block = consume full
        }

        /// Writes the last block to its end, and makes the file durable if asked.
        mutating func finish(_ last: borrowing WriteBlock, syncing: Bool) throws(StorageError) -> Digest {
            if let failure { throw failure }
            try write(last)
            // The last bytes fill no block of the disk, so they take the way through the cache.
            try file.setDirect(false)
            try file.write(last.bytes.span.extracting(last.rest))
            if syncing { try file.sync() }
            var stream = DigestStream()
            swap(&stream, &digest)
            return stream.finish()
        }

        private mutating func write(_ block: borrowing WriteBlock) throws(StorageError) {
            if isDigesting { digest.update(block.bytes.span.extracting(block.appended)) }
            try file.write(block.bytes.span.extracting(block.whole))
        }
    }

    private let filling = Mutex(WriteBlock())
    private let state: Mutex<State>
    private let queue = DispatchQueue(label: "muniment.file")
    /// One block waits, at most: this bounds the memory.
    private let isWritten = DispatchSemaphore(value: 1)

    /// `isDigesting`: whether the SHA-256 of what is written is wanted.
    ///
    /// - Throws: `StorageError.notWritable`, `.diskFull`.
    public init(creating path: String, isDigesting: Bool) throws(StorageError) {
        let file = try FileDescriptor.creating(path)
        try file.tryDirect()
        state = Mutex(State(file, isDigesting: isDigesting))
    }

    /// Lets `fill` write the next `count` bytes in place, from the offset that it is told: not more than
    /// `WriteBlock.largestAppend`.
    ///
    /// - Throws: what went wrong before, if anything did.
    func append(_ count: Int, _ fill: (inout MutableSpan<UInt8>, Int) -> Void) throws(StorageError) {
        if filling.withLock({ $0.room < count }) { try handOver() }
        filling.withLock { $0.append(count, fill) }
    }

    /// As `append`, for bytes that are there, however many.
    public func write(_ bytes: [UInt8]) throws(StorageError) {
        for from in stride(from: 0, to: bytes.count, by: WriteBlock.largestAppend) {
            let part = bytes[from..<min(from + WriteBlock.largestAppend, bytes.count)]
            try append(part.count) { block, offset in
                block.withUnsafeMutableBytes { block in
                    UnsafeMutableRawBufferPointer(rebasing: block[offset...]).copyBytes(from: part)
                }
            }
        }
    }

    private func handOver() throws(StorageError) {
        isWritten.wait()
        let failure = filling.withLock { full in
            state.withLock { state in
                state.take(&full)
                return state.failure
            }
        }
        queue.async { [self] in
            state.withLock { $0.writeBlock() }
            isWritten.signal()
        }
        if let failure { throw failure }
    }

    /// Waits for everything to be written.
    ///
    /// - Returns: the SHA-256 of what was written, or of nothing when it was not wanted.
    public func finish(syncing: Bool) throws(StorageError) -> Digest {
        queue.sync {}
        return try filling.withLock { (last) throws(StorageError) in
            try state.withLock { (state) throws(StorageError) in try state.finish(last, syncing: syncing) }
        }
    }
}
