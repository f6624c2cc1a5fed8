import Ledger
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("The second factor")
struct SignInSecondFactorTests {
    @Test("a code is asked for once the password is right, and not before")
    func signIn() async throws {
        let scene = try await SignInScene()
        let (authenticator, _) = try await scene.enrol("sam")
        let before = try await scene.vault.ledgerSize()
        #expect(await scene.refusal("sam", "wrong") == .wrongCredentials)
        #expect(
            await scene.refusal("sam", "wrong", code: try? authenticator.code(at: scene.clock.now)) == .wrongCredentials
        )
        #expect(await scene.refusal("sam", "a long password") == .secondFactorNeeded)
        #expect(await scene.refusal("sam", "a long password", code: try? key("000000")) == .wrongCode)
        scene.pass(seconds: 60)
        let sam = try await scene.caller("sam", code: authenticator.code(at: scene.clock.now))
        #expect(sam.usedSecondFactor)
        #expect(try await !scene.caller("hana").usedSecondFactor)
        let details = try await scene.details(since: before)
        #expect(
            details.map { $0["reason"] ?? $0["factor"] } == [
                nil, nil, "code-needed", "code", "authenticator", "password",
            ])
    }

    @Test("a code works once, and neither do those before it")
    func replay() async throws {
        let scene = try await SignInScene()
        let (authenticator, _) = try await scene.enrol("sam")
        let earlier = try authenticator.code(at: scene.clock.now.adding(seconds: -30))
        let code = try authenticator.code(at: scene.clock.now)
        _ = try await scene.signIn("sam", code: code)
        #expect(await scene.refusal("sam", "a long password", code: code) == .wrongCode)
        #expect(await scene.refusal("sam", "a long password", code: earlier) == .wrongCode)
        scene.pass(seconds: 30)
        _ = try await scene.signIn("sam", code: authenticator.code(at: scene.clock.now))
    }

    @Test("the same code at the same moment lets one in")
    func parallelReplay() async throws {
        let scene = try await SignInScene()
        let (authenticator, recovery) = try await scene.enrol("sam")
        for code in [try authenticator.code(at: scene.clock.now), try key(recovery[0])] {
            let refusals = await withTaskGroup(of: VaultError?.self) { group in
                for _ in 0..<2 { group.addTask { await scene.refusal("sam", "a long password", code: code) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(refusals.count { $0 == nil } == 1 && refusals.contains(.wrongCode))
        }
    }

    @Test("wrong codes are failures like wrong passwords; the question for a code is none")
    func guesses() async throws {
        let scene = try await SignInScene()
        let (authenticator, _) = try await scene.enrol("sam")
        for _ in 0..<10 { #expect(await scene.refusal("sam", "a long password") == .secondFactorNeeded) }
        for _ in 0..<3 {
            #expect(await scene.refusal("sam", "a long password", code: try? key("000000")) == .wrongCode)
        }
        #expect(await scene.refusal("sam", "a long password") == .tooManyAttempts(seconds: 1))
        scene.pass(seconds: 1)
        // Asking what is needed frees no guesses.
        #expect(await scene.refusal("sam", "a long password") == .secondFactorNeeded)
        #expect(await scene.refusal("sam", "a long password", code: try? key("000000")) == .wrongCode)
        #expect(await scene.refusal("sam", "a long password") == .tooManyAttempts(seconds: 2))
        scene.pass(seconds: 30)
        _ = try await scene.signIn("sam", code: authenticator.code(at: scene.clock.now))
    }

    @Test("accepting the clock with the password alone frees no guesses at the code")
    func clockFreesNothing() async throws {
        let scene = try await SignInScene()
        _ = try await scene.enrol("ada")
        for _ in 0..<2 {
            #expect(await scene.refusal("ada", "a long password", code: try? key("000000")) == .wrongCode)
        }
        try await scene.vault.acceptClock(username: "ada", password: key("a long password"))
        #expect(await scene.refusal("ada", "a long password", code: try? key("000000")) == .wrongCode)
        #expect(await scene.refusal("ada", "a long password") == .tooManyAttempts(seconds: 1))
    }

    @Test("nothing is asked for before the secret is confirmed, and the offer is there once")
    func enrolment() async throws {
        let scene = try await SignInScene()
        let sam = try await scene.caller("sam")
        await #expect(throws: VaultError.noSecondFactor) {
            try await scene.vault.confirmSecondFactor(key("123456"), as: sam)
        }
        let lost = try Authenticator(try await scene.vault.offerSecondFactor(as: sam))
        _ = try await scene.signIn("sam")
        let offer = try await scene.vault.offerSecondFactor(as: sam)
        let text = String(decoding: offer.secret, as: UTF8.self)
        #expect(
            String(decoding: offer.uri, as: UTF8.self)
                == "otpauth://totp/vault.test:sam?secret=\(text)&issuer=vault.test&algorithm=SHA1&digits=6&period=30")
        await #expect(throws: VaultError.wrongCode) {
            try await scene.vault.confirmSecondFactor(lost.code(at: scene.clock.now), as: sam)
        }
        let before = try await scene.vault.ledgerSize()
        let code = try Authenticator(offer).code(at: scene.clock.now)
        #expect(try await scene.vault.confirmSecondFactor(code, as: sam).count == 10)
        #expect(try await scene.kinds(since: before) == [.secondFactorAdded])
        #expect(await scene.refusal("sam", "a long password", code: code) == .wrongCode, "the first code was used up")
        await #expect(throws: VaultError.alreadySo("Your account has a second factor")) {
            try await scene.vault.offerSecondFactor(as: sam)
        }
        await #expect(throws: VaultError.alreadySo("Your account has a second factor")) {
            try await scene.vault.confirmSecondFactor(code, as: sam)
        }
    }

    @Test("a recovery code works once, for its own person, and new ones kill the old")
    func recovery() async throws {
        let scene = try await SignInScene()
        let (authenticator, codes) = try await scene.enrol("sam")
        let (_, others) = try await scene.enrol("hana")
        #expect(Set(codes).count == 10)
        #expect(await scene.refusal("sam", "a long password", code: try? key(others[0])) == .wrongCode)
        let sam = try await scene.caller("sam", code: key(codes[0]))
        #expect(sam.usedSecondFactor)
        #expect(await scene.refusal("sam", "a long password", code: try? key(codes[0])) == .wrongCode)
        #expect(try await scene.vault.account(as: sam).recoveryCodesLeft == 9)
        await #expect(throws: VaultError.wrongCode) { try await scene.vault.makeRecoveryCodes(key("000000"), as: sam) }
        let fresh = try await scene.vault.makeRecoveryCodes(authenticator.code(at: scene.clock.now), as: sam)
        #expect(await scene.refusal("sam", "a long password", code: try? key(codes[1])) == .wrongCode)
        _ = try await scene.signIn("sam", code: key(fresh[1]))
        #expect(try await scene.vault.account(as: sam).recoveryCodesLeft == 9)
    }

    @Test("it is removed with a code only, and guesses at that are delayed too")
    func removal() async throws {
        let scene = try await SignInScene()
        let (_, codes) = try await scene.enrol("sam")
        let sam = try await scene.caller("sam", code: key(codes[0]))
        for _ in 0..<3 {
            await #expect(throws: VaultError.wrongCode) {
                try await scene.vault.removeSecondFactor(key("000000"), as: sam)
            }
        }
        await #expect(throws: VaultError.tooManyAttempts(seconds: 1)) {
            try await scene.vault.removeSecondFactor(key(codes[1]), as: sam)
        }
        scene.pass(seconds: 1)
        let before = try await scene.vault.ledgerSize()
        try await scene.vault.removeSecondFactor(key(codes[1]), as: sam)
        #expect(try await scene.kinds(since: before) == [.secondFactorRemoved])
        let account = try await scene.vault.account(as: sam)
        #expect(!account.hasSecondFactor && account.recoveryCodesLeft == 0)
        _ = try await scene.signIn("sam")
        await #expect(throws: VaultError.noSecondFactor) {
            try await scene.vault.removeSecondFactor(key(codes[2]), as: sam)
        }
    }

    /// What other hands do to second factors, and the finding.
    static let edits = [
        ("UPDATE second_factors SET step = -1", "second_factors table"),
        ("UPDATE second_factors SET confirmed = NULL", "second_factors table"),
        (
            "UPDATE recovery_codes SET person = (SELECT person FROM sessions WHERE person <> recovery_codes.person)",
            "recovery_codes table"
        ),
        ("DELETE FROM second_factors", "person"),
    ]

    @Test("an edited row is refused as damaged, and check finds it and a row that was taken away", arguments: edits)
    func edited(sql: String, finding: String) async throws {
        let scene = try await SignInScene()
        _ = try await scene.enrol("sam")
        try scene.fixture.tamper("records", sql)
        if sql.contains("UPDATE second") {
            await #expect(throws: StorageError.damagedStore(store: "second_factors table")) {
                try await scene.signIn("sam", code: key("000000"))
            }
        }
        let report = try await scene.vault.check(readPercent: 0, as: try await scene.caller("ada")) { _ in }
        #expect(report.findings.contains { $0.what.hasPrefix(finding) })
    }

    @Test("somebody else's secret does not open in another's row")
    func swapped() async throws {
        let scene = try await SignInScene()
        _ = try await scene.enrol("sam")
        let sam = try await scene.vault.person(named: "sam")
        let hana = try await scene.vault.person(named: "hana")
        try await scene.vault.records.write { transaction in
            guard let factor = try transaction.secondFactor(of: sam) else { return }
            try transaction.put(
                SecondFactorRow(person: hana, secret: factor.secret, confirmed: factor.confirmed, step: -1))
        }
        await #expect(throws: SealingError.notAuthentic) { try await scene.signIn("hana", code: key("000000")) }
    }

    @Test("what stands on the disk is sound after all of it")
    func sound() async throws {
        let scene = try await SignInScene()
        let (_, codes) = try await scene.enrol("sam")
        _ = try await scene.enrol("hana")
        _ = try await scene.enrol("pat")
        let sam = try await scene.caller("sam", code: key(codes[0]))
        try await scene.vault.removeSecondFactor(key(codes[1]), as: sam)
        _ = try await scene.vault.resetPerson("pat", as: scene.caller("ada"))
        let report = try await scene.vault.check(readPercent: 0, as: try await scene.caller("ada")) { _ in }
        #expect(report.findings == [])
    }
}
