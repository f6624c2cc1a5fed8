internal import Foundation
internal import Ledger
public import Rules
public import Sealing
public import Storage

/// An organisation, its name opened.
public struct Organisation: Hashable, Sendable, Codable {
    public let id: String
    public let party: String
    public let name: String
}

/// A person, the name opened.
public struct Person: Hashable, Sendable, Codable {
    public struct Place: Hashable, Sendable, Codable {
        public let organisation: String
        public let party: String
        public let role: String
    }

    public let id: String
    public let username: String
    public let name: String
    public let isDisabled: Bool
    public let places: [Place]
}

/// A place on a case's team that somebody has left.
public struct LeftPlace: Hashable, Sendable, Codable {
    public let caseID: String
    public let role: String
    /// Nobody else works on the case in this role.
    public let isVacant: Bool
}

/// Someone to be given an account.
public struct NewPerson: Sendable {
    public let username: String
    public let name: String
    public let organisation: OrganisationID
    public let roles: [Role]

    public init(username: String, name: String, organisation: OrganisationID, roles: [Role]) {
        self.username = username
        self.name = name
        self.organisation = organisation
        self.roles = roles
    }
}

extension DocumentVault {
    public func addOrganisation(_ name: String, party: Party, as caller: Caller) async throws -> OrganisationID {
        try await authorise("organisation.add", caller)
        let name = try PlainText.line(name, field: "name")
        let organisation = try organisationRow(name, party: party)
        let row = try row(
            Event(.organisationAdded, by: caller).on(["organisation": "\(organisation.id)", "party": party.rawValue]))
        try await records.write { transaction in
            try transaction.insert(organisation)
            _ = try transaction.append(row)
        }
        return organisation.id
    }

    /// Gives a person an account with a first password. `invite` makes one whose password nobody else ever knows.
    ///
    /// - Throws: `VaultError.usernameTaken`, `.invalid`, `.notFound(.organisation)`, `.passwordRefused`.
    public func addPerson(
        _ new: NewPerson, password: Key, as caller: Caller
    ) async throws -> PersonID {
        try await add(
            new, .personAdded, by: caller, password: { try await passwordRecord(password, username: new.username) }
        ) { _, _ in }
    }

    /// `also`: what is written in the transaction that makes the account.
    func add(
        _ new: NewPerson, _ kind: EventKind, by caller: Caller, password: () async throws -> PasswordRecord,
        also: @escaping @Sendable (WriteTransaction, PersonID) throws -> Void
    ) async throws -> PersonID {
        try await authorise("person.add", caller)
        let party = try await records.read { try $0.organisation(new.organisation)?.party }
        guard let party else { throw VaultError.notFound(.organisation) }
        try checkRoles(new.roles, party)
        let person = try await personRow(new, password)
        let usernames = usernameIndexes(try names(of: person).username)
        let row = try row(
            Event(kind, by: caller).on([
                "person": "\(person.id)", "organisation": "\(new.organisation)",
                "roles": new.roles.map(\.rawValue).joined(separator: " "),
            ]))
        try await records.write { transaction in
            guard try transaction.person(usernames: usernames) == nil else { throw VaultError.usernameTaken }
            try transaction.insert(person, in: new.organisation, as: new.roles)
            try also(transaction, person.id)
            _ = try transaction.append(row)
        }
        return person.id
    }

    /// Ends an account, all its sessions, access tokens and invitations, its places on every team and its tasks. The person stays in the records and the ledger.
    ///
    /// - Returns: the places that have to be given to somebody else.
    public func disablePerson(_ username: String, as caller: Caller) async throws -> [LeftPlace] {
        try await authorise("person.disable", caller)
        let id = try await person(named: username)
        // So that there is always an administrator left.
        guard id != caller.person else { throw VaultError.invalid(field: "user name", reason: "it is your own") }
        let places = try await records.read { transaction in
            try transaction.currentTeams(of: id).compactMap { member in
                try transaction.theCase(member.caseID).map { (member, $0.child) }
            }
        }
        var rows = [try row(Event(.personDisabled, by: caller).on(["person": "\(id)"]))]
        for caseID in Set(places.map(\.0.caseID)) {
            guard let child = places.first(where: { $0.0.caseID == caseID })?.1 else { continue }
            let event = Event(.teamRemoved, by: caller).about(child).on(["case": "\(caseID)", "person": "\(id)"])
            rows.append(try row(event, childKey: try await requireChildKey(child)))
        }
        let entries = rows
        let now = environment.now()
        try await records.write { transaction in
            guard let person = try transaction.person(id) else { throw VaultError.notFound(.person) }
            guard try transaction.currentTeams(of: id) == places.map(\.0) else { throw VaultError.changedMeanwhile }
            try transaction.put(
                PersonRow(
                    id: person.id, username: person.username, name: person.name, password: person.password,
                    added: person.added, disabled: person.disabled ?? now))
            try transaction.endAccess(of: id)
            try transaction.leave(places.map(\.0), at: now)
            for row in entries { _ = try transaction.append(row) }
        }
        // The account is closed by now, so what follows opens nothing meanwhile; a second run does what a crash left out.
        try await endTasks(of: id, as: caller)
        return try await left(places.map(\.0))
    }

