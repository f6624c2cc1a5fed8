import Foundation
import Ledger
import Paper
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("A request for access, from receipt to package", .timeLimit(.minutes(45)))
struct RightsTests {
    private static let reason = "Nothing in it is about anybody but the child."

    func requester(_ name: String = "Pat Example", account: String? = "pat") -> Requester {
        Requester(
            name: name, capacity: .parentWithResponsibility, authority: "Birth certificate seen", contact: "By post",
            account: account)
    }

    /// A request of a parent who may ask for a child that is not competent.
    func received(
        _ ensemble: Ensemble, _ vault: DocumentVault, requester: Requester? = nil
    ) async throws -> RightsRequestID {
        let dana = try await vault.person("dana")
        let id = try await vault.receive(
            NewRightsRequest(
                kind: .subjectAccess, child: ensemble.child, requester: requester ?? self.requester(),
                channel: .letter, received: nil, asked: "Everything that you have about my child"),
            as: vault.person("sam"))
        let today = vault.environment.today()
        let judged = Judgement(by: "dana", on: today, reasoning: "Looked at the file and spoke to the school.")
        var standing = RequesterStanding()
        standing.authority = Authority(evidence: [.birthCertificate], hasCare: true)
        standing.competence = Competence(isCompetent: false, judgement: judged)
        standing.bestInterests = judged
        standing.orders = OrdersCheck(checked: judged, restrainsContact: false)
        try await vault.judge(standing, of: id, as: dana)
        try await vault.note(.triaged, to: id, as: dana)
        return id
    }

    /// The same, with one paper that the officer may read, and searched.
    func collected(_ ensemble: Ensemble, _ vault: DocumentVault) async throws -> RightsRequestID {
        _ = try await ensemble.deposit("D01", by: "hana", in: vault)
        _ = try await ensemble.grant("dana", "DPO", [], categories: ["D01"], for: "rights.request", in: vault)
        let id = try await received(ensemble, vault)
        _ = try await vault.collect(id, as: vault.person("dana"))
        return id
    }

    func releaseAll(_ id: RightsRequestID, in vault: DocumentVault) async throws {
        let numbers = try await vault.items(of: id, as: vault.person("dana")).map(\.number)
        var released = ItemsDecision(items: numbers, outcome: .release)
        released.reasoning = Self.reason
        _ = try await vault.decide([released], of: id, as: vault.person("dana"))
    }

