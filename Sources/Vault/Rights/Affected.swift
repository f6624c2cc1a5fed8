internal import Ledger
internal import Rules
public import Storage

/// Which openings of documents are meant: those in a time, by a person, in the name of a party, of some documents.
struct OpeningQuery: Sendable {
    var since = Instant(milliseconds: 0)
    /// Before this moment.
    var until = Instant.never
    var person: PersonID?
    var party: Party?
    /// Empty for any.
    var documents: Set<String> = []

    func admits(_ entry: OpenedEntry) -> Bool {
        if let person, entry.event.actor["person"] != "\(person)" { return false }
        if let party, entry.row.leaf.party != party.number { return false }
        return entry.time < until && (documents.isEmpty || documents.contains(entry.event.object["document"] ?? ""))
    }
}

/// Whom and what a breach touches, as far as the ledger tells.
public struct BreachFigures: Hashable, Sendable, Codable {
    public let at: String
    /// Children whose papers are concerned, and as many more people as somebody has counted.
    public let people: Int
    /// Documents.
    public let records: Int
    /// How often they were opened or given out in the time.
    public let openings: Int
    /// Documents by their category; erased ones are counted under none.
    public let categories: [String: Int]
}

/// The same with what it was counted from.
public struct BreachReach: Hashable, Sendable, Codable {
    /// Who opened something, and how often.
    public struct Reader: Hashable, Sendable, Codable {
        public let username: String
        public let party: String
        public let openings: Int
    }

    public let figures: BreachFigures
    public let children: [String]
    /// The parties whose documents they are.
    public let holders: [String]
    public let readers: [Reader]
    public let openings: [CompromiseReport.Opened]
}

extension DocumentVault {
    /// Who is affected by a breach: what was opened or given out in its time, by whom, and whose papers these are. The figures are kept
    /// in the record, and replace those that were there.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.breach)`.
    public func affected(by id: BreachID, as caller: Caller) async throws -> BreachReach {
        try await authorise("breach.record", caller)
        guard let row = try await records.read({ try $0.breach(id) }) else { throw VaultError.notFound(.breach) }
        let new = try body(of: row).new
        let query = OpeningQuery(
            since: new.from.map(environment.start) ?? Instant(milliseconds: 0),
            until: new.until.flatMap { $0.adding(days: 1) }.map(environment.start) ?? .never,
            person: new.person.flatMap { PersonID($0) }, party: new.party, documents: Set(new.documents ?? []))
        // A breach of which nothing is said but its facts is not one of everything that was ever opened.
        let openings = new.saysWhich ? try await openings(query) : []
        let touched = Set(openings.map(\.document) + (new.documents ?? []))
        let documents = try await records.read { transaction in
            try touched.compactMap { try DocumentID($0).flatMap { try transaction.document($0) } }
        }
        let children = Set(openings.map(\.child) + documents.map { "\($0.child)" }).subtracting([""])
        let figures = BreachFigures(
            at: environment.now().text, people: children.count + (new.people ?? 0), records: touched.count,
            openings: openings.count,
            categories: documents.reduce(into: [:]) { $0[$1.category.rawValue, default: 0] += 1 })
        try await keep(figures, children, of: id, caller)
        let usernames = try usernames(of: try await records.read { try $0.people() })
        let readers = Dictionary(grouping: openings) { [usernames[$0.person] ?? "", $0.party] }
        return BreachReach(
            figures: figures, children: children.sorted(), holders: Set(documents.map(\.holder.rawValue)).sorted(),
            readers: readers.map { .init(username: $0.key[0], party: $0.key[1], openings: $0.value.count) }
                .sorted { ($1.openings, $0.username) < ($0.openings, $1.username) }, openings: openings)
    }

    private func keep(
        _ figures: BreachFigures, _ children: Set<String>, of id: BreachID, _ caller: Caller
    ) async throws {
        let log = try row(
            Event(.breachNoted, by: caller).on(["breach": "\(id)"])
                .with(["kind": "affected", "found": String(figures.openings)]))
        try await records.write { transaction in
            guard var row = try transaction.breach(id) else { throw VaultError.notFound(.breach) }
            _ = try transaction.append(log)
            // What was closed stays as it was closed.
            guard row.closed == nil else { return }
            var body = try body(of: row)
            (body.figures, body.children) = (figures, children.union(body.children).sorted())
            row.body = try seal(body, of: id)
            try transaction.put(row)
        }
    }

    /// Each opening of a document that is meant, in order.
    func openings(_ query: OpeningQuery) async throws -> [CompromiseReport.Opened] {
        var openings: [CompromiseReport.Opened] = []
        try await forEachEntry(of: [.documentRead, .documentExported], since: query.since) { entry in
            guard query.admits(entry) else { return }
            openings.append(
                .init(
                    entry: entry.index, time: entry.time.text, kind: entry.kind.description,
                    child: entry.event.subject["child"] ?? "", document: entry.event.object["document"] ?? "",
                    person: entry.event.actor["person"] ?? "",
                    party: Party(number: entry.row.leaf.party)?.rawValue ?? ""))
        }
        return openings
    }
}

extension NewBreach {
    /// Whether it says of which openings it is.
    fileprivate var saysWhich: Bool {
        person != nil || party != nil || from != nil || until != nil || documents?.isEmpty == false
    }
}
