import Foundation
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("I4: after an erasure nothing of it opens, and the register says so", .timeLimit(.minutes(45)))
struct ErasureTests {
    struct Stopped: Error {}

    /// Lists, reviews and approves as three people, and goes past the cooling-off.
    private func approved(
        _ target: DisposalTarget, _ ground: DisposalGround, _ clock: TestClock, in vault: DocumentVault
    ) async throws -> DisposalID {
        let id = try await vault.list(target, ground: ground, reason: "Filed by mistake", as: vault.person("rex"))
        try await vault.review(id, as: vault.person("mona"))
        try await vault.approve(id, as: vault.person("dana"))
        clock.move(to: clock.now.adding(seconds: 31 * 86_400))
        return id
    }

    private func closeCases(_ ensemble: Ensemble, in vault: DocumentVault) async throws {
        try await vault.closeCase(ensemble.caseID, as: vault.person("sam"))
    }

    @Test("a child: no key, no wrap, no object, no row but the identifier; the ledger verifies; the certificate does")
    func child() async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        let vault = try await ensemble.open(clock)
        let document = try await ensemble.deposit("D05", by: "priya", in: vault)
        try await ensemble.add(.extract, to: document, by: "priya", in: vault)
        let other = try await ensemble.deposit("D05", by: "priya", on: ensemble.teenCase, text: "hers", in: vault)
        try await closeCases(ensemble, in: vault)
        let keys = try await vault.keyring.read { try $0.keys(kind: .child) }.filter {
            $0.owner == ensemble.child.bytes
        }
        let original = try await ensemble.rendition(.original, of: document, in: vault).id
        let wraps = try await vault.keyring.read { try $0.wraps(of: original) }
        let objects = try ensemble.fixture.objectPaths().count
        let id = try await approved(.child(ensemble.child), .mistake, clock, in: vault)

        let certificate = try await vault.execute(id, as: vault.person("rex"))

        #expect(try await vault.childKey(ensemble.child) == nil)
        for secret in keys.map(\.sealed) + wraps.map(\.sealed) { try expectNoTrace(of: secret, in: ensemble.fixture) }
        #expect(try ensemble.fixture.objectPaths().count == objects - 2)
        #expect(await ensemble.refusal(document, as: "priya", in: vault) == .notFound(.document))
        #expect(try await ensemble.read(other, as: "priya", in: vault) == "hers")
        #expect(try await ensemble.findings(vault) == [])
        let text = try JSONDecoder().decode(CertificateText.self, from: Data(certificate.text))
        #expect(text.subject.documents == 1 && text.subject.renditions == 2)
        #expect(text.execution.wrapsDestroyed > 2)
        #expect(text.authority.approved?.role == "DPO")
        #expect(!String(decoding: certificate.text, as: UTF8.self).contains("Robin"))
        let signed = try CMSSignature(der: certificate.signature)
        let pem = try #require(try await vault.signerCertificate(as: vault.person("rex")))
        _ = try signed.verify(
            certificate.text, trusting: try #require(try Certificate.list(pem: Array(pem.utf8)).first))
        await #expect(throws: VaultError.wrongStage("erased")) {
            _ = try await vault.execute(id, as: vault.person("rex"))
        }
        try await vault.close()
    }

    @Test("a document, and a version: what is left of it reads as before, and its number is not used again")
    func parts() async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        let vault = try await ensemble.open(clock)
        let kept = try await ensemble.deposit("D05", by: "priya", text: "first", in: vault)
        let priya = try await vault.person("priya")
        _ = try await vault.replace(kept, mediaType: .unknown, content: try ensemble.content("second"), as: priya)
        let gone = try await ensemble.deposit("D05", by: "priya", text: "gone", in: vault)
        let twin = try await ensemble.deposit("D05", by: "priya", text: "gone", in: vault)

        let second = try await approved(.version(kept, 2), .mistake, clock, in: vault)
        _ = try await vault.execute(second, as: vault.person("rex"))
        #expect(try await ensemble.read(kept, as: "priya", in: vault) == "first")
        _ = try await vault.replace(
            kept, mediaType: .unknown, content: try ensemble.content("third"), as: vault.person("priya"))
        #expect(try await vault.records.read { try $0.versions(of: kept).map(\.number) } == [1, 3])

        let document = try await approved(.document(gone), .mistake, clock, in: vault)
        let certificate = try await vault.execute(document, as: vault.person("rex"))
        #expect(await ensemble.refusal(gone, as: "priya", in: vault) == .notFound(.document))
        // The same file was deposited twice and is stored once: what the other still needs stays.
        #expect(try await ensemble.read(twin, as: "priya", in: vault) == "gone")
        #expect(certificate.number == 2)
        #expect(try await ensemble.findings(vault) == [])
        try await vault.close()
    }

    static let table: [(WriteSteps.Step, String, Int)] = [
        (.records, "before", 1), (.records, "after", 1), (.keyring, "before", 1), (.keyring, "after", 1),
        (.place, "before", 1), (.place, "after", 1), (.records, "before", 2), (.records, "after", 2),
    ]

    @Test("stopped at any write, it is whole or it is finished by the next start", arguments: table)
    func stopped(step: WriteSteps.Step, moment: String, occurrence: Int) async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        var vault = try await ensemble.open(clock)
        let document = try await ensemble.deposit("D05", by: "priya", in: vault)
        try await closeCases(ensemble, in: vault)
        let id = try await approved(.child(ensemble.child), .mistake, clock, in: vault)
        try await vault.close()

        let stop = Stop(step: step, moment: moment, occurrence: occurrence)
        vault = try await ensemble.fixture.open(
            now: clock.now,
            steps: WriteSteps(before: { try stop.pass($0, "before") }, after: { try stop.pass($0, "after") }))
        await #expect(throws: Stop.Reached.self) { _ = try await vault.execute(id, as: vault.person("rex")) }
        vault.hold.release()

        let again = try await ensemble.open(clock)
        let isUntouched = step == .records && moment == "before" && occurrence == 1
        #expect(try await again.childKey(ensemble.child) == nil || isUntouched)
        #expect(try await again.records.read { try $0.certificates().count } == (isUntouched ? 0 : 1))
        #expect(try await ensemble.findings(again) == [])
        if isUntouched { _ = try await again.execute(id, as: again.person("rex")) }
        #expect(await ensemble.refusal(document, as: "priya", in: again) == .notFound(.document))
        try await again.close()
    }

    @Test("I8: who listed or reviewed it does not approve it, nor does the same person by another account")
    func twoPeople() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let document = try await ensemble.deposit("D05", by: "priya", in: vault)
        let (rex, mona, dana) = (
            try await vault.person("rex"), try await vault.person("mona"), try await vault.person("dana")
        )
        let id = try await vault.list(.document(document), ground: .mistake, reason: "Wrong child", as: rex)
        await #expect(throws: VaultError.wrongStage("listed")) { try await vault.approve(id, as: dana) }
        try await vault.review(id, as: mona)
        await #expect(throws: VaultError.needsAnother("Approving this disposal")) {
            try await vault.approve(id, as: rex)
        }
        try await vault.recordSamePerson("dana", as: "mona", by: try await vault.person("ada"))
        await #expect(throws: VaultError.needsAnother("Approving this disposal")) {
            try await vault.approve(id, as: dana)
        }
        await #expect(throws: VaultError.wrongStage("reviewed")) { _ = try await vault.execute(id, as: rex) }
        try await vault.close()
    }

    @Test("nothing goes within the cooling-off, and nothing that a hold placed meanwhile is about")
    func coolingAndHolds() async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        let vault = try await ensemble.open(clock)
        let document = try await ensemble.deposit("D05", by: "priya", in: vault)
        let id = try await vault.list(
            .document(document), ground: .mistake, reason: "Wrong child", as: vault.person("rex"))
        try await vault.review(id, as: vault.person("mona"))
        try await vault.approve(id, as: vault.person("dana"))
        await #expect(throws: VaultError.self) { _ = try await vault.execute(id, as: vault.person("rex")) }
        let scope = try HoldScope(children: ["\(ensemble.child)"], categories: ["D05"])
        let hold = try await vault.placeHold(
            NewHold(name: "Appeal", kind: .tribunal, authority: "Tribunal order", scope: scope), as: vault.person("leo")
        )
        clock.move(to: clock.now.adding(seconds: 40 * 86_400))
        let held = VaultError.disposalBlocked(["legal holds: held for tribunal"])
        await #expect(throws: held) { _ = try await vault.execute(id, as: vault.person("rex")) }
        await #expect(throws: VaultError.needsAnother("Releasing a hold that you placed")) {
            try await vault.releaseHold(hold, reason: "Decided", as: vault.person("leo"))
        }
        try await vault.releaseHold(hold, reason: "Decided", as: vault.person("dana"))
        // A release destroys nothing by itself.
        await #expect(throws: held) { _ = try await vault.execute(id, as: vault.person("rex")) }
        clock.move(to: clock.now.adding(seconds: 31 * 86_400))
        _ = try await vault.execute(id, as: vault.person("rex"))
        #expect(try await ensemble.findings(vault) == [])
        try await vault.close()
    }
}

