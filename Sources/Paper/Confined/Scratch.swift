internal import CLinux
internal import Glibc
internal import Synchronization

/// A folder in memory for the files of one piece of work: the only place in which papers ever lie open.
///
/// It is locked for as long as it lives, and removed when it is released or nobody holds it any more. After a crash the lock is
/// gone, and `sweep` removes what the dead process left. Files are flat: a name is a plain file's, and no link is ever followed,
/// because outside programs write here too.
public final class Scratch: Sendable {
    /// Where scratch folders are made unless told otherwise.
    public static let usualRoot = "/dev/shm"
    /// 2 GiB.
    public static let usualLimit = 2 << 30
    /// For what does not depend on how many pages a document has.
    public static let usualSeconds = 30
    private static let prefix = "muniment-paper-"
    private static let longestName = 80

    /// Where it is. For `Tool` alone; nobody else needs a path.
    let path: String
    let limit: Int
    private let folder: Int32
    private let isReleased = Mutex(false)
    /// What may be used already; never less than is, but for what a running program adds.
    private let counted = Mutex(0)
    private let serial = Mutex(0)
    /// Milliseconds of processors that programs may still use here.
    private let left: Mutex<Int>

    /// Makes an empty folder.
    ///
    /// `root`: a folder on tmpfs or ramfs. `limit`: the bytes that its files may take up together. `seconds`: of processors, for all
    /// programs that are run in it together; `allow` adds to them.
    public init(
        in root: String = Scratch.usualRoot, limit: Int = Scratch.usualLimit, seconds: Int = Scratch.usualSeconds
    ) throws(PaperError) {
        (path, folder) = try Self.make(in: root)
        self.limit = limit
        left = Mutex(seconds * 1000)
    }

    /// What is left for the next program, rounded up.
    var secondsLeft: Int { left.withLock { ($0 + 999) / 1000 } }

    func spend(milliseconds: Int) { left.withLock { $0 -= milliseconds } }

    /// Adds time: for a page that is known to be there.
    public func allow(seconds: Int) { left.withLock { $0 += seconds * 1000 } }

    deinit { release() }

    /// Makes a folder for a piece of work and removes it at its end, however that comes.
    ///
    /// Prefer it: when a process ends by itself, nobody lets go of what it still holds, and the folder stays until a sweep.
    public static func with<Result>(
        in root: String = Scratch.usualRoot, limit: Int = Scratch.usualLimit, _ work: (Scratch) async throws -> Result
    ) async throws -> Result {
        let scratch = try Scratch(in: root, limit: limit)
        defer { scratch.release() }
        return try await work(scratch)
    }

    /// Removes the folder and all that is in it, now.
    public func release() {
        let first = isReleased.withLock { isReleased in
            defer { isReleased = true }
            return !isReleased
        }
        guard first else { return }
        Self.empty(folder)
        _ = rmdir(path)
        close(folder)
    }

    /// Removes what dead processes of this user left.
    ///
    /// - Returns: How many folders there were.
    @discardableResult
    public static func sweep(in root: String = Scratch.usualRoot) -> Int {
        names(in: root).count { name in
            guard name.hasPrefix(prefix) else { return false }
            let path = "\(root)/\(name)"
            let folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard folder >= 0 else { return false }
            defer { close(folder) }
            // Whoever uses it holds this lock, and the kernel lets go of it when they die.
            guard flock(folder, LOCK_EX | LOCK_NB) == 0 else { return false }
            empty(folder)
            return rmdir(path) == 0
        }
    }

    private static func make(in root: String) throws(PaperError) -> (path: String, folder: Int32) {
        let parent = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else { throw .noMemoryFolder }
        defer { close(parent) }
        guard is_in_memory(parent) else { throw .noMemoryFolder }
        while true {
            var template = Array("\(root)/\(prefix)XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else { throw .noMemoryFolder }
            let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
            let folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            // A sweep may have come between the making and the lock.
            if folder >= 0, flock(folder, LOCK_EX | LOCK_NB) == 0, has_name(folder) { return (path, folder) }
            if folder >= 0 { close(folder) }
        }
    }
}

// MARK: Files

extension Scratch {
    /// The names of its files, in order.
    public var names: [String] { Self.names(in: path).filter(Self.isName).sorted() }

    /// Whether a plain file of this name is here.
    public func has(_ name: String) -> Bool { (try? size(of: name)) != nil }

    /// Adds a block to the end of a file, which is made when it is not there.
    public func append(_ block: some Collection<UInt8>, to name: String) throws(PaperError) {
        try reserve(block.count)
        let file = try opened(name, O_WRONLY | O_CREAT | O_APPEND)
        defer { close(file) }
        let written: Int? = block.withContiguousStorageIfAvailable { Self.write($0, to: file) }
        let count = written ?? Array(block).withUnsafeBufferPointer { Self.write($0, to: file) }
        guard count == block.count else { throw .scratchFull }
    }

