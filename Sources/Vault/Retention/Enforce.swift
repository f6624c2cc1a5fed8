internal import Ledger
internal import Rules
internal import Sealing
internal import Storage

/// What the schedule asks for on a day, what was done about it, and what was not: for a records manager to sign.
public struct EnforcementReport: Hashable, Sendable, Codable {
    /// Something whose time is up.
    public struct Item: Hashable, Sendable, Codable {
        public let unit: String
        public let child: String
        public let document: String?
        public let rule: String
    }

    public let day: String
    public let schedule: Int
    public let isDryRun: Bool
    public internal(set) var documents = 0
    /// Due, and not on the list before.
    public internal(set) var due: [Item] = []
    /// Documents whose time is up and that a hold binds.
    public internal(set) var held = 0
    /// Put on the list by this run.
    public internal(set) var listed: [String] = []
    public internal(set) var waitingForReview = 0
    public internal(set) var waitingForApproval = 0
    public internal(set) var cooling = 0
    /// Approved, and past the cooling-off.
    public internal(set) var executable = 0
    /// The numbers of the certificates of what this run has carried out.
    public internal(set) var certificates: [Int64] = []
    public internal(set) var failures: [String] = []

    init(day: String, schedule: Int, isDryRun: Bool) {
        self.day = day
        self.schedule = schedule
        self.isDryRun = isDryRun
    }
}

extension DocumentVault {
    /// Looks what the schedule asks for today. Unless it is a dry run, puts what is due on the list, where people review and approve
    /// it, and carries out what was approved and has cooled off. It destroys nothing that two people have not agreed to.
    ///
    /// What fails is in the report, and the rest goes on.
    ///
    /// - Throws: `VaultError.denied`, `.noSchedule`.
    public func enforce(
        dryRun: Bool, as caller: Caller, progress: @Sendable (EnforcementReport) -> Void
    ) async throws -> EnforcementReport {
        try await authorise("retention.plan", caller)
        if !dryRun { try await authorise("disposal.list", caller) }
        guard let schedule = try await activeSchedule() else { throw VaultError.noSchedule }
        var report = EnforcementReport(
            day: "\(environment.today())", schedule: schedule.version, isDryRun: dryRun)
        let onList = Set(
            try await records.read { try $0.disposals([.listed, .reviewed, .approved, .erasing]) }.map(\.child))
        let holds = try await legalHolds()
        try await eachChild { child in
            try await look(at: child, schedule, holds, isListed: onList.contains(child), &report)
            progress(report)
        }
        if !dryRun {
            for item in report.due { try await list(item, caller, &report) }
        }
        try await carryOut(dryRun: dryRun, caller, &report)
        try await log(
            Event(.retentionEnforced, by: caller).with([
                "found": String(report.due.count), "result": dryRun ? "dry run" : "\(report.certificates.count) erased",
                "findings": String(report.failures.count),
            ]))
        return report
    }

    private func look(
        at child: ChildID, _ schedule: RetentionSchedule, _ holds: [LegalHold], isListed: Bool,
        _ report: inout EnforcementReport
    ) async throws {
        let planned: PlannedChild
        do {
            planned = try await self.planned(child, schedule, holds)
        } catch VaultError.notFound {
            return  // It was disposed of while we looked.
        } catch {
            return report.failures.append("child \(child): it cannot be read. Run `muniment check`")
        }
        let today = environment.today()
        report.documents += planned.documents.count
        report.held += planned.documents.count {
            $0.plan.isEligible(on: today) && ($0.isRestricted || !$0.holds.isEmpty)
        }
        guard !isListed else { return }
        let due = planned.documents.filter { $0.isEligible(on: today) }
        if !due.isEmpty, due.count == planned.documents.count, !planned.hasOpenCase {
            let rules = Set(due.compactMap(\.plan.winner?.rawValue)).sorted().joined(separator: " ")
            report.due.append(.init(unit: "child", child: "\(child)", document: nil, rule: rules))
        } else {
            report.due += due.map { item in
                .init(
                    unit: "document", child: "\(child)", document: "\(item.document.id)",
                    rule: item.plan.winner?.rawValue ?? "")
            }
        }
    }

    private func list(
        _ item: EnforcementReport.Item, _ caller: Caller, _ report: inout EnforcementReport
    ) async throws {
        let target = item.document.flatMap { DocumentID($0) }.map(DisposalTarget.document)
        guard let target = target ?? ChildID(item.child).map(DisposalTarget.child) else { return }
        do {
            let id = try await list(target, ground: .retention, reason: "Due under \(item.rule)", as: caller)
            report.listed.append("\(id)")
        } catch let error as VaultError {
            report.failures.append("\(item.unit) \(item.document ?? item.child): \(error.userMessage)")
        }
    }

    private func carryOut(dryRun: Bool, _ caller: Caller, _ report: inout EnforcementReport) async throws {
        let now = environment.now()
        for row in try await records.read({ try $0.disposals([.listed, .reviewed, .approved, .erasing]) }) {
            switch row.state {
            case .listed: report.waitingForReview += 1
            case .reviewed: report.waitingForApproval += 1
            default:
                // One that was begun and stopped is past its cooling-off.
                guard let until = try body(of: row).coolingUntil, until <= now else {
                    report.cooling += 1
                    continue
                }
                report.executable += 1
                guard !dryRun else { continue }
                do {
                    report.certificates.append(try await execute(row.id, as: caller).number)
                } catch let error as VaultError {
                    report.failures.append("disposal \(row.id): \(error.userMessage)")
                } catch let error as StorageError {
                    report.failures.append("disposal \(row.id): \(error.userMessage)")
                } catch let error as SealingError {
                    report.failures.append("disposal \(row.id): \(error.userMessage)")
                }
            }
        }
    }
}
