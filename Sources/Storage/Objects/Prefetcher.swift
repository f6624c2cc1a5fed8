internal import Dispatch
internal import Synchronization

/// Reads the next piece of a file while the last one is being opened and handed on.
///
/// A large object is read past the page cache, where the file system can: it is read once, and would push out of the cache
/// what is read often.
final class Prefetcher: Sendable {
    private static let alignment: UInt64 = 4096

    private struct State: ~Copyable {
        /// What is being read ahead.
        var ahead: Range<UInt64>?
        var result: Result<[UInt8], StorageError> = .success([])
    }

    private let file: FileDescriptor
    /// Past the page cache: memory and offsets must be aligned then.
    private let isDirect: Bool
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "muniment.prefetch")
    private let isThere = DispatchSemaphore(value: 0)

    init(_ file: FileDescriptor, isDirect: Bool) {
        self.file = file
        self.isDirect = isDirect
    }

    /// Begins to read what will be asked for next. Nothing else may be read ahead.
    func begin(_ range: Range<UInt64>) {
        state.withLock { $0.ahead = range }
        queue.async { [self] in
            let result = Result { () throws(StorageError) in try read(range) }
            state.withLock { $0.result = result }
            isThere.signal()
        }
    }

    /// The bytes of `range`: those read ahead, or read now; fewer only when the file ends.
    func piece(_ range: Range<UInt64>) throws(StorageError) -> [UInt8] {
        let ahead = state.withLock { state in
            defer { state.ahead = nil }
            return state.ahead
        }
        if ahead != nil { isThere.wait() }
        return ahead == range ? try state.withLock { $0.result }.get() : try read(range)
    }

    private func read(_ range: Range<UInt64>) throws(StorageError) -> [UInt8] {
        guard isDirect else { return try file.read(range.count, at: range.lowerBound) }
        let start = range.lowerBound / Self.alignment * Self.alignment
        let end = (range.upperBound + Self.alignment - 1) / Self.alignment * Self.alignment
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Int(end - start), alignment: Int(Self.alignment))
        defer { buffer.deallocate() }
        let count = try file.fill(buffer, at: start)
        let from = min(Int(range.lowerBound - start), count)
        return [UInt8](buffer[from..<max(from, min(count, Int(range.upperBound - start)))])
    }
}
