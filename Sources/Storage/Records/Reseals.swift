internal import Foundation
internal import GRDB

/// Resealing that has begun and not ended: what it is about has another key once its entry is not before `begun`.
public struct ResealRow: Hashable, Sendable {
    /// `document …`, `child …` or `party …`.
    public let owner: String
    /// The ledger entry of the beginning.
    public let begun: UInt64
    /// Whether content is sealed anew, and not its header alone.
    public let isContent: Bool
    public let person: PersonID

    public init(owner: String, begun: UInt64, isContent: Bool, person: PersonID) {
        self.owner = owner
        self.begun = begun
        self.isContent = isContent
        self.person = person
    }

    fileprivate var columns: [[UInt8]] {
        [owner.bytes, Int64(begun).bytes, [isContent ? 1 : 0], person.bytes]
    }
}

extension WriteTransaction {
    /// Keeps it in place of an earlier one of the same owner.
    public func put(_ row: ResealRow) throws {
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO reseals (owner, begun, is_content, person, mac)
                VALUES (:owner, :begun, :is_content, :person, :mac)
                """,
            arguments: [
                "owner": row.owner, "begun": Int64(row.begun), "is_content": row.isContent,
                "person": row.person.bytes.data, "mac": rows.mac("reseals", row.columns).data,
            ])
    }

    public func settle(_ row: ResealRow) throws {
        try db.execute(sql: "DELETE FROM reseals WHERE owner = :owner", arguments: ["owner": row.owner])
    }
}

extension ReadTransaction {
    public func reseals() throws -> [ResealRow] {
        try Row.fetchAll(db, sql: "SELECT * FROM reseals ORDER BY begun").map(resealRow)
    }

    func resealRow(_ row: Row) throws -> ResealRow {
        let reseal = ResealRow(
            owner: row["owner"], begun: try number(row, "begun"), isContent: row["is_content"],
            person: try id(row, "person"))
        try rows.check(bytes(row, "mac"), "reseals", reseal.columns)
        return reseal
    }
}
