import Ledger
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("Emergency access")
struct EmergencyTests {
    @Test("it opens what the rules mark for it, to its person and for its child only, and says so in the ledger")
    func opens() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D05", by: "priya", in: vault)
        let other = try await ensemble.deposit("D05", by: "priya", on: ensemble.teenCase, in: vault)
        #expect(await ensemble.refusal(id, as: "deb", in: vault) == .notFound(.document))
        #expect(try await ensemble.list("deb", in: vault) == nil)
        let found = try await vault.findInEmergency(
            .nameAndBirth("Robin Example", ensemble.day("2015-04-01")), as: try await vault.person("deb"))
        _ = try await ensemble.emergency(for: found, in: vault)
        #expect(try await ensemble.read(id, as: "deb", in: vault) == "original of D05")
        let entry = try #require(try await vault.records.read { try $0.entry(at: $0.logSize() - 1) })
        let event = try #require(try await vault.opened(entry))
        #expect(event.detail["emergency"] == "yes" && event.detail["purpose"] == "safeguarding")
        #expect(try await ensemble.list("deb", in: vault)?.map(\.id) == ["\(id)"])
        _ = try await vault.showCase(ensemble.caseID, as: try await vault.person("deb"))
        #expect(await ensemble.refusal(other, as: "deb", in: vault) == .notFound(.document))
        #expect(await ensemble.refusal(id, as: "dee", in: vault) == .notFound(.document))
        #expect(try await ensemble.findings(vault) == [])
    }

    /// Seconds since the sign-in, and whether that is fresh.
    static let signIns: [(Int64, Bool)] = [(0, true), (299, true), (300, false), (3600, false)]

    @Test("it needs a sign-in within five minutes", arguments: signIns)
    func fresh(seconds: Int64, isFresh: Bool) async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let signedIn = Fixture.start.adding(seconds: -seconds)
        let refusal = await ensemble.refusal { _ = try await ensemble.emergency(signedIn: signedIn, in: vault) }
        #expect(refusal == (isFresh ? nil : .notFresh(minutes: 5)))
    }

    @Test("without any sign-in there is none")
    func noSignIn() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        var deb = try await vault.person("deb")
        deb.signedIn = nil
        await #expect(throws: VaultError.notFresh(minutes: 5)) {
            try await vault.openEmergency(for: ensemble.child, reason: Ensemble.emergencyReason, as: deb)
        }
    }

    /// Reasons, and whether they are long enough: white space at the ends does not count.
    static let reasons: [(String, Bool)] = [
        (String(repeating: "x", count: 40), true), (String(repeating: "x", count: 39), false), ("", false),
        (String(repeating: "x", count: 39) + "  ", false), (String(repeating: " ", count: 60), false),
    ]

    @Test("its reason has at least 40 characters", arguments: reasons)
    func reason(text: String, isEnough: Bool) async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let refusal = await ensemble.refusal {
            _ = try await vault.openEmergency(for: ensemble.child, reason: text, as: try await vault.person("deb"))
        }
        #expect(refusal == (isEnough ? nil : .invalid(field: "reason", reason: "say it in at least 40 characters")))
    }

    @Test(
        "only the roles that the agreement names may open one",
        arguments: ["sam", "hana", "pat", "dana", "erin", "ina"])
    func otherRoles(name: String) async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        await #expect(throws: VaultError.denied(.dutyNotHeld("emergency.open"))) {
            try await ensemble.emergency(name, in: vault)
        }
    }

    @Test("it ends after four hours, and then opens nothing")
    func end() async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        let vault = try await ensemble.open(clock)
        let id = try await ensemble.deposit("D05", by: "priya", in: vault)
        _ = try await ensemble.emergency(in: vault)
        clock.move(to: Fixture.start.adding(seconds: 4 * 3600 - 1))
        #expect(await ensemble.refusal(id, as: "deb", in: vault) == nil)
        clock.move(to: Fixture.start.adding(seconds: 4 * 3600))
        #expect(await ensemble.refusal(id, as: "deb", in: vault) == .notFound(.document))
        #expect(try await ensemble.list("deb", in: vault) == nil)
        await #expect(throws: VaultError.notFound(.theCase)) {
            try await vault.showCase(ensemble.caseID, as: try await vault.person("deb"))
        }
        let listed = try await vault.emergencies(unreviewedOnly: false, as: try await vault.person("dana"))
        #expect(listed.map(\.isRunning) == [false])
    }

    @Test("it is for reading: nothing is deposited, added, released or shared under it")
    func readOnly() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D05", by: "priya", in: vault)
        _ = try await ensemble.emergency(in: vault)
        let deb = try await vault.person("deb")
        let tries: [(VaultError, () async throws -> Void)] = [
            (.notFound(.theCase), { _ = try await ensemble.deposit("D18", by: "deb", in: vault) }),
            (.notFound(.theCase), { try await ensemble.add(.extract, to: id, by: "deb", in: vault) }),
            (.denied(.notOnCase), { _ = try await vault.release(id, check: nil, as: deb) }),
            (.notFound(.child), { _ = try await ensemble.restrain("quinn", by: "deb", in: vault) }),
            (.notFound(.theCase), { _ = try await ensemble.grant("leo", "LEG", [id], by: "deb", in: vault) }),
            (.notFound(.child), { _ = try await ensemble.consent(ensemble.terms(), by: "deb", in: vault) }),
        ]
        for (index, (error, work)) in tries.enumerated() {
            let refusal = await ensemble.refusal(of: work)
            #expect(refusal != nil, "\(index)")
            #expect(refusal == error, "\(index)")
        }
        #expect(try ensemble.fixture.objectPaths().count == 1)
    }

    @Test("no label gives way to it")
    func labels() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let hidden = [
            try await ensemble.deposit("D10b", by: "yusuf", in: vault),
            try await ensemble.deposit("D09", by: "wendy", labels: ["sealed.adoption"], in: vault),
            try await ensemble.deposit("D07", by: "wendy", labels: ["court-order"], in: vault),
        ]
        let open = try await ensemble.deposit("D07", by: "wendy", in: vault)
        _ = try await ensemble.emergency(in: vault)
        #expect(try await ensemble.list("deb", in: vault)?.map(\.id) == ["\(open)"])
        for id in hidden { #expect(await ensemble.refusal(id, as: "deb", in: vault) == .notFound(.document)) }
    }
}

