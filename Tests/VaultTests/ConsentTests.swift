import Foundation
import Ledger
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("Consents")
struct ConsentTests {
    /// What each kind opens: health advice for the representative, the sensitive extract for the school.
    static let kinds: [(ConsentKind, opensAdvice: Bool, opensExtract: Bool)] = [
        (.service, false, false), (.confidentiality, false, true), (.lawfulBasis, true, false),
    ]

    @Test("the kinds of consent stay apart: none stands for another", arguments: kinds)
    func apart(kind: ConsentKind, opensAdvice: Bool, opensExtract: Bool) async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let advice = try await ensemble.deposit("D05", by: "priya", in: vault)
        let sensitive = try await ensemble.deposit("D06", by: "priya", in: vault)
        try await ensemble.add(.extract, to: sensitive, by: "priya", in: vault)
        #expect(await ensemble.refusal(advice, as: "rhea", in: vault) == .notFound(.document))
        #expect(await ensemble.refusal(sensitive, as: "hana", in: vault) == .notFound(.document))
        for purpose in ["ehc.assessment", "ehc.participation"] {
            let terms = try ensemble.terms(
                kind, categories: ["D05", "D06"], roles: ["REP", "SCH"], purpose: purpose)
            _ = try await ensemble.consent(terms, in: vault)
        }
        #expect(await (ensemble.refusal(advice, as: "rhea", in: vault) == nil) == opensAdvice)
        #expect(await (ensemble.refusal(sensitive, as: "hana", in: vault) == nil) == opensExtract)
        #expect(await ensemble.refusal(sensitive, .original, as: "hana", in: vault) != nil)
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test("a consent opens what it names, to whom it names, and to nobody else")
    func bounds() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let advice = try await ensemble.deposit("D05", by: "priya", in: vault)
        let school = try await ensemble.deposit("D03", by: "hana", in: vault)
        _ = try await ensemble.consent(ensemble.terms(), recipient: "rhea", in: vault)
        #expect(await ensemble.refusal(advice, as: "rhea", in: vault) == nil)
        #expect(await ensemble.refusal(school, as: "rhea", in: vault) == .notFound(.document))
        for name in ["rob", "pat", "quinn", "yusuf"] {
            #expect(await ensemble.refusal(advice, as: name, in: vault) == .notFound(.document), "\(name)")
        }
    }

    @Test("a consent to one purpose opens nothing for another")
    func purpose() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let sensitive = try await ensemble.deposit("D06", by: "priya", in: vault)
        try await ensemble.add(.extract, to: sensitive, by: "priya", in: vault)
        _ = try await ensemble.consent(
            ensemble.terms(.confidentiality, categories: ["D06"], roles: ["SCH"], purpose: "ehc.appeal"), in: vault)
        #expect(await ensemble.refusal(sensitive, purpose: "ehc.assessment", as: "hana", in: vault) != nil)
        #expect(await ensemble.refusal(sensitive, purpose: "ehc.appeal", as: "hana", in: vault) == nil)
    }

    @Test("a withdrawal works at the next read, and takes the wraps with it that only this consent held")
    func withdrawal() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D05", by: "priya", in: vault)
        #expect(try await !ensemble.wraps(id, in: vault).contains("family"))
        let first = try await ensemble.consent(ensemble.terms(), in: vault)
        let second = try await ensemble.consent(ensemble.terms(), in: vault)
        #expect(try await ensemble.wraps(id, in: vault).contains("family"))
        let sam = try await vault.person("sam")
        try await vault.withdrawConsent(first, note: "Said so on the telephone.", as: sam)
        #expect(await ensemble.refusal(id, as: "rhea", in: vault) == nil)
        #expect(try await ensemble.wraps(id, in: vault).contains("family"), "the other consent holds it")
        try await vault.withdrawConsent(second, note: nil, as: sam)
        #expect(await ensemble.refusal(id, as: "rhea", in: vault) == .notFound(.document))
        #expect(try await !ensemble.wraps(id, in: vault).contains("family"))
        #expect(try await ensemble.states(first, in: vault) == [.given, .withdrawn])
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test("a withdrawal leaves the wraps that a release holds")
    func withdrawalAfterRelease() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D05", by: "priya", in: vault)
        let consent = try await ensemble.consent(ensemble.terms(), in: vault)
        let sam = try await vault.person("sam")
        _ = try await vault.release(id, check: nil, as: sam)
        try await vault.withdrawConsent(consent, note: nil, as: sam)
        #expect(await ensemble.refusal(id, as: "rhea", in: vault) == .notFound(.document))
        #expect(await ensemble.refusal(id, as: "pat", in: vault) == nil)
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test("a withdrawal that another process made counts at the next read of this one")
    func twoVaults() async throws {
        let ensemble = try await Ensemble.copy()
        let (one, other) = (try await ensemble.open(), try await ensemble.open())
        let id = try await ensemble.deposit("D05", by: "priya", in: one)
        let consent = try await ensemble.consent(ensemble.terms(), in: one)
        #expect(await ensemble.refusal(id, as: "rhea", in: other) == nil)
        try await one.withdrawConsent(consent, note: nil, as: try await one.person("sam"))
        #expect(await ensemble.refusal(id, as: "rhea", in: other) == .notFound(.document))
    }

    @Test("a refusal is kept, opens nothing, and there is nothing to withdraw")
    func refused() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D05", by: "priya", in: vault)
        let size = try await vault.ledgerSize()
        let consent = try await ensemble.consent(ensemble.terms(), isRefusal: true, in: vault)
        #expect(try await vault.kinds(since: size) == [.consentRefused])
        #expect(await ensemble.refusal(id, as: "rhea", in: vault) == .notFound(.document))
        #expect(try await vault.consent(consent, as: try await vault.person("sam")).state == .refused)
        await #expect(throws: VaultError.alreadySo("This consent does not stand")) {
            try await vault.withdrawConsent(consent, note: nil, as: try await vault.person("sam"))
        }
    }

    @Test("on the day after its last a consent opens nothing; the next opening writes it down and removes the wraps")
    func expiry() async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        let vault = try await ensemble.open(clock)
        let id = try await ensemble.deposit("D05", by: "priya", in: vault)
        let consent = try await ensemble.consent(ensemble.terms(until: "2026-10-20"), in: vault)
        clock.move(to: try .on("2026-10-20", seconds: 86_399))
        #expect(await ensemble.refusal(id, as: "rhea", in: vault) == nil)
        clock.move(to: try .on("2026-10-21", seconds: 0))
        #expect(await ensemble.refusal(id, as: "rhea", in: vault) == .notFound(.document))
        let size = try await vault.ledgerSize()
        for _ in 1...2 { try await ensemble.open(clock).close() }
        #expect(try await vault.kinds(since: size) == [.consentExpired], "once, however often it is opened")
        #expect(try await ensemble.states(consent, in: vault) == [.given, .expired])
        #expect(try await !ensemble.wraps(id, in: vault).contains("family"))
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test("where a consent has run out while the vault was open, it is given anew")
    func anew() async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        let vault = try await ensemble.open(clock)
        let id = try await ensemble.deposit("D05", by: "priya", in: vault)
        _ = try await ensemble.consent(ensemble.terms(until: "2026-10-20"), in: vault)
        clock.move(to: try .on("2026-10-21"))
        _ = try await ensemble.consent(ensemble.terms(), in: vault)
        #expect(await ensemble.refusal(id, as: "rhea", in: vault) == nil)
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test("the events of a consent are only ever added: the database refuses to change or remove one")
    func appendOnly() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        _ = try await ensemble.consent(ensemble.terms(), in: vault)
        #expect(throws: (any Error).self) { try ensemble.fixture.tamper("records", "DELETE FROM acts") }
        #expect(throws: (any Error).self) { try ensemble.fixture.tamper("records", "UPDATE acts SET until = NULL") }
    }

    /// Who asks to record a consent about the child, and the answer.
    static let recorders: [(String, VaultError?)] = [
        ("sam", nil), ("mona", nil), ("wendy", nil), ("priya", nil), ("hana", nil), ("yusuf", nil), ("pat", nil),
        ("erin", .denied(.dutyNotHeld("consent.record"))), ("dico", .denied(.dutyNotHeld("consent.record"))),
        ("henry", .notFound(.child)), ("ada", .notFound(.child)), ("otto", .notFound(.child)),
        ("tess", .notFound(.child)),
    ]

    @Test("whoever has the duty and is on the case records a consent, and the family for itself", arguments: recorders)
    func recorder(name: String, error: VaultError?) async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let refusal = await ensemble.refusal { _ = try await ensemble.consent(ensemble.terms(), by: name, in: vault) }
        #expect(refusal == error)
        let found = try await vault.consents(about: ensemble.child, as: vault.person("sam"))
        #expect(found.count == (error == nil ? 1 : 0))
    }

    @Test("a parent speaks for himself or herself, whatever the form says")
    func ownVoice() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let terms = try ensemble.terms(capacity: .competentChild)
        let id = try await ensemble.consent(terms, giver: "quinn", by: "pat", in: vault)
        let found = try await vault.consent(id, as: vault.person("sam"))
        #expect(found.terms.giver == "pat Example" && found.terms.capacity == .parent)
        #expect(found.terms.giverPerson == "\(try await vault.person("pat").person)")
    }

    /// Who asks to withdraw what one parent gave, and the answer.
    static let withdrawers: [(String, VaultError?)] = [
        ("pat", nil), ("sam", nil), ("hana", nil), ("quinn", .notFound(.consent)), ("rhea", .notFound(.consent)),
        ("erin", .denied(.dutyNotHeld("consent.record"))), ("henry", .notFound(.consent)),
        ("tess", .notFound(.consent)),
    ]

    @Test(
        "the giver withdraws, or who records consents; the other parent neither does so nor sees it",
        arguments: withdrawers)
    func withdrawer(name: String, error: VaultError?) async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let document = try await ensemble.deposit("D05", by: "priya", in: vault)
        let id = try await ensemble.consent(ensemble.terms(), by: "pat", in: vault)
        let caller = try await vault.person(name)
        #expect(await ensemble.refusal { try await vault.withdrawConsent(id, note: nil, as: caller) } == error)
        #expect(await (ensemble.refusal(document, as: "rhea", in: vault) == nil) == (error != nil))
        if ["quinn", "rhea"].contains(name) {
            #expect(try await vault.consents(about: ensemble.child, as: caller) == [])
            await #expect(throws: VaultError.notFound(.consent)) { _ = try await vault.consent(id, as: caller) }
        }
    }

    @Test("what a caseworker recorded for a giver with an account, that giver may withdraw")
    func recordedFor() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.consent(ensemble.terms(), giver: "quinn", in: vault)
        await #expect(throws: VaultError.notFound(.consent)) {
            try await vault.withdrawConsent(id, note: nil, as: try await vault.person("pat"))
        }
        try await vault.withdrawConsent(id, note: nil, as: try await vault.person("quinn"))
        #expect(try await ensemble.states(id, in: vault) == [.given, .withdrawn])
    }
}

