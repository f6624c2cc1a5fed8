import Foundation
import GRDB
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

/// A vault with a child, a case and a team, in a folder of its own.
struct Fixture {
    let folder: URL
    let people: [String: SessionToken]
    let caseID: CaseID
    let child: ChildID

    var vaultPath: String { folder.appending(path: "vault").path }

    /// Who is on the case: a case officer, a school, a clinician, a youth justice worker and a parent; and, off it, an
    /// administrator, a second clinician and a data protection officer.
    static let team = [
        ("sam", "SEND", Party.education), ("hana", "SCH", .education), ("priya", "HADV", .health),
        ("yusuf", "YJS", .youthJustice), ("pat", "P", .family),
    ]
    static let others = [("henry", "HADV", Party.health), ("dana", "DPO", .rights)]

    /// 1 October 2026, 09:00 UTC: the shipped agreement is in force.
    static let start = Instant(milliseconds: 1_790_845_200_000)

    /// Everything is made once; each test gets a copy.
    static let prepared = Task { try await prepare() }

    static func copy() async throws -> Fixture {
        let original = try await prepared.value
        let folder = try scratchFolder()
        try FileManager.default.removeItem(at: folder)
        try FileManager.default.copyItem(at: original.folder, to: folder)
        let copy = Fixture(
            folder: folder, people: original.people, caseID: original.caseID, child: original.child)
        let marker = folder.appending(path: "vault/muniment-vault")
        let text = try String(contentsOf: marker, encoding: .utf8)
        try text.replacingOccurrences(of: original.folder.path, with: folder.path)
            .write(to: marker, atomically: true, encoding: .utf8)
        return copy
    }

