public import Sealing

/// A whole file as one age file, a chunk at a time.
public enum SealedFile {
    private static let sealedChunk = Age.chunkCount + Age.tagCount

    /// Seals `front` and behind it all of `source` into a new file at `path`, and makes it durable.
    ///
    /// `front`: less than a chunk of 64 KiB.
    ///
    /// - Returns: the SHA-256 of the sealed file.
    public static func seal(
        _ front: [UInt8], before source: FileDescriptor, to recipients: [AgeRecipient], into path: String,
        random: RandomSource
    ) throws -> Digest {
        precondition(front.count < Age.chunkCount, "the front is one chunk at most")
        var start = try Age.begin(sealingTo: recipients, random: random)
        let sink = try FileSink(creating: path, isDigesting: true)
        try sink.write(start.preamble)
        var chunk = front + (try source.read(Age.chunkCount - front.count))
        var index: UInt64 = 0
        while true {
            // A full chunk may be the last: only the next read tells.
            let next = chunk.count == Age.chunkCount ? try source.read(Age.chunkCount) : []
            try sink.append(chunk.count + Age.tagCount) { block, offset in
                start.cipher.seal(chunk.span, index: index, isLast: next.isEmpty, into: &block, at: offset)
            }
            if next.isEmpty { return try sink.finish(syncing: true) }
            chunk = next
            index += 1
        }
    }

    /// Opens a file and hands its content to `emit` in order, each chunk authenticated first, until `emit` says that it is enough.
    ///
    /// - Throws: `SealingError.noMatchingKey`, `.malformedHeader`, `.headerAltered`, `.payloadDamaged`; whatever `emit` throws.
    public static func open(
        _ path: String, with opener: borrowing AgeOpener, emit: ([UInt8]) throws -> Bool
    ) throws {
        let file = try FileDescriptor.reading(path)
        let size = try file.byteCount()
        let front = try file.read(Int(min(size, UInt64(AgeHeader.maximumByteCount))))
        let header = try AgeHeader(parsing: front)
        let nonce = Array(front[header.byteCount...].prefix(Age.payloadNonceCount))
        var cipher = try Age.open(header, nonce: nonce, with: opener)
        let start = UInt64(header.byteCount + nonce.count)
        let chunks = max(1, (size - start + UInt64(sealedChunk) - 1) / UInt64(sealedChunk))
        for index in 0..<chunks {
            let sealed = try file.read(sealedChunk, at: start + index * UInt64(sealedChunk))
            guard sealed.count >= Age.tagCount else { throw SealingError.payloadDamaged(chunk: index) }
            var chunk = [UInt8](repeating: 0, count: sealed.count - Age.tagCount)
            var span = chunk.mutableSpan
            try cipher.open(sealed.span, index: index, isLast: index == chunks - 1, into: &span)
            guard try emit(chunk) else { return }
        }
    }
}
