public import Sealing
internal import Synchronization

/// Objects that are there already, sealed aside for another key. Nothing refers to what is made until `place`.
extension ObjectStore {
    /// Seals the content of an object anew, header and payload. It passes through memory a few chunks at a time.
    ///
    /// `fingerprint`: takes the content as it passes, to be held against what it must be.
    ///
    /// - Throws: `StorageError.objectMissing`, `.objectDamaged`, `.diskFull`.
    public func reseal(
        _ reader: consuming ObjectReader, to recipient: AgeRecipient, fingerprint: consuming FingerprintStream,
        random: RandomSource
    ) throws -> StagedObject {
        try stage(
            ObjectContent(reader), through: nil, to: recipient, fingerprint: fingerprint, syncing: false, random: random
        )
    }

    /// Puts a header for another key in front of the same payload.
    ///
    /// `byteCount`, `fingerprint`: of the content, which is not looked at.
    ///
    /// - Throws: as `reseal`.
    public func readdress(
        _ name: Digest, openedWith opener: borrowing AgeOpener, to recipient: AgeRecipient, byteCount: UInt64,
        fingerprint: Digest, random: RandomSource
    ) throws -> StagedObject {
        let old = try sealed(name)
        let header = try Age.readdress(old.header, openedWith: opener, to: [recipient], random: random)
        let path = staging + "/" + Hex.encode(random.bytes(16))
        do {
            let sink = try FileSink(creating: path, isDigesting: true)
            try sink.write(header.encoded)
            try old.copyPayload { try sink.write($0) }
            return StagedObject(
                path: path, isSynced: false, name: try sink.finish(syncing: false), byteCount: byteCount,
                fingerprint: fingerprint, scannedBy: nil)
        } catch {
            try? Folder.remove(path)  // Harmless when it fails: the next sweep of the staging folder removes it.
            throw error
        }
    }
}

/// The content of an object from front to back.
private final class ObjectContent: ContentSource {
    private struct State: ~Copyable {
        var reader: ObjectReader
        var offset: UInt64 = 0
        var block: ArraySlice<UInt8> = []
    }

    private let state: Mutex<State>

    init(_ reader: consuming ObjectReader) { state = Mutex(State(reader: reader)) }

    func read(_ count: Int) throws -> [UInt8] {
        try state.withLock { state in
            var bytes: [UInt8] = []
            while bytes.count < count {
                if state.block.isEmpty {
                    let block = try state.reader.block(of: state.offset..<state.reader.byteCount)
                    state.offset += UInt64(block.count)
                    state.block = block[...]
                    if block.isEmpty { break }
                }
                let part = state.block.prefix(count - bytes.count)
                bytes += part
                state.block = state.block.dropFirst(part.count)
            }
            return bytes
        }
    }
}
