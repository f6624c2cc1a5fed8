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

/// What a data protection officer is asked to show.
public struct EvidencePack: Hashable, Sendable, Codable {
    public let made: String
    public let agreementVersion: Int
    public let agreementReviewBy: String
    public let requests: Backlog
    /// How often each exemption was relied on in what was disclosed or refused.
    public let exemptions: [String: Int]
    public let disclosures: Int
    public let breaches: [Breach]
    public let emergenciesUnreviewed: Int
    /// Rows of the record of processing that need an appropriate policy document.
    public let rowsNeedingPolicyDocument: Int
    public let claims: [DPIAClaim]
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
        let claims = try await claims()
        try await log(
            Event(.accountabilityShown, by: caller)
                .with(["kind": "claims", "found": String(claims.count { !$0.holds })]))
        return claims
    }

    /// Requests, exemptions, breaches, emergencies and claims, in one.
    ///
    /// - Throws: `VaultError.denied`.
    public func evidence(as caller: Caller) async throws -> EvidencePack {
        try await authorise("accountability.show", caller)
        let policy = try rightsPolicy()
        var exemptions: [String: Int] = [:]
        var (disclosures, readings): (Int, [ClockReading]) = (0, [])
        for row in try await records.read({ try $0.rightsRequests() }) {
            guard let key = try await childKey(row.child) else { continue }
            let body = try body(of: row, key)
            let history = try body.history()
            disclosures += body.disclosures.count
            if history.state != .closed || history.clock.answered != nil,
                let reading = try? policy.read(
                    history.clock, of: history.kind, working: agreement.workingDays, on: environment.today())
            {
                readings.append(reading)
            }
            guard history.clock.answered != nil else { continue }
            for item in try await items(of: row.id, key) {
                for citation in item.body.decision?.citations ?? [] {
                    exemptions[citation.exemption.rawValue, default: 0] += 1
                }
            }
        }
        let (breaches, debts) = try await records.read { (try $0.breaches(), try $0.unreviewedEmergencies().count) }
        try await log(Event(.accountabilityShown, by: caller).with(["kind": "evidence"]))
        return EvidencePack(
            made: environment.now().text, agreementVersion: agreement.version,
            agreementReviewBy: "\(agreement.reviewBy)", requests: Backlog(readings, on: environment.today()),
            exemptions: exemptions, disclosures: disclosures, breaches: try breaches.map(breach),
            emergenciesUnreviewed: debts,
            rowsNeedingPolicyDocument: agreement.processing.count(where: \.needsPolicyDocument),
            claims: try await claims())
    }
}

extension DocumentVault {
    private func claims() async throws -> [DPIAClaim] {
        let agreement = agreement
        let today = environment.today()
        func readers(_ categories: [Category], _ matches: (Role, Party) -> Bool) -> [String] {
            var found: Set<String> = []
            for category in categories {
                for holder in agreement.holders(of: category) {
                    for role in agreement.roles {
                        for party in agreement.parties(of: role) where matches(role, party) {
                            let reads = agreement.purposes.contains { purpose in
                                let facts = AccessFacts(
                                    .read, category: category, holder: holder, caller: party, role: role,
                                    purpose: purpose, isOnCase: true)
                                return agreement.decide(facts, on: today).permit != nil
                            }
                            if reads { found.insert("\(role) reads \(category)") }
                        }
                    }
                }
            }
            return found.sorted()
        }
        func claim(_ id: String, _ words: String, _ broken: [String]) -> DPIAClaim {
            DPIAClaim(
                id: id, claim: words, holds: broken.isEmpty,
                found: broken.isEmpty ? "Nothing against it." : broken.joined(separator: "; "))
        }
        let standing = agreement.standing(on: today)
        return [
            claim(
                "administrators-read-nothing", "No system administrator reads the content of any document.",
                readers(agreement.categories) { role, _ in role == "ADM" }),
            claim(
                "law-enforcement-apart", "Law-enforcement papers are read by youth justice alone without a named task.",
                readers(["D10b"]) { _, party in party != .youthJustice }),
            claim(
                "privilege-kept", "No member of the family reads the authority's legal advice.",
                readers(["D14b"]) { _, party in party == .family }),
            claim(
                "agreement-in-force", "The sharing agreement is in force and its review is not overdue.",
                standing == .inForce ? [] : ["It is not: review by \(agreement.reviewBy), until \(agreement.until)."]),
            claim(
                "two-people-disclose", "Somebody else approved every answer before it was disclosed.",
                try await disclosuresByOne()),
            claim("emergencies-reviewed", "Every emergency access was reviewed in time.", try await lateEmergencies()),
        ]
    }

    /// Disclosures before which the ledger has no approval by another person.
    private func disclosuresByOne() async throws -> [String] {
        var approvers: [String: Set<String>] = [:]
        var broken: [String] = []
        for row in try await records.read({ try $0.entries(of: [.requestApproved, .disclosed]) }) {
            guard let event = try await opened(row), let request = event.object["request"] else { continue }
            let person = event.actor["person"] ?? ""
            if row.leaf.kind == .requestApproved {
                approvers[request, default: []].insert(person)
            } else if approvers[request]?.subtracting([person]).isEmpty ?? true {
                broken.append("request \(request)")
            }
        }
        return broken
    }

    private func lateEmergencies() async throws -> [String] {
        let debts = try await records.read { try $0.unreviewedEmergencies() }
        let late = debts.filter { debt in
            let due = agreement.workingDays.adding(1, to: environment.day(debt.added))
            return due.map { $0 < environment.today() } ?? true
        }
        return late.map { "emergency \($0.id)" }
    }
}
