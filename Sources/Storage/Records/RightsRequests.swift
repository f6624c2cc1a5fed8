internal import GRDB
public import Rules

/// Somebody's exercise of a right under data protection law, about one child.
public struct RightsRequestRow: Hashable, Sendable {
    public let id: RightsRequestID
    public let child: ChildID
    /// A word of `RequestKind`.
    public let kind: String
    /// The civil day in Europe/London on which it came.
    public let received: Day
    /// A word of `RequestState`.
    public var state: String
    /// Who asks, what was done and decided, sealed under the child's key.
    public var body: [UInt8]
    public var changed: Instant

    public init(
        id: RightsRequestID, child: ChildID, kind: String, received: Day, state: String, body: [UInt8],
        changed: Instant
    ) {
        self.id = id
        self.child = child
        self.kind = kind
        self.received = received
        self.state = state
        self.body = body
        self.changed = changed
    }

    fileprivate var columns: [[UInt8]] {
        [
            id.bytes, child.bytes, kind.bytes, received.description.bytes, state.bytes, body, changed.bytes,
        ]
    }
}

/// One thing that a request is about: a rendition of a document, or a part of the records.
public struct RightsItemRow: Hashable, Sendable {
    public let request: RightsRequestID
    /// From 1, without gaps, and never another thing's.
    public let number: Int64
    /// The rendition that it is, with which it goes; `nil` for a part of the records.
    public let rendition: RenditionID?
    /// What it is and what was decided, sealed under the child's key.
    public var body: [UInt8]

    public init(request: RightsRequestID, number: Int64, rendition: RenditionID?, body: [UInt8]) {
        self.request = request
        self.number = number
        self.rendition = rendition
        self.body = body
    }

    fileprivate var columns: [[UInt8]] { [request.bytes, number.bytes, rendition?.bytes ?? [], body] }
}

/// A personal data breach, or what may be one.
public struct BreachRow: Hashable, Sendable {
    public let id: BreachID
    /// When somebody was reasonably certain of it: from here the 72 hours run.
    public let aware: Instant
    /// Facts, effects and remedies, sealed under the vault's key: nothing in it is about a child but identifiers.
    public var body: [UInt8]
    public var closed: Instant?

    public init(id: BreachID, aware: Instant, body: [UInt8], closed: Instant? = nil) {
        self.id = id
        self.aware = aware
        self.body = body
        self.closed = closed
    }

    fileprivate var columns: [[UInt8]] { [id.bytes, aware.bytes, body, closed.bytes] }
}

extension WriteTransaction {
    /// Inserts a request, or replaces the row of the same identifier.
    public func put(_ row: RightsRequestRow) throws {
        try db.execute(
            sql: """
                INSERT INTO rights_requests (id, child, kind, received, state, body, changed, mac)
                VALUES (:id, :child, :kind, :received, :state, :body, :changed, :mac)
                ON CONFLICT (id) DO UPDATE SET state = excluded.state, body = excluded.body,
                  changed = excluded.changed, mac = excluded.mac
                """,
            arguments: [
                "id": row.id.bytes.data, "child": row.child.bytes.data, "kind": row.kind,
                "received": row.received.description, "state": row.state, "body": row.body.data,
                "changed": row.changed.milliseconds, "mac": rows.mac("rights_requests", row.columns).data,
            ])
    }

