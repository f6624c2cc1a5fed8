internal import Ledger
public import Rules
internal import Sealing
public import Storage

/// Something that the schedule counts from or asks about, and that no document tells.
public struct RetentionNote: Hashable, Sendable, Codable {
    public enum What: Hashable, Sendable {
        /// Something happened on a day: last seen, the plan ended, the child died.
        case event(RetentionTrigger, Day)
        /// Something is, or turned out not to be, true of the child.
        case flag(RetentionFlag, Bool)
        /// The case went to another controller, or that controller has acknowledged it.
        case transfer(acknowledged: Bool)
    }

    /// A trigger, a flag or `transfer`.
    var name: String
    var day: Day?
    var isTrue: Bool
    var note: String

    public init(_ what: What, note: String) {
        self.note = note
        switch what {
        case .event(let trigger, let day): (name, self.day, isTrue) = (trigger.rawValue, day, true)
        case .flag(let flag, let isTrue): (name, day, self.isTrue) = (flag.rawValue, nil, isTrue)
        case .transfer(let acknowledged): (name, day, isTrue) = ("transfer", nil, acknowledged)
        }
    }

    /// - Returns: `nil` for a name that this program does not know.
    public var what: What? {
        if name == "transfer" { return .transfer(acknowledged: isTrue) }
        if let day { return RetentionTrigger(rawValue: name).map { .event($0, day) } }
        return RetentionFlag(rawValue: name).map { .flag($0, isTrue) }
    }
}

/// How long one document is kept, in words.
public struct DocumentPlan: Hashable, Sendable, Codable {
    public let document: String
    public let child: String
    public let category: String
    public let winner: String?
    /// The last day on which it is kept.
    public let keepThrough: String?
    public let eligibleFrom: String?
    public let isEligible: Bool
    /// Every rule that was considered, and what it says.
    public let considered: [String]
    public let blocks: [String]
    /// The kinds of the holds that bind it.
    public let holds: [String]
}

extension DocumentVault {
    /// Records something about a child that the schedule asks about.
    ///
    /// - Throws: `VaultError.notFound(.child)`, `.denied`, `.invalid`.
    public func note(_ note: RetentionNote, about child: ChildID, as caller: Caller) async throws {
        try await authorise("retention.record", caller)
        guard let what = note.what else {
            throw VaultError.invalid(field: "fact", reason: "the schedule has none such")
        }
        switch what {
        case .event(let trigger, let day):
            guard ![.birth, .added, .caseClosed, .caseReopened].contains(trigger) else {
                throw VaultError.invalid(field: "fact", reason: "the vault knows this day itself")
            }
            guard day <= environment.today() else {
                throw VaultError.invalid(field: "day", reason: "it has not come yet")
            }
        case .flag(let flag, _):
            guard ![.died, .treatedAt17, .treatedAsAdult].contains(flag) else {
                throw VaultError.invalid(field: "fact", reason: "it follows from days: record those")
            }
        case .transfer: break
        }
        let text = try PlainText.line(note.note, field: "note")
        var note = note
        note.note = text
        let act = try NewAct(
            .fact, id: ActID(from: environment.random), note,
            Event(.retentionNoted, by: caller).with(["kind": note.name]))
        try await enact(about: child, by: caller) { _, _ in [act] }
    }

    /// What the schedule in force says of each document of a child.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.child)`, `.noSchedule`.
    public func plan(of child: ChildID, as caller: Caller) async throws -> [DocumentPlan] {
        try await authorise("retention.plan", caller)
        guard let schedule = try await activeSchedule() else { throw VaultError.noSchedule }
        let child = try await planned(child, schedule, try await legalHolds())
        try await log(Event(.retentionSimulated, by: caller).on(["child": "\(child.id)"]))
        let today = environment.today()
        return child.documents.map { item in
            DocumentPlan(
                document: "\(item.document.id)", child: "\(child.id)", category: item.document.category.rawValue,
                winner: item.plan.winner?.rawValue, keepThrough: item.plan.keepThrough.map { "\($0)" },
                eligibleFrom: item.plan.eligibleFrom.map { "\($0)" }, isEligible: item.isEligible(on: today),
                considered: item.plan.considered.map { "\($0.rule): \($0.outcome.words)" },
                blocks: item.plan.blocks.map(\.userMessage),
                holds: item.holds.map(\.kind.rawValue) + (item.isRestricted ? ["restriction"] : []))
        }
    }

    /// Per year, what would go under the schedule in force, and under another one beside it.
    ///
    /// `progress`: told now and then how many documents are done.
    ///
    /// - Throws: `VaultError.denied`, `.policy`, `.noSchedule`.
    public func simulate(
        _ other: [UInt8]? = nil, as caller: Caller, progress: @Sendable (Int) -> Void
    ) async throws -> (now: RetentionForecast, other: RetentionForecast?) {
        try await authorise("retention.plan", caller)
        guard let schedule = try await activeSchedule() ?? other.map(loadSchedule) else { throw VaultError.noSchedule }
        let second = try other.map(loadSchedule)
        var (forecast, changed) = (RetentionForecast(), second.map { _ in RetentionForecast() })
        try await eachChild { child in
            let facts = try await retentionFacts(of: child)
            for item in facts.items {
                forecast.add(item.plan(under: schedule))
                if let second { changed?.add(item.plan(under: second)) }
            }
            progress(forecast.items)
        }
        try await log(Event(.retentionSimulated, by: caller).with(["shown": String(forecast.items)]))
        return (forecast, changed)
    }

