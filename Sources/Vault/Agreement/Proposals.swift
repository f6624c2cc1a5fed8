internal import Ledger
public import Rules
internal import Sealing
public import Storage

/// The files of an agreement that somebody proposes.
public struct PolicyTexts: Hashable, Sendable {
    public let categories: [UInt8]
    public let agreement: [UInt8]
    /// The table of cases that the agreement must answer as agreed.
    public let cases: [UInt8]

    public init(categories: [UInt8], agreement: [UInt8], cases: [UInt8]) {
        self.categories = categories
        self.agreement = agreement
        self.cases = cases
    }

    /// What is signed, approved and recorded: SHA-256 over the SHA-256 of each file that decides, in hexadecimal.
    public var digest: String { Self.digest([categories, agreement]) }

    static func digest(_ files: [[UInt8]]) -> String {
        Digest.sha256(files.flatMap { Digest.sha256($0).bytes }).hex
    }

    /// - Throws: `VaultError.policy` with file, line and reason.
    public func load() throws -> Agreement {
        try DocumentVault.loadAgreement { $0 == .categories ? categories : agreement }
    }

    /// Every case, put to the agreement.
    ///
    /// - Throws: `VaultError.policy` for a fault in one of the files.
    public func outcomes() throws -> [CaseOutcome] {
        let text = PolicyText(file: "agreement.cases.yaml", text: String(decoding: cases, as: UTF8.self))
        let agreement = try load()
        do throws(PolicyError) {
            return try checkCases(text, under: agreement)
        } catch {
            throw VaultError.policy(error)
        }
    }
}

/// A proposal as it is listed.
public struct Proposal: Hashable, Sendable, Codable {
    public enum State: String, Hashable, Sendable, Codable { case proposed, approved, activated }

    public let id: String
    public let version: Int
    public let title: String
    public let digest: String
    public let state: State
    public let proposer: String
    public let proposed: String
    public let approver: String?
    public let approved: String?
    public let activated: String?
}

extension DocumentVault {
    /// Proposes a change of the agreement: its files are read and checked, and its cases put to it.
    ///
    /// - Throws: `VaultError.policy`, `.casesFail`, `.invalid`, `.denied`.
    public func propose(_ texts: PolicyTexts, as caller: Caller) async throws -> ProposalID {
        try await authorise("agreement.propose", caller)
        let proposed = try texts.load()
        guard proposed.version > agreement.version else {
            throw VaultError.invalid(field: "version", reason: "it must be above \(agreement.version)")
        }
        let failing = try texts.outcomes().count { !$0.isAsAgreed }
        guard failing == 0 else { throw VaultError.casesFail(failing) }
        let id = ProposalID(from: environment.random)
        let row = ProposalRow(
            id: id, categories: texts.categories, agreement: texts.agreement, cases: texts.cases,
            proposer: caller.person, proposed: environment.now())
        let entry = try self.row(proposalEvent(.agreementProposed, id, texts, caller))
        try await records.write { transaction in
            try transaction.put(row)
            _ = try transaction.append(entry)
        }
        return id
    }

    /// Approves somebody else's proposal.
    ///
    /// - Throws: `VaultError.needsAnother`, `.alreadySo`, `.notFound(.proposal)`, `.denied`.
    public func approve(_ id: ProposalID, as caller: Caller) async throws {
        try await authorise("agreement.approve", caller)
        let proposal = try await requireProposal(id)
        let entry = try row(proposalEvent(.agreementApproved, id, proposal.texts, caller))
        let now = environment.now()
        try await records.write { transaction in
            guard var row = try transaction.proposal(id) else { throw VaultError.notFound(.proposal) }
            guard row.approver == nil else { throw VaultError.alreadySo("This proposal has been approved") }
            guard row.proposer != caller.person else { throw VaultError.needsAnother("Approving your own proposal") }
            guard try transaction.person(caller.person)?.disabled == nil else { throw VaultError.accountDisabled }
            row.approver = caller.person
            row.approved = now
            try transaction.put(row)
            _ = try transaction.append(entry)
        }
    }

