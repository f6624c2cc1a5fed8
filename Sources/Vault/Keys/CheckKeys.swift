internal import Ledger
internal import Rules
internal import Sealing
internal import Storage

extension DocumentVault {
    /// The keyring must be what the ledger says of its parties and its root key: one that was put back from a copy is found.
    func checkKeys(_ report: inout CheckReport) async throws {
        let rows = try await records.read { try $0.entries(of: [.partySealed, .partyUnsealed]) }
        var sealed: Set<String> = []
        for row in rows {
            guard let party = try await opened(row)?.object["party"] else { continue }
            if row.leaf.kind == .partySealed { sealed.insert(party) } else { sealed.remove(party) }
        }
        let (open, custody) = try await keyring.read { keyring in
            (
                Set(try keyring.keys(kind: .party).map { String(decoding: $0.owner, as: UTF8.self) }),
                try keyring.custody(of: CustodyRow.root)
            )
        }
        for party in Party.allCases.map(\.rawValue) where open.contains(party) == sealed.contains(party) {
            report.found(
                "party \(party)",
                "its key is \(open.contains(party) ? "open" : "sealed"), and the ledger says otherwise")
        }
        if try await custody.first?.version != recordedRootVersion() {
            report.found("root key", "it is not the version that the ledger says: the keyring is older, or newer")
        }
    }

    /// The version of the root key by the ledger.
    func recordedRootVersion() async throws -> UInt32 {
        guard let row = try await records.read({ try $0.entries(of: [.rootReplaced]) }).last else { return 1 }
        return try await opened(row)?.detail["version"].flatMap(UInt32.init) ?? 1
    }
}
