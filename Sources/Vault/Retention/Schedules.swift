internal import Ledger
internal import Rules
internal import Sealing
internal import Storage

/// A version of the retention schedule as it is listed.
public struct ScheduleSummary: Hashable, Sendable, Codable {
    public let version: Int64
    public let sha256: String
    public let proposed: String
    public let approved: String?
    public let isInForce: Bool
}

extension DocumentVault {
    /// Proposes a version of the schedule. It decides nothing until somebody else has approved it.
    ///
    /// - Throws: `VaultError.denied`, `.policy` with file, line and reason, `.invalid`, `.shortens`.
    public func proposeSchedule(_ text: [UInt8], as caller: Caller) async throws -> Int64 {
        try await authorise("schedule.propose", caller)
        let schedule = try loadSchedule(text)
        if let active = try await activeSchedule() {
            guard schedule.version > active.version else {
                throw VaultError.invalid(field: "version", reason: "it must be above \(active.version)")
            }
            try await requireApproved(schedule)
        }
        let row = ScheduleRow(
            version: Int64(schedule.version), text: text, proposer: caller.person, proposed: environment.now())
        let log = try self.row(event(.scheduleProposed, row, caller))
        try await records.write { transaction in
            try transaction.put(row)
            _ = try transaction.append(log)
        }
        return row.version
    }

    /// Puts a proposed version in force.
    ///
    /// `sha256`: of the text that the approver has read: another text under the same number is not approved by it.
    ///
    /// - Throws: `VaultError.denied`, `.needsAnother`, `.notFound(.schedule)`, `.alreadySo`, `.shortens`.
    public func approveSchedule(_ version: Int64, sha256: String, as caller: Caller) async throws {
        try await authorise("schedule.approve", caller)
        _ = try await requireSession(caller)
        let schedules = try await records.read { try $0.schedules() }
        guard let found = schedules.first(where: { $0.version == version && Digest.sha256($0.text).hex == sha256 })
        else {
            throw VaultError.notFound(.schedule)
        }
        // Another may have come into force since it was proposed.
        try await requireApproved(try loadSchedule(found.text))
        let log = try row(event(.scheduleActivated, found, caller))
        let now = environment.now()
        try await records.write { transaction in
            guard var row = try transaction.schedules().first(where: { $0.version == version }), row == found else {
                throw VaultError.changedMeanwhile
            }
            guard row.approved == nil else { throw VaultError.alreadySo("This version is in force") }
            if let active = try transaction.activeSchedule(), active.version > version {
                throw VaultError.invalid(field: "version", reason: "version \(active.version) is in force")
            }
            try transaction.requireTwo(row.proposer, caller.person, "Approving the schedule")
            row.approver = caller.person
            row.approved = now
            try transaction.put(row)
            _ = try transaction.append(log)
        }
    }

    /// That whatever it keeps shorter than the schedule in force has been approved.
    private func requireApproved(_ schedule: RetentionSchedule) async throws {
        let open = try await activeSchedule()?.shortened(by: schedule).filter { $0.approved == nil } ?? []
        guard open.isEmpty else { throw VaultError.shortens(open.map { "\($0.rule)" }) }
    }

    public func schedules(as caller: Caller) async throws -> [ScheduleSummary] {
        try await authorise("retention.plan", caller)
        let (rows, active) = try await records.read { (try $0.schedules(), try $0.activeSchedule()) }
        return rows.map { row in
            ScheduleSummary(
                version: row.version, sha256: Digest.sha256(row.text).hex, proposed: row.proposed.text,
                approved: row.approved?.text, isInForce: row.version == active?.version)
        }
    }

    /// - Returns: `nil` while none has been approved: nothing can be eligible then.
    func activeSchedule() async throws -> RetentionSchedule? {
        try await records.read { try $0.activeSchedule() }.map { try loadSchedule($0.text) }
    }

    func loadSchedule(_ text: [UInt8]) throws -> RetentionSchedule {
        do throws(PolicyError) {
            return try RetentionSchedule.load(
                PolicyText(file: "retention.yaml", text: String(decoding: text, as: UTF8.self)),
                categories: agreement.categories)
        } catch {
            throw VaultError.policy(error)
        }
    }

    private func event(_ kind: EventKind, _ row: ScheduleRow, _ caller: Caller) -> Event {
        Event(kind, by: caller).on(["policy": "retention.yaml", "sha256": Digest.sha256(row.text).hex])
            .with(["version": String(row.version)])
    }
}
