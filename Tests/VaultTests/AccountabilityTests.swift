import Foundation
import Ledger
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("What a data protection officer is asked to show", .timeLimit(.minutes(15)))
struct AccountabilityTests {
    private func breach(_ alter: (inout NewBreach) -> Void) -> NewBreach {
        var new = NewBreach(category: .access, facts: "An account was in other hands.", endangersSomebody: false)
        alter(&new)
        return new
    }

    private func received(_ ensemble: Ensemble, _ kind: RequestKind, in vault: DocumentVault) async throws
        -> RightsRequestID
    {
        try await vault.receive(
            NewRightsRequest(
                kind: kind, child: ensemble.child,
                requester: Requester(
                    name: "Pat Example", capacity: .parentWithResponsibility, authority: "Birth certificate seen",
                    contact: "By post"), channel: .letter, received: nil, asked: "All that you have"),
            as: vault.person("sam"))
    }

    @Test(
        "who is affected by a breach is counted from what was opened in its time, by its person, and kept in the record"
    )
    func affected() async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        let vault = try await ensemble.open(clock)
        let health = try await ensemble.deposit("D05", by: "priya", in: vault)
        let other = try await ensemble.deposit("D05", by: "priya", on: ensemble.teenCase, in: vault)
        _ = try await ensemble.read(other, as: "priya", in: vault)
        clock.move(to: clock.now.adding(seconds: 2 * 86_400))
        _ = try await ensemble.read(health, as: "priya", in: vault)
        _ = try await ensemble.read(health, as: "sam", in: vault)
        clock.move(to: clock.now.adding(seconds: 2 * 86_400))
        _ = try await ensemble.read(health, as: "priya", in: vault)
        let dana = try await vault.person("dana")
        let id = try await vault.record(
            breach {
                ($0.person, $0.people) = ("priya", 2)
                ($0.from, $0.until) = (Day("2026-10-02"), Day("2026-10-03"))
            }, as: dana)
        let reach = try await vault.affected(by: id, as: dana)
        #expect(reach.children == ["\(ensemble.child)"])
        #expect(reach.openings.map(\.document) == ["\(health)"])
        #expect(reach.readers == [.init(username: "priya", party: "health", openings: 1)])
        #expect(reach.holders == ["health"])
        #expect((reach.figures.people, reach.figures.records) == (3, 1))
        #expect(reach.figures.categories == ["D05": 1])
        let kept = try #require(try await vault.breaches(as: dana).first)
        #expect(kept.affected == reach.figures)
        #expect(kept.children == ["\(ensemble.child)"])

