internal import GRDB
public import Sealing

/// `records.sqlite`: who, what and when, with personal fields sealed, and the ledger.
///
/// Every row that decides something carries a MAC under the vault's records key, so that a row written by other hands
/// is refused, not believed.
public struct RecordsStore: Sendable {
    static let name = "records"
    let pool: DatabasePool
    private let queue: CommitQueue
    private let rows: RowSeal

    /// `integrity`: the service key under which rows are authenticated.
    /// `isNew`: makes the file; otherwise a missing one is damage.
    public init(vaultFolder: String, integrity: Key, isNew: Bool = false) throws {
        pool = try Database.open(
            vaultFolder + "/records.sqlite", store: Self.name, migrator: RecordsSchema.migrator, isErasing: false,
            isNew: isNew)
        rows = RowSeal(key: integrity)
        queue = CommitQueue(pool: pool, rows: rows)
    }

    /// Runs `work` on one unchanging state of the records.
    public func read<Result: Sendable>(
        _ work: @escaping @Sendable (ReadTransaction) throws -> Result
    ) async throws -> Result {
        let rows = rows
        do {
            return try Database.read(pool) { db in try work(ReadTransaction(db, rows)) }
        } catch {
            throw Database.named(error, Self.name)
        }
    }

    /// Runs `work` in a transaction, durable when this returns. Calls that wait at the same time share one commit.
    ///
    /// `isAct`: this is what the task's request asks for, not a note on the way to it: the request is marked as done with it.
    public func write<Result: Sendable>(
        isAct: Bool = true, _ work: @escaping @Sendable (WriteTransaction) throws -> Result
    ) async throws -> Result {
        guard isAct, let request = RequestRow.current else { return try await queue.submit(work) }
        return try await queue.submit { transaction in
            let result = try work(transaction)
            if try transaction.request(request.key) == nil { try transaction.put(request) }
            return result
        }
    }

    /// Empties the write-ahead log, where what has been replaced would live on.
    public func forgetReplaced() async throws {
        do {
            try await pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        } catch {
            throw Database.named(error, Self.name)
        }
    }

    /// Closes the file. No further call may be made.
    public func close() async throws { try await Database.close(pool, store: Self.name) }
}

/// One unchanging state of the records. It must not leave the closure it was given to.
public class ReadTransaction {
    let db: GRDB.Database
    let rows: RowSeal

    init(_ db: GRDB.Database, _ rows: RowSeal) {
        self.db = db
        self.rows = rows
    }
}

/// A transaction on the records. What it appends to the ledger stands or falls with the rest of it.
public final class WriteTransaction: ReadTransaction {
    var log: LogAppender
    /// The error with which SQLite ended the transaction before its time.
    var ending: (any Error)?

    override init(_ db: GRDB.Database, _ rows: RowSeal) {
        log = LogAppender()
        super.init(db, rows)
    }
}

/// Authenticates rows: the columns that decide something, bound to their table.
struct RowSeal: Sendable {
    let key: Key

    func mac(_ table: String, _ columns: [[UInt8]]) -> [UInt8] {
        key.secret.authenticate(Facts("row", Array(table.utf8), Facts.list(columns)).bytes).bytes
    }

    func check(_ mac: [UInt8], _ table: String, _ columns: [[UInt8]]) throws {
        guard constantTimeEqual(self.mac(table, columns), mac) else {
            throw StorageError.damagedStore(store: "\(table) table")
        }
    }
}

extension Int64 {
    var bytes: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: self >> (56 - 8 * Int64($0))) } }
}

extension String {
    var bytes: [UInt8] { Array(utf8) }
}

extension Instant {
    var bytes: [UInt8] { milliseconds.bytes }
}

extension Instant? {
    var bytes: [UInt8] { self?.bytes ?? [] }
}
