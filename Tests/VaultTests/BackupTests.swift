import Foundation
import Rules
import Sealing
import Storage
import Synchronization
import Testing

@testable import Vault

@Suite("What was backed up can be restored")
struct BackupTests {
    /// What the writers beside a backup have been promised so far.
    private final class Writing: Sendable {
        let isOver = Mutex(false)
        let acknowledged = Mutex<[DocumentID: Int]>([:])
    }

    @Test("a vault that was lost is restored, and every document of it can be read")
    func roundTrip() async throws {
        let scene = try await BackupScene()
        let vault = try await scene.fixture.open()
        var contents: [DocumentID: [UInt8]] = [:]
        for count in [0, 1, 65_536, 300_000] {
            let content = RandomSource.system.bytes(count)
            contents[try await scene.fixture.deposit(content, title: "t\(count)", in: vault)] = content
        }
        try await scene.backUp(vault)
        try await vault.close()
        try FileManager.default.removeItem(atPath: scene.fixture.vaultPath)

        let report = try await scene.restore()
        #expect(report.check.findings == [])
        #expect(report.objects.copied == 4)
        #expect(report.strays == 0)
        let again = try await scene.openRestored()
        #expect(again.readOnlyReason == nil)
        await #expect(throws: VaultError.notSignedIn) { try await scene.fixture.caller("sam", in: again) }
        let users = try await scene.signedIn(to: again)
        for (id, content) in contents {
            #expect(try await users.read(id, as: "sam", in: again) == content)
        }
        #expect(try await users.check(again).findings == [])
        _ = try await users.deposit([1, 2, 3], in: again)
        try await again.close()
        try scene.requireNothingLeftIn(scene.restoredPath)
    }

