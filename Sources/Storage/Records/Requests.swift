internal import GRDB
public import Sealing
internal import Foundation

/// A request that its sender has given a key, so that it is done once however often it is sent.
public struct RequestRow: Hashable, Sendable {
    /// Of the sender and the sender's key.
    public let key: Digest
    /// Of everything that was asked.
    public let asked: Digest
    public let added: Instant
    /// What was answered, sealed under the vault's records key; `nil` until it is known.
    public let answer: [UInt8]?

    public init(key: Digest, asked: Digest, added: Instant, answer: [UInt8]?) {
        self.key = key
        self.asked = asked
        self.added = added
        self.answer = answer
    }

    fileprivate var columns: [[UInt8]] { [key.bytes, asked.bytes, added.bytes, answer ?? []] }

    /// The request in whose name this task writes. Its row is written with the first thing that it changes: both are there, or neither.
    @TaskLocal public static var current: RequestRow?
}

extension WriteTransaction {
    /// Writes a request, or what it was answered.
    public func put(_ request: RequestRow) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO requests (key, asked, added, answer, mac) VALUES (:key, :asked, :added, :answer, :mac)
                ON CONFLICT (key) DO UPDATE SET asked = excluded.asked, added = excluded.added, answer = excluded.answer,
                  mac = excluded.mac
                """)
        try statement.execute(arguments: [
            "key": request.key.bytes.data, "asked": request.asked.bytes.data, "added": request.added.milliseconds,
            "answer": request.answer?.data, "mac": rows.mac("requests", request.columns).data,
        ])
    }

    public func removeRequests(before: Instant) throws {
        try db.execute(sql: "DELETE FROM requests WHERE added < :before", arguments: ["before": before.milliseconds])
    }
}

extension ReadTransaction {
    public func request(_ key: Digest) throws -> RequestRow? {
        let statement = try db.cachedStatement(sql: "SELECT * FROM requests WHERE key = :key")
        guard let row = try Row.fetchOne(statement, arguments: ["key": key.bytes.data]) else { return nil }
        let request = RequestRow(
            key: try digest(row, "key"), asked: try digest(row, "asked"), added: instant(row, "added"),
            answer: (row["answer"] as Data?).map { [UInt8]($0) })
        try rows.check(bytes(row, "mac"), "requests", request.columns)
        return request
    }
}
