/// Seals what is written to it as one age file, in constant memory.
///
/// A file without `finish` is cut short, and no program takes it for whole.
public final class AgeWriter {
    private var cipher: ChunkCipher
    private let emit: ([UInt8]) throws -> Void
    private var pending: [UInt8] = []
    private var index: UInt64 = 0

    /// `emit`: takes the file's bytes, in order; the header at once.
    ///
    /// - Throws: `SealingError.malformedKey` for a recipient that nobody can have made; whatever `emit` throws.
    public init(
        to recipients: [AgeRecipient], random: RandomSource, emit: @escaping ([UInt8]) throws -> Void
    ) throws {
        let start = try Age.begin(sealingTo: recipients, random: random)
        let preamble = start.preamble
        cipher = start.cipher
        self.emit = emit
        try emit(preamble)
    }

    /// - Throws: whatever `emit` throws.
    public func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            // A full chunk may be the last, and that is known when something comes after it.
            if pending.count == Age.chunkCount { try seal(isLast: false) }
            let part = rest.prefix(Age.chunkCount - pending.count)
            pending += part
            rest = rest.dropFirst(part.count)
        }
    }

    /// Writes the end.
    ///
    /// - Throws: whatever `emit` throws.
    public func finish() throws {
        try seal(isLast: true)
    }

    private func seal(isLast: Bool) throws {
        var sealed = [UInt8](repeating: 0, count: pending.count + Age.tagCount)
        var span = sealed.mutableSpan
        cipher.seal(pending.span, index: index, isLast: isLast, into: &span)
        pending.removeAll(keepingCapacity: true)
        index += 1
        try emit(sealed)
    }
}
