import Ledger
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("Releases to the family")
struct ReleaseTests {
    @Test("what is released the parents may read, and the representative not; taken back, it is not there any more")
    func roundTrip() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D05", by: "priya", in: vault)
        let sam = try await vault.person("sam")
        for name in ["pat", "quinn"] { #expect(try await !ensemble.sees(name, id, in: vault), "\(name)") }
        #expect(try await !ensemble.wraps(id, in: vault).contains("family"))

        _ = try await vault.release(id, check: nil, as: sam)
        for name in ["pat", "quinn"] {
            #expect(try await ensemble.read(id, as: name, in: vault) == "original of D05")
            #expect(try await vault.show(id, as: try await vault.person(name)).forms.map(\.isReleased) == [true])
        }
        #expect(await ensemble.refusal(id, as: "rhea", in: vault) == .notFound(.document))
        #expect(try await ensemble.findings(vault) == [])

        try await vault.endRelease(id, reason: "Released by mistake.", as: sam)
        for name in ["pat", "quinn"] {
            #expect(await ensemble.refusal(id, as: name, in: vault) == .notFound(.document), "\(name)")
        }
        #expect(try await !ensemble.wraps(id, in: vault).contains("family"))
        #expect(try await ensemble.findings(vault) == [])
    }

    /// Category, author, who may release it, and who may not though the person knows of it.
    static let releasers: [(Rules.Category, String, [String], [String])] = [
        ("D03", "hana", ["sam"], ["hana", "mona", "priya"]), ("D04", "erin", ["sam"], ["erin", "hana", "mona"]),
        ("D05", "priya", ["sam"], ["priya", "mona", "hana", "dico"]), ("D06", "priya", ["priya"], ["sam", "mona"]),
        ("D07", "wendy", ["wendy"], ["sam", "mona", "hana"]), ("D08", "wendy", ["wendy"], ["sam", "yusuf"]),
        ("D09", "wendy", ["wendy"], ["sam", "mona"]), ("D10a", "yusuf", ["yusuf"], ["sam", "wendy"]),
        ("D10b", "yusuf", [], ["yusuf"]), ("D12", "sam", [], ["sam", "mona", "pat"]), ("D15", "sam", ["sam"], ["mona"]),
    ]

