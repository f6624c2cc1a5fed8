import Foundation
import Ledger
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("What is wrong with a backup is refused and named")
struct BackupFaultTests {
    struct Stopped: Error {}

    private func backedUp() async throws -> BackupScene {
        let scene = try await BackupScene()
        let vault = try await scene.fixture.open()
        _ = try await scene.fixture.deposit(RandomSource.system.bytes(100_000), in: vault)
        try await scene.backUp(vault)
        try await vault.close()
        return scene
    }

    @Test("I6: a flipped byte in the records or the keyring is refused", arguments: [0.0, 0.002, 0.4, 0.7, 1.0])
    func flipped(position: Double) async throws {
        for kind in ["records", "keyring"] {
            let scene = try await backedUp()
            let name = try #require(try scene.names(kind).first { !$0.hasSuffix(".sha256") })
            try scene.flip(scene.path + "/" + name, at: position)
            let error = await #expect(throws: BackupError.self) { try await scene.restore() }
            #expect(error == .damaged(name) || error == .wrongIdentity(name))
            try scene.requireNoVault()
        }
    }

    @Test("I6: a damaged object in a backup is left out and named, and the rest is restored")
    func flippedObject() async throws {
        let scene = try await backedUp()
        let path = try #require(try scene.objectPaths().first)
        try scene.flip(path, at: 0.5)
        let report = try await scene.restore()
        let name = URL(filePath: path).lastPathComponent
        #expect(!report.isSound)
        #expect(report.objects.damaged == [name])
        #expect(report.check.findings.map(\.what) == ["object \(name)"])
        let again = try await scene.openRestored()
        #expect(again.readOnlyReason == nil)
        try await again.close()
    }

