import Foundation
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("What lies on the disk")
struct AtRestTests {
    static let canaries = [
        "Wilhelmina Quintessa", "9434765870", "canary.person", "Canary Person", "Canary House", "canary title",
        "canary content",
    ]

    @Test("I5: nothing personal is in clear in any file of the vault")
    func canary() async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        let ada = try await fixture.caller("ada", in: vault)
        let sam = try await fixture.caller("sam", in: vault)
        let house = try await vault.addOrganisation("Canary House", party: .health, as: ada)
        _ = try await vault.addPerson(
            NewPerson(username: "canary.person", name: "Canary Person", organisation: house, roles: ["HADV"]),
            password: Fixture.password(), as: ada)
        let birth = try #require(Day("2014-02-03"))
        _ = try await vault.addChild(
            ChildProfile(name: "Wilhelmina Quintessa", dateOfBirth: birth, nhsNumber: "943 476 5870", upn: nil), as: sam
        )
        let content = Array(String(repeating: "canary content ", count: 9000).utf8)
        let id = try await fixture.deposit(content, title: "canary title", in: vault)
        _ = try await fixture.read(id, as: "sam", in: vault)
        _ = try? await fixture.read(id, as: "yusuf", in: vault)
        _ = try await vault.findChildren(.nameAndBirth("Wilhelmina Quintessa", birth), as: sam)
        // Open and closed: what waits in the write-ahead log counts too.
        try search(fixture)
        try await vault.close()
        try search(fixture)
    }

    private func search(_ fixture: Fixture) throws {
        let root = fixture.vaultPath
        let paths =
            try FileManager.default.subpathsOfDirectory(atPath: root).map { root + "/" + $0 }
            + [fixture.folder.appending(path: "anchor").path]
        let files = try paths.compactMap { path -> (String, Data)? in
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
                return nil
            }
            return (path, try Data(contentsOf: URL(filePath: path)))
        }
        #expect(files.count >= 5)
        #expect(
            files.contains { $0.1.range(of: Data("vault.test/ledger".utf8)) != nil }, "the search finds what is there")
        for canary in Self.canaries {
            for text in [canary, canary.lowercased(), canary.uppercased()] {
                for needle in [Data(text.utf8), text.data(using: .utf16LittleEndian) ?? Data()] {
                    for (path, data) in files {
                        #expect(data.range(of: needle) == nil, "\(canary) in \(path)")
                    }
                }
            }
        }
    }

    @Test("sha256sum of every object is its name")
    func names() async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        for count in [0, 10, 70_000] {
            _ = try await fixture.deposit(RandomSource.system.bytes(count), title: "t\(count)", in: vault)
        }
        let paths = try fixture.objectPaths()
        #expect(paths.count == 3)
        let output = try run("/usr/bin/sha256sum", paths)
        for line in output.split(separator: "\n") {
            let parts = line.split(separator: " ")
            #expect(parts[1].hasSuffix(parts[0]))
        }
    }

    @Test("the stock age program opens every object, given its key", .enabled(if: hasAge))
    func stockAge() async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        for count in [0, 1, 65_536, 200_000] {
            let content = RandomSource.system.bytes(count)
            let id = try await fixture.deposit(content, title: "t\(count)", in: vault)
            let rendition = try #require(try await vault.records.read { try $0.renditions(of: id) }.first)
            let key = fixture.folder.appending(path: "key-\(count)")
            try Data(try await exposedKey(of: rendition, vault)).write(to: key)
            let plain = try output(
                of: "/usr/bin/age", ["-d", "-i", key.path, vault.objects.path(of: rendition.object)])
            #expect([UInt8](plain) == content)
        }
    }

    @Test("an export is the same payload under another header, which the stock age program opens", .enabled(if: hasAge))
    func export() async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        let content = RandomSource.system.bytes(150_000)
        let id = try await fixture.deposit(content, in: vault)
        let key = fixture.folder.appending(path: "guest").path
        _ = try run("/usr/bin/age-keygen", ["-o", key])
        let recipient = try run("/usr/bin/age-keygen", ["-y", key]).trimmingCharacters(in: .whitespacesAndNewlines)
        var file: [UInt8] = []
        try await vault.export(
            id, to: .recipients([AgeRecipient(recipient)]), as: fixture.caller("sam", in: vault)
        ) { file += $0 }
        let sealed = [UInt8](try Data(contentsOf: URL(filePath: try #require(try fixture.objectPaths().first))))
        let payload = Int(Age.payloadByteCount(sealing: UInt64(content.count)))
        #expect(file.suffix(payload) == sealed.suffix(payload))
        let exported = try fixture.write("out.age", file)
        #expect([UInt8](try output(of: "/usr/bin/age", ["-d", "-i", key, exported])) == content)
    }

    /// Where CI is set, a missing `age` must fail, not skip.
    static let hasAge =
        FileManager.default.isExecutableFile(atPath: "/usr/bin/age") || ProcessInfo.processInfo.environment["CI"] != nil

    private func exposedKey(of rendition: RenditionRow, _ vault: DocumentVault) async throws -> [UInt8] {
        let wrap = try #require(try await vault.keyring.read { try $0.wrap(of: rendition.id, for: "health") })
        let document = try #require(try await vault.records.read { try $0.document(rendition.document) })
        let childKey = try await vault.requireChildKey(document.child)
        return try vault.exposedKey(wrap, childKey)
    }

    @discardableResult
    private func run(_ program: String, _ arguments: [String]) throws -> String {
        String(decoding: try output(of: program, arguments), as: UTF8.self)
    }

    private func output(of program: String, _ arguments: [String]) throws -> Data {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(program) failed")
        return output
    }
}

extension DocumentVault {
    fileprivate func exposedKey(_ wrap: WrapRow, _ childKey: ChildKey) throws -> [UInt8] {
        try identity(wrap, childKey).exposedText()
    }
}
