import Foundation
import Ledger
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("What comes in is scanned", .timeLimit(.minutes(45)))
struct ScanTests {
    /// Deposits as the clinician, and says what was refused; then nothing may be left of it but an entry.
    private func refusal(
        of content: some ContentSource, by scanner: ClamdScanner, _ fixture: Fixture
    ) async throws -> VaultError? {
        let vault = try await fixture.open(scanner: scanner)
        let priya = try await fixture.caller("priya", in: vault)
        let error = await #expect(throws: VaultError.self) {
            try await vault.deposit(fixture.newDocument(), content: content, as: priya)
        }
        #expect(try fixture.objectPaths().isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.vaultPath + "/staging").isEmpty)
        #expect(try await vault.records.read { try $0.counts().documents } == 0)
        let last = try await fixture.newestEvent(vault)
        #expect(last.kind == .contentRefused)
        switch error {
        case .malware(let signature): #expect(last.detail == ["reason": "malware", "signature": signature])
        case .scanFailed(let failure): #expect(last.detail == ["reason": "scan-failed", "failure": failure.rawValue])
        default: Issue.record("\(String(describing: error))")
        }
        #expect(try await fixture.check(vault).findings == [])
        try await vault.close()
        return error
    }

    static let answers: [(String, VaultError)] = [
        ("stream: Local.Thing FOUND\0", .malware("Local.Thing")), ("stream: OK FOUND\0", .malware("OK")),
        ("", .scanFailed(.closedEarly)), ("stream: OK", .scanFailed(.garbled)), ("stream: OK\n", .scanFailed(.garbled)),
        ("stream: ok\0", .scanFailed(.garbled)), ("STREAM: OK\0", .scanFailed(.garbled)),
        ("stream: OK\0\0", .scanFailed(.garbled)), ("stream: OK\0x", .scanFailed(.garbled)),
        (" stream: OK\0", .scanFailed(.garbled)), ("stream:  OK\0", .scanFailed(.garbled)),
        ("stream: OK\0stream: OK\0", .scanFailed(.garbled)),
        ("stream: OK\0stream: Local.Thing FOUND\0", .scanFailed(.garbled)),
        ("stream: Local.Thing FOUND\0stream: OK\0", .scanFailed(.garbled)),
        ("stream: a\nb FOUND\0", .scanFailed(.garbled)), ("stream:  FOUND\0", .scanFailed(.garbled)),
        ("stream: \(String(repeating: "n", count: 300)) FOUND\0", .scanFailed(.garbled)),
        (String(repeating: "x", count: 5000), .scanFailed(.garbled)), ("UNKNOWN COMMAND\0", .scanFailed(.garbled)),
        ("INSTREAM size limit exceeded. ERROR\0", .scanFailed(.overLimit)),
        ("stream: Can't allocate memory ERROR\0", .scanFailed(.reportedError)),
    ]

    @Test("every answer but one exact one is not clean, and nothing is kept", arguments: answers)
    func answer(text: String, error: VaultError) async throws {
        let fixture = try await Fixture.copy()
        let fake = try FakeClamd.saying(text, in: fixture.folder)
        #expect(try await refusal(of: CountedContent(byteCount: 10), by: fake.scanner(), fixture) == error)
    }

    @Test("a scanner that is not there, hangs, dawdles or breaks off is not clean", arguments: 0..<8)
    func silence(how: Int) async throws {
        let fixture = try await Fixture.copy()
        let (fake, error): (FakeClamd, ScanFailure) =
            switch how {
            case 0: (try FakeClamd(in: fixture.folder) { $0.wait() }, .timedOut)
            case 1:
                (
                    try FakeClamd(in: fixture.folder) { talk in
                        _ = talk.stream()
                        talk.wait()
                    }, .timedOut
                )
            case 2:
                (
                    try FakeClamd(in: fixture.folder) { talk in
                        _ = talk.stream()
                        talk.say("stream: OK\0")
                        talk.wait()
                    }, .timedOut
                )
            case 3:  // Each byte in time, and all of them never.
                (
                    try FakeClamd(in: fixture.folder) { talk in
                        _ = talk.stream()
                        for _ in 0..<50 {
                            talk.say("s")
                            usleep(200_000)
                        }
                    }, .timedOut
                )
            case 4: (try FakeClamd(in: fixture.folder) { _ in }, .closedEarly)
            case 5: (try FakeClamd(in: fixture.folder) { $0.say("stream: OK\0") }, .garbled)
            case 6: (try FakeClamd(in: fixture.folder, version: "OK\0") { _ in }, .garbled)
            default: (try FakeClamd(in: fixture.folder, version: "") { _ in }, .closedEarly)
            }
        // Who breaks off is not to be taken for slow, however busy the machine is.
        let isSlow = error == .timedOut
        let scanner = try fake.scanner(stepSeconds: isSlow ? 0.5 : 300, totalSeconds: isSlow ? 1.5 : 300)
        let content = CountedContent(byteCount: 3_000_000)
        #expect(try await refusal(of: content, by: scanner, fixture) == .scanFailed(error))
    }

    @Test("a scanner that does not read is not waited for, whatever the content's length")
    func deaf() async throws {
        let fixture = try await Fixture.copy()
        let fake = try FakeClamd(in: fixture.folder) { _ in sleep(3) }
        let content = CountedContent(byteCount: 100_000_000)
        let scanner = try fake.scanner(stepSeconds: 0.3, totalSeconds: 1)
        #expect(try await refusal(of: content, by: scanner, fixture) == .scanFailed(.timedOut))
        #expect(content.reads < 20)
    }

    @Test("where nobody listens nothing is kept, and nothing is read")
    func unreachable() async throws {
        let fixture = try await Fixture.copy()
        for address in [fixture.folder.appending(path: "nobody").path, "127.0.0.1:1"] {
            let scanner = ClamdScanner(try #require(ScannerAddress(address)))
            let content = CountedContent(byteCount: 10)
            #expect(try await refusal(of: content, by: scanner, fixture) == .scanFailed(.unreachable))
            #expect(content.reads == 0)
        }
    }

    @Test("what is found before the end is not read to its end")
    func early() async throws {
        let fixture = try await Fixture.copy()
        let fake = try FakeClamd(in: fixture.folder) { talk in
            for _ in 0..<2 { _ = talk.frame() }
            talk.say("stream: Local.Thing FOUND\0")
        }
        let content = CountedContent(byteCount: 100_000_000)
        #expect(try await refusal(of: content, by: fake.scanner(), fixture) == .malware("Local.Thing"))
        #expect(content.reads < 20)
    }

    @Test(
        "a scanner is on this machine", arguments: ["clamd.sock", "", "10.0.0.1:3310", "localhost:3310", "127.0.0.1:0"])
    func addresses(text: String) { #expect(ScannerAddress(text) == nil) }

    @Test("the scanner gets exactly the content, and its verdict, version and signatures are kept with the rendition")
    func clean() async throws {
        let fixture = try await Fixture.copy()
        let content = RandomSource.system.bytes(200_000)
        let fake = try FakeClamd(in: fixture.folder) { talk in
            talk.say(talk.stream() == content ? "stream: OK\0" : "stream: Other FOUND\0")
        }
        let vault = try await fixture.open(scanner: fake.scanner())
        let id = try await fixture.deposit(content, in: vault)
        let shown = try await vault.show(id, as: fixture.caller("sam", in: vault))
        let words = "clean 2026-10-01T09:00:00Z, ClamAV 1.4.6, signatures 27453/Sat Nov 21 08:30:00 2026"
        #expect(shown.scanned == words)
        #expect(try await vault.history(of: id, as: fixture.caller("sam", in: vault)).map(\.scanned) == [words])
        #expect(
            try await vault.documents(of: fixture.caseID, as: fixture.caller("sam", in: vault)).map(\.scanned) == [
                words
            ])
        #expect(try await fixture.read(id, as: "sam", in: vault) == content)
        #expect(try await fixture.check(vault).findings == [])
    }

    @Test("a scanner that has only signatures of its own does not say how old they are")
    func unknownSignatures() async throws {
        let fixture = try await Fixture.copy()
        let fake = try FakeClamd(in: fixture.folder, version: "ClamAV 1.4.6\0") { _ in }
        #expect(try fake.scanner().engine() == ScanEngine(version: "ClamAV 1.4.6", signatures: "unknown"))
    }

    @Test("the same content again is scanned again: what was clean once may be known by now")
    func duplicate() async throws {
        let fixture = try await Fixture.copy()
        let clean = try FakeClamd.saying("stream: OK\0", in: fixture.folder)
        let first = try await fixture.open(scanner: clean.scanner())
        let id = try await fixture.deposit([1, 2, 3], in: first)
        let again = try await fixture.deposit([1, 2, 3], in: first)
        #expect(try fixture.objectPaths().count == 1)
        for id in [id, again] {
            #expect(try await first.show(id, as: fixture.caller("sam", in: first)).scanned?.hasPrefix("clean") == true)
        }
        try await first.close()
        let finding = try FakeClamd.saying("stream: New.Thing FOUND\0", in: fixture.folder)
        let vault = try await fixture.open(scanner: finding.scanner())
        await #expect(throws: VaultError.malware("New.Thing")) { try await fixture.deposit([1, 2, 3], in: vault) }
        #expect(try await fixture.read(id, as: "sam", in: vault) == [1, 2, 3])
        #expect(try await fixture.check(vault).findings == [])
    }

    @Test("every way in is scanned: a version, a further form, an import")
    func everyWay() async throws {
        let fixture = try await Fixture.copy()
        let fake = try FakeClamd.finding("marker", in: fixture.folder)
        let vault = try await fixture.open(scanner: fake.scanner())
        let priya = try await fixture.caller("priya", in: vault)
        let id = try await fixture.deposit(Array("clean".utf8), in: vault)
        let bad = Array("a marker".utf8)
        await #expect(throws: VaultError.malware("Test.Marker")) {
            try await vault.replace(id, mediaType: .unknown, content: fixture.file("bad1", bad), as: priya)
        }
        await #expect(throws: VaultError.malware("Test.Marker")) {
            try await vault.addRendition(
                .extract, of: id, version: nil, mediaType: .unknown, content: fixture.file("bad2", bad), as: priya)
        }
        let items = try [("bad3", bad), ("good", Array("good".utf8))].map { name, content in
            ImportItem(
                path: try fixture.write(name, content), new: fixture.newDocument(title: name),
                byteCount: UInt64(content.count), mark: Array(name.utf8))
        }
        try await vault.importFiles(items, as: priya) { item, outcome in
            switch outcome {
            case .stored: #expect(item.new.title == "good")
            case .refused(let error): #expect(error as? VaultError == .malware("Test.Marker"))
            case .alreadyThere: Issue.record("nothing was there")
            }
        }
        #expect(try fixture.objectPaths().count == 2)
        let kinds = try await vault.records.read { try $0.entries(in: 0..<$0.logSize()).map(\.leaf.kind) }
        #expect(kinds.count { $0 == .contentRefused } == 3)
        #expect(try await fixture.check(vault).findings == [])
    }

    @Test("what is refused for its type leaves an entry too; nothing unknown where nothing unknown is taken")
    func types() async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open(intake: IntakeRules(allowsUnknown: false))
        let content = CountedContent(byteCount: 10)
        await #expect(throws: VaultError.unsafeContent(.unknownType)) {
            try await vault.deposit(
                fixture.newDocument(), content: content, as: fixture.caller("priya", in: vault))
        }
        #expect(content.reads == 0)
        #expect(try await fixture.newestEvent(vault).detail == ["reason": "unknown-type"])
        let pdf = NewDocument(
            caseID: fixture.caseID, category: "D05", title: "Report", mediaType: try #require(MediaType("image/png")))
        await #expect(throws: VaultError.typeMismatch(declared: "image/png")) {
            try await vault.deposit(
                pdf, content: CountedContent(byteCount: 10), as: fixture.caller("priya", in: vault))
        }
        #expect(
            try await fixture.newestEvent(vault).detail == ["reason": "type-mismatch", "declared": "image/png"])
    }
}

extension Fixture {
    /// The newest entry, opened.
    func newestEvent(_ vault: DocumentVault) async throws -> (kind: EventKind, detail: [String: String]) {
        let row = try #require(
            try await vault.records.read { try $0.entries(in: ($0.logSize() - 1)..<$0.logSize()) }.last)
        return (row.leaf.kind, try await vault.opened(row)?.detail ?? [:])
    }
}
