import Foundation
import Glibc
import Ledger
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

/// ClamAV's own daemon with a database of two signatures, in a folder of its own, stopped when it is forgotten.
final class RealClamd: Sendable {
    private static let program = "/usr/sbin/clamd"

    /// On a machine that is to check everything it must be there; elsewhere its tests are left out without it.
    static var isWanted: Bool {
        FileManager.default.isExecutableFile(atPath: program) || ProcessInfo.processInfo.environment["CI"] != nil
    }

    /// The test file that every scanner knows, in two halves: whole it would be removed from this source.
    static let eicar = Array((#"X5O!P%@AP[4\PZX54(P^)7CC)7}$"# + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*").utf8)
    static let marker = Array(("MUNIMENT-MALWARE-" + "TEST-MARKER").utf8)

    let socket: String
    let process = Process()

    init(in folder: URL) throws {
        let home = folder.appending(path: "clamd")
        for name in ["db", "tmp"] {
            try FileManager.default.createDirectory(
                at: home.appending(path: name), withIntermediateDirectories: true)
        }
        func hex(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }
        try "Local.Eicar:0:0:\(hex(Self.eicar))\nLocal.Marker:0:*:\(hex(Self.marker))\n"
            .write(to: home.appending(path: "db/local.ndb"), atomically: true, encoding: .utf8)
        socket = home.appending(path: "sock").path
        try """
        LocalSocket \(socket)
        DatabaseDirectory \(home.path)/db
        TemporaryDirectory \(home.path)/tmp
        LogFile \(home.path)/log
        Foreground yes
        MaxThreads 2
        StreamMaxLength 4M
        AlertExceedsMax yes
        AlertEncrypted yes
        AlertOLE2Macros yes

        """.write(to: home.appending(path: "conf"), atomically: true, encoding: .utf8)
        process.executableURL = URL(filePath: Self.program)
        process.arguments = ["--config-file=\(home.path)/conf"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let scanner = try scanner()
        for _ in 0..<600 {
            if (try? scanner.engine()) != nil { return }
            usleep(50_000)
        }
        throw CocoaError(.fileReadUnknown)
    }

    deinit { if process.isRunning { process.terminate() } }

    func kill() {
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    func scanner() throws -> ClamdScanner {
        ClamdScanner(
            try #require(ScannerAddress(socket)), timeouts: ScanTimeouts(stepSeconds: 20, totalSeconds: 60))
    }

    static func zip(_ content: [UInt8], isEncrypted: Bool = false) -> [UInt8] {
        zip([("a.txt", content)], isEncrypted: isEncrypted)
    }

    /// A zip archive of files that are not compressed.
    static func zip(_ files: [(name: String, content: [UInt8])], isEncrypted: Bool = false) -> [UInt8] {
        func little(_ number: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        }
        var bytes: [UInt8] = []
        var directory: [UInt8] = []
        for (name, content) in files {
            let sum = ~content.reduce(~UInt32(0)) { sum, byte in
                (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1 == 1 ? 0xedb8_8320 : 0) }
            }
            // The cipher of old zip files puts twelve bytes before the content.
            let packed = isEncrypted ? [UInt8](repeating: 0x5a, count: 12) + content : content
            let common =
                little(20, 2) + little(isEncrypted ? 1 : 0, 2) + little(0, 6) + little(Int(sum), 4)
                + little(packed.count, 4) + little(content.count, 4) + little(name.utf8.count, 2)
            directory += Array("PK".utf8) + [1, 2] + little(20, 2) + common + little(0, 12)
            directory += little(bytes.count, 4) + Array(name.utf8)
            bytes += Array("PK".utf8) + [3, 4] + common + little(0, 2) + Array(name.utf8) + packed
        }
        return bytes + directory + Array("PK".utf8) + [5, 6] + little(0, 4) + little(files.count, 2)
            + little(files.count, 2) + little(directory.count, 4) + little(bytes.count, 4) + little(0, 2)
    }
}

@Suite("With ClamAV itself", .enabled(if: RealClamd.isWanted), .timeLimit(.minutes(45)))
struct RealClamdTests {
    @Test("what is harmless is kept, with the version that said so")
    func clean() async throws {
        let fixture = try await Fixture.copy()
        let clamd = try RealClamd(in: fixture.folder)
        let vault = try await fixture.open(scanner: clamd.scanner())
        for content in [
            [], Array("words".utf8), RealClamd.zip(Array("words".utf8)), RandomSource.system.bytes(3 << 20),
        ] {
            let id = try await fixture.deposit(content, title: "of \(content.count)", in: vault)
            let scanned = try await vault.show(id, as: fixture.caller("sam", in: vault)).scanned
            #expect(scanned?.hasPrefix("clean") == true && scanned?.contains("ClamAV") == true)
            #expect(scanned?.hasSuffix("signatures unknown") == true)
            #expect(try await fixture.read(id, as: "sam", in: vault) == content)
        }
        #expect(try await fixture.check(vault).findings == [])
        try await vault.close()
    }

    /// What it is, what it holds, and how it is refused.
    static let bad: [(String, [UInt8], VaultError)] = [
        ("EICAR", RealClamd.eicar, .malware("Local.Eicar.UNOFFICIAL")),
        ("EICAR in a zip", RealClamd.zip(RealClamd.eicar), .malware("Local.Eicar.UNOFFICIAL")),
        (
            "EICAR in a zip in a zip", RealClamd.zip(RealClamd.zip(RealClamd.eicar)),
            .malware("Local.Eicar.UNOFFICIAL")
        ),
        (
            "the marker far behind", [UInt8](repeating: 0x20, count: 300_000) + RealClamd.marker,
            .malware("Local.Marker.UNOFFICIAL")
        ),
        (
            "an encrypted zip", RealClamd.zip(Array("words".utf8), isEncrypted: true),
            .malware("Heuristics.Encrypted.Zip")
        ),
        ("more than it takes", [UInt8](repeating: 0x20, count: 5 << 20), .scanFailed(.overLimit)),
    ]

    @Test("what is not harmless, or cannot be known to be, is not kept")
    func refused() async throws {
        let fixture = try await Fixture.copy()
        let clamd = try RealClamd(in: fixture.folder)
        let vault = try await fixture.open(scanner: clamd.scanner())
        for (name, content, error) in Self.bad {
            let refusal = await #expect(throws: VaultError.self, "\(name)") {
                try await fixture.deposit(content, title: name, in: vault)
            }
            #expect(refusal == error, "\(name)")
            #expect(try await fixture.newestEvent(vault).kind == .contentRefused)
        }
        #expect(try fixture.objectPaths().isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.vaultPath + "/staging").isEmpty)
        try await vault.close()
    }

    @Test("killed in the middle of a content it is no verdict, and started again it serves again")
    func killed() async throws {
        let fixture = try await Fixture.copy()
        let clamd = try RealClamd(in: fixture.folder)
        let vault = try await fixture.open(scanner: clamd.scanner())
        let content = CountedContent(byteCount: 2 << 20) { if $0 == 8 { clamd.kill() } }
        let priya = try await fixture.caller("priya", in: vault)
        let error = await #expect(throws: VaultError.self) {
            try await vault.deposit(fixture.newDocument(), content: content, as: priya)
        }
        #expect(error == .scanFailed(.closedEarly))
        #expect(try fixture.objectPaths().isEmpty)
        await #expect(throws: VaultError.scanFailed(.unreachable)) {
            try await fixture.deposit([1], in: vault)
        }
        try FileManager.default.removeItem(at: fixture.folder.appending(path: "clamd"))
        let again = try RealClamd(in: fixture.folder)
        _ = try await fixture.deposit([1], in: vault)
        withExtendedLifetime(again) {}
        try await vault.close()
    }

    @Test("in a document that opens as it should, what is hidden in a part is found")
    func hidden() async throws {
        let fixture = try await Fixture.copy()
        let clamd = try RealClamd(in: fixture.folder)
        let vault = try await fixture.open(scanner: clamd.scanner())
        let type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        let new = NewDocument(
            caseID: fixture.caseID, category: "D05", title: "Report", mediaType: try #require(MediaType(type)))
        let priya = try await fixture.caller("priya", in: vault)
        func docx(_ image: [UInt8]) -> [UInt8] {
            RealClamd.zip([
                ("[Content_Types].xml", Array("<x/>".utf8)), ("word/document.xml", Array("<x/>".utf8)),
                ("word/media/1.png", image),
            ])
        }
        _ = try await vault.deposit(new, content: fixture.file("good", docx(Array("image".utf8))), as: priya)
        await #expect(throws: VaultError.malware("Local.Marker.UNOFFICIAL")) {
            try await vault.deposit(new, content: fixture.file("bad", docx(RealClamd.marker)), as: priya)
        }
        try await vault.close()
    }
}
