import Ledger
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("Tasks")
struct TaskTests {
    /// Who gets a task, in which role and for which purpose, and who gives it.
    static let tasks: [(String, Role, Purpose, by: String)] = [
        ("leo", "LEG", "ehc.appeal", "sam"), ("mia", "MED", "ehc.appeal", "sam"),
        ("dana", "DPO", "rights.request", "sam"), ("dana", "DPO", "rights.breach", "mona"),
        ("rex", "REC", "records.disposal", "dana"),
    ]

    @Test("a task opens what it names, for its person and its purpose, and nothing besides", arguments: tasks)
    func opens(name: String, role: Role, purpose: Purpose, by: String) async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D07", by: "wendy", in: vault)
        let other = try await ensemble.deposit("D07", by: "wendy", text: "another", in: vault)
        for document in [id, other] {
            #expect(await ensemble.refusal(document, as: name, in: vault) == .notFound(.document))
        }
        let task = try await ensemble.grant(name, role, [id], for: purpose, by: by, in: vault)
        #expect(try await ensemble.read(id, as: name, in: vault) == "original of D07")
        #expect(try await ensemble.read(id, purpose: purpose, as: name, in: vault) == "original of D07")
        #expect(await ensemble.refusal(other, as: name, in: vault) == .notFound(.document))
        #expect(await ensemble.refusal(id, purpose: "inspection", as: name, in: vault) == .notFound(.document))
        #expect(try await ensemble.list(name, in: vault)?.map(\.id) == ["\(id)"])
        for bystander in ["leo", "mia", "dana", "rex"] where bystander != name {
            #expect(await ensemble.refusal(id, as: bystander, in: vault) == .notFound(.document), "\(bystander)")
        }
        #expect(try await ensemble.findings(vault) == [])
        try await vault.endTask(task, reason: "It is done.", as: try await vault.person(by))
        #expect(await ensemble.refusal(id, as: name, in: vault) == .notFound(.document))
        #expect(try await ensemble.list(name, in: vault) == nil)
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test("a task for a category opens that category of that case")
    func category() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D07", by: "wendy", in: vault)
        let advice = try await ensemble.deposit("D05", by: "priya", in: vault)
        let other = try await ensemble.deposit("D07", by: "wendy", on: ensemble.teenCase, in: vault)
        _ = try await ensemble.grant(
            "rex", "REC", [], categories: ["D07"], for: "records.disposal", by: "dana", in: vault)
        #expect(await ensemble.refusal(id, as: "rex", in: vault) == nil)
        for hidden in [advice, other] {
            #expect(await ensemble.refusal(hidden, as: "rex", in: vault) == .notFound(.document))
        }
    }

    @Test("a task ends with its last day; the next opening of the vault takes its wraps away")
    func endsByTime() async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        let vault = try await ensemble.open(clock)
        let id = try await ensemble.deposit("D07", by: "wendy", in: vault)
        _ = try await ensemble.grant("mia", "MED", [id], until: "2026-10-05", in: vault)
        #expect(try await ensemble.wraps(id, in: vault).contains("rights"))
        clock.move(to: try .on("2026-10-05", seconds: 86_399))
        #expect(await ensemble.refusal(id, as: "mia", in: vault) == nil)
        clock.move(to: try .on("2026-10-06", seconds: 0))
        #expect(await ensemble.refusal(id, as: "mia", in: vault) == .notFound(.document))
        try await ensemble.open(clock).close()
        #expect(try await !ensemble.wraps(id, in: vault).contains("rights"))
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test("nobody gives a task to oneself")
    func notToOneself() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D07", by: "wendy", in: vault)
        for (name, role) in [("dana", Role("DPO")), ("sam", "SEND"), ("mona", "SMGR")] {
            await #expect(throws: VaultError.needsAnother("Giving you a task")) {
                try await ensemble.grant(name, role, [id], by: name, in: vault)
            }
        }
    }

    /// Who asks to give a task, and the answer.
    static let givers: [(String, VaultError?)] = [
        ("sam", nil), ("mona", nil), ("dana", nil), ("erin", .denied(.dutyNotHeld("task.grant"))),
        ("pat", .denied(.dutyNotHeld("task.grant"))), ("hana", .denied(.dutyNotHeld("task.grant"))),
        ("henry", .notFound(.theCase)), ("rex", .notFound(.theCase)), ("luca", .notFound(.theCase)),
        ("ada", .notFound(.theCase)),
    ]

    @Test("tasks are given by the case's officers and the rights office", arguments: givers)
    func whoGives(name: String, error: VaultError?) async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D07", by: "wendy", in: vault)
        #expect(
            await ensemble.refusal { _ = try await ensemble.grant("leo", "LEG", [id], by: name, in: vault) } == error)
        #expect(await (ensemble.refusal(id, as: "leo", in: vault) == nil) == (error == nil))
    }

    @Test("a task that cannot be judged is refused")
    func faults() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D07", by: "wendy", in: vault)
        let other = try await ensemble.deposit("D07", by: "wendy", on: ensemble.teenCase, in: vault)
        let badEnd = VaultError.invalid(field: "end", reason: "a task runs from today for at most 90 days")
        let tries: [(VaultError, () async throws -> ActID)] = [
            (
                .invalid(field: "role", reason: "this person does not have it"),
                { try await ensemble.grant("leo", "MED", [id], in: vault) }
            ),
            (
                .invalid(field: "task", reason: "name documents or categories"),
                { try await ensemble.grant("leo", "LEG", [], in: vault) }
            ),
            (.notFound(.person), { try await ensemble.grant("nobody", "LEG", [id], in: vault) }),
            (
                .denied(.unknownCategory("D99")),
                { try await ensemble.grant("leo", "LEG", [], categories: ["D99"], in: vault) }
            ),
            (
                .denied(.unknownPurpose("gossip")),
                { try await ensemble.grant("leo", "LEG", [id], for: "gossip", in: vault) }
            ),
            (badEnd, { try await ensemble.grant("leo", "LEG", [id], until: "2026-09-30", in: vault) }),
            (badEnd, { try await ensemble.grant("leo", "LEG", [id], until: "2026-12-31", in: vault) }),
            (.notFound(.document), { try await ensemble.grant("leo", "LEG", [other], in: vault) }),
            (.notFound(.document), { try await ensemble.grant("leo", "LEG", [DocumentID(from: .system)], in: vault) }),
        ]
        for (error, work) in tries {
            #expect(await ensemble.refusal { _ = try await work() } == error)
        }
        #expect(try await vault.tasks(of: ensemble.caseID, as: try await vault.person("sam")) == [])
    }

    @Test("past the agreement's review day there are no new tasks across parties, and within one there are")
    func afterReview() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D12", by: "sam", in: vault)
        let late = try await ensemble.open(at: .on("2027-07-01"))
        #expect(
            await ensemble.refusal { _ = try await ensemble.grant("mia", "MED", [id], until: "2027-07-20", in: late) }
                == .reviewOverdue)
        _ = try await ensemble.grant("leo", "LEG", [id], until: "2027-07-20", in: late)
        #expect(await ensemble.refusal(id, as: "leo", in: late) == nil)
    }

    @Test("whoever leaves the team, or the partnership, loses the tasks too")
    func leaving() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D07", by: "wendy", in: vault)
        let (sam, ada) = (try await vault.person("sam"), try await vault.person("ada"))
        try await vault.addToTeam("leo", role: "LEG", of: ensemble.caseID, as: sam)
        for name in ["leo", "mia"] {
            _ = try await ensemble.grant(name, name == "leo" ? "LEG" : "MED", [id], in: vault)
            #expect(await ensemble.refusal(id, as: name, in: vault) == nil)
        }
        try await vault.removeFromTeam("leo", of: ensemble.caseID, as: sam)
        #expect(await ensemble.refusal(id, as: "leo", in: vault) == .notFound(.document))
        #expect(try await vault.disablePerson("mia", as: ada) == [])
        #expect(try await vault.tasks(of: ensemble.caseID, as: sam) == [])
        #expect(try await !ensemble.wraps(id, in: vault).contains("rights"))
        #expect(try await ensemble.findings(vault) == [])
    }
}