    func zip(_ package: DisclosurePackage) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var words = Array("correct horse battery".utf8)
        try package.writeZip(passphrase: Key(try SecretBytes(wiping: &words))) { bytes += $0 }
        return bytes
    }

    @Test("what no task opens is listed as not searched, and a task of the holder opens it")
    func collecting() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let health = try await ensemble.deposit("D05", by: "priya", in: vault)
        _ = try await ensemble.deposit("D01", by: "hana", in: vault)
        let id = try await received(ensemble, vault)
        let first = try await vault.collect(id, as: vault.person("dana"))
        #expect(first.holders.map(\.party) == ["education", "health"])
        #expect(first.holders.map(\.readable) == [0, 0])
        #expect(!first.isComplete)
        #expect(first.parts > 2)

        _ = try await ensemble.grant("dana", "DPO", [health], for: "rights.request", in: vault)
        let second = try await vault.collect(id, as: vault.person("dana"))
        #expect(second.holders.map(\.readable) == [0, 1])
        let items = try await vault.items(of: id, as: vault.person("dana"))
        #expect(items.filter { $0.document != nil }.map { $0.blocked == nil } == [false, true])
        #expect(items.map(\.number) == Array(1...Int64(items.count)))
    }

    @Test(
        "the package has what was released, is signed, opens with stock tools, and every paper in it is in the ledger")
    func package() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let paper = try await ensemble.deposit("D01", by: "hana", text: "the request itself", in: vault)
        _ = try await ensemble.grant("dana", "DPO", [], categories: ["D01"], for: "rights.request", in: vault)
        #expect(try await ensemble.read(paper, as: "sam", in: vault) == "the request itself")
        let id = try await received(ensemble, vault)
        _ = try await vault.collect(id, as: vault.person("dana"))
        try await releaseAll(id, in: vault)
        #expect(try await vault.faults(of: id, as: vault.person("dana")) == [])
        try await vault.approve(id, as: vault.person("mona"))
        let size = try await vault.ledgerSize()
        let package = try await vault.disclose(id, to: "Pat Example", as: vault.person("dana"))
        #expect(
            try await vault.kinds(since: size).sorted { $0.rawValue < $1.rawValue } == [.documentExported, .disclosed])

        let path = try ensemble.fixture.write("package.zip", try zip(package))
        let folder = ensemble.fixture.folder.appending(path: "unpacked")
        let output = try run("7z", ["x", "-pcorrect horse battery", "-o\(folder.path)", path])
        #expect(output.contains("Everything is Ok"))
        let content = try String(contentsOf: folder.appending(path: "papers/0001.bin"), encoding: .utf8)
        #expect(content == "the request itself")
        let letter = try String(contentsOf: folder.appending(path: "letter.html"), encoding: .utf8)
        for word in ["Request and eligibility evidence", "Information Commissioner", "SEND case officer"] {
            #expect(letter.contains(word), "\(word)")
        }
        let signer = try #require(try await vault.signerCertificate(as: vault.person("rex")))
        try ensemble.fixture.write("unpacked/signer.pem", Array(signer.utf8))
        _ = try run(
            "openssl",
            [
                "cms", "-verify", "-binary", "-inform", "DER", "-in", folder.appending(path: "manifest.json.p7s").path,
                "-content", folder.appending(path: "manifest.json").path, "-CAfile",
                folder.appending(path: "signer.pem").path, "-purpose", "any", "-out", "/dev/null",
            ])
        #expect(try await vault.request(id, as: vault.person("dana")).state == "disclosed")
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test(
        "who decided does not approve; what is decided after the approval does not go out; a package goes to nobody else"
    )
    func guards() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await collected(ensemble, vault)
        let undecided = await ensemble.refusal { try await vault.approve(id, as: vault.person("mona")) }
        guard case .rights(.faults(let faults)) = undecided else {
            Issue.record("\(String(describing: undecided))")
            return
        }
        #expect(faults.contains { $0.contains("undecided") })
        try await releaseAll(id, in: vault)
        let own = await ensemble.refusal { try await vault.approve(id, as: vault.person("dana")) }
        guard case .rights(.faults(let second)) = own else {
            Issue.record("\(String(describing: own))")
            return
        }
        #expect(second.contains { $0.contains("also decided") })
        let early = await ensemble.refusal {
            _ = try await vault.disclose(id, to: "Pat Example", as: vault.person("dana"))
        }
        #expect(early != nil)
        try await vault.approve(id, as: vault.person("mona"))
        let other = await ensemble.refusal {
            _ = try await vault.disclose(id, to: "Quinn Example", as: vault.person("dana"))
        }
        #expect(other == .rights(.wrongRecipient))
        // The approval was of other decisions.
        let late = await ensemble.refusal { try await releaseAll(id, in: vault) }
        #expect(late != nil)
        let key = try #require(try await vault.childKey(ensemble.child))
        var item = try #require(try await vault.items(of: id, key).first)
        item.body.facts.isKnownToSubject = true
        let forged = try vault.sealed(item, of: id, key)
        try await vault.records.write { try $0.put(forged) }
        let changed = await ensemble.refusal {
            _ = try await vault.disclose(id, to: "Pat Example", as: vault.person("dana"))
        }
        #expect(changed == .rights(.notAsApproved))
    }

    @Test("what an approval is of is the same in every process, and says when anything in it is another")
    func canonical() throws {
        struct Value: Encodable {
            let words: [String]
            let list: [[Int]]
        }
        let value = Value(words: ["b", "a"], list: [[2], [1]])
        #expect(String(decoding: try canonicalJSON(value), as: UTF8.self) == #"{"list":[[2],[1]],"words":["a","b"]}"#)
    }

    @Test("law-enforcement papers take their own route, by the label of their category")
    func lawEnforcement() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        _ = try await ensemble.deposit("D10b", by: "yusuf", in: vault)
        let id = try await received(ensemble, vault)
        _ = try await vault.collect(id, as: vault.person("dana"))
        let items = try await vault.items(of: id, as: vault.person("dana"))
        #expect(items.first { $0.category == "D10b" }?.facts.isLawEnforcement == true)
    }

    @Test("an earlier state that was approved once, put back whole, does not go out")
    func putBack() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await collected(ensemble, vault)
        try await releaseAll(id, in: vault)
        try await vault.approve(id, as: vault.person("mona"))
        let old = try await vault.records.read { (try $0.rightsRequest(id), try $0.rightsItems(of: id)) }
        try await vault.note(.sentBack, to: id, as: vault.person("dana"))
        var withheld = ItemsDecision(items: [1], outcome: .withhold)
        withheld.citations = [Citation("S2-P1-2", reasoning: Self.reason)]
        _ = try await vault.decide([withheld], of: id, as: vault.person("dana"))
        try await vault.records.write { transaction in
            try transaction.put(try #require(old.0))
            for item in old.1 { try transaction.put(item) }
        }
        let refusal = await ensemble.refusal {
            _ = try await vault.disclose(id, to: "Pat Example", as: vault.person("dana"))
        }
        #expect(refusal == .rights(.notAsApproved))
    }

    @Test("an answer that goes to the child does not go to the parent who asked; nobody answers a request of their own")
    func recipients() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        _ = try await ensemble.deposit("D01", by: "hana", in: vault)
        _ = try await ensemble.grant("dana", "DPO", [], categories: ["D01"], for: "rights.request", in: vault)
        let id = try await received(ensemble, vault)
        let shown = try await vault.request(id, as: vault.person("dana"))
        #expect(shown.requester.name == "Pat Example")
        var standing = RequesterStanding()
        let judged = Judgement(
            by: "dana", on: vault.environment.today(), reasoning: "The child asked for it to come to her.")
        standing.authority = Authority(evidence: [.birthCertificate], hasCare: true)
        standing.competence = Competence(isCompetent: true, judgement: judged)
        standing.bestInterests = judged
        standing.orders = OrdersCheck(checked: judged, restrainsContact: true)
        standing.repliesToChild = true
        try await vault.judge(standing, of: id, as: vault.person("dana"))
        _ = try await vault.collect(id, as: vault.person("dana"))
        try await releaseAll(id, in: vault)
        try await vault.approve(id, as: vault.person("mona"))
        let parent = await ensemble.refusal {
            _ = try await vault.disclose(id, to: "Pat Example", as: vault.person("dana"))
        }
        #expect(parent == .rights(.wrongRecipient))
        let package = try await vault.disclose(id, to: "Robin Example", as: vault.person("dana"))
        #expect(package.pages.map(\.name).contains("for-you.html"))

        let own = try await received(ensemble, vault, requester: requester("Dana Example", account: "mona"))
        let refusal = await ensemble.refusal { _ = try await vault.request(own, as: vault.person("mona")) }
        #expect(refusal == .needsAnother("Answering your own request"))
    }

    @Test("an erased document takes its items with it, with what was said about them")
    func erasure() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let document = try await ensemble.deposit("D01", by: "hana", in: vault)
        let id = try await received(ensemble, vault)
        _ = try await vault.collect(id, as: vault.person("dana"))
        let before = try await vault.records.read { try $0.rightsItems(of: id) }
        #expect(before.count { $0.rendition != nil } == 1)
        let hold = try #require(try await vault.holds(as: vault.person("dana")).first)
        try await vault.releaseHold(
            try #require(HoldID(hold.id)), reason: "Done", as: vault.person("dana"))
        let later = try await ensemble.open(at: Fixture.start.adding(seconds: 40 * 86_400))
        let disposal = try await later.approvedDisposal(of: .document(document), coolingDays: 0)
        _ = try await later.execute(disposal, as: later.person("rex"))
        let after = try await later.records.read { try $0.rightsItems(of: id) }
        #expect(after.allSatisfy { $0.rendition == nil })
        #expect(after.count == before.count - 1)
    }

    @Test("a breach: no letter before safety, no end before a decision, and the hours are counted from awareness")
    func breaches() async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        let vault = try await ensemble.open(clock)
        let dana = try await vault.person("dana")
        let new = NewBreach(category: .misdirected, facts: "A letter went astray.", endangersSomebody: true)
        let future = await ensemble.refusal {
            _ = try await vault.record(new, awareAt: clock.now.adding(seconds: 1), as: dana)
        }
        #expect(future != nil)
        let id = try await vault.record(new, awareAt: clock.now.adding(seconds: -3600), as: dana)
        #expect(try await vault.breaches(as: dana).first?.hoursLeft == 71)
        for step in [BreachStep.Kind.subjectsTold, .closed] {
            let refusal = await ensemble.refusal {
                try await vault.note(step, "Nothing was done yet.", on: id, as: dana)
            }
            #expect(refusal != nil, "\(step)")
        }
        clock.move(to: clock.now.adding(seconds: 72 * 3600))
        #expect(try await vault.breaches(as: vault.person("dana")).first?.hoursLeft == -1)
        try await vault.note(.regulatorTold, "By the form on the website.", on: id, as: vault.person("dana"))
        #expect(try await vault.breaches(as: vault.person("dana")).first?.toldAfterHours == 73)
        try ensemble.fixture.tamper("records", "DELETE FROM breaches")
        #expect(try await ensemble.findings(vault).contains { $0.what.contains("breach") })
    }

    @Test("a question stops the clock and no day is shown; its answer moves the day by what it took")
    func clock() async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        let vault = try await ensemble.open(clock)
        let id = try await received(ensemble, vault)
        let dana = try await vault.person("dana")
        #expect(try await vault.request(id, as: dana).clock?.dueDay == Day("2026-11-02"))
        try await vault.note(.clarificationAsked, to: id, as: dana)
        #expect(try await vault.request(id, as: dana).clock?.dueDay == nil)
        clock.move(to: clock.now.adding(seconds: 7 * 86_400))
        try await vault.note(.clarificationAnswered, to: id, as: vault.person("dana"))
        #expect(try await vault.request(id, as: vault.person("dana")).clock?.dueDay == Day("2026-11-09"))
        #expect(try await vault.requests(as: vault.person("dana")).map(\.id) == ["\(id)"])
        #expect(try await vault.backlog(as: vault.person("dana")).inTime == 1)
    }

    @Test("nothing about the child is disposed of while a request for access runs")
    func hold() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let document = try await ensemble.deposit("D05", by: "priya", in: vault)
        _ = try await received(ensemble, vault)
        let refusal = await ensemble.refusal {
            _ = try await vault.list(.document(document), ground: .mistake, reason: "Error", as: vault.person("rex"))
        }
        guard case .disposalBlocked = refusal else {
            Issue.record("\(String(describing: refusal))")
            return
        }
    }

    @Test("health papers wait for the opinion of whom was asked, and of nobody else")
    func opinion() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let health = try await ensemble.deposit("D05", by: "priya", in: vault)
        _ = try await ensemble.grant("dana", "DPO", [health], for: "rights.request", in: vault)
        let id = try await received(ensemble, vault)
        _ = try await vault.collect(id, as: vault.person("dana"))
        try await releaseAll(id, in: vault)
        let open = try await vault.faults(of: id, as: vault.person("dana"))
        #expect(open.count == 1)
        #expect(open.first?.contains("opinion") == true)
        try await vault.askOpinion(on: 1, of: id, from: "priya", as: vault.person("dana"))
        let given = GivenOpinion(
            profession: .nurse, whyThisOne: nil, findsSeriousHarm: false,
            reasoning: "It is what the family told me itself.")
        let stranger = await ensemble.refusal {
            try await vault.giveOpinion(given, on: 1, of: id, as: vault.person("henry"))
        }
        #expect(stranger == .notFound(.request))
        #expect(try await vault.opinionsWanted(as: vault.person("priya")).map(\.item) == [1])
        try await vault.giveOpinion(given, on: 1, of: id, as: vault.person("priya"))
        #expect(try await vault.faults(of: id, as: vault.person("dana")) == [])
    }

    @Test("a professional who does not answer is not asked any more, and somebody else may be")
    func withdrawn() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let health = try await ensemble.deposit("D05", by: "priya", in: vault)
        _ = try await ensemble.grant("dana", "DPO", [health], for: "rights.request", in: vault)
        let id = try await received(ensemble, vault)
        let dana = try await vault.person("dana")
        let day = try #require(vault.environment.today().adding(days: 2))
        _ = try await vault.collect(id, as: dana)
        try await vault.askOpinion(on: 1, of: id, from: "priya", by: day, as: dana)
        let asked = try await vault.request(id, as: dana)
        #expect(asked.next.contains { $0.code == .consult && $0.by == day })
        let reason = "She has left the trust."
        await #expect(throws: VaultError.self) {
            try await vault.withdrawOpinion(on: 1, of: id, from: "henry", because: reason, as: dana)
        }
        try await vault.withdrawOpinion(on: 1, of: id, from: "priya", because: reason, as: dana)
        #expect(try await vault.opinionsWanted(as: vault.person("priya")) == [])
        #expect(try await vault.request(id, as: dana).state == "reviewing")
        let given = GivenOpinion(
            profession: .nurse, whyThisOne: nil, findsSeriousHarm: false,
            reasoning: "It is what the family told me itself.")
        let late = await ensemble.refusal {
            try await vault.giveOpinion(given, on: 1, of: id, as: vault.person("priya"))
        }
        #expect(late == .notFound(.request))
        // The law wants one all the same.
        try await releaseAll(id, in: vault)
        #expect(try await vault.faults(of: id, as: dana).first?.contains("opinion") == true)
        try await vault.askOpinion(on: 1, of: id, from: "priya", as: dana)
        try await vault.giveOpinion(given, on: 1, of: id, as: vault.person("priya"))
        #expect(try await vault.faults(of: id, as: dana) == [])
    }

    @Test(
        "a file that nobody has looked into does not go out as it is, nor one that hides something, unless somebody says why"
    )
    func hidden() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let mail =
            "From: Hana\r\nTo: Sam\r\nBcc: Somebody Else <else@school.example>\r\nSubject: Robin\r\n\r\nRobin swims.\r\n"
        _ = try await vault.deposit(
            NewDocument(
                caseID: ensemble.caseID, category: "D01", title: "A mail",
                mediaType: try #require(MediaType("message/rfc822"))),
            content: try ensemble.content(mail), as: vault.person("hana"))
        _ = try await ensemble.grant("dana", "DPO", [], categories: ["D01"], for: "rights.request", in: vault)
        let id = try await received(ensemble, vault)
        _ = try await vault.collect(id, as: vault.person("dana"))
        let numbers = try await vault.items(of: id, as: vault.person("dana")).map(\.number)
        _ = try await vault.decide([ItemsDecision(items: numbers, outcome: .release)], of: id, as: vault.person("dana"))
        #expect(
            try await vault.faults(of: id, as: vault.person("dana")) == ["Item 1 has not been looked into. Inspect it."]
        )
        let found = try await vault.inspect(of: id, as: vault.person("dana"))
        #expect(found[1]?.contains { $0.kind == .blindCopy } == true)
        let faults = try await vault.faults(of: id, as: vault.person("dana"))
        #expect(faults.count == 1)
        #expect(faults.first?.contains("blind-copy") == true)
        try await releaseAll(id, in: vault)
        #expect(try await vault.faults(of: id, as: vault.person("dana")) == [])
    }

    @Test("the answers to two parents are two, and where they differ is shown before either goes")
    func twoParents() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        _ = try await ensemble.deposit("D01", by: "hana", in: vault)
        _ = try await ensemble.grant("dana", "DPO", [], categories: ["D01"], for: "rights.request", in: vault)
        var ids: [RightsRequestID] = []
        for name in ["pat", "quinn"] {
            let id = try await received(
                ensemble, vault, requester: requester("\(name.capitalized) Example", account: name))
            _ = try await vault.collect(id, as: vault.person("dana"))
            try await releaseAll(id, in: vault)
            ids.append(id)
        }
        var withheld = ItemsDecision(items: [1], outcome: .withhold)
        withheld.citations = [Citation("S2-P1-2", reasoning: Self.reason)]
        _ = try await vault.decide([withheld], of: ids[1], as: vault.person("dana"))
        let difference = try await vault.compare(ids[0], with: ids[1], as: vault.person("dana"))
        #expect(difference.contains { $0.here == "release" && $0.there == "withhold" && $0.document != nil })
    }

    /// Runs a stock tool; its output, when it is content.
    func run(_ tool: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [tool] + arguments
        let pipe = Pipe()
        (process.standardOutput, process.standardError) = (pipe, pipe)
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(tool): \(output)")
        return output
    }
}
