import Ledger
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

/// The second child turns 16 in March 2027: the last Friday of June is the 25th, and the rights pass on the 26th
/// (Children and Families Act 2014 s.83; Education Act 1996 s.8).
@Suite("The day on which the rights pass to the young person")
struct YoungPersonTests {
    /// A clock, a vault, a plan that both parents read, and health advice that a representative reads by a parent's consent.
    private func filled() async throws -> (Ensemble, TestClock, plan: DocumentID, advice: DocumentID, consent: ActID) {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        let vault = try await ensemble.open(clock)
        let plan = try await ensemble.deposit("D12", by: "sam", on: ensemble.teenCase, in: vault)
        let advice = try await ensemble.deposit("D05", by: "priya", on: ensemble.teenCase, in: vault)
        let consent = try await ensemble.consent(
            ensemble.terms(until: "2027-10-01"), by: "pat", about: ensemble.teen, in: vault)
        try await vault.close()
        return (ensemble, clock, plan, advice, consent)
    }

    private func choose(
        _ choice: ParentChoice, for name: String = "pat", by: String = "sam", _ ensemble: Ensemble,
        in vault: DocumentVault
    ) async throws {
        try await vault.choose(
            choice, for: name, of: ensemble.teen, note: "Said so at the review.", as: try await vault.person(by))
    }

    private func record(lacks: Bool, _ ensemble: Ensemble, in vault: DocumentVault) async throws {
        try await vault.recordCapacity(
            of: ensemble.teen, lacks: lacks, note: "Assessed by the psychologist on the day.",
            as: try await vault.person("sam"))
    }

    @Test("on the day parents' consents are to be confirmed anew: an event, and the wraps are gone")
    func lapse() async throws {
        let (ensemble, clock, _, advice, consent) = try await filled()
        let vault = try await ensemble.open(clock)
        clock.move(to: try .on("2027-06-25", seconds: 86_399))
        #expect(await ensemble.refusal(advice, as: "rhea", in: vault) == nil)
        #expect(try await !vault.rightsHolder(of: ensemble.teen, as: vault.person("sam")).hasPassed)

        clock.move(to: try .on("2027-06-26", seconds: 0))
        #expect(await ensemble.refusal(advice, as: "rhea", in: vault) == .notFound(.document), "before anybody sweeps")
        let size = try await vault.ledgerSize()
        for _ in 1...2 { try await ensemble.open(clock).close() }
        #expect(try await vault.kinds(since: size) == [.consentLapsed], "once, however often it is opened")
        #expect(try await ensemble.states(consent, in: vault) == [.given, .reconfirmRequired])
        #expect(try await !ensemble.wraps(advice, in: vault).contains("family"))
        let holder = try await vault.rightsHolder(of: ensemble.teen, as: vault.person("sam"))
        #expect(holder.hasPassed && holder.youngPersonFrom == Day("2027-06-26") && holder.choices == [])
        #expect(try await ensemble.findings(vault) == [])
    }

    /// What a parent may do under each choice: see, read, add.
    static let choices: [(ParentChoice, sees: Bool, reads: Bool, adds: Bool)] = [
        (.none, false, false, false), (.notices, true, false, false), (.view, true, true, false),
        (.act, true, true, true),
    ]

    @Test("a parent gets as far as the young person chooses", arguments: choices)
    func choice(choice: ParentChoice, sees: Bool, reads: Bool, adds: Bool) async throws {
        let (ensemble, clock, plan, _, _) = try await filled()
        clock.move(to: try .on("2027-06-26"))
        let vault = try await ensemble.open(clock)
        try await choose(choice, ensemble, in: vault)
        #expect(try await ensemble.sees("pat", plan, of: ensemble.teenCase, in: vault) == sees)
        let refusal = await ensemble.refusal(plan, as: "pat", in: vault)
        #expect(refusal == (reads ? nil : sees ? .denied(.restrained(.youngPerson)) : .notFound(.document)))
        if sees, !reads {
            let shown = try await vault.show(plan, as: try await vault.person("pat"))
            #expect(shown.title == nil && shown.forms == [])
        }
        let added = await ensemble.refusal {
            _ = try await ensemble.deposit("D02", by: "pat", on: ensemble.teenCase, in: vault)
        }
        #expect((added == nil) == adds)
        #expect(await ensemble.refusal(plan, as: "quinn", in: vault) == nil, "the choice is about one parent")
        let holder = try await vault.rightsHolder(of: ensemble.teen, as: vault.person("sam"))
        #expect(holder.choices == [.init(username: "pat", choice: choice)])
    }