@Suite("The lead of an organisation")
struct LeadTests {
    @Test("a lead puts the organisation's own people on the case, in a role it has there, and takes them off")
    func placesOwn() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let lena = try await vault.person("lena")
        let id = try await ensemble.deposit("D02", by: "pat", in: vault)
        #expect(await ensemble.refusal(id, as: "sue", in: vault) == .notFound(.document))
        try await vault.addToTeam("sue", role: "SCH", of: ensemble.caseID, as: lena)
        #expect(await ensemble.refusal(id, as: "sue", in: vault) == nil)
        try await vault.removeFromTeam("sue", of: ensemble.caseID, as: lena)
        #expect(await ensemble.refusal(id, as: "sue", in: vault) == .notFound(.document))
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test("a lead reaches neither other people, nor other roles, nor other cases")
    func noFurther() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let (lena, luca) = (try await vault.person("lena"), try await vault.person("luca"))
        let notHeld = VaultError.denied(.dutyNotHeld("case.team"))
        let tries: [(String, VaultError, () async throws -> Void)] = [
            (
                "another's people", notHeld,
                { try await vault.addToTeam("otto", role: "SCH", of: ensemble.caseID, as: lena) }
            ),
            (
                "a role not there", notHeld,
                { try await vault.addToTeam("dora", role: "EP", of: ensemble.caseID, as: lena) }
            ),
            (
                "a case without the organisation", .notFound(.theCase),
                { try await vault.addToTeam("sue", role: "SCH", of: ensemble.teenCase, as: lena) }
            ),
            (
                "a lead from elsewhere", .notFound(.theCase),
                { try await vault.addToTeam("otto", role: "SCH", of: ensemble.caseID, as: luca) }
            ),
            (
                "the case officer", .notFound(.person),
                { try await vault.removeFromTeam("sam", of: ensemble.caseID, as: lena) }
            ),
        ]
        for (name, error, work) in tries { #expect(await ensemble.refusal(of: work) == error, "\(name)") }
    }

