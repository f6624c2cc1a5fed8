public import Sealing

/// Opens the content of one object, whole or from any byte, without holding more than a few chunks.
public struct ObjectReader: ~Copyable, Sendable {
    private let name: Digest
    private let pieces: Prefetcher
    private var cipher: ChunkCipher
    private let payloadStart: UInt64
    /// Plaintext length in bytes.
    public let byteCount: UInt64

    /// Opens an object and checks that it is as long as it must be.
    ///
    /// `byteCount`: the plaintext's length as the records have it.
    ///
    /// - Throws: `StorageError.objectMissing`, `.objectDamaged`.
    public init(
        _ store: ObjectStore, name: Digest, byteCount: UInt64, opener: borrowing AgeOpener
    ) throws(StorageError) {
        let file = try store.open(name)
        let (header, nonce) = try Self.preamble(of: file, name: name)
        guard try file.byteCount() == UInt64(header.byteCount) + Age.payloadByteCount(sealing: byteCount) else {
            throw .objectDamaged(name.hex)
        }
        let isDirect = byteCount >= Self.directCount
        if isDirect { try file.tryDirect() }
        let cipher = try Self.cipher(header, nonce, opener, name)
        self.cipher = cipher
        payloadStart = UInt64(header.byteCount + Age.payloadNonceCount)
        self.name = name
        pieces = Prefetcher(file, isDirect: isDirect)
        self.byteCount = byteCount
    }

    private static func cipher(
        _ header: AgeHeader, _ nonce: [UInt8], _ opener: borrowing AgeOpener, _ name: Digest
    ) throws(StorageError) -> ChunkCipher {
        do throws(SealingError) {
            return try Age.open(header, nonce: nonce, with: opener)
        } catch .noMatchingKey {
            throw .wrongKey(name.hex)
        } catch .unavailable {
            throw .system(what: "lock memory for a key", number: 0)
        } catch {
            throw .objectDamaged(name.hex)
        }
    }

    static func preamble(
        of file: FileDescriptor, name: Digest
    ) throws(StorageError) -> (AgeHeader, nonce: [UInt8]) {
        var front = [UInt8](repeating: 0, count: 4096)
        var span = front.mutableSpan
        let count = try file.fill(&span)
        do throws(SealingError) {
            let header = try AgeHeader(parsing: Array(front.prefix(count)))
            let nonce = Array(front.prefix(count)[header.byteCount...].prefix(Age.payloadNonceCount))
            return (header, nonce)
        } catch {
            throw .objectDamaged(name.hex)
        }
    }

    /// Hands the bytes of `range` to `emit`, in order, in blocks of at most 512 KiB. No byte that failed to authenticate is handed on.
    ///
    /// - Throws: `StorageError.objectDamaged`; whatever `emit` throws.
    public mutating func read(_ range: Range<UInt64>, emit: ([UInt8]) throws -> Void) throws {
        var offset = range.lowerBound
        repeat {
            let block = try block(of: offset..<range.upperBound)
            if !block.isEmpty { try emit(block) }
            offset += UInt64(block.count)
        } while offset < range.upperBound
    }

    /// The first bytes of `range`: so many chunks of 64 KiB, and none only when the range is empty.
    ///
    /// `readingAhead`: whether what follows is read from the disk meanwhile, for who takes it at once.
    ///
    /// - Throws: `StorageError.objectDamaged`.
    public mutating func block(
        of range: Range<UInt64>, chunks: UInt64 = pieceCount, readingAhead: Bool = true
    ) throws(StorageError) -> [UInt8] {
        precondition(range.upperBound <= byteCount, "the range ends behind the content")
        let chunkCount = UInt64(Age.chunkCount)
        let last = Age.chunks(in: byteCount) - 1
        let first = range.lowerBound / chunkCount
        let end = max(first + 1, min(last + 1, (range.upperBound + chunkCount - 1) / chunkCount))
        let piece = first..<min(first + chunks, end)
        let sealed = try pieces.piece(sealedBytes(of: piece))
        if readingAhead, piece.upperBound < end {
            pieces.begin(sealedBytes(of: piece.upperBound..<min(piece.upperBound + chunks, end)))
        }
        let block = try open(sealed, chunks: piece, last: last)
        let offset = first * chunkCount
        let from = Int(max(range.lowerBound, offset) - offset)
        let to = Int(min(range.upperBound, offset + UInt64(block.count)) - offset)
        return from == 0 && to == block.count ? block : Array(block[from..<max(from, to)])
    }

