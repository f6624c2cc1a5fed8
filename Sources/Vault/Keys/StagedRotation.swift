internal import Ledger
internal import Rules
internal import Sealing
internal import Storage

extension ServiceKey {
    /// Rows hang on it, of which some wait for their people: for a while both versions are live.
    var isStaged: Bool { self == .pepper || self == .blindIndex }
}

/// The service keys that rows hang on. It begins at a moment at which nobody else has the vault open: whoever opens it afterwards knows both
/// versions, makes everything new under the new one, and takes what is under the old one too. So nothing comes under the old version any
/// more, and what is under it only gets less, while everybody works. When there is nothing left, it is destroyed.
extension DocumentVault {
    func rotateInStages(_ service: ServiceKey, ending: Bool, _ caller: Caller) async throws -> RotationProgress {
        let row = try await begin(service, caller)
        var done = RotationProgress(key: "service \(service.rawValue)", from: row.old, to: row.new)
        done.rewrapped = try await renew(row, ending: ending, caller)
        done.waiting = try await waiting(for: row)
        done.isFinished = done.waiting.isEmpty
        if done.isFinished { try await finish(row) }
        return done
    }

    /// Makes the new key, or finds the one of a rotation that was stopped or waits.
    private func begin(_ service: ServiceKey, _ caller: Caller) async throws -> RotationRow {
        let rows = try await keyring.read { try $0.rotations() }
        if let row = rows.first(where: { $0.kind == .service && $0.owner == service.owner }) { return row }
        guard try hold.takeAlone() else { throw StorageError.busy }
        // Harmless when it fails: then nobody else opens the vault until this process is done.
        defer { try? hold.share() }
        let now = environment.now()
        return try await changing {
            let row = try await environment.steps.around(.keyring) {
                try await keyring.write { keyring in
                    let root = try keys.currentRoot(keyring)
                    guard let old = try keyring.key(kind: .service, owner: service.owner) else {
                        throw VaultError.noServiceKey(service.rawValue)
                    }
                    let row = RotationRow(
                        kind: .service, owner: service.owner, old: old.version, new: old.version + 1,
                        person: caller.person, begun: now)
                    try keyring.insert(
                        Keychain.wrap(
                            try Key(from: environment.random), .service, service.owner, version: row.new, under: root,
                            vault: id, created: now, random: environment.random))
                    try keyring.put(row)
                    return row
                }
            }
            try await keys.follow(keyring)
            try await log(
                Event(.keyRotationBegun, by: caller).on(["service": service.rawValue])
                    .with(["version": String(row.new)]))
            return row
        }
    }

    /// Makes anew what takes nobody's help, and with `ending` gives up what would.
    ///
    /// - Returns: how many rows were made anew.
    private func renew(_ row: RotationRow, ending: Bool, _ caller: Caller) async throws -> Int {
        switch row.service {
        case .pepper: try await renewPasswords(row, ending: ending, caller)
        case .blindIndex: try await renewIndexes(row, ending: ending, caller)
        default: 0
        }
    }

    /// What still needs the old version, by what it is; what there is none of is left out.
    func waiting(for row: RotationRow) async throws -> [String: Int] {
        let counts =
            switch row.service {
            case .pepper: try await waitingForPepper(row)
            case .blindIndex: try await waitingForIndex(row)
            default: [:] as [String: Int]
            }
        return counts.filter { $0.value > 0 }
    }

    /// Destroys the old version. In one transaction with the last look there would be two databases, but nothing comes under it any more.
    private func finish(_ row: RotationRow) async throws {
        try await changing {
            try await environment.steps.around(.keyring) {
                try await keyring.write { try $0.removeKey(kind: .service, owner: row.owner, version: row.old) }
            }
            try await forgetDestroyed()
            try await keys.follow(keyring)
            try await settle(row, serviceRotated(row))
        }
    }
}

extension RotationRow {
    fileprivate var service: ServiceKey? { ServiceKey(rawValue: String(decoding: owner, as: UTF8.self)) }
}