    @Test("a parent to whom the young person gives nothing finds neither case nor child, nor who looked")
    func nothing() async throws {
        let (ensemble, clock, _, _, _) = try await filled()
        clock.move(to: try .on("2027-06-26"))
        let vault = try await ensemble.open(clock)
        try await choose(.none, ensemble, in: vault)
        let pat = try await vault.person("pat")
        #expect(try await ensemble.list("pat", of: ensemble.teenCase, in: vault) == nil)
        #expect(
            await ensemble.refusal { _ = try await vault.showCase(ensemble.teenCase, as: pat) } == .notFound(.theCase))
        #expect(await ensemble.refusal { _ = try await vault.showChild(ensemble.teen, as: pat) } == .notFound(.child))
        let looks = await ensemble.refusal {
            _ = try await vault.looks(.child(ensemble.teen), since: ensemble.day("2026-10-01"), as: pat)
        }
        #expect(looks == .notFound(.child))
    }

    @Test("without a choice parents go on reading for the days that the agreement gives, and add nothing")
    func grace() async throws {
        let (ensemble, clock, plan, _, _) = try await filled()
        let vault = try await ensemble.open(clock)
        clock.move(to: try .on("2027-07-23", seconds: 86_399))
        #expect(await ensemble.refusal(plan, as: "pat", in: vault) == nil)
        #expect(
            await ensemble.refusal {
                _ = try await ensemble.deposit("D02", by: "pat", on: ensemble.teenCase, in: vault)
            } == .denied(.restrained(.youngPerson)))
        clock.move(to: try .on("2027-07-24", seconds: 0))
        #expect(await ensemble.refusal(plan, as: "pat", in: vault) == .notFound(.document))
        #expect(await ensemble.refusal(plan, as: "sam", in: vault) == nil)
    }

    @Test("where the young person lacks capacity the parent goes on acting, and when it returns no longer")
    func capacity() async throws {
        let (ensemble, clock, plan, _, consent) = try await filled()
        clock.move(to: try .on("2027-06-26"))
        let vault = try await ensemble.open(clock)
        let terms = try ensemble.terms(until: "2027-08-01")
        let passed = VaultError.invalid(field: "capacity", reason: "the rights have passed to the young person")
        func consenting() async -> VaultError? {
            await ensemble.refusal {
                _ = try await ensemble.consent(terms, by: "pat", about: ensemble.teen, in: vault)
            }
        }
        #expect(await consenting() == passed)
        try await record(lacks: true, ensemble, in: vault)
        _ = try await ensemble.deposit("D02", by: "pat", on: ensemble.teenCase, in: vault)
        #expect(await consenting() == nil)
        #expect(try await ensemble.states(consent, in: vault).last == .reconfirmRequired, "what lapsed stays lapsed")

        try await choose(.none, ensemble, in: vault)
        #expect(await ensemble.refusal(plan, as: "pat", in: vault) == nil)
        try await record(lacks: false, ensemble, in: vault)
        #expect(await ensemble.refusal(plan, as: "pat", in: vault) == .notFound(.document))
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test("a parent's consent goes on where the lack of capacity is recorded in time")
    func capacityInTime() async throws {
        let (ensemble, clock, _, advice, consent) = try await filled()
        let vault = try await ensemble.open(clock)
        clock.move(to: try .on("2027-06-26", seconds: 60))
        try await record(lacks: true, ensemble, in: vault)
        try await ensemble.open(clock).close()
        #expect(await ensemble.refusal(advice, as: "rhea", in: vault) == nil)
        #expect(try await ensemble.states(consent, in: vault) == [.given])
    }

    @Test("nobody acts as the young person before the day, nor for a child who is not one")
    func tooEarly() async throws {
        let (ensemble, clock, plan, _, _) = try await filled()
        let vault = try await ensemble.open(clock)
        clock.move(to: try .on("2027-06-25", seconds: 86_399))
        let sam = try await vault.person("sam")
        let early = VaultError.invalid(
            field: "role", reason: "the rights have not passed to the young person yet")
        for theCase in [ensemble.teenCase, ensemble.caseID] {
            await #expect(throws: early) { try await vault.addToTeam("tess", role: "YP", of: theCase, as: sam) }
        }
        #expect(await ensemble.refusal(plan, as: "tess", in: vault) == .notFound(.document))
        clock.move(to: try .on("2027-06-26", seconds: 0))
        await #expect(throws: early) { try await vault.addToTeam("tess", role: "YP", of: ensemble.caseID, as: sam) }
        try await vault.addToTeam("tess", role: "YP", of: ensemble.teenCase, as: sam)
        #expect(await ensemble.refusal(plan, as: "tess", in: vault) == nil)
    }

    @Test("from the day on the young person sees every consent about her, ends any, and gives her own")
    func ownVoice() async throws {
        let (ensemble, clock, _, advice, _) = try await filled()
        clock.move(to: try .on("2027-06-26", seconds: 0))
        let vault = try await ensemble.open(clock)
        try await vault.addToTeam("tess", role: "YP", of: ensemble.teenCase, as: try await vault.person("sam"))
        let recorded = try await ensemble.consent(
            ensemble.terms(until: "2027-08-01", capacity: .representative), about: ensemble.teen, in: vault)
        #expect(await ensemble.refusal(advice, as: "rhea", in: vault) == nil)
        let tess = try await vault.person("tess")
        #expect(try await vault.consents(about: ensemble.teen, as: tess).count == 2)
        try await vault.withdrawConsent(recorded, note: nil, as: tess)
        #expect(await ensemble.refusal(advice, as: "rhea", in: vault) == .notFound(.document))
        let own = try await ensemble.consent(
            ensemble.terms(until: "2027-08-01"), by: "tess", about: ensemble.teen, in: vault)
        #expect(try await vault.consent(own, as: tess).terms.capacity == .youngPerson)
        #expect(await ensemble.refusal(advice, as: "rhea", in: vault) == nil)
    }

    @Test("the young person chooses, or who records it for her: no parent, and nobody before the day")
    func whoChooses() async throws {
        let (ensemble, clock, plan, _, _) = try await filled()
        let vault = try await ensemble.open(clock)
        clock.move(to: try .on("2027-06-25"))
        let early = VaultError.invalid(
            field: "day",
            reason: "the rights pass on the day after the last Friday of June of the school year of the 16th birthday")
        #expect(await ensemble.refusal { try await choose(.none, ensemble, in: vault) } == early)
        #expect(await ensemble.refusal { try await record(lacks: true, ensemble, in: vault) } == early)
        clock.move(to: try .on("2027-06-26"))
        for name in ["pat", "quinn", "priya"] {
            #expect(
                await ensemble.refusal { try await choose(.act, by: name, ensemble, in: vault) }
                    == .denied(.dutyNotHeld("young-person.record")), "\(name)")
        }
        for name in ["henry", "tess", "hana"] {
            #expect(
                await ensemble.refusal { try await choose(.act, by: name, ensemble, in: vault) } == .notFound(.child),
                "\(name)")
        }
        try await vault.addToTeam("tess", role: "YP", of: ensemble.teenCase, as: try await vault.person("sam"))
        try await choose(.none, for: "quinn", by: "tess", ensemble, in: vault)
        #expect(await ensemble.refusal(plan, as: "quinn", in: vault) == .notFound(.document))
        #expect(await ensemble.refusal(plan, as: "pat", in: vault) == nil)
        #expect(
            await ensemble.refusal {
                try await vault.recordCapacity(
                    of: ensemble.teen, lacks: false, note: "I can decide about this myself.",
                    as: try await vault.person("tess"))
            } == .denied(.dutyNotHeld("young-person.record")))
    }

    @Test(
        "a choice is about a parent on the case, and about nobody else",
        arguments: ["henry", "priya", "rhea", "nobody"])
    func aboutParents(name: String) async throws {
        let (ensemble, clock, _, _, _) = try await filled()
        clock.move(to: try .on("2027-06-26"))
        let vault = try await ensemble.open(clock)
        #expect(
            await ensemble.refusal { try await choose(.none, for: name, ensemble, in: vault) } == .notFound(.person))
    }
}
