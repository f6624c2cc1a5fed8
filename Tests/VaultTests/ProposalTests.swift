import Foundation
import Ledger
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

/// The shipped agreement with changes, as its next version, and one case that it must answer as agreed.
struct Amendment: Sendable {
    var version = 2
    var changes: [(String, String)] = []
    /// Lines that go.
    var without: String?
    var expect = "permit, clause: D12-author"

    /// The case officer no longer reads health advice, and the school reads it in full.
    static let exchange = Amendment(changes: [
        (
            "roles: [SEND, EP, DCO, ICB, SCA, CUST], grant: F, basis: health-advice",
            "roles: [SCH, EP, DCO, ICB, SCA, CUST], grant: F, basis: health-advice"
        ),
        ("id: D05-extract, categories: [D05], roles: [SCH, CON,", "id: D05-extract, categories: [D05], roles: [CON,"),
    ])
    /// Parents read health advice without its release.
    static let familyReads = Amendment(changes: [
        (
            "{ id: D05-released, categories: [D05], roles: [P, C, YP], grant: R",
            """
            { id: D05-family, categories: [D05], roles: [P], grant: F, basis: health-advice }
              - { id: D05-released, categories: [D05], roles: [C, YP], grant: R
            """
        )
    ])
    /// Nobody reads health advice.
    static let lost = Amendment(without: "id: D05-")

    func texts() throws -> PolicyTexts {
        let shipped = try Fixture.shippedPolicies()
        var agreement = String(decoding: try #require(shipped[.agreement]), as: UTF8.self)
        for (old, new) in changes + [("\nversion: 1\n", "\nversion: \(version)\n")] {
            try #require(agreement.contains(old), "\(old)")
            agreement = agreement.replacingOccurrences(of: old, with: new)
        }
        if let without {
            agreement = agreement.split(separator: "\n", omittingEmptySubsequences: false)
                .filter { !$0.contains(without) }.joined(separator: "\n")
        }
        let cases = """
            version: 1
            day: 2026-10-01
            purpose: ehc.assessment
            cases:
              - { who: [SEND], what: D12, action: read, expect: \(expect) }

            """
        return PolicyTexts(
            categories: try #require(shipped[.categories]), agreement: Array(agreement.utf8), cases: Array(cases.utf8))
    }
}

extension Ensemble {
    /// Proposed by one, approved by another, in force.
    func enforce(_ amendment: Amendment, in vault: DocumentVault) async throws {
        let (dana, mona) = (try await vault.person("dana"), try await vault.person("mona"))
        let id = try await vault.propose(try amendment.texts(), as: dana)
        try await vault.approve(id, as: mona)
        try await vault.activate(id, as: dana)
    }
}

@Suite("A change of the agreement")
struct ProposalTests {
    @Test("it is proposed by one person, approved by another, and only then put in force, once")
    func journey() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let (dana, mona) = (try await vault.person("dana"), try await vault.person("mona"))
        let id = try await vault.propose(try Amendment.exchange.texts(), as: dana)
        let early = VaultError.invalid(field: "proposal", reason: "somebody else must approve it first")
        #expect(await ensemble.refusal { try await vault.activate(id, as: dana) } == early)
        #expect(
            await ensemble.refusal { try await vault.approve(id, as: dana) }
                == .needsAnother("Approving your own proposal"))
        #expect(await ensemble.refusal { try await vault.activate(id, as: mona) } == early)
        #expect(vault.agreement.version == 1)
        try await vault.approve(id, as: mona)
        #expect(
            await ensemble.refusal { try await vault.approve(id, as: mona) }
                == .alreadySo("This proposal has been approved"))
        try await vault.activate(id, as: dana)
        #expect(vault.agreement.version == 2)
        #expect(await ensemble.refusal { try await vault.activate(id, as: dana) } != nil)
        let listed = try #require(try await vault.proposals(as: mona).first)
        #expect(listed.state == .activated && listed.proposer == "dana" && listed.approver == "mona")
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test("who has not the duty does none of it", arguments: ["sam", "hana", "pat", "ada", "rex"])
    func duties(name: String) async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let texts = try Amendment.exchange.texts()
        let id = try await vault.propose(texts, as: try await vault.person("dana"))
        let caller = try await vault.person(name)
        let tries: [(Duty, () async throws -> Void)] = [
            ("agreement.propose", { _ = try await vault.propose(texts, as: caller) }),
            ("agreement.propose", { _ = try await vault.preview(texts, as: caller) { _ in } }),
            ("agreement.propose", { _ = try await vault.proposals(as: caller) }),
            ("agreement.approve", { try await vault.approve(id, as: caller) }),
            ("agreement.activate", { try await vault.activate(id, as: caller) }),
            ("agreement.activate", { _ = try await vault.align(as: caller) { _ in } }),
        ]
        for (duty, work) in tries { #expect(await ensemble.refusal(of: work) == .denied(.dutyNotHeld(duty))) }
    }

