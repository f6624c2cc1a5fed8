internal import Ledger
internal import Rules
internal import Sealing
public import Storage

/// What is to be disposed of.
public enum DisposalTarget: Hashable, Sendable {
    case child(ChildID)
    case document(DocumentID)
    /// One version of a document that has others.
    case version(DocumentID, Int64)
}

/// Eligible → listed → reviewed by the service → approved by somebody else → cooling off → carried out → verified → certified.
///
/// Nothing goes by itself: a rule makes it eligible, and people dispose of it.
extension DocumentVault {
    /// The days between approval and execution, in which a mistake can be noticed.
    public static let coolingDays = 30

    /// Puts something on the list, if every check passes.
    ///
    /// - Throws: `VaultError.denied`, `.notFound`, `.disposalBlocked` with what stands against it, `.alreadySo`.
    public func list(
        _ target: DisposalTarget, ground: DisposalGround, reason: String, as caller: Caller
    ) async throws -> DisposalID {
        try await authorise("disposal.list", caller)
        let reason = try PlainText.line(reason, field: "reason")
        let (unit, child, document, version) = try await locate(target)
        let (checks, rule) = try await checks(unit, child, document, ground: ground)
        try require(checks)
        let id = DisposalID(from: environment.random)
        let now = environment.now()
        let body = DisposalBody(
            ground: ground, reason: reason, rule: rule, checks: checks,
            listed: hand(of: caller, "disposal.list", at: now))
        let row = DisposalRow(
            id: id, unit: unit, child: child, document: document, version: version, state: .listed,
            body: try seal(body, of: id), changed: now)
        let log = try self.row(event(.disposalListed, row, caller).with(["kind": ground.rawValue]))
        try await records.write { transaction in
            let others = try transaction.disposals([.listed, .reviewed, .approved, .erasing])
            guard !others.contains(where: { $0.isSame(as: row) }) else {
                throw VaultError.alreadySo("This is on the list")
            }
            try transaction.put(row)
            _ = try transaction.append(log)
        }
        return id
    }

    /// The service that owns the records says that it does not need them any more.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.disposal)`, `.wrongStage`.
    public func review(_ id: DisposalID, as caller: Caller) async throws {
        try await authorise("disposal.review", caller)
        _ = try await requireSession(caller)
        let hand = hand(of: caller, "disposal.review", at: environment.now())
        try await advance(id, from: .listed, to: .reviewed, .disposalReviewed, caller) { body, _ in
            body.reviewed = hand
        }
    }

    /// Somebody who neither listed nor reviewed it approves; from now on the cooling-off runs.
    ///
    /// `coolingDays`: 0 to 365. Fewer than 30 only where the law leaves no time; the certificate says so.
    ///
    /// - Throws: `VaultError.denied`, `.needsAnother`, `.notFound(.disposal)`, `.wrongStage`, `.invalid`.
    public func approve(
        _ id: DisposalID, coolingDays: Int = Self.coolingDays, as caller: Caller
    ) async throws {
        try await authorise("disposal.approve", caller)
        _ = try await requireSession(caller)
        guard (0...365).contains(coolingDays) else {
            throw VaultError.invalid(field: "cooling-off", reason: "it is 0 to 365 days")
        }
        let now = environment.now()
        let hand = hand(of: caller, "disposal.approve", at: now)
        try await advance(id, from: .reviewed, to: .approved, .disposalApproved, caller) { body, transaction in
            for other in [body.listed, body.reviewed].compactMap({ $0 }) {
                guard let person = PersonID(other.person) else {
                    throw StorageError.damagedStore(store: "disposals table")
                }
                try transaction.requireTwo(person, caller.person, "Approving this disposal")
            }
            body.approved = hand
            body.coolingUntil = now.adding(seconds: Int64(coolingDays) * 86_400)
        }
    }

    /// Takes something off the list, at any time before it is carried out.
    public func end(_ id: DisposalID, reason: String, as caller: Caller) async throws {
        try await requireOne(of: ["disposal.list", "disposal.review", "disposal.approve"], caller)
        let reason = try PlainText.line(reason, field: "reason")
        try await advance(id, from: nil, to: .ended, .disposalEnded, caller) { body, _ in body.endedFor = reason }
    }

