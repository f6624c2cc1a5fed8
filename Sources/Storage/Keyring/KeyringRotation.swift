internal import Foundation
internal import GRDB

/// What rotating keys reads and writes.
extension KeyringReading {
    /// A page of the wraps for a party under versions of its key before this one, by rendition.
    public func wraps(for party: String, before version: UInt32, after id: RenditionID?, limit: Int) throws -> [WrapRow]
    {
        let statement = try db.cachedStatement(
            sql: """
                SELECT * FROM wraps WHERE rendition > :id AND party = :party AND party_key_version < :version
                ORDER BY rendition LIMIT :limit
                """)
        let arguments: StatementArguments = [
            "id": (id?.bytes ?? []).data, "party": party, "version": version, "limit": limit,
        ]
        return try Row.fetchAll(statement, arguments: arguments).map(wrap)
    }

    /// The renditions of a child that have wraps: their identifiers begin like the child's.
    public func wrappedRenditions(of child: ChildID) throws -> [RenditionID] {
        let half = child.bytes.prefix(RenditionID.byteCount / 2)
        let fill = RenditionID.byteCount - half.count
        let statement = try db.cachedStatement(
            sql: "SELECT DISTINCT rendition FROM wraps WHERE rendition >= :first AND rendition <= :last")
        return try Data.fetchAll(
            statement,
            arguments: [
                "first": (half + [UInt8](repeating: 0, count: fill)).data,
                "last": (half + [UInt8](repeating: 0xff, count: fill)).data,
            ]
        ).compactMap { RenditionID([UInt8]($0)) }
    }

    /// How many wraps a party has, and how many of them are under versions of its key before this one.
    public func wrapCount(for party: String, before version: UInt32) throws -> (all: Int, old: Int) {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT count(*) AS every, coalesce(sum(party_key_version < :version), 0) AS old
                FROM wraps WHERE party = :party
                """, arguments: ["party": party, "version": version])
        return (row?["every"] ?? 0, row?["old"] ?? 0)
    }

    /// A page of the children whose index is under another version of its key, by identifier.
    ///
    /// `mark`: what every value under this version begins with.
    public func children(notIndexedUnder mark: [UInt8], after child: ChildID?, limit: Int) throws -> [ChildID] {
        try Data.fetchAll(
            db,
            sql: """
                SELECT DISTINCT child FROM child_index WHERE child > :child AND substr(value, 1, 8) <> :mark
                ORDER BY child LIMIT :limit
                """, arguments: ["child": (child?.bytes ?? []).data, "mark": mark.data, "limit": limit]
        ).compactMap { ChildID([UInt8]($0)) }
    }

    /// How many children there are whose index is under another version of its key.
    public func childCount(notIndexedUnder mark: [UInt8]) throws -> Int {
        try Int.fetchOne(
            db, sql: "SELECT count(DISTINCT child) FROM child_index WHERE substr(value, 1, 8) <> :mark",
            arguments: ["mark": mark.data]) ?? 0
    }

    /// How many keys there are of a kind.
    public func keyCount(kind: WrappedKey.Kind) throws -> Int {
        try Int.fetchOne(
            db, sql: "SELECT count(*) FROM keys WHERE kind = :kind", arguments: ["kind": kind.rawValue]) ?? 0
    }

    public func rotations() throws -> [RotationRow] {
        try Row.fetchAll(db, sql: "SELECT * FROM rotations ORDER BY begun").map { row in
            guard let kind = WrappedKey.Kind(rawValue: row["kind"]),
                let person = PersonID([UInt8](row["person"] as Data))
            else { throw StorageError.damagedStore(store: KeyringStore.name) }
            return RotationRow(
                kind: kind, owner: [UInt8](row["owner"] as Data), old: try number(row, "old"),
                new: try number(row, "new"), person: person, begun: Instant(milliseconds: row["begun"]))
        }
    }
}

extension KeyringWriting {
    public func put(_ row: RotationRow) throws {
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO rotations (kind, owner, old, new, person, begun)
                VALUES (:kind, :owner, :old, :new, :person, :begun)
                """,
            arguments: [
                "kind": row.kind.rawValue, "owner": row.owner.data, "old": row.old, "new": row.new,
                "person": row.person.bytes.data, "begun": row.begun.milliseconds,
            ])
    }

    public func settle(_ row: RotationRow) throws {
        try db.execute(
            sql: "DELETE FROM rotations WHERE kind = :kind AND owner = :owner",
            arguments: ["kind": row.kind.rawValue, "owner": row.owner.data])
    }

    /// Indexes a child anew, unless it has gone meanwhile.
    public func reindex(_ child: ChildID, as values: [(kind: String, value: [UInt8])]) throws {
        try db.execute(sql: "DELETE FROM child_index WHERE child = :child", arguments: ["child": child.bytes.data])
        guard db.changesCount > 0 else { return }
        for (kind, value) in values { try insertIndex(kind: kind, value: value, child: child) }
    }

    /// Puts a wrap in the place of one for the same rendition and party, unless that is gone meanwhile.
    public func rewrap(_ wrap: WrapRow, from old: WrapRow) throws {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE wraps SET party_key_version = :party_key_version, child_key_version = :child_key_version,
                  sealed = :sealed
                WHERE rendition = :rendition AND party = :party AND sealed = :old
                """)
        try statement.execute(arguments: [
            "rendition": wrap.rendition.bytes.data, "party": wrap.party, "party_key_version": wrap.partyKeyVersion,
            "child_key_version": wrap.childKeyVersion, "sealed": wrap.sealed.data, "old": old.sealed.data,
        ])
    }
}
