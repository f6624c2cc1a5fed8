internal import Ledger
public import Rules
internal import Sealing
public import Storage

/// A personal data breach, or what may be one, as somebody reports it.
public struct NewBreach: Hashable, Sendable, Codable {
    public enum Category: String, CaseIterable, Hashable, Sendable, Codable {
        case misdirected, lost, access, ransomware, redaction
    }

    public var category: Category
    /// In words that name nobody.
    public var facts: String
    /// The documents that are concerned.
    public var documents: [String]?
    /// People whose data they are, where no document tells.
    public var people: Int?
    /// In whose hands they were: a user name, as it is reported; in the record the person's identifier.
    public var person: String?
    /// Or the party whose key or people it is about.
    public var party: Party?
    /// The first and the last day of it.
    public var from: Day?
    public var until: Day?
    /// Somebody may be found or harmed by it: the safety plan comes before any letter.
    public var endangersSomebody: Bool
}

/// What is done about a breach.
public struct BreachStep: Hashable, Sendable, Codable {
    public enum Kind: String, CaseIterable, Hashable, Sendable, Codable {
        /// Likelihood and severity, in words.
        case risk
        /// Whether the regulator is told, and why.
        case decision
        case regulatorTold = "regulator-told"
        case safeguarding
        case subjectsTold = "subjects-told"
        case remedy, lesson
        case closed
    }

    public let kind: Kind
    public let note: String
    public let at: Instant
    public let by: String
}

/// A breach as it is shown.
public struct Breach: Hashable, Sendable, Codable {
    public let id: String
    public let category: String
    public let facts: String
    public let aware: String
    /// The last second for telling the regulator.
    public let notifyBy: String
    /// Negative once it is late; `nil` when the regulator was told, or the breach is closed.
    public let hoursLeft: Int64?
    /// Hours from awareness to the regulator.
    public let toldAfterHours: Int64?
    public let documents: [String]
    public let children: [String]
    public let people: Int?
    /// Whom it touches, as it was last counted from the ledger.
    public let affected: BreachFigures?
    public let endangersSomebody: Bool
    public let steps: [String]
    public let isClosed: Bool
}

/// What the register keeps of a breach, sealed under the vault's key.
struct BreachBody: Hashable, Sendable, Codable {
    var new: NewBreach
    var children: [String]
    var recordedBy: String
    var steps: [BreachStep] = []
    var figures: BreachFigures?
}

/// Every breach is in the register, whether or not the regulator is told.
///
/// Source: UK GDPR Articles 33 and 34.
extension DocumentVault {
    /// Enters a breach. The 72 hours run from the moment somebody was reasonably certain, through nights and weekends.
    ///
    /// `aware`: that moment; now when `nil`.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.document)`, `.invalid`.
    public func record(_ new: NewBreach, awareAt aware: Instant? = nil, as caller: Caller) async throws -> BreachID {
        try await authorise("breach.record", caller)
        let now = environment.now()
        guard aware.map({ $0 <= now }) ?? true else {
            throw VaultError.invalid(field: "moment", reason: "it has not come yet")
        }
        var new = new
        new.facts = try PlainText.paragraph(new.facts, field: "facts", atLeast: 10)
        if let username = new.person { new.person = "\(try await person(named: username))" }
        if let from = new.from, let until = new.until, until < from {
            throw VaultError.invalid(field: "days", reason: "the last is before the first")
        }
        let ids = try (new.documents ?? []).map { text in
            guard let id = DocumentID(text) else { throw VaultError.notFound(.document) }
            return id
        }
        let children = try await records.read { transaction in
            try ids.map { id in
                guard let document = try transaction.document(id) else { throw VaultError.notFound(.document) }
                return "\(document.child)"
            }
        }
        let id = BreachID(from: environment.random)
        let body = BreachBody(new: new, children: Set(children).sorted(), recordedBy: "\(caller.person)")
        let row = BreachRow(id: id, aware: aware ?? now, body: try seal(body, of: id))
        let log = try self.row(
            Event(.breachRecorded, by: caller).on(["breach": "\(id)"]).with(["kind": new.category.rawValue]))
        try await records.write { transaction in
            try transaction.put(row)
            _ = try transaction.append(log)
        }
        return id
    }

    /// Writes down what was done about a breach.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.breach)`, `.alreadySo` for one that is closed; `.invalid` for closing before anybody decided
    ///   whether the regulator is told, and for letters that would go before the safety of whom they endanger.
    public func note(_ kind: BreachStep.Kind, _ note: String, on id: BreachID, as caller: Caller) async throws {
        try await authorise("breach.record", caller)
        let step = BreachStep(
            kind: kind, note: try PlainText.paragraph(note, field: "note", atLeast: 10), at: environment.now(),
            by: "\(caller.person)")
        let log = try row(Event(.breachNoted, by: caller).on(["breach": "\(id)"]).with(["kind": kind.rawValue]))
        try await records.write { transaction in
            guard var row = try transaction.breach(id) else { throw VaultError.notFound(.breach) }
            guard row.closed == nil else { throw VaultError.alreadySo("This breach is closed") }
            var body = try body(of: row)
            let done = Set(body.steps.map(\.kind))
            if kind == .subjectsTold, body.new.endangersSomebody, !done.contains(.safeguarding) {
                throw VaultError.invalid(field: "step", reason: "make whoever is in danger safe first, and record it")
            }
            if kind == .closed, done.isDisjoint(with: [.decision, .regulatorTold]) {
                throw VaultError.invalid(field: "step", reason: "decide first whether the regulator is told, and why")
            }
            body.steps.append(step)
            row.body = try seal(body, of: id)
            if kind == .closed { row.closed = step.at }
            try transaction.put(row)
            _ = try transaction.append(log)
        }
    }

    /// The register of breaches, the oldest first.
    ///
    /// - Throws: `VaultError.denied`.
    public func breaches(as caller: Caller) async throws -> [Breach] {
        try await authorise("breach.record", caller)
        let rows = try await records.read { try $0.breaches() }
        try await log(Event(.breachesListed, by: caller).with(["shown": String(rows.count)]))
        return try rows.map(breach)
    }

    func breach(_ row: BreachRow) throws -> Breach {
        let body = try body(of: row)
        let clock = BreachClock(awareAtSeconds: row.aware.milliseconds / 1000)
        let told = body.steps.first { $0.kind == .regulatorTold }
        let isSettled = told != nil || row.closed != nil
        return Breach(
            id: "\(row.id)", category: body.new.category.rawValue, facts: body.new.facts, aware: row.aware.text,
            notifyBy: Instant(milliseconds: clock.notifyBy * 1000).text,
            hoursLeft: isSettled ? nil : clock.hoursLeft(at: environment.now().milliseconds / 1000),
            toldAfterHours: told.map { ($0.at.milliseconds - row.aware.milliseconds) / 3_600_000 },
            documents: body.new.documents ?? [], children: body.children, people: body.new.people,
            affected: body.figures, endangersSomebody: body.new.endangersSomebody,
            steps: body.steps.map { "\($0.at.text) \($0.kind.rawValue): \($0.note)" }, isClosed: row.closed != nil)
    }

    func seal(_ body: BreachBody, of id: BreachID) throws -> [UInt8] {
        try keys.fields.seal(json: body, Self.facts(id), random: environment.random)
    }

    func body(of row: BreachRow) throws -> BreachBody {
        try keys.fields.open(json: row.body, as: BreachBody.self, Self.facts(row.id))
    }

    private static func facts(_ id: BreachID) -> Facts {
        .field(table: "breaches", column: "body", row: id.bytes, owner: [])
    }
}
