internal import GRDB

/// What a rotation of the blind index reads and writes. `mark`: what every index under the newest version begins with.
extension ReadTransaction {
    public func attempts() throws -> [AttemptRow] {
        try Row.fetchAll(db, sql: "SELECT * FROM attempts").map(attempt)
    }

    public func requestCount(notUnder mark: [UInt8]) throws -> Int {
        try Int.fetchOne(
            db, sql: "SELECT count(*) FROM requests WHERE substr(key, 1, 8) <> :mark", arguments: ["mark": mark.data])
            ?? 0
    }

    public func importedCount(notUnder mark: [UInt8]) throws -> Int {
        try Int.fetchOne(
            db, sql: "SELECT count(*) FROM imported WHERE substr(source, 1, 8) <> :mark",
            arguments: ["mark": mark.data]) ?? 0
    }
}

extension WriteTransaction {
    public func removeRequests(notUnder mark: [UInt8]) throws {
        try db.execute(
            sql: "DELETE FROM requests WHERE substr(key, 1, 8) <> :mark", arguments: ["mark": mark.data])
    }

    /// The files stay. Another run of their import does not know them.
    public func removeImported(notUnder mark: [UInt8]) throws {
        try db.execute(
            sql: "DELETE FROM imported WHERE substr(source, 1, 8) <> :mark", arguments: ["mark": mark.data])
    }
}
