internal import GRDB

/// What somebody did about a child that decides who may see what, and for how long. Acts are only ever added: one that ends
/// another refers to it.
public struct ActRow: Hashable, Sendable {
    public let id: ActID
    public let child: ChildID
    public let kind: ActKind
    /// The document it is about, where it is about one.
    public let document: DocumentID?
    /// Whom it serves or restrains.
    public let person: PersonID?
    /// The earlier act that it continues or ends.
    public let refers: ActID?
    public let added: Instant
    /// The moment from which it no longer counts.
    public let until: Instant?
    /// The particulars, sealed under the child's key.
    public let body: [UInt8]
    /// The ledger entry that recorded it.
    public let entry: UInt64

    public init(
        id: ActID, child: ChildID, kind: ActKind, document: DocumentID?, person: PersonID?, refers: ActID?,
        added: Instant, until: Instant?, body: [UInt8], entry: UInt64
    ) {
        self.id = id
        self.child = child
        self.kind = kind
        self.document = document
        self.person = person
        self.refers = refers
        self.added = added
        self.until = until
        self.body = body
        self.entry = entry
    }

    fileprivate var columns: [[UInt8]] {
        [
            id.bytes, child.bytes, kind.rawValue.bytes, document?.bytes ?? [], person?.bytes ?? [],
            refers?.bytes ?? [], added.bytes, until.bytes, body, Int64(entry).bytes,
        ]
    }
}

/// The kinds of act. See docs/FORMATS.md, "Acts".
public enum ActKind: String, CaseIterable, Hashable, Sendable {
    /// An event of a consent: given, refused, withdrawn, expired, to be confirmed anew.
    case consent
    /// A rendition is released to the family.
    case release
    /// A person has a task, for named documents or categories.
    case grant
    /// A court order or a risk flag restrains a person.
    case restraint
    /// A person has emergency access.
    case emergency
    /// Somebody else has judged an emergency access.
    case review
    /// The family sees an emergency access later.
    case delay
    /// A young person says how far a parent may go.
    case choice
    /// It is recorded whether a young person has the capacity to decide.
    case capacity
    /// Something that the retention schedule asks about.
    case fact
    /// The use of data is restricted under data protection law.
    case restriction
    /// A person may read restricted data all the same.
    case leave
    /// The data subject was told that a restriction is to be lifted.
    case telling
    /// What the data subject says of a document or of the record, or what is right where that is wrong.
    case statement
    /// An earlier release, grant, restraint, restriction or leave ends.
    case end
}

extension WriteTransaction {
    public func insert(_ act: ActRow) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO acts (id, child, kind, document, person, refers, added, until, body, entry, mac)
                VALUES (:id, :child, :kind, :document, :person, :refers, :added, :until, :body, :entry, :mac)
                """)
        try statement.execute(arguments: [
            "id": act.id.bytes.data, "child": act.child.bytes.data, "kind": act.kind.rawValue,
            "document": act.document?.bytes.data, "person": act.person?.bytes.data,
            "refers": act.refers?.bytes.data, "added": act.added.milliseconds, "until": act.until?.milliseconds,
            "body": act.body.data, "entry": Int64(act.entry), "mac": rows.mac("acts", act.columns).data,
        ])
    }

    /// Notes that something about a child changes by itself at a moment.
    public func note(due child: ChildID, at moment: Instant) throws {
        try db.execute(
            sql: "INSERT INTO due (child, at) VALUES (:child, :at) ON CONFLICT DO NOTHING",
            arguments: ["child": child.bytes.data, "at": moment.milliseconds])
    }

    /// Everything about the child that was due by then has been seen to.
    public func settleDue(_ child: ChildID, by moment: Instant) throws {
        try db.execute(
            sql: "DELETE FROM due WHERE child = :child AND at <= :at",
            arguments: ["child": child.bytes.data, "at": moment.milliseconds])
    }
}

extension ReadTransaction {
    /// Every act about a child, in the order in which they were done.
    public func acts(of child: ChildID) throws -> [ActRow] {
        let statement = try db.cachedStatement(sql: "SELECT * FROM acts WHERE child = :child ORDER BY entry")
        return try Row.fetchAll(statement, arguments: ["child": child.bytes.data]).map(act)
    }

    public func act(_ id: ActID) throws -> ActRow? {
        try Row.fetchOne(db, sql: "SELECT * FROM acts WHERE id = :id", arguments: ["id": id.bytes.data]).map(act)
    }

    /// The ledger entry of the newest act about a child; `nil` when there is none.
    public func newestAct(of child: ChildID) throws -> UInt64? {
        let statement = try db.cachedStatement(sql: "SELECT max(entry) AS entry FROM acts WHERE child = :child")
        guard let row = try Row.fetchOne(statement, arguments: ["child": child.bytes.data]),
            (row["entry"] as Int64?) != nil
        else { return nil }
        return try number(row, "entry")
    }

    /// Every emergency access that nobody has judged yet, the oldest first.
    public func unreviewedEmergencies() throws -> [ActRow] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT * FROM acts AS opened WHERE kind = 'emergency' AND NOT EXISTS
                  (SELECT 1 FROM acts AS judged WHERE judged.refers = opened.id AND judged.kind = 'review')
                ORDER BY entry
                """
        ).map(act)
    }

    /// Acts of a kind that serve or restrain a person, or all of the kind.
    public func acts(kind: ActKind, person: PersonID?) throws -> [ActRow] {
        guard let person else {
            return try Row.fetchAll(
                db, sql: "SELECT * FROM acts WHERE kind = :kind ORDER BY entry", arguments: ["kind": kind.rawValue]
            ).map(act)
        }
        return try Row.fetchAll(
            db, sql: "SELECT * FROM acts WHERE kind = :kind AND person = :person ORDER BY entry",
            arguments: ["kind": kind.rawValue, "person": person.bytes.data]
        ).map(act)
    }

    /// Children about whom something has changed by itself by that moment.
    public func due(by moment: Instant, limit: Int) throws -> [ChildID] {
        let found = try Row.fetchAll(
            db, sql: "SELECT DISTINCT child FROM due WHERE at <= :at ORDER BY at LIMIT :limit",
            arguments: ["at": moment.milliseconds, "limit": limit])
        return try found.map { try id($0, "child") }
    }

    /// Whether an act refers to this entry.
    public func hasAct(entry: UInt64) throws -> Bool {
        let statement = try db.cachedStatement(sql: "SELECT 1 FROM acts WHERE entry = :entry")
        return try Row.fetchOne(statement, arguments: ["entry": Int64(clamping: entry)]) != nil
    }

    func act(_ row: Row) throws -> ActRow {
        let act = ActRow(
            id: try id(row, "id"), child: try id(row, "child"), kind: try word(row, "kind", ActKind.init),
            document: try optionalID(row, "document"), person: try optionalID(row, "person"),
            refers: try optionalID(row, "refers"), added: instant(row, "added"),
            until: optionalInstant(row, "until"), body: bytes(row, "body"), entry: try number(row, "entry"))
        try rows.check(bytes(row, "mac"), "acts", act.columns)
        return act
    }
}
