import Foundation
import Ledger
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("A vault that has had a scanner takes and gives nothing unscanned", .timeLimit(.minutes(45)))
struct ScanningTests {
    @Test("from the first opening with a scanner on, nothing comes in beside it")
    func required() async throws {
        let fixture = try await Fixture.copy()
        let plain = try await fixture.open()
        _ = try await fixture.deposit([1], in: plain)
        #expect(try await plain.scanning(by: nil, as: fixture.caller("ada", in: plain)).requiredSince == nil)
        try await plain.close()

        let fake = try FakeClamd.saying("stream: OK\0", in: fixture.folder)
        let first = try await fixture.open(scanner: fake.scanner())
        #expect(try await fixture.newestEvent(first).kind == .scanningRequired)
        try await first.close()

        let vault = try await fixture.open()
        let content = CountedContent(byteCount: 10)
        let priya = try await fixture.caller("priya", in: vault)
        await #expect(throws: VaultError.scannerMissing) {
            try await vault.deposit(fixture.newDocument(), content: content, as: priya)
        }
        #expect(content.reads == 0)
        let item = ImportItem(
            path: try fixture.write("file", [1]), new: fixture.newDocument(), byteCount: 1, mark: [1])
        await #expect(throws: VaultError.scannerMissing) {
            try await vault.importFiles([item], as: priya) { _, _ in }
        }
        let status = try await vault.scanning(by: try fake.scanner(), as: priya)
        #expect(status.requiredSince == "2026-10-01T09:00:00Z" && status.unscanned == 1 && status.found == 0)
        #expect(status.scanner == "ClamAV 1.4.6" && status.problem == nil)
        #expect(try await fixture.check(vault).findings == [])
    }

    @Test("a deposit that began before scans were required is not committed after")
    func race() async throws {
        let fixture = try await Fixture.copy()
        let other = try await fixture.open()
        let vault = try await fixture.open()
        let dana = try await fixture.caller("dana", in: other)
        let priya = try await fixture.caller("priya", in: vault)
        let author = try await vault.authoriseDeposit(fixture.newDocument(), priya)
        let draft = try await blocking { [fixture] in
            try vault.draft(fixture.newDocument(), author, content: CountedContent(byteCount: 10))
        }
        try await other.requireScanning(as: dana)
        await #expect(throws: VaultError.scannerMissing) { try await vault.commit([draft], as: priya) }
    }

    @Test("whoever checks the vault may require scans, once; nobody else")
    func whoRequires() async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        for name in ["sam", "priya", "pat"] {
            await #expect(throws: VaultError.denied(.dutyNotHeld("vault.check"))) {
                try await vault.requireScanning(as: fixture.caller(name, in: vault))
            }
        }
        try await vault.requireScanning(as: fixture.caller("dana", in: vault))
        await #expect(throws: VaultError.alreadySo("Scans are required already")) {
            try await vault.requireScanning(as: fixture.caller("ada", in: vault))
        }
    }

    @Test("the family is given nothing unscanned, neither by a new release nor by an old one, until it is scanned")
    func family() async throws {
        let fixture = try await Fixture.copy()
        let plain = try await fixture.open()
        let old = try await fixture.deposit([1], title: "old", in: plain)
        let new = try await fixture.deposit([2], title: "newer", in: plain)
        _ = try await plain.release(old, check: nil, as: fixture.caller("sam", in: plain))
        #expect(try await fixture.read(old, as: "pat", in: plain) == [1])
        try await plain.requireScanning(as: fixture.caller("ada", in: plain))

        await #expect(throws: VaultError.unscanned) { try await fixture.read(old, as: "pat", in: plain) }
        #expect(try await fixture.newestEvent(plain).detail["reason"] == "unscanned")
        #expect(try await fixture.read(old, as: "sam", in: plain) == [1], "whose work it is goes on")
        await #expect(throws: VaultError.unscanned) {
            try await plain.release(new, check: nil, as: fixture.caller("sam", in: plain))
        }
        await #expect(throws: VaultError.unscanned) {
            try await plain.export(
                old, to: .recipients([try AgeIdentity(from: .system).recipient]),
                as: fixture.caller("pat", in: plain)
            ) { _ in }
        }
        try await plain.close()

        let fake = try FakeClamd.saying("stream: OK\0", in: fixture.folder)
        let vault = try await fixture.open(scanner: fake.scanner())
        var outcomes: [ScanOutcome] = []
        try await vault.scanUnscanned(as: fixture.caller("sam", in: vault)) { outcomes.append($0) }
        #expect(Set(outcomes.map(\.document)) == ["\(old)", "\(new)"] && outcomes.allSatisfy(\.isClean))
        _ = try await vault.release(new, check: nil, as: fixture.caller("sam", in: vault))
        for (id, content) in [(old, [1]), (new, [2])] as [(DocumentID, [UInt8])] {
            #expect(try await fixture.read(id, as: "pat", in: vault) == content)
        }
        #expect(try await fixture.check(vault).findings == [])
    }

    @Test("what a parent brought before stays that parent's to read, and is nobody else's of the family")
    func own() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D02", by: "pat", in: vault)
        #expect(await ensemble.refusal(id, as: "quinn", in: vault) == nil)
        try await vault.requireScanning(as: try await vault.person("ada"))
        #expect(await ensemble.refusal(id, as: "pat", in: vault) == nil)
        #expect(await ensemble.refusal(id, as: "quinn", in: vault) == .unscanned)
    }

    @Test("what the scanner finds in what is stored is kept from the family, whether or not scans are required")
    func foundLater() async throws {
        let fixture = try await Fixture.copy()
        let plain = try await fixture.open()
        let id = try await fixture.deposit([1], in: plain)
        _ = try await plain.release(id, check: nil, as: fixture.caller("sam", in: plain))
        try await plain.close()
        let fake = try FakeClamd.saying("stream: Late.Thing FOUND\0", in: fixture.folder)
        let vault = try await fixture.open(scanner: fake.scanner())
        let outcomes = try await vault.scan(id, as: fixture.caller("priya", in: vault))
        #expect(outcomes.map(\.found) == ["Late.Thing"])
        #expect(try await fixture.newestEvent(vault).detail["found"] == "Late.Thing")
        await #expect(throws: VaultError.malware("Late.Thing")) { try await fixture.read(id, as: "pat", in: vault) }
        #expect(
            try await vault.show(id, as: fixture.caller("sam", in: vault)).scanned?.hasPrefix("found Late.Thing")
                == true)
        #expect(try await vault.scanning(by: nil, as: fixture.caller("sam", in: vault)).found == 1)
    }

    @Test("only who may read something has it scanned, and a scan that fails leaves no verdict")
    func whoScans() async throws {
        let fixture = try await Fixture.copy()
        let plain = try await fixture.open()
        let id = try await fixture.deposit([1], in: plain)
        await #expect(throws: VaultError.scannerMissing) {
            try await plain.scan(id, as: fixture.caller("sam", in: plain))
        }
        try await plain.close()
        let fake = try FakeClamd.saying("stream: OK", in: fixture.folder)
        let vault = try await fixture.open(scanner: fake.scanner())
        for name in ["henry", "pat", "ada", "dana"] {
            await #expect(throws: VaultError.notFound(.document)) {
                try await vault.scan(id, as: fixture.caller(name, in: vault))
            }
            try await vault.scanUnscanned(as: fixture.caller(name, in: vault)) { _ in
                Issue.record("\(name) may not read it")
            }
        }
        await #expect(throws: VaultError.self) { try await vault.scan(id, as: fixture.caller("hana", in: vault)) }
        let outcomes = try await vault.scan(id, as: fixture.caller("sam", in: vault))
        #expect(outcomes.map(\.isClean) == [false])
        #expect(try await fixture.newestEvent(vault).detail["failure"] == "garbled")
        #expect(try await vault.show(id, as: fixture.caller("sam", in: vault)).scanned == nil)
    }

    /// What other hands do to the verdicts, and what the parent is then told.
    static let edits = [
        "UPDATE scans SET found = NULL", "UPDATE scans SET scanned = scanned + 1", "DELETE FROM scans",
        "UPDATE scans SET rendition = (SELECT id FROM renditions WHERE id NOT IN (SELECT rendition FROM scans))",
    ]

    @Test("a verdict that other hands wrote gives the family nothing", arguments: edits)
    func tampered(sql: String) async throws {
        let fixture = try await Fixture.copy()
        let plain = try await fixture.open()
        let other = try await fixture.deposit([2], title: "other", in: plain)
        let id = try await fixture.deposit([1], in: plain)
        for document in [id, other] {
            _ = try await plain.release(document, check: nil, as: fixture.caller("sam", in: plain))
        }
        try await plain.close()
        let isFound = sql.contains("found")
        let fake = try FakeClamd.saying(isFound ? "stream: A FOUND\0" : "stream: OK\0", in: fixture.folder)
        let scanning = try await fixture.open(scanner: fake.scanner())
        _ = try await scanning.scan(id, as: fixture.caller("sam", in: scanning))
        try await scanning.close()
        try fixture.tamper("records", sql)
        let vault = try await fixture.open()
        for document in [id, other] {
            await #expect(throws: (any Error).self) { try await fixture.read(document, as: "pat", in: vault) }
        }
        if !sql.contains("DELETE") { #expect(try await !fixture.check(vault).isSound) }
    }

    @Test("that scans are required cannot be taken away unseen")
    func requirementStays() async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        try await vault.requireScanning(as: fixture.caller("ada", in: vault))
        try await vault.close()
        #expect(throws: (any Error).self) { try fixture.tamper("records", "DELETE FROM scanning") }
        #expect(throws: (any Error).self) { try fixture.tamper("records", "UPDATE scanning SET since = 0") }
        try fixture.tamper("records", "DROP TRIGGER scanning_stays; DELETE FROM scanning")
        let again = try await fixture.open()
        #expect(try await fixture.check(again).findings.map(\.problem) == ["the requirement of scans is missing"])
    }
}