    @Test("each category is released by those whom the matrix names, and by nobody else", arguments: releasers)
    func whoReleases(category: Rules.Category, author: String, may: [String], mayNot: [String]) async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit(category, by: author, in: vault)
        let check = try Ensemble.harmCheck.get()
        for name in mayNot {
            let refusal = await ensemble.refusal {
                _ = try await vault.release(id, check: check, as: try await vault.person(name))
            }
            guard case .denied = refusal else {
                Issue.record("\(name): \(String(describing: refusal))")
                continue
            }
        }
        for name in ["henry", "deb", "dana", "rhea", "lena"] {
            await #expect(throws: VaultError.notFound(.document)) {
                try await vault.release(id, check: check, as: try await vault.person(name))
            }
        }
        #expect(try await ensemble.sees("pat", id, in: vault) == (category == "D12"))
        for name in may {
            _ = try await vault.release(id, check: check, as: try await vault.person(name))
            #expect(try await ensemble.sees("pat", id, in: vault))
        }
    }

    /// The categories that the matrix marks R*, and some that it marks R.
    static let checks: [(Rules.Category, String, String, Bool)] = [
        ("D06", "priya", "priya", true), ("D07", "wendy", "wendy", true), ("D08", "wendy", "wendy", true),
        ("D09", "wendy", "wendy", true), ("D10a", "yusuf", "yusuf", true), ("D03", "hana", "sam", false),
        ("D05", "priya", "sam", false), ("D15", "sam", "sam", false),
    ]

    @Test("where the matrix says R*, nothing is released without the check for harm", arguments: checks)
    func harmCheck(category: Rules.Category, author: String, releaser: String, isNeeded: Bool) async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit(category, by: author, in: vault)
        let caller = try await vault.person(releaser)
        let refusal = await ensemble.refusal { _ = try await vault.release(id, check: nil, as: caller) }
        #expect(refusal == (isNeeded ? .harmCheckMissing : nil))
        #expect(try await ensemble.sees("pat", id, in: vault) == !isNeeded)
        guard isNeeded else { return }
        _ = try await vault.release(id, check: try Ensemble.harmCheck.get(), as: caller)
        #expect(try await ensemble.read(id, as: "pat", in: vault) == "original of \(category)")
    }

    @Test("a check for harm says something about both harms", arguments: [("", "Nobody else."), ("None found.", "no")])
    func emptyCheck(harm: String, others: String) {
        #expect(throws: VaultError.self) { try HarmCheck(seriousHarm: harm, thirdParties: others) }
    }

    @Test("with one rendition nothing else is released: neither its original nor another version")
    func onlyWhatIsNamed() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D05", by: "priya", in: vault)
        for kind in [Rendition.extract, .summary, .redacted("family")] {
            try await ensemble.add(kind, to: id, by: "priya", in: vault)
        }
        let sam = try await vault.person("sam")
        _ = try await vault.release(id, WhichForm(rendition: .redacted("family")), check: nil, as: sam)
        #expect(try await ensemble.read(id, as: "pat", in: vault) == "redacted:family")
        for kind in [Rendition.original, .extract, .summary] {
            #expect(
                await ensemble.refusal(id, kind, as: "pat", in: vault) == .denied(.notReleased(harmCheck: false)),
                "\(kind)")
            #expect(try await !ensemble.wraps(id, kind, in: vault).contains("family"), "\(kind)")
        }
        let shown = try await vault.show(id, as: try await vault.person("pat"))
        #expect(shown.title == nil && shown.forms.map(\.rendition) == ["redacted:family"])

        _ = try await vault.replace(
            id, mediaType: .unknown, content: try ensemble.content("second"), as: try await vault.person("priya"))
        #expect(await ensemble.refusal(id, as: "pat", in: vault) == .denied(.notReleased(harmCheck: false)))
        #expect(try await ensemble.read(id, .redacted("family"), version: 1, as: "pat", in: vault) == "redacted:family")
        #expect(try await !ensemble.wraps(id, in: vault).contains("family"))
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test("what is released already, or not at all, is said; a release needs its reason to end")
    func twice() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D05", by: "priya", in: vault)
        let sam = try await vault.person("sam")
        await #expect(throws: VaultError.alreadySo("The family does not have this")) {
            try await vault.endRelease(id, reason: "Released by mistake.", as: sam)
        }
        _ = try await vault.release(id, check: nil, as: sam)
        await #expect(throws: VaultError.alreadySo("The family has this already")) {
            try await vault.release(id, check: nil, as: sam)
        }
        await #expect(throws: VaultError.invalid(field: "reason", reason: "say it in at least 10 characters")) {
            try await vault.endRelease(id, reason: "Mistake.", as: sam)
        }
        await #expect(throws: VaultError.denied(.releaseNotHeld)) {
            try await vault.endRelease(id, reason: "Released by mistake.", as: try await vault.person("priya"))
        }
        #expect(await ensemble.refusal(id, as: "pat", in: vault) == nil)
    }

    @Test("past the agreement's review day nothing more is released, and what was released stays")
    func afterReview() async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        let vault = try await ensemble.open(clock)
        let old = try await ensemble.deposit("D05", by: "priya", in: vault)
        let kept = try await ensemble.deposit("D03", by: "hana", in: vault)
        let sam = try await vault.person("sam")
        _ = try await vault.release(old, check: nil, as: sam)
        clock.move(to: try .on("2027-07-01"))
        #expect(await ensemble.refusal { _ = try await vault.release(kept, check: nil, as: sam) } == .reviewOverdue)
        #expect(await ensemble.refusal(old, as: "pat", in: vault) == nil)
        try await vault.endRelease(old, reason: "Released by mistake.", as: sam)
        #expect(await ensemble.refusal(old, as: "pat", in: vault) == .notFound(.document))
    }
}
