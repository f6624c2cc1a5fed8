import Ledger
import Rules
import Sealing
import Storage
import Synchronization
import Testing

@testable import Vault

@Suite("Accounts from their beginning to their end")
struct SignInAccountTests {
    private func new(_ scene: SignInScene, _ name: String = "nia") async throws -> NewPerson {
        let school = try #require(try await scene.vault.person("hana").memberships.first?.organisation)
        return NewPerson(username: name, name: "Nia Example", organisation: school, roles: ["SCH"])
    }

    @Test("nobody signs in to an invited account before its person has chosen a password, and an invitation works once")
    func invitation() async throws {
        let scene = try await SignInScene()
        let before = try await scene.vault.ledgerSize()
        let token = try await scene.vault.invite(try await new(scene), as: scene.caller("ada"))
        #expect(await scene.refusal("nia", "a long password") == .wrongCredentials)
        await #expect(throws: VaultError.passwordRefused(.tooShort)) {
            try await scene.vault.accept(token, password: key("short"))
        }
        #expect(try await scene.vault.accept(token, password: key("chosen by nobody else")).username == "nia")
        _ = try await scene.signIn("nia", "chosen by nobody else")
        await #expect(throws: VaultError.invitationInvalid) {
            try await scene.vault.accept(token, password: key("somebody else's choice"))
        }
        let kinds = try await scene.kinds(since: before)
        #expect(kinds == [.signedIn, .personInvited, .signInRefused, .invitationAccepted, .signedIn])
    }

    @Test("an invitation runs out after seven days, and one that nobody made is none")
    func runOut() async throws {
        let scene = try await SignInScene()
        let token = try await scene.vault.invite(try await new(scene), as: scene.caller("ada"))
        scene.pass(seconds: DocumentVault.invitationSeconds)
        await #expect(throws: VaultError.invitationInvalid) {
            try await scene.vault.accept(token, password: key("a long password"))
        }
        await #expect(throws: VaultError.invitationInvalid) {
            try await scene.vault.accept(InvitationToken(from: .system), password: key("a long password"))
        }
    }

    @Test("the same invitation at the same moment sets one password")
    func parallel() async throws {
        let scene = try await SignInScene()
        let token = try await scene.vault.invite(try await new(scene), as: scene.caller("ada"))
        let done = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<3 {
                group.addTask {
                    (try? await scene.vault.accept(token, password: key("a long password \(number)"))) != nil
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(done == 1)
    }

    @Test("inviting and resetting take the duty; a reset takes a sign-in, and not one's own account")
    func duty() async throws {
        let scene = try await SignInScene()
        let denied = VaultError.denied(.dutyNotHeld("person.add"))
        let sam = try await scene.caller("sam")
        await #expect(throws: denied) { try await scene.vault.invite(try await new(scene), as: sam) }
        await #expect(throws: denied) { try await scene.vault.resetPerson("hana", as: sam) }
        let ada = try await scene.caller("ada")
        await #expect(throws: VaultError.invalid(field: "user name", reason: "it is your own")) {
            try await scene.vault.resetPerson("ada", as: ada)
        }
        let script = try await scene.vault.caller(try await scene.vault.createToken(name: "t", days: 1, as: ada))
        await #expect(throws: VaultError.needsSession) { try await scene.vault.resetPerson("hana", as: script) }
        _ = try await scene.vault.disablePerson("hana", as: ada)
        await #expect(throws: VaultError.invalid(field: "user name", reason: "the account is disabled")) {
            try await scene.vault.resetPerson("hana", as: ada)
        }
    }

    @Test("a reset takes the account back to its beginning, and its invitation replaces an earlier one")
    func reset() async throws {
        let scene = try await SignInScene()
        let (_, codes) = try await scene.enrol("sam")
        let session = try await scene.signIn("sam", code: key(codes[0]))
        let token = try await scene.vault.createToken(name: "t", days: 1, as: scene.vault.caller(session))
        let ada = try await scene.caller("ada")
        let first = try await scene.vault.resetPerson("sam", as: ada)
        let before = try await scene.vault.ledgerSize()
        let second = try await scene.vault.resetPerson("sam", as: ada)
        #expect(try await scene.kinds(since: before) == [.personReset])
        await #expect(throws: VaultError.notSignedIn) { try await scene.vault.caller(session) }
        await #expect(throws: VaultError.tokenInvalid) { try await scene.vault.caller(token) }
        #expect(await scene.refusal("sam", "a long password", code: try? key(codes[1])) == .wrongCredentials)
        await #expect(throws: VaultError.invitationInvalid) {
            try await scene.vault.accept(first, password: key("another password"))
        }
        _ = try await scene.vault.accept(second, password: key("another password"))
        _ = try await scene.signIn("sam", "another password")
        await #expect(throws: VaultError.noSecondFactor) {
            try await scene.vault.removeSecondFactor(key(codes[2]), as: scene.caller("sam", "another password"))
        }
    }

    @Test("a leaver's sessions, access tokens and invitation end at once")
    func leaver() async throws {
        let scene = try await SignInScene()
        let session = try await scene.signIn("sam")
        let token = try await scene.vault.createToken(name: "t", days: 90, as: scene.vault.caller(session))
        let ada = try await scene.caller("ada")
        let invitation = try await scene.vault.invite(try await new(scene), as: ada)
        for name in ["sam", "nia"] { _ = try await scene.vault.disablePerson(name, as: ada) }
        await #expect(throws: VaultError.notSignedIn) { try await scene.vault.caller(session) }
        await #expect(throws: VaultError.tokenInvalid) { try await scene.vault.caller(token) }
        await #expect(throws: VaultError.invitationInvalid) {
            try await scene.vault.accept(invitation, password: key("a long password"))
        }
        // And not only because the rows are gone.
        let (sam, nia) = try await scene.vault.records.read {
            (
                try $0.person(usernames: scene.vault.usernameIndexes("sam")),
                try $0.person(usernames: scene.vault.usernameIndexes("nia"))
            )
        }
        let now = scene.clock.now
        let people = (try #require(sam), try #require(nia))
        try await scene.vault.records.write { transaction in
            try transaction.put(
                SessionRow(
                    token: session.digest, id: SessionID(from: .system), person: people.0.id, began: now, used: now,
                    hasSecondFactor: false))
            try transaction.put(
                AccessTokenRow(
                    token: token.digest, id: AccessTokenID(from: .system), person: people.0.id, name: [], created: now,
                    expires: now.adding(seconds: 60), used: nil))
            try transaction.put(
                InvitationRow(person: people.1.id, token: invitation.digest, expires: now.adding(seconds: 60)))
        }
        await #expect(throws: VaultError.accountDisabled) { try await scene.vault.caller(session) }
        await #expect(throws: VaultError.accountDisabled) { try await scene.vault.caller(token) }
        await #expect(throws: VaultError.invitationInvalid) {
            try await scene.vault.accept(invitation, password: key("a long password"))
        }
    }

    @Test("a new password ends the other sessions and the access tokens, and takes the old one")
    func password() async throws {
        let scene = try await SignInScene()
        let other = try await scene.signIn("sam")
        let own = try await scene.signIn("sam")
        let sam = try await scene.vault.caller(own)
        let token = try await scene.vault.createToken(name: "t", days: 1, as: sam)
        let change = { (old: String, new: String) in
            await scene.refusal { try await scene.vault.changePassword(old: key(old), new: key(new), as: sam) }
        }
        #expect(await change("a long password", "short") == .passwordRefused(.tooShort))
        #expect(await change("a long password", "a long password") == .passwordRefused(.unchanged))
        #expect(await change("wrong", "another password") == .wrongCredentials)
        let before = try await scene.vault.ledgerSize()
        #expect(await change("a long password", "another password") == nil)
        #expect(try await scene.kinds(since: before) == [.passwordChanged])
        _ = try await scene.vault.caller(own)
        await #expect(throws: VaultError.notSignedIn) { try await scene.vault.caller(other) }
        await #expect(throws: VaultError.tokenInvalid) { try await scene.vault.caller(token) }
        #expect(await scene.refusal("sam", "a long password") == .wrongCredentials)
        _ = try await scene.signIn("sam", "another password")
    }

    @Test("guesses at the old password are delayed, and delay the sign-in")
    func passwordGuesses() async throws {
        let scene = try await SignInScene()
        let sam = try await scene.caller("sam")
        for _ in 0..<3 {
            await #expect(throws: VaultError.wrongCredentials) {
                try await scene.vault.changePassword(old: key("wrong"), new: key("another password"), as: sam)
            }
        }
        await #expect(throws: VaultError.tooManyAttempts(seconds: 1)) {
            try await scene.vault.changePassword(old: key("a long password"), new: key("another password"), as: sam)
        }
        #expect(await scene.refusal("sam", "a long password") == .tooManyAttempts(seconds: 1))
    }

    /// What somebody does with a password, and what they are told when the account is closed while it is being compared.
    static let compared: [@Sendable (DocumentVault, Caller) async throws -> Void] = [
        { vault, _ in _ = try await vault.signIn(username: "sam", password: key("a long password")) },
        { try await $0.changePassword(old: key("a long password"), new: key("another password"), as: $1) },
    ]

    @Test("an account that is closed while its password is compared stays closed", arguments: compared.indices)
    func closedMeanwhile(act: Int) async throws {
        let scene = try await SignInScene()
        let sam = try await scene.caller("sam")
        try scene.fixture.tamper("records", "CREATE TABLE open AS SELECT * FROM people")
        _ = try await scene.vault.disablePerson("sam", as: scene.caller("ada"))
        try scene.fixture.tamper(
            "records",
            "CREATE TABLE closed AS SELECT * FROM people; INSERT OR REPLACE INTO people SELECT * FROM open")
        // The first look at the clock counts the attempt, the second comes after the comparison.
        // Opening looks too, and is not counted.
        let looks = Mutex(-1000)
        let environment = VaultEnvironment(
            now: {
                if looks.withLock({
                    $0 += 1; return $0
                }) == 2 {
                    do {
                        try scene.fixture.tamper("records", "INSERT OR REPLACE INTO people SELECT * FROM closed")
                    } catch {
                        Issue.record(error)
                    }
                }
                return Fixture.start
            }, day: { $0.dayInUTC }, random: .system)
        let vault = try await DocumentVault.open(
            scene.fixture.vaultPath, unlockedWith: Fixture.secret(), in: environment)
        looks.withLock { $0 = 0 }
        await #expect(throws: VaultError.changedMeanwhile) { try await Self.compared[act](vault, sam) }
        #expect(looks.withLock { $0 } >= 2)
    }

    @Test("a weak password makes no account")
    func weak() async throws {
        let scene = try await SignInScene()
        let person = try await new(scene, "nia.newcomer")
        await #expect(throws: VaultError.passwordRefused(.likeUserName)) {
            try await scene.vault.addPerson(person, password: key("Nia.Newcomer1"), as: scene.caller("ada"))
        }
        await #expect(throws: VaultError.notFound(.person)) { try await scene.vault.person(named: "nia.newcomer") }
    }
}