@Suite("What a consent may not say")
struct ConsentInputTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let error: VaultError
        let change: @Sendable (inout ConsentTerms) throws -> Void

        init(_ name: String, _ error: VaultError, _ change: @escaping @Sendable (inout ConsentTerms) throws -> Void) {
            testDescription = name
            self.error = error
            self.change = change
        }
    }

    private static let unnamed = VaultError.invalid(
        field: "consent", reason: "name what may be seen and who may see it")
    private static let badEnd = VaultError.invalid(
        field: "end", reason: "a consent holds from today for at most 400 days")

    static let faults = [
        Fault("no category", unnamed) { $0.categories = [] },
        Fault("no role", unnamed) { $0.roles = [] },
        Fault("unknown category", .denied(.unknownCategory("D99"))) { $0.categories = ["D05", "D99"] },
        Fault("unknown role", .denied(.unknownRole("BOSS"))) { $0.roles = ["REP", "BOSS"] },
        Fault("unknown purpose", .denied(.unknownPurpose("gossip"))) { $0.purpose = "gossip" },
        Fault("an end in the past", badEnd) { $0.until = try #require(Day("2026-09-30")) },
        Fault("an end too far", badEnd) { $0.until = try #require(Day("2027-11-06")) },
        Fault("no giver", .invalid(field: "giver", reason: "it is empty")) { $0.giver = " " },
        Fault("no authority", .invalid(field: "authority", reason: "it is empty")) { $0.authority = "" },
        Fault("a giver that disturbs", .invalid(field: "giver", reason: "it has control characters")) {
            $0.giver = "A\u{202E}B"
        },
        Fault(
            "a young person before the day",
            .invalid(field: "capacity", reason: "the rights have not passed to the young person yet")
        ) { $0.capacity = .youngPerson },
        Fault("a document that is not there", .notFound(.document)) {
            $0.evidence = "\(DocumentID(from: .system))"
        },
        Fault("what is no document", .notFound(.document)) { $0.evidence = "the form" },
    ]

    @Test("terms that cannot be judged are refused, and nothing is recorded", arguments: faults)
    func refused(fault: Fault) async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        var terms = try ensemble.terms()
        try fault.change(&terms)
        #expect(await ensemble.refusal { _ = try await ensemble.consent(terms, in: vault) } == fault.error)
        #expect(try await vault.consents(about: ensemble.child, as: vault.person("sam")) == [])
    }

    @Test("the first and the last day that a consent may end on are accepted", arguments: ["2026-10-01", "2027-11-05"])
    func ends(until: String) async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        _ = try await ensemble.consent(ensemble.terms(until: until), in: vault)
    }

    @Test("evidence about another child is no evidence, and people are named who are there")
    func others() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let own = try await ensemble.deposit("D02", by: "pat", in: vault)
        let other = try await ensemble.deposit("D02", by: "pat", on: ensemble.teenCase, in: vault)
        var terms = try ensemble.terms()
        terms.evidence = "\(other)"
        #expect(await ensemble.refusal { _ = try await ensemble.consent(terms, in: vault) } == .notFound(.document))
        terms.evidence = "\(own)"
        #expect(
            await ensemble.refusal { _ = try await ensemble.consent(terms, recipient: "nobody", in: vault) }
                == .notFound(.person))
        #expect(
            await ensemble.refusal { _ = try await ensemble.consent(terms, giver: "nobody", in: vault) }
                == .notFound(.person))
        _ = try await ensemble.consent(terms, in: vault)
    }

    @Test("past the agreement's review day nobody gives a new consent, and anybody may refuse or withdraw")
    func afterReview() async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        let vault = try await ensemble.open(clock)
        let id = try await ensemble.consent(ensemble.terms(until: "2027-09-30"), in: vault)
        clock.move(to: try .on("2027-07-01"))
        let terms = try ensemble.terms(until: "2027-09-30")
        #expect(await ensemble.refusal { _ = try await ensemble.consent(terms, in: vault) } == .reviewOverdue)
        _ = try await ensemble.consent(terms, isRefusal: true, in: vault)
        try await vault.withdrawConsent(id, note: nil, as: try await vault.person("sam"))
    }
}

