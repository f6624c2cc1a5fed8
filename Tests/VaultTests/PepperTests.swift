import Ledger
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("The pepper is replaced while people go on signing in", .timeLimit(.minutes(45)))
struct PepperTests {
    private func pepper(in vault: DocumentVault) async throws -> [WrappedKey] {
        try await vault.keyring.read { try $0.keys(kind: .service) }.filter { $0.owner == Array("pepper".utf8) }
    }

    @Test(
        "a password comes under the new pepper when it is typed; until then the old one goes on, and then it is nowhere"
    )
    func signIn() async throws {
        let scene = try await SignInScene()
        let vault = scene.vault
        let old = try #require(try await pepper(in: vault).first)
        let (_, codes) = try await scene.enrol("sam")
        let everybody = try await vault.records.read { try $0.people() }.count
        let ada = try await scene.caller("ada")
        var done = try await vault.rotate(.pepper, as: ada)
        #expect(!done.isFinished && done.from == 1 && done.to == 2)
        #expect(done.waiting == ["passwords": everybody, "people's recovery codes": 1])
        _ = try await scene.signIn("ada")
        _ = try await scene.signIn("sam", code: try key(codes[0]))
        #expect(await scene.refusal("hana", "wrong") == .wrongCredentials)
        // Twice: by then the password is under the new one.
        _ = try await scene.signIn("ada")
        done = try await vault.rotate(.pepper, as: ada)
        #expect(done.waiting == ["passwords": everybody - 2, "people's recovery codes": 1])
        let state = try #require(try await vault.keyStatus(as: ada).first { $0.key == "service pepper" })
        #expect(state.version == 2 && state.note.contains("\(everybody - 2) passwords"))
        for person in try await vault.records.read({ try $0.people() }) {
            let name = try vault.names(of: person).username
            if name != "sam" { _ = try await scene.signIn(name) }
        }
        let sam = try await scene.caller("sam", code: try key(codes[1]))
        _ = try await vault.makeRecoveryCodes(try key(codes[2]), as: sam)
        done = try await vault.rotate(.pepper, as: ada)
        #expect(done.isFinished && done.waiting.isEmpty)
        #expect(try await pepper(in: vault).map(\.version) == [2])
        #expect(try await vault.keyring.read { try $0.rotations() } == [])
        try expectNoTrace(of: old.sealed, in: scene.fixture)
        _ = try await scene.signIn("hana")
        #expect(await scene.refusal("hana", "wrong") == .wrongCredentials)
        #expect(try await vault.check(readPercent: 0, as: ada) { _ in }.findings == [])
    }

    @Test("an administrator ends what waits: those passwords and codes are nobody's, and an invitation gives a new one")
    func end() async throws {
        let scene = try await SignInScene()
        let vault = scene.vault
        let (_, codes) = try await scene.enrol("sam")
        var ada = try await scene.caller("ada")
        _ = try await vault.rotate(.pepper, as: ada)
        // Whoever ends it has signed in since, or nobody might be left to invite anybody.
        let early = await scene.refusal { _ = try await vault.rotate(.pepper, ending: true, as: ada) }
        guard case .invalid(field: "password", _) = early else {
            Issue.record("\(String(describing: early))")
            return
        }
        ada = try await scene.caller("ada")
        let size = try await vault.ledgerSize()
        let done = try await vault.rotate(.pepper, ending: true, as: ada)
        #expect(done.isFinished)
        let others = try await vault.records.read { try $0.people() }.count - 1
        #expect(try await vault.kinds(since: size) == Array(repeating: .passwordEnded, count: others) + [.keyRotated])
        #expect(await scene.refusal("hana", "a long password") == .wrongCredentials)
        #expect(await scene.refusal("sam", "a long password", code: try? key(codes[0])) == .wrongCredentials)
        #expect(try await vault.records.read { try $0.recoveryCodes() } == [])
        let invitation = try await vault.resetPerson("hana", as: ada)
        _ = try await vault.accept(invitation, password: try key("another long password"))
        _ = try await scene.signIn("hana", "another long password")
        #expect(try await vault.check(readPercent: 0, as: ada) { _ in }.findings == [])
    }

    @Test("nobody else has the vault open when it begins, and others go on while it waits")
    func alone() async throws {
        let scene = try await SignInScene()
        let ada = try await scene.caller("ada")
        let other = try await SignInScene.open(scene.fixture, scene.clock)
        await #expect(throws: StorageError.busy) { _ = try await scene.vault.rotate(.pepper, as: ada) }
        try await other.close()
        _ = try await scene.vault.rotate(.pepper, as: ada)
        let service = try await SignInScene.open(scene.fixture, scene.clock)
        _ = try await service.signIn(username: "ada", password: try key("a long password"))
        _ = try await service.signIn(username: "hana", password: try key("a long password"))
        _ = try await scene.vault.rotate(.pepper, ending: true, as: ada)
        _ = try await service.signIn(username: "hana", password: try key("a long password"))
        try await service.close()
    }

    private static let places: [(step: WriteSteps.Step, occurrence: Int)] = [
        (.keyring, 1), (.records, 1), (.records, 2), (.keyring, 2), (.records, 3),
    ]

    static let table: [(WriteSteps.Step, Int, String)] = places.flatMap { place in
        ["before", "after"].map { (place.step, place.occurrence, $0) }
    }

    @Test("stopped at any write it goes on, and whoever could sign in can", arguments: table)
    func stopped(step: WriteSteps.Step, occurrence: Int, moment: String) async throws {
        let scene = try await SignInScene()
        _ = try await scene.signIn("ada")
        try await scene.vault.close()
        let stop = Stop(step: step, moment: moment, occurrence: occurrence)
        var vault = try await scene.fixture.open(
            steps: WriteSteps(before: { try stop.pass($0, "before") }, after: { try stop.pass($0, "after") }))
        let password = try key("a long password")
        func rotate() async throws {
            // Where everything was given up already, there is nothing to wait for.
            guard try await !vault.rotate(.pepper, as: vault.person("ada")).isFinished else { return }
            _ = try await vault.signIn(username: "ada", password: password)
            _ = try await vault.rotate(.pepper, ending: true, as: vault.person("ada"))
        }
        await #expect(throws: Stop.Reached.self) { try await rotate() }
        vault.hold.release()
        vault = try await scene.fixture.open()
        _ = try await vault.signIn(username: "ada", password: password)
        if try await pepper(in: vault).map(\.version) != [2] { try await rotate() }
        #expect(try await pepper(in: vault).map(\.version) == [2])
        #expect(try await vault.keyring.read { try $0.rotations() } == [])
        #expect(try await vault.records.read { try $0.entries(of: [.keyRotated]) }.isEmpty == false)
        _ = try await vault.signIn(username: "ada", password: password)
        #expect(try await vault.check(readPercent: 0, as: vault.person("ada")) { _ in }.findings == [])
        try await vault.close()
    }
}
