internal import Sealing

/// Seals a file block by block, straight into what is hashed and written.
///
/// Memory is a few blocks, whatever the file's size.
struct SealingStream: ~Copyable {
    /// 8 chunks. Larger blocks gain nothing and smaller ones hand over too often.
    static let blockCount = 8 * Age.chunkCount

    private var start: AgeStart
    private var fingerprint: FingerprintStream
    private let sink: FileSink
    private var chunkIndex: UInt64 = 0
    private var byteCount: UInt64 = 0

    init(_ start: consuming AgeStart, _ fingerprint: consuming FingerprintStream, writingTo sink: FileSink) {
        self.sink = sink
        self.fingerprint = fingerprint
        self.start = start
    }

    /// `inspect`: sees the first 64 KiB before anything is written, and may refuse them.
    consuming func run(
        _ source: FileDescriptor, path: String, syncing: Bool, inspect: ([UInt8]) throws -> Void
    ) throws -> StagedObject {
        // A file's length may change under us; it is only a hint for how much room to make.
        let hint = try Int(clamping: source.byteCount())
        var block = try read(source, min(max(hint, 1), Self.blockCount - 1) + 1)
        if block.count > hint, block.count < Self.blockCount {
            block += try read(source, Self.blockCount - block.count)
        }
        try inspect(Array(block.prefix(Age.chunkCount)))
        try sink.write(start.preamble)
        // A full block may be the last: only the next read tells.
        while block.count == Self.blockCount {
            let next = try read(source, Self.blockCount)
            try seal(block, isLast: next.isEmpty)
            if next.isEmpty { return try finish(path: path, syncing: syncing) }
            block = next
        }
        try seal(block, isLast: true)
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

    private mutating func seal(_ block: [UInt8], isLast: Bool) throws(StorageError) {
        let chunks = Int(Age.chunks(in: UInt64(block.count)))
        for chunk in 0..<chunks {
            let from = chunk * Age.chunkCount
            let end = min(from + Age.chunkCount, block.count)
            try sink.append(end - from + Age.tagCount) { out in
                start.cipher.seal(
                    block.span.extracting(from..<end), index: chunkIndex, isLast: isLast && chunk == chunks - 1,
                    into: &out)
            }
            chunkIndex += 1
        }
    }
}
