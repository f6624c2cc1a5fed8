internal import Dispatch
internal import Sealing
internal import Synchronization

/// Seals a file block by block: while one block is hashed and written, the next is read and sealed.
///
/// Memory is a few blocks, whatever the file's size.
struct SealingStream: ~Copyable {
    /// 16 chunks. Larger blocks gain nothing and smaller ones hand over too often.
    static let blockCount = 16 * Age.chunkCount

    private var start: AgeStart
    private var fingerprint: FingerprintStream
    private let sink: DigestingSink
    private var chunkIndex: UInt64 = 0
    private var byteCount: UInt64 = 0

    init(
        _ start: consuming AgeStart, _ fingerprint: consuming FingerprintStream,
        writingTo file: consuming sending SealedFile
    ) {
        sink = DigestingSink(file)
        self.fingerprint = fingerprint
        self.start = start
    }

    /// `inspect`: sees the first 64 KiB before anything is written, and may refuse them.
    consuming func run(
        _ source: FileDescriptor, path: String, syncing: Bool, inspect: ([UInt8]) throws -> Void
    ) throws -> StagedObject {
        // A file's length may change under us; it is only a hint for how much room to make.
        let hint = try Int(clamping: source.byteCount())
        var block = try read(source, min(max(hint, 1) + 1, Self.blockCount))
        if block.count > hint, block.count < Self.blockCount {
            block += try read(source, Self.blockCount - block.count)
        }
        try inspect(Array(block.prefix(Age.chunkCount)))
        try sink.write(start.preamble)
        // A full block may be the last: only the next read tells.
        while block.count == Self.blockCount {
            let next = try read(source, Self.blockCount)
            try sink.writeAside(seal(block, isLast: next.isEmpty))
            if next.isEmpty { return try finish(path: path, syncing: syncing) }
            block = next
        }
        let sealed = seal(block, isLast: true)
        if chunkIndex <= 16 { try sink.write(sealed) } else { try sink.writeAside(sealed) }
        return try finish(path: path, syncing: syncing)
    }

    private consuming func finish(path: String, syncing: Bool) throws(StorageError) -> StagedObject {
        StagedObject(
            path: path, isSynced: syncing, name: try sink.finish(syncing: syncing), byteCount: byteCount,
            fingerprint: fingerprint.digest())
    }

    private mutating func read(_ source: FileDescriptor, _ count: Int) throws(StorageError) -> [UInt8] {
        let block = try source.read(count)
        fingerprint.update(block.span)
        byteCount += UInt64(block.count)
        return block
    }

    private mutating func seal(_ block: [UInt8], isLast: Bool) -> [UInt8] {
        let chunks = Int(Age.chunks(in: UInt64(block.count)))
        let count = block.count + chunks * Age.tagCount
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            var out = buffer.mutableSpan
            for chunk in 0..<chunks {
                let from = chunk * Age.chunkCount
                let end = min(from + Age.chunkCount, block.count)
                start.cipher.seal(
                    block.span.extracting(from..<end), index: chunkIndex, isLast: isLast && chunk == chunks - 1,
                    into: &out, at: from + chunk * Age.tagCount)
                chunkIndex += 1
            }
            filled = count
        }
    }
}

/// A file that is hashed as it is written, if need be by another thread, in order.
final class DigestingSink: Sendable {
    private struct State: ~Copyable {
        var digest = DigestStream()
        var file: SealedFile
        var failure: StorageError?

        init(_ file: consuming SealedFile) { self.file = file }

        mutating func write(_ bytes: [UInt8]) {
            guard failure == nil else { return }
            digest.update(bytes.span)
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
    private let queue = DispatchQueue(label: "muniment.sealing")
    /// How many blocks may wait: this bounds the memory.
    private let room = DispatchSemaphore(value: 3)

    init(_ file: consuming sending SealedFile) { state = Mutex(State(file)) }

    func write(_ bytes: [UInt8]) throws(StorageError) {
        let failure = state.withLock { state in
            state.write(bytes)
            return state.failure
        }
        if let failure { throw failure }
    }

    /// Hands `bytes` to the other thread. A failure there is thrown by a later call.
    func writeAside(_ bytes: [UInt8]) throws(StorageError) {
        room.wait()
        queue.async { [self] in
            state.withLock { $0.write(bytes) }
            room.signal()
        }
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    func finish(syncing: Bool) throws(StorageError) -> Digest {
        queue.sync {}
        let failure = state.withLock { state in
            state.finish(syncing: syncing)
            return state.failure
        }
        if let failure { throw failure }
        return state.withLock { $0.takeDigest() }
    }
}
