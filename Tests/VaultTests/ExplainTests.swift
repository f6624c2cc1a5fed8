import Ledger
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("Who may see it, and why")
struct ExplainTests {
    private func access(
        _ document: DocumentID, only username: String? = nil, as name: String = "sam", in vault: DocumentVault
    ) async throws -> [String: PersonAccess] {
        let answers = try await vault.explain(.document(document), only: username, as: try await vault.person(name))
        #expect(answers.map(\.document) == ["\(document)"])
        return (answers.first?.people ?? []).reduce(into: [:]) { $0[$1.username] = $1 }
    }

    @Test("a document's answer names everybody concerned, the clause, the basis, and what would change a no")
    func document() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D05", by: "priya", in: vault)
        let people = try await access(id, in: vault)
        #expect(
            Set(people.keys) == [
                "sam", "hana", "priya", "yusuf", "pat", "quinn", "rhea", "rob", "wendy", "mona", "erin", "dico",
            ])
        let sam = try #require(people["sam"])
        #expect(sam.mayKnow && sam.mayRead == ["original"] && sam.because == "D05-full" && sam.whatWouldChange == nil)
        #expect(sam.why.hasPrefix("Clause D05-full of agreement version 1. Basis: Article 6(1)(c)"))
        let reasons = [
            "hana": "extract-only", "yusuf": "no-rule", "pat": "not-released", "rhea": "consent-missing:lawful-basis",
        ]
        for (name, reason) in reasons {
            let found = try #require(people[name])
            #expect(found.because == reason && found.mayRead == [] && found.mayKnow == (name == "hana"))
            #expect(found.whatWouldChange?.isEmpty == false, "\(name)")
        }
    }

    @Test("a permit that rests on an act names the act: consent, release, task, emergency")
    func grounds() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D05", by: "priya", in: vault)
        let consent = try await ensemble.consent(ensemble.terms(), in: vault)
        _ = try await vault.release(id, check: nil, as: try await vault.person("sam"))
        _ = try await ensemble.grant("mia", "MED", [id], in: vault)
        _ = try await ensemble.emergency(in: vault)
        let people = try await access(id, in: vault)
        let words = [
            "rhea": "It rests on consent \(consent), given until 2027-03-31.",
            "pat": "It rests on its release to the family.", "mia": "It rests on a task for ehc.appeal that ends at",
            "deb": "It rests on an emergency access, which somebody else reviews.",
        ]
        for (name, sentence) in words {
            let found = try #require(people[name])
            #expect(found.mayRead == ["original"] && found.why.contains(sentence), "\(found.why)")
        }
        #expect(people["sam"]?.why.contains("It rests on") == false)
        #expect(people["rob"]?.why.contains("\(consent)") == true)
    }

    @Test("a child's answer has every document, and one person's answer that person, on the team or off it")
    func child() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let plan = try await ensemble.deposit("D12", by: "sam", in: vault)
        let advice = try await ensemble.deposit("D05", by: "priya", in: vault)
        _ = try await ensemble.deposit("D12", by: "sam", on: ensemble.teenCase, in: vault)
        let all = try await vault.explain(.child(ensemble.child), only: nil, as: try await vault.person("dana"))
        #expect(Set(all.map(\.document)) == ["\(plan)", "\(advice)"])
        let henry = try await access(advice, only: "henry", as: "mona", in: vault)
        #expect(henry.keys.sorted() == ["henry"] && henry["henry"]?.because == "not-on-case")
        #expect(henry["henry"]?.whatWouldChange == "Ask the case officer to add this person.")
    }

    @Test("the restrained, the barred by a label and the parent of a young person are explained as they are decided")
    func restrained() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D07", by: "wendy", labels: ["court-order"], in: vault)
        let plan = try await ensemble.deposit("D12", by: "sam", in: vault)
        _ = try await ensemble.restrain("quinn", in: vault)
        #expect(try await access(id, in: vault)["hana"]?.because == "label:court-order")
        let quinn = try #require(try await access(plan, in: vault)["quinn"])
        #expect(quinn.because == "restrained:protection" && !quinn.mayKnow && quinn.mayRead == [])
    }

    @Test("what is explained is what is decided, for everybody and every form")
    func agrees() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        var documents: [DocumentID] = []
        let deposits: [(Rules.Category, String, Set<Label>)] = [
            ("D03", "hana", []), ("D05", "priya", []), ("D06", "priya", []), ("D07", "wendy", ["safe-contact"]),
            ("D08", "wendy", []), ("D10a", "yusuf", []), ("D10b", "yusuf", []), ("D12", "sam", []),
        ]
        for (category, author, labels) in deposits {
            let id = try await ensemble.deposit(category, by: author, labels: labels, in: vault)
            try await ensemble.add(.extract, to: id, by: author, in: vault)
            documents.append(id)
        }
        _ = try await ensemble.consent(ensemble.terms(categories: ["D05", "D12"]), recipient: "rhea", in: vault)
        _ = try await vault.release(documents[1], WhichForm(rendition: .extract), check: nil, as: vault.person("sam"))
        _ = try await ensemble.grant("mia", "MED", [documents[3], documents[4]], in: vault)
        _ = try await ensemble.emergency(in: vault)
        _ = try await ensemble.restrain("quinn", in: vault)
        let answers = try await vault.explain(.child(ensemble.child), only: nil, as: try await vault.person("dana"))
        #expect(answers.count == documents.count)
        for answer in answers {
            let id = try #require(DocumentID(answer.document))
            for person in answer.people {
                var readable: Set<String> = []
                for kind in [Rendition.original, .extract] {
                    if await ensemble.refusal(id, kind, as: person.username, in: vault) == nil {
                        readable.insert("\(kind)")
                    }
                }
                #expect(Set(person.mayRead) == readable, "\(person.username) \(answer.category)")
                let sees = try await ensemble.sees(person.username, id, in: vault)
                #expect(person.mayKnow == sees, "\(person.username) \(answer.category)")
            }
        }
    }

    /// Who asks about everybody, and the answer.
    static let askers: [(String, VaultError?)] = [
        ("sam", nil), ("mona", nil), ("dana", nil), ("hana", .denied(.dutyNotHeld("access.explain"))),
        ("pat", .denied(.dutyNotHeld("access.explain"))), ("henry", .denied(.dutyNotHeld("access.explain"))),
        ("ada", .denied(.dutyNotHeld("access.explain"))),
    ]

    @Test("about others, those with the duty ask, and the asking is on record", arguments: askers)
    func whoAsks(name: String, error: VaultError?) async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D05", by: "priya", in: vault)
        let caller = try await vault.person(name)
        let size = try await vault.ledgerSize()
        for subject in [AccessSubject.document(id), .child(ensemble.child)] {
            let refusal = await ensemble.refusal { _ = try await vault.explain(subject, only: nil, as: caller) }
            #expect(refusal == error)
        }
        let refusal = await ensemble.refusal {
            _ = try await vault.explain(.read, id, by: "erin", purpose: nil, as: caller)
        }
        #expect(refusal == error)
        let kind: EventKind = error == nil ? .accessExplained : .accessDenied
        #expect(try await vault.kinds(since: size) == [kind, kind, kind])
        await #expect(throws: error ?? VaultError.notFound(.document)) {
            try await vault.explain(.document(DocumentID(from: .system)), only: nil, as: caller)
        }
    }

    @Test("about oneself everybody asks who may know of the document, and nobody else")
    func oneself() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D05", by: "priya", in: vault)
        let hana = try await vault.explain(.read, id, by: nil, purpose: nil, as: try await vault.person("hana"))
        #expect(hana.map(\.role) == ["SCH"] && hana.map(\.because) == ["extract-only"])
        #expect(hana.first?.isPermitted == false && hana.first?.steps.last?.outcome != "passed")
        let priya = try await vault.explain(
            .deposit, id, by: "priya", purpose: nil, as: try await vault.person("priya"))
        #expect(priya.map(\.because) == ["D05-author"] && priya.allSatisfy(\.isPermitted))
        for name in ["pat", "yusuf", "henry", "rhea", "ada", "lena"] {
            await #expect(throws: VaultError.notFound(.document), "\(name)") {
                try await vault.explain(.read, id, by: nil, purpose: nil, as: try await vault.person(name))
            }
        }
    }
}
