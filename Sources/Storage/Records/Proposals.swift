internal import GRDB

/// A change of the agreement: proposed by one person, approved by another, then activated.
public struct ProposalRow: Hashable, Sendable {
    public let id: ProposalID
    public let categories: [UInt8]
    public let agreement: [UInt8]
    public let cases: [UInt8]
    public let proposer: PersonID
    public let proposed: Instant
    public var approver: PersonID?
    public var approved: Instant?
    public var activated: Instant?

    public init(
        id: ProposalID, categories: [UInt8], agreement: [UInt8], cases: [UInt8], proposer: PersonID,
        proposed: Instant, approver: PersonID? = nil, approved: Instant? = nil, activated: Instant? = nil
    ) {
        self.id = id
        self.categories = categories
        self.agreement = agreement
        self.cases = cases
        self.proposer = proposer
        self.proposed = proposed
        self.approver = approver
        self.approved = approved
        self.activated = activated
    }

    fileprivate var columns: [[UInt8]] {
        [
            id.bytes, categories, agreement, cases, proposer.bytes, proposed.bytes, approver?.bytes ?? [],
            approved.bytes, activated.bytes,
        ]
    }
}

/// How far the keyring has been brought into line with the agreement that is in force.
public struct AlignmentRow: Hashable, Sendable {
    /// The ledger entry of the agreement's activation.
    public let policy: UInt64
    /// Whether the agreement's term covered the day.
    public let isInForce: Bool
    /// The last child that has been seen to.
    public var cursor: ChildID?
    public var isFinished: Bool

    public init(policy: UInt64, isInForce: Bool, cursor: ChildID? = nil, isFinished: Bool = false) {
        self.policy = policy
        self.isInForce = isInForce
        self.cursor = cursor
        self.isFinished = isFinished
    }
}

extension WriteTransaction {
    /// Inserts a proposal, or replaces the row of the same identifier.
    public func put(_ row: ProposalRow) throws {
        try db.execute(
            sql: """
                INSERT INTO proposals
                  (id, categories, agreement, cases, proposer, proposed, approver, approved, activated, mac)
                VALUES
                  (:id, :categories, :agreement, :cases, :proposer, :proposed, :approver, :approved, :activated, :mac)
                ON CONFLICT (id) DO UPDATE SET approver = excluded.approver, approved = excluded.approved,
                  activated = excluded.activated, mac = excluded.mac
                """,
            arguments: [
                "id": row.id.bytes.data, "categories": row.categories.data, "agreement": row.agreement.data,
                "cases": row.cases.data, "proposer": row.proposer.bytes.data,
                "proposed": row.proposed.milliseconds, "approver": row.approver?.bytes.data,
                "approved": row.approved?.milliseconds, "activated": row.activated?.milliseconds,
                "mac": rows.mac("proposals", row.columns).data,
            ])
    }

    /// Inserts the state of an alignment, or replaces it.
    public func put(_ row: AlignmentRow) throws {
        // What was finished while the agreement was in force, or was not, is stale once the other has begun.
        try db.execute(
            sql: "DELETE FROM alignments WHERE policy = :policy AND in_force <> :in_force",
            arguments: ["policy": Int64(row.policy), "in_force": row.isInForce])
        try db.execute(
            sql: """
                INSERT INTO alignments (policy, in_force, cursor, finished)
                VALUES (:policy, :in_force, :cursor, :finished)
                ON CONFLICT (policy, in_force) DO UPDATE SET cursor = excluded.cursor, finished = excluded.finished
                """,
            arguments: [
                "policy": Int64(row.policy), "in_force": row.isInForce, "cursor": row.cursor?.bytes.data,
                "finished": row.isFinished,
            ])
    }
}

extension ReadTransaction {
    public func proposal(_ id: ProposalID) throws -> ProposalRow? {
        try Row.fetchOne(
            db, sql: "SELECT * FROM proposals WHERE id = :id", arguments: ["id": id.bytes.data]
        ).map(proposal)
    }

    /// The oldest first.
    public func proposals() throws -> [ProposalRow] {
        try Row.fetchAll(db, sql: "SELECT * FROM proposals ORDER BY proposed, id").map(proposal)
    }

    /// The ledger entry of the agreement that was activated last.
    public func activePolicy() throws -> UInt64 {
        let statement = try db.cachedStatement(sql: "SELECT max(entry) AS entry FROM policies")
        guard let row = try Row.fetchOne(statement), (row["entry"] as Int64?) != nil else {
            throw StorageError.damagedStore(store: "policies table")
        }
        return try number(row, "entry")
    }

    public func alignment(policy: UInt64, isInForce: Bool) throws -> AlignmentRow? {
        try Row.fetchOne(
            db, sql: "SELECT * FROM alignments WHERE policy = :policy AND in_force = :in_force",
            arguments: ["policy": Int64(clamping: policy), "in_force": isInForce]
        ).map { row in
            AlignmentRow(
                policy: try number(row, "policy"), isInForce: row["in_force"], cursor: try optionalID(row, "cursor"),
                isFinished: row["finished"])
        }
    }

    func proposal(_ row: Row) throws -> ProposalRow {
        let value = ProposalRow(
            id: try id(row, "id"), categories: bytes(row, "categories"), agreement: bytes(row, "agreement"),
            cases: bytes(row, "cases"), proposer: try id(row, "proposer"), proposed: instant(row, "proposed"),
            approver: try optionalID(row, "approver"), approved: optionalInstant(row, "approved"),
            activated: optionalInstant(row, "activated"))
        try rows.check(bytes(row, "mac"), "proposals", value.columns)
        return value
    }
}
