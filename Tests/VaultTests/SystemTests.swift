import Foundation
import GRDB
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("Partners' systems in the vault")
struct SystemTests {
    private static let certificate = Digest.sha256(Array("a certificate".utf8))

    /// A vault with a system that is on the team, in the role of priya.
    private func registered(_ work: (Fixture, DocumentVault, PersonID) async throws -> Void) async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        let ada = try await fixture.caller("ada", in: vault)
        let place = try #require(try await fixture.caller("priya", in: vault).memberships.first)
        let id = try await vault.registerSystem(
            NewSystem(
                NewPerson(username: "letters", name: "Letters", organisation: place.organisation, roles: [place.role]),
                certificate: Self.certificate,
                scope: Scope(purposes: ["ehc.assessment"], categories: ["D05"]), days: 30), as: ada)
        try await vault.addToTeam(
            "letters", role: place.role, of: fixture.caseID, as: try await fixture.caller("sam", in: vault))
        try await work(fixture, vault, id)
        try await vault.close()
    }

    @Test("a system has no duty, on its case or elsewhere, and ends with its registration")
    func duties() async throws {
        try await registered { fixture, vault, _ in
            let system = try await vault.caller(certificate: Self.certificate)
            #expect(system.memberships.isEmpty && system.scope != nil)
            let child = fixture.child
            let refused: [() async throws -> Void] = [
                { _ = try await vault.people(as: system) },
                { _ = try await vault.findChildren(.nhsNumber("943 476 5919"), as: system) },
                { _ = try await vault.openEmergency(for: child, reason: "A reason that is long enough.", as: system) },
                { _ = try await vault.ledger(before: nil, limit: 1, as: system) },
                { try await vault.closeCase(fixture.caseID, as: system) },
                { try await vault.addToTeam("henry", role: "HADV", of: fixture.caseID, as: system) },
                { _ = try await vault.createToken(name: "a", days: 1, as: system) },
            ]
            for (number, act) in refused.enumerated() {
                await #expect(throws: VaultError.self, "\(number)") { try await act() }
            }
            let later = try await fixture.open(now: Fixture.start.adding(seconds: 31 * 86_400))
            await #expect(throws: VaultError.systemUnknown) { try await later.caller(certificate: Self.certificate) }
            try await later.close()
        }
    }

    @Test("a registration that was put back, changed or removed by other hands is found and opens nothing more")
    func tampered() async throws {
        try await registered { fixture, vault, id in
            let path = "\(fixture.vaultPath)/records.sqlite"
            let (former, mac) = try await DatabaseQueue(path: path).read { db in
                let row = try #require(try Row.fetchOne(db, sql: "SELECT * FROM systems"))
                return (row["certificate"] as Data, row["mac"] as Data)
            }
            let newer = Digest.sha256(Array("another".utf8))
            let ada = try await fixture.caller("ada", in: vault)
            try await vault.certifySystem("letters", certificate: newer, days: 30, as: ada)
            #expect(try await fixture.check(vault).isSound)
            await #expect(throws: VaultError.systemUnknown) { try await vault.caller(certificate: Self.certificate) }

            try await DatabaseQueue(path: path).write {
                try $0.execute(
                    sql: "UPDATE systems SET certificate = :certificate, mac = :mac",
                    arguments: ["certificate": former, "mac": mac])
            }
            #expect(try await fixture.check(vault).findings.map(\.what).contains("system \(id)"))

            try await DatabaseQueue(path: path).write {
                try $0.execute(sql: "UPDATE systems SET categories = 'D05 D06'")
            }
            await #expect(throws: StorageError.self) { try await vault.caller(certificate: Self.certificate) }
            #expect(try await fixture.check(vault).findings.map(\.what).contains("systems table"))

            try await DatabaseQueue(path: path).write { try $0.execute(sql: "DELETE FROM systems") }
            #expect(try await fixture.check(vault).findings.map(\.what).contains("system \(id)"))
        }
    }
}
