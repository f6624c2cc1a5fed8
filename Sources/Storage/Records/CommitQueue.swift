internal import GRDB

/// Group commit: while one transaction reaches the disk, the next calls gather, and share one commit.
///
/// Each call runs in a savepoint of its own: one that throws undoes itself and nobody else. No call is answered before the
/// commit it is in is durable.
actor CommitQueue {
    private typealias Job = @Sendable (WriteTransaction) -> Completion
    /// Answers the caller, once the outcome of the commit is known.
    private typealias Completion = @Sendable (_ commit: Result<Void, any Error>) -> Void

    private let pool: DatabasePool
    private let rows: RowSeal
    private var waiting: [(job: Job, fail: @Sendable (any Error) -> Void)] = []
    private var isRunning = false

    init(pool: DatabasePool, rows: RowSeal) {
        self.pool = pool
        self.rows = rows
    }

    func submit<Value: Sendable>(
        _ work: @escaping @Sendable (WriteTransaction) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            waiting.append(
                (
                    job: { transaction in
                        let outcome = Result { try transaction.inSavepoint(work) }
                        return { commit in
                            continuation.resume(
                                with: commit.flatMap { outcome }.mapError { Database.named($0, RecordsStore.name) })
                        }
                    }, fail: { continuation.resume(throwing: Database.named($0, RecordsStore.name)) }
                ))
            guard !isRunning else { return }
            isRunning = true
            Task { await run() }
        }
    }

    private func run() async {
        while !waiting.isEmpty {
            let batch = waiting
            waiting = []
            let rows = rows
            do {
                let completions = try await pool.write { db in
                    let transaction = WriteTransaction(db, rows)
                    let completions = try batch.map { waiting in
                        let completion = waiting.job(transaction)
                        // A full disk ends the whole transaction; what ran before is gone with it.
                        if let failure = transaction.ending { throw failure }
                        return completion
                    }
                    try transaction.flushLog()
                    return completions
                }
                for complete in completions { complete(.success(())) }
            } catch {
                for waiting in batch { waiting.fail(error) }
            }
        }
        isRunning = false
    }
}

extension WriteTransaction {
    /// Undoes what `work` wrote, its ledger entries included, when it throws.
    fileprivate func inSavepoint<Value>(_ work: (WriteTransaction) throws -> Value) throws -> Value {
        let log = log
        var value: Value?
        do {
            try db.inSavepoint {
                value = try work(self)
                return .commit
            }
        } catch {
            self.log = log
            if !db.isInsideTransaction { ending = ending ?? error }
            throw error
        }
        guard let value else { preconditionFailure("a committed savepoint has a value") }
        return value
    }
}
