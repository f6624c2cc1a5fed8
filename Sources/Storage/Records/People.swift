internal import GRDB
public import Rules
public import Sealing

/// A school, a trust, a team: belongs to one party.
public struct OrganisationRow: Hashable, Sendable {
    public let id: OrganisationID
    public let party: Party
    /// Sealed under the vault's records key.
    public let name: [UInt8]
    public let added: Instant

    public init(id: OrganisationID, party: Party, name: [UInt8], added: Instant) {
        self.id = id
        self.party = party
        self.name = name
        self.added = added
    }

    fileprivate var columns: [[UInt8]] { [id.bytes, party.rawValue.bytes, name, added.bytes] }
}

/// Someone who signs in.
public struct PersonRow: Hashable, Sendable {
    public let id: PersonID
    /// The user name's blind index: it finds, and tells nothing.
    public let username: [UInt8]
    /// Name and user name, sealed under the vault's records key.
    public let name: [UInt8]
    public let password: PasswordRecord
    public let added: Instant
    public let disabled: Instant?

    public init(
        id: PersonID, username: [UInt8], name: [UInt8], password: PasswordRecord, added: Instant, disabled: Instant?
    ) {
        self.id = id
        self.username = username
        self.name = name
        self.password = password
        self.added = added
        self.disabled = disabled
    }

    fileprivate var columns: [[UInt8]] {
        [
            id.bytes, username, name, password.salt, Int64(password.cost.passes).bytes,
            Int64(password.cost.memory).bytes, password.verifier, added.bytes, disabled.bytes,
        ]
    }
}

/// A role that a person has in an organisation.
public struct Membership: Hashable, Sendable {
    public let person: PersonID
    public let organisation: OrganisationID
    public let role: Role

    public init(person: PersonID, organisation: OrganisationID, role: Role) {
        self.person = person
        self.organisation = organisation
        self.role = role
    }

    fileprivate var columns: [[UInt8]] { [person.bytes, organisation.bytes, role.rawValue.bytes] }
}

extension WriteTransaction {
    public func insert(_ organisation: OrganisationRow) throws {
        try db.execute(
            sql: """
                INSERT INTO organisations (id, party, name, added, mac) VALUES (:id, :party, :name, :added, :mac)
                """,
            arguments: [
                "id": organisation.id.bytes.data, "party": organisation.party.rawValue,
                "name": organisation.name.data, "added": organisation.added.milliseconds,
                "mac": rows.mac("organisations", organisation.columns).data,
            ])
    }

    /// Inserts a person, or replaces the row of the same identifier.
    public func put(_ person: PersonRow) throws {
        try db.execute(
            sql: """
                INSERT INTO people (id, username, name, salt, passes, memory, verifier, added, disabled, mac)
                VALUES (:id, :username, :name, :salt, :passes, :memory, :verifier, :added, :disabled, :mac)
                ON CONFLICT (id) DO UPDATE SET username = excluded.username, name = excluded.name, salt = excluded.salt, passes = excluded.passes,
                  memory = excluded.memory, verifier = excluded.verifier, disabled = excluded.disabled,
                  mac = excluded.mac
                """,
            arguments: [
                "id": person.id.bytes.data, "username": person.username.data, "name": person.name.data,
                "salt": person.password.salt.data, "passes": Int64(person.password.cost.passes),
                "memory": Int64(person.password.cost.memory), "verifier": person.password.verifier.data,
                "added": person.added.milliseconds, "disabled": person.disabled?.milliseconds,
                "mac": rows.mac("people", person.columns).data,
            ])
    }

    public func insert(_ membership: Membership) throws {
        try db.execute(
            sql: """
                INSERT INTO memberships (person, organisation, role, mac) VALUES (:person, :organisation, :role, :mac)
                """,
            arguments: [
                "person": membership.person.bytes.data, "organisation": membership.organisation.bytes.data,
                "role": membership.role.rawValue, "mac": rows.mac("memberships", membership.columns).data,
            ])
    }
}

extension ReadTransaction {
    public func organisations() throws -> [OrganisationRow] {
        try Row.fetchAll(db, sql: "SELECT * FROM organisations ORDER BY added, id").map(organisation)
    }

    public func organisation(_ id: OrganisationID) throws -> OrganisationRow? {
        let statement = try db.cachedStatement(sql: "SELECT * FROM organisations WHERE id = :id")
        return try Row.fetchOne(statement, arguments: ["id": id.bytes.data]).map(organisation)
    }

    public func people() throws -> [PersonRow] {
        try Row.fetchAll(db, sql: "SELECT * FROM people ORDER BY added, id").map(person)
    }

    public func person(_ id: PersonID) throws -> PersonRow? {
        let statement = try db.cachedStatement(sql: "SELECT * FROM people WHERE id = :id")
        return try Row.fetchOne(statement, arguments: ["id": id.bytes.data]).map(person)
    }

    /// `usernames`: the blind index of the user name under each live version of the key.
    public func person(usernames: [[UInt8]]) throws -> PersonRow? {
        for username in usernames {
            let row = try Row.fetchOne(
                db, sql: "SELECT * FROM people WHERE username = :username", arguments: ["username": username.data])
            if let row { return try person(row) }
        }
        return nil
    }

    public func memberships(of person: PersonID) throws -> [Membership] {
        let statement = try db.cachedStatement(
            sql: "SELECT * FROM memberships WHERE person = :person ORDER BY role")
        return try Row.fetchAll(statement, arguments: ["person": person.bytes.data]).map(membership)
    }

    func membership(_ row: Row) throws -> Membership {
        let membership = Membership(
            person: try id(row, "person"), organisation: try id(row, "organisation"),
            role: try word(row, "role", Role.init(rawValue:)))
        try rows.check(bytes(row, "mac"), "memberships", membership.columns)
        return membership
    }

    func organisation(_ row: Row) throws -> OrganisationRow {
        let organisation = OrganisationRow(
            id: try id(row, "id"), party: try word(row, "party", Party.init(rawValue:)), name: bytes(row, "name"),
            added: instant(row, "added"))
        try rows.check(bytes(row, "mac"), "organisations", organisation.columns)
        return organisation
    }

    func person(_ row: Row) throws -> PersonRow {
        let cost = Argon2Cost(passes: try number(row, "passes"), memory: try number(row, "memory"))
        let person = PersonRow(
            id: try id(row, "id"), username: bytes(row, "username"), name: bytes(row, "name"),
            password: PasswordRecord(salt: bytes(row, "salt"), cost: cost, verifier: bytes(row, "verifier")),
            added: instant(row, "added"), disabled: optionalInstant(row, "disabled"))
        try rows.check(bytes(row, "mac"), "people", person.columns)
        return person
    }
}