    static func scratchFolder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "muniment-tests/\(Hex.encode(RandomSource.system.bytes(8)))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    static func environment(
        now: Instant = start, steps: WriteSteps = WriteSteps(), intake: IntakeRules = IntakeRules(),
        scanner: ClamdScanner? = nil
    ) throws -> VaultEnvironment {
        VaultEnvironment(
            now: { now }, day: { $0.dayInUTC }, random: .system, steps: steps, intake: intake, scanner: scanner,
            rights: try shippedRights(), claims: try shippedClaims())
    }

    static func shippedRights() throws -> RightsPolicy { try RightsPolicy.load(try shipped("rights.yaml")) }

    static func shippedClaims() throws -> ClaimsPolicy { try ClaimsPolicy.load(try shipped("claims.yaml")) }

    private static func shipped(_ name: String) throws -> PolicyText {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Policies/\(name)")
        return PolicyText(file: name, text: try String(contentsOf: file, encoding: .utf8))
    }

    static func secret() throws -> Key {
        var bytes = [UInt8](repeating: 7, count: 32)
        return Key(try SecretBytes(wiping: &bytes))
    }

    static func password() throws -> Key {
        var bytes = Array("a long password".utf8)
        return Key(try SecretBytes(wiping: &bytes))
    }

    func open(
        now: Instant = start, steps: WriteSteps = WriteSteps(), intake: IntakeRules = IntakeRules(),
        scanner: ClamdScanner? = nil
    ) async throws -> DocumentVault {
        try await DocumentVault.open(
            vaultPath, unlockedWith: Self.secret(),
            in: Self.environment(now: now, steps: steps, intake: intake, scanner: scanner))
    }

    func caller(_ name: String, in vault: DocumentVault) async throws -> Caller {
        try await vault.caller(try #require(people[name]))
    }

    func file(_ name: String, _ content: [UInt8]) throws -> FileDescriptor {
        try FileDescriptor.reading(write(name, content))
    }

    @discardableResult
    func write(_ name: String, _ content: [UInt8]) throws -> String {
        let url = folder.appending(path: name)
        try Data(content).write(to: url)
        return url.path
    }

    /// What other hands do to a database.
    func tamper(_ database: String, _ sql: String) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let queue = try DatabaseQueue(path: vaultPath + "/\(database).sqlite", configuration: configuration)
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    /// The write-ahead log would bring back what a test has replaced.
    func removeLog(_ database: String) {
        for ending in ["-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: vaultPath + "/\(database).sqlite\(ending)")
        }
    }

    private static func prepare() async throws -> Fixture {
        let folder = try scratchFolder()
        let path = folder.appending(path: "vault").path
        let new = NewVault(
            origin: "vault.test/ledger", anchorPath: folder.appending(path: "anchor").path, custody: .keyFile,
            administrator: .init(username: "ada", name: "Ada Admin", organisation: "Digital"),
            policies: try shippedPolicies())
        let environment = try environment()
        try await DocumentVault.create(
            new, in: path, unlockedBy: try secret(), password: try password(), environment: environment)
        let vault = try await DocumentVault.open(path, unlockedWith: try secret(), in: environment)
        var people = ["ada": try await vault.signIn(username: "ada", password: try password())]
        let ada = try await vault.caller(try #require(people["ada"]))
        for (name, role, party) in team + others {
            let organisation = try await vault.addOrganisation("\(name)'s office", party: party, as: ada)
            _ = try await vault.addPerson(
                NewPerson(
                    username: name, name: "\(name) Example", organisation: organisation,
                    roles: [Role(rawValue: role)]), password: try password(), as: ada)
            people[name] = try await vault.signIn(username: name, password: try password())
        }
        let sam = try await vault.caller(try #require(people["sam"]))
        let birth = try #require(Day("2015-04-01"))
        let child = try await vault.addChild(
            ChildProfile(name: "Robin Example", dateOfBirth: birth, nhsNumber: "943 476 5919", upn: nil), as: sam)
        let caseID = try await vault.openCase(for: child, purpose: "ehc.assessment", as: sam)
        for (name, role, _) in team where name != "sam" {
            try await vault.addToTeam(name, role: Role(rawValue: role), of: caseID, as: sam)
        }
        try await vault.close()
        return Fixture(folder: folder, people: people, caseID: caseID, child: child)
    }

    static func shippedPolicies() throws -> [PolicyFile: [UInt8]] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Policies")
        return try PolicyFile.allCases.reduce(into: [:]) { texts, file in
            texts[file] = [UInt8](try Data(contentsOf: root.appending(path: file.rawValue)))
        }
    }
}

extension Fixture {
    func newDocument(_ category: Rules.Category = "D05", title: String = "Report") -> NewDocument {
        NewDocument(caseID: caseID, category: category, title: title, mediaType: .unknown)
    }

    /// Deposits health advice as the clinician.
    func deposit(
        _ content: [UInt8], title: String = "Report", in vault: DocumentVault
    ) async throws -> DocumentID {
        let receipt = try await vault.deposit(
            newDocument(title: title), content: try file("content-\(title.count)-\(content.count)", content),
            as: try await caller("priya", in: vault))
        return try #require(DocumentID(receipt.document))
    }

    func read(_ id: DocumentID, as name: String, in vault: DocumentVault, range: ByteRange = .whole) async throws
        -> [UInt8]
    {
        var bytes: [UInt8] = []
        let content = try await vault.open(id, range: range, as: try await caller(name, in: vault))
        try content.read { bytes += $0 }
        return bytes
    }

    func check(_ vault: DocumentVault) async throws -> CheckReport {
        try await vault.check(readPercent: 100, as: try await caller("ada", in: vault)) { _ in }
    }

    func objectPaths() throws -> [String] {
        let root = vaultPath + "/objects"
        return try FileManager.default.subpathsOfDirectory(atPath: root)
            .filter { $0.utf8.count == 67 }.map { root + "/" + $0 }.sorted()
    }
}

extension Instant {
    /// The tests live in a zone without summer time.
    var dayInUTC: Day {
        guard let day = Day("1970-01-01")?.adding(days: Int(milliseconds / 86_400_000)) else {
            preconditionFailure("the tests stay within the calendar")
        }
        return day
    }
}
