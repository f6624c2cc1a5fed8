import Ledger
import Sealing
import Testing

@Suite("Tiles")
struct TileTests {
    static let digests: [(size: UInt64, path: String, hex: String)] = [
        (1, "tile/0/000.p/1", "46c9a423311ee51408c25c3ef319c3f3f63fffba2f4cb1975cdc77a8b30192ae"),
        (7, "tile/0/000.p/7", "61f069dc23ecc00984fee936824dc1f4af4eb7a57d20261c72d44b0dbb48b6ad"),
        (255, "tile/0/000.p/255", "9d9bd2803bc8900529b871edd3ef9109d8f43b9e7d8d5c72455a4926eca23bbf"),
        (256, "tile/0/000", "b9704a8bfbee2c61185ceb38904a49f3f703c81e194b5b2ccdc254c2bdaaa62b"),
        (256, "tile/1/000.p/1", "d8543884b063e422f6de2e558c6b11eb5e1a20528ccfe23cf27ceeb764b93a6e"),
        (257, "tile/0/001.p/1", "981d45e4e43aa88052c5977a60140d138c34616386a58afd1dd8c3045e7a5a50"),
        (257, "tile/1/000.p/1", "d8543884b063e422f6de2e558c6b11eb5e1a20528ccfe23cf27ceeb764b93a6e"),
        (300, "tile/0/001.p/44", "03c8b91297109114834f4ea4b4043313b3abf15301439b30371d874810427409"),
        (300, "tile/1/000.p/1", "d8543884b063e422f6de2e558c6b11eb5e1a20528ccfe23cf27ceeb764b93a6e"),
        (70000, "tile/0/272", "c2f1c18b351a6cde9fbab7bd56276cb209b7dabaf10512b6fc863db3ef9a76b2"),
        (70000, "tile/0/273.p/112", "4d21244557c976993a9a89bf928a46b5a876585228df279878239fd84489e5a5"),
        (70000, "tile/1/000", "ea7b038bc73489c89c31a27ac355aaca65a4ed73f0dd7484e68deb29d30f10a2"),
        (70000, "tile/1/001.p/17", "adfaca2731630fe7944a4b98a0f98ef3e98685eafda09e6f81070218fb759ce4"),
        (70000, "tile/2/000.p/1", "f0113c8bad855b49f9a5dd661d50012cd94f19aae87a45eb8334666835e3caea"),
    ]

    @Test("every published tile has its digest, and is one that its tree has")
    func published() throws {
        let log = MemoryLog(decimals: 70000)
        for (size, path, hex) in Self.digests {
            let tree = StoredTree(size: size)
            let tile = try Tile(path: path)
            let bytes = try #require(tree.bytes(of: tile, reading: log.read))
            #expect(Digest.sha256(bytes).hex == hex, "\(path) of \(size)")
            #expect(bytes.count == 32 * tile.width)
            #expect(tree.tiles(since: 0).contains(tile))
        }
    }

    @Test("the seven-entry example has its published files")
    func lettersTiles() throws {
        let tree = StoredTree(size: 7)
        #expect(tree.tiles(since: 0).map(\.path) == ["tile/entries/000.p/7", "tile/0/000.p/7"])
        let bytes = try #require(tree.bytes(of: Tile(path: "tile/0/000.p/7"), reading: MemoryLog(lettered).read))
        #expect(bytes == lettered.prefix(7).flatMap(\.bytes))
        #expect(Digest.sha256(bytes).hex == "ead14506bd2db19302a8d70c829232b7206d71081e2855434055a61e9ab53824")
        let entries = (0..<7).map { Array("e\($0)".utf8) }
        let bundle = try EntryBundle.encode(entries)
        #expect(bundle.hex == "00026530000265310002653200026533000265340002653500026536")
        #expect(try EntryBundle.decode(bundle, count: 7) == entries)
    }

