internal import GRDB

/// What both databases have in common: how they are opened, and how SQLite's failures become ours.
enum Database {
    /// How long a process waits for another one's transaction.
    private static let busySeconds = 30.0

    /// Opens a database in WAL mode with full synchronisation, and brings its tables up to date.
    ///
    /// - Throws: `StorageError.newerFormat` when a later program made it, `.damagedStore`, `.notWritable`.
    static func open(
        _ path: String, store: String, migrator: DatabaseMigrator, isErasing: Bool, isNew: Bool
    ) throws -> DatabasePool {
        // SQLite would make an empty one in the place of a lost one.
        guard isNew || (Folder.file(path)?.byteCount ?? 0) > 0 else { throw StorageError.damagedStore(store: store) }
        return try translating(store) {
            var configuration = Configuration()
            configuration.busyMode = .timeout(busySeconds)
            configuration.foreignKeysEnabled = true
            configuration.prepareDatabase { db in
                try db.execute(sql: "PRAGMA cell_size_check = ON")
                try db.execute(sql: "PRAGMA trusted_schema = OFF")
                // Without it INSERT OR REPLACE would pass by the triggers that keep the ledger append-only.
                try db.execute(sql: "PRAGMA recursive_triggers = ON")
                try db.execute(sql: "PRAGMA temp_store = MEMORY")
                if isErasing { try db.execute(sql: "PRAGMA secure_delete = ON") }
            }
            let pool = try DatabasePool(path: path, configuration: configuration)
            try pool.writeWithoutTransaction { db in
                // GRDB sets NORMAL for WAL, under which a power cut loses acknowledged transactions.
                try db.execute(sql: "PRAGMA synchronous = FULL")
            }
            guard try !pool.read(migrator.hasBeenSuperseded) else { throw StorageError.newerFormat(store: store) }
            if try !pool.read(migrator.hasCompletedMigrations) { try migrator.migrate(pool) }
            return pool
        }
    }

    /// Runs `work` on one unchanging state, on the calling thread: what a request reads takes microseconds, and a change of threads
    /// and back takes more.
    ///
    /// GRDB would prepare BEGIN and COMMIT anew each time, which costs as much as the reading itself.
    static func read<Result>(_ pool: DatabasePool, _ work: (GRDB.Database) throws -> Result) throws -> Result {
        try pool.unsafeRead { db in
            try db.cachedStatement(sql: "BEGIN DEFERRED TRANSACTION").execute()
            defer { try? db.cachedStatement(sql: "ROLLBACK TRANSACTION").execute() }  // Nothing was written.
            return try work(db)
        }
    }

    /// Brings the file up to its write-ahead log, as far as nobody else is reading, and closes it.
    static func close(_ pool: DatabasePool, store: String) async throws {
        do {
            try await pool.writeWithoutTransaction { _ = try $0.checkpoint(.passive) }
            try pool.close()
        } catch {
            throw named(error, store)
        }
    }

    /// Runs `body` and gives SQLite's failures the names that callers can act on.
    static func translating<Result>(_ store: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw named(error, store)
        }
    }

    static func named(_ error: any Error, _ store: String) -> any Error {
        guard let error = error as? DatabaseError else { return error }
        return switch error.resultCode {
        case .SQLITE_FULL: StorageError.diskFull
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH: StorageError.notWritable
        case .SQLITE_BUSY, .SQLITE_LOCKED: StorageError.busy
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: StorageError.damagedStore(store: store)
        default: StorageError.system(what: "use the \(store)", number: error.extendedResultCode.rawValue)
        }
    }
}
