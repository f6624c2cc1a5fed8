import Foundation
import Ledger
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("Time stamps on certificates of disposal", .timeLimit(.minutes(45)))
struct StampTests {
    /// A vault in which one document was disposed of, and an authority whose clock is the vault's.
    private struct Story {
        let ensemble: Ensemble
        let clock = TestClock()
        let vault: DocumentVault
        let disposal: DisposalID
        let unstamped: DisposalCertificate
        let authority: StampAuthority

        init() async throws {
            ensemble = try await Ensemble.copy()
            vault = try await ensemble.open(clock)
            let document = try await ensemble.deposit("D05", by: "priya", in: vault)
            let rex = try await vault.person("rex")
            disposal = try await vault.list(.document(document), ground: .mistake, reason: "Filed by mistake", as: rex)
            try await vault.review(disposal, as: vault.person("mona"))
            try await vault.approve(disposal, coolingDays: 0, as: vault.person("dana"))
            unstamped = try await vault.execute(disposal, as: rex)
            authority = try StampAuthority(at: clock.now.adding(seconds: -86_400))
        }

        func stamp(
            as name: String = "rex", secondsOff: Int64 = 0, _ answer: ((TimeStampRequest) throws -> [UInt8])? = nil
        ) async throws -> DisposalCertificate {
            let caller = try await vault.person(name)
            return try await vault.stampCertificate(of: disposal, trusting: authority.certificates, as: caller) {
                try answer?($0) ?? authority.answer(to: $0, at: clock.now.adding(seconds: secondsOff))
            }
        }

        /// As it was before: unstamped, valid, sound, and nothing about a stamp in the ledger.
        func expectUntouched(_ sourceLocation: SourceLocation = #_sourceLocation) async throws {
            let now = try await vault.certificate(of: disposal, as: vault.person("rex"))
            #expect(now == unstamped, sourceLocation: sourceLocation)
            #expect(try await vault.records.read { try $0.stamps() } == [], sourceLocation: sourceLocation)
            let entries = try await vault.records.read { try $0.entries(of: [.erasureStamped]) }
            #expect(entries.isEmpty, sourceLocation: sourceLocation)
            #expect(try await ensemble.findings(vault) == [], sourceLocation: sourceLocation)
        }
    }

    @Test("a stamped certificate verifies with stock openssl, its token alone too, and the register tells its time")
    func stamped() async throws {
        let story = try await Story()
        let (vault, openssl) = (story.vault, story.authority)
        let done = try await story.stamp()
        let time = try #require(done.stamped)
        #expect(abs(time.milliseconds - story.clock.now.milliseconds) < 60_000)
        #expect(try await vault.certificate(of: story.disposal, as: vault.person("rex")) == done)
        #expect(try await vault.disposals(as: vault.person("rex")).map(\.stamped) == [time.text])
        #expect(done.text == story.unstamped.text && done.signature != story.unstamped.signature)
        #expect(try done.page().contains(time.text))
        #expect(try await story.ensemble.findings(vault) == [])

        let signature = try CMSSignature(der: done.signature)
        try openssl.write(done.text, "x.json")
        try openssl.write(done.signature, "x.p7s")
        try openssl.write(try #require(try signature.timeStampToken), "x.tst")
        let pem = try #require(try await vault.signerCertificate(as: vault.person("rex")))
        try openssl.write(Array(pem.utf8), "signer.pem")
        let now = story.clock.now.adding(seconds: 60)
        try openssl.run(
            "cms -verify -binary -cades -inform DER -in x.p7s -content x.json -CAfile signer.pem -out out", at: now)
        try openssl.run(
            "ts -verify -token_in -in x.tst -digest \(signature.stampedDigest.hex) -CAfile stamp.pem", at: now)
        try await vault.close()
    }

    @Test("a certificate takes one time stamp, from whoever may carry disposals out")
    func once() async throws {
        let story = try await Story()
        await #expect(throws: VaultError.self) { _ = try await story.stamp(as: "priya") }
        try await story.expectUntouched()
        let done = try await story.stamp()
        await #expect(throws: StampError.alreadyStamped(1)) { _ = try await story.stamp() }
        #expect(try await story.vault.certificate(of: story.disposal, as: story.vault.person("rex")) == done)
        // Two at once: one is kept.
        let other = try await Story()
        await #expect(throws: StampError.alreadyStamped(1)) {
            _ = try await other.vault.stampCertificate(
                of: other.disposal, trusting: other.authority.certificates, as: other.vault.person("rex")
            ) {
                _ = try await other.stamp()
                return try other.authority.answer(to: $0, at: other.clock.now)
            }
        }
        #expect(try await other.vault.records.read { try $0.stamps().count } == 1)
        try await story.vault.close()
        try await other.vault.close()
    }