    private func endTasks(of person: PersonID, as caller: Caller) async throws {
        let children = Set(try await records.read { try $0.acts(kind: .grant, person: person) }.map(\.child))
        for child in children {
            try await enact(about: child, by: caller) { standing, _ in
                try standing.grants.filter { $0.value.person == person }
                    .map { try ending($0.key, $0.value, "The person left.", caller) }
            }
        }
    }

    private func left(_ places: [TeamRow]) async throws -> [LeftPlace] {
        try await records.read { transaction in
            try places.map { place in
                let team = try transaction.team(of: place.caseID).filter { $0.removed == nil }
                return LeftPlace(
                    caseID: "\(place.caseID)", role: place.role.rawValue,
                    isVacant: !team.contains { $0.role == place.role })
            }
        }
    }

    public func organisations(as caller: Caller) async throws -> [Organisation] {
        try await authorise("person.list", caller)
        let rows = try await records.read { try $0.organisations() }
        return try rows.map {
            Organisation(
                id: "\($0.id)", party: $0.party.rawValue, name: try open($0.name, "organisations", $0.id.bytes))
        }
    }

    /// Everyone with an account, for those who make up teams.
    public func people(as caller: Caller) async throws -> [Person] {
        try await authorise("person.list", caller)
        let rows = try await records.read { transaction in
            try transaction.people().map { ($0, try transaction.heldPlaces(of: $0.id)) }
        }
        return try rows.map { try person($0, $1) }
    }

    /// - Throws: `VaultError.notFound(.person)`.
    public func person(named username: String) async throws -> PersonID {
        let indexes = usernameIndexes(username)
        guard let person = try await records.read({ try $0.person(usernames: indexes) }) else {
            throw VaultError.notFound(.person)
        }
        return person.id
    }

    /// Whether a user name is the caller's own: asked without looking whether somebody else has it.
    func isOwn(_ username: String, _ caller: Caller) async throws -> Bool {
        usernameIndexes(username).contains(try await ownRow(caller).username)
    }

    /// Whose token this is, opened for showing.
    public func identity(of caller: Caller) async throws -> Person {
        guard let row = try await records.read({ try $0.person(caller.person) }) else {
            throw VaultError.notFound(.person)
        }
        return try person(row, caller.memberships)
    }

    func checkRoles(_ roles: [Role], _ party: Party) throws {
        guard !roles.isEmpty else { throw VaultError.invalid(field: "role", reason: "a person needs at least one") }
        for role in roles {
            guard agreement.roles.contains(role) else { throw VaultError.denied(.unknownRole(role)) }
            guard agreement.parties(of: role).contains(party) else {
                throw VaultError.denied(.roleNotOfParty(role, party))
            }
        }
    }

    func organisationRow(_ name: String, party: Party) throws -> OrganisationRow {
        let id = OrganisationID(from: environment.random)
        return OrganisationRow(
            id: id, party: party, name: try seal(name, "organisations", id.bytes), added: environment.now())
    }

    func personRow(_ new: NewPerson, password: Key) async throws -> PersonRow {
        try await personRow(new) { try await passwordRecord(password, username: new.username) }
    }

    func personRow(_ new: NewPerson, _ password: () async throws -> PasswordRecord) async throws -> PersonRow {
        let username = try PlainText.username(new.username)
        let names = [username, try PlainText.line(new.name, field: "name")]
        let id = PersonID(from: environment.random)
        return PersonRow(
            id: id, username: keys.blindIndex("username", username),
            name: try seal(String(decoding: JSONEncoder().encode(names), as: UTF8.self), "people", id.bytes),
            password: try await password(), added: environment.now(), disabled: nil)
    }

    /// User names by identifier.
    func usernames(of people: [PersonRow]) throws -> [String: String] {
        try people.reduce(into: [:]) { $0["\($1.id)"] = try names(of: $1).username }
    }

