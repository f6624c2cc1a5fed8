import Foundation
import Ledger
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("How long a backup of the keyring lives, and what a restored vault says of itself")
struct BackupLifeTests {
    private static let day: Int64 = 86_400

    @Test("prune removes what is past its horizon and known by its bytes, and nothing else")
    func prune() async throws {
        let scene = try await BackupScene()
        var files: [String] = []
        for (number, horizon) in [7, 30, 7].enumerated() {
            let vault = try await scene.fixture.open(now: Fixture.start.adding(seconds: Int64(number)))
            files.append(try await scene.backUpKeyring(vault, horizonDays: horizon).file)
            try await vault.close()
        }
        // One that somebody has changed is no longer the one that was made.
        try scene.flip(scene.path + "/" + files[2], at: 0.5)
        try scene.fixture.write("backups/keyring-20200101T000000Z.age", [1, 2, 3])
        let vault = try await scene.fixture.open(now: Fixture.start.adding(seconds: 2))
        let ada = try await scene.ada(in: vault)
        #expect(try await vault.lastKeyringBackupExpiry() == Fixture.start.adding(seconds: 30 * Self.day + 1))
        let early = try await vault.pruneBackups(in: .writing(scene.path), as: ada)
        #expect((early.removed, early.kept) == ([], [files[0], files[1]]))
        try await vault.close()

        let later = try await scene.fixture.open(now: Fixture.start.adding(seconds: 8 * Self.day))
        let report = try await later.pruneBackups(in: .writing(scene.path), as: ada)
        #expect(report.removed == [files[0]])
        #expect(report.kept == [files[1]])
        #expect(report.unknown == ["keyring-20200101T000000Z.age", files[2]])
        #expect(report.elsewhere == 1)
        #expect(try scene.names("keyring-").count == 3)
        let listed = try await later.keyringBackups(as: ada)
        #expect(listed.map { $0.pruned != nil } == [true, false, false])
        #expect(try await scene.check(later, by: ada) == [])
        let names = try await later.records.read { try $0.entries(of: [.backupMade, .backupPruned]) }.map(\.leaf.kind)
        #expect(names == [.backupMade, .backupMade, .backupMade, .backupPruned])
        try await later.close()
    }

    @Test("a horizon is 1 to 35 days", arguments: [0, 36, -1, Int.max])
    func horizon(days: Int) async throws {
        let scene = try await BackupScene()
        let vault = try await scene.fixture.open()
        await #expect(throws: VaultError.self) { try await scene.backUpKeyring(vault, horizonDays: days) }
        #expect(try await vault.lastKeyringBackupExpiry() == nil)
        try await vault.close()
    }

    @Test("a backup that was made cannot be taken off the record")
    func rows() async throws {
        let scene = try await BackupScene()
        let vault = try await scene.fixture.open()
        try await scene.backUpKeyring(vault)
        try await vault.close()
        #expect(throws: (any Error).self) { try scene.fixture.tamper("records", "DELETE FROM keyring_backups") }
        for sql in [
            "UPDATE keyring_backups SET expires = expires - 1",
            "DROP TRIGGER keyring_backups_stay; DELETE FROM keyring_backups",
        ] {
            try scene.fixture.tamper("records", sql)
            let again = try await scene.fixture.open()
            #expect(try await !scene.fixture.check(again).isSound, "\(sql)")
            try await again.close()
        }
    }

