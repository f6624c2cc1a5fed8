internal import GRDB

extension Database {
    /// Copies a database as it is at one moment, while others write to it, into a new file that stands alone and is on the disk.
    static func snapshot(_ pool: DatabasePool, to path: String, store: String) throws {
        // Made here, since SQLite would let others read it as far as the umask does.
        _ = try FileDescriptor.creating(path)
        try translating(store) {
            let copy = try DatabaseQueue(path: path)
            try pool.backup(to: copy)
            // The copy says that it has a write-ahead log, as what it was copied from has.
            try copy.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
            try copy.close()
        }
        try requireSound(path, store: store)
        try FileDescriptor.reading(path).sync()
    }

    /// - Throws: `StorageError.damagedStore`.
    static func requireSound(_ path: String, store: String) throws {
        try translating(store) {
            var configuration = Configuration()
            configuration.readonly = true
            let file = try DatabaseQueue(path: path, configuration: configuration)
            let answer = try file.read { try String.fetchAll($0, sql: "PRAGMA integrity_check") }
            try file.close()
            guard answer == ["ok"] else { throw StorageError.damagedStore(store: store) }
        }
    }
}

extension RecordsStore {
    /// Copies the records as they are at one moment into a new file. It waits for the disk.
    public func snapshot(to path: String) throws { try Database.snapshot(pool, to: path, store: Self.name) }

    /// That a file which is no open vault's is a whole database.
    ///
    /// - Throws: `StorageError.damagedStore`.
    public static func requireSound(_ path: String) throws { try Database.requireSound(path, store: name) }
}

extension KeyringStore {
    /// As `RecordsStore.snapshot(to:)`. What is copied opens whatever the keyring opens: remove it with `Folder.wipe`.
    public func snapshot(to path: String) throws { try Database.snapshot(pool, to: path, store: Self.name) }

    /// As `RecordsStore.requireSound(_:)`.
    public static func requireSound(_ path: String) throws { try Database.requireSound(path, store: name) }
}
