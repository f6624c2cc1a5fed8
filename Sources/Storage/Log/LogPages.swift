internal import GRDB
public import Ledger
internal import Sealing

extension ReadTransaction {
    /// Entries of some kinds from an index and a moment on, about one child or about all, with their indexes: at most so many, since the
    /// ledger may be large. The next page begins behind the last index.
    public func entries(
        of kinds: Set<EventKind>, about child: ChildID?, since moment: Instant, from index: UInt64, limit: Int
    ) throws -> [(UInt64, LogRow)] {
        let codes = kinds.map { "\"" + Hex.encode($0.rawValue.leafBytes) + "\"" }.joined(separator: ",")
        let arguments: StatementArguments = [
            "from": Int64(clamping: index), "since": max(moment, Instant(milliseconds: 0)).bytes.data,
            "kinds": "[\(codes)]", "limit": limit,
        ]
        let rows =
            try child.map { child in
                try Row.fetchAll(
                    db,
                    sql: """
                        SELECT position, leaf, child, openings FROM entries
                        WHERE child = :child AND position >= :from AND substr(leaf, 5, 8) >= :since
                          AND lower(hex(substr(leaf, 13, 2))) IN (SELECT value FROM json_each(:kinds))
                        ORDER BY position LIMIT :limit
                        """, arguments: arguments + ["child": child.bytes.data])
            }
            ?? Row.fetchAll(
                db,
                sql: """
                    SELECT position, leaf, child, openings FROM entries
                    WHERE position >= :from AND substr(leaf, 5, 8) >= :since
                      AND lower(hex(substr(leaf, 13, 2))) IN (SELECT value FROM json_each(:kinds))
                    ORDER BY position LIMIT :limit
                    """, arguments: arguments)
        return try rows.map { (try number($0, "position"), try logRow($0)) }
    }
}
