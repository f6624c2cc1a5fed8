internal import GRDB

/// A retention schedule: proposed by one person, in force once another has approved it.
public struct ScheduleRow: Hashable, Sendable {
    public let version: Int64
    public let text: [UInt8]
    public let proposer: PersonID
    public let proposed: Instant
    public var approver: PersonID?
    public var approved: Instant?

    public init(
        version: Int64, text: [UInt8], proposer: PersonID, proposed: Instant, approver: PersonID? = nil,
        approved: Instant? = nil
    ) {
        self.version = version
        self.text = text
        self.proposer = proposer
        self.proposed = proposed
        self.approver = approver
        self.approved = approved
    }

    fileprivate var columns: [[UInt8]] {
        [version.bytes, text, proposer.bytes, proposed.bytes, approver?.bytes ?? [], approved.bytes]
    }
}

/// An order to destroy nothing of what it is about.
public struct HoldRow: Hashable, Sendable {
    public let id: HoldID
    /// Kind, scope, authority, and who placed and released it, sealed under the vault's key.
    public var body: [UInt8]
    public let placed: Instant
    public var released: Instant?

    public init(id: HoldID, body: [UInt8], placed: Instant, released: Instant? = nil) {
        self.id = id
        self.body = body
        self.placed = placed
        self.released = released
    }

    fileprivate var columns: [[UInt8]] { [id.bytes, body, placed.bytes, released.bytes] }
}

extension WriteTransaction {
    /// Inserts a schedule, or replaces the one of the same version that nobody has approved.
    public func put(_ row: ScheduleRow) throws {
        try db.execute(
            sql: """
                INSERT INTO schedules (version, text, proposer, proposed, approver, approved, mac)
                VALUES (:version, :text, :proposer, :proposed, :approver, :approved, :mac)
                ON CONFLICT (version) DO UPDATE SET text = excluded.text, proposer = excluded.proposer,
                  proposed = excluded.proposed, approver = excluded.approver, approved = excluded.approved,
                  mac = excluded.mac
                WHERE schedules.approved IS NULL
                """,
            arguments: [
                "version": row.version, "text": row.text.data, "proposer": row.proposer.bytes.data,
                "proposed": row.proposed.milliseconds, "approver": row.approver?.bytes.data,
                "approved": row.approved?.milliseconds, "mac": rows.mac("schedules", row.columns).data,
            ])
    }

    /// Inserts a hold, or replaces the row of the same identifier.
    public func put(_ row: HoldRow) throws {
        try db.execute(
            sql: """
                INSERT INTO holds (id, body, placed, released, mac) VALUES (:id, :body, :placed, :released, :mac)
                ON CONFLICT (id) DO UPDATE SET body = excluded.body, released = excluded.released, mac = excluded.mac
                """,
            arguments: [
                "id": row.id.bytes.data, "body": row.body.data, "placed": row.placed.milliseconds,
                "released": row.released?.milliseconds, "mac": rows.mac("holds", row.columns).data,
            ])
    }
}

extension ReadTransaction {
    /// The newest version first.
    public func schedules() throws -> [ScheduleRow] {
        try Row.fetchAll(db, sql: "SELECT * FROM schedules ORDER BY version DESC").map(schedule)
    }

    /// The schedule in force: the newest that was approved.
    public func activeSchedule() throws -> ScheduleRow? {
        try Row.fetchOne(
            db, sql: "SELECT * FROM schedules WHERE approved IS NOT NULL ORDER BY version DESC LIMIT 1"
        ).map(schedule)
    }

    /// The oldest first, released ones too.
    public func holds() throws -> [HoldRow] {
        try Row.fetchAll(db, sql: "SELECT * FROM holds ORDER BY placed, id").map(hold)
    }

    public func hold(_ id: HoldID) throws -> HoldRow? {
        try Row.fetchOne(db, sql: "SELECT * FROM holds WHERE id = :id", arguments: ["id": id.bytes.data]).map(hold)
    }

    func schedule(_ row: Row) throws -> ScheduleRow {
        let schedule = ScheduleRow(
            version: row["version"], text: bytes(row, "text"), proposer: try id(row, "proposer"),
            proposed: instant(row, "proposed"), approver: try optionalID(row, "approver"),
            approved: optionalInstant(row, "approved"))
        try rows.check(bytes(row, "mac"), "schedules", schedule.columns)
        return schedule
    }

    func hold(_ row: Row) throws -> HoldRow {
        let hold = HoldRow(
            id: try id(row, "id"), body: bytes(row, "body"), placed: instant(row, "placed"),
            released: optionalInstant(row, "released"))
        try rows.check(bytes(row, "mac"), "holds", hold.columns)
        return hold
    }
}