    /// Puts an approved proposal in force: from the next decision on it is the agreement. The keyring follows: see `align`.
    ///
    /// - Throws: `VaultError.invalid` before approval, `.alreadySo`, `.notFound(.proposal)`, `.denied`.
    public func activate(_ id: ProposalID, as caller: Caller) async throws {
        try await authorise("agreement.activate", caller)
        let proposal = try await requireProposal(id)
        let texts = proposal.texts
        let new = try texts.load()
        let now = environment.now()
        let isInForce = new.covers(environment.today())
        let detail = ["proposal": "\(id)", "version": String(new.version)]
        let files = try [(PolicyFile.categories, texts.categories), (.agreement, texts.agreement)].map { file, text in
            let object = ["policy": file.rawValue, "sha256": Digest.sha256(text).hex]
            return (file, text, try row(Event(.agreementActivated, by: caller).on(object).with(detail)))
        }
        try await changing {
            let current = policies.current
            try await records.write { transaction in
                guard var row = try transaction.proposal(id) else { throw VaultError.notFound(.proposal) }
                guard row.approver != nil else {
                    throw VaultError.invalid(field: "proposal", reason: "somebody else must approve it first")
                }
                guard row.activated == nil else { throw VaultError.alreadySo("This proposal has been activated") }
                guard try transaction.activePolicy() == current.entry, new.version > current.agreement.version else {
                    throw VaultError.changedMeanwhile
                }
                for (file, text, log) in files {
                    let entry = try transaction.append(log)
                    try transaction.insert(PolicyRow(name: file.rawValue, text: text, activated: now, entry: entry))
                }
                row.activated = now
                try transaction.put(row)
                try transaction.put(AlignmentRow(policy: try transaction.activePolicy(), isInForce: isInForce))
            }
        }
        try await requireWritable()
    }

    /// Every proposal, the oldest first.
    public func proposals(as caller: Caller) async throws -> [Proposal] {
        try await authorise("agreement.propose", caller)
        let rows = try await records.read { transaction in
            try transaction.proposals().map { row in
                (
                    row, try transaction.person(row.proposer),
                    try row.approver.flatMap { try transaction.person($0) }
                )
            }
        }
        return try rows.map { row, proposer, approver in
            let agreement = try row.texts.load()
            let state: Proposal.State =
                row.activated != nil ? .activated : row.approver != nil ? .approved : .proposed
            return Proposal(
                id: "\(row.id)", version: agreement.version, title: agreement.title, digest: row.texts.digest,
                state: state, proposer: try proposer.map { try names(of: $0).username } ?? "",
                proposed: row.proposed.text, approver: try approver.map { try names(of: $0).username },
                approved: row.approved?.text, activated: row.activated?.text)
        }
    }

    /// The files of a proposal.
    ///
    /// - Throws: `VaultError.notFound(.proposal)`, `.denied`.
    public func texts(of id: ProposalID, as caller: Caller) async throws -> PolicyTexts {
        try await authorise("agreement.propose", caller)
        return try await requireProposal(id).texts
    }

    /// The agreement in force in plain words, with the digest of its files.
    public func renderedAgreement(as caller: Caller) async throws -> String {
        try await requireWritable()
        let texts = try await records.read { transaction in
            try PolicyFile.allCases.map { try transaction.policy($0.rawValue)?.text ?? [] }
        }
        return rendering(of: agreement, digest: PolicyTexts.digest(texts))
    }

    private func requireProposal(_ id: ProposalID) async throws -> ProposalRow {
        guard let row = try await records.read({ try $0.proposal(id) }) else { throw VaultError.notFound(.proposal) }
        return row
    }

    private func proposalEvent(
        _ kind: EventKind, _ id: ProposalID, _ texts: PolicyTexts, _ caller: Caller
    ) -> Event {
        Event(kind, by: caller).on(["proposal": "\(id)", "sha256": texts.digest])
            .with(["cases": Digest.sha256(texts.cases).hex])
    }
}

extension ProposalRow {
    var texts: PolicyTexts { PolicyTexts(categories: categories, agreement: agreement, cases: cases) }
}
