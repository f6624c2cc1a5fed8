public import Sealing

/// What came of copying objects from one store to another.
public struct ObjectCopy: Hashable, Sendable, Codable {
    public var copied = 0
    /// That the other store had already.
    public var present = 0
    /// Of what was copied.
    public var bytes: UInt64 = 0
    /// What is not what its name says, and was not copied.
    public var damaged: [String] = []

    public init() {}
}

extension ObjectStore {
    /// Copied objects that get their names together: one wait for the disk for so many, or for so many bytes.
    private static let batchCount = 256
    private static let batchBytes: UInt64 = 256 << 20
    private static let block = 1 << 18

    /// The objects of one folder of `source` that this store lacks, and how many it has.
    public func lacking(
        of source: ObjectStore, inFolder byte: UInt8
    ) throws(StorageError) -> (names: [Digest], present: Int) {
        let names = try source.names(inFolder: byte)
        if names.isEmpty { return ([], 0) }
        let present = Set(try self.names(inFolder: byte))
        let lacking = names.filter { !present.contains($0) }
        return (lacking.compactMap(Digest.init(hex:)), names.count - lacking.count)
    }

    /// Copies objects, each held against its name meanwhile, and gives them their names once they are on the disk. One that is gone
    /// from the source is left out; one that is damaged there is named.
    public func take(
        _ names: [Digest], from source: ObjectStore, random: RandomSource, into copy: inout ObjectCopy
    ) throws {
        var staged: [StagedObject] = []
        do {
            for name in names {
                do throws(StorageError) {
                    staged.append(try stageCopy(of: name, from: source, random: random))
                } catch .objectMissing {
                    continue
                } catch .objectDamaged(let name) {
                    copy.damaged.append(name)
                }
                if staged.count == Self.batchCount || staged.reduce(0, { $0 + $1.byteCount }) >= Self.batchBytes {
                    try give(&staged, into: &copy)
                }
            }
            try give(&staged, into: &copy)
        } catch {
            // Harmless when it fails: whoever writes here next sweeps it.
            for object in staged { try? discard(object) }
            throw error
        }
    }

    private func give(_ staged: inout [StagedObject], into copy: inout ObjectCopy) throws(StorageError) {
        guard !staged.isEmpty else { return }
        try place(staged)
        copy.copied += staged.count
        copy.bytes += staged.reduce(0) { $0 + $1.byteCount }
        staged = []
    }

    private func stageCopy(
        of name: Digest, from source: ObjectStore, random: RandomSource
    ) throws(StorageError) -> StagedObject {
        let file = try source.open(name)
        let path = staging + "/" + Hex.encode(random.bytes(16))
        do throws(StorageError) {
            let sink = try FileSink(creating: path, isDigesting: true)
            var count: UInt64 = 0
            while true {
                let bytes = try Self.next(file, name)
                if bytes.isEmpty { break }
                count += UInt64(bytes.count)
                try sink.write(bytes)
            }
            guard try sink.finish(syncing: false) == name else { throw .objectDamaged(name.hex) }
            return StagedObject(
                path: path, isSynced: false, name: name, byteCount: count, fingerprint: name, scannedBy: nil)
        } catch {
            try? Folder.remove(path)  // Harmless when it fails, as above.
            throw error
        }
    }

    /// A block that the disk does not give is damage of this object.
    private static func next(_ file: FileDescriptor, _ name: Digest) throws(StorageError) -> [UInt8] {
        do throws(StorageError) { return try file.read(block) } catch { throw .objectDamaged(name.hex) }
    }
}
