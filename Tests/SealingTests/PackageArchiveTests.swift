import Foundation
import Testing

@testable import Sealing

@Suite("Stock programs open our zip files with the passphrase, and in no other way")
struct PackageArchiveTests {
    static let passphrase = "correct-horse-battery-staple"
    static let moment: Int64 = 1_700_000_000
    static let letter = Array(String(repeating: "Advice of the school. ", count: 20_000).utf8)
    static let picture = RandomSource.system.bytes(300_000)
    static let readers: [ZipReader] = [.sevenZip, .bsdtar]

    static func secret(_ text: String = passphrase) throws -> SecretBytes {
        var bytes = Array(text.utf8)
        return try SecretBytes(wiping: &bytes)
    }

    /// A file with a deflated entry, a stored one in a folder, and an empty one.
    static func sample() throws -> [UInt8] {
        let sink = Sink()
        let zip = try PackageArchive(passphrase: secret(), emit: sink.take)
        try zip.add("letter.txt", modified: moment) { write in
            for start in stride(from: 0, to: letter.count, by: 9_999) {
                try write(Array(letter[start..<min(start + 9_999, letter.count)]))
            }
        }
        try zip.add("documents/0001.pdf", modified: moment, byteCount: UInt64(picture.count)) { try $0(picture) }
        try zip.add("empty.json", modified: moment) { try $0([]) }
        try zip.finish()
        return sink.bytes
    }

    @Test("7-Zip and bsdtar give the content back", arguments: readers)
    func opens(reader: ZipReader) throws {
        let file = try ZipFile(Self.sample())
        #expect(try reader.content(of: "letter.txt", in: file, Self.passphrase) == Self.letter)
        #expect(try reader.content(of: "documents/0001.pdf", in: file, Self.passphrase) == Self.picture)
        #expect(try reader.content(of: "empty.json", in: file, Self.passphrase) == [])
        #expect(try reader.isSound(file, Self.passphrase))
    }

    @Test("they do not with another passphrase, or none", arguments: readers)
    func wrongPassphrase(reader: ZipReader) throws {
        let file = try ZipFile(Self.sample())
        #expect(try !reader.isSound(file, "correct-horse-battery-stapler"))
        #expect(try reader.content(of: "letter.txt", in: file, "incorrect-horse-battery") != Self.letter)
    }

    @Test("they see a flipped bit", arguments: readers)
    func flippedBit(reader: ZipReader) throws {
        var bytes = try Self.sample()
        bytes[bytes.count - 100_000] ^= 1
        #expect(try !reader.isSound(ZipFile(bytes), Self.passphrase))
    }

    @Test("they see that the end is missing", arguments: readers)
    func cutShort(reader: ZipReader) throws {
        #expect(try !reader.isSound(ZipFile(Self.sample().dropLast(100_000)), Self.passphrase))
    }

    @Test("every entry with content is AES-256, each with a salt of its own, and what it holds is nowhere to be read")
    func entries() throws {
        let bytes = try Self.sample()
        let entries = try ZipDirectory(bytes).entries
        #expect(entries.map(\.name) == ["letter.txt", "documents/0001.pdf", "empty.json"])
        for entry in entries.dropLast() {
            #expect(entry.isEncrypted && entry.method == 99 && entry.strength == 3)
        }
        #expect(entries.map(\.innerMethod) == [8, 0, nil])
        #expect(entries.last?.byteCount == 0)
        #expect(Set(entries.dropLast().map { Array(bytes[$0.contentStart..<$0.contentStart + 16]) }).count == 2)
        #expect(Data(bytes).range(of: Data(Self.picture[100..<200])) == nil)
    }