        let party = try await vault.record(breach { $0.party = .health }, as: dana)
        #expect(try await vault.affected(by: party, as: dana).openings.count == 3)
        let paper = try await vault.record(breach { $0.documents = ["\(health)"] }, as: dana)
        #expect(try await vault.affected(by: paper, as: dana).openings.count == 3)
        // Nothing is said of which openings it is: none, not all.
        let vague = try await vault.record(breach { $0.people = 5 }, as: dana)
        let nothing = try await vault.affected(by: vague, as: dana)
        #expect(nothing.openings.isEmpty)
        #expect(nothing.figures.people == 5)
        let stranger = await ensemble.refusal { _ = try await vault.affected(by: id, as: vault.person("priya")) }
        #expect(stranger != nil)
    }

    @Test(
        "the evidence has a record of each request, what went out otherwise, complaints with their days, and who saw a paper and why"
    )
    func evidence() async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        let vault = try await ensemble.open(clock)
        let health = try await ensemble.deposit("D05", by: "priya", in: vault)
        _ = try await ensemble.read(health, as: "sam", in: vault)
        let key = try AgeIdentity(from: .system).recipient
        try await vault.export(health, to: .recipients([key]), as: vault.person("priya")) { _ in }
        let request = try await received(ensemble, .subjectAccess, in: vault)
        let restriction = try await received(ensemble, .restriction, in: vault)
        _ = try await received(ensemble, .complaint, in: vault)
        let dana = try await vault.person("dana")
        for id in [request, restriction] { try await vault.note(.triaged, to: id, as: dana) }
        _ = try await vault.restrict(
            .record, on: .accuracyContested, for: restriction, reason: "The date of birth is contested.", as: dana)
        clock.move(to: clock.now.adding(seconds: 3 * 86_400))
        let later = try await vault.person("dana")
        let pack = try await vault.evidence(about: health, as: later)
        #expect(pack.disclosureLog.map(\.kind).sorted() == ["complaint", "restriction", "subject-access"])
        #expect(pack.disclosureLog.allSatisfy { $0.capacity == "parent-with-responsibility" })
        #expect(pack.complaints.map(\.acknowledgedAfterDays) == [nil])
        #expect(pack.otherDisclosures.map(\.by) == ["priya"])
        #expect(pack.otherDisclosures.first?.recipient == key.text)
        #expect(pack.seen?.map(\.by) == ["sam", "priya"])
        #expect(pack.seen?.first?.role == "SEND")
        #expect(pack.agreement.daysToEnd > 0)
        #expect(pack.restrictions == 1)
        let text = String(decoding: try JSONEncoder().encode(pack), as: UTF8.self)
        #expect(!text.contains("Pat Example"))
        let stranger = await ensemble.refusal { _ = try await vault.evidence(as: vault.person("sam")) }
        #expect(stranger != nil)
    }

    @Test("the evidence as files is signed, and the signature is of the digests of the others")
    func files() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let files = try await vault.evidenceFiles(as: vault.person("dana"))
        let byName = Dictionary(uniqueKeysWithValues: files.map { ($0.name, $0.bytes) })
        #expect(files.map(\.name) == ["evidence.json", "processing.json", "manifest.json", "manifest.json.p7s"])
        let manifest = String(decoding: try #require(byName["manifest.json"]), as: UTF8.self)
        for name in ["evidence.json", "processing.json"] {
            #expect(manifest.contains(Digest.sha256(try #require(byName[name])).hex))
        }
        let pem = try #require(try await vault.signerCertificate(as: vault.person("rex")))
        let signature = try CMSSignature(der: try #require(byName["manifest.json.p7s"]))
        let certificate = try #require(try Certificate.list(pem: Array(pem.utf8)).first)
        _ = try signature.verify(try #require(byName["manifest.json"]), trusting: certificate)
        #expect(throws: (any Error).self) { try signature.verify(Array("{}".utf8), trusting: certificate) }
    }

    @Test(
        "what is promised is held against the live agreement, and a promise about what the agreement does not know is broken"
    )
    func claims() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let dana = try await vault.person("dana")
        #expect(try await vault.dpiaClaims(as: dana).map(\.holds) == Array(repeating: true, count: 7))
        _ = try await vault.record(breach { _ in }, awareAt: Fixture.start, as: dana)
        let late = try await ensemble.open(at: Fixture.start.adding(seconds: 73 * 3600))
        let broken = try await late.dpiaClaims(as: late.person("dana")).filter { !$0.holds }
        #expect(broken.map(\.id) == ["breaches-told"])
    }

    @Test(
        "the last day for an educational record is shown where the authority's terms reach it, and no day where they do not"
    )
    func schoolDays() async throws {
        let ensemble = try await Ensemble.copy()
        let terms = """
            version: 1
            title: Fictional terms
            years:
              - { from: 2026-09-01, until: 2026-12-31, terms: [{ from: 2026-09-03, until: 2026-10-16 }, { from: 2026-11-02, until: 2026-12-18 }] }
            """
        let schools = try SchoolTerms.load(PolicyText(file: "schools.yaml", text: terms))
        let vault = try await ensemble.open(TestClock(), schools: schools)
        let id = try await received(ensemble, .educationalRecord, in: vault)
        // Received on Thursday 1 October: eleven school days until the 16th, then four from Monday 2 November on.
        #expect(try await vault.request(id, as: vault.person("dana")).clock?.dueDay == Day("2026-11-05"))
        let plain = try await ensemble.open(TestClock())
        let shown = try await plain.request(id, as: plain.person("dana"))
        #expect(shown.clock == nil)
        #expect(shown.fault?.isEmpty == false)
    }

    @Test(
        "entries of some kinds come a page at a time, each once and in order, of one child or of all, from a moment on")
    func pages() async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        let vault = try await ensemble.open(clock)
        let kinds: Set<EventKind> = [.documentDeposited, .documentRead]
        let paper = try await ensemble.deposit("D05", by: "priya", in: vault)
        _ = try await ensemble.deposit("D05", by: "priya", on: ensemble.teenCase, in: vault)
        clock.move(to: clock.now.adding(seconds: 60))
        for _ in 1...3 { _ = try await ensemble.read(paper, as: "sam", in: vault) }
        func all(about child: ChildID?, since moment: Instant = Instant(milliseconds: 0), limit: Int) async throws
            -> [UInt64]
        {
            var found: [UInt64] = []
            while true {
                let from = found.last.map { $0 + 1 } ?? 0
                let page = try await vault.records.read {
                    try $0.entries(of: kinds, about: child, since: moment, from: from, limit: limit)
                }
                #expect(page.count <= limit)
                guard !page.isEmpty else { return found }
                found += page.map(\.0)
            }
        }
        let whole = try await all(about: nil, limit: 100)
        #expect(whole.count == 5)
        #expect(whole == whole.sorted())
        for limit in 1...4 { #expect(try await all(about: nil, limit: limit) == whole) }
        #expect(try await all(about: ensemble.child, limit: 2).count == 4)
        #expect(try await all(about: nil, since: clock.now, limit: 2) == Array(whole.suffix(3)))
    }
}
