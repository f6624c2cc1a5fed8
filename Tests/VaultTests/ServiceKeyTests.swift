import Foundation
import Ledger
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("The vault's own keys are replaced, or say why not", .timeLimit(.minutes(45)))
struct ServiceKeyTests {
    private func key(_ service: ServiceKey, in vault: DocumentVault) async throws -> WrappedKey? {
        try await vault.keyring.read { try $0.key(kind: .service, owner: Array(service.rawValue.utf8)) }
    }

    @Test(
        "the key over the children's keys: all opens under the new one, in any process, and the old one is nowhere"
    )
    func children() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let other = try await ensemble.open()
        let document = try await ensemble.deposit("D05", by: "priya", in: other)
        let old = try #require(try await key(.children, in: vault))
        let done = try await vault.rotate(.children, as: vault.person("ada"))
        #expect(done.to == 2 && done.rewrapped == 2 && done.isFinished)
        try expectNoTrace(of: old.sealed, in: ensemble.fixture)
        #expect(try await ensemble.read(document, as: "priya", in: other) == "original of D05")
        _ = try await ensemble.deposit("D05", by: "priya", on: ensemble.teenCase, text: "hers", in: other)
        _ = try await other.rotate(ensemble.child, as: other.person("ada"))
        _ = try await vault.rotate(.children, as: vault.person("ada"))
        #expect(try await ensemble.findings(other) == [])
        try await other.close()
        try await vault.close()
        let again = try await ensemble.open()
        #expect(try await ensemble.read(document, as: "sam", in: again) == "original of D05")
        try await again.close()
    }

    @Test("the key of certificates: what was signed verifies as before, and what comes is signed by the new one")
    func certificates() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let ada = try await vault.person("ada")
        await #expect(throws: VaultError.noServiceKey("certificates")) {
            _ = try await vault.rotate(.certificates, as: ada)
        }
        var signed: [DisposalCertificate] = []
        for text in ["one", "two"] {
            let document = try await ensemble.deposit("D05", by: "priya", text: text, in: vault)
            let id = try await vault.approvedDisposal(of: .document(document), coolingDays: 0)
            signed.append(try await vault.execute(id, as: vault.person("rex")))
            if text == "one" {
                let old = try #require(try await key(.certificates, in: vault))
                _ = try await vault.rotate(.certificates, as: ada)
                try expectNoTrace(of: old.sealed, in: ensemble.fixture)
            }
        }
        let pem = try #require(try await vault.signerCertificate(as: vault.person("rex")))
        let certificates = try Certificate.list(pem: Array(pem.utf8))
        #expect(certificates.count == 2)
        for one in signed {
            let trusted = certificates.filter { certificate in
                (try? CMSSignature(der: one.signature).verify(one.text, trusting: certificate)) != nil
            }
            #expect(trusted.count == 1)
        }
        #expect(try await ensemble.findings(vault) == [])
        try await vault.close()
    }

    @Test("the ledger's key: both sign a checkpoint, and who trusts the old one comes to trust the new one")
    func log() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let ada = try await vault.person("ada")
        let other = try await ensemble.open()
        await #expect(throws: StorageError.busy) { _ = try await vault.rotate(.log, as: ada) }
        try await other.close()
        let former = try vault.vkey
        let old = try #require(try await key(.log, in: vault))
        for _ in 0..<2 { _ = try await vault.rotate(.log, as: ada) }
        try expectNoTrace(of: old.sealed, in: ensemble.fixture)
        let now = try vault.vkey
        let changes = try await vault.logKeyChanges()
        #expect(changes.count == 2 && changes.first?.former == former && changes.last?.vkey == now)
        var trusted = former
        for change in changes {
            #expect(change.former == trusted)
            let note = try SignedNote(parsing: Array(change.checkpoint.utf8))
            for vkey in [trusted, change.vkey] {
                _ = try LogPolicy(logKeys: [NoteKey(vkey: vkey)]).open(note, now: 0)
            }
            trusted = change.vkey
        }
        #expect(trusted == now && now != former)
        let note = try await vault.checkpoint(as: ada)
        #expect(throws: LedgerError.self) { _ = try LogPolicy(logKeys: [NoteKey(vkey: former)]).open(note, now: 0) }
        #expect(try await ensemble.findings(vault) == [])
        try await vault.close()
        let again = try await ensemble.open()
        #expect(again.readOnlyReason == nil)
        #expect(try await ensemble.findings(again) == [])
        try await again.close()
    }

    static let table: [(ServiceKey, WriteSteps.Step, String)] = [.children, .certificates, .log].flatMap { service in
        [WriteSteps.Step.keyring, .records, .place].flatMap { step in
            ["before", "after"].compactMap { service == .log || step != .place ? (service, step, $0) : nil }
        }
    }

    @Test(
        "stopped at any write, the vault is sound, and the ledger says which key it has",
        arguments: table)
    func stopped(service: ServiceKey, step: WriteSteps.Step, moment: String) async throws {
        let ensemble = try await Ensemble.copy()
        var vault = try await ensemble.open()
        let gone = try await ensemble.deposit("D05", by: "priya", text: "gone", in: vault)
        let id = try await vault.approvedDisposal(of: .document(gone), coolingDays: 0)
        _ = try await vault.execute(id, as: vault.person("rex"))
        let document = try await ensemble.deposit("D05", by: "priya", in: vault)
        try await vault.close()
        let stop = Stop(step: step, moment: moment, occurrence: 1)
        vault = try await ensemble.fixture.open(
            steps: WriteSteps(before: { try stop.pass($0, "before") }, after: { try stop.pass($0, "after") }))
        await #expect(throws: Stop.Reached.self) { _ = try await vault.rotate(service, as: vault.person("ada")) }
        vault.hold.release()
        let again = try await ensemble.open()
        #expect(again.readOnlyReason == nil)
        #expect(try await again.keyring.read { try $0.rotations() } == [])
        #expect(try await ensemble.read(document, as: "priya", in: again) == "original of D05")
        #expect(try await ensemble.findings(again) == [])
        let said = try await again.records.read { try $0.entries(of: [.keyRotated]) }.last
        let version = try await key(service, in: again)?.version
        #expect((said == nil) == (version == 1))
        _ = try await again.rotate(service, as: again.person("ada"))
        #expect(try await ensemble.findings(again) == [])
        try await again.close()
    }

    @Test("the others stay, and the answer says why; only who has the duty rotates", arguments: ServiceKey.allCases)
    func stay(service: ServiceKey) async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        await #expect(throws: VaultError.denied(.dutyNotHeld("key.rotate"))) {
            _ = try await vault.rotate(service, as: vault.person("sam"))
        }
        if let reason = service.reasonToStay {
            await #expect(throws: VaultError.serviceKeyStays(service.rawValue, reason)) {
                _ = try await vault.rotate(service, as: vault.person("ada"))
            }
        }
        try await vault.close()
    }
}