@Suite("Access tokens")
struct SignInTokenTests {
    @Test("a token acts as its person, without a sign-in, until it runs out")
    func use() async throws {
        let scene = try await SignInScene()
        let sam = try await scene.caller("sam")
        let token = try await scene.vault.createToken(name: "nightly", days: 90, as: sam)
        let script = try await scene.vault.caller(bearer: token.text)
        #expect(script.person == sam.person && script.memberships == sam.memberships)
        #expect(script.signedIn == nil && script.session == nil && !script.usedSecondFactor)
        _ = try await scene.vault.documents(of: scene.fixture.caseID, as: script)
        scene.pass(seconds: 90 * 86_400 - 1)
        _ = try await scene.vault.caller(bearer: token.text)
        scene.pass(seconds: 1)
        await #expect(throws: VaultError.tokenInvalid) { try await scene.vault.caller(bearer: token.text) }
    }

    @Test("a token changes nothing about the account, and opens no emergency")
    func limits() async throws {
        let scene = try await SignInScene()
        let sam = try await scene.caller("sam")
        let vault = scene.vault
        let script = try await vault.caller(try await vault.createToken(name: "t", days: 1, as: sam))
        let acts: [(Caller) async throws -> Void] = [
            { _ = try await vault.createToken(name: "u", days: 1, as: $0) },
            { try await vault.revokeToken(AccessTokenID(from: .system), as: $0) },
            { try await vault.changePassword(old: key("a long password"), new: key("another password"), as: $0) },
            { _ = try await vault.offerSecondFactor(as: $0) },
            { _ = try await vault.confirmSecondFactor(key("000000"), as: $0) },
            { try await vault.removeSecondFactor(key("000000"), as: $0) },
            { _ = try await vault.makeRecoveryCodes(key("000000"), as: $0) },
            { try await vault.endSession(SessionID(from: .system), as: $0) },
            { try await vault.endOtherSessions(as: $0) },
        ]
        let before = try await vault.ledgerSize()
        for act in acts { #expect(await scene.refusal { try await act(script) } == .needsSession) }
        #expect(try await scene.kinds(since: before) == acts.map { _ in .accessDenied })
    }

    @Test("one that is mistyped or cut off is refused without a look at the records")
    func mistyped() async throws {
        let scene = try await SignInScene()
        let token = try await scene.vault.createToken(name: "t", days: 1, as: scene.caller("sam"))
        let text = token.text
        #expect(text.count == "muniment_pat_".utf8.count + 48)
        #expect(AccessToken(text: text) == token)
        for count in 0..<text.count { #expect(AccessToken(text: Array(text.prefix(count))) == nil) }
        for place in text.indices {
            var other = text
            other[place] = other[place] == 65 ? 66 : 65
            #expect(AccessToken(text: other) == nil)
        }
        #expect(AccessToken(text: text + [10]) == nil)
        #expect(
            InvitationToken(text: Array("muniment_inv_".utf8) + text.dropFirst(13)) == nil, "nor for another purpose")
        try scene.fixture.tamper("records", "DROP TABLE access_tokens")
        await #expect(throws: VaultError.tokenInvalid) { try await scene.vault.caller(bearer: text.dropLast()) }
        await #expect(throws: StorageError.self) { try await scene.vault.caller(bearer: text) }
    }

    @Test("a session is a bearer too, in its one spelling")
    func bearer() async throws {
        let scene = try await SignInScene()
        let token = try await scene.signIn("sam")
        #expect(try await scene.vault.caller(bearer: token.text) == scene.vault.caller(token))
        let upper = Array(String(decoding: token.text, as: UTF8.self).uppercased().utf8)
        for other in [[], token.bytes, upper, token.text + [32], token.text.dropLast()] {
            await #expect(throws: VaultError.notSignedIn) { try await scene.vault.caller(bearer: Array(other)) }
        }
    }

    @Test("people list and revoke their own, and nobody else's")
    func listing() async throws {
        let scene = try await SignInScene()
        let sam = try await scene.caller("sam")
        let hana = try await scene.caller("hana")
        let token = try await scene.vault.createToken(name: " nightly list ", days: 30, as: sam)
        var list = try await scene.vault.tokens(as: sam)
        #expect(list.map(\.name) == ["nightly list"] && list[0].lastUsed == nil)
        #expect(try await scene.vault.tokens(as: hana) == [])
        scene.pass(seconds: 300)
        _ = try await scene.vault.caller(bearer: token.text)
        scene.pass(seconds: 59)
        _ = try await scene.vault.caller(bearer: token.text)
        list = try await scene.vault.tokens(as: sam)
        #expect(list[0].lastUsed == Fixture.start.adding(seconds: 300).text, "written at most once a minute")
        let id = try #require(AccessTokenID(list[0].id))
        await #expect(throws: VaultError.notFound(.token)) { try await scene.vault.revokeToken(id, as: hana) }
        let before = try await scene.vault.ledgerSize()
        try await scene.vault.revokeToken(id, as: sam)
        #expect(try await scene.kinds(since: before) == [.tokenRevoked])
        await #expect(throws: VaultError.tokenInvalid) { try await scene.vault.caller(bearer: token.text) }
    }

    @Test("at most 90 days, and at most 20 that live")
    func number() async throws {
        let scene = try await SignInScene()
        let sam = try await scene.caller("sam")
        for days in [0, -1, 91, .max] {
            await #expect(throws: VaultError.invalid(field: "number of days", reason: "use 1 to 90")) {
                try await scene.vault.createToken(name: "t", days: days, as: sam)
            }
        }
        for number in 0..<20 {
            _ = try await scene.vault.createToken(name: "\(number)", days: number == 0 ? 1 : 2, as: sam)
        }
        await #expect(throws: VaultError.tooManyTokens(20)) {
            try await scene.vault.createToken(name: "t", days: 1, as: sam)
        }
        scene.pass(seconds: 86_400)
        _ = try await scene.vault.createToken(name: "t", days: 1, as: sam)
    }

    @Test("a clock put back revives no token, and an edited row is refused")
    func forged() async throws {
        let scene = try await SignInScene()
        let token = try await scene.vault.createToken(name: "t", days: 1, as: scene.caller("sam"))
        scene.pass(seconds: -61)
        await #expect(throws: StorageError.clockWentBackwards) { try await scene.vault.caller(bearer: token.text) }
        scene.pass(seconds: 61)
        try scene.fixture.tamper("records", "UPDATE access_tokens SET expires = expires + 86400000")
        await #expect(throws: StorageError.damagedStore(store: "access_tokens table")) {
            try await scene.vault.caller(bearer: token.text)
        }
    }
}

