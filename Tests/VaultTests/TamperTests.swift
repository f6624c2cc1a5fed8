import Foundation
import Ledger
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("What other hands did is found and refused")
struct TamperTests {
    /// A vault with two documents, closed.
    private func filled() async throws -> (Fixture, first: DocumentID, second: DocumentID) {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        let first = try await fixture.deposit(RandomSource.system.bytes(200_000), title: "one", in: vault)
        let second = try await fixture.deposit(RandomSource.system.bytes(200_000), title: "second", in: vault)
        try await vault.close()
        return (fixture, first, second)
    }

    /// Where a byte of an object is flipped: in the header, in the first chunk, in a later one, in the last tag.
    static let positions = [0.0, 0.001, 0.3, 0.6, 1.0]

    @Test("I6: a flipped byte anywhere in an object is an error that names it", arguments: positions)
    func flippedByte(position: Double) async throws {
        let (fixture, first, second) = try await filled()
        for path in try fixture.objectPaths() {
            var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
            bytes[Int(Double(bytes.count - 1) * position)] ^= 0x20
            try Data(bytes).write(to: URL(filePath: path))
        }
        let vault = try await fixture.open()
        for id in [first, second] {
            let error = await #expect(throws: StorageError.self) { try await fixture.read(id, as: "sam", in: vault) }
            guard case .objectDamaged = error else { Issue.record("\(String(describing: error))"); continue }
        }
        let found = try await fixture.check(vault).findings.map(\.what)
        for path in try fixture.objectPaths() {
            #expect(found.contains("object \(URL(filePath: path).lastPathComponent)"))
        }
    }

    @Test(
        "I6: objects that changed places, were cut or lengthened do not open",
        arguments: ["swap", "cut", "lengthen", "remove"])
    func wrongObject(how: String) async throws {
        let (fixture, first, _) = try await filled()
        let urls = try fixture.objectPaths().map { URL(filePath: $0) }
        let contents = try urls.map { try Data(contentsOf: $0) }
        for (url, other) in zip(urls, contents.reversed()) {
            switch how {
            case "swap": try other.write(to: url)
            case "cut": try other.dropLast(65_552).write(to: url)
            case "lengthen": try (other + Data(count: 1)).write(to: url)
            default: try FileManager.default.removeItem(at: url)
            }
        }
        let vault = try await fixture.open()
        await #expect(throws: StorageError.self) { try await fixture.read(first, as: "sam", in: vault) }
        #expect(try await !fixture.check(vault).isSound)
    }

    /// Edits of rows that decide something, and who must then read nothing.
    static let edits = [
        ("records", "UPDATE documents SET category = 'D01'", "sam"),
        ("records", "UPDATE documents SET holder = 'education'", "sam"),
        ("records", "UPDATE documents SET labels = 'safe-contact'", "yusuf"),
        ("records", "UPDATE renditions SET byte_count = byte_count - 1", "sam"),
        ("records", "UPDATE renditions SET byte_count = 9223372036854775807", "sam"),
        ("records", "UPDATE renditions SET object = randomblob(32)", "sam"),
        ("records", "UPDATE team SET role = 'SEND' WHERE role = 'YJS'", "yusuf"),
        ("records", "UPDATE cases SET child = randomblob(16)", "sam"),
        ("records", "UPDATE memberships SET role = 'SMGR'", "hana"),
        ("keyring", "UPDATE wraps SET party = 'rights' WHERE party = 'education'", "sam"),
        ("keyring", "UPDATE wraps SET is_override = 1 - is_override", "sam"),
        ("keyring", "UPDATE wraps SET party_key_version = 5000000000", "sam"),
        ("keyring", "DELETE FROM wraps WHERE party = 'education'", "sam"),
        ("keyring", "UPDATE wraps SET sealed = zeroblob(length(sealed))", "sam"),
    ]

    @Test("I6: an edited row opens nothing, and check finds it", arguments: edits)
    func editedRow(database: String, sql: String, name: String) async throws {
        let (fixture, first, _) = try await filled()
        try fixture.tamper(database, sql)
        let vault = try await fixture.open()
        await #expect(throws: (any Error).self) { try await fixture.read(first, as: name, in: vault) }
        if sql.contains("memberships") { return }  // Nobody is left who may check.
        #expect(try await !fixture.check(vault).isSound)
    }

