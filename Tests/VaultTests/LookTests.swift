import Ledger
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("Who looked")
struct LookTests {
    /// A plan that everybody reads, and advice that the family does not know of.
    private func filled() async throws -> (Ensemble, DocumentVault, plan: DocumentID, advice: DocumentID) {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let plan = try await ensemble.deposit("D12", by: "sam", in: vault)
        let advice = try await ensemble.deposit("D05", by: "priya", in: vault)
        _ = try await ensemble.consent(ensemble.terms(categories: ["D12"]), in: vault)
        for name in ["hana", "priya", "quinn", "pat", "rhea"] { _ = try await ensemble.read(plan, as: name, in: vault) }
        _ = try await ensemble.read(advice, as: "sam", in: vault)
        _ = try await ensemble.list("hana", in: vault)
        return (ensemble, vault, plan, advice)
    }

    private func looks(_ query: LookQuery, as name: String, in vault: DocumentVault, since: String = "2026-10-01")
        async throws
        -> [LedgerLook]
    {
        try await vault.looks(query, since: try #require(Day(since)), as: try await vault.person(name))
    }

    @Test("an agency's officer sees what the agency's own people did, and nobody else's")
    func ownPeople() async throws {
        let (ensemble, vault, _, _) = try await filled()
        let child = try await looks(.child(ensemble.child), as: "ina", in: vault)
        #expect(Set(child.map(\.who)) == ["hana", "sam"])
        #expect(try await looks(.person("priya"), as: "ina", in: vault) == [])
    }

    @Test(
        "the rights office sees who looked, at a child, at a document and by person",
        arguments: ["dana", "mona"])
    func all(name: String) async throws {
        let (ensemble, vault, plan, advice) = try await filled()
        let child = try await looks(.child(ensemble.child), as: name, in: vault)
        #expect(Set(child.map(\.who)) == ["hana", "priya", "quinn", "pat", "rhea", "sam"])
        #expect(child.map(\.entry) == child.map(\.entry).sorted(by: >))
        let document = try await looks(.document(plan), as: name, in: vault)
        #expect(document.map(\.who) == ["rhea", "pat", "quinn", "priya", "hana"])
        #expect(document.allSatisfy { $0.kind == "document.read" && $0.document == "\(plan)" && !$0.isEmergency })
        let person = try await looks(.person("sam"), as: name, in: vault)
        #expect(person.map(\.document) == ["\(advice)"] && person.map(\.purpose) == ["ehc.assessment"])
        #expect(try await looks(.child(ensemble.teen), as: name, in: vault) == [])
        #expect(try await looks(.child(ensemble.child), as: name, in: vault, since: "2026-10-02") == [])
        await #expect(throws: VaultError.notFound(.person)) { try await looks(.person("nobody"), as: name, in: vault) }
        let size = try await vault.ledgerSize()
        _ = try await looks(.person("sam"), as: name, in: vault)
        #expect(try await vault.kinds(since: size) == [.ledgerSearched], "and whoever looks is looked at")
    }

    @Test("a parent sees roles and not names, of what the parent may know of, without the rest of the family")
    func family() async throws {
        let (ensemble, vault, plan, advice) = try await filled()
        let seen = try await looks(.child(ensemble.child), as: "pat", in: vault)
        #expect(seen.filter { $0.document != nil }.map(\.who) == ["pat", "HADV, health", "SCH, education"])
        #expect(Set(seen.map(\.who)) == ["pat", "HADV, health", "SCH, education"])
        #expect(!seen.contains { $0.document == "\(advice)" })
        let document = try await looks(.document(plan), as: "pat", in: vault)
        #expect(document.map(\.who) == ["pat", "HADV, health", "SCH, education"])
        await #expect(throws: VaultError.notFound(.document)) {
            try await looks(.document(advice), as: "pat", in: vault)
        }
        await #expect(throws: VaultError.notFound(.child)) {
            try await looks(.child(ensemble.teen), as: "tess", in: vault)
        }
    }

    @Test("once the advice is released, the parent sees who had read it")
    func released() async throws {
        let (ensemble, vault, _, advice) = try await filled()
        _ = try await vault.release(advice, check: nil, as: try await vault.person("sam"))
        let seen = try await looks(.document(advice), as: "pat", in: vault)
        #expect(seen.map(\.who) == ["SEND, education"])
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test(
        "everybody sees what they opened themselves, and of others nothing", arguments: ["hana", "priya", "pat", "sam"])
    func own(name: String) async throws {
        let (ensemble, vault, plan, _) = try await filled()
        let seen = try await looks(.person(name), as: name, in: vault)
        #expect(!seen.isEmpty && seen.allSatisfy { $0.who == name })
        for other in ["quinn", "dana"] {
            await #expect(throws: VaultError.denied(.dutyNotHeld("ledger.looks"))) {
                try await looks(.person(other), as: name, in: vault)
            }
        }
        guard name != "pat" else { return }
        for query in [LookQuery.child(ensemble.child), .document(plan)] {
            await #expect(throws: VaultError.notFound(.child)) { try await looks(query, as: name, in: vault) }
        }
    }

    @Test("strangers get one answer for what is there and what is not", arguments: ["henry", "ada", "tess", "lena"])
    func strangers(name: String) async throws {
        let (ensemble, vault, plan, _) = try await filled()
        for query in [LookQuery.child(ensemble.child), .child(ChildID(from: .system))] {
            await #expect(throws: VaultError.notFound(.child)) { try await looks(query, as: name, in: vault) }
        }
        for query in [LookQuery.document(plan), .document(DocumentID(from: .system))] where name != "ada" {
            await #expect(throws: VaultError.notFound(.document)) { try await looks(query, as: name, in: vault) }
        }
    }
}