    @Test("an answer for another request or digest, of a stranger, of another time, or none: nothing changes")
    func refused() async throws {
        let story = try await Story()
        let (authority, clock) = (story.authority, story.clock)
        let other = TimeStampRequest(for: .sha256([1]), random: .system)
        let stranger = try StampAuthority(at: clock.now.adding(seconds: -86_400))
        await #expect(throws: SealingError.timeStampRefused(.anotherRequest)) {
            _ = try await story.stamp {
                try authority.answer(to: TimeStampRequest(for: $0.digest, random: .system), at: clock.now)
            }
        }
        await #expect(throws: SealingError.self) {
            _ = try await story.stamp { _ in try authority.answer(to: other, at: clock.now) }
        }
        await #expect(throws: SealingError.timeStampRefused(.notTrusted)) {
            _ = try await story.stamp { try stranger.answer(to: $0, at: clock.now) }
        }
        await #expect(throws: SealingError.timeStampRefused(.malformed)) { _ = try await story.stamp { _ in [] } }
        for seconds: Int64 in [-3600, 3600] {
            await #expect(throws: StampError.self) { _ = try await story.stamp(secondsOff: seconds) }
        }
        await #expect(throws: ErasureTests.Stopped.self) {
            _ = try await story.stamp { _ in throw ErasureTests.Stopped() }
        }
        try await story.expectUntouched()
        _ = try await story.stamp(secondsOff: 200)
        try await story.vault.close()
    }

    @Test("a stamp that is taken out of the records is found by the check, and the rows refuse changes")
    func tampered() async throws {
        let story = try await Story()
        _ = try await story.stamp()
        try await story.vault.close()
        try story.ensemble.fixture.tamper("records", "DROP TRIGGER stamps_stay; DELETE FROM stamps")
        let vault = try await story.ensemble.open(story.clock)
        #expect(try await story.ensemble.findings(vault).isEmpty == false)
        try await vault.close()
    }

    @Test("a register without a stamp does not take the place of one that has it")
    func register() {
        func content(_ stamp: RegisterFile.Stamp?) -> RegisterFile.Content {
            let certificate = RegisterFile.Certificate(
                number: 1, issued: 0, text: Data(), signature: Data(), stamp: stamp)
            let disposal = RegisterFile.Disposal(
                id: "1", unit: "child", child: "2", document: nil, version: nil, body: Data(), changed: 0,
                certificate: certificate)
            return RegisterFile.Content(vault: "3", entries: 1, disposals: [disposal], holds: [], signers: [])
        }
        let (with, without) = (content(RegisterFile.Stamp(time: 0, signature: Data())), content(nil))
        #expect(with.covers(without) && with.covers(with) && without.covers(without))
        #expect(!without.covers(with))
    }

    @Test("a vault restored from before the stamp has it again, from the register")
    func restored() async throws {
        let story = try await Story()
        let scene = try await BackupScene()
        let (vault, clock) = (story.vault, story.clock)
        let ada = try await vault.person("ada")
        _ = try await vault.backUpRecords(to: .writing(scene.path), as: ada)
        _ = try await vault.backUpKeyring(to: .writing(scene.path), sealedTo: [scene.custodian], as: ada)
        _ = try await vault.backUpObjects(to: .writing(scene.path), as: ada) { _ in }
        let done = try await story.stamp()
        try await vault.close()

        let register = story.ensemble.fixture.folder.path + "/anchor.register"
        let source = try RestoreSource(.reading(scene.path), registers: [register], openedWith: scene.identity())
        let restoration = Restoration(
            folder: scene.restoredPath, anchorPath: "../restored.anchor", oldAnchor: nil, username: "ada",
            password: try Fixture.password())
        let environment = try Fixture.environment(now: clock.now)
        let report = try await DocumentVault.restore(
            source, to: restoration, unlockedBy: Fixture.secret(), in: environment
        ) { _ in }
        #expect(report.isSound, "\(report.check.findings)")
        let again = try await DocumentVault.open(
            scene.restoredPath, unlockedWith: Fixture.secret(), in: environment)
        #expect(try await again.certificate(of: story.disposal, as: again.person("rex")) == done)
        _ = try await again.replay([register])
        #expect(try await again.records.read { try $0.stamps().count } == 1)
        #expect(try await story.ensemble.findings(again) == [])
        try await again.close()
    }
}
