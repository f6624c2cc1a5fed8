import Foundation
import Sealing
import Storage
import Testing

@Suite("I4: a row that goes is in no byte of the keyring's files")
struct ScrubTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "muniment-scrub-\(UUID())").path

    private func wrap(_ rendition: RenditionID) -> WrapRow {
        WrapRow(
            rendition: rendition, party: "health", partyKeyVersion: 1, childKeyVersion: 1, isOverride: false,
            sealed: RandomSource.system.bytes(73))
    }

    /// What of these is found in the keyring's file and its log.
    private func left(of wraps: [WrapRow]) -> Int {
        let bytes = ["", "-wal"].map { FileManager.default.contents(atPath: "\(folder)/keyring.sqlite\($0)") ?? Data() }
        return wraps.count { wrap in bytes.contains { $0.range(of: Data(wrap.sealed)) != nil } }
    }

    @Test("of rows that were moved about before they went nothing is left, and what stays is whole")
    func moved() async throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try KeyringStore(vaultFolder: folder, isNew: true)
        // Another process, whose pages from before must not come back with what it writes.
        let other = try KeyringStore(vaultFolder: folder)
        let child = ChildID(from: .system)
        var kept: [WrapRow] = []
        for round in 0..<6 {
            let new = (0..<300).map { _ in wrap(RenditionID(of: child, from: .system)) }
            try await (round % 2 == 0 ? store : other).write { keyring in for wrap in new { try keyring.insert(wrap) } }
            let all = (kept + new).shuffled()
            let gone = Array(all.prefix(all.count / 3))
            kept = Array(all.dropFirst(gone.count))
            try await store.write { keyring in for wrap in gone { try keyring.removeWraps(of: wrap.rendition) } }
            try await store.forgetDeleted()
            #expect(left(of: gone) == 0, "round \(round)")
            for wrap in kept { #expect(try await other.read { try $0.wraps(of: wrap.rendition) } == [wrap]) }
        }
        #expect(left(of: kept) == kept.count)
        try await other.close()
        try await store.close()
        #expect(left(of: kept) == kept.count)
    }
}
