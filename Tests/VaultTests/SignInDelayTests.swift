import Ledger
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("Guessing")
struct SignInDelayTests {
    /// Failures, and the delay after them.
    static let delays: [(Int64, Int64)] = [
        (0, 0), (1, 0), (2, 0), (3, 1), (4, 2), (5, 4), (12, 512), (13, 900), (14, 900), (.max, 900),
    ]

    @Test("each failure from the third on doubles the delay, up to a quarter of an hour", arguments: delays)
    func delay(failures: Int64, seconds: Int64) { #expect(Delay.seconds(after: failures) == seconds) }

    @Test("a name is delayed whether it exists or not, and the answers are the same", arguments: ["sam", "nobody"])
    func growing(name: String) async throws {
        let scene = try await SignInScene()
        for _ in 0..<3 { #expect(await scene.refusal(name, "not the password") == .wrongCredentials) }
        for delay in [1, 2, 4, 8] as [Int64] {
            #expect(await scene.refusal(name, "a long password") == .tooManyAttempts(seconds: Int(delay)))
            scene.clock.move(to: Instant(milliseconds: scene.clock.now.milliseconds + delay * 1000 - 1))
            #expect(await scene.refusal(name, "a long password") == .tooManyAttempts(seconds: 1))
            scene.clock.move(to: Instant(milliseconds: scene.clock.now.milliseconds + 1))
            #expect(await scene.refusal(name, "not the password") == .wrongCredentials)
        }
    }

    @Test("the right password clears the count, and letter case does not start another")
    func cleared() async throws {
        let scene = try await SignInScene()
        for name in ["sam", "SAM", "Sam"] { #expect(await scene.refusal(name, "wrong") == .wrongCredentials) }
        #expect(await scene.refusal("sAM", "a long password") == .tooManyAttempts(seconds: 1))
        scene.pass(seconds: 1)
        _ = try await scene.signIn("sam")
        for _ in 0..<3 { #expect(await scene.refusal("sam", "wrong") == .wrongCredentials) }
    }

    @Test("one name's failures delay nobody else")
    func others() async throws {
        let scene = try await SignInScene()
        for _ in 0..<3 { #expect(await scene.refusal("sam", "wrong") == .wrongCredentials) }
        _ = try await scene.signIn("hana")
    }

    @Test("guesses at the same moment do not slip by each other")
    func parallel() async throws {
        let scene = try await SignInScene()
        let refusals = await withTaskGroup(of: VaultError?.self) { group in
            for number in 0..<12 { group.addTask { await scene.refusal("sam", "guess number \(number)") } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(refusals.count { $0 == .wrongCredentials } == 3)
        #expect(refusals.count { $0 == .tooManyAttempts(seconds: 1) } == 9)
    }

    @Test("a flood of attempts is recorded once in each delay")
    func flood() async throws {
        let scene = try await SignInScene()
        for _ in 0..<3 { #expect(await scene.refusal("nobody", "wrong") == .wrongCredentials) }
        let before = try await scene.vault.ledgerSize()
        for _ in 0..<20 { #expect(await scene.refusal("nobody", "wrong") == .tooManyAttempts(seconds: 1)) }
        #expect(try await scene.kinds(since: before) == [.signInLocked])
        scene.pass(seconds: 1)
        #expect(await scene.refusal("nobody", "wrong") == .wrongCredentials)
        for _ in 0..<20 { #expect(await scene.refusal("nobody", "wrong") == .tooManyAttempts(seconds: 2)) }
        #expect(try await scene.kinds(since: before) == [.signInLocked, .signInRefused, .signInLocked])
    }

    @Test("a count is forgotten after a day")
    func forgotten() async throws {
        let scene = try await SignInScene()
        for _ in 0..<3 { #expect(await scene.refusal("nobody", "wrong") == .wrongCredentials) }
        scene.pass(seconds: 24 * 3600)
        for _ in 0..<3 { #expect(await scene.refusal("nobody", "wrong") == .wrongCredentials) }
        #expect(await scene.refusal("nobody", "wrong") == .tooManyAttempts(seconds: 1))
    }

    @Test("another process goes on with the same count")
    func restart() async throws {
        let scene = try await SignInScene()
        for _ in 0..<3 { #expect(await scene.refusal("sam", "wrong") == .wrongCredentials) }
        let other = try await SignInScene.open(scene.fixture, scene.clock)
        await #expect(throws: VaultError.tooManyAttempts(seconds: 1)) {
            try await other.signIn(username: "sam", password: key("a long password"))
        }
        try await other.close()
    }

    @Test("a delay left by a clock that ran ahead holds nobody up")
    func clockAhead() async throws {
        let scene = try await SignInScene()
        scene.pass(seconds: 9 * 3600)
        for _ in 0..<3 { #expect(await scene.refusal("ada", "wrong") == .wrongCredentials) }
        scene.pass(seconds: -9 * 3600)
        try await scene.vault.acceptClock(username: "ada", password: key("a long password"))
        _ = try await scene.signIn("ada")
    }

    @Test("accepting the clock is no way around the delay")
    func clockGuesses() async throws {
        let scene = try await SignInScene()
        for _ in 0..<3 {
            await #expect(throws: VaultError.wrongCredentials) {
                try await scene.vault.acceptClock(username: "ada", password: key("wrong"))
            }
        }
        await #expect(throws: VaultError.tooManyAttempts(seconds: 1)) {
            try await scene.vault.acceptClock(username: "ada", password: key("a long password"))
        }
        #expect(await scene.refusal("ada", "a long password") == .tooManyAttempts(seconds: 1))
    }

    @Test("an edited count is refused as damaged, and check finds it")
    func edited() async throws {
        let scene = try await SignInScene()
        for _ in 0..<4 { _ = await scene.refusal("sam", "wrong") }
        try scene.fixture.tamper("records", "UPDATE attempts SET until = 0")
        await #expect(throws: StorageError.damagedStore(store: "attempts table")) { try await scene.signIn("sam") }
        #expect(try await scene.fixture.check(scene.vault).findings.map(\.what) == ["attempts table"])
    }
}
