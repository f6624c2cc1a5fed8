internal import Ledger
internal import Rules
internal import Sealing
internal import Storage

/// Who would gain and who would lose what, if another agreement were in force: every live rendition under both.
public struct AgreementPreview: Hashable, Sendable, Codable {
    /// One line of the answer: people of one role and documents of one category.
    public struct Line: Hashable, Sendable, Codable {
        public enum Change: String, Hashable, Sendable, Codable {
            case losesReading = "loses reading"
            case gainsReading = "gains reading"
            /// That the document is there.
            case losesSight = "loses sight"
            case gainsSight = "gains sight"
        }

        public let change: Change
        public let role: String
        public let category: String
        public let people: Int
        public let documents: Int
        /// A few of the documents.
        public let examples: [String]
    }

    /// Wraps that would come or go, by party.
    public struct Keys: Hashable, Sendable, Codable {
        public let party: String
        public var added: Int
        public var removed: Int
    }

    public let from: Int
    public let to: Int
    public internal(set) var renditions = 0
    /// Documents for which somebody gains or loses something, or a wrap changes.
    public internal(set) var documents = 0
    public internal(set) var losing = 0
    public internal(set) var gaining = 0
    public internal(set) var lines: [Line] = []
    public internal(set) var keys: [Keys] = []
    /// Documents of which something would open for nobody, until a consent, a task or another agreement opens it again.
    public internal(set) var closed: [String] = []

    /// `212 documents: 41 people lose, 3 gain.`
    public var sentence: String {
        func count(_ number: Int, _ one: String, _ many: String) -> String { "\(number) \(number == 1 ? one : many)" }
        guard documents > 0 else { return "Nobody gains or loses anything." }
        return "\(count(documents, "document", "documents")): \(count(losing, "person loses", "people lose")), "
            + "\(gaining) \(gaining == 1 ? "gains" : "gain")."
    }
}

extension DocumentVault {
    /// Runs the agreement in force and another one over every live rendition. Nothing changes.
    ///
    /// `progress`: told now and then how many renditions are done.
    ///
    /// - Throws: `VaultError.denied`, `.policy`.
    public func preview(
        _ texts: PolicyTexts, as caller: Caller, progress: @Sendable (Int) -> Void
    ) async throws -> AgreementPreview {
        try await authorise("agreement.propose", caller)
        let preview = try await preview(try texts.load(), progress: progress)
        try await log(
            Event(.agreementPreviewed, by: caller).on(["sha256": texts.digest]).with(["result": preview.sentence]))
        return preview
    }

    func preview(_ new: Agreement, progress: @Sendable (Int) -> Void) async throws -> AgreementPreview {
        var comparison = Comparison(policies.current.agreement, new, on: environment.today())
        var last: ChildID?
        while true {
            let after = last
            let page = try await records.read { try $0.documentedChildren(after: after, limit: 100) }
            guard let end = page.last else { return comparison.answer() }
            for child in page where try await childKey(child) != nil { try await compare(child, &comparison) }
            progress(comparison.renditions)
            last = end
        }
    }

    private func compare(_ child: ChildID, _ comparison: inout Comparison) async throws {
        let snapshot = try await snapshot(of: child)
        let standing = try standing(snapshot)
        let old = target(snapshot, standing, &comparison.old)
        let new = target(snapshot, standing, &comparison.new)
        for (rendition, (old, new)) in zip(snapshot.renditions, zip(old, new)) {
            comparison.compare(rendition, old, new)
        }
        for (rendition, facts) in zip(snapshot.renditions, wrapFacts(snapshot, standing, comparison.new)) {
            if let facts { comparison.close(rendition, facts) }
        }
        let renditions = Dictionary(grouping: snapshot.renditions, by: \.document)
        let people = try await records.read { transaction in
            try transaction.cases(of: child).map { theCase in
                let team = Set(try transaction.team(of: theCase.id).filter { $0.removed == nil }.map(\.person))
                let tasked = standing.grants.values.filter { $0.caseID == theCase.id }.map(\.person)
                let callers = try team.union(tasked).map { try transaction.caller($0) }
                return (theCase, try callers.map { ($0, try transaction.places(of: $0.person, on: theCase.id)) })
            }
        }
        for (theCase, callers) in people {
            let documents = snapshot.documents.values.filter { $0.caseID == theCase.id }
            for (caller, team) in callers {
                let before = try await scene(theCase, caller, team, snapshot.key, standing)
                let after = before.under(comparison.new.agreement)
                for document in documents {
                    let forms = renditions[document.id] ?? []
                    comparison.compare(
                        document, caller, before.askings, reach(document, forms, before), reach(document, forms, after))
                }
            }
        }
    }