    /// Makes a file of these bytes, in place of any that is there.
    public func write(_ bytes: some Collection<UInt8>, to name: String) throws(PaperError) {
        remove(name)
        try append(bytes, to: name)
    }

    /// Makes a file of a part of another.
    func copy(_ part: Range<Int>, of file: String, to name: String) throws(PaperError) {
        try write([], to: name)
        var offset = part.lowerBound
        while offset < part.upperBound {
            let block = try read(file, from: offset, count: min(1 << 20, part.upperBound - offset))
            guard !block.isEmpty else { return }
            try append(block, to: name)
            offset += block.count
        }
    }

    /// Puts other bytes in the place of those from `offset` on.
    func overwrite(_ name: String, at offset: Int, with bytes: [UInt8]) throws(PaperError) {
        let file = try opened(name, O_WRONLY)
        defer { close(file) }
        guard pwrite(file, bytes, bytes.count, offset) == bytes.count else { throw .scratchFull }
    }

    /// A name that is not used yet.
    func newName(_ ending: String) -> String {
        "t-\(serial.withLock { serial in serial += 1; return serial })\(ending)"
    }

    /// At most `count` bytes of a file from `offset` on; none at its end.
    public func read(_ name: String, from offset: Int = 0, count: Int = 65_536) throws(PaperError) -> [UInt8] {
        let file = try opened(name, O_RDONLY)
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: max(0, min(count, Int(plain_size(file)) - offset)))
        var done = 0
        while done < bytes.count {
            let wanted = bytes.count - done
            let got = bytes.withUnsafeMutableBytes {
                pread(file, $0.baseAddress?.advanced(by: done), wanted, offset + done)
            }
            guard got > 0 else { break }
            done += got
        }
        return done == bytes.count ? bytes : Array(bytes[..<done])
    }

    /// All of a file that is known to be small.
    func readAll(_ name: String, most: Int = 64 << 20) throws(PaperError) -> [UInt8] {
        guard try size(of: name) <= most else { throw .scratchFull }
        return try read(name, count: most)
    }

    /// How many bytes a file has.
    public func size(of name: String) throws(PaperError) -> Int {
        let file = try opened(name, O_RDONLY)
        defer { close(file) }
        return Int(plain_size(file))
    }

    /// Removes a file, if it is there.
    public func remove(_ name: String) {
        guard Self.isName(name) else { return }
        unlinkat(folder, name, 0)
    }

    /// Whether what is in it takes up more than it may; programs write past `append`.
    var isFull: Bool {
        counted.withLock { counted in
            counted = Self.usage(of: folder, path: path)
            return counted > limit
        }
    }

    /// A file for a program to write to.
    func openNew(_ name: String) throws(PaperError) -> Int32 {
        remove(name)
        return try opened(name, O_WRONLY | O_CREAT | O_EXCL)
    }

    private func reserve(_ count: Int) throws(PaperError) {
        let fits = counted.withLock { counted in
            if counted + count > limit { counted = Self.usage(of: folder, path: path) }
            guard counted + count <= limit else { return false }
            counted += count
            return true
        }
        guard fits else { throw .scratchFull }
    }

    private func opened(_ name: String, _ flags: Int32) throws(PaperError) -> Int32 {
        guard Self.isName(name), !isReleased.withLock(\.self) else { throw .noSuchFile }
        let file = open_in(folder, name, flags)
        guard file >= 0 else { throw errno == ENOSPC ? .scratchFull : .noSuchFile }
        guard plain_size(file) >= 0 else {
            close(file)
            throw .noSuchFile
        }
        return file
    }

    /// Names of our own making: never a path, an option or something hidden.
    static func isName(_ name: String) -> Bool {
        name.utf8.count <= longestName && name.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._-]*/) != nil
    }

    private static func write(_ bytes: UnsafeBufferPointer<UInt8>, to file: Int32) -> Int {
        var done = 0
        while done < bytes.count {
            let got = Glibc.write(file, bytes.baseAddress?.advanced(by: done), bytes.count - done)
            guard got > 0 else { break }
            done += got
        }
        return done
    }

    private static func names(in path: String) -> [String] {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard folder >= 0 else { return [] }
        defer { close(folder) }
        return names(in: folder)
    }

    private static func names(in folder: Int32) -> [String] {
        // A stream takes its descriptor over, and its place in the folder with it.
        let own = open_in(folder, ".", O_RDONLY | O_DIRECTORY)
        guard own >= 0, let stream = fdopendir(own) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    private static func usage(of folder: Int32, path: String) -> Int {
        names(in: folder).reduce(0) { $0 + max(0, Int(size_in(folder, $1))) }
    }

    /// Removes all that is in a folder, and follows no link out of it.
    private static func empty(_ folder: Int32) {
        for name in names(in: folder) where unlinkat(folder, name, 0) != 0 {
            let inner = open_in(folder, name, O_RDONLY | O_DIRECTORY)
            guard inner >= 0 else { continue }
            empty(inner)
            close(inner)
            unlinkat(folder, name, AT_REMOVEDIR)
        }
    }
}
