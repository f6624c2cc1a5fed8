internal import Dispatch
public import Sealing
internal import Synchronization

/// A new file that is hashed and written, if need be by another thread, in order.
public final class FileSink: Sendable {
    private struct State: ~Copyable {
        var digest = DigestStream()
        var file: NewFile
        let isDigesting: Bool
        var failure: StorageError?

        init(_ file: consuming NewFile, isDigesting: Bool) {
            self.file = file
            self.isDigesting = isDigesting
        }

        mutating func write(_ bytes: [UInt8]) {
            guard failure == nil else { return }
            if isDigesting { digest.update(bytes.span) }
            do throws(StorageError) { try file.append(bytes) } catch { failure = error }
        }

        mutating func finish(syncing: Bool) {
            guard failure == nil else { return }
            do throws(StorageError) { try file.finish(syncing: syncing) } catch { failure = error }
        }

        mutating func takeDigest() -> Digest {
            var stream = DigestStream()
            swap(&stream, &digest)
            return stream.finish()
        }
    }

    private let state: Mutex<State>
    private let queue = DispatchQueue(label: "muniment.file")
    /// So that whoever hands over need not wait for the lock to learn of a failure.
    private let hasFailed = Atomic(false)
    /// How many blocks may wait: this bounds the memory.
    private let room = DispatchSemaphore(value: 3)

    /// `isDigesting`: whether the SHA-256 of what is written is wanted.
    ///
    /// - Throws: `StorageError.notWritable`, `.diskFull`.
    public init(creating path: String, isDigesting: Bool) throws(StorageError) {
        state = Mutex(State(try NewFile(creating: path), isDigesting: isDigesting))
    }

    /// Writes on this thread.
    func write(_ bytes: [UInt8]) throws(StorageError) {
        try check(
            state.withLock { state in
                state.write(bytes)
                return state.failure
            })
    }

    /// Hands `bytes` to the other thread. A failure there is thrown by a later call.
    public func writeAside(_ bytes: [UInt8]) throws(StorageError) {
        room.wait()
        guard !hasFailed.load(ordering: .relaxed) else {
            room.signal()
            return try check(state.withLock { $0.failure })
        }
        queue.async { [self] in
            let failure = state.withLock { state in
                state.write(bytes)
                return state.failure
            }
            if failure != nil { hasFailed.store(true, ordering: .relaxed) }
            room.signal()
        }
    }

    /// Waits for everything to be written.
    ///
    /// - Returns: the SHA-256 of what was written, or of nothing when it was not wanted.
    public func finish(syncing: Bool) throws(StorageError) -> Digest {
        queue.sync {}
        try check(
            state.withLock { state in
                state.finish(syncing: syncing)
                return state.failure
            })
        return state.withLock { $0.takeDigest() }
    }

    private func check(_ failure: StorageError?) throws(StorageError) {
        if let failure { throw failure }
    }
}
