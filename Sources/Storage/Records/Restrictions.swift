internal import GRDB

extension ReadTransaction {
    /// Every restriction of the use of data that has not been lifted, the oldest first.
    public func liveRestrictions() throws -> [ActRow] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT * FROM acts AS placed WHERE kind = 'restriction' AND NOT EXISTS
                  (SELECT 1 FROM acts AS ended WHERE ended.refers = placed.id AND ended.kind = 'end')
                ORDER BY entry
                """
        ).map(act)
    }
}

extension RecordsSchema {
    /// Their acts have kinds that no program before this schema knows: one that opened them would refuse everything about the child.
    static let restrictions = """
        CREATE INDEX restrictions ON acts (entry) WHERE kind = 'restriction';
        """
}