    public func disposals(as caller: Caller) async throws -> [DisposalSummary] {
        try await requireOne(of: ["disposal.list", "disposal.review", "disposal.approve", "disposal.execute"], caller)
        let rows = try await records.read { transaction in
            try transaction.disposals().map { row in
                let number = try transaction.certificate(of: row.id)?.number
                return (row, number, try number.flatMap { try transaction.stamp(of: $0)?.time })
            }
        }
        try await log(Event(.registerShown, by: caller).with(["shown": String(rows.count)]))
        return try rows.map { try summary($0, certificate: $1, stamped: $2) }
    }

    /// Moves a disposal to its next stage: the row and the ledger entry in one transaction.
    private func advance(
        _ id: DisposalID, from: DisposalRow.State?, to: DisposalRow.State, _ kind: EventKind, _ caller: Caller,
        _ change: @escaping @Sendable (inout DisposalBody, WriteTransaction) throws -> Void
    ) async throws {
        guard let found = try await records.read({ try $0.disposal(id) }) else { throw VaultError.notFound(.disposal) }
        let log = try row(event(kind, found, caller))
        let now = environment.now()
        try await records.write { transaction in
            guard var row = try transaction.disposal(id) else { throw VaultError.notFound(.disposal) }
            let isOpen = [.listed, .reviewed, .approved].contains(row.state)
            guard from.map({ $0 == row.state }) ?? isOpen else { throw VaultError.wrongStage(row.state.rawValue) }
            var body = try body(of: row)
            try change(&body, transaction)
            row.state = to
            row.body = try seal(body, of: id)
            row.changed = now
            try transaction.put(row)
            _ = try transaction.append(log)
        }
    }

    private func locate(
        _ target: DisposalTarget
    ) async throws -> (DisposalRow.Unit, ChildID, DocumentID?, Int64?) {
        switch target {
        case .child(let child):
            guard try await records.read({ try $0.child(child) }) != nil else { throw VaultError.notFound(.child) }
            return (.child, child, nil, nil)
        case .document(let id):
            guard let row = try await records.read({ try $0.document(id) }) else {
                throw VaultError.notFound(.document)
            }
            return (.document, row.child, id, nil)
        case .version(let id, let number):
            let (row, versions) = try await records.read { (try $0.document(id), try $0.versions(of: id)) }
            guard let row else { throw VaultError.notFound(.document) }
            guard versions.contains(where: { $0.number == number }) else { throw VaultError.notFound(.version) }
            guard versions.count > 1 else {
                throw VaultError.invalid(field: "version", reason: "it is the only one: dispose of the document")
            }
            return (.version, row.child, id, number)
        }
    }

    func event(_ kind: EventKind, _ row: DisposalRow, _ caller: Caller?) -> Event {
        var object = ["disposal": "\(row.id)", "unit": row.unit.rawValue, "child": "\(row.child)"]
        if let document = row.document { object["document"] = "\(document)" }
        if let version = row.version { object["version"] = String(version) }
        return Event(kind, by: caller).on(object)
    }

    /// The caller's part, in the first of the caller's roles that has the duty.
    func hand(of caller: Caller, _ duty: Duty, at now: Instant) -> DisposalBody.Hand {
        let role = caller.roles.first { agreement.gives(duty, to: $0) }
        return DisposalBody.Hand(person: "\(caller.person)", role: role?.rawValue ?? "", at: now)
    }

    private func requireOne(of duties: [Duty], _ caller: Caller) async throws {
        try await requireWritable()
        guard !duties.contains(where: { agreement.gives($0, to: caller.roles) }) else { return }
        try await authorise(duties[0], caller)
    }
}

extension DisposalRow {
    /// Whether both are about the same thing, or one about a part of the other.
    fileprivate func isSame(as other: DisposalRow) -> Bool {
        guard child == other.child else { return false }
        guard let document, let otherDocument = other.document else { return true }
        return document == otherDocument && (version == nil || other.version == nil || version == other.version)
    }
}
