internal import Ledger
internal import Rules
internal import Storage

/// An account, as shown to its person.
public struct Account: Hashable, Sendable, Codable {
    public let person: Person
    public let hasSecondFactor: Bool
    public let recoveryCodesLeft: Int
    public let sessions: Int
    public let tokens: Int
}

extension DocumentVault {
    /// The caller's own account.
    public func account(as caller: Caller) async throws -> Account {
        let person = try await identity(of: caller)
        let (factor, codes) = try await records.read {
            (try $0.secondFactor(of: caller.person), try $0.recoveryCodes(of: caller.person).count)
        }
        return Account(
            person: person, hasSecondFactor: factor?.confirmed != nil, recoveryCodesLeft: codes,
            sessions: try await sessions(as: caller).count, tokens: try await tokens(as: caller).count)
    }

    func ownRow(_ caller: Caller) async throws -> PersonRow {
        guard let row = try await records.read({ try $0.person(caller.person) }) else {
            throw VaultError.notFound(.person)
        }
        return row
    }

    func ownNames(_ caller: Caller) async throws -> (username: String, name: String) {
        try names(of: try await ownRow(caller))
    }

    /// Who has a second factor must be who the ledger says: a row taken away or put back by other hands is found.
    func checkSecondFactors(_ report: inout CheckReport) async throws {
        var expected: Set<String> = []
        let kinds: Set<EventKind> = [.secondFactorAdded, .secondFactorRemoved, .personReset]
        for row in try await records.read({ try $0.entries(of: kinds) }) {
            guard let person = try await opened(row)?.object["person"] else { continue }
            if row.leaf.kind == .secondFactorAdded { expected.insert(person) } else { expected.remove(person) }
        }
        let present = Set(try await records.read { try $0.peopleWithSecondFactor() }.map { "\($0)" })
        for person in expected.symmetricDifference(present) {
            report.found("person \(person)", "the second factor is not in the state that the ledger says")
        }
    }
}