    @Test(
        "names that some system would write elsewhere, or not at all, are refused",
        arguments: [
            "", "/etc/passwd", "../up", "a/../b", "a//b", "a/", "./a", ".hidden", "-rf", "a b", "a\\b", "c:d", "a\nb",
            "a\0b", "é.pdf", "CON", "a/nul.txt", "end.", String(repeating: "a", count: 101),
            Array(repeating: "abcd", count: 50).joined(separator: "/"),
        ])
    func unsafeName(name: String) throws {
        let zip = try PackageArchive(passphrase: Self.secret()) { _ in }
        #expect(throws: SealingError.archive(.unsafeName)) { try zip.add(name, modified: Self.moment) { _ in } }
        try zip.add("fine.txt", modified: Self.moment) { _ in }
    }

    @Test("no two entries become one file", arguments: [("a", "a"), ("a/b", "A/B"), ("a", "a/b"), ("a/b/c", "A/b")])
    func takenName(first: String, second: String) throws {
        let zip = try PackageArchive(passphrase: Self.secret()) { _ in }
        try zip.add(first, modified: Self.moment) { _ in }
        #expect(throws: SealingError.archive(.takenName)) { try zip.add(second, modified: Self.moment) { _ in } }
    }

    @Test(
        "a passphrase that is short, or has other than plain characters, is refused",
        arguments: ["", "fifteen-letters", "with\0nought-and-more", "sechzehn-Zeichen-ä"])
    func weakPassphrase(text: String) {
        #expect(throws: SealingError.archive(.weakPassphrase)) {
            try PackageArchive(passphrase: Self.secret(text)) { _ in }
        }
    }

    @Test("times that a zip file cannot hold are refused", arguments: [0, 315_532_799, 2_145_916_800])
    func time(moment: Int64) throws {
        let zip = try PackageArchive(passphrase: Self.secret()) { _ in }
        #expect(throws: SealingError.archive(.timeOutOfRange)) { try zip.add("a", modified: moment) { _ in } }
    }

    @Test("content that is not as long as was said is an error, and the file is never finished", arguments: [9, 11])
    func length(count: Int) throws {
        let sink = Sink()
        let zip = try PackageArchive(passphrase: Self.secret(), emit: sink.take)
        #expect(throws: SealingError.archive(.lengthDiffers)) {
            try zip.add("a", modified: Self.moment, byteCount: 10) { try $0([UInt8](repeating: 1, count: count)) }
        }
        #expect(throws: SealingError.archive(.outOfTurn)) { try zip.finish() }
        #expect(throws: SealingError.archive(.outOfTurn)) { try zip.add("b", modified: Self.moment) { _ in } }
    }

    @Test("nothing is added within an entry, or after the end")
    func order() throws {
        let zip = try PackageArchive(passphrase: Self.secret()) { _ in }
        try zip.add("a", modified: Self.moment) { _ in
            #expect(throws: SealingError.archive(.outOfTurn)) { try zip.add("b", modified: Self.moment) { _ in } }
            #expect(throws: SealingError.archive(.outOfTurn)) { try zip.finish() }
        }
        try zip.finish()
        #expect(throws: SealingError.archive(.outOfTurn)) { try zip.add("c", modified: Self.moment) { _ in } }
    }

    @Test("what the reader of the content or the taker of the bytes throws comes back, and no end is written")
    func failures() throws {
        struct Full: Error {}
        let sink = Sink()
        do {
            let zip = try PackageArchive(passphrase: Self.secret(), emit: sink.take)
            #expect(throws: Full.self) { try zip.add("a", modified: Self.moment) { _ in throw Full() } }
        }
        #expect(Data(sink.bytes).range(of: ZipDirectory.end) == nil)
        let zip = try PackageArchive(passphrase: Self.secret()) { _ in throw Full() }
        #expect(throws: Full.self) { try zip.add("a.pdf", modified: Self.moment) { try $0(Self.picture) } }
    }

    @Test("memory does not grow with the content")
    func memory() async {
        // In a process of its own: what other tests take in meanwhile would count.
        await #expect(processExitsWith: .success) {
            let block = [UInt8](repeating: 7, count: 1 << 20)
            var emitted = 0
            let zip = try PackageArchive(passphrase: PackageArchiveTests.secret()) { emitted += $0.count }
            func add(_ name: String) throws {
                try zip.add(name, modified: PackageArchiveTests.moment) { write in for _ in 0..<64 { try write(block) }
                }
            }
            try add("warm.txt")
            let before = try PackageArchiveTests.residentPages()
            try add("a.pdf")
            #expect(try PackageArchiveTests.residentPages() - before < 4_096, "16 MiB of pages for 64 MiB of content")
            try zip.finish()
            #expect(emitted > 64 << 20)
        }
    }

    private static func residentPages() throws -> Int {
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return try #require(Int(fields[1]))
    }
}

