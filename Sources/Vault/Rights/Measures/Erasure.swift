internal import Ledger
public import Rules
internal import Sealing
public import Storage

/// One document as the form for a decision on erasure has it.
public struct ErasureLine: Hashable, Sendable, Codable {
    public let document: String
    public let category: String
    public let categoryTitle: String
    /// Nothing but free will keeps it: it may go.
    public let isOptional: Bool
    /// A legal hold binds it, or its use is restricted.
    public let isHeld: Bool
    public let decision: ErasureDecision?
    /// What stands against the decision.
    public let faults: [String]
}

extension DocumentVault {
    /// Every document about the child of a request for erasure, with what was decided of it.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.request)`, `.invalid` for a request of another kind.
    public func erasureForm(of request: RightsRequestID, as caller: Caller) async throws
        -> [ErasureLine]
    {
        let (row, key, asking) = try await requireReviewing(request, caller)
        let body = try body(of: row, key)
        try requireKind(.erasure, body)
        try await log(
            Event(.requestShown, by: caller, party: asking.place.party).about(row.child)
                .on(["request": "\(request)", "list": "erasure"]), childKey: key)
        return try await erasureLines(row, body)
    }

    /// Decides of documents whether they go, or under which exception they are kept. Nothing goes by this: somebody else approves it, and what may
    /// go is disposed of as everything is, with the ground `request`.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.request)`, `.notFound(.document)`, `.rights(.faults)`, `.rights(.rules)`.
    public func decide(
        _ decisions: [ErasureDecision], of request: RightsRequestID, as caller: Caller
    ) async throws {
        let (row, key, asking) = try await requireAnswering(request, caller)
        var body = try body(of: row, key)
        try requireKind(.erasure, body)
        try requireUnderReview(body)
        let decided = Set(decisions.map(\.document))
        guard decided.count == decisions.count else {
            throw VaultError.invalid(field: "decision", reason: "a document is decided of once")
        }
        let new = try decisions.map { decision in
            let reasoning = try PlainText.paragraph(decision.reasoning, field: "reasoning")
            return ErasureDecision(
                document: decision.document, exception: decision.exception, reasoning: reasoning,
                by: "\(caller.person)")
        }
        let all = (body.erasure ?? []).filter { !decided.contains($0.document) } + new
        body.erasure = all.sorted { $0.document < $1.document }
        let lines = try await erasureLines(row, body)
        guard decided.isSubset(of: Set(lines.map(\.document))) else {
            throw VaultError.notFound(.document)
        }
        let faults = lines.filter { decided.contains($0.document) }.flatMap(\.sentences)
        guard faults.isEmpty else { throw VaultError.rights(.faults(faults)) }
        let kept = body.erasure
        try await change(
            row, key, [], as: .erasureDecided, with: ["documents": String(decisions.count)], asking,
            caller,
            altering: { $0.erasure = kept })
    }

    /// Tells whoever has had what has been erased meanwhile and was not told by its disposal (UK GDPR Art. 19).
    ///
    /// - Returns: How many notices were written.
    /// - Throws: `VaultError.denied`, `.notFound(.request)`.
    public func noticeErasures(of request: RightsRequestID, as caller: Caller) async throws -> Int {
        let (row, key, asking) = try await requireAnswering(request, caller)
        var due: Set<Int> = []
        for recipient in try body(of: row, key).recipients ?? [] where recipient.isDueForErasure {
            guard let document = DocumentID(recipient.document),
                try await records.read({ try $0.document(document) }) == nil
            else { continue }
            due.insert(recipient.number)
        }
        guard !due.isEmpty else { return 0 }
        let notices = try telling(due, of: row, key, asking.place.party, caller)
        try await records.write { try $0.keep(notices) }
        return due.count
    }

    /// What keeps the answer to a request other than for access from being approved.
    func measureFaults(_ row: RightsRequestRow, _ body: RightsRequestBody) async throws -> [String] {
        switch body.kind {
        case .erasure: try await erasureLines(row, body).flatMap(\.sentences)
        case .objection where body.objection == nil: ["Nobody has decided on the objection."]
        case .portability where body.portable == nil: ["No document has been chosen."]
        default: []
        }
    }

    /// Who is to be told once what may go has gone.
    func erasureRecipients(_ row: RightsRequestRow, _ body: RightsRequestBody) async throws
        -> [Recipient]
    {
        let going = Set((body.erasure ?? []).filter { $0.exception == nil }.map(\.document))
        guard !going.isEmpty else { return body.recipients ?? [] }
        let documents = try await records.read { try $0.documents(about: row.child) }
        let known = (body.recipients ?? []).filter { $0.measure != .erasure || $0.told != nil }
        let found = try await recipients(
            of: documents.filter { going.contains("\($0.id)") }, row.child, butFor: body.requester,
            .erasure)
        return known + numbered(found, after: known.map(\.number).max() ?? 0)
    }

    /// Whether an approved request for erasure says of a document that it may go.
    func isErasureAgreed(of document: DocumentID, about child: ChildID) async throws -> Bool {
        guard let key = try await childKey(child) else { return false }
        for row in try await records.read({ try $0.rightsRequests(about: child) })
        where row.kind == RequestKind.erasure.rawValue {
            let body = try body(of: row, key)
            let wasAnswered = body.events.contains {
                if case .answered = $0.event { true } else { false }
            }
            guard let approval = body.approval, try body.history().state == .approved || wasAnswered,
                try body.digest(with: []) == approval.digest,
                try await newestApproval(of: row) == approval.digest
            else { continue }
            if body.erasure?.contains(where: { $0.document == "\(document)" && $0.exception == nil })
                == true
            {
                return true
            }
        }
        return false
    }

    func requireKind(_ kind: RequestKind, _ body: RightsRequestBody) throws {
        guard body.kind == kind else {
            throw VaultError.invalid(field: "request", reason: "it is one for \(body.kind.rawValue)")
        }
    }

    private func erasureLines(_ row: RightsRequestRow, _ body: RightsRequestBody) async throws
        -> [ErasureLine]
    {
        let (policy, today) = (try rightsPolicy(), environment.today())
        let holds = try await legalHolds()
        let facts = try await retentionFacts(of: row.child)
        let decisions = Dictionary((body.erasure ?? []).map { ($0.document, $0) }) { first, _ in first }
        return facts.items.map { item in
            let document = item.document
            let isHeld =
                !holds.binding(holdFacts(document), on: today).isEmpty
                || facts.restricted.contains(document.id)
            let decision = decisions["\(document.id)"]
            return ErasureLine(
                document: "\(document.id)", category: document.category.rawValue,
                categoryTitle: agreement.title(of: document.category) ?? "",
                isOptional: policy.erasure.optional.contains(document.category), isHeld: isHeld,
                decision: decision,
                faults: policy.judge(decision, on: document.category, isHeld: isHeld).map(\.sentence))
        }
    }
}

extension ErasureLine {
    fileprivate var sentences: [String] { faults.map { "Document \(document) \($0)" } }
}

extension Recipient {
    /// Of an erasure, and nobody has told them yet.
    var isDueForErasure: Bool { measure == .erasure && told == nil && isToldByNotice }
}
