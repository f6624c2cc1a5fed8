import Foundation
import Ledger
import Sealing
import Testing

@testable import Web

@Suite("The ledger for verifiers outside", .serialized)
struct PublishingTests {
    @Test("is published as a checkpoint and the tiles that it stands on, and what is in none is not there")
    func tiles() async throws {
        try await Office.open({ $0.publishesLedger = true }) { office in
            #expect(try await office.ask("POST", "/v1/ledger/checkpoints", as: "sam").status == 201)
            let note = try await office.ask("GET", "/ledger/checkpoint")
            let lines = note.text.split(separator: "\n")
            let size = try #require(UInt64(lines[1]))
            let root = try #require(Data(base64Encoded: String(lines[2])))
            let width = Int(size)
            try #require(width < Tile.fullWidth)

            let bundle = try await office.ask("GET", "/ledger/tile/entries/000.p/\(width)")
            let leaves = try EntryBundle.decode(bundle.body, count: width).map(leafHash)
            let hashes = try await office.ask("GET", "/ledger/tile/0/000.p/\(width)")
            #expect(hashes.body == leaves.flatMap(\.bytes), "the entries are those of the tree")
            #expect(top(of: leaves) == Array(root), "and the tree is the one that was signed")

            for path in [
                "0/000.p/\(width + 1)", "0/001", "entries/000", "entries/001.p/1", "9/000", "0/00", "0/000.p/0",
                "entries/x001/000", "../records.sqlite", "0/000.p/\(width)/1",
            ] {
                #expect(try await office.ask("GET", "/ledger/tile/\(path)").status == 404, "\(path)")
            }
        }
    }

    @Test("is not published unless the configuration says so")
    func offByDefault() async throws {
        try await Office.open { office in
            let made = try await office.ask("POST", "/v1/ledger/checkpoints", as: "sam")
            #expect(made.status == 201)
            #expect(try await office.ask("GET", "/ledger/checkpoint").status == 404)
            #expect(try await office.ask("GET", "/ledger/tile/entries/000.p/1").status == 404)
        }
    }

    /// The root over leaf hashes as RFC 6962 defines it, by no code of ours but SHA-256.
    private func top(of hashes: [Digest]) -> [UInt8] {
        if hashes.count == 1 { return hashes[0].bytes }
        var left = 1
        while left * 2 < hashes.count { left *= 2 }
        return Digest.sha256([1] + top(of: Array(hashes[..<left])) + top(of: Array(hashes[left...]))).bytes
    }
}