    /// How far one person gets with a document: not at all, knowing of it, or reading so many of its renditions.
    private func reach(_ document: DocumentRow, _ renditions: [RenditionRow], _ scene: Scene) -> Comparison.Reach {
        var reach = Comparison.Reach()
        for rendition in renditions {
            for asking in scene.askings {
                if decide(.see, document, rendition, asking, scene).permit != nil { reach.sees = true }
                if decide(.read, document, rendition, asking, scene).permit != nil { reach.reads.insert(rendition.id) }
            }
        }
        return reach
    }
}

extension Scene {
    fileprivate func under(_ agreement: Agreement) -> Scene {
        Scene(
            person: person, system: system, theCase: theCase, childKey: childKey, standing: standing,
            policy: Policy(entry: policy.entry, agreement: agreement), askings: askings,
            isEmergencySuspended: isEmergencySuspended, now: now, today: today)
    }
}

/// What two agreements answer, gathered.
private struct Comparison {
    struct Reach: Hashable {
        var sees = false
        var reads: Set<RenditionID> = []
    }

    private struct Group: Hashable {
        let change: AgreementPreview.Line.Change
        let role: String
        let category: String
    }

    private struct Members {
        var people: Set<PersonID> = []
        var documents: Set<DocumentID> = []
    }

    private static let exampleCount = 3
    var old: WrapTable
    var new: WrapTable
    private(set) var renditions = 0
    private var groups: [Group: Members] = [:]
    private var keys: [Party: AgreementPreview.Keys] = [:]
    private var documents: Set<DocumentID> = []
    private var closed: Set<DocumentID> = []

    init(_ old: Agreement, _ new: Agreement, on today: Day) {
        self.old = WrapTable(old, on: today)
        self.new = WrapTable(new, on: today)
    }

    mutating func compare(_ rendition: RenditionRow, _ old: [Party: WrapKind], _ new: [Party: WrapKind]) {
        renditions += 1
        guard old != new else { return }
        documents.insert(rendition.document)
        for party in Party.allCases where old[party] != new[party] {
            if old[party] != nil {
                keys[party, default: .init(party: party.rawValue, added: 0, removed: 0)].removed += 1
            }
            if new[party] != nil { keys[party, default: .init(party: party.rawValue, added: 0, removed: 0)].added += 1 }
        }
    }

    mutating func close(_ rendition: RenditionRow, _ facts: WrapFacts) {
        guard new.agreement.opensForNobody(facts, on: new.today) else { return }
        closed.insert(rendition.document)
    }

    mutating func compare(
        _ document: DocumentRow, _ caller: Caller, _ askings: [Asking], _ old: Reach, _ new: Reach
    ) {
        guard old != new else { return }
        var changes: [AgreementPreview.Line.Change] = []
        if !old.reads.subtracting(new.reads).isEmpty { changes.append(.losesReading) }
        if !new.reads.subtracting(old.reads).isEmpty { changes.append(.gainsReading) }
        if old.sees, !new.sees { changes.append(.losesSight) }
        if new.sees, !old.sees { changes.append(.gainsSight) }
        documents.insert(document.id)
        let role = askings.first?.place.role.rawValue ?? ""
        for change in changes {
            let group = Group(change: change, role: role, category: document.category.rawValue)
            groups[group, default: Members()].people.insert(caller.person)
            groups[group, default: Members()].documents.insert(document.id)
        }
    }

    func answer() -> AgreementPreview {
        var preview = AgreementPreview(from: old.agreement.version, to: new.agreement.version)
        preview.renditions = renditions
        preview.documents = documents.count
        preview.losing = people { $0 == .losesReading || $0 == .losesSight }
        preview.gaining = people { $0 == .gainsReading || $0 == .gainsSight }
        preview.closed = closed.map { "\($0)" }.sorted()
        preview.keys = keys.values.sorted { $0.party < $1.party }
        preview.lines = groups.map { group, members in
            AgreementPreview.Line(
                change: group.change, role: group.role, category: group.category, people: members.people.count,
                documents: members.documents.count,
                examples: Array(members.documents.map { "\($0)" }.sorted().prefix(Self.exampleCount)))
        }.sorted { ($0.category, $0.role, $0.change.rawValue) < ($1.category, $1.role, $1.change.rawValue) }
        return preview
    }

    private func people(_ isOf: (AgreementPreview.Line.Change) -> Bool) -> Int {
        groups.filter { isOf($0.key.change) }.reduce(into: Set<PersonID>()) { $0.formUnion($1.value.people) }.count
    }
}
