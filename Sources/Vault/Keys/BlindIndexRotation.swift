internal import Foundation
internal import Ledger
internal import Rules
internal import Sealing
internal import Storage

/// The key by which people, children, identities at providers and imported files are found. Children and people are indexed anew from what
/// is sealed. What is kept nowhere else comes under the new version when it comes again, or lapses by itself: an identity at its next
/// sign-in; sessions of providers and requests within a day. The mark of an imported file does neither.
extension DocumentVault {
    private static let childrenAtOnce = 200

    func waitingForIndex(_ row: RotationRow) async throws -> [String: Int] {
        let mark = KeyedMark.prefix(row.new)
        let children = try await keyring.read { try $0.childCount(notIndexedUnder: mark) }
        return try await records.read { transaction in
            [
                "children": children, "people": try transaction.people().count { row.isOld($0.username) },
                "identities": try transaction.identities().count { row.isOld($0.identity) },
                "sessions of providers": try transaction.providedSessions().count(where: row.isOld),
                "failed sign-ins": try transaction.attempts().count { row.isOld($0.name) },
                "answered requests": try transaction.requestCount(notUnder: mark),
                "imported files": try transaction.importedCount(notUnder: mark),
            ]
        }
    }

    func renewIndexes(_ row: RotationRow, ending: Bool, _ caller: Caller) async throws -> Int {
        try await removeOldRequests()
        let people = try await renewPeople(row)
        let children = try await renewChildren(row)
        if ending { try await endIndexes(row, caller) }
        return people + children
    }

    /// Failed sign-ins are forgotten, of names that nobody has too: or a delay that is left would tell which names there are.
    private func renewPeople(_ row: RotationRow) async throws -> Int {
        try await environment.steps.around(.records) {
            try await records.write { transaction in
                let old = try transaction.people().filter { row.isOld($0.username) }
                for person in old {
                    let username = usernameIndexes(try names(of: person).username)[0]
                    try transaction.put(person.with(username: username))
                }
                for attempt in try transaction.attempts() where row.isOld(attempt.name) {
                    try transaction.removeAttempt(attempt.name)
                }
                return old.count
            }
        }
    }

    private func renewChildren(_ row: RotationRow) async throws -> Int {
        let mark = KeyedMark.prefix(row.new)
        var (last, count) = (ChildID?.none, 0)
        while true {
            let after = last
            let page = try await keyring.read {
                try $0.children(notIndexedUnder: mark, after: after, limit: Self.childrenAtOnce)
            }
            guard let end = page.last else { break }
            var renewed: [(child: ChildID, values: [(kind: String, value: [UInt8])])] = []
            for child in page {
                // What the records do not know yet is just being added, or was left by a crash: the next run sees.
                guard let key = try await childKey(child), let known = try await records.read({ try $0.child(child) })
                else { continue }
                let profile = try Self.open(known, key)
                renewed.append((child, profile.identifiers.map { ($0.kind, keys.blindIndex($0.kind, $0.value)) }))
            }
            let ready = renewed
            try await environment.steps.around(.keyring) {
                try await keyring.write { keyring in
                    for (child, values) in ready { try keyring.reindex(child, as: values) }
                }
            }
            (last, count) = (end, count + ready.count)
        }
        if count > 0 { try await forgetDestroyed() }
        return count
    }

    /// Identities of disabled accounts are forgotten, people who came in by a provider sign in again, and another run of an import does not
    /// know its files.
    ///
    /// - Throws: `VaultError.invalid` while an identity of an account in use waits: forgotten, its provider would make a second account for
    ///   somebody who has one.
    private func endIndexes(_ row: RotationRow, _ caller: Caller) async throws {
        _ = try await requireSession(caller)
        let waiting = try await records.read { transaction in
            try transaction.identities().count { identity in
                try row.isOld(identity.identity) && transaction.person(identity.person)?.disabled == nil
            }
        }
        guard waiting == 0 else {
            throw VaultError.invalid(
                field: "identities",
                reason: "\(waiting) of accounts in use wait: these people sign in, or are unlinked or disabled first")
        }
        let mark = KeyedMark.prefix(row.new)
        try await environment.steps.around(.records) {
            try await records.write { transaction in
                for session in try transaction.providedSessions() where row.isOld(session) {
                    try transaction.removeSession(session.token)
                }
                for identity in try transaction.identities() where row.isOld(identity.identity) {
                    try transaction.removeIdentity(identity.identity)
                    _ = try transaction.append(try unlinked(identity, by: caller))
                }
                try transaction.removeRequests(notUnder: mark)
                try transaction.removeImported(notUnder: mark)
            }
        }
    }
}

extension RotationRow {
    fileprivate func isOld(_ index: [UInt8]) -> Bool { KeyedMark.version(of: index) != new }

    fileprivate func isOld(_ session: ProvidedSessionRow) -> Bool {
        isOld(session.identity) || !session.providerSession.isEmpty && isOld(session.providerSession)
    }
}

extension PersonRow {
    fileprivate func with(username: [UInt8]) -> PersonRow {
        PersonRow(id: id, username: username, name: name, password: password, added: added, disabled: disabled)
    }
}
