internal import Foundation
internal import Ledger
public import Rules
internal import Sealing
public import Storage

/// What a data protection officer is asked to show.
public struct EvidencePack: Hashable, Sendable, Codable {
    public struct AgreementTerm: Hashable, Sendable, Codable {
        public let version: Int
        public let reviewBy: Day
        public let until: Day
        /// Negative when it is past.
        public let daysToReview: Int
        public let daysToEnd: Int
    }

    /// That the rules were changed, and by whom.
    public struct PolicyChange: Hashable, Sendable, Codable {
        public let entry: UInt64
        public let time: String
        /// `agreement.activated` and the like.
        public let kind: String
        public let by: String
        public let detail: [String: String]
    }

    /// That somebody saw the document that was asked about, and why they could.
    public struct Seen: Hashable, Sendable, Codable {
        public let entry: UInt64
        public let time: String
        public let kind: String
        public let by: String
        public let party: String
        public let role: String
        public let purpose: String
        public let clause: String
        public let basis: String
        public let isEmergency: Bool
    }

    public let made: String
    public let agreement: AgreementTerm
    public let requests: Backlog
    public let disclosureLog: [DisclosureRecord]
    public let otherDisclosures: [OtherDisclosure]
    /// How often each exemption was relied on in what was disclosed or refused.
    public let exemptions: [String: Int]
    public let disclosures: Int
    public let complaints: [ComplaintRecord]
    /// Requests for restriction that were granted, and not closed since.
    public let restrictions: Int
    public let breaches: [Breach]
    public let consentsToReconfirm: Int
    public let emergenciesUnreviewed: Int
    /// Rows of the record of processing that need an appropriate policy document.
    public let rowsNeedingPolicyDocument: Int
    /// Of them, those that have none that counts today.
    public let rowsWithoutPolicyDocument: Int
    public let policyChanges: [PolicyChange]
    /// Of the document that was asked about; `nil` when none was.
    public let seen: [Seen]?
    public let claims: [DPIAClaim]
}

/// One file of signed evidence.
public struct EvidenceFile: Hashable, Sendable {
    public let name: String
    public let bytes: [UInt8]
}

extension DocumentVault {
    private static let policyKinds: Set<EventKind> = [
        .agreementProposed, .agreementApproved, .agreementActivated, .scheduleProposed, .scheduleActivated,
    ]

    /// Requests, disclosures, exemptions, complaints, breaches, emergencies, changes of the rules and claims, in one.
    ///
    /// `document`: one of which it is to say who saw it and why.
    ///
    /// - Throws: `VaultError.denied`; `.notFound(.document)` also for one whose child is not the caller's.
    public func evidence(about document: DocumentID? = nil, as caller: Caller) async throws -> EvidencePack {
        try await authorise("accountability.show", caller)
        let (today, usernames) = (environment.today(), try usernames(of: try await records.read { try $0.people() }))
        let filed = try await filedRequests(caller)
        let answered = filed.filter { $0.history.clock.answered != nil }
        var exemptions: [String: Int] = [:]
        for citation in answered.flatMap(\.items).flatMap({ $0.decision?.citations ?? [] }) {
            exemptions[citation.exemption.rawValue, default: 0] += 1
        }
        let (breaches, debts) = try await records.read { (try $0.breaches(), try $0.unreviewedEmergencies().count) }
        var seen: [EvidencePack.Seen]?
        if let document { seen = try await self.seen(document, usernames, caller) }
        let rows = agreement.processing
        try await log(Event(.accountabilityShown, by: caller).with(["kind": "evidence"]))
        return EvidencePack(
            made: environment.now().text, agreement: term(on: today),
            requests: Backlog(filed.filter(\.counts).compactMap(\.clock), on: today),
            disclosureLog: try filed.map { try disclosureRecord($0, usernames) },
            otherDisclosures: try await otherDisclosures(usernames), exemptions: exemptions,
            disclosures: filed.reduce(0) { $0 + $1.body.disclosures.count }, complaints: filed.compactMap(\.complaint),
            restrictions: try await liveRestrictionCount(), breaches: try breaches.map(breach),
            consentsToReconfirm: try await consentsToReconfirm(), emergenciesUnreviewed: debts,
            rowsNeedingPolicyDocument: rows.count(where: \.needsPolicyDocument),
            rowsWithoutPolicyDocument: rows.count {
                environment.claims?.lacksDocument($0, on: today) ?? $0.needsPolicyDocument
            },
            policyChanges: try await policyChanges(usernames), seen: seen, claims: try await claims(caller))
    }