    @Test(
        "backed up while eight deposit: what was acknowledged before it began is there, and the rest is whole or not there"
    )
    func besideWriters() async throws {
        let scene = try await BackupScene()
        let fixture = scene.fixture
        let vault = try await fixture.open()
        let writing = Writing()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 1...8 {
                group.addTask {
                    var number = 0
                    while !writing.isOver.withLock({ $0 }) {
                        number += 1
                        let count = writer * 10_000 + number
                        let id = try await fixture.deposit(
                            [UInt8](repeating: UInt8(writer), count: count), title: "w", in: vault)
                        writing.acknowledged.withLock { $0[id] = count }
                    }
                }
            }
            while writing.acknowledged.withLock({ $0.count }) < 40 { try await Task.sleep(for: .milliseconds(5)) }
            let before = writing.acknowledged.withLock { $0 }
            try await scene.backUp(vault)
            writing.isOver.withLock { $0 = true }
            try await group.waitForAll()
            let all = writing.acknowledged.withLock { $0.count }
            #expect(all > before.count, "they went on meanwhile")
            try await vault.close()

            let report = try await scene.restore()
            #expect(report.check.findings == [])
            let again = try await scene.openRestored()
            let users = try await scene.signedIn(to: again)
            for (id, count) in before {
                #expect(try await users.read(id, as: "sam", in: again).count == count)
            }
            #expect(try await again.records.read { try $0.counts() }.documents >= before.count)
            try await again.close()
        }
    }

    @Test("what changed between the copies of the records and of the keyring is brought into line")
    func threeMoments() async throws {
        let scene = try await BackupScene()
        let vault = try await scene.fixture.open()
        let id = try await scene.fixture.deposit([1, 2, 3], in: vault)
        try await scene.backUpRecords(vault)
        _ = try await scene.fixture.deposit([4, 5, 6, 7], title: "later", in: vault)
        let birth = try #require(Day("2016-02-03"))
        _ = try await vault.addChild(
            ChildProfile(name: "Later Example", dateOfBirth: birth, nhsNumber: nil, upn: nil),
            as: scene.fixture.caller("sam", in: vault))
        let rendition = try #require(try await vault.records.read { try $0.renditions(of: id) }.first)
        try await vault.keyring.write { try $0.removeWrap(of: rendition.id, for: "social-care") }
        try await scene.backUpKeyring(vault)
        try await scene.backUpObjects(vault)
        try await vault.close()

        let report = try await scene.restore()
        #expect(report.check.findings == [])
        #expect(report.strays >= 1, "what has a note of its own is settled by recovery")
        #expect(report.objects.copied == 1)
        let again = try await scene.openRestored()
        let users = try await scene.signedIn(to: again)
        #expect(try await users.read(id, as: "sam", in: again) == [1, 2, 3])
        #expect(try await again.keyring.read { try $0.wrap(of: rendition.id, for: "social-care") } != nil)
        try await again.close()
    }

    @Test("objects are copied once, a damaged one is named and not copied, and one that went meanwhile is no error")
    func incremental() async throws {
        let scene = try await BackupScene()
        let vault = try await scene.fixture.open()
        for number in 1...5 {
            _ = try await scene.fixture.deposit(RandomSource.system.bytes(500 * number), title: "t", in: vault)
        }
        #expect(try await scene.backUpObjects(vault).copied == 5)
        let second = try await scene.backUpObjects(vault)
        #expect((second.copied, second.present, second.bytes) == (0, 5, 0))
        _ = try await scene.fixture.deposit(RandomSource.system.bytes(9999), title: "t", in: vault)
        let damaged = try #require(
            try scene.fixture.objectPaths().first { path in
                !FileManager.default.fileExists(atPath: path.replacing(scene.fixture.vaultPath, with: scene.path))
            })
        try scene.flip(damaged, at: 0.5)
        let third = try await scene.backUpObjects(vault)
        #expect((third.copied, third.present) == (0, 5))
        #expect(third.damaged == [URL(filePath: damaged).lastPathComponent])
        #expect(try scene.objectPaths().count == 5)
        var copy = ObjectCopy()
        let gone = try #require(Digest([UInt8](repeating: 9, count: 32)))
        let folder = try BackupFolder.writing(scene.path)
        try folder.objects.take([gone], from: vault.objects, random: .system, into: &copy)
        #expect(copy == ObjectCopy())
        try await vault.close()
    }

    @Test("only who has the duty makes backups, restores and tries it out; refusals are recorded")
    func duties() async throws {
        let scene = try await BackupScene()
        let vault = try await scene.fixture.open()
        try await scene.backUp(vault)
        let sam = try await scene.fixture.caller("sam", in: vault)
        let before = try await vault.records.read { try $0.logSize() }
        await #expect(throws: VaultError.denied(.dutyNotHeld("backup.make"))) {
            try await vault.backUpRecords(to: .writing(scene.path), as: sam)
        }
        await #expect(throws: VaultError.denied(.dutyNotHeld("backup.make"))) {
            try await vault.pruneBackups(in: .writing(scene.path), as: sam)
        }
        await #expect(throws: VaultError.denied(.dutyNotHeld("backup.restore"))) {
            try await vault.drill(
                scene.source(), in: scene.path, unlockedBy: Fixture.secret(), readPercent: 0, as: sam
            ) { _ in }
        }
        #expect(try await vault.records.read { try $0.logSize() } == before + 3)
        try await vault.close()
        await #expect(throws: VaultError.denied(.dutyNotHeld("backup.restore"))) {
            try await scene.restore(by: "sam")
        }
        try scene.requireNoVault()
    }

    @Test("one process works in a backup folder at a time, and a vault is no place for backups")
    func folders() async throws {
        let scene = try await BackupScene()
        let folder = try BackupFolder.writing(scene.path)
        #expect(throws: BackupError.busy) { try BackupFolder.writing(scene.path) }
        #expect(throws: BackupError.isVault) { try BackupFolder.writing(scene.fixture.vaultPath) }
        #expect(throws: BackupError.missing(kind: "records")) {
            try RestoreSource(folder, openedWith: scene.identity())
        }
    }

    @Test("I5: nothing personal is in clear in any backup")
    func canary() async throws {
        let scene = try await BackupScene()
        let vault = try await scene.fixture.open()
        let content = Array(String(repeating: "canary content ", count: 9000).utf8)
        _ = try await scene.fixture.deposit(content, title: "canary title", in: vault)
        try await scene.backUp(vault)
        try await vault.close()
        let files = try FileManager.default.subpathsOfDirectory(atPath: scene.path).compactMap { path in
            FileManager.default.contents(atPath: scene.path + "/" + path).map { (path, $0) }
        }
        #expect(
            files.contains { $0.1.range(of: Data("vault.test/ledger".utf8)) != nil }, "the search finds what is there")
        for canary in ["canary", "Robin", "9434765919", "priya", "Ada Admin"] {
            for text in [canary, canary.lowercased(), canary.uppercased()] {
                for needle in [Data(text.utf8), text.data(using: .utf16LittleEndian) ?? Data()] {
                    for (path, bytes) in files { #expect(bytes.range(of: needle) == nil, "\(canary) in \(path)") }
                }
            }
        }
    }
}

extension BackupScene {
    /// That a restore that was refused left nothing.
    func requireNoVault() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path)
        #expect(names.filter { $0.hasPrefix("restored") } == [])
    }

    func requireNothingLeftIn(_ vault: String) throws {
        #expect(try FileManager.default.contentsOfDirectory(atPath: vault + "/staging").isEmpty)
        let beside = try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path)
        #expect(beside.filter { $0.contains(".restoring-") } == [])
    }
}
