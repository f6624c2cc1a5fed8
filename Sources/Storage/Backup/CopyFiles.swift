internal import Glibc
public import Sealing

extension Folder {
    private static let block = 1 << 18

    /// Copies a file to where none is yet, and makes it durable.
    ///
    /// - Returns: the SHA-256 of what was copied.
    public static func copy(_ source: String, to target: String) throws(StorageError) -> Digest {
        let file = try FileDescriptor.reading(source)
        let sink = try FileSink(creating: target, isDigesting: true)
        while true {
            let bytes = try file.read(block)
            if bytes.isEmpty { return try sink.finish(syncing: true) }
            try sink.write(bytes)
        }
    }

    /// The SHA-256 of a file.
    public static func digest(of path: String) throws(StorageError) -> Digest {
        let file = try FileDescriptor.reading(path)
        var digest = DigestStream()
        while true {
            let bytes = try file.read(block)
            if bytes.isEmpty { return digest.finish() }
            digest.update(bytes.span)
        }
    }

    /// Overwrites a file with zeros before it is removed, so that its blocks do not keep what it held. One that is already gone is
    /// no error.
    public static func wipe(_ path: String) throws(StorageError) {
        guard exists(path) else { return }
        let file = try FileDescriptor.opening(path, O_WRONLY, "open a file")
        let zeros = [UInt8](repeating: 0, count: block)
        var rest = try file.byteCount()
        while rest > 0 {
            let count = Int(min(rest, UInt64(block)))
            try file.write(zeros.span.extracting(first: count))
            rest -= UInt64(count)
        }
        try file.sync()
        try remove(path)
    }
}

/// The lock of a folder that one process works in at a time. It goes with its last owner.
public final class FolderLock: Sendable {
    private let file: FileDescriptor

    /// For so long somebody may have it who only seems to: a program that is being started has all our files until it runs.
    private static let patience = 100
    private static let pause: UInt32 = 20_000

    /// - Returns: `nil` when another process has it, and keeps it for two seconds.
    public init?(_ folder: String) throws(StorageError) {
        file = try .folder(folder)
        for _ in 1..<Self.patience {
            if try file.lock(exclusively: true, waiting: false) { return }
            usleep(Self.pause)
        }
        guard try file.lock(exclusively: true, waiting: false) else { return nil }
    }
}
