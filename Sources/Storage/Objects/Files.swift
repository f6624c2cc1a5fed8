internal import CLinux
internal import Glibc

/// An open file, closed with its last owner; and the few system calls that the stores need, each with its failure turned
/// into a `StorageError`.
public final class FileDescriptor: ContentSource {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { close(number) }

    /// Opens an existing file for reading.
    public static func reading(_ path: String) throws(StorageError) -> FileDescriptor {
        try opening(path, O_RDONLY, "open a file")
    }

    /// Makes a new file that nobody else may read. Fails when the name is taken.
    public static func creating(_ path: String) throws(StorageError) -> FileDescriptor {
        try opening(path, O_WRONLY | O_CREAT | O_EXCL, "make a file")
    }

    /// Past the page cache from now on, where the file system can.
    func tryDirect() throws(StorageError) {
        do throws(StorageError) { try setDirect(true) } catch .system {}
    }

    func setDirect(_ isDirect: Bool) throws(StorageError) {
        let flags = fcntl(number, F_GETFL, 0)
        let wanted = isDirect ? flags | __O_DIRECT : flags & ~__O_DIRECT
        guard flags >= 0, fcntl(number, F_SETFL, wanted) == 0 else { throw failure("write a file") }
    }

    static func folder(_ path: String) throws(StorageError) -> FileDescriptor {
        try opening(path, O_RDONLY | O_DIRECTORY, "open a folder")
    }

    static func opening(_ path: String, _ flags: Int32, _ what: String) throws(StorageError) -> FileDescriptor {
        let number = open(path, flags | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw flags & O_ACCMODE == O_RDONLY && errno == EACCES ? .notReadable : failure(what) }
        return FileDescriptor(number)
    }

    /// A second owner of standard input (0) or standard output (1).
    public static func duplicating(_ number: Int32) throws(StorageError) -> FileDescriptor {
        let copy = fcntl(number, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw failure("use a standard stream") }
        return FileDescriptor(copy)
    }

    /// Fills `buffer` from the current position, as far as the file goes.
    ///
    /// - Returns: the bytes read: fewer than asked for only at the end of the file.
    public func fill(_ buffer: inout MutableSpan<UInt8>) throws(StorageError) -> Int {
        try buffer.withUnsafeMutableBytes { (buffer) throws(StorageError) in try fill(buffer) }
    }

    private func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int {
        var done = 0
        while done < buffer.count {
            let count = Glibc.read(number, buffer.baseAddress.map { $0 + done }, buffer.count - done)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw failure("read a file") }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// At most `count` bytes from the current position: fewer only at the end of the file.
    public func read(_ count: Int) throws(StorageError) -> [UInt8] {
        var problem: StorageError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            var span = buffer.mutableSpan
            do throws(StorageError) { filled = try fill(&span) } catch { problem = error }
        }
        if let problem { throw problem }
        return bytes
    }

    /// Fills `buffer` from `offset` bytes into the file.
    ///
    /// - Returns: as `fill(_:)`.
    func fill(_ buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(StorageError) -> Int {
        guard lseek(number, off_t(offset), SEEK_SET) >= 0 else { throw failure("move in a file") }
        return try fill(buffer)
    }

    /// At most `count` bytes from `offset` on: fewer only at the end of the file.
    func read(_ count: Int, at offset: UInt64) throws(StorageError) -> [UInt8] {
        guard lseek(number, off_t(offset), SEEK_SET) >= 0 else { throw failure("move in a file") }
        return try read(count)
    }

    /// Writes all of `bytes`.
    public func write(_ bytes: Span<UInt8>) throws(StorageError) {
        try bytes.withUnsafeBytes { (bytes) throws(StorageError) in try write(bytes) }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(StorageError) {
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(number, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            if count < 0 && errno == EINTR { continue }
            // What is left after a direct write that was cut short takes the way through the cache.
            if count < 0 && errno == EINVAL && fcntl(number, F_GETFL, 0) & __O_DIRECT != 0 {
                try setDirect(false)
                continue
            }
            guard count > 0 else { throw failure("write a file") }
            done += count
        }
    }

    /// Makes what was written survive a power cut.
    public func sync() throws(StorageError) {
        guard fsync(number) == 0 else { throw failure("write a file to the disk") }
    }

    /// Makes everything written to this file system survive a power cut: one call for many files.
    func syncFileSystem() throws(StorageError) {
        guard syncfs(number) == 0 else { throw failure("write files to the disk") }
    }

    func unlock() { flock(number, LOCK_UN) }

    /// The file's length in bytes.
    public func byteCount() throws(StorageError) -> UInt64 {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw failure("look at a file") }
        return UInt64(status.st_size)
    }

    /// Takes the file's advisory lock. Released when the descriptor closes.
    ///
    /// - Returns: `false` when it is held elsewhere and `waiting` is off.
    func lock(exclusively: Bool, waiting: Bool) throws(StorageError) -> Bool {
        let kind = (exclusively ? LOCK_EX : LOCK_SH) | (waiting ? 0 : LOCK_NB)
        while flock(number, kind) != 0 {
            if errno == EWOULDBLOCK { return false }
            guard errno == EINTR else { throw failure("lock the vault") }
        }
        return true
    }
}

/// Names in folders.
public enum Folder {
    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    public static func create(_ path: String) throws(StorageError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("make a folder") }
    }

    /// Makes a rename or a new name in this folder survive a power cut.
    public static func sync(_ path: String) throws(StorageError) {
        try FileDescriptor.folder(path).sync()
    }