private final class Sink {
    private(set) var bytes: [UInt8] = []

    func take(_ block: [UInt8]) { bytes += block }
}

/// A zip file in a folder of its own, which goes when this is forgotten.
final class ZipFile {
    let url: URL

    init(_ bytes: [UInt8]) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "muniment-zip-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        url = folder.appending(path: "package.zip")
        try Data(bytes).write(to: url)
    }

    deinit { try? FileManager.default.removeItem(at: url.deletingLastPathComponent()) }
}

/// A stock program that opens encrypted zip files.
enum ZipReader: Sendable {
    case sevenZip, bsdtar

    func isSound(_ file: ZipFile, _ passphrase: String) throws -> Bool {
        switch self {
        case .sevenZip: try run("7z", "t", "-p\(passphrase)", file.url.path).status == 0
        case .bsdtar: try run("bsdtar", "-x", "-O", "--passphrase", passphrase, "-f", file.url.path).status == 0
        }
    }

    func content(of name: String, in file: ZipFile, _ passphrase: String) throws -> [UInt8] {
        switch self {
        case .sevenZip: try run("7z", "x", "-so", "-p\(passphrase)", file.url.path, name).output
        case .bsdtar: try run("bsdtar", "-x", "-O", "--passphrase", passphrase, "-f", file.url.path, name).output
        }
    }

    private func run(_ arguments: String...) throws -> (status: Int32, output: [UInt8]) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, Array(output))
    }
}

/// The central directory of a zip file, read by the letter of APPNOTE.TXT and WinZip's note on AES, not by the library that wrote it.
struct ZipDirectory {
    struct Entry {
        let name: String
        let isEncrypted: Bool
        let method: Int
        /// 1, 2 and 3 stand for keys of 128, 192 and 256 bits.
        let strength: Int?
        let innerMethod: Int?
        let byteCount: Int
        let contentStart: Int
    }
    static let end = Data([0x50, 0x4b, 5, 6])
    let entries: [Entry]

    init(_ bytes: [UInt8]) throws {
        func number(at position: Int, _ count: Int) -> Int {
            bytes[position..<position + count].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        let end = try #require(Data(bytes).range(of: Self.end, options: .backwards)).lowerBound
        var position = number(at: end + 16, 4)
        entries = try (0..<number(at: end + 10, 2)).map { _ in
            try #require(number(at: position, 4) == 0x0201_4b50)
            let nameCount = number(at: position + 28, 2)
            let extra = position + 46 + nameCount
            let extraEnd = extra + number(at: position + 30, 2)
            let aes = Data(bytes[extra..<extraEnd]).range(of: Data([0x01, 0x99, 7, 0])).map { $0.lowerBound + extra }
            let header = number(at: position + 42, 4)
            defer { position = extraEnd + number(at: position + 32, 2) }
            return Entry(
                name: String(decoding: bytes[position + 46..<extra], as: UTF8.self),
                isEncrypted: number(at: position + 8, 2) & 1 == 1, method: number(at: position + 10, 2),
                strength: aes.map { number(at: $0 + 8, 1) }, innerMethod: aes.map { number(at: $0 + 9, 2) },
                byteCount: number(at: position + 24, 4),
                contentStart: header + 30 + number(at: header + 26, 2) + number(at: header + 28, 2))
        }
    }
}