    /// Objects from this length on are read past the page cache.
    private static let directCount: UInt64 = 64 << 20
    /// Chunks in a piece.
    public static let pieceCount: UInt64 = 8

    private func sealedBytes(of chunks: Range<UInt64>) -> Range<UInt64> {
        let sealedChunk = UInt64(Age.chunkCount + Age.tagCount)
        let end = min(
            payloadStart + chunks.upperBound * sealedChunk,
            payloadStart + byteCount + Age.chunks(in: byteCount) * UInt64(Age.tagCount))
        return (payloadStart + chunks.lowerBound * sealedChunk)..<end
    }

    private mutating func open(
        _ sealed: [UInt8], chunks: Range<UInt64>, last: UInt64
    ) throws(StorageError) -> [UInt8] {
        let plainStart = chunks.lowerBound * UInt64(Age.chunkCount)
        let plainCount = Int(min(chunks.upperBound * UInt64(Age.chunkCount), byteCount) - plainStart)
        guard sealed.count == plainCount + chunks.count * Age.tagCount else { throw .objectDamaged(name.hex) }
        var problem: StorageError?
        let block = [UInt8](unsafeUninitializedCapacity: plainCount) { buffer, filled in
            var out = buffer.mutableSpan
            do throws(StorageError) {
                try open(sealed, chunks: chunks, last: last, into: &out)
                filled = plainCount
            } catch { problem = error }
        }
        if let problem { throw problem }
        return block
    }

    private mutating func open(
        _ sealed: [UInt8], chunks: Range<UInt64>, last: UInt64, into out: inout MutableSpan<UInt8>
    ) throws(StorageError) {
        for chunk in chunks {
            let from = Int(chunk - chunks.lowerBound) * Age.chunkCount
            let to = min(from + Age.chunkCount, out.count)
            let source = from + Int(chunk - chunks.lowerBound) * Age.tagCount
            do throws(SealingError) {
                try cipher.open(
                    sealed.span.extracting(source..<(source + to - from + Age.tagCount)), index: chunk,
                    isLast: chunk == last, into: &out, at: from)
            } catch {
                throw .objectDamaged(name.hex)
            }
        }
    }
}

extension ObjectStore {
    /// An object as it is stored, for putting another header in front of the same payload. It can be read to its end also when the object
    /// is removed meanwhile.
    ///
    /// - Throws: `StorageError.objectMissing`, `.objectDamaged`.
    public func sealed(_ name: Digest) throws(StorageError) -> SealedObject {
        SealedObject(name: name, header: try ObjectReader.preamble(of: open(name), name: name).0, file: try open(name))
    }
}

/// A sealed file that is open.
public struct SealedObject: Sendable {
    let name: Digest
    public let header: AgeHeader
    let file: FileDescriptor

    /// Hands the sealed payload, nonce included, to `emit` in blocks, once, while checking that the object is what its name says.
    ///
    /// - Throws: `StorageError.objectDamaged` at the end, when it was not: what was handed over must then be discarded.
    public func copyPayload(emit: ([UInt8]) throws -> Void) throws {
        var digest = DigestStream()
        var skipped = header.byteCount
        var buffer = [UInt8](repeating: 0, count: 8 * Age.chunkCount)
        while true {
            var span = buffer.mutableSpan
            let count = try file.fill(&span)
            guard count > 0 else { break }
            digest.update(buffer.span.extracting(first: count))
            try emit(Array(buffer[min(skipped, count)..<count]))
            skipped = max(0, skipped - count)
        }
        guard digest.finish() == name else { throw StorageError.objectDamaged(name.hex) }
    }
}
