import Foundation
import GRDB
import Rules
import Sealing
import Storage
import Synchronization
import Testing

@testable import Vault

/// A vault with four children, five cases and somebody in every role, to be copied for each run.
struct MirrorWorld: Sendable {
    let fixture: Fixture
    let people: [String: PersonID]
    let cases: [CaseID]
    let children: [ChildID]

    /// About which child each case is.
    static func child(of place: Int) -> Int { [0, 1, 1, 2, 3][place] }

    static let team =
        Fixture.team + [
            ("max", "SMGR", Party.education), ("erin", "EP", .education), ("lena", "LEG", .education),
            ("dot", "DCO", .health), ("susan", "SW", .socialCare), ("colin", "CUST", .youthJustice),
            ("cara", "C", .family),
            ("rex", "REP", .family),
        ]
    /// On no team to begin with. Only the spare ones are ever disabled.
    static let others =
        Fixture.others + [
            ("rita", "REC", Party.rights), ("scott", "SCA", .socialCare), ("yara", "YP", .family),
        ]
    static let spare = [
        ("ed", "EP", Party.education), ("sid", "SW", .socialCare), ("doug", "DCO", .health),
        ("carl", "CUST", .youthJustice), ("leo", "LEG", .education), ("rhea", "REC", .rights),
    ]
    static let everybody = team + others + spare

    static func role(of name: String) -> String { everybody.first { $0.0 == name }?.1 ?? "" }
    static func party(of name: String) -> Party { everybody.first { $0.0 == name }?.2 ?? .rights }

    static let prepared = Task { try await prepare() }

    private static func prepare() async throws -> MirrorWorld {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        let ada = try await fixture.caller("ada", in: vault)
        let known = Set((Fixture.team + Fixture.others).map(\.0))
        for (name, role, party) in everybody where !known.contains(name) {
            let office = try await vault.addOrganisation("\(name)'s office", party: party, as: ada)
            _ = try await vault.addPerson(
                NewPerson(username: name, name: "\(name) Example", organisation: office, roles: [Role(rawValue: role)]),
                password: try Fixture.password(), as: ada)
        }
        let sam = try await fixture.caller("sam", in: vault)
        let births = [("Alex", "2010-10-10"), ("Sasha", "2015-04-01"), ("Jo", "2018-12-24")]
        var children = [fixture.child]
        for (name, day) in births {
            let profile = try ChildProfile(
                name: "\(name) Example", dateOfBirth: try #require(Day(day)), nhsNumber: nil, upn: nil)
            children.append(try await vault.addChild(profile, as: sam))
        }
        var cases = [fixture.caseID]
        for place in 1...4 {
            cases.append(
                try await vault.openCase(for: children[child(of: place)], purpose: "ehc.assessment", as: sam))
        }
        for (place, caseID) in cases.enumerated() {
            for (name, role, _) in team where name != "sam" && (place > 0 || !known.contains(name)) {
                try await vault.addToTeam(name, role: Role(rawValue: role), of: caseID, as: sam)
            }
        }
        var people: [String: PersonID] = [:]
        for (name, _, _) in everybody + [("ada", "ADM", .education)] {
            people[name] = try await vault.person(named: name)
        }
        try await vault.close()
        return MirrorWorld(fixture: fixture, people: people, cases: cases, children: children)
    }

    /// A copy in memory where the machine has a folder for that: thousands of commits need not wait for a disk.
    func copy() throws -> MirrorWorld {
        let memory = "/dev/shm"
        let name = "muniment-mirror-\(Hex.encode(RandomSource.system.bytes(8)))"
        let isInMemory = FileManager.default.isWritableFile(atPath: memory)
        let parent = isInMemory ? URL(filePath: memory) : try Fixture.scratchFolder()
        let folder = parent.appending(path: name)
        try FileManager.default.copyItem(at: fixture.folder, to: folder)
        let marker = folder.appending(path: "vault/muniment-vault")
        let text = try String(contentsOf: marker, encoding: .utf8)
        try text.replacingOccurrences(of: fixture.folder.path, with: folder.path)
            .write(to: marker, atomically: true, encoding: .utf8)
        let copy = Fixture(folder: folder, people: fixture.people, caseID: fixture.caseID, child: fixture.child)
        return MirrorWorld(fixture: copy, people: people, cases: cases, children: children)
    }

    func remove() throws { try FileManager.default.removeItem(at: fixture.folder) }

    func open(_ clock: MirrorClock, steps: WriteSteps = WriteSteps()) async throws -> DocumentVault {
        let environment = VaultEnvironment(
            now: { clock.now }, day: { $0.dayInUTC }, random: .system, steps: steps)
        return try await DocumentVault.open(fixture.vaultPath, unlockedWith: Fixture.secret(), in: environment)
    }

    /// Somebody as he or she is now, signed in or not: sessions would not last through the months of a run.
    func caller(_ name: String, in vault: DocumentVault) async throws -> Caller {
        let person = try #require(people[name])
        return try await vault.records.read { try $0.caller(person) }
    }

    /// The keyring's file, to be read by other hands than the vault's.
    func keyringFile() throws -> DatabaseQueue { try DatabaseQueue(path: fixture.vaultPath + "/keyring.sqlite") }
}

/// A clock that stands until it is moved.
final class MirrorClock: Sendable {
    private let state = Mutex(Fixture.start)

    var now: Instant { state.withLock { $0 } }
    var today: Day { now.dayInUTC }

    func move(days: Int) { state.withLock { $0 = $0.adding(seconds: Int64(days) * 86_400) } }
    func tick() { state.withLock { $0 = $0.adding(seconds: 1) } }
}
