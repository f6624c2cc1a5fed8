import Testing

@testable import Sealing

@Suite("A mark tells under which version of its key it was made")
struct KeyedMarkTests {
    @Test("the first version is the bare MAC; later ones stand in front of it")
    func versions() throws {
        let mac = try #require(Digest([UInt8](1...32)))
        #expect(KeyedMark.make(mac, version: 1) == mac)
        #expect(KeyedMark.version(of: mac.bytes) == 1)
        for version: UInt32 in [2, 3, 65_535] {
            let mark = KeyedMark.make(mac, version: version).bytes
            #expect(mark.prefix(8) == KeyedMark.prefix(version)[...])
            #expect(mark.suffix(24) == mac.bytes.prefix(24))
            #expect(KeyedMark.version(of: mark) == version)
        }
        // No mark, but bytes that begin with a number which is no version.
        for number: [UInt8] in [[0, 0, 0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 1, 0, 0], [UInt8](repeating: 0, count: 8)] {
            #expect(KeyedMark.version(of: number + mac.bytes.prefix(24)) == 1)
        }
    }

    @Test("a password is right with the pepper of its own version only")
    func password() throws {
        let (old, new) = (try Key(from: .system), try Key(from: .system))
        let cheap = Argon2Cost(passes: 1, memory: 8 << 10)
        let right = try SecretBytes(copying: Array("correct horse".utf8))
        let record = try PasswordRecord(right, pepper: new, version: 2, cost: cheap, random: .system)
        #expect(record.pepperVersion == 2)
        #expect(try record.accepts(right, pepper: new))
        #expect(try !record.accepts(right, pepper: old))
        #expect(try !record.accepts(SecretBytes(copying: Array("correct hors".utf8)), pepper: new))
    }
}
