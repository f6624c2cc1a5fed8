internal import Ledger
public import Rules
internal import Storage

/// A row of the record of processing, with how long such documents are kept.
public struct ProcessingLine: Hashable, Sendable, Codable {
    public let row: ProcessingRow
    /// The controllers, by name and contact.
    public let controllers: [String]
    /// The rules of the schedule in force that such documents come under, with their authorities.
    public let retention: [String]
    public let transfers: String
    public let security: String
}

/// Something that the impact assessment promises, held against what there is.
public struct DPIAClaim: Hashable, Sendable, Codable {
    public let id: String
    public let claim: String
    public let holds: Bool
    public let found: String
}

extension DocumentVault {
    /// The record of processing activities, from the agreement, the categories and the schedule in force.
    ///
    /// Source: UK GDPR Article 30.
    ///
    /// - Throws: `VaultError.denied`.
    public func processing(as caller: Caller) async throws -> [ProcessingLine] {
        try await authorise("accountability.show", caller)
        let schedule = try await activeSchedule()
        let agreement = agreement
        let told = agreement.transparency
        let rows = agreement.processing
        try await log(
            Event(.accountabilityShown, by: caller).with(["kind": "processing", "shown": String(rows.count)]))
        return rows.map { row in
            let rules = schedule?.rules.filter { rule in
                rule.matches.contains { $0.categories.contains(row.category) }
            }
            return ProcessingLine(
                row: row,
                controllers: row.holders.compactMap { told.controllers[$0].map { "\($0.name), \($0.contact)" } },
                retention: rules?.map { "\($0.id): \($0.title) (\($0.authority))" } ?? [told.retention],
                transfers: told.storage,
                security:
                    "Encrypted for each party of the agreement; every look in a ledger that cannot be rewritten; erased by destroying keys."
            )
        }
    }

    /// What the impact assessment promises, looked up in the live agreement and the ledger.
    ///
    /// - Throws: `VaultError.denied`.
    public func dpiaClaims(as caller: Caller) async throws -> [DPIAClaim] {
        try await authorise("accountability.show", caller)
        let claims = try await claims(caller)
        try await log(
            Event(.accountabilityShown, by: caller)
                .with(["kind": "claims", "found": String(claims.count { !$0.holds })]))
        return claims
    }
}

extension DocumentVault {
    func claims(_ caller: Caller) async throws -> [DPIAClaim] {
        guard let policy = environment.claims else { throw VaultError.rights(.noClaims) }
        var claims: [DPIAClaim] = []
        for claim in policy.claims {
            let broken = try await against(claim.check, caller)
            claims.append(
                DPIAClaim(
                    id: claim.id, claim: claim.statement, holds: broken.isEmpty,
                    found: broken.isEmpty ? "Nothing against it." : broken.joined(separator: "; ")))
        }
        return claims
    }

    /// What stands against a claim; empty when it holds.
    private func against(_ check: Claim.Check, _ caller: Caller) async throws -> [String] {
        let today = environment.today()
        switch check {
        case .nobodyReads(let roles, let parties, let categories):
            return agreement.readers(roles: roles, parties: parties, categories: categories, on: today)
        case .agreementInForce(let daysLeft):
            let left = today.days(until: agreement.reviewBy)
            let holds = agreement.standing(on: today) == .inForce && left >= daysLeft
            return holds ? [] : ["review by \(agreement.reviewBy), until \(agreement.until)"]
        case .disclosuresApprovedByAnother: return try await disclosuresByOne()
        case .emergenciesReviewed(let days): return try await lateEmergencies(days)
        case .requestsInTime(let daysLate):
            return try await filedRequests(caller).filter { filed in
                guard filed.counts, filed.history.clock.answered == nil else { return false }
                return filed.clock?.daysLeft(on: today).map { $0 < -daysLate } ?? false
            }.map { "request \($0.row.id)" }
        case .breachesTold:
            return try await records.read { try $0.breaches() }.filter { try isLate($0) }.map { "breach \($0.id)" }
        }
    }

    /// Disclosures before which the ledger has no approval by another person.
    private func disclosuresByOne() async throws -> [String] {
        var approvers: [String: Set<String>] = [:]
        var broken: [String] = []
        try await forEachEntry(of: [.requestApproved, .disclosed, .packageOffered]) { entry in
            guard let request = entry.event.object["request"] else { return }
            let person = entry.event.actor["person"] ?? ""
            if entry.kind == .requestApproved {
                approvers[request, default: []].insert(person)
            } else if approvers[request]?.subtracting([person]).isEmpty ?? true {
                broken.append("request \(request)")
            }
        }
        return broken
    }

    private func lateEmergencies(_ days: Int) async throws -> [String] {
        let debts = try await records.read { try $0.unreviewedEmergencies() }
        let late = debts.filter { debt in
            let due = agreement.workingDays.adding(days, to: environment.day(debt.added))
            return due.map { $0 < environment.today() } ?? true
        }
        return late.map { "emergency \($0.id)" }
    }

    /// Whether the 72 hours passed without the regulator's being told, and without a decision.
    private func isLate(_ row: BreachRow) throws -> Bool {
        let clock = BreachClock(awareAtSeconds: row.aware.milliseconds / 1000)
        let settled = try body(of: row).steps.first { $0.kind == .regulatorTold || $0.kind == .decision }
        return clock.isLate(at: (settled?.at ?? environment.now()).milliseconds / 1000)
    }
}
