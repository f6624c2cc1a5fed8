internal import Ledger
internal import Rules
internal import Sealing
internal import Storage

/// How far bringing the keyring into line has come.
public struct AlignmentProgress: Hashable, Sendable, Codable {
    public var children = 0
    public var renditions = 0
    /// Renditions whose wraps were changed.
    public var changed = 0
    public var isFinished = false
}

extension DocumentVault {
    /// Renditions that are seen to in one transaction: few enough that nobody else waits long.
    private static let alignmentBatch = 500

    /// Whether the keyring mirrors the agreement that is in force today.
    func isAligned() async throws -> Bool {
        let isInForce = agreement.covers(environment.today())
        let policy = policies.current.entry
        return try await records.read { try $0.alignment(policy: policy, isInForce: isInForce)?.isFinished ?? false }
    }

    /// Brings every wrap into line with the agreement in force, in batches between which others work. It goes on where an earlier
    /// run was stopped.
    ///
    /// `anew`: from the beginning, even where an earlier run finished.
    ///
    /// - Throws: `VaultError.denied`; `.changedMeanwhile` when another agreement is activated meanwhile.
    public func align(
        anew: Bool = false, as caller: Caller, progress: @Sendable (AlignmentProgress) -> Void
    ) async throws -> AlignmentProgress {
        try await authorise("agreement.activate", caller)
        return try await realign(anew: anew, caller, progress)
    }

    /// As above, for whoever has the right to what made it necessary.
    func realign(
        anew: Bool, _ caller: Caller, _ progress: @Sendable (AlignmentProgress) -> Void
    ) async throws -> AlignmentProgress {
        let policy = policies.current
        let isInForce = policy.agreement.covers(environment.today())
        var state =
            try await records.read { try $0.alignment(policy: policy.entry, isInForce: isInForce) }
            ?? AlignmentRow(policy: policy.entry, isInForce: isInForce)
        if anew { state = AlignmentRow(policy: policy.entry, isInForce: isInForce) }
        var done = AlignmentProgress()
        var table = WrapTable(policy.agreement, on: environment.today())
        while !state.isFinished {
            try await changing {
                guard try await records.read({ try $0.activePolicy() }) == policy.entry else {
                    throw VaultError.changedMeanwhile
                }
                try await alignBatch(&state, &table, &done)
            }
            progress(done)
        }
        done.isFinished = true
        try await log(
            Event(.keyringAligned, by: caller).with([
                "agreement": String(policy.agreement.version), "changed": String(done.changed),
            ]))
        return done
    }

    private func alignBatch(
        _ state: inout AlignmentRow, _ table: inout WrapTable, _ done: inout AlignmentProgress
    ) async throws {
        var moves: [(key: ChildKey, moves: [KeyMove])] = []
        var count = 0
        while count < Self.alignmentBatch, !state.isFinished {
            let after = state.cursor
            guard let child = try await records.read({ try $0.documentedChildren(after: after, limit: 1) }).first else {
                state.isFinished = true
                break
            }
            state.cursor = child
            // What was disposed of has no key, and nothing of it opens.
            guard try await childKey(child) != nil else { continue }
            let snapshot = try await snapshot(of: child)
            let outstanding = try await outstanding(snapshot, target(snapshot, try standing(snapshot), &table))
            if !outstanding.isEmpty { moves.append((snapshot.key, outstanding)) }
            count += max(1, snapshot.renditions.count)
            done.children += 1
            done.renditions += snapshot.renditions.count
            done.changed += outstanding.count
        }
        let batch = moves
        if !batch.isEmpty {
            try await environment.steps.around(.keyring) {
                try await keyring.write { for item in batch { try apply(item.moves, item.key, $0) } }
            }
            await forget(batch.flatMap(\.moves))
        }
        let reached = state
        try await environment.steps.around(.records) { try await records.write { try $0.put(reached) } }
    }
}
