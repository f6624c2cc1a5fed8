import Foundation
import Sealing
import Testing

@testable import Ledger

/// What goes to Go and comes from it: JSON, hashes and data as base64. Go writes an empty list as `null`.
private struct Bundle: Codable {
    struct Tree: Codable {
        struct Inclusion: Codable {
            var index: UInt64
            var hashes: [Data]?
        }
        struct Consistency: Codable {
            var old: UInt64
            var hashes: [Data]?
        }
        var size: UInt64
        var root: Data
        var inclusion: [Inclusion]
        var consistency: [Consistency]
    }
    struct Tile: Codable {
        var path: String
        var data: Data
    }
    var vkey: String
    var witness: String
    var note: String
    var trees: [Tree]
    var tiles: [Tile]
}

/// Go as Debian's packages golang-go and golang-golang-x-mod-dev install it.
private enum Go {
    static let packages = "/usr/share/gocode"

    static var isInstalled: Bool {
        let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
        return folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/go") }
            && FileManager.default.fileExists(atPath: "\(packages)/src/golang.org/x/mod/sumdb/tlog")
    }

    static var isRequired: Bool { ProcessInfo.processInfo.environment["CI"] != nil }

    /// Runs our Go program, and returns its exit status and all that it printed.
    static func run(_ arguments: String...) throws -> (status: Int32, output: Data) {
        let program = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Interop/interop.go")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["go", "run", program.path()] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging([
            "GO111MODULE": "off", "GOPATH": packages, "GOFLAGS": "",
        ]) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }
}

@Suite(
    "Interoperation with Go's note and tlog packages",
    .enabled(if: Go.isInstalled || Go.isRequired, "needs Debian's golang-go and golang-golang-x-mod-dev"))
struct InteropTests {
    private static let sizes: [UInt64] = [1, 2, 3, 7, 8, 255, 256, 257, 300, 1000]
    private let log = MemoryLog(decimals: 1000)

    @Test("Go opens our checkpoint with its cosignature, and accepts our proofs and tiles")
    func goChecksOurs() throws {
        let (status, output) = try check(ours())
        #expect(status == 0, "\(String(decoding: output, as: UTF8.self))")
    }

    @Test("Go refuses what was altered, and for that reason")
    func goRefusesAltered() throws {
        let reasons = [
            "invalid signature", "root of 300", "inclusion of 93 in 300", "consistency of 7 with 300", "tile/",
        ]
        var changed = try Array(repeating: ours(), count: reasons.count)
        changed[0].note = changed[0].note.replacing("\n1000\n", with: "\n1001\n")
        changed[1].trees[8].root[5] ^= 1
        changed[2].trees[8].inclusion[3].hashes?[2][5] ^= 1
        changed[3].trees[8].consistency[3].hashes?[1][5] ^= 1
        changed[4].tiles[3].data[5] ^= 1
        for (bundle, reason) in zip(changed, reasons) {
            let (status, output) = try check(bundle)
            #expect(status != 0)
            #expect(String(decoding: output, as: UTF8.self).hasPrefix(reason))
        }
    }

    @Test("we open a checkpoint that Go signed and cosigned, and accept its proofs and tiles")
    func weCheckGo() throws {
        let (status, output) = try Go.run("make")
        try #require(status == 0, "\(String(decoding: output, as: UTF8.self))")
        let theirs = try JSONDecoder().decode(Bundle.self, from: output)
        #expect(theirs.trees.map(\.size) == Self.sizes)
        let heads = try theirs.trees.map { tree in
            let root = try #require(Digest(tree.root))
            return try #require(TreeHead(size: tree.size, root: root))
        }

        let policy = try LogPolicy(
            logKeys: [NoteKey(vkey: theirs.vkey)], witnesses: [NoteKey(vkey: theirs.witness)], quorum: 1)
        let note = try SignedNote(theirs.note)
        #expect(note.string == theirs.note)
        #expect(try policy.open(note, now: Sample.now).checkpoint.head == heads.last)

        for (tree, head) in zip(theirs.trees, heads) {
            #expect(head == log.head(at: tree.size))
            for proof in tree.inclusion {
                let parsed = InclusionProof(index: proof.index, hashes: try digests(proof.hashes))
                try parsed.verify(leafHash(Array(String(proof.index).utf8)), in: head)
                #expect(try parsed == log.inclusion(of: proof.index, at: tree.size))
            }
            for proof in tree.consistency {
                let old = try #require(heads.first { $0.size == proof.old })
                try ConsistencyProof(hashes: digests(proof.hashes)).verify(from: old, to: head)
            }
        }
        for tile in theirs.tiles {
            let bytes = StoredTree(size: log.size).bytes(of: try Tile(path: tile.path), reading: log.read)
            #expect(bytes == Array(tile.data), "\(tile.path)")
        }
    }

    private func digests(_ hashes: [Data]?) throws -> [Digest] {
        try (hashes ?? []).map { try #require(Digest($0)) }
    }

    private func check(_ bundle: Bundle) throws -> (status: Int32, output: Data) {
        let file = FileManager.default.temporaryDirectory.appending(
            path: "\(ProcessInfo.processInfo.globallyUniqueString).json")
        defer { try? FileManager.default.removeItem(at: file) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes  // which Go's tlog.Hash does not read
        try encoder.encode(bundle).write(to: file)
        return try Go.run("check", file.path())
    }

    private func ours() throws -> Bundle {
        let checkpoint = try Checkpoint(origin: Sample.logName(), head: log.head(at: log.size))
        var note = try checkpoint.signed(
            with: Sample.logKey(), extending: log.head(at: 300), by: log.consistency(from: 300, to: log.size))
        try note.cosign(as: Sample.witnessName(), with: Sample.witnessKey(), at: Sample.now)
        return Bundle(
            vkey: Sample.logVkey, witness: Sample.witnessVkey, note: note.string, trees: try Self.sizes.map(tree),
            tiles: try Self.sizes.flatMap(tiles))
    }

    private func tree(of size: UInt64) throws -> Bundle.Tree {
        let indexes = stride(from: 0, to: size, by: Int(1 + size / 10))
        return Bundle.Tree(
            size: size, root: Data(log.head(at: size).root.bytes),
            inclusion: try indexes.map { index in
                let proof = try log.inclusion(of: index, at: size)
                return .init(index: index, hashes: proof.hashes.map { Data($0.bytes) })
            },
            consistency: try Self.sizes.filter { $0 <= size }.map { old in
                let proof = try log.consistency(from: old, to: size)
                return .init(old: old, hashes: proof.hashes.map { Data($0.bytes) })
            })
    }

    private func tiles(of size: UInt64) throws -> [Bundle.Tile] {
        try StoredTree(size: size).tiles(since: 0).filter { $0.kind != .entries }.map { tile in
            let bytes = try #require(StoredTree(size: size).bytes(of: tile, reading: log.read))
            return Bundle.Tile(path: tile.path, data: Data(bytes))
        }
    }
}
