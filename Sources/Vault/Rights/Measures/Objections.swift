internal import Ledger
public import Rules
internal import Sealing
public import Storage

extension DocumentVault {
    /// Decides on an objection (UK GDPR Art. 21), on data that are restricted meanwhile. Somebody else approves it. Rejected, the
    /// restriction may be lifted once the data subject was told; upheld, it stays.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.request)`, `.invalid`, `.rights(.faults)`, `.rights(.rules)`.
    public func decide(
        _ decision: ObjectionDecision, of request: RightsRequestID, as caller: Caller
    ) async throws {
        let (row, key, asking) = try await requireAnswering(request, caller)
        let body = try body(of: row, key)
        try requireKind(.objection, body)
        try requireUnderReview(body)
        let isRestricted = try standing(try await snapshot(of: row.child)).restrictions.values.contains {
            $0.request == request
        }
        let faults = try rightsPolicy().judge(decision, isRestricted: isRestricted).map(\.sentence)
        guard faults.isEmpty else { throw VaultError.rights(.faults(faults)) }
        let decided = ObjectionDecision(
            outcome: decision.outcome, ground: decision.ground,
            reasoning: try PlainText.paragraph(decision.reasoning, field: "reasoning"),
            by: "\(caller.person)")
        try await change(
            row, key, [], as: .objectionDecided, with: ["outcome": decision.outcome.rawValue], asking,
            caller,
            altering: { $0.objection = decided })
    }

    /// That what is restricted because of an objection stays so until that is decided and approved, and for good where it was upheld.
    func requireObjectionOver(_ placed: PlacedRestriction, _ child: ChildID) async throws {
        guard placed.ground == .objectionPending, let key = try await childKey(child),
            let row = try await records.read({ try $0.rightsRequest(placed.request) })
        else { return }
        let body = try body(of: row, key)
        guard body.kind == .objection else { return }
        let state = try body.history().state
        let isWithdrawn =
            state == .closed
            && !body.events.contains { if case .answered = $0.event { true } else { false } }
        guard !isWithdrawn else { return }
        guard let decision = body.objection, state == .approved || state.isAnswered || state == .closed
        else {
            throw VaultError.invalid(
                field: "restriction", reason: "the objection is undecided, or not approved yet")
        }
        guard decision.outcome != .upheld else {
            throw VaultError.invalid(
                field: "restriction",
                reason: "the objection was upheld: the data stay restricted, or are erased")
        }
    }
}