@Suite("What other hands did to acts is found")
struct ActTamperTests {
    /// A vault in which one parent is restrained and a representative reads by consent.
    private func filled() async throws -> (Ensemble, DocumentID, consent: ActID) {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D05", by: "priya", in: vault)
        let consent = try await ensemble.consent(ensemble.terms(), in: vault)
        _ = try await ensemble.restrain("quinn", until: "2026-12-31", in: vault)
        try await vault.close()
        return (ensemble, id, consent)
    }

    @Test("an act that was deleted is found", arguments: ["restraint", "consent"])
    func deleted(kind: String) async throws {
        let (ensemble, _, _) = try await filled()
        try ensemble.fixture.tamper("records", "DROP TRIGGER acts_stay; DELETE FROM acts WHERE kind = '\(kind)'")
        let vault = try await ensemble.open()
        let problems = try await ensemble.findings(vault).map(\.problem)
        #expect(problems.contains("its act is missing"))
    }

    static let edits = [
        "until = 1", "until = NULL", "person = (SELECT id FROM people LIMIT 1)",
        "child = (SELECT id FROM children WHERE id <> acts.child)", "kind = 'end'", "refers = id", "entry = entry - 1",
        "added = added - 1", "body = zeroblob(length(body))",
        "mac = zeroblob(length(mac))",
    ]