    @Test("a tree has the tiles it should, and growing touches only what changed")
    func listing() {
        let all = StoredTree(size: 70000).tiles(since: 0)
        let levels = (0..<3).map { level in all.filter { $0.kind == .hashes(level: level) } }
        #expect(levels.map { $0.filter { $0.width == 256 }.count } == [273, 1, 0])
        #expect(levels.map { $0.filter { $0.width < 256 }.map(\.width) } == [[112], [17], [1]])
        #expect(all.filter { $0.kind == .entries }.count == 274)
        #expect(StoredTree(size: 0).tiles(since: 0).isEmpty)
        #expect(StoredTree(size: 300).tiles(since: 300).isEmpty)
        #expect(
            StoredTree(size: 257).tiles(since: 255).map(\.path) == [
                "tile/entries/000", "tile/entries/001.p/1", "tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1",
            ])
    }

    @Test("paths have their published spelling")
    func paths() throws {
        let published: [(UInt64, String)] = [
            (0, "000"), (5, "005"), (999, "999"), (1000, "x001/000"), (1_234_067, "x001/x234/067"),
            (123_456_789, "x123/x456/789"),
        ]
        for (index, element) in published {
            for (folder, kind) in [
                ("0", Tile.Kind.hashes(level: 0)), ("63", .hashes(level: 63)), ("entries", .entries),
            ] {
                for (suffix, width) in [("", 256), (".p/1", 1), (".p/255", 255)] {
                    let tile = try Tile(path: "tile/\(folder)/\(element)\(suffix)")
                    #expect(tile.index == index && tile.kind == kind && tile.width == width)
                    #expect(tile.path == "tile/\(folder)/\(element)\(suffix)")
                }
            }
        }
    }

    @Test(
        "a path in any other spelling is refused",
        arguments: [
            "", "tile", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/00/000", "tile/64/000",
            "tile/-1/000", "tile/+1/000", "tile//000", "tile/0/x000/001", "tile/0/001/000", "tile/0/x001",
            "tile/0/x01/000",
            "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/01", "tile/0/000.p/256", "tile/0/.p/1",
            "tile/0/000/", "/tile/0/000", "tile/0/000.p/1/", "tile/0/../000", "tile/8/0/000", "tile/data/000",
            "tile/0/x999/x999/x999/x999/x999/x999/999", "tile/0/xx01/000", "tile/0/０００",
        ])
    func badPaths(path: String) {
        #expect(throws: LedgerError.malformedTilePath) { try Tile(path: path) }
    }

    @Test(
        "a tile beyond the tree has no bytes",
        arguments: [
            "tile/0/001.p/45", "tile/0/001", "tile/0/002.p/1",
            "tile/1/000.p/2", "tile/2/000.p/1", "tile/63/000.p/1",
            "tile/0/x072/x057/x594/x037/x927/936", "tile/0/x009/x223/x372/x036/x854/x775/807",
            "tile/entries/000",
        ])
    func beyond(path: String) throws {
        let log = MemoryLog(decimals: 300)
        #expect(StoredTree(size: 300).bytes(of: try Tile(path: path), reading: log.read) == nil)
    }

    @Test("an entry bundle of the wrong length or count is refused, and an entry too long")
    func bundles() throws {
        let longest = [UInt8](repeating: 1, count: 65535)
        #expect(try EntryBundle.decode(EntryBundle.encode([longest, []]), count: 2) == [longest, []])
        #expect(throws: LedgerError.entryTooLong(byteCount: 65536)) { try EntryBundle.encode([longest + [1]]) }
        let broken: [([UInt8], Int)] = [
            ([0], 1), ([0, 1], 1), ([0, 2, 1], 1), ([0, 1, 1], 2), ([0, 1, 1], 0), ([0, 1, 1, 9], 1),
        ]
        for (bundle, count) in broken {
            #expect(throws: LedgerError.malformedEntryBundle) { try EntryBundle.decode(bundle, count: count) }
        }
    }
}
