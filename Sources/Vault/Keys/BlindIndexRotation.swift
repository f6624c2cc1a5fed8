internal import Foundation
internal import Ledger
internal import Rules
internal import Sealing
internal import Storage

/// The key by which people, children, identities at providers and imported files are found. Children and people are indexed anew from what
/// is sealed. What is kept nowhere else comes under the new version when it comes again, or lapses by itself: an identity at its next
/// sign-in; sessions of providers, requests and failed sign-ins within a day. The mark of an imported file does neither.
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

    /// Whoever has failed to sign in waits as long as before.
    private func renewPeople(_ row: RotationRow) async throws -> Int {
        try await environment.steps.around(.records) {
            try await records.write { transaction in
                let old = try transaction.people().filter { row.isOld($0.username) }
                for person in old {
                    let username = usernameIndexes(try names(of: person).username)[0]
                    try transaction.put(person.with(username: username))
                    guard let attempt = try transaction.attempt(person.username) else { continue }
                    try transaction.removeAttempt(attempt.name)
                    if try transaction.attempt(username) == nil { try transaction.put(attempt.with(name: username)) }
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

    /// Identities have to be linked again, people who came in by them sign in again, and another run of an import does not know its files.
    private func endIndexes(_ row: RotationRow, _ caller: Caller) async throws {
        _ = try await requireSession(caller)
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
                for attempt in try transaction.attempts() where row.isOld(attempt.name) {
                    try transaction.removeAttempt(attempt.name)
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

extension AttemptRow {
    fileprivate func with(name: [UInt8]) -> AttemptRow {
        AttemptRow(name: name, failures: failures, last: last, until: until, isNoted: isNoted)
    }
}