    @Test("an older row put back is found", arguments: ["people", "team"])
    func replayedRow(table: String) async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        let copy = "CREATE TABLE old AS SELECT * FROM \(table)"
        try fixture.tamper("records", copy)
        _ = try await vault.disablePerson("priya", as: fixture.caller("ada", in: vault))
        try await vault.removeFromTeam("hana", of: fixture.caseID, as: fixture.caller("sam", in: vault))
        try await vault.close()
        try fixture.tamper("records", "INSERT OR REPLACE INTO \(table) SELECT * FROM old; DROP TABLE old")
        let again = try await fixture.open()
        // Both people had left the team; one account had been closed.
        #expect(try await fixture.check(again).findings.count == (table == "team" ? 2 : 1))
    }

    @Test("I1: a wrap too many and a wrap too few are found", arguments: Party.allCases)
    func wrapsMirrorTheAgreement(party: Party) async throws {
        let (fixture, first, _) = try await filled()
        let vault = try await fixture.open()
        let rendition = try #require(try await vault.records.read { try $0.renditions(of: first) }.first)
        let admitted = try await vault.keyring.read { Set(try $0.wraps(of: rendition.id).map(\.party)) }
        #expect(admitted == ["education", "health", "social-care", "youth-justice"], "D05 as the matrix has it")
        try await vault.close()
        let id = Hex.encode(rendition.id.bytes)
        if admitted.contains(party.rawValue) {
            try fixture.tamper(
                "keyring", "DELETE FROM wraps WHERE rendition = x'\(id)' AND party = '\(party.rawValue)'")
        } else {
            try fixture.tamper(
                "keyring",
                """
                INSERT INTO wraps SELECT rendition, '\(party.rawValue)', 1, 1, 0, sealed FROM wraps
                WHERE rendition = x'\(id)' AND party = 'health'
                """)
        }
        let again = try await fixture.open()
        let findings = try await fixture.check(again).findings
        #expect(findings.count == 1)
        #expect(findings.first?.what == "rendition \(id)")
        #expect(findings.first?.problem.contains(party.rawValue) == true)
    }

    @Test("I6: a vault put back to an earlier state is closed to all but status and check")
    func rollback() async throws {
        let fixture = try await Fixture.copy()
        let records = URL(filePath: fixture.vaultPath + "/records.sqlite")
        let old = try Data(contentsOf: records)
        let vault = try await fixture.open()
        let id = try await fixture.deposit([1, 2, 3], in: vault)
        try await vault.close()
        fixture.removeLog("records")
        try old.write(to: records)

        let back = try await fixture.open()
        #expect(back.readOnlyReason == .rolledBack)
        await #expect(throws: VaultError.rolledBack) { try await fixture.read(id, as: "sam", in: back) }
        await #expect(throws: VaultError.rolledBack) { try await fixture.deposit([4], in: back) }
        #expect(try await !fixture.check(back).isSound)
        #expect(try await back.status(as: fixture.caller("sam", in: back)).isReadOnly)
    }

    @Test("I6: a ledger that is longer than the anchor's and another is no extension of it")
    func fork() async throws {
        let here = try await Fixture.copy()
        let other = try await Fixture.copy()
        for (fixture, count) in [(here, 1), (other, 5)] {
            let vault = try await fixture.open()
            for number in 0..<count { _ = try await fixture.deposit([1], title: "t\(number)", in: vault) }
            try await vault.close()
        }
        let records = URL(filePath: here.vaultPath + "/records.sqlite")
        here.removeLog("records")
        try Data(contentsOf: URL(filePath: other.vaultPath + "/records.sqlite")).write(to: records)
        let vault = try await here.open()
        #expect(vault.readOnlyReason == .rolledBack)
    }

    @Test("without its anchor a vault may not be changed, until an administrator makes a new one")
    func missingAnchor() async throws {
        let fixture = try await Fixture.copy()
        try FileManager.default.removeItem(at: fixture.folder.appending(path: "anchor"))
        let vault = try await fixture.open()
        await #expect(throws: VaultError.anchorMissing) { try await fixture.deposit([4], in: vault) }
        await #expect(throws: VaultError.denied(.dutyNotHeld("ledger.anchor"))) {
            try await vault.restoreAnchor(username: "sam", password: try Fixture.password())
        }
        try await vault.restoreAnchor(username: "ada", password: try Fixture.password())
        try await vault.close()
        let again = try await fixture.open()
        #expect(again.readOnlyReason == nil)
        try await again.close()
    }

    @Test(
        "I6: ledger rows that were changed, removed or invented are found",
        arguments: [
            "UPDATE entries SET leaf = (SELECT leaf FROM entries WHERE position = 1) WHERE position = 2",
            "DELETE FROM entries WHERE position = 7", "UPDATE hashes SET hash = zeroblob(32) WHERE position = 4",
        ])
    func ledgerRows(sql: String) async throws {
        let (fixture, _, _) = try await filled()
        let triggers = ["entries_stay", "entries_keep", "hashes_stay", "hashes_keep"]
        #expect(throws: (any Error).self, "the triggers refuse it") { try fixture.tamper("records", sql) }
        try fixture.tamper("records", triggers.map { "DROP TRIGGER \($0);" }.joined() + sql)
        let vault = try await fixture.open()
        let report = try await fixture.check(vault)
        #expect(!report.isSound)
        #expect(report.findings.contains { $0.what.hasPrefix("ledger") })
    }

    @Test("a keyring or records of another vault are refused", arguments: ["keyring", "records"])
    func foreignStore(name: String) async throws {
        let fixture = try await Fixture.copy()
        let other = try await Fixture.copy()
        try other.tamper(name, "UPDATE vault SET id = randomblob(16)")
        let path = "/\(name).sqlite"
        fixture.removeLog(name)
        try FileManager.default.removeItem(atPath: fixture.vaultPath + path)
        try FileManager.default.copyItem(atPath: other.vaultPath + path, toPath: fixture.vaultPath + path)
        await #expect(throws: StorageError.foreignStore(store: name)) { try await fixture.open() }
    }

    @Test("a lost database is damage, and no empty one is put in its place", arguments: ["keyring", "records"])
    func lostStore(name: String) async throws {
        let fixture = try await Fixture.copy()
        let path = fixture.vaultPath + "/\(name).sqlite"
        fixture.removeLog(name)
        try FileManager.default.removeItem(atPath: path)
        await #expect(throws: StorageError.damagedStore(store: name)) { try await fixture.open() }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("a database from a newer program is refused")
    func newerFormat() async throws {
        let fixture = try await Fixture.copy()
        try fixture.tamper("records", "INSERT INTO grdb_migrations (identifier) VALUES ('9 from the future')")
        await #expect(throws: StorageError.newerFormat(store: "records")) { try await fixture.open() }
    }

    @Test("another secret does not open the vault")
    func wrongSecret() async throws {
        let fixture = try await Fixture.copy()
        await #expect(throws: SealingError.wrongUnlockSecret) {
            try await DocumentVault.open(
                fixture.vaultPath, unlockedWith: try Key(from: .system), in: try Fixture.environment())
        }
    }

    @Test("after a clock that ran ahead, an administrator accepts the right one")
    func clock() async throws {
        let fixture = try await Fixture.copy()
        let ahead = try await fixture.open(now: Fixture.start.adding(seconds: 9 * 3600))
        _ = try await ahead.signIn(username: "priya", password: try Fixture.password())
        try await ahead.close()
        let vault = try await fixture.open()
        await #expect(throws: StorageError.clockWentBackwards) {
            try await vault.signIn(username: "sam", password: try Fixture.password())
        }
        await #expect(throws: VaultError.denied(.dutyNotHeld("ledger.anchor"))) {
            try await vault.acceptClock(username: "sam", password: try Fixture.password())
        }
        try await vault.acceptClock(username: "ada", password: try Fixture.password())
        _ = try await vault.signIn(username: "sam", password: try Fixture.password())
        try await vault.close()
    }
}
