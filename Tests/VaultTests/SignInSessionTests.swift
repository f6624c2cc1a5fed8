import Ledger
import Rules
import Storage
import Testing

@testable import Vault

@Suite("Sessions")
struct SignInSessionTests {
    @Test("a session ends a quarter of an hour after its last use, and use keeps it")
    func idle() async throws {
        let scene = try await SignInScene()
        let token = try await scene.signIn("sam")
        for _ in 0..<3 {
            scene.pass(seconds: 899)
            _ = try await scene.vault.caller(token)
        }
        scene.pass(seconds: 900)
        await #expect(throws: VaultError.notSignedIn) { try await scene.vault.caller(token) }
    }

    @Test("a session ends after ten hours, however busy, and knows when it began")
    func absolute() async throws {
        let scene = try await SignInScene()
        let token = try await scene.signIn("sam")
        let began = scene.clock.now
        for _ in 0..<59 {
            scene.pass(seconds: 600)
            #expect(try await scene.vault.caller(token).signedIn == began)
        }
        scene.pass(seconds: 600)
        await #expect(throws: VaultError.notSignedIn) { try await scene.vault.caller(token) }
    }

    @Test("use is written down at most once a minute")
    func seldomWritten() async throws {
        let scene = try await SignInScene()
        let token = try await scene.signIn("sam")
        let start = scene.clock.now
        for (seconds, written) in [(0, 0), (59, 0), (1, 60), (59, 60), (1, 120)] as [(Int64, Int64)] {
            scene.pass(seconds: seconds)
            _ = try await scene.vault.caller(token)
            let used = try await scene.vault.records.read { try $0.session(token.digest)?.used }
            #expect(used == start.adding(seconds: written))
        }
    }

    @Test("a use that comes late does not bring an ended session back")
    func endedMeanwhile() async throws {
        let scene = try await SignInScene()
        let token = try await scene.signIn("sam")
        scene.pass(seconds: 120)
        async let first: Void = { _ = try? await scene.vault.caller(token) }()
        async let second: Void = scene.vault.signOut(token)
        _ = try await (first, second)
        await #expect(throws: VaultError.notSignedIn) { try await scene.vault.caller(token) }
    }

    @Test("each sign-in gives another token, and the earlier session goes on")
    func fixation() async throws {
        let scene = try await SignInScene()
        let first = try await scene.signIn("sam")
        let second = try await scene.signIn("sam")
        #expect(first != second)
        #expect(try await scene.vault.caller(first).session != scene.vault.caller(second).session)
    }

    @Test("a clock put back does not make a session last longer")
    func clockBack() async throws {
        let scene = try await SignInScene()
        let token = try await scene.signIn("sam")
        scene.pass(seconds: -60)
        _ = try await scene.vault.caller(token)
        scene.pass(seconds: -1)
        await #expect(throws: StorageError.clockWentBackwards) { try await scene.vault.caller(token) }
    }

    @Test("people see their own sessions, and end them")
    func listing() async throws {
        let scene = try await SignInScene()
        scene.pass(seconds: 60)
        let old = try await scene.signIn("sam")
        scene.pass(seconds: 120)
        let token = try await scene.signIn("sam")
        let sam = try await scene.vault.caller(token)
        let other = try await scene.caller("hana")
        let list = try await scene.vault.sessions(as: sam)
        // The fixture's own session of Sam's is the first.
        #expect(list.map(\.isThisOne) == [false, false, true])
        let id = try #require(SessionID(list[1].id))
        await #expect(throws: VaultError.notFound(.session)) { try await scene.vault.endSession(id, as: other) }
        let before = try await scene.vault.ledgerSize()
        try await scene.vault.endSession(id, as: sam)
        await #expect(throws: VaultError.notSignedIn) { try await scene.vault.caller(old) }
        #expect(try await scene.vault.sessions(as: sam).count == 2)
        try await scene.vault.endOtherSessions(as: sam)
        #expect(try await scene.vault.sessions(as: sam).map(\.id) == [list[2].id])
        _ = try await scene.vault.caller(token)
        #expect(try await scene.kinds(since: before) == [.sessionEnded, .sessionEnded])
        #expect(try await scene.vault.sessions(as: other).count == 2, "nobody else's session is ended")
    }

    @Test("sessions that have run out go with the next sign-in")
    func forgotten() async throws {
        let scene = try await SignInScene()
        let token = try await scene.signIn("sam")
        scene.pass(seconds: 900)
        _ = try await scene.signIn("hana")
        #expect(try await scene.vault.records.read { try $0.session(token.digest) } == nil)
    }

    @Test("an edited session is refused as damaged, and check finds it")
    func edited() async throws {
        let scene = try await SignInScene()
        let token = try await scene.signIn("sam")
        let ada = try await scene.caller("ada")
        for change in ["used = used + 60000", "began = began + 1", "second_factor = 1"] {
            try scene.fixture.tamper("records", "UPDATE sessions SET \(change) WHERE person <> x'\(ada.person)'")
            await #expect(throws: StorageError.damagedStore(store: "sessions table")) {
                try await scene.vault.caller(token)
            }
        }
        #expect(try await scene.fixture.check(scene.vault).findings.map(\.what) == ["sessions table"])
    }

    @Test("in a vault that may not be changed, only the ten hours count: somebody has to be able to look")
    func readOnly() async throws {
        let fixture = try await Fixture.copy()
        fixture.forgetAnchor()
        let clock = TestClock(Fixture.start.adding(seconds: DocumentVault.sessionSeconds - 1))
        let vault = try await SignInScene.open(fixture, clock)
        _ = try await fixture.caller("ada", in: vault)
        clock.move(to: Fixture.start.adding(seconds: DocumentVault.sessionSeconds))
        await #expect(throws: VaultError.notSignedIn) { try await fixture.caller("ada", in: vault) }
    }
}
