import Ledger
import Rules
import Sealing
import Storage
import Synchronization
import Testing

@testable import Vault

@Suite("The key of the blind indexes is replaced, and everything is found as before", .timeLimit(.minutes(45)))
struct BlindIndexTests {
    private let identity = Identity(issuer: "https://id.example", subject: "hana-7")

    /// What each of the many kinds of index finds.
    private func expectFound(_ scene: SignInScene, _ vault: DocumentVault) async throws {
        let sam = try await vault.caller(try await vault.signIn(username: "Sam", password: key("a long password")))
        let birth = try #require(Day("2015-04-01"))
        for query in [ChildQuery.nhsNumber("943 476 5919"), .nameAndBirth("robin  EXAMPLE", birth)] {
            #expect(try await vault.findChildren(query, as: sam).map(\.id) == ["\(scene.fixture.child)"])
        }
        await #expect(throws: VaultError.identifierTaken("NHS number")) {
            _ = try await vault.addChild(
                ChildProfile(name: "Twin Example", dateOfBirth: birth, nhsNumber: "943 476 5919", upn: nil), as: sam)
        }
        let ada = try await vault.person("ada")
        let office = try #require(try await vault.person("hana").memberships.first?.organisation)
        await #expect(throws: VaultError.usernameTaken) {
            _ = try await vault.addPerson(
                NewPerson(username: "hana", name: "Other Hana", organisation: office, roles: ["SCH"]),
                password: key("a long password"), as: ada)
        }
    }

    private func enter(_ vault: DocumentVault) async throws -> SessionToken {
        let office = try #require(try await vault.person("hana").memberships.first?.organisation)
        return try await vault.signIn(
            ProvidedSignIn(
                provider: "school", identity: identity, organisation: office, roles: ["SCH"], session: "s-1",
                newName: nil))
    }

    /// - Returns: how many files were stored.
    private func runImport(_ scene: SignInScene, _ vault: DocumentVault) async throws -> Int {
        let path = try scene.fixture.write("file", [1, 2, 3])
        let item = ImportItem(path: path, new: scene.fixture.newDocument(), byteCount: 3, mark: [1])
        let stored = Mutex(0)
        try await vault.importFiles([item], as: vault.person("priya")) { _, outcome in
            if case .stored = outcome { stored.withLock { $0 += 1 } }
        }
        return stored.withLock { $0 }
    }

    private func indexKeys(_ vault: DocumentVault) async throws -> [WrappedKey] {
        try await vault.keyring.read { try $0.keys(kind: .service) }.filter { $0.owner == Array("blind-index".utf8) }
    }

    @Test(
        "children, people, identities, requests and imports are found before, during and after, and the old key is gone"
    )
    func found() async throws {
        let scene = try await SignInScene()
        let vault = scene.vault
        let ada = try await vault.person("ada")
        try await vault.link(identity, to: "hana", as: ada)
        let session = try await enter(vault)
        #expect(try await runImport(scene, vault) == 1)
        let asked = Digest.sha256([1])
        _ = try await vault.once("k", asked: asked, as: ada) { [7] }
        for _ in 0..<3 { #expect(await scene.refusal("hana", "wrong") == .wrongCredentials) }
        #expect(await scene.refusal("nobody", "wrong") == .wrongCredentials)
        try await expectFound(scene, vault)
        let old = try #require(try await indexKeys(vault).first)
        let values = vault.keys.blindIndexes("nhs-number", "9434765919")

        var done = try await vault.rotate(.blindIndex, as: ada)
        #expect(!done.isFinished && done.rewrapped > 2)
        #expect(done.waiting["children"] == nil && done.waiting["people"] == nil)
        #expect(done.waiting["identities"] == 1 && done.waiting["imported files"] == 1)
        #expect(done.waiting["answered requests"] == 1 && done.waiting["sessions of providers"] == 1)
        for value in values { try expectNoTrace(of: value, in: scene.fixture) }
        try await expectFound(scene, vault)
        // What was counted is forgotten of every name, so that no delay tells which names there are.
        for name in ["hana", "nobody"] { #expect(await scene.refusal(name, "wrong") == .wrongCredentials, "\(name)") }
        #expect(try await runImport(scene, vault) == 0)
        #expect(try await vault.once("k", asked: asked, as: ada) { [8] } == [7])
        // The provider ends what it began under the old version, and its next sign-in brings the identity under the new one.
        try await vault.signOut(
            ProvidedSignOut(provider: "school", issuer: identity.issuer, subject: identity.subject, session: nil))
        await #expect(throws: VaultError.notSignedIn) { _ = try await vault.caller(session) }
        _ = try await enter(vault)
        done = try await vault.rotate(.blindIndex, as: ada)
        #expect(done.waiting["identities"] == nil && done.waiting["sessions of providers"] == nil)
        scene.pass(seconds: 25 * 3600)
        done = try await vault.rotate(.blindIndex, as: vault.person("ada"))
        #expect(Set(done.waiting.keys).isSubset(of: ["imported files", "failed sign-ins"]))

        done = try await vault.rotate(.blindIndex, ending: true, as: vault.person("ada"))
        #expect(done.isFinished)
        #expect(try await indexKeys(vault).map(\.version) == [2])
        try expectNoTrace(of: old.sealed, in: scene.fixture)
        try await expectFound(scene, vault)
        _ = try await enter(vault)
        #expect(try await runImport(scene, vault) == 1)
        #expect(try await vault.check(readPercent: 0, as: vault.person("ada")) { _ in }.findings == [])
    }

    @Test("it does not end while an identity in use would be forgotten: its person would have two accounts")
    func end() async throws {
        let scene = try await SignInScene()
        let vault = scene.vault
        let ada = try await vault.person("ada")
        try await vault.link(identity, to: "hana", as: ada)
        let session = try await enter(vault)
        let refused = await #expect(throws: VaultError.self) {
            _ = try await vault.rotate(.blindIndex, ending: true, as: ada)
        }
        guard case .invalid("identities", _) = refused else {
            Issue.record("\(String(describing: refused))")
            return
        }
        let now = try await enter(vault)
        #expect(try await vault.rotate(.blindIndex, ending: true, as: ada).isFinished)
        await #expect(throws: VaultError.notSignedIn) { _ = try await vault.caller(session) }
        _ = try await vault.caller(now)
        try await expectFound(scene, vault)
        #expect(try await vault.check(readPercent: 0, as: ada) { _ in }.findings == [])
    }

    private static let places: [(step: WriteSteps.Step, occurrence: Int)] = [
        (.keyring, 1), (.records, 1), (.keyring, 2), (.records, 2), (.keyring, 3), (.records, 3),
    ]

    static let table: [(WriteSteps.Step, Int, String)] = places.flatMap { place in
        ["before", "after"].map { (place.step, place.occurrence, $0) }
    }

    @Test("stopped at any write everything is found, and it goes on", arguments: table)
    func stopped(step: WriteSteps.Step, occurrence: Int, moment: String) async throws {
        let scene = try await SignInScene()
        try await scene.vault.close()
        let stop = Stop(step: step, moment: moment, occurrence: occurrence)
        var vault = try await scene.fixture.open(
            steps: WriteSteps(before: { try stop.pass($0, "before") }, after: { try stop.pass($0, "after") }))
        await #expect(throws: Stop.Reached.self) {
            _ = try await vault.rotate(.blindIndex, ending: true, as: vault.person("ada"))
        }
        vault.hold.release()
        vault = try await scene.fixture.open()
        try await expectFound(scene, vault)
        if try await indexKeys(vault).map(\.version) != [2] {
            #expect(try await vault.rotate(.blindIndex, ending: true, as: vault.person("ada")).isFinished)
        }
        #expect(try await vault.keyring.read { try $0.rotations() } == [])
        try await expectFound(scene, vault)
        #expect(try await vault.check(readPercent: 0, as: vault.person("ada")) { _ in }.findings == [])
        try await vault.close()
    }
}
