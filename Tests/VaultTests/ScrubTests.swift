import Foundation
import Sealing
import Storage
import Testing

@Suite("I4: a row that goes is in no byte of the keyring's files")
struct ScrubTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "muniment-scrub-\(UUID())").path

    /// What of these is found in the keyring's file and its log.
    private func left(of wraps: [WrapRow]) -> Int {
        let bytes = ["", "-wal"].map { FileManager.default.contents(atPath: "\(folder)/keyring.sqlite\($0)") ?? Data() }
        return wraps.count { wrap in bytes.contains { $0.range(of: Data(wrap.sealed)) != nil } }
    }

    private func wrap(_ rendition: RenditionID, _ party: String, _ version: UInt32) -> WrapRow {
        WrapRow(
            rendition: rendition, party: party, partyKeyVersion: version, childKeyVersion: 1, isOverride: false,
            sealed: RandomSource.system.bytes(73))
    }

    /// Rows come, and those of one party after the other are made anew, longer than before: so SQLite makes room by moving others about,
    /// and without the scrub one in some thousand leaves a copy.
    @Test("of rows that were moved about before they went nothing is left, and what stays is whole")
    func moved() async throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try KeyringStore(vaultFolder: folder, isNew: true)
        // Another process, whose pages from before must not come back with what it writes.
        let other = try KeyringStore(vaultFolder: folder)
        let child = ChildID(from: .system)
        let parties = ["education", "health", "social-care", "youth-justice"]
        var versions: [UInt32] = [1, 1, 1, 1]
        var kept: [[WrapRow]] = []
        for round in 0..<40 {
            let writer = round % 3 == 0 ? other : store
            for _ in 0..<20 {
                let rendition = RenditionID(of: child, from: .system)
                kept.append(zip(parties, versions).map { wrap(rendition, $0, $1) })
            }
            let turn = round % 4
            versions[turn] *= 4
            let old = kept.map { $0[turn] }
            let new = old.map { wrap($0.rendition, parties[turn], versions[turn]) }
            let added = kept.suffix(20)
            try await writer.write { keyring in
                for wrap in added.joined() { try keyring.insert(wrap) }
                for (old, new) in zip(old, new) { try keyring.rewrap(new, from: old) }
            }
            for (index, wrap) in new.enumerated() { kept[index][turn] = wrap }
            try await writer.forgetDeleted()
            #expect(left(of: old) == 0, "round \(round)")
        }
        for rows in kept {
            #expect(try await other.read { try $0.wraps(of: rows[0].rendition) } == rows.sorted { $0.party < $1.party })
        }
        try await other.close()
        try await store.close()
        #expect(left(of: kept.flatMap(\.self)) == kept.count * 4)
    }
}