@Suite("What becomes of an emergency access")
struct EmergencyReviewTests {
    private func review(
        _ id: ActID, by name: String, _ outcome: ReviewOutcome = .justified,
        note: String = "Rang the ward, which agrees.",
        in vault: DocumentVault
    ) async throws {
        try await vault.reviewEmergency(id, outcome, note: note, as: try await vault.person(name))
    }

    /// Who asks for the list: the rights office, the officers of the asker's and the holder's party, and the asker.
    static let readers: [(String, Int, waits: Int)] = [
        ("dana", 1, 1), ("ina", 1, 1), ("igor", 1, 1), ("dee", 1, 1), ("deb", 1, 0), ("ivy", 0, 0), ("hana", 0, 0),
        ("sam", 0, 0), ("pat", 0, 0), ("ada", 0, 0),
    ]

    @Test("the rights office and the officers of both sides see it waiting, and nobody else", arguments: readers)
    func listed(name: String, count: Int, waits: Int) async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        _ = try await ensemble.deposit("D05", by: "priya", in: vault)
        let id = try await ensemble.emergency(in: vault)
        let caller = try await vault.person(name)
        for unreviewedOnly in [true, false] {
            let found = try await vault.emergencies(unreviewedOnly: unreviewedOnly, as: caller)
            #expect(found.map(\.id) == (count == 1 ? ["\(id)"] : []))
            #expect(found.allSatisfy { $0.username == "deb" && $0.role == "DSL" && $0.isRunning && !$0.isOverdue })
        }
        #expect(try await vault.reviewsWaiting(for: caller) == waits)
        #expect(try await vault.status(as: caller).reviewsWaiting == waits)
    }

    @Test("somebody else reviews it, once, with a note")
    func review() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        _ = try await ensemble.deposit("D05", by: "priya", in: vault)
        let id = try await ensemble.emergency("dee", in: vault)
        let tries: [(String, String, VaultError)] = [
            ("dee", "It was all in order, I say.", .needsAnother("Reviewing your own emergency access")),
            ("ivy", "Nothing to do with my party.", .notFound(.emergency)),
            ("mona", "It was all in order, I say.", .denied(.dutyNotHeld("emergency.review"))),
            ("pat", "It was all in order, I say.", .denied(.dutyNotHeld("emergency.review"))),
            ("dana", "Fine.", .invalid(field: "note", reason: "say it in at least 20 characters")),
        ]
        for (name, note, error) in tries {
            #expect(
                await ensemble.refusal { try await review(id, by: name, note: note, in: vault) } == error, "\(name)")
        }
        try await review(id, by: "igor", .unjustified, in: vault)
        await #expect(throws: VaultError.alreadySo("It has been reviewed")) {
            try await review(id, by: "dana", in: vault)
        }
        let dana = try await vault.person("dana")
        #expect(try await vault.emergencies(unreviewedOnly: true, as: dana) == [])
        let shown = try #require(try await vault.emergencies(unreviewedOnly: false, as: dana).first)
        #expect(shown.outcome == .unjustified && shown.note == "Rang the ward, which agrees.")
    }

    /// The day it was opened, and the last day for its review: the next working day (Banking and Financial Dealings Act 1971).
    static let reviewDays = [
        ("2026-10-01", "2026-10-02"), ("2026-10-02", "2026-10-05"), ("2026-12-24", "2026-12-29"),
        ("2027-03-25", "2027-03-30"),
    ]

    @Test(
        "it is to be reviewed by the next working day, and past that the right rests until it is", arguments: reviewDays
    )
    func overdue(opened: String, reviewBy: String) async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock(try .on(opened, seconds: 39_600))
        let vault = try await ensemble.open(clock)
        let document = try await ensemble.deposit("D05", by: "priya", in: vault)
        let first = try await ensemble.emergency(in: vault)
        #expect(
            try await vault.emergencies(unreviewedOnly: true, as: vault.person("dana")).first?.reviewBy == Day(reviewBy)
        )

        clock.move(to: try .on(reviewBy, seconds: 82_800))
        let second = try await ensemble.emergency(in: vault)
        #expect(await ensemble.refusal(document, as: "deb", in: vault) == nil)

        clock.move(to: try .on(reviewBy, seconds: 86_401))
        #expect(await ensemble.refusal(document, as: "deb", in: vault) == .notFound(.document), "the running one too")
        #expect(await ensemble.refusal { _ = try await ensemble.emergency(in: vault) } == .emergencySuspended)
        let shown = try await vault.emergencies(unreviewedOnly: true, as: vault.person("dana"))
        #expect(shown.first { $0.id == "\(first)" }?.isOverdue == true)
        #expect(shown.first { $0.id == "\(second)" }?.isOverdue == false)
        _ = try await ensemble.emergency("dee", in: vault)
        #expect(await ensemble.refusal(document, as: "dee", in: vault) == nil, "it is the one person's right")

        try await review(first, by: "dana", in: vault)
        #expect(await ensemble.refusal(document, as: "deb", in: vault) == nil)
        _ = try await ensemble.emergency(in: vault)
    }

    @Test("the family sees an emergency by role, or later where seeing it now is a danger, and the delay is on record")
    func familyView() async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        let vault = try await ensemble.open(clock)
        let document = try await ensemble.deposit("D02", by: "pat", in: vault)
        let id = try await ensemble.emergency(in: vault)
        #expect(await ensemble.refusal(document, as: "deb", in: vault) == nil)
        func seen() async throws -> [LedgerLook] {
            let looks = try await vault.looks(
                .child(ensemble.child), since: ensemble.day("2026-10-01"), as: try await vault.person("pat"))
            return looks.filter(\.isEmergency)
        }
        let before = try await seen()
        #expect(!before.isEmpty)
        #expect(before.allSatisfy { $0.who == "DSL, education" }, "\(before.map(\.who))")

        let size = try await vault.ledgerSize()
        try await vault.delayFamilyView(
            of: id, until: ensemble.day("2026-10-20"), reason: "It would warn the person feared.",
            as: try await vault.person("dana"))
        #expect(try await vault.kinds(since: size) == [.familyViewDelayed])
        let entry = try #require(try await vault.records.read { try $0.entry(at: size) })
        #expect(try await vault.opened(entry)?.detail["until"] == "2026-10-20")
        #expect(try await seen() == [])
        let looks = try await vault.looks(
            .document(document), since: ensemble.day("2026-10-01"), as: try await vault.person("pat"))
        #expect(looks == [], "by the document no more than by the child")
        clock.move(to: try .on("2026-10-20", seconds: 86_399))
        #expect(try await seen() == [])
        clock.move(to: try .on("2026-10-21", seconds: 0))
        #expect(try await seen() == before)
    }

    @Test("a delay ends, says why, and is for those who review")
    func delayFaults() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.emergency("dee", in: vault)
        let reason = "It would warn the person feared."
        let badDay = VaultError.invalid(field: "day", reason: "the delay ends between today and a year from now")
        let tries: [(String, String, String, VaultError)] = [
            ("dana", "2026-09-30", reason, badDay), ("dana", "2027-10-03", reason, badDay),
            (
                "dana", "2026-10-20", "Danger.",
                .invalid(field: "reason", reason: "say it in at least 20 characters")
            ),
            ("dee", "2026-10-20", reason, .needsAnother("Reviewing your own emergency access")),
            ("mona", "2026-10-20", reason, .denied(.dutyNotHeld("emergency.review"))),
            ("ivy", "2026-10-20", reason, .notFound(.emergency)),
        ]
        for (name, until, reason, error) in tries {
            #expect(
                await ensemble.refusal {
                    try await vault.delayFamilyView(
                        of: id, until: ensemble.day(until), reason: reason, as: try await vault.person(name))
                } == error, "\(name) \(until)")
        }
    }
}
