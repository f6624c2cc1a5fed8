internal import GRDB

/// The replacement of the root key that is under way.
public struct CeremonyRow: Hashable, Sendable {
    public let proposer: PersonID
    public let began: Instant
    public var approver: PersonID?
    /// The new root key has been made and its secret handed out.
    public var isIssued: Bool

    public init(proposer: PersonID, began: Instant, approver: PersonID? = nil, isIssued: Bool = false) {
        self.proposer = proposer
        self.began = began
        self.approver = approver
        self.isIssued = isIssued
    }

    fileprivate var columns: [[UInt8]] {
        [proposer.bytes, began.bytes, approver?.bytes ?? [], [isIssued ? 1 : 0]]
    }
}

extension WriteTransaction {
    /// Inserts the ceremony, or replaces it: there is one at a time.
    public func put(_ row: CeremonyRow) throws {
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO ceremonies (only, proposer, began, approver, is_issued, mac)
                VALUES (1, :proposer, :began, :approver, :is_issued, :mac)
                """,
            arguments: [
                "proposer": row.proposer.bytes.data, "began": row.began.milliseconds,
                "approver": row.approver?.bytes.data, "is_issued": row.isIssued,
                "mac": rows.mac("ceremonies", row.columns).data,
            ])
    }

    public func removeCeremony() throws { try db.execute(sql: "DELETE FROM ceremonies") }

    /// Writes down that two accounts are one person's: where two people are needed they count as one from here on.
    public func join(_ person: PersonID, with other: PersonID) throws {
        let (keep, drop) = (try individual(other), try individual(person))
        let accounts = try Row.fetchAll(
            db, sql: "SELECT person FROM individuals WHERE individual = :id", arguments: ["id": drop.bytes.data])
        let same: [PersonID] = try accounts.map { try id($0, "person") } + [person, drop]
        for account in Set(same).union([other]) {
            try db.execute(
                sql: """
                    INSERT OR REPLACE INTO individuals (person, individual, mac) VALUES (:person, :individual, :mac)
                    """,
                arguments: [
                    "person": account.bytes.data, "individual": keep.bytes.data,
                    "mac": rows.mac("individuals", [account.bytes, keep.bytes]).data,
                ])
        }
    }
}

extension ReadTransaction {
    public func ceremony() throws -> CeremonyRow? {
        try Row.fetchOne(db, sql: "SELECT * FROM ceremonies").map(ceremonyRow)
    }

    /// The human being behind an account: itself, unless it is known to be one of several of the same person.
    public func individual(_ person: PersonID) throws -> PersonID {
        try Row.fetchOne(
            db, sql: "SELECT * FROM individuals WHERE person = :id", arguments: ["id": person.bytes.data]
        ).map(individualRow) ?? person
    }

    func ceremonyRow(_ row: Row) throws -> CeremonyRow {
        let ceremony = CeremonyRow(
            proposer: try id(row, "proposer"), began: instant(row, "began"), approver: try optionalID(row, "approver"),
            isIssued: row["is_issued"])
        try rows.check(bytes(row, "mac"), "ceremonies", ceremony.columns)
        return ceremony
    }

    func individualRow(_ row: Row) throws -> PersonID {
        let (person, individual): (PersonID, PersonID) = (try id(row, "person"), try id(row, "individual"))
        try rows.check(bytes(row, "mac"), "individuals", [person.bytes, individual.bytes])
        return individual
    }
}