    /// The same as files: the pack, the record of processing, and a list of both with their digests, signed as certificates are.
    ///
    /// See docs/FORMATS.md, "Evidence".
    ///
    /// - Throws: As `evidence`.
    public func evidenceFiles(about document: DocumentID? = nil, as caller: Caller) async throws -> [EvidenceFile] {
        let pack = try await evidence(about: document, as: caller)
        let lines = try await processing(as: caller)
        let files = [
            EvidenceFile(name: "evidence.json", bytes: try Self.json(pack)),
            EvidenceFile(name: "processing.json", bytes: try Self.json(lines)),
        ]
        let head = try await records.read { try $0.treeHead() }
        let manifest = try Self.json(
            EvidenceManifest(
                vault: "\(id)", made: pack.made, entries: head.size, root: head.root.hex,
                files: files.map {
                    .init(name: $0.name, byteCount: UInt64($0.bytes.count), sha256: Digest.sha256($0.bytes).hex)
                }))
        let signature = try await signer().sign(manifest, at: environment.now().milliseconds / 1000).der
        return files + [
            EvidenceFile(name: "manifest.json", bytes: manifest),
            EvidenceFile(name: "manifest.json.p7s", bytes: signature),
        ]
    }

    private static func json(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return try [UInt8](encoder.encode(value)) + [0x0a]
    }

    private func term(on today: Day) -> EvidencePack.AgreementTerm {
        EvidencePack.AgreementTerm(
            version: agreement.version, reviewBy: agreement.reviewBy, until: agreement.until,
            daysToReview: today.days(until: agreement.reviewBy), daysToEnd: today.days(until: agreement.until))
    }

    /// Consents of parents that the young person must give anew.
    private func consentsToReconfirm() async throws -> Int {
        let today = environment.today()
        var count = 0
        for child in Set(try await records.read { try $0.acts(kind: .consent, person: nil) }.map(\.child)) {
            guard try await childKey(child) != nil else { continue }
            let standing = try standing(try await snapshot(of: child))
            count += standing.consents.values.count { $0.state(on: today, in: standing) == .reconfirmRequired }
        }
        return count
    }

    private func policyChanges(_ usernames: [String: String]) async throws -> [EvidencePack.PolicyChange] {
        var changes: [EvidencePack.PolicyChange] = []
        try await forEachEntry(of: Self.policyKinds) { entry in
            changes.append(
                .init(
                    entry: entry.index, time: entry.time.text, kind: entry.kind.description,
                    by: usernames[entry.event.actor["person"] ?? ""] ?? "",
                    detail: entry.event.object.merging(entry.event.detail) { $1 }))
        }
        return changes
    }

    private func seen(
        _ id: DocumentID, _ usernames: [String: String], _ caller: Caller
    ) async throws -> [EvidencePack.Seen] {
        guard let document = try await records.read({ try $0.document(id) }),
            try await !isBarred(from: document.child, caller)
        else { try await refuse(.notFound(.document), Event(.accessDenied, by: caller).on(["document": "\(id)"])) }
        var seen: [EvidencePack.Seen] = []
        try await forEachEntry(of: Self.lookKinds, about: document.child) { entry in
            guard entry.event.object["document"] == "\(id)" else { return }
            let detail = entry.event.detail
            seen.append(
                .init(
                    entry: entry.index, time: entry.time.text, kind: entry.kind.description,
                    by: usernames[entry.event.actor["person"] ?? ""] ?? "",
                    party: Party(number: entry.row.leaf.party)?.rawValue ?? "", role: detail["role"] ?? "",
                    purpose: detail["purpose"] ?? "", clause: detail["clause"] ?? "", basis: detail["basis"] ?? "",
                    isEmergency: detail["emergency"] != nil))
        }
        return seen
    }
}

/// What is signed.
private struct EvidenceManifest: Encodable {
    var format = "muniment evidence manifest v1"
    let vault: String
    let made: String
    /// The ledger when it was made: how many entries it had, and the hash of its tree.
    let entries: UInt64
    let root: String
    let files: [DisclosurePackage.File]
}
