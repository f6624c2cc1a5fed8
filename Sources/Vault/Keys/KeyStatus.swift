internal import Ledger
internal import Rules
internal import Sealing
internal import Storage

/// A key, how old it is, and when it is to be rotated.
public struct KeyState: Hashable, Sendable, Codable {
    /// `root`, `party health`, `service log`; of the children's keys the oldest; whatever is being resealed.
    public let key: String
    public let version: UInt32
    /// `nil` for a key that was made before this was written down.
    public let created: String?
    /// The day on which its cryptoperiod ends; `nil` where none is set.
    public let rotateBy: String?
    public let isDue: Bool
    /// `sealed`, `being rotated` and what still needs the old version, `being resealed`, or empty.
    public let note: String
}

extension DocumentVault {
    /// Every key but each child's own, which are told together.
    ///
    /// - Throws: `VaultError.denied`.
    public func keyStatus(as caller: Caller) async throws -> [KeyState] {
        try await authorise("key.rotate", caller)
        return try await keyStates()
    }

    func keyStates() async throws -> [KeyState] {
        let (parties, services, oldest, children, rotations, custody) = try await keyring.read { keyring in
            (
                try keyring.keys(kind: .party), try keyring.keys(kind: .service), try keyring.oldestKey(kind: .child),
                try keyring.keyCount(kind: .child), try keyring.rotations(), try keyring.custody(of: CustodyRow.root)
            )
        }
        let (made, replaced) = try await records.read { transaction in
            (try transaction.vault()?.created, try transaction.entries(of: [.rootReplaced]).last?.leaf.time)
        }
        var states = custody.prefix(1).map { row in
            state(
                "root", .root, version: row.version, created: replaced.map { Instant(milliseconds: Int64($0)) } ?? made)
        }
        for party in Party.allCases {
            let owner = Array(party.rawValue.utf8)
            let isRotating = rotations.contains { $0.kind == .party && $0.owner == owner }
            let newest = parties.last { $0.owner == owner }
            states.append(
                state(
                    "party \(party.rawValue)", .party, version: newest?.version ?? 0, created: newest?.created ?? made,
                    note: newest == nil ? "sealed" : isRotating ? "being rotated" : ""))
        }
        for row in services where !services.contains(where: { $0.owner == row.owner && $0.version > row.version }) {
            let name = String(decoding: row.owner, as: UTF8.self)
            let note = try await note(rotations.first { $0.kind == .service && $0.owner == row.owner })
            states.append(
                state("service \(name)", .service, version: row.version, created: row.created, note: note))
        }
        if let oldest {
            states.append(
                state(
                    "child, the oldest of \(children)", .child, version: oldest.version, created: oldest.created))
        }
        for row in try await records.read({ try $0.reseals() }) {
            let begun = try await records.read { try $0.entry(at: row.begun) }
            states.append(
                KeyState(
                    key: row.owner, version: 0,
                    created: begun.map { Instant(milliseconds: Int64($0.leaf.time)).text }, rotateBy: nil, isDue: false,
                    note: "being resealed"))
        }
        return states
    }

    private func note(_ rotation: RotationRow?) async throws -> String {
        guard let rotation else { return "" }
        let waiting = try await waiting(for: rotation).sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        return (["being rotated"] + waiting).joined(separator: ", ")
    }

    private func state(
        _ key: String, _ kind: Cryptoperiods.Kind, version: UInt32, created: Instant?, note: String = ""
    ) -> KeyState {
        let known = created.flatMap { $0.milliseconds > 0 ? $0 : nil }
        let end = environment.cryptoperiods?.days[kind].flatMap { days in
            known.flatMap { environment.day($0).adding(days: days) }
        }
        return KeyState(
            key: key, version: version, created: known?.text, rotateBy: end.map { "\($0)" },
            isDue: end.map { $0 <= environment.today() } ?? false, note: note)
    }
}