@Suite("Patterns in the ledger")
struct PatternTests {
    private func patterns(as name: String = "dana", in vault: DocumentVault) async throws -> [LedgerPattern] {
        try await vault.patterns(since: try #require(Day("2026-10-01")), as: try await vault.person(name))
    }

    @Test("whoever is refused three times with one child is shown, with the reasons, and twice is not")
    func refusals() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D05", by: "priya", in: vault)
        for _ in 1...2 { _ = await ensemble.refusal(id, as: "henry", in: vault) }
        #expect(try await patterns(in: vault) == [])
        for _ in 1...2 { _ = await ensemble.refusal(id, as: "henry", in: vault) }
        for _ in 1...3 { _ = await ensemble.refusal(id, as: "hana", in: vault) }
        let found = try await patterns(in: vault)
        #expect(found.map(\.username) == ["henry", "hana"] && found.map(\.count) == [4, 3])
        #expect(found.map(\.reasons) == [["not-on-case"], ["extract-only"]])
        #expect(found.allSatisfy { $0.kind == .refusals && $0.child == "\(ensemble.child)" })
    }

    @Test("a read on a closed case, with neither task nor emergency, is curiosity")
    func curiosity() async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        let vault = try await ensemble.open(clock)
        let id = try await ensemble.deposit("D05", by: "priya", in: vault)
        _ = try await ensemble.grant("rex", "REC", [id], for: "records.disposal", by: "dana", in: vault)
        #expect(await ensemble.refusal(id, as: "sam", in: vault) == nil)
        clock.move(to: Fixture.start.adding(seconds: 60))
        try await vault.closeCase(ensemble.caseID, as: try await vault.person("sam"))
        clock.move(to: Fixture.start.adding(seconds: 120))
        #expect(try await patterns(in: vault) == [], "what was read before does not count")
        _ = try await ensemble.emergency(in: vault)
        for name in ["rex", "deb", "sam"] { #expect(await ensemble.refusal(id, as: name, in: vault) == nil) }
        let found = try await patterns(in: vault)
        #expect(found.map(\.username) == ["sam"] && found.map(\.kind) == [.curiosity] && found.map(\.count) == [1])
    }

    @Test("patterns are for those who watch over looks", arguments: ["hana", "sam", "pat", "ada", "rex"])
    func whoAsks(name: String) async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        await #expect(throws: VaultError.denied(.dutyNotHeld("ledger.looks"))) {
            try await patterns(as: name, in: vault)
        }
    }
}
