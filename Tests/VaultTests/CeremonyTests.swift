import Foundation
import Ledger
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite(
    "I8: the root key is replaced by two people, and the old one dies only when the new one has been shown",
    .timeLimit(.minutes(45)))
struct CeremonyTests {
    struct Stopped: Error {}

    private func custody(_ secret: Key) -> NewCustody { NewCustody(kind: .keyFile, custody: .keyFile, secret: secret) }

    private func reopened(_ ensemble: Ensemble, _ secret: Key) async throws -> DocumentVault {
        try await DocumentVault.open(
            ensemble.fixture.vaultPath, unlockedWith: secret, in: Fixture.environment())
    }

    @Test("step by step, and each step only after the one before it")
    func whole() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let document = try await ensemble.deposit("D05", by: "priya", in: vault)
        let (ada, dana) = (try await vault.person("ada"), try await vault.person("dana"))
        let secret = try Key(from: .system)
        await #expect(throws: VaultError.ceremony(.none)) { try await vault.approveCeremony(as: dana) }
        try await vault.beginCeremony(as: ada)
        await #expect(throws: VaultError.ceremony(.open)) { try await vault.beginCeremony(as: dana) }
        await #expect(throws: VaultError.ceremony(.notApproved)) {
            try await vault.issue(custody(secret), as: ada)
        }
        await #expect(throws: VaultError.needsAnother("Replacing the root key")) {
            try await vault.approveCeremony(as: ada)
        }
        try await vault.approveCeremony(as: dana)
        await #expect(throws: VaultError.ceremony(.notIssued)) {
            try await vault.completeCeremony(presenting: secret, as: ada)
        }
        try await vault.issue(custody(secret), as: ada)
        // Until the new secret has been shown the old one opens, and the new one does not.
        await #expect(throws: SealingError.wrongUnlockSecret) { _ = try await reopened(ensemble, secret) }
        await #expect(throws: SealingError.wrongUnlockSecret) {
            try await vault.completeCeremony(presenting: try Key(from: .system), as: ada)
        }
        let old = try await vault.keyring.read { try $0.custody(of: CustodyRow.root) }
        try await vault.completeCeremony(presenting: secret, as: dana)
        for row in old { try expectNoTrace(of: row.sealed, in: ensemble.fixture) }
        #expect(try await ensemble.read(document, as: "priya", in: vault) == "original of D05")
        #expect(try await vault.ceremony(as: ada) == nil)
        try await vault.close()

        await #expect(throws: SealingError.wrongUnlockSecret) { _ = try await ensemble.open() }
        let again = try await reopened(ensemble, secret)
        #expect(try await ensemble.read(document, as: "sam", in: again) == "original of D05")
        _ = try await again.rotate(.health, as: try await again.person("ada")) { _ in }
        #expect(try await ensemble.findings(again) == [])
        try await again.close()
    }

    @Test("one person with two accounts is one person")
    func twoAccounts() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let (ada, dana) = (try await vault.person("ada"), try await vault.person("dana"))
        try await vault.recordSamePerson("dana", as: "ada", by: ada)
        try await vault.beginCeremony(as: ada)
        await #expect(throws: VaultError.needsAnother("Replacing the root key")) {
            try await vault.approveCeremony(as: dana)
        }
        try await vault.close()
    }

    @Test("stopped between keyring and records, it is finished by the next start", arguments: ["before", "after"])
    func stopped(moment: String) async throws {
        let ensemble = try await Ensemble.copy()
        let steps = WriteSteps(
            before: { if $0 == .keyring && moment == "before" { throw Stopped() } },
            after: { if $0 == .keyring && moment == "after" { throw Stopped() } })
        let vault = try await ensemble.fixture.open(steps: steps)
        let (ada, dana) = (try await vault.person("ada"), try await vault.person("dana"))
        let secret = try Key(from: .system)
        try await vault.beginCeremony(as: ada)
        try await vault.approveCeremony(as: dana)
        try await vault.issue(custody(secret), as: ada)
        await #expect(throws: Stopped.self) { try await vault.completeCeremony(presenting: secret, as: ada) }
        if moment == "before" {
            let again = try await ensemble.open()
            #expect(try await again.ceremony(as: ada)?.isIssued == true)
            #expect(try await ensemble.findings(again) == [])
            try await again.close()
        } else {
            vault.hold.release()
            let again = try await reopened(ensemble, secret)
            #expect(try await again.ceremony(as: ada) == nil)
            #expect(try await again.kinds(since: 0).contains(.rootReplaced))
            #expect(try await ensemble.findings(again) == [])
            try await again.close()
        }
    }

    @Test(
        "a process that was open during the replacement goes on, and is told to start anew once a key changes after it")
    func otherProcess() async throws {
        let ensemble = try await Ensemble.copy()
        let (vault, other) = (try await ensemble.open(), try await ensemble.open())
        let document = try await ensemble.deposit("D05", by: "priya", in: vault)
        let (ada, dana) = (try await vault.person("ada"), try await vault.person("dana"))
        let secret = try Key(from: .system)
        try await vault.beginCeremony(as: ada)
        try await vault.approveCeremony(as: dana)
        try await vault.issue(custody(secret), as: ada)
        try await vault.completeCeremony(presenting: secret, as: ada)
        #expect(try await ensemble.read(document, as: "priya", in: other) == "original of D05")
        _ = try await vault.rotate(.health, as: ada) { _ in }
        await #expect(throws: VaultError.unlockAgain) {
            _ = try await ensemble.read(document, as: "priya", in: other)
        }
        try await other.close()
        try await vault.close()
    }
}
