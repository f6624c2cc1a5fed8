import Foundation
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("I4: what was erased does not come back with a backup", .timeLimit(.minutes(45)))
struct ErasureRestoreTests {
    private static let day: Int64 = 86_400

    /// A document of a child that is then erased, with backups of everything from before.
    private struct Story {
        let scene: BackupScene
        let document: DocumentID
        let kept: DocumentID
        let erased: Instant
    }

    private func story() async throws -> Story {
        let scene = try await BackupScene()
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        let vault = try await ensemble.open(clock)
        let document = try await ensemble.deposit("D05", by: "priya", text: "to be forgotten", in: vault)
        let kept = try await ensemble.deposit("D05", by: "priya", on: ensemble.teenCase, text: "hers", in: vault)
        try await vault.closeCase(ensemble.caseID, as: vault.person("sam"))
        let id = try await vault.list(
            .child(ensemble.child), ground: .mistake, reason: "Error", as: vault.person("rex"))
        try await vault.review(id, as: vault.person("mona"))
        try await vault.approve(id, coolingDays: 0, as: vault.person("dana"))
        let ada = try await vault.person("ada")
        _ = try await vault.backUpRecords(to: .writing(scene.path), as: ada)
        _ = try await vault.backUpKeyring(to: .writing(scene.path), sealedTo: [scene.custodian], as: ada)
        _ = try await vault.backUpObjects(to: .writing(scene.path), as: ada) { _ in }
        clock.move(to: clock.now.adding(seconds: Self.day))
        _ = try await vault.execute(id, as: vault.person("rex"))
        #expect(await ensemble.refusal(document, as: "priya", in: vault) == .notFound(.document))
        let erased = clock.now
        try await vault.close()
        try FileManager.default.copyItem(
            atPath: ensemble.fixture.folder.path + "/anchor.register", toPath: scene.fixture.folder.path + "/register")
        return Story(scene: scene, document: document, kept: kept, erased: erased)
    }

    private func restore(
        _ story: Story, at now: Instant, registers: [String], tampering: Bool = false
    ) async throws -> (RestoreReport, DocumentVault) {
        let scene = story.scene
        let source = try RestoreSource(
            .reading(scene.path), registers: registers, openedWith: scene.identity())
        let restoration = Restoration(
            folder: scene.restoredPath, anchorPath: "../restored.anchor", oldAnchor: nil, username: "ada",
            password: try Fixture.password())
        let environment = try Fixture.environment(now: now)
        let report = try await DocumentVault.restore(
            source, to: restoration, unlockedBy: Fixture.secret(), in: environment
        ) { _ in }
        let vault = try await DocumentVault.open(
            scene.restoredPath, unlockedWith: Fixture.secret(), in: environment)
        return (report, vault)
    }

    private func read(_ document: DocumentID, in vault: DocumentVault) async throws -> String {
        var bytes: [UInt8] = []
        let content = try await vault.open(document, as: try await vault.person("priya"))
        try content.read { bytes += $0 }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("an in-horizon keyring copy opens the child again until the register is replayed, and never after it")
    func inHorizon() async throws {
        let story = try await story()
        let register = story.scene.fixture.folder.path + "/register"
        // The residue that the certificate tells of: whoever has the copy and no register opens what was erased since.
        let (bare, raw) = try await restore(story, at: story.erased, registers: [])
        #expect(bare.isSound && bare.disposals == 0)
        #expect(try await read(story.document, in: raw) == "to be forgotten")
        try await raw.close()
        for path in [story.scene.restoredPath, story.scene.fixture.folder.path + "/restored.anchor"] {
            try FileManager.default.removeItem(atPath: path)
        }

        let (report, vault) = try await restore(story, at: story.erased, registers: [register])
        #expect(report.isSound, "\(report.check.findings)")
        #expect(report.disposals == 1)
        await #expect(throws: VaultError.notFound(.document)) { _ = try await read(story.document, in: vault) }
        #expect(try await read(story.kept, in: vault) == "hers")
        #expect(try await vault.records.read { try $0.certificates().map(\.number) } == [1])
        let again = try await vault.replay([register])
        #expect(again.disposals == 0)
        try await vault.close()
    }

    @Test("an out-of-horizon keyring copy is refused, with the register and without")
    func outOfHorizon() async throws {
        let story = try await story()
        let later = story.erased.adding(seconds: 30 * Self.day)
        for registers in [[], [story.scene.fixture.folder.path + "/register"]] {
            await #expect(throws: BackupError.self) {
                _ = try await restore(story, at: later, registers: registers)
            }
            #expect(!FileManager.default.fileExists(atPath: story.scene.restoredPath))
        }
    }

    @Test("objects and records without a keyring open nothing, however old they are")
    func withoutKeyring() async throws {
        let story = try await story()
        let files = try FileManager.default.subpathsOfDirectory(atPath: story.scene.path)
        for file in files where !file.hasPrefix("keyring") {
            let bytes = FileManager.default.contents(atPath: story.scene.path + "/" + file) ?? Data()
            for secret in ["to be forgotten", "Robin", "Title of D05"] {
                #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(file)")
            }
        }
    }

    @Test("a register that was altered, or is another vault's, stops the restore")
    func alteredRegister() async throws {
        let story = try await story()
        let register = story.scene.fixture.folder.path + "/register"
        try story.scene.flip(register, at: 0.5)
        await #expect(throws: BackupError.damaged("register")) {
            _ = try await restore(story, at: story.erased, registers: [register])
        }
    }

    @Test("a hold that was placed after the backup holds in what is restored")
    func holds() async throws {
        let scene = try await BackupScene()
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let ada = try await vault.person("ada")
        _ = try await vault.backUpRecords(to: .writing(scene.path), as: ada)
        _ = try await vault.backUpKeyring(to: .writing(scene.path), sealedTo: [scene.custodian], as: ada)
        _ = try await vault.placeHold(
            NewHold(
                name: "Inquiry", kind: .inquiry, authority: "A letter", scope: try HoldScope(categories: ["D08"])),
            as: vault.person("leo"))
        try await vault.close()
        let story = Story(
            scene: scene, document: DocumentID(from: .system), kept: DocumentID(from: .system), erased: Fixture.start)
        let (_, restored) = try await restore(
            story, at: Fixture.start, registers: [ensemble.fixture.folder.path + "/anchor.register"])
        #expect(try await restored.holds(as: restored.person("dana")).map(\.name) == ["Inquiry"])
        try await restored.close()
    }
}