    public static func rename(_ old: String, to new: String) throws(StorageError) {
        guard Glibc.rename(old, new) == 0 else { throw failure("rename a file") }
    }

    /// Gives a file a name that must not be taken.
    public static func publish(_ old: String, as new: String) throws(StorageError) {
        guard link(old, new) == 0 else { throw errno == EEXIST ? .nameTaken : failure("name a file") }
        try remove(old)
    }

    /// Removes a file. One that is already gone is no error.
    public static func remove(_ path: String) throws(StorageError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw failure("remove a file") }
    }

    /// The names in a folder, without `.` and `..`, in no order.
    public static func names(in path: String) throws(StorageError) -> [String] {
        guard let folder = opendir(path) else { throw failure("read a folder") }
        defer { closedir(folder) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        guard errno == 0 else { throw failure("read a folder") }
        return names
    }

    /// A regular file below a folder.
    public struct File: Hashable, Sendable {
        /// From the folder.
        public let name: String
        public let byteCount: UInt64
        /// When it changed: seconds and nanoseconds since 1970.
        public let changed: [Int]
    }

    /// The regular file at a path; `nil` for anything else. The path itself may be a link.
    public static func file(_ path: String) -> File? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return File(name: path, status)
    }

    /// The regular files below a folder, in no order. Links are not followed.
    public static func files(below folder: String, inside prefix: String = "") throws(StorageError) -> [File] {
        var files: [File] = []
        for name in try names(in: folder) {
            let path = folder + "/" + name
            var status = stat()
            guard lstat(path, &status) == 0 else { throw failure("look at a file") }
            if status.st_mode & S_IFMT == S_IFDIR {
                files += try Self.files(below: path, inside: prefix + name + "/")
            } else if let file = File(name: prefix + name, status) {
                files.append(file)
            }
        }
        return files
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Writes a small file so that it is there whole or not at all.
    public static func write(_ bytes: [UInt8], to path: String) throws(StorageError) {
        var template = Array("\(path).XXXXXX".utf8CString)
        let number = mkstemp(&template)
        guard number >= 0 else { throw failure("make a file") }
        let file = FileDescriptor(number)
        let temporary = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        do throws(StorageError) {
            try file.write(bytes.span)
            try file.sync()
            try rename(temporary, to: path)
        } catch {
            unlink(temporary)
            throw error
        }
        try sync(parent(of: path))
    }

    /// Reads a small file.
    ///
    /// - Throws: `StorageError.system` when it is longer than `limit` bytes.
    public static func read(_ path: String, limit: Int = 1 << 20) throws(StorageError) -> [UInt8] {
        let file = try FileDescriptor.reading(path)
        // Piece by piece: what is small takes little memory, whatever the limit is.
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        var bytes: [UInt8] = []
        while true {
            var span = piece.mutableSpan
            let count = try file.fill(&span)
            bytes += piece.prefix(count)
            guard bytes.count <= limit else { throw .system(what: "read a file that is too long", number: EFBIG) }
            guard count == piece.count else { return bytes }
        }
    }

    /// Makes a new name in the folder that holds `path` survive a power cut.
    public static func syncParent(of path: String) throws(StorageError) { try sync(parent(of: path)) }

    /// Removes a folder and everything in it, without following links.
    public static func removeTree(_ path: String) throws(StorageError) {
        for name in try names(in: path) {
            let inner = path + "/" + name
            if isFolder(inner) { try removeTree(inner) } else { try remove(inner) }
        }
        guard rmdir(path) == 0 else { throw failure("remove a folder") }
    }

    /// The folder that holds `path`.
    public static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

/// The error that the last system call left behind.
func failure(_ what: String) -> StorageError {
    switch errno {
    case ENOSPC, EDQUOT: .diskFull
    case EROFS, EACCES, EPERM: .notWritable
    case ENOENT, ENOTDIR, EISDIR: .notReadable
    case let number: .system(what: what, number: number)
    }
}

/// The lock by which processes that share a vault know of each other: exclusive while one recovers, shared while any works.
public final class VaultHold: Sendable {
    private let file: FileDescriptor
    /// Whether this process was the only one when it took the lock. It stays alone until it calls `share`, and no longer.
    public let wasAlone: Bool

    /// Takes the lock: alone if nobody else works, else beside the others once none of them recovers.
    public init(folder: String) throws(StorageError) {
        let file = try FileDescriptor.opening(folder + "/lock", O_RDWR | O_CREAT, "lock the vault")
        wasAlone = try file.lock(exclusively: true, waiting: false)
        self.file = file
        if !wasAlone { _ = try file.lock(exclusively: false, waiting: true) }
    }

    /// Lets other processes in, once recovery is done.
    public func share() throws(StorageError) { _ = try file.lock(exclusively: false, waiting: true) }

    /// Takes the lock alone again, until `share`.
    ///
    /// - Returns: `false` when another process works; the lock is shared with it as before.
    public func takeAlone() throws(StorageError) -> Bool {
        if try file.lock(exclusively: true, waiting: false) { return true }
        // What was held is lost by asking for more.
        try share()
        return false
    }

    /// Lets go, before the last owner of the vault does.
    public func release() { file.unlock() }
}

extension Folder.File {
    fileprivate init?(name: String, _ status: stat) {
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
        self.init(
            name: name, byteCount: UInt64(status.st_size), changed: [status.st_mtim.tv_sec, status.st_mtim.tv_nsec])
    }
}