    @Test("a lead reads nothing, and sees neither case nor child")
    func readsNothing() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let lena = try await vault.person("lena")
        let id = try await ensemble.deposit("D03", by: "hana", in: vault)
        #expect(await ensemble.refusal(id, as: "lena", in: vault) == .notFound(.document))
        #expect(try await ensemble.list("lena", in: vault) == nil)
        await #expect(throws: VaultError.notFound(.theCase)) { try await vault.showCase(ensemble.caseID, as: lena) }
        await #expect(throws: VaultError.notFound(.child)) { try await vault.showChild(ensemble.child, as: lena) }
    }

    @Test("a lead gives tasks for the organisation's own documents, by name, to its own people")
    func givesOwn() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let own = try await ensemble.deposit("D03", by: "hana", in: vault)
        let foreign = try await ensemble.deposit("D02", by: "pat", in: vault)
        let purpose = Purpose("ehc.assessment")
        func give(_ name: String, _ role: Role, _ documents: Set<DocumentID>, _ categories: Set<Rules.Category> = [])
            async
            -> VaultError?
        {
            await ensemble.refusal {
                _ = try await ensemble.grant(
                    name, role, documents, categories: categories, for: purpose, by: "lena", in: vault)
            }
        }
        #expect(
            await give("otto", "SCH", [own])
                == .invalid(field: "person", reason: "a lead gives tasks to people of the own organisation"))
        #expect(await give("sue", "SCH", [foreign]) == .notFound(.document))
        #expect(
            await give("sue", "SCH", [], ["D03"])
                == .invalid(field: "category", reason: "a lead names documents of the own organisation"))
        #expect(await give("lena", "LEAD", [own]) == .needsAnother("Giving you a task"))
        #expect(await ensemble.refusal(own, as: "sue", in: vault) == .notFound(.document))
        #expect(await give("sue", "SCH", [own]) == nil)
        #expect(await ensemble.refusal(own, as: "sue", in: vault) == nil)
        #expect(await ensemble.refusal(foreign, as: "sue", in: vault) == .notFound(.document))
    }

    @Test("a lead ends no task, and learns of none, that somebody else's organisation has")
    func othersTasks() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D07", by: "wendy", in: vault)
        let lena = try await vault.person("lena")
        let task = try await ensemble.grant("rex", "REC", [id], for: "records.disposal", by: "dana", in: vault)
        #expect(try await vault.tasks(of: ensemble.caseID, as: lena) == [])
        #expect(
            await ensemble.refusal { try await vault.endTask(task, reason: "Not wanted.", as: lena) }
                == .notFound(.task))
        #expect(await ensemble.refusal(id, as: "rex", in: vault) == nil)
    }
}

@Suite("Access that ends by itself")
struct LeaverTests {
    @Test("a leaver is removed in one act, and the cases that need somebody else are listed")
    func leaver() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let (sam, ada) = (try await vault.person("sam"), try await vault.person("ada"))
        try await vault.addToTeam("henry", role: "HADV", of: ensemble.caseID, as: sam)
        let ids = [
            try await ensemble.deposit("D05", by: "priya", in: vault),
            try await ensemble.deposit("D05", by: "priya", on: ensemble.teenCase, in: vault),
        ]
        let left = try await vault.disablePerson("priya", as: ada)
        #expect(
            Set(left) == [
                LeftPlace(caseID: "\(ensemble.caseID)", role: "HADV", isVacant: false),
                LeftPlace(caseID: "\(ensemble.teenCase)", role: "HADV", isVacant: true),
            ])
        for id in ids { #expect(await ensemble.refusal(id, as: "priya", in: vault) == .notFound(.document)) }
        let team = try await vault.showCase(ensemble.caseID, as: sam).team
        #expect(team.filter { $0.username == "priya" }.map(\.isCurrent) == [false])
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test("30 days after the case was closed its team has no access, and until then it has")
    func closedCase() async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        let vault = try await ensemble.open(clock)
        let id = try await ensemble.deposit("D12", by: "sam", in: vault)
        _ = try await ensemble.grant("dana", "DPO", [id], for: "rights.request", until: "2026-11-30", in: vault)
        try await vault.closeCase(ensemble.caseID, as: try await vault.person("sam"))
        await #expect(throws: VaultError.caseClosed) { try await ensemble.deposit("D12", by: "sam", in: vault) }
        clock.move(to: try .on("2026-10-31", seconds: 86_399))
        for name in ["sam", "hana", "priya", "pat"] {
            #expect(await ensemble.refusal(id, as: name, in: vault) == nil, "\(name)")
        }
        clock.move(to: try .on("2026-11-01", seconds: 0))
        for name in ["sam", "hana", "priya", "pat"] {
            #expect(await ensemble.refusal(id, as: name, in: vault) == .notFound(.document), "\(name)")
            #expect(try await ensemble.list(name, in: vault) == nil, "\(name)")
        }
        await #expect(throws: VaultError.notFound(.theCase)) {
            try await vault.showCase(ensemble.caseID, as: try await vault.person("hana"))
        }
        #expect(await ensemble.refusal(id, as: "dana", in: vault) == nil, "a task is not a place on the team")
    }
}
