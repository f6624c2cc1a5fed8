internal import Ledger
internal import Rules
internal import Sealing
internal import Storage

/// The pepper: passwords and recovery codes are under it, and only their people know them. A password comes under the new one when it is
/// typed; a recovery code when somebody makes new ones.
extension DocumentVault {
    func waitingForPepper(_ row: RotationRow) async throws -> [String: Int] {
        try await records.read { transaction in
            [
                "passwords": try transaction.people().count { $0.password.pepperVersion != row.new },
                "people's recovery codes": Set(
                    try transaction.recoveryCodes().filter { $0.pepperVersion != row.new }.map(\.person)
                ).count,
            ]
        }
    }

    /// A disabled account needs no password. With `ending` the others lose theirs, and come back as after a reset: by an invitation.
    func renewPasswords(_ row: RotationRow, ending: Bool, _ caller: Caller) async throws -> Int {
        if ending { try await requireRenewed(caller, row) }
        return try await environment.steps.around(.records) {
            try await records.write { transaction in
                var count = 0
                for person in try transaction.people()
                where person.password.pepperVersion != row.new && (ending || person.disabled != nil) {
                    try transaction.put(person.with(nobodysPassword()))
                    count += 1
                    guard person.disabled == nil else { continue }
                    // Whoever had guessed the password may have got in with it.
                    try transaction.removeSessions(of: person.id)
                    try transaction.removeAccessTokens(of: person.id)
                    let event = Event(.passwordEnded, by: caller).on(["person": "\(person.id)"])
                    _ = try transaction.append(try self.row(event))
                }
                for code in try transaction.recoveryCodes() where code.pepperVersion != row.new {
                    guard try ending || transaction.person(code.person)?.disabled != nil else { continue }
                    try transaction.remove(code)
                    count += 1
                }
                return count
            }
        }
    }

    /// Or whoever ends the others' passwords might end the last administrator's: nobody could invite anybody.
    private func requireRenewed(_ caller: Caller, _ row: RotationRow) async throws {
        _ = try await requireSession(caller)
        let (own, identities) = try await records.read {
            (try $0.person(caller.person), try $0.identities(of: caller.person))
        }
        guard own?.password.pepperVersion == row.new || !identities.isEmpty else {
            throw VaultError.invalid(field: "password", reason: "yours is under the old pepper too: sign in anew first")
        }
    }
}

extension RecoveryCodeRow {
    fileprivate var pepperVersion: UInt32 { KeyedMark.version(of: digest.bytes) }
}
