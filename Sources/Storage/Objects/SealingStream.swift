internal import Sealing

/// Seals a file chunk by chunk, straight into what is hashed and written.
///
/// Memory is two chunks and the sink's blocks, whatever the file's size.
struct SealingStream: ~Copyable {
    private var start: AgeStart
    private var fingerprint: FingerprintStream
    private var intake: Intake?
    private let sink: FileSink
    private var chunkIndex: UInt64 = 0
    private var byteCount: UInt64 = 0

    init(
        _ start: consuming AgeStart, _ fingerprint: consuming FingerprintStream, _ intake: Intake?,
        writingTo sink: FileSink
    ) {
        self.sink = sink
        self.intake = intake
        self.fingerprint = fingerprint
        self.start = start
    }

    /// What the intake refuses ends it at once.
    consuming func run(_ source: some ContentSource, path: String, syncing: Bool) throws -> StagedObject {
        var chunk = try read(source)
        try sink.write(start.preamble)
        // A full chunk may be the last: only the next read tells.
        while chunk.count == Age.chunkCount {
            let next = try read(source)
            if next.isEmpty { break }
            try seal(chunk, isLast: false)
            chunk = next
        }
        try seal(chunk, isLast: true)
        let scannedBy = try intake?.finish()
        return try finish(path: path, syncing: syncing, scannedBy)
    }

    private consuming func finish(
        path: String, syncing: Bool, _ scannedBy: ScanEngine?
    ) throws(StorageError) -> StagedObject {
        StagedObject(
            path: path, isSynced: syncing, name: try sink.finish(syncing: syncing), byteCount: byteCount,
            fingerprint: fingerprint.digest(), scannedBy: scannedBy)
    }

    private mutating func read(_ source: some ContentSource) throws -> [UInt8] {
        let chunk = try source.read(Age.chunkCount)
        try intake?.take(chunk)
        fingerprint.update(chunk.span)
        byteCount += UInt64(chunk.count)
        return chunk
    }

    private mutating func seal(_ chunk: [UInt8], isLast: Bool) throws(StorageError) {
        try sink.append(chunk.count + Age.tagCount) { block, offset in
            start.cipher.seal(chunk.span, index: chunkIndex, isLast: isLast, into: &block, at: offset)
        }
        chunkIndex += 1
    }
}
