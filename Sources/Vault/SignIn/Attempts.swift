internal import Ledger
internal import Sealing
internal import Storage

/// How failures slow down whoever guesses: nobody waits for the first three, then each failure doubles the delay.
enum Delay {
    private static let freeFailures: Int64 = 3
    private static let longestSeconds: Int64 = 15 * 60
    /// A count is forgotten a day after the last attempt.
    static let memorySeconds: Int64 = 24 * 3600

    static func seconds(after failures: Int64) -> Int64 {
        guard failures >= freeFailures else { return 0 }
        return min(longestSeconds, 1 << min(failures - freeFailures, 30))
    }
}

/// An attempt that was counted as a failure, before anybody knows how it ends.
struct Attempt: Sendable {
    let before: AttemptRow?
    let counted: AttemptRow
}

extension DocumentVault {
    /// The newest first.
    func usernameIndexes(_ username: String) -> [[UInt8]] { keys.blindIndexes("username", username.lowercased()) }

    /// Counts an attempt before anything is compared: guesses made at the same moment do not slip by each other.
    ///
    /// It goes by the name that was typed, so nobody learns from a delay whether the name exists. A refusal is recorded once in each
    /// delay: a flood of attempts must not fill the ledger.
    ///
    /// - Throws: `VaultError.tooManyAttempts`, without a look at what was to be compared.
    func spend(_ name: [UInt8], by caller: Caller?) async throws -> Attempt {
        let now = environment.now()
        let outcome: Result<Attempt, VaultError> = try await records.write { transaction in
            try transaction.removeAttempts(lastBy: now.adding(seconds: -Delay.memorySeconds))
            let row = try transaction.attempt(name)
            if let row, isLocked(row, at: now) {
                if !row.isNoted {
                    try transaction.put(row.noted)
                    let event = Event(.signInLocked, by: caller).on(["username": Hex.encode(name)])
                    _ = try transaction.append(try self.row(event))
                }
                let wait = (row.until.milliseconds - now.milliseconds + 999) / 1000
                return .failure(.tooManyAttempts(seconds: Int(wait)))
            }
            let failures = (row?.failures ?? 0) + 1
            let counted = AttemptRow(
                name: name, failures: failures, last: now,
                until: now.adding(seconds: Delay.seconds(after: failures)), isNoted: false)
            try transaction.put(counted)
            return .success(Attempt(before: row, counted: counted))
        }
        return try outcome.get()
    }

    /// A delay that a clock which ran ahead has left behind holds nobody up.
    private func isLocked(_ row: AttemptRow, at now: Instant) -> Bool {
        now < row.until && row.last <= now.adding(seconds: Self.clockToleranceSeconds)
    }
}

extension AttemptRow {
    fileprivate var noted: AttemptRow {
        AttemptRow(name: name, failures: failures, last: last, until: until, isNoted: true)
    }
}

extension WriteTransaction {
    /// Takes back the count of an attempt that was neither a failure nor a success. Whatever others counted meanwhile stays.
    func refund(_ attempt: Attempt) throws {
        guard let row = try self.attempt(attempt.counted.name), row.failures > 0 else { return }
        guard row == attempt.counted else {
            return try put(
                AttemptRow(
                    name: row.name, failures: row.failures - 1, last: row.last, until: row.until,
                    isNoted: row.isNoted))
        }
        guard let before = attempt.before else { return try removeAttempt(row.name) }
        try put(before)
    }
}
