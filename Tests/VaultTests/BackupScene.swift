import Foundation
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

/// A vault, a folder for its backups, and a custodian.
struct BackupScene {
    let fixture: Fixture
    let custodian: AgeRecipient
    private let identityText: [UInt8]

    var path: String { fixture.folder.appending(path: "backups").path }
    var restoredPath: String { fixture.folder.appending(path: "restored").path }

    init() async throws {
        fixture = try await Fixture.copy()
        let identity = try AgeIdentity(from: .system)
        custodian = identity.recipient
        identityText = identity.exposedText()
    }

    func identity() throws -> BackupIdentity {
        var text = identityText
        return BackupIdentity(try AgeIdentity(wipingText: &text))
    }

    /// For the stock age program.
    func exposedIdentity() -> [UInt8] { identityText }

    func ada(in vault: DocumentVault) async throws -> Caller { try await fixture.caller("ada", in: vault) }

    @discardableResult
    func backUpObjects(_ vault: DocumentVault) async throws -> ObjectCopy {
        try await vault.backUpObjects(to: .writing(path), as: ada(in: vault)) { _ in }
    }

    @discardableResult
    func backUpRecords(_ vault: DocumentVault) async throws -> MadeBackup {
        try await vault.backUpRecords(to: .writing(path), as: ada(in: vault))
    }

    @discardableResult
    func backUpKeyring(_ vault: DocumentVault, horizonDays: Int = 30) async throws -> MadeBackup {
        try await vault.backUpKeyring(
            to: .writing(path), sealedTo: [custodian], horizonDays: horizonDays, as: ada(in: vault))
    }

    /// Everything, in the order of the command.
    func backUp(_ vault: DocumentVault) async throws {
        try await backUpRecords(vault)
        try await backUpKeyring(vault)
        try await backUpObjects(vault)
    }

    func source(_ identity: BackupIdentity? = nil) throws -> RestoreSource {
        try RestoreSource(.reading(path), openedWith: identity ?? self.identity())
    }

    func restore(
        now: Instant = Fixture.start, openedWith identity: BackupIdentity? = nil, oldAnchor: String? = nil,
        by username: String = "ada"
    ) async throws -> RestoreReport {
        let restoration = Restoration(
            folder: restoredPath, anchorPath: "../restored.anchor", oldAnchor: oldAnchor, username: username,
            password: try Fixture.password())
        return try await DocumentVault.restore(
            source(identity), to: restoration, unlockedBy: Fixture.secret(), in: Fixture.environment(now: now)
        ) { _ in }
    }

    func openRestored(now: Instant = Fixture.start) async throws -> DocumentVault {
        try await DocumentVault.open(
            restoredPath, unlockedWith: Fixture.secret(), in: Fixture.environment(now: now))
    }

    /// The same people, signed in to a restored vault, to which nobody is.
    func signedIn(to vault: DocumentVault) async throws -> Fixture {
        var people: [String: SessionToken] = [:]
        for name in ["ada", "sam", "priya"] {
            people[name] = try await vault.signIn(username: name, password: Fixture.password())
        }
        return Fixture(folder: fixture.folder, people: people, caseID: fixture.caseID, child: fixture.child)
    }

    /// The names in the backup folder that say something is there.
    func names(_ prefix: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasPrefix(prefix) }.sorted()
    }

    /// The paths of the backup's objects.
    func objectPaths() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: path + "/objects")
            .filter { $0.utf8.count == 67 }.map { path + "/objects/" + $0 }.sorted()
    }

    func flip(_ file: String, at position: Double) throws {
        let url = URL(filePath: file)
        var bytes = [UInt8](try Data(contentsOf: url))
        bytes[Int(Double(bytes.count - 1) * position)] ^= 0x04
        try Data(bytes).write(to: url)
    }

    /// That the vault's staging folder and the backup's are empty, and that nothing of a keyring lies open in the backup.
    func requireNothingLeft() throws {
        for folder in [fixture.vaultPath, path] {
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/staging").isEmpty)
        }
        let files = try FileManager.default.subpathsOfDirectory(atPath: path)
        for file in files where !file.hasPrefix("records-") {
            let bytes = FileManager.default.contents(atPath: path + "/" + file) ?? Data()
            #expect(bytes.range(of: Data("SQLite format 3".utf8)) == nil, "\(file)")
        }
    }
}