    @Test("what does not read, is not newer or answers a case otherwise is not even proposed")
    func faults() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let dana = try await vault.person("dana")
        func propose(_ amendment: Amendment) async -> VaultError? {
            await ensemble.refusal { _ = try await vault.propose(try amendment.texts(), as: dana) }
        }
        #expect(await propose(Amendment(version: 1)) == .invalid(field: "version", reason: "it must be above 1"))
        #expect(await propose(Amendment(expect: "no-rule, clause: none")) == .casesFail(1))
        #expect(await propose(Amendment(expect: "permit, clause: D12-full")) == .casesFail(1), "the wrong clause")
        guard case .policy = await propose(Amendment(changes: [("grant: A/F", "grant: A/Q")])) else {
            Issue.record("an unknown grant was read")
            return
        }
        await #expect(throws: VaultError.notFound(.proposal)) {
            try await vault.approve(ProposalID(from: .system), as: dana)
        }
        #expect(try await vault.proposals(as: dana) == [])
    }

    @Test("an agreement that is read from files changed by other hands after its approval is not put in force")
    func tampered() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let (dana, mona) = (try await vault.person("dana"), try await vault.person("mona"))
        let id = try await vault.propose(try Amendment.exchange.texts(), as: dana)
        try await vault.approve(id, as: mona)
        try await vault.close()
        let other = Hex.encode(try Amendment.familyReads.texts().agreement)
        try ensemble.fixture.tamper("records", "UPDATE proposals SET agreement = x'\(other)'")
        let again = try await ensemble.open()
        await #expect(throws: (any Error).self) { try await again.activate(id, as: dana) }
        #expect(again.agreement.version == 1)
        #expect(try await !ensemble.findings(again).isEmpty)
    }

    @Test("the preview says who gains and who loses what, and changes nothing")
    func preview() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D05", by: "priya", in: vault)
        let dana = try await vault.person("dana")
        let size = try await vault.ledgerSize()
        let exchange = try await vault.preview(try Amendment.exchange.texts(), as: dana) { _ in }
        #expect(try await vault.kinds(since: size) == [.agreementPreviewed])
        #expect(exchange.from == 1 && exchange.to == 2 && exchange.renditions == 1 && exchange.closed == [])
        #expect(exchange.sentence == "1 document: 1 person loses, 1 gains.")
        #expect(
            exchange.lines.map { "\($0.role) \($0.change.rawValue) \($0.category) \($0.people) \($0.documents)" } == [
                "SCH gains reading D05 1 1", "SEND loses reading D05 1 1", "SEND loses sight D05 1 1",
            ])
        #expect(exchange.lines.allSatisfy { $0.examples == ["\(id)"] } && exchange.keys == [])

        let family = try await vault.preview(try Amendment.familyReads.texts(), as: dana) { _ in }
        #expect(family.sentence == "1 document: 0 people lose, 2 gain.")
        #expect(family.keys == [.init(party: "family", added: 1, removed: 0)])
        let same = try await vault.preview(try Amendment().texts(), as: dana) { _ in }
        #expect(same.sentence == "Nobody gains or loses anything." && same.lines == [])
        #expect(await ensemble.refusal(id, as: "sam", in: vault) == nil)
        #expect(await ensemble.refusal(id, as: "pat", in: vault) == .notFound(.document))
    }

    @Test("a document that opens for nobody under an agreement is not lost: the next one opens it again")
    func closed() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D05", by: "priya", in: vault)
        let preview = try await vault.preview(try Amendment.lost.texts(), as: vault.person("dana")) { _ in }
        #expect(preview.closed == ["\(id)"])
        try await ensemble.enforce(.lost, in: vault)
        _ = try await vault.align(as: vault.person("dana")) { _ in }
        for name in ["sam", "priya"] { #expect(await ensemble.refusal(id, as: name, in: vault) != nil) }
        #expect(try await ensemble.findings(vault) == [])
        try await ensemble.enforce(Amendment(version: 3), in: vault)
        _ = try await vault.align(as: vault.person("dana")) { _ in }
        #expect(await ensemble.refusal(id, as: "sam", in: vault) == nil)
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test("another open vault goes by the new agreement at its next operation")
    func twoVaults() async throws {
        let ensemble = try await Ensemble.copy()
        let (one, other) = (try await ensemble.open(), try await ensemble.open())
        let id = try await ensemble.deposit("D05", by: "priya", in: one)
        #expect(await ensemble.refusal(id, as: "sam", in: other) == nil)
        #expect(await ensemble.refusal(id, as: "hana", in: other) == .denied(.extractOnly))
        try await ensemble.enforce(.exchange, in: one)
        for vault in [other, one] {
            #expect(await ensemble.refusal(id, as: "sam", in: vault) == .notFound(.document))
            #expect(await ensemble.refusal(id, as: "hana", in: vault) == nil)
            #expect(vault.agreement.version == 2)
        }
    }

    @Test("I1: the keyring follows when it is brought into line; until then a reader is told to wait")
    func alignment() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D05", by: "priya", in: vault)
        let dana = try await vault.person("dana")
        #expect(try await vault.status(as: dana).isAligned)
        try await ensemble.enforce(.familyReads, in: vault)
        #expect(try await !vault.status(as: dana).isAligned)
        #expect(await ensemble.refusal(id, as: "pat", in: vault) == .aligning)
        #expect(await ensemble.refusal(id, as: "sam", in: vault) == nil)
        let progress = try await vault.align(as: dana) { _ in }
        #expect(progress.changed == 1 && progress.isFinished)
        #expect(try await vault.status(as: dana).isAligned)
        #expect(await ensemble.refusal(id, as: "pat", in: vault) == nil)
        #expect(try await ensemble.findings(vault) == [])

        try await ensemble.enforce(Amendment(version: 3), in: vault)
        #expect(await ensemble.refusal(id, as: "pat", in: vault) == .notFound(.document), "before the wrap has gone")
        _ = try await vault.align(as: dana) { _ in }
        #expect(try await !ensemble.wraps(id, in: vault).contains("family"))
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test("acts go on while the keyring is not in line yet")
    func actsMeanwhile() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D05", by: "priya", in: vault)
        _ = try await vault.release(id, check: nil, as: try await vault.person("sam"))
        try await ensemble.enforce(.familyReads, in: vault)
        try await vault.endRelease(id, reason: "Released by mistake.", as: try await vault.person("sam"))
        _ = try await ensemble.consent(ensemble.terms(), in: vault)
        _ = try await vault.align(as: try await vault.person("dana")) { _ in }
        for name in ["pat", "rhea"] { #expect(await ensemble.refusal(id, as: name, in: vault) == nil, "\(name)") }
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test("a release is made where the keyring has not yet dropped what an older agreement gave the family")
    func releaseMeanwhile() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D05", by: "priya", in: vault)
        let dana = try await vault.person("dana")
        try await ensemble.enforce(.familyReads, in: vault)
        _ = try await vault.align(as: dana) { _ in }
        try await ensemble.enforce(Amendment(version: 3), in: vault)
        _ = try await vault.release(id, check: nil, as: try await vault.person("sam"))
        #expect(await ensemble.refusal(id, as: "pat", in: vault) == nil)
        _ = try await vault.align(as: dana) { _ in }
        #expect(await ensemble.refusal(id, as: "pat", in: vault) == nil)
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test("past its review day new things are not shared across parties, and old ones go on")
    func reviewBy() async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        let vault = try await ensemble.open(clock)
        let old = try await ensemble.deposit("D05", by: "priya", in: vault)
        clock.move(to: try .on("2027-06-30", seconds: 86_399))
        let last = try await ensemble.deposit("D05", by: "priya", text: "on the last day", in: vault)
        clock.move(to: try .on("2027-07-01", seconds: 0))
        let new = try await ensemble.deposit("D05", by: "priya", text: "too late", in: vault)
        for id in [old, last] { #expect(await ensemble.refusal(id, as: "sam", in: vault) == nil) }
        #expect(await ensemble.refusal(new, as: "sam", in: vault) == .notFound(.document))
        #expect(try await !ensemble.sees("sam", new, in: vault))
        #expect(await ensemble.refusal(new, as: "priya", in: vault) == nil)
        let late = try await ensemble.rendition(.original, of: new, in: vault).id
        let wraps = try await vault.keyring.read { try $0.wraps(of: late) }
        #expect(wraps.filter { !$0.isOverride }.map(\.party) == ["health"], "others in an emergency only")
        #expect(try await vault.status(as: vault.person("sam")).warnings.contains { $0.contains("review date") })
        #expect(try await ensemble.findings(vault) == [])

        clock.move(to: try .on("2027-09-01", seconds: 0))
        for id in [old, last] { #expect(await ensemble.refusal(id, as: "sam", in: vault) == .notFound(.document)) }
        #expect(await ensemble.refusal(old, as: "priya", in: vault) == nil)
    }
}