    /// Every child of whom there are documents, by identifier.
    func eachChild(_ work: (ChildID) async throws -> Void) async throws {
        var last: ChildID?
        while true {
            let after = last
            let page = try await records.read { try $0.documentedChildren(after: after, limit: 500) }
            guard let end = page.last else { return }
            for child in page { try await work(child) }
            last = end
        }
    }
}

/// A document with what the schedule and the holds say of it.
struct PlannedDocument: Sendable {
    let document: DocumentRow
    let plan: RetentionPlan
    let holds: [LegalHold]
    /// Its use is restricted under data protection law: it is kept until that is lifted.
    let isRestricted: Bool

    func isEligible(on day: Day) -> Bool { holds.isEmpty && !isRestricted && plan.isEligible(on: day) }
}

struct PlannedChild: Sendable {
    let id: ChildID
    let documents: [PlannedDocument]
    let hasOpenCase: Bool
}

/// What any schedule asks about a document.
struct RetainedDocument: Sendable {
    let document: DocumentRow
    let facts: RetentionFacts

    /// The schedule says what kind of controller the document's organisation is.
    func plan(under schedule: RetentionSchedule) -> RetentionPlan {
        var facts = facts
        facts.holderType = schedule.holderType(of: "\(document.organisation)")
        return schedule.plan(for: facts)
    }
}

struct ChildRetention: Sendable {
    let items: [RetainedDocument]
    let hasOpenCase: Bool
    let restricted: Set<DocumentID>
    /// Of anything about the child.
    let hasRestriction: Bool
}

extension DocumentVault {
    func planned(_ child: ChildID, _ schedule: RetentionSchedule, _ holds: [LegalHold]) async throws -> PlannedChild {
        let facts = try await retentionFacts(of: child)
        let today = environment.today()
        let documents = facts.items.map { item in
            PlannedDocument(
                document: item.document, plan: item.plan(under: schedule),
                holds: holds.binding(holdFacts(item.document), on: today),
                isRestricted: facts.restricted.contains(item.document.id))
        }
        return PlannedChild(id: child, documents: documents, hasOpenCase: facts.hasOpenCase)
    }

    func holdFacts(_ document: DocumentRow) -> HoldFacts {
        HoldFacts(
            children: ["\(document.child)"], caseID: "\(document.caseID)", category: document.category,
            holder: document.holder, labels: Set(document.labels), added: environment.day(document.added))
    }

    /// - Throws: `VaultError.notFound(.child)`.
    func retentionFacts(of id: ChildID) async throws -> ChildRetention {
        let keys = keys
        let (row, acts, documents, cases) = try await records.read { transaction in
            (
                try transaction.child(id), try transaction.acts(of: id), try transaction.documents(about: id),
                try transaction.cases(of: id)
            )
        }
        guard let row, let key = try await keyring.read({ try keys.childKey(id, $0) }) else {
            throw VaultError.notFound(.child)
        }
        let notes = try acts.filter { $0.kind == .fact }.map { try $0.body(as: RetentionNote.self, with: key.fields) }
        let activity = (documents.map(\.added) + acts.map(\.added)).max().map(environment.day)
        let child = RetentionChild(try Self.open(row, key).dateOfBirth, notes, lastActivity: activity)
        let closings = cases.reduce(into: [CaseID: RetentionEvents]()) { closings, theCase in
            closings[theCase.id] = RetentionEvents(theCase.closed.map { [.caseClosed: [environment.day($0)]] } ?? [:])
        }
        let items = documents.map { document in
            let facts = RetentionFacts(
                document.category, holder: document.holder, labels: Set(document.labels),
                added: environment.day(document.added), events: closings[document.caseID] ?? RetentionEvents(),
                children: [child])
            return RetainedDocument(document: document, facts: facts)
        }
        let standing = try Standing(acts: acts, born: nil, key: key, day: environment.day)
        return ChildRetention(
            items: items, hasOpenCase: cases.contains { $0.closed == nil },
            restricted: Set(documents.filter(standing.isRestricted).map(\.id)),
            hasRestriction: !standing.restrictions.isEmpty)
    }
}

extension RetentionChild {
    fileprivate init(_ born: Day, _ notes: [RetentionNote], lastActivity: Day?) {
        var events: [RetentionTrigger: [Day]] = [:]
        var flags: Set<RetentionFlag> = []
        var isPending = false
        for note in notes {
            switch note.what {
            case .event(let trigger, let day): events[trigger, default: []].append(day)
            case .flag(let flag, true): flags.insert(flag)
            case .flag(let flag, false): flags.remove(flag)
            case .transfer(let acknowledged): isPending = !acknowledged
            case nil: continue
            }
        }
        let died = events.removeValue(forKey: .death)?.max()
        self.init(
            birth: .day(born), died: died, flags: flags, events: events, lastActivity: lastActivity,
            isTransferPending: isPending)
    }
}

extension ConsideredRule.Outcome {
    fileprivate var words: String {
        switch self {
        case .keepThrough(let day): "kept through \(day)"
        case .permanent: "kept for ever"
        case .missing(let trigger): "counts from a day that is not recorded (\(trigger.rawValue))"
        case .noPeriod: "says what to do, not when"
        }
    }
}
