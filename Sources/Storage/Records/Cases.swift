internal import GRDB
public import Rules

/// A child: the data subject.
public struct ChildRow: Hashable, Sendable {
    public let id: ChildID
    /// Name, date of birth and numbers, sealed under the child's key.
    public let profile: [UInt8]
    public let added: Instant

    public init(id: ChildID, profile: [UInt8], added: Instant) {
        self.id = id
        self.profile = profile
        self.added = added
    }
}

/// One child's EHC matter.
public struct CaseRow: Hashable, Sendable {
    public let id: CaseID
    public let child: ChildID
    public let purpose: Purpose
    public let opened: Instant
    public var closed: Instant?

    public init(id: CaseID, child: ChildID, purpose: Purpose, opened: Instant, closed: Instant?) {
        self.id = id
        self.child = child
        self.purpose = purpose
        self.opened = opened
        self.closed = closed
    }

    fileprivate var columns: [[UInt8]] {
        [id.bytes, child.bytes, purpose.rawValue.bytes, opened.bytes, closed.bytes]
    }
}

/// A person working on a case, in one role, from when to when.
public struct TeamRow: Hashable, Sendable {
    public let caseID: CaseID
    public let person: PersonID
    public let organisation: OrganisationID
    public let role: Role
    public let added: Instant
    public var removed: Instant?

    public init(
        caseID: CaseID, person: PersonID, organisation: OrganisationID, role: Role, added: Instant, removed: Instant?
    ) {
        self.caseID = caseID
        self.person = person
        self.organisation = organisation
        self.role = role
        self.added = added
        self.removed = removed
    }

    fileprivate var columns: [[UInt8]] {
        [caseID.bytes, person.bytes, organisation.bytes, role.rawValue.bytes, added.bytes, removed.bytes]
    }
}

extension WriteTransaction {
    public func insert(_ child: ChildRow) throws {
        try db.execute(
            sql: "INSERT INTO children (id, profile, added) VALUES (:id, :profile, :added)",
            arguments: [
                "id": child.id.bytes.data, "profile": child.profile.data, "added": child.added.milliseconds,
            ])
    }

    /// Inserts a case, or replaces the row of the same identifier.
    public func put(_ row: CaseRow) throws {
        try db.execute(
            sql: """
                INSERT INTO cases (id, child, purpose, opened, closed, mac)
                VALUES (:id, :child, :purpose, :opened, :closed, :mac)
                ON CONFLICT (id) DO UPDATE SET closed = excluded.closed, mac = excluded.mac
                """,
            arguments: [
                "id": row.id.bytes.data, "child": row.child.bytes.data, "purpose": row.purpose.rawValue,
                "opened": row.opened.milliseconds, "closed": row.closed?.milliseconds,
                "mac": rows.mac("cases", row.columns).data,
            ])
    }

    /// Inserts a member of a team, or replaces the row of the same person, role and beginning.
    public func put(_ row: TeamRow) throws {
        try db.execute(
            sql: """
                INSERT INTO team (case_id, person, organisation, role, added, removed, mac)
                VALUES (:case_id, :person, :organisation, :role, :added, :removed, :mac)
                ON CONFLICT (case_id, person, role, added)
                DO UPDATE SET removed = excluded.removed, mac = excluded.mac
                """,
            arguments: [
                "case_id": row.caseID.bytes.data, "person": row.person.bytes.data,
                "organisation": row.organisation.bytes.data, "role": row.role.rawValue,
                "added": row.added.milliseconds, "removed": row.removed?.milliseconds,
                "mac": rows.mac("team", row.columns).data,
            ])
    }
}

extension ReadTransaction {
    public func child(_ id: ChildID) throws -> ChildRow? {
        let statement = try db.cachedStatement(
            sql: "SELECT * FROM children WHERE id = :id AND length(profile) > 0")
        return try Row.fetchOne(statement, arguments: ["id": id.bytes.data]).map(child)
    }

    /// Of whom nothing is left but the identifier too.
    public func allChildren() throws -> [ChildRow] {
        try Row.fetchAll(db, sql: "SELECT * FROM children ORDER BY added, id").map(child)
    }

    public func children() throws -> [ChildRow] {
        try Row.fetchAll(db, sql: "SELECT * FROM children WHERE length(profile) > 0 ORDER BY added, id").map(child)
    }

    private func child(_ row: Row) throws -> ChildRow {
        ChildRow(id: try id(row, "id"), profile: bytes(row, "profile"), added: instant(row, "added"))
    }

    public func theCase(_ id: CaseID) throws -> CaseRow? {
        let statement = try db.cachedStatement(sql: "SELECT * FROM cases WHERE id = :id")
        return try Row.fetchOne(statement, arguments: ["id": id.bytes.data]).map(caseRow)
    }