    @Test(
        "a keyring that was cut short, lengthened or sealed to somebody else is refused",
        arguments: ["cut", "longer", "other"])
    func wrongKeyring(how: String) async throws {
        let scene = try await backedUp()
        let name = try #require(try scene.names("keyring").first)
        let url = URL(filePath: scene.path + "/" + name)
        let bytes = try Data(contentsOf: url)
        if how == "cut" { try bytes.dropLast(65_552).write(to: url) }
        if how == "longer" { try (bytes + Data(count: 1)).write(to: url) }
        let identity = how == "other" ? BackupIdentity(try AgeIdentity(from: .system)) : try scene.identity()
        await #expect(throws: how == "other" ? BackupError.wrongIdentity(name) : BackupError.damaged(name)) {
            try await scene.restore(openedWith: identity)
        }
        try scene.requireNoVault()
    }

    @Test("a keyring past its horizon is refused, by restore and by drill")
    func expired() async throws {
        let scene = try await backedUp()
        let name = try #require(try scene.names("keyring").first)
        let end = Fixture.start.adding(seconds: 30 * 86_400)
        let error = BackupError.expired(name, on: end.text)
        await #expect(throws: error) { try await scene.restore(now: end) }
        await #expect(throws: error) {
            try await DocumentVault.drill(
                scene.source(), in: scene.path, unlockedBy: Fixture.secret(), readPercent: 0,
                in: Fixture.environment(now: end)
            ) { _ in }
        }
        try scene.requireNoVault()
        #expect(try scene.names("drill") == [])
        #expect(try await scene.restore(now: end.adding(seconds: -1)).check.findings == [])
    }

    @Test("a folder that holds something, another vault's records, a wrong password or secret: nothing is made")
    func refused() async throws {
        let scene = try await backedUp()
        await #expect(throws: SealingError.wrongUnlockSecret) {
            try await DocumentVault.drill(
                scene.source(), in: scene.path, unlockedBy: Key(from: .system), readPercent: 0,
                in: Fixture.environment()
            ) { _ in }
        }
        #expect(try scene.names("drill") == [])
        try FileManager.default.createDirectory(atPath: scene.restoredPath, withIntermediateDirectories: false)
        try scene.fixture.write("restored/something", [1])
        await #expect(throws: StorageError.alreadyExists) { try await scene.restore() }
        try FileManager.default.removeItem(atPath: scene.restoredPath)
        await #expect(throws: VaultError.wrongCredentials) { try await scene.restore(by: "nobody") }

        let records = try #require(try scene.names("records").first)
        try FileManager.default.removeItem(atPath: scene.path + "/" + records + ".sha256")
        let url = URL(filePath: scene.path + "/" + records)
        try await other(scene).write(to: url)
        let keyring = try #require(try scene.names("keyring").first)
        await #expect(throws: BackupError.foreign(records: records, keyring: keyring)) { try await scene.restore() }
        try scene.requireNoVault()
    }

    /// The records of another vault.
    private func other(_ scene: BackupScene) async throws -> Data {
        let path = scene.fixture.folder.appending(path: "other").path
        let new = NewVault(
            origin: "other.test/ledger", anchorPath: "../other.anchor", custody: .keyFile,
            administrator: .init(username: "ada", name: "Ada Admin", organisation: "Digital"),
            policies: try Fixture.shippedPolicies())
        try await DocumentVault.create(
            new, in: path, unlockedBy: Fixture.secret(), password: Fixture.password(),
            environment: Fixture.environment())
        let vault = try await DocumentVault.open(
            path, unlockedWith: Fixture.secret(), in: Fixture.environment())
        let copy = scene.fixture.folder.appending(path: "copy").path
        try vault.records.snapshot(to: copy)
        try await vault.close()
        return try Data(contentsOf: URL(filePath: copy))
    }

    static let stops: [(String, WriteSteps.Step, Bool)] = ["records", "keyring", "objects"].flatMap { kind in
        [WriteSteps.Step.stage, .records, .place].flatMap { step in [(kind, step, true), (kind, step, false)] }
    }

    @Test("I3: stopped at any write, no half file has its name and nothing of the keyring lies open", arguments: stops)
    func stopped(kind: String, step: WriteSteps.Step, isBefore: Bool) async throws {
        let scene = try await BackupScene()
        let first = try await scene.fixture.open()
        _ = try await scene.fixture.deposit(RandomSource.system.bytes(1000), in: first)
        try await first.close()
        if kind == "objects", step != .place { return }  // It writes nothing else.
        let steps = WriteSteps(
            before: { if $0 == step && isBefore { throw Stopped() } },
            after: { if $0 == step && !isBefore { throw Stopped() } })
        let vault = try await scene.fixture.open(steps: steps)
        await #expect(throws: Stopped.self) {
            switch kind {
            case "records": try await scene.backUpRecords(vault)
            case "keyring": try await scene.backUpKeyring(vault)
            default: try await scene.backUpObjects(vault)
            }
        }
        try scene.requireNothingLeft()
        let isThere = step == .place && !isBefore
        #expect(try scene.names(kind + "-").isEmpty == (kind == "objects" || !isThere))
        let rows = try await vault.records.read { try $0.keyringBackups() }
        #expect(rows.count >= (try scene.names("keyring-")).count, "no copy of which the vault does not know")
        let again = try await scene.fixture.open()
        try await scene.fixture.check(again).findings.forEach { Issue.record("\($0)") }
        try await again.close()
    }

    @Test("what a killed process left aside is cleared away by the next")
    func leftBehind() async throws {
        let scene = try await backedUp()
        let left = [
            "backups/staging/\(String(repeating: "a", count: 32))",
            "vault/staging/\(String(repeating: "b", count: 32))",
        ]
        for path in left { try scene.fixture.write(path, Array("SQLite format 3".utf8)) }
        let drill = scene.path + "/drill-01234567/vault"
        try FileManager.default.createDirectory(atPath: drill, withIntermediateDirectories: true)
        try Data("SQLite format 3".utf8).write(to: URL(filePath: drill + "/keyring.sqlite"))
        let vault = try await scene.fixture.open()
        try await scene.backUpObjects(vault)
        try scene.requireNothingLeft()
        #expect(try scene.names("drill") == [])
        try await vault.close()
    }
}