    @Test("an act that was altered decides nothing, and is found", arguments: edits)
    func altered(edit: String) async throws {
        let (ensemble, id, _) = try await filled()
        try ensemble.fixture.tamper("records", "DROP TRIGGER acts_keep; UPDATE acts SET \(edit)")
        do {
            let vault = try await ensemble.open()
            await #expect(throws: (any Error).self) { try await ensemble.read(id, as: "rhea", in: vault) }
            #expect(try await !ensemble.findings(vault).isEmpty)
        } catch is StorageError {
            // A vault that does not open tells as much.
        }
    }

    @Test("acts that changed places are found")
    func exchanged() async throws {
        let (ensemble, id, _) = try await filled()
        try ensemble.fixture.tamper(
            "records",
            """
            DROP TRIGGER acts_keep; CREATE TABLE old AS SELECT * FROM acts;
            UPDATE acts SET body = (SELECT body FROM old WHERE old.id <> acts.id LIMIT 1)
            """)
        let vault = try await ensemble.open()
        await #expect(throws: (any Error).self) { try await ensemble.read(id, as: "rhea", in: vault) }
        #expect(try await !ensemble.findings(vault).isEmpty)
    }

    @Test("I1: a wrap that was put back after the withdrawal opens nothing, and is found")
    func wrapPutBack() async throws {
        let (ensemble, id, consent) = try await filled()
        try ensemble.fixture.tamper("keyring", "CREATE TABLE old AS SELECT * FROM wraps WHERE party = 'family'")
        let before = try await ensemble.open()
        try await before.withdrawConsent(consent, note: nil, as: try await before.person("sam"))
        #expect(try await !ensemble.wraps(id, in: before).contains("family"))
        try await before.close()
        try ensemble.fixture.tamper("keyring", "INSERT INTO wraps SELECT * FROM old; DROP TABLE old")
        let vault = try await ensemble.open()
        #expect(try await ensemble.wraps(id, in: vault).contains("family"))
        #expect(await ensemble.refusal(id, as: "rhea", in: vault) == .notFound(.document))
        let problems = try await ensemble.findings(vault).map(\.problem)
        #expect(problems == ["there is a wrap for family, which the agreement does not admit"])
    }
}