    /// User name and full name of a person.
    func names(of row: PersonRow) throws -> (username: String, name: String) {
        let names = try JSONDecoder().decode([String].self, from: Data(try open(row.name, "people", row.id.bytes).utf8))
        guard names.count == 2 else { throw StorageError.damagedStore(store: "people table") }
        return (names[0], names[1])
    }

    private func person(_ row: PersonRow, _ held: [Caller.Place]) throws -> Person {
        let (username, name) = try names(of: row)
        let places = held.map {
            Person.Place(organisation: "\($0.organisation)", party: $0.party.rawValue, role: $0.role.rawValue)
        }
        return Person(
            id: "\(row.id)", username: username, name: name, isDisabled: row.disabled != nil, places: places)
    }

    func seal(_ text: String, _ table: String, _ row: [UInt8]) throws -> [UInt8] {
        let facts = Facts.field(table: table, column: "name", row: row, owner: id.bytes)
        return try keys.fields.seal(Array(text.utf8), facts, random: environment.random)
    }

    func open(_ sealed: [UInt8], _ table: String, _ row: [UInt8]) throws -> String {
        let facts = Facts.field(table: table, column: "name", row: row, owner: id.bytes)
        return String(decoding: try keys.fields.open(sealed, facts), as: UTF8.self)
    }
}

extension WriteTransaction {
    /// A new account with its places in an organisation.
    func insert(_ person: PersonRow, in organisation: OrganisationID, as roles: some Sequence<Role>) throws {
        try put(person)
        for role in roles {
            try insert(Membership(person: person.id, organisation: organisation, role: role))
        }
    }
}

/// Text that people type: kept as data, never as a path, and never able to disturb a terminal.
enum PlainText {
    private static let longest = 200

    /// One line without control characters, white space at its ends removed.
    ///
    /// - Throws: `VaultError.invalid`.
    static func line(_ text: String, field: String) throws -> String {
        var scalars = text.unicodeScalars.drop(while: isSpace)
        while let last = scalars.last, isSpace(last) { scalars.removeLast() }
        let trimmed = String(scalars)
        guard !trimmed.isEmpty else { throw VaultError.invalid(field: field, reason: "it is empty") }
        guard trimmed.count <= longest else {
            throw VaultError.invalid(field: field, reason: "it has more than \(longest) characters")
        }
        guard trimmed.unicodeScalars.allSatisfy({ !isDisturbing($0) }) else {
            throw VaultError.invalid(field: field, reason: "it has control characters")
        }
        return trimmed
    }

    /// A paragraph, without control characters but for line ends, white space at its ends removed.
    ///
    /// - Throws: `VaultError.invalid`.
    static func paragraph(_ text: String, field: String, atLeast least: Int = 1) throws -> String {
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard trimmed.count >= least else {
            throw VaultError.invalid(field: field, reason: "say it in at least \(least) characters")
        }
        guard trimmed.count <= 2000 else {
            throw VaultError.invalid(field: field, reason: "it has more than 2000 characters")
        }
        guard trimmed.unicodeScalars.allSatisfy({ $0 == "\n" || !isDisturbing($0) }) else {
            throw VaultError.invalid(field: field, reason: "it has control characters")
        }
        return trimmed
    }

    /// Lower-case letters, digits, dots and hyphens.
    static func username(_ text: String) throws -> String {
        let name = text.lowercased()
        let isPlain = name.utf8.allSatisfy { byte in
            (97...122).contains(byte) || (48...57).contains(byte) || byte == 45 || byte == 46
        }
        guard isPlain, (2...64).contains(name.utf8.count) else {
            throw VaultError.invalid(field: "user name", reason: "use 2 to 64 letters, digits, dots and hyphens")
        }
        return name
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\t" || scalar.properties.generalCategory == .spaceSeparator
    }

    /// Control characters, and those that turn the direction of writing or hide.
    private static func isDisturbing(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
        default: false
        }
    }
}

extension DocumentVault {
    /// Writes down that two accounts are one human being's, as of somebody who works in two offices: where the law or the agreement
    /// asks for two people, they count as one from here on.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.person)`.
    public func recordSamePerson(_ username: String, as other: String, by caller: Caller) async throws {
        try await authorise("person.add", caller)
        _ = try await requireSession(caller)
        let (first, second) = (try await person(named: username), try await person(named: other))
        let log = try row(Event(.personJoined, by: caller).on(["person": "\(first)"]).with(["person": "\(second)"]))
        try await records.write { transaction in
            try transaction.join(first, with: second)
            _ = try transaction.append(log)
        }
    }
}