    public func cases(of child: ChildID) throws -> [CaseRow] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM cases WHERE child = :child ORDER BY opened, id",
            arguments: ["child": child.bytes.data]
        ).map(caseRow)
    }

    /// Everyone who was ever on the team, in the order of their coming.
    public func team(of caseID: CaseID) throws -> [TeamRow] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM team WHERE case_id = :id ORDER BY added, person",
            arguments: ["id": caseID.bytes.data]
        ).map(teamRow)
    }

    /// The teams that a person is on now.
    public func currentTeams(of person: PersonID) throws -> [TeamRow] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM team WHERE person = :person AND removed IS NULL ORDER BY added, case_id",
            arguments: ["person": person.bytes.data]
        ).map(teamRow)
    }

    /// Everyone who is on a team now.
    public func currentTeams() throws -> [TeamRow] {
        try Row.fetchAll(db, sql: "SELECT * FROM team WHERE removed IS NULL").map(teamRow)
    }

    /// Tables in which a row is not as this vault wrote it.
    public func tablesWithForeignRows() throws -> [String] {
        func holds(_ sql: String, _ read: (Row) throws -> Void) throws -> Bool {
            let rows = try Row.fetchCursor(db, sql: sql)
            do {
                while let row = try rows.next() { try read(row) }
                return true
            } catch is StorageError {
                return false
            }
        }
        let tables = [
            ("people", try holds("SELECT * FROM people") { _ = try person($0) }),
            ("memberships", try holds("SELECT * FROM memberships") { _ = try membership($0) }),
            ("organisations", try holds("SELECT * FROM organisations") { _ = try organisation($0) }),
            ("sessions", try holds("SELECT * FROM sessions") { _ = try session($0) }),
            ("attempts", try holds("SELECT * FROM attempts") { _ = try attempt($0) }),
            ("second_factors", try holds("SELECT * FROM second_factors") { _ = try secondFactor($0) }),
            ("recovery_codes", try holds("SELECT * FROM recovery_codes") { _ = try recoveryCode($0) }),
            ("invitations", try holds("SELECT * FROM invitations") { _ = try invitation($0) }),
            ("access_tokens", try holds("SELECT * FROM access_tokens") { _ = try accessToken($0) }),
            ("identities", try holds("SELECT * FROM identities") { _ = try identityRow($0) }),
            ("provided_sessions", try holds("SELECT * FROM provided_sessions") { _ = try providedSession($0) }),
            ("systems", try holds("SELECT * FROM systems") { _ = try systemRow($0) }),
            ("cases", try holds("SELECT * FROM cases") { _ = try caseRow($0) }),
            ("team", try holds("SELECT * FROM team") { _ = try teamRow($0) }),
            ("acts", try holds("SELECT * FROM acts") { _ = try act($0) }),
            ("proposals", try holds("SELECT * FROM proposals") { _ = try proposal($0) }),
            ("scans", try holds("SELECT * FROM scans") { _ = try scan($0) }),
            ("schedules", try holds("SELECT * FROM schedules") { _ = try schedule($0) }),
            ("holds", try holds("SELECT * FROM holds") { _ = try hold($0) }),
            ("individuals", try holds("SELECT * FROM individuals") { _ = try individualRow($0) }),
            ("ceremonies", try holds("SELECT * FROM ceremonies") { _ = try ceremonyRow($0) }),
            ("disposals", try holds("SELECT * FROM disposals") { _ = try disposal($0) }),
            ("rights_requests", try holds("SELECT * FROM rights_requests") { _ = try rightsRequest($0) }),
            ("rights_items", try holds("SELECT * FROM rights_items") { _ = try rightsItem($0) }),
            ("rights_offers", try holds("SELECT * FROM rights_offers") { _ = try rightsOffer($0) }),
            ("breaches", try holds("SELECT * FROM breaches") { _ = try breach($0) }),
            ("certificates", try holds("SELECT * FROM certificates") { _ = try certificate($0) }),
            ("reseals", try holds("SELECT * FROM reseals") { _ = try resealRow($0) }),
            ("scanning", try holds("SELECT * FROM scanning") { _ = try scanning($0) }),
            ("keyring_backups", try holds("SELECT * FROM keyring_backups") { _ = try keyringBackup($0) }),
        ]
        return tables.filter { !$0.1 }.map(\.0)
    }

    /// The person's present places on the team.
    public func team(of caseID: CaseID, person: PersonID) throws -> [TeamRow] {
        let statement = try db.cachedStatement(
            sql: "SELECT * FROM team WHERE case_id = :id AND person = :person AND removed IS NULL ORDER BY role")
        return try Row.fetchAll(
            statement, arguments: ["id": caseID.bytes.data, "person": person.bytes.data]
        ).map(teamRow)
    }

    private func caseRow(_ row: Row) throws -> CaseRow {
        let value = CaseRow(
            id: try id(row, "id"), child: try id(row, "child"),
            purpose: try word(row, "purpose", Purpose.init(rawValue:)), opened: instant(row, "opened"),
            closed: optionalInstant(row, "closed"))
        try rows.check(bytes(row, "mac"), "cases", value.columns)
        return value
    }

    private func teamRow(_ row: Row) throws -> TeamRow {
        let value = TeamRow(
            caseID: try id(row, "case_id"), person: try id(row, "person"),
            organisation: try id(row, "organisation"), role: try word(row, "role", Role.init(rawValue:)),
            added: instant(row, "added"), removed: optionalInstant(row, "removed"))
        try rows.check(bytes(row, "mac"), "team", value.columns)
        return value
    }
}
