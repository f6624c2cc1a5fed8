internal import GRDB
internal import GRDBSQLite
internal import Glibc

/// Overwrites what SQLite leaves of deleted rows in the parts of its pages that are not allocated.
///
/// `secure_delete` overwrites a row where it stands when it goes. But where SQLite balances its tree it copies rows to other pages and leaves the
/// old copies, which outlive the rows. Those parts mean nothing to SQLite, so zeros go there: through SQLite's own handle, because closing
/// another one would give up its locks.
///
/// Source: "Database File Format", sqlite.org, section 1.6.
struct Scrub {
    private static let pagesAtOnce = 64

    private let file: UnsafeMutablePointer<sqlite3_file>
    private let methods: sqlite3_io_methods

    /// `log`: the path of the write-ahead log, which has just been emptied.
    ///
    /// - Throws: `DatabaseError` of `SQLITE_BUSY` when somebody has written since.
    static func run(_ db: GRDB.Database, log: String) throws {
        // A page that was read before has the old copies still, and may be written again: ours is forgotten here …
        db.releaseMemory()
        try db.inTransaction(.immediate) {
            guard (Folder.file(log)?.byteCount ?? 0) == 0 else { throw DatabaseError(resultCode: .SQLITE_BUSY) }
            try Scrub(db).overwrite()
            // … and everybody else forgets theirs when the database has changed.
            let version = try Int64.fetchOne(db, sql: "PRAGMA user_version")
            try db.execute(sql: version == 1 ? "PRAGMA user_version = 2" : "PRAGMA user_version = 1")
            return .commit
        }
    }

    private init(_ db: GRDB.Database) throws {
        var found: UnsafeMutablePointer<sqlite3_file>?
        try Self.check(sqlite3_file_control(db.sqliteConnection, "main", SQLITE_FCNTL_FILE_POINTER, &found))
        guard let file = found, let methods = file.pointee.pMethods?.pointee else {
            throw DatabaseError(resultCode: .SQLITE_INTERNAL)
        }
        self.file = file
        self.methods = methods
    }

    private func overwrite() throws {
        var header = [UInt8](repeating: 0, count: 100)
        try header.withUnsafeMutableBytes { try read(0, into: $0) }
        let layout = try Layout(header)
        let length = Int(try byteCount())
        // One piece of memory for the whole file, which a large vault has much of.
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: layout.pageSize * Self.pagesAtOnce, alignment: 4096)
        defer { memory.deallocate() }
        var isChanged = false
        for start in stride(from: 0, to: length, by: memory.count) {
            let piece = UnsafeMutableRawBufferPointer(rebasing: memory[..<min(memory.count, length - start)])
            try read(start, into: piece)
            for offset in stride(from: 0, to: piece.count, by: layout.pageSize) {
                let page = UnsafeRawBufferPointer(rebasing: piece[offset...].prefix(layout.pageSize))
                // SQLite writes whole pages only.
                guard page.count == layout.pageSize else { continue }
                let free = layout.unallocated(page, isFirst: start + offset == 0)
                guard !Self.isZero(UnsafeRawBufferPointer(rebasing: page[free])) else { continue }
                try overwrite(start + offset + free.lowerBound, count: free.count)
                isChanged = true
            }
        }
        if isChanged { try Self.check(methods.xSync(file, SQLITE_SYNC_FULL)) }
    }

    private static func isZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let first = bytes.baseAddress, bytes.count > 0 else { return true }
        // Each byte is as the one before it.
        return bytes[0] == 0 && memcmp(first, first + 1, bytes.count - 1) == 0
    }

    private func byteCount() throws -> Int64 {
        var count: Int64 = 0
        try Self.check(methods.xFileSize(file, &count))
        return count
    }

    private func read(_ offset: Int, into memory: UnsafeMutableRawBufferPointer) throws {
        try Self.check(methods.xRead(file, memory.baseAddress, Int32(memory.count), Int64(offset)))
    }

    private func overwrite(_ offset: Int, count: Int) throws {
        try Self.check(methods.xWrite(file, [UInt8](repeating: 0, count: count), Int32(count), Int64(offset)))
    }

    private static func check(_ code: Int32) throws {
        guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
    }
}

extension Scrub {
    /// How the file is laid out, by its first 100 bytes.
    private struct Layout {
        let pageSize: Int
        private let usable: Int

        init(_ header: [UInt8]) throws {
            let size = Int(header[16]) << 8 | Int(header[17])
            pageSize = size == 1 ? 65_536 : size
            usable = pageSize - Int(header[20])
            // With auto-vacuum there would be pages of another kind, which begin like ours.
            guard pageSize >= 512, header[52..<56].allSatisfy({ $0 == 0 }) else {
                throw DatabaseError(resultCode: .SQLITE_NOTADB)
            }
        }

        /// The indices between a page's list of cells and the first cell: none for a page that is no part of a tree.
        func unallocated(_ page: UnsafeRawBufferPointer, isFirst: Bool) -> Range<Int> {
            func number(_ offset: Int) -> Int { Int(page[offset]) << 8 | Int(page[offset + 1]) }
            let head = isFirst ? 100 : 0
            let length: Int
            switch page[head] {
            case 2, 5: length = 12
            case 10, 13: length = 8
            default: return 0..<0
            }
            let from = head + length + 2 * number(head + 3)
            let content = number(head + 5) == 0 ? 65_536 : number(head + 5)
            guard from <= content, content <= usable else { return 0..<0 }
            return from..<content
        }
    }
}