    @Test(
        "the restored vault records who restored it, says how much is missing, and counts on every copy made before the loss"
    )
    func restoredLedger() async throws {
        let scene = try await BackupScene()
        let vault = try await scene.fixture.open()
        try await scene.backUp(vault)
        for number in 1...3 { _ = try await scene.fixture.deposit([1], title: "lost \(number)", in: vault) }
        let size = try await vault.records.read { try $0.logSize() }
        try await vault.close()
        let anchor = scene.fixture.folder.appending(path: "anchor").path

        let report = try await scene.restore(oldAnchor: anchor)
        #expect(report.missing == size - report.entries)
        #expect((report.missing ?? 0) >= 5, "three deposits, and the entries of two backups")
        let again = try await scene.openRestored()
        let row = try #require(try await again.records.read { try $0.entries(of: [.vaultRestored]) }.first)
        let event = try #require(try await again.opened(row))
        let ada = try await scene.signedIn(to: again).caller("ada", in: again)
        #expect(event.actor["person"] == "\(ada.person)")
        #expect(event.detail["missing"] == String(size - report.entries))
        // The keyring that was restored has its row, though the restored records had none.
        #expect(try await again.keyringBackups(as: ada).count == 1)
        #expect(try await again.lastKeyringBackupExpiry() == Fixture.start.adding(seconds: 35 * Self.day))
        try await again.close()
    }

    @Test("an old anchor of another history is refused")
    func otherAnchor() async throws {
        let scene = try await BackupScene()
        let vault = try await scene.fixture.open()
        try await scene.backUp(vault)
        try await vault.close()
        let wrong = try scene.fixture.write("wrong", Array("nonsense".utf8))
        await #expect(throws: BackupError.anchorRefused) { try await scene.restore(oldAnchor: wrong) }
        try scene.requireNoVault()
    }

    @Test("I4: a drill shows that nothing opens of a child whose key was destroyed, and leaves nothing")
    func drill() async throws {
        let scene = try await BackupScene()
        let vault = try await scene.fixture.open()
        _ = try await scene.fixture.deposit(RandomSource.system.bytes(2000), in: vault)
        try await scene.backUp(vault)
        let ada = try await scene.ada(in: vault)
        func drill() async throws -> DrillReport {
            try await vault.drill(
                scene.source(), in: scene.path, unlockedBy: Fixture.secret(), readPercent: 100, as: ada
            ) { _ in }
        }
        let sound = try await drill()
        #expect(sound.isSound)
        #expect(sound.unreadable == [])

        // Destroyed with the wraps left in place, which is more than an erasure leaves.
        let child = scene.fixture.child
        try await vault.keyring.write { try $0.removeChild(child) }
        let folder = try BackupFolder.writing(scene.path)
        for name in try folder.names(.keyring) { try Folder.remove(folder.path(of: name)) }
        _ = try await vault.backUpKeyring(to: folder, sealedTo: [scene.custodian], as: ada)
        let again = try await vault.drill(
            RestoreSource(folder, openedWith: scene.identity()), in: scene.fixture.folder.path,
            unlockedBy: Fixture.secret(), readPercent: 100, as: ada
        ) { _ in }
        let gone = try #require(again.unreadable.first)
        #expect(gone.child == "\(child)")
        #expect((gone.documents, gone.opened) == (1, 0))
        #expect(gone.wraps >= 4)
        #expect(gone.tries >= 4 * (1 + 1 + gone.wraps))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: scene.fixture.folder.path).allSatisfy {
                !$0.hasPrefix("drill")
            })
        #expect(try scene.names("drill") == [])
        #expect(try await vault.records.read { try $0.entries(of: [.backupDrilled]) }.count == 2)
        try await vault.close()
    }

    @Test("what age and sqlite3 make of a keyring backup by hand is the keyring", .enabled(if: AtRestTests.hasAge))
    func byHand() async throws {
        let scene = try await BackupScene()
        let vault = try await scene.fixture.open()
        let file = try await scene.backUpKeyring(vault).file
        try await vault.close()
        let key = try scene.fixture.write("identity", scene.exposedIdentity())
        let copy = scene.fixture.folder.appending(path: "copy.sqlite").path
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", "age -d -i '\(key)' '\(scene.path)/\(file)' | sed '1,/^$/d' > '\(copy)'"]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        try KeyringStore.requireSound(copy)
    }
}

extension BackupScene {
    func check(_ vault: DocumentVault, by caller: Caller) async throws -> [Finding] {
        try await vault.check(readPercent: 100, as: caller) { _ in }.findings
    }
}