@Suite("What decides about disposals is held against the ledger", .timeLimit(.minutes(45)))
struct DisposalTamperTests {
    @Test("a hold that was deleted, and a disposal that was put back to an earlier state, are found")
    func found() async throws {
        let ensemble = try await Ensemble.copy()
        var vault = try await ensemble.open()
        let document = try await ensemble.deposit("D05", by: "priya", in: vault)
        let id = try await vault.list(
            .document(document), ground: .mistake, reason: "Error", as: vault.person("rex"))
        let hold = try await vault.placeHold(
            NewHold(name: "Audit", kind: .audit, authority: "Letter", scope: try HoldScope(categories: ["D08"])),
            as: vault.person("leo"))
        #expect(try await ensemble.findings(vault) == [])
        try await vault.close()
        try ensemble.fixture.tamper("records", "CREATE TABLE earlier AS SELECT * FROM disposals")
        vault = try await ensemble.open()
        try await vault.end(id, reason: "Needed", as: vault.person("rex"))
        try await vault.close()
        try ensemble.fixture.tamper(
            "records",
            """
            DELETE FROM disposals; INSERT INTO disposals SELECT * FROM earlier; DROP TABLE earlier; DELETE FROM holds;
            """)
        vault = try await ensemble.open()
        #expect(Set(try await ensemble.findings(vault).map(\.what)) == ["disposal \(id)", "hold \(hold)"])
        try await vault.close()
    }
}

/// Stops an operation at its n-th passing of a step.
final class Stop: Sendable {
    struct Reached: Error {}

    private let step: WriteSteps.Step
    private let moment: String
    private let left: TestCounter

    init(step: WriteSteps.Step, moment: String, occurrence: Int) {
        self.step = step
        self.moment = moment
        left = TestCounter(occurrence)
    }

    func pass(_ step: WriteSteps.Step, _ moment: String) throws {
        if step == self.step, moment == self.moment, left.countDown() == 0 { throw Reached() }
    }
}