    /// Inserts an item, or replaces the one of the same number.
    public func put(_ row: RightsItemRow) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO rights_items (request, number, rendition, body, mac)
                VALUES (:request, :number, :rendition, :body, :mac)
                ON CONFLICT (request, number) DO UPDATE SET body = excluded.body, mac = excluded.mac
                """)
        try statement.execute(arguments: [
            "request": row.request.bytes.data, "number": row.number, "rendition": row.rendition?.bytes.data,
            "body": row.body.data,
            "mac": rows.mac("rights_items", row.columns).data,
        ])
    }

    /// Inserts a breach, or replaces the row of the same identifier.
    public func put(_ row: BreachRow) throws {
        try db.execute(
            sql: """
                INSERT INTO breaches (id, aware, body, closed, mac) VALUES (:id, :aware, :body, :closed, :mac)
                ON CONFLICT (id) DO UPDATE SET body = excluded.body, closed = excluded.closed, mac = excluded.mac
                """,
            arguments: [
                "id": row.id.bytes.data, "aware": row.aware.milliseconds, "body": row.body.data,
                "closed": row.closed?.milliseconds, "mac": rows.mac("breaches", row.columns).data,
            ])
    }
}

extension ReadTransaction {
    public func rightsRequest(_ id: RightsRequestID) throws -> RightsRequestRow? {
        try Row.fetchOne(
            db, sql: "SELECT * FROM rights_requests WHERE id = :id", arguments: ["id": id.bytes.data]
        ).map(rightsRequest)
    }

    /// The oldest first; of one child, where one is named.
    public func rightsRequests(about child: ChildID? = nil) throws -> [RightsRequestRow] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT * FROM rights_requests WHERE :child IS NULL OR child = :child ORDER BY received, id
                """, arguments: ["child": child?.bytes.data]
        ).map(rightsRequest)
    }

    /// In the order of their numbers.
    public func rightsItems(of request: RightsRequestID) throws -> [RightsItemRow] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM rights_items WHERE request = :request ORDER BY number",
            arguments: ["request": request.bytes.data]
        ).map(rightsItem)
    }

    public func rightsItem(_ number: Int64, of request: RightsRequestID) throws -> RightsItemRow? {
        try Row.fetchOne(
            db, sql: "SELECT * FROM rights_items WHERE request = :request AND number = :number",
            arguments: ["request": request.bytes.data, "number": number]
        ).map(rightsItem)
    }

    public func breach(_ id: BreachID) throws -> BreachRow? {
        try Row.fetchOne(db, sql: "SELECT * FROM breaches WHERE id = :id", arguments: ["id": id.bytes.data])
            .map(breach)
    }

    /// The oldest first.
    public func breaches() throws -> [BreachRow] {
        try Row.fetchAll(db, sql: "SELECT * FROM breaches ORDER BY aware, id").map(breach)
    }

    func rightsRequest(_ row: Row) throws -> RightsRequestRow {
        let request = RightsRequestRow(
            id: try id(row, "id"), child: try id(row, "child"), kind: row["kind"],
            received: try word(row, "received") { Day($0) }, state: row["state"], body: bytes(row, "body"),
            changed: instant(row, "changed"))
        try rows.check(bytes(row, "mac"), "rights_requests", request.columns)
        return request
    }

    func rightsItem(_ row: Row) throws -> RightsItemRow {
        let item = RightsItemRow(
            request: try id(row, "request"), number: row["number"], rendition: try optionalID(row, "rendition"),
            body: bytes(row, "body"))
        try rows.check(bytes(row, "mac"), "rights_items", item.columns)
        return item
    }

    func breach(_ row: Row) throws -> BreachRow {
        let breach = BreachRow(
            id: try id(row, "id"), aware: instant(row, "aware"), body: bytes(row, "body"),
            closed: optionalInstant(row, "closed"))
        try rows.check(bytes(row, "mac"), "breaches", breach.columns)
        return breach
    }
}

extension RecordsSchema {
    static let rights = """
        CREATE TABLE rights_requests (
          id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
          child BLOB NOT NULL REFERENCES children,
          kind TEXT NOT NULL,
          received TEXT NOT NULL CHECK (length(received) = 10),
          state TEXT NOT NULL,
          body BLOB NOT NULL,
          changed INTEGER NOT NULL,
          mac BLOB NOT NULL
        ) STRICT;
        CREATE INDEX rights_requests_of_child ON rights_requests (child);
        CREATE TABLE rights_items (
          request BLOB NOT NULL REFERENCES rights_requests,
          number INTEGER NOT NULL CHECK (number >= 1),
          rendition BLOB,
          body BLOB NOT NULL,
          mac BLOB NOT NULL,
          PRIMARY KEY (request, number)
        ) STRICT;
        CREATE INDEX rights_items_of_rendition ON rights_items (rendition);
        CREATE TABLE breaches (
          id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
          aware INTEGER NOT NULL,
          body BLOB NOT NULL,
          closed INTEGER,
          mac BLOB NOT NULL
        ) STRICT;
        """
}
