import Ledger
import Paper
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("A child in other children's papers", .timeLimit(.minutes(15)))
struct MentionTests {
    /// A request about the first child, whose own record is collected.
    private func collected(_ ensemble: Ensemble, _ vault: DocumentVault) async throws -> RightsRequestID {
        let id = try await vault.receive(
            NewRightsRequest(
                kind: .subjectAccess, child: ensemble.child,
                requester: Requester(
                    name: "Pat Example", capacity: .parentWithResponsibility, authority: "Birth certificate seen",
                    contact: "By post"), channel: .letter, received: nil, asked: "All that you have"),
            as: vault.person("sam"))
        try await vault.note(.triaged, to: id, as: vault.person("dana"))
        _ = try await vault.collect(id, as: vault.person("dana"))
        return id
    }

    /// A note on the other child's case.
    private func note(
        _ text: String, about category: Rules.Category = "D05", by name: String = "priya", _ ensemble: Ensemble,
        _ vault: DocumentVault
    ) async throws -> DocumentID {
        let receipt = try await vault.deposit(
            NewDocument(
                caseID: ensemble.teenCase, category: category, title: "A note",
                mediaType: try #require(MediaType("text/plain"))), content: try ensemble.content(text),
            as: vault.person(name))
        return try #require(DocumentID(receipt.document))
    }

    private func allow(_ documents: Set<DocumentID>, _ ensemble: Ensemble, _ vault: DocumentVault) async throws {
        _ = try await ensemble.grant(
            "dana", "DPO", documents, for: "rights.request", on: ensemble.teenCase, in: vault)
    }

    private func search(
        _ id: RightsRequestID, in vault: DocumentVault, _ alter: (inout MentionSearch) -> Void = { _ in }
    ) async throws -> MentionLog {
        var search = MentionSearch()
        alter(&search)
        return try await vault.searchMentions(search, for: id, as: vault.person("dana"))
    }

    @Test(
        "a paper in which the child is named becomes an item, by whole words; what no task opens is listed as not searched"
    )
    func finds() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let named = try await note("Sasha plays with ROBÍN at home.", ensemble, vault)
        // The surname is both children's, and a robin's nest is none.
        let other = try await note("Sasha Example saw robinson's nest.", ensemble, vault)
        let closed = try await note("Robin again.", ensemble, vault)
        try await allow([named, other], ensemble, vault)
        let id = try await collected(ensemble, vault)
        let own = try await vault.items(of: id, as: vault.person("dana")).count
        let size = try await vault.ledgerSize()
        let log = try await search(id, in: vault)
        #expect((log.children, log.files, log.searched, log.found) == (1, 3, 2, 1))
        #expect(log.notSearched.values.reduce(0, +) == 1)
        #expect(!log.isComplete)
        #expect(try await vault.kinds(since: size) == [.documentRead, .documentRead, .requestCollected])
        let items = try await vault.items(of: id, as: vault.person("dana"))
        #expect(items.count == own + 1)
        let mention = try #require(items.last)
        #expect(mention.document == "\(named)")
        #expect(mention.title == nil)
        #expect(mention.mention == Mention(child: "\(ensemble.teen)", hits: 1, doubtful: 0, pages: [1]))

        try await allow([closed], ensemble, vault)
        let second = try await search(id, in: vault)
        #expect((second.searched, second.found, second.isComplete) == (3, 2, true))
        // What was searched is not opened again, and collecting leaves it as it is.
        _ = try await vault.collect(id, as: vault.person("dana"))
        #expect(try await vault.items(of: id, as: vault.person("dana")).count == own + 2)
        #expect(try await vault.request(id, as: vault.person("dana")).mentions == second)
    }

