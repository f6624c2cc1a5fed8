internal import Ledger
public import Rules
internal import Sealing
public import Storage

/// A legal hold to be placed.
public struct NewHold: Sendable {
    public let name: String
    public let kind: HoldKind
    /// By whose word: a court, a letter, a statute.
    public let authority: String
    public let scope: HoldScope
    public let reviewEveryDays: Int

    public init(name: String, kind: HoldKind, authority: String, scope: HoldScope, reviewEveryDays: Int = 90) {
        self.name = name
        self.kind = kind
        self.authority = authority
        self.scope = scope
        self.reviewEveryDays = reviewEveryDays
    }
}

/// A hold as it is listed.
public struct HoldSummary: Hashable, Sendable, Codable {
    public let id: String
    public let name: String
    public let kind: String
    public let authority: String
    public let scope: HoldBody.Scope
    public let placed: String
    public let released: String?
    /// Released, and binding for the cooling-off still.
    public let binds: Bool
    public let reviewDue: Bool
}

/// The particulars of a hold, sealed in its row.
public struct HoldBody: Hashable, Sendable, Codable {
    public struct Scope: Hashable, Sendable, Codable {
        public var children: [String]
        public var cases: [String]
        public var categories: [String]
        public var holders: [String]
        public var labels: [String]
        public var from: Day?
        public var until: Day?
    }

    var name: String
    var kind: HoldKind
    var authority: String
    var scope: Scope
    var reviewEveryDays: Int
    var placedBy: String
    var releasedBy: String?
    var releasedFor: String?
}

extension DocumentVault {
    /// Places a hold: from now on nothing that it is about is disposed of, also what comes later.
    ///
    /// - Throws: `VaultError.denied`, `.invalid`.
    public func placeHold(_ new: NewHold, as caller: Caller) async throws -> HoldID {
        try await authorise("hold.place", caller)
        let scope = new.scope
        guard (scope.children.allSatisfy { ChildID($0) != nil }), scope.cases.allSatisfy({ CaseID($0) != nil }) else {
            throw VaultError.invalid(field: "scope", reason: "children and cases are named by their identifiers")
        }
        guard (1...3660).contains(new.reviewEveryDays) else {
            throw VaultError.invalid(field: "review", reason: "it is every 1 to 3660 days")
        }
        for child in scope.children.compactMap({ ChildID($0) }) {
            guard try await records.read({ try $0.child(child) }) != nil else { throw VaultError.notFound(.child) }
        }
        for theCase in scope.cases.compactMap({ CaseID($0) }) {
            guard try await records.read({ try $0.theCase(theCase) }) != nil else {
                throw VaultError.notFound(.theCase)
            }
        }
        let unknown = scope.categories.filter { !agreement.categories.contains($0) }
        guard unknown.isEmpty else {
            throw VaultError.invalid(field: "category", reason: "the agreement has none such")
        }
        let hold = try self.hold(new, caller)
        try await records.write { try $0.place(hold) }
        try await keepRegister()
        return hold.row.id
    }

    /// The rows of a new hold, for whoever writes them together with what it is for.
    func hold(_ new: NewHold, _ caller: Caller) throws -> (row: HoldRow, log: LogRow) {
        let id = HoldID(from: environment.random)
        let body = HoldBody(
            name: try PlainText.line(new.name, field: "name"), kind: new.kind,
            authority: try PlainText.line(new.authority, field: "authority"), scope: HoldBody.Scope(new.scope),
            reviewEveryDays: new.reviewEveryDays, placedBy: "\(caller.person)")
        let row = HoldRow(id: id, body: try seal(body, of: id), placed: environment.now())
        return (
            row, try self.row(Event(.holdPlaced, by: caller).on(["hold": "\(id)"]).with(["kind": new.kind.rawValue]))
        )
    }

    /// Releases a hold. It binds for thirty days more, and other holds are not touched.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.hold)`, `.alreadySo`, `.needsAnother` for who placed it.
    public func releaseHold(_ id: HoldID, reason: String, as caller: Caller) async throws {
        try await authorise("hold.release", caller)
        _ = try await requireSession(caller)
        let reason = try PlainText.line(reason, field: "reason")
        let log = try row(Event(.holdReleased, by: caller).on(["hold": "\(id)"]))
        let now = environment.now()
        try await records.write { transaction in
            guard var row = try transaction.hold(id) else {
                throw VaultError.notFound(.hold)
            }
            guard row.released == nil else { throw VaultError.alreadySo("This hold is released") }
            var body = try body(of: row)
            guard let placer = PersonID(body.placedBy) else { throw StorageError.damagedStore(store: "holds table") }
            try transaction.requireTwo(placer, caller.person, "Releasing a hold that you placed")
            body.releasedBy = "\(caller.person)"
            body.releasedFor = reason
            row.body = try seal(body, of: id)
            row.released = now
            try transaction.put(row)
            _ = try transaction.append(log)
        }
        try await keepRegister()
    }

    public func holds(as caller: Caller) async throws -> [HoldSummary] {
        try await authorise("hold.place", caller)
        let today = environment.today()
        return try await records.read { try $0.holds() }.map { row in
            let (body, hold) = (try body(of: row), try legalHold(row))
            return HoldSummary(
                id: "\(row.id)", name: body.name, kind: body.kind.rawValue, authority: body.authority,
                scope: body.scope, placed: row.placed.text, released: row.released?.text, binds: hold.binds(on: today),
                reviewDue: hold.reviewDue(on: today))
        }
    }

    /// Every hold that there ever was; which of them bind is asked of each.
    func legalHolds() async throws -> [LegalHold] {
        try await records.read { try $0.holds() }.map { try legalHold($0) }
    }

    private func legalHold(_ row: HoldRow) throws -> LegalHold {
        let body = try body(of: row)
        guard let scope = try? HoldScope(body.scope) else { throw StorageError.damagedStore(store: "holds table") }
        return LegalHold(
            body.kind, scope: scope, placed: environment.day(row.placed), released: row.released.map(environment.day),
            reviewEveryDays: body.reviewEveryDays)
    }

    private func seal(_ body: HoldBody, of id: HoldID) throws -> [UInt8] {
        try keys.fields.seal(json: body, Self.facts(id), random: environment.random)
    }

    private func body(of row: HoldRow) throws -> HoldBody {
        try keys.fields.open(json: row.body, as: HoldBody.self, Self.facts(row.id))
    }

    private static func facts(_ id: HoldID) -> Facts {
        .field(table: "holds", column: "body", row: id.bytes, owner: [])
    }
}

extension WriteTransaction {
    func place(_ hold: (row: HoldRow, log: LogRow)) throws {
        try put(hold.row)
        _ = try append(hold.log)
    }
}

extension HoldBody.Scope {
    fileprivate init(_ scope: HoldScope) {
        self.init(
            children: scope.children.sorted(), cases: scope.cases.sorted(),
            categories: scope.categories.map(\.rawValue).sorted(), holders: scope.holders.map(\.rawValue).sorted(),
            labels: scope.labels.map(\.rawValue).sorted(), from: scope.from, until: scope.until)
    }
}

extension HoldScope {
    fileprivate init(_ body: HoldBody.Scope) throws {
        try self.init(
            children: Set(body.children), cases: Set(body.cases),
            categories: Set(body.categories.map(Category.init(rawValue:))),
            holders: Set(body.holders.compactMap(Party.init(rawValue:))),
            labels: Set(body.labels.compactMap(Label.init(rawValue:))), from: body.from, until: body.until)
    }
}
