internal import Foundation
internal import Ledger
public import Rules
internal import Sealing
public import Storage

/// What is known of a child, opened.
public struct ChildProfile: Hashable, Sendable, Codable {
    public let name: String
    public let dateOfBirth: Day
    public let nhsNumber: String?
    public let upn: String?

    /// - Throws: `VaultError.invalid` for a name with control characters or a number whose check digit is wrong.
    public init(name: String, dateOfBirth: Day, nhsNumber: String?, upn: String?) throws {
        self.name = try PlainText.line(name, field: "name")
        self.dateOfBirth = dateOfBirth
        self.nhsNumber = try nhsNumber.map { text in
            guard let number = NHSNumber(text) else {
                throw VaultError.invalid(field: "NHS number", reason: "its check digit does not fit")
            }
            return number.digits
        }
        self.upn = try upn.map { text in
            guard let number = UPN(text) else {
                throw VaultError.invalid(field: "UPN", reason: "its check letter does not fit")
            }
            return number.text
        }
    }

    /// What a child is found by. Each goes into the keyring as a blind index only.
    var identifiers: [(kind: String, value: String)] {
        var identifiers = [("name-birth", Self.nameAndBirth(name, dateOfBirth))]
        if let nhsNumber { identifiers.append(("nhs-number", nhsNumber)) }
        if let upn { identifiers.append(("upn", upn)) }
        return identifiers
    }

    /// Letter case, accents and spacing do not matter when looking for a name.
    fileprivate static func nameAndBirth(_ name: String, _ birth: Day) -> String {
        let plain = name.folding(
            options: [.caseInsensitive, .diacriticInsensitive], locale: Locale(identifier: "en_GB"))
        return plain.split(separator: " ").joined(separator: " ") + "|\(birth)"
    }
}

/// How a child is looked for: exactly, never by part of a name.
public enum ChildQuery: Hashable, Sendable {
    case nhsNumber(String)
    case upn(String)
    case nameAndBirth(String, Day)

    var index: (kind: String, value: String)? {
        switch self {
        case .nhsNumber(let text): NHSNumber(text).map { ("nhs-number", $0.digits) }
        case .upn(let text): UPN(text).map { ("upn", $0.text) }
        case .nameAndBirth(let name, let birth): ("name-birth", ChildProfile.nameAndBirth(name, birth))
        }
    }
}

/// A child as shown to someone with a case to work on.
public struct Child: Hashable, Sendable, Codable {
    public let id: String
    public let profile: ChildProfile
    /// Only the cases that are the caller's to know of.
    public let cases: [String]
    /// What is attached to the record; `nil` when nothing is.
    public let statements: [DocumentStatement]?
}

extension DocumentVault {
    /// - Throws: `VaultError.identifierTaken` when another child has the NHS number or UPN.
    public func addChild(_ profile: ChildProfile, as caller: Caller) async throws -> ChildID {
        try await authorise("child.add", caller)
        let child = ChildID(from: environment.random)
        let key = try ChildKey(child: child, version: 1, key: try Key(from: environment.random))
        let indexes = profile.identifiers.map { ($0.kind, keys.blindIndexes($0.kind, $0.value)) }
        let sealed = try key.fields.seal(
            [UInt8](JSONEncoder().encode(profile)), Self.profileFacts(child), random: environment.random)
        let row = try row(Event(.childAdded, by: caller).about(child), childKey: key)
        let now = environment.now()
        let (vault, random) = (id, environment.random)

        try await keyring.write { keyring in
            try keys.follow(keyring)
            guard let above = keys.current.newest(.children) else { throw StorageError.damagedStore(store: "keyring") }
            for (kind, values) in indexes where kind != "name-birth" {
                guard try keyring.children(kind: kind, values: values).isEmpty else {
                    throw VaultError.identifierTaken(kind == "upn" ? "UPN" : "NHS number")
                }
            }
            try keyring.insert(
                Keychain.wrap(
                    key.key, .child, child.bytes, under: above, vault: vault, created: now, random: random))
            for (kind, values) in indexes { try keyring.insertIndex(kind: kind, value: values[0], child: child) }
            try keyring.insert(.child(child))
        }
        try await records.write { transaction in
            try transaction.insert(ChildRow(id: child, profile: sealed, added: now))
            _ = try transaction.append(row)
        }
        return child
    }

    /// The children that match exactly. Twins apart, there is at most one; several may share a name and a birthday.
    public func findChildren(_ query: ChildQuery, as caller: Caller) async throws -> [Child] {
        try await authorise("child.find", caller)
        guard let index = query.index else {
            throw VaultError.invalid(field: "number", reason: "its check digit does not fit")
        }
        let values = keys.blindIndexes(index.kind, index.value)
        let found = try await keyring.read { try $0.children(kind: index.kind, values: values) }
        var children: [Child] = []
        for id in found {
            guard let child = try await openChild(id, for: caller, seesAll: true) else { continue }
            guard child.profile.identifiers.contains(where: { $0 == index }) else {
                throw StorageError.damagedStore(store: "index of children")
            }
            try await log(Event(.childFound, by: caller).about(id), childKey: try await requireChildKey(id))
            children.append(child)
        }
        if children.isEmpty { try await log(Event(.childFound, by: caller).with(["found": "0"])) }
        return children
    }

    /// - Throws: `VaultError.notFound(.child)` when there is none, or the caller has neither a case of the child nor the duty to find children.
    public func showChild(_ id: ChildID, as caller: Caller) async throws -> Child {
        try await requireWritable()
        let seesAll = agreement.gives("child.find", to: caller.roles)
        guard let child = try await openChild(id, for: caller, seesAll: seesAll) else {
            try await refuse(.notFound(.child), Event(.accessDenied, by: caller).on(["child": "\(id)"]))
        }
        try await log(Event(.childShown, by: caller).about(id), childKey: try await requireChildKey(id))
        return child
    }

    private func openChild(_ id: ChildID, for caller: Caller, seesAll: Bool) async throws -> Child? {
        let row = try await records.read { try $0.child(id) }
        let cases = try await scenes(of: id, caller).filter { seesAll || $0.isOnCase || $0.hasEmergency }
        guard let row, seesAll || !cases.isEmpty, let key = try await childKey(id),
            try await !isBarred(from: id, caller)
        else { return nil }
        let acts = try await records.read { try $0.acts(of: id) }
        let standing = try Standing(acts: acts, born: nil, key: key, day: environment.day)
        return Child(
            id: "\(id)", profile: try Self.open(row, key), cases: cases.map { "\($0.theCase.id)" },
            statements: standing.statements(on: nil))
    }

    static func open(_ row: ChildRow, _ key: ChildKey) throws -> ChildProfile {
        let bytes = try key.fields.open(row.profile, profileFacts(row.id))
        return try JSONDecoder().decode(ChildProfile.self, from: Data(bytes))
    }

    private static func profileFacts(_ child: ChildID) -> Facts {
        .field(table: "children", column: "profile", row: child.bytes, owner: child.bytes)
    }
}