    @Test("the search stops where it is told, says so, and goes on from there; another name begins it anew")
    func bounds() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        var documents: Set<DocumentID> = []
        for number in 1...3 { documents.insert(try await note("Robin, number \(number).", ensemble, vault)) }
        try await allow(documents, ensemble, vault)
        let id = try await collected(ensemble, vault)
        let first = try await search(id, in: vault) { $0.most = 2 }
        #expect(first.searched == 2)
        #expect(first.notSearched == ["not-yet": 1])
        #expect(try await search(id, in: vault) { $0.most = 1 }.isComplete)
        let size = try await vault.ledgerSize()
        #expect(try await search(id, in: vault).found == 3)
        #expect(try await vault.kinds(since: size) == [.requestCollected])
        #expect(
            try await search(id, in: vault) { $0.names = ["Bobby"] }.sought == ["name", "other-name", "nhs-number"])
        #expect(try await vault.kinds(since: size).count { $0 == .documentRead } == 3)
    }

    @Test(
        "nobody's papers are searched but those of children who are named or connected; a barred searcher is told of no child"
    )
    func reach() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        _ = try await note("Robin.", ensemble, vault)
        let id = try await collected(ensemble, vault)
        #expect(try await search(id, in: vault) { $0.reach = .named }.files == 0)
        #expect(try await search(id, in: vault) { ($0.reach, $0.cases) = (.named, [ensemble.teenCase]) }.files == 1)
        let stranger = await ensemble.refusal {
            _ = try await search(id, in: vault) { $0.children = [ChildID(from: .system)] }
        }
        #expect(stranger == .notFound(.child))
        let noCase = await ensemble.refusal {
            _ = try await search(id, in: vault) { $0.cases = [CaseID(from: .system)] }
        }
        #expect(noCase == .notFound(.theCase))

        _ = try await ensemble.restrain("dana", from: ensemble.teen, in: vault)
        let barred = try await search(id, in: vault)
        #expect((barred.children, barred.files) == (0, 0))
        for (alter, refusal) in [
            ({ (search: inout MentionSearch) in search.cases = [ensemble.teenCase] }, VaultError.notFound(.theCase)),
            ({ (search: inout MentionSearch) in search.children = [ensemble.teen] }, .notFound(.child)),
        ] {
            let told = await ensemble.refusal { _ = try await search(id, in: vault, alter) }
            #expect(told == refusal)
        }
    }

    /// What a parent of a child that is not competent needs to have shown.
    private func judged(_ id: RightsRequestID, in vault: DocumentVault) async throws {
        let view = Judgement(
            by: "dana", on: vault.environment.today(), reasoning: "Looked at the file and spoke to the school.")
        var standing = RequesterStanding()
        standing.authority = Authority(evidence: [.birthCertificate], hasCare: true)
        standing.competence = Competence(isCompetent: false, judgement: view)
        standing.bestInterests = view
        standing.orders = OrdersCheck(checked: view, restrainsContact: false)
        try await vault.judge(standing, of: id, as: vault.person("dana"))
    }

    @Test(
        "another child's paper goes out redacted or not at all; the look is in that child's ledger; its title is not told"
    )
    func disclosed() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let paper = try await note("Robin swims.\nSasha has a secret.", about: "D07", by: "wendy", ensemble, vault)
        try await allow([paper], ensemble, vault)
        let id = try await collected(ensemble, vault)
        try await judged(id, in: vault)
        let dana = try await vault.person("dana")
        _ = try await search(id, in: vault)
        let numbers = try await vault.items(of: id, as: dana).map(\.number)
        let number = try #require(numbers.last)
        let reason = "Nothing in it is about anybody but the child."
        var released = ItemsDecision(items: numbers, outcome: .release)
        released.reasoning = reason
        let faults = try await vault.decide([released], of: id, as: dana)
        #expect(faults[number]?.contains { $0.contains("another child") } == true)
        #expect(faults[1] == [])
        _ = try await vault.redact(
            RedactionPlan(
                item: number, terms: [.init(text: "Sasha has a secret", kind: .words, exemption: "S2-P3-16")]),
            of: id, as: dana)
        var redacted = ItemsDecision(items: [number], outcome: .redact)
        redacted.citations = [Citation("S2-P3-16", reasoning: reason)]
        redacted.hides = ["other child"]
        var facts = ItemsDecision.Facts()
        facts.thirdParties = [
            ThirdParty(
                id: "other child", kind: .otherChild, consent: .incapable,
                reasonableness: Reasonableness(
                    considered: Set(Reasonableness.Factor.allCases), isReasonable: false,
                    judgement: Judgement(by: "dana", on: vault.environment.today(), reasoning: reason)))
        ]
        redacted.facts = facts
        #expect(try await vault.decide([redacted], of: id, as: dana)[number] == [])
        try await vault.approve(id, as: vault.person("mona"))
        let size = try await vault.ledgerSize()
        let package = try await vault.disclose(id, to: "Pat Example", as: dana)
        let entries = try await vault.records.read { try $0.entries(in: size..<$0.logSize()) }
        #expect(entries.first { $0.leaf.kind == .documentExported }?.child == ensemble.teen)
        #expect(package.papers.count == 1)
        let pages = Dictionary(
            uniqueKeysWithValues: package.pages.map { ($0.name, String(decoding: $0.text, as: UTF8.self)) })
        #expect(pages["index.html"]?.contains("A paper about somebody else") == true)
        #expect(pages["letter.html"]?.contains("Papers about other people in which the child may be named.") == true)
        for (name, text) in pages {
            #expect(!text.contains("A note") && !text.contains("D07"), "\(name)")
        }
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test("when the other child is erased, the item goes with it")
    func erased() async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        let vault = try await ensemble.open(clock)
        let paper = try await note("Robin swims.", ensemble, vault)
        try await allow([paper], ensemble, vault)
        let id = try await collected(ensemble, vault)
        _ = try await search(id, in: vault)
        let before = try await vault.records.read { try $0.rightsItems(of: id) }.count
        try await vault.closeCase(ensemble.teenCase, as: vault.person("sam"))
        let disposal = try await vault.approvedDisposal(of: .child(ensemble.teen))
        clock.move(to: clock.now.adding(seconds: 31 * 86_400))
        _ = try await vault.execute(disposal, as: vault.person("rex"))
        #expect(try await vault.records.read { try $0.rightsItems(of: id) }.count == before - 1)
    }
}