@Suite("A stolen database of accounts")
struct SignInAtRestTests {
    @Test("I5: no token, code or secret stands in it, as text or as bytes")
    func canary() async throws {
        let scene = try await SignInScene()
        let vault = scene.vault
        let sam = try await scene.caller("sam")
        let offer = try await vault.offerSecondFactor(as: sam)
        let codes = try await vault.confirmSecondFactor(try Authenticator(offer).code(at: scene.clock.now), as: sam)
        let session = try await scene.signIn("sam", code: key(codes[0]))
        let token = try await vault.createToken(name: "canary of a token", days: 1, as: sam)
        let school = try #require(try await vault.person("hana").memberships.first?.organisation)
        let invitation = try await vault.invite(
            NewPerson(username: "nia", name: "Nia", organisation: school, roles: ["SCH"]), as: scene.caller("ada"))
        #expect(await scene.refusal("canary.of.a.name", "wrong") == .wrongCredentials)
        let needles =
            codes + [
                offer.secret, token.text, invitation.text, session.bytes, session.text,
                try #require(TokenText.decode(token.text, prefix: AccessToken.prefix)),
                try #require(TokenText.decode(invitation.text, prefix: InvitationToken.prefix)),
                Array("canary of a token".utf8), Array("canary.of.a.name".utf8),
            ]
        #expect(try scene.fixture.whereabouts(of: needles) == [])
        try await vault.close()
        #expect(try scene.fixture.whereabouts(of: needles) == [])
    }
}
