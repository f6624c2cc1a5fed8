import Foundation
import Ledger
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("A restraint on one person")
struct RestraintTests {
    /// What somebody may try with a child, the child's case and a document.
    struct Attempt: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let error: VaultError
        let work: @Sendable (Ensemble, DocumentVault, DocumentID, Caller) async throws -> Void

        init(
            _ name: String, _ error: VaultError,
            _ work: @escaping @Sendable (Ensemble, DocumentVault, DocumentID, Caller) async throws -> Void
        ) {
            testDescription = name
            self.error = error
            self.work = work
        }
    }

    static let attempts = [
        Attempt("case show", .notFound(.theCase)) { _ = try await $1.showCase($0.caseID, as: $3) },
        Attempt("child show", .notFound(.child)) { _ = try await $1.showChild($0.child, as: $3) },
        Attempt("list", .notFound(.theCase)) { _ = try await $1.documents(of: $0.caseID, as: $3) },
        Attempt("document show", .notFound(.document)) { _ = try await $1.show($2, as: $3) },
        Attempt("history", .notFound(.document)) { _ = try await $1.history(of: $2, as: $3) },
        Attempt("read", .notFound(.document)) { _ = try await $1.open($2, as: $3) },
        Attempt("export", .notFound(.document)) {
            try await $1.export($2, to: .passphrase(Fixture.password()), as: $3) { _ in }
        },
        Attempt("deposit", .notFound(.theCase)) {
            let new = NewDocument(caseID: $0.caseID, category: "D02", title: "Views", mediaType: .unknown)
            _ = try await $1.deposit(new, content: try $0.content("views"), as: $3)
        },
        Attempt("looks at the child", .notFound(.child)) {
            _ = try await $1.looks(.child($0.child), since: $0.day("2026-10-01"), as: $3)
        },
        Attempt("looks at the document", .notFound(.document)) {
            _ = try await $1.looks(.document($2), since: $0.day("2026-10-01"), as: $3)
        },
        Attempt("consents", .notFound(.child)) { _ = try await $1.consents(about: $0.child, as: $3) },
        Attempt("consent record", .notFound(.child)) {
            let new = NewConsent(isRefusal: false, terms: try $0.terms(), recipient: nil, giver: nil)
            _ = try await $1.recordConsent(new, about: $0.child, as: $3)
        },
        Attempt("explain", .notFound(.document)) {
            _ = try await $1.explain(.read, $2, by: nil, purpose: nil, as: $3)
        },
        Attempt("rights", .notFound(.child)) { _ = try await $1.rightsHolder(of: $0.child, as: $3) },
        Attempt("restraints", .notFound(.child)) { _ = try await $1.restraints(about: $0.child, as: $3) },
        Attempt("tasks", .notFound(.theCase)) { _ = try await $1.tasks(of: $0.caseID, as: $3) },
    ]

    @Test("a restrained parent finds nothing there, in any way of asking, exactly as a stranger", arguments: attempts)
    func nothingThere(attempt: Attempt) async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D12", by: "sam", in: vault)
        #expect(await ensemble.refusal(id, as: "quinn", in: vault) == nil)
        _ = try await ensemble.restrain("quinn", in: vault)
        for name in ["quinn", "henry"] {
            let caller = try await vault.person(name)
            let size = try await vault.ledgerSize()
            let refusal = await ensemble.refusal { try await attempt.work(ensemble, vault, id, caller) }
            #expect(refusal == attempt.error, "\(name)")
            #expect(try await vault.kinds(since: size) == [.accessDenied], "\(name)")
        }
    }

    /// What officers may try who are kept from a child that is, say, their own.
    static let officerAttempts =
        attempts.filter { !["deposit"].contains($0.testDescription) } + [
            Attempt("explain the child", .notFound(.child)) {
                _ = try await $1.explain(.child($0.child), only: nil, as: $3)
            },
            Attempt("explain the document", .notFound(.document)) {
                _ = try await $1.explain(.document($2), only: nil, as: $3)
            },
            Attempt("explain for somebody else", .notFound(.document)) {
                _ = try await $1.explain(.read, $2, by: "hana", purpose: nil, as: $3)
            },
            Attempt("open a case", .notFound(.child)) {
                _ = try await $1.openCase(for: $0.child, purpose: "ehc.review", as: $3)
            },
            Attempt("close the case", .notFound(.theCase)) { try await $1.closeCase($0.caseID, as: $3) },
            Attempt("make up the team", .notFound(.theCase)) {
                try await $1.addToTeam("otto", role: "SCH", of: $0.caseID, as: $3)
            },
            Attempt("lift the restraint", .notFound(.child)) { ensemble, vault, _, caller in
                let listed = try await vault.restraints(about: ensemble.child, as: try await vault.person("wendy"))
                let id = try #require(listed.first.flatMap { ActID($0.id) })
                try await vault.liftRestraint(id, reason: "It was a mistake.", as: caller)
            },
        ]

    @Test("a restrained officer finds nothing there either, whatever duties the role has", arguments: officerAttempts)
    func officer(attempt: Attempt) async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D12", by: "sam", in: vault)
        for name in ["mona", "sam"] {
            _ = try await ensemble.restrain(name, in: vault)
            let caller = try await vault.person(name)
            let refusal = await ensemble.refusal { try await attempt.work(ensemble, vault, id, caller) }
            #expect(refusal == attempt.error, "\(name)")
        }
    }

    @Test("a restrained officer does not find the child by name either")
    func finding() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let query = ChildQuery.nameAndBirth("Robin Example", try ensemble.day("2015-04-01"))
        let sam = try await vault.person("sam")
        #expect(try await vault.findChildren(query, as: sam).count == 1)
        _ = try await ensemble.restrain("sam", in: vault)
        #expect(try await vault.findChildren(query, as: sam) == [])
    }

    @Test("the other parent does not learn of it: list, looks, case, consents and explanations stay the same")
    func otherParent() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D12", by: "sam", in: vault)
        _ = try await ensemble.consent(ensemble.terms(), giver: "quinn", in: vault)
        let pat = try await vault.person("pat")
        let since = try ensemble.day("2026-10-01")
        func view() async throws -> [String] {
            let looks = try await vault.looks(.child(ensemble.child), since: since, as: pat)
            let views: [any Encodable] = [
                try await vault.documents(of: ensemble.caseID, as: pat), looks.filter { $0.who != "pat" },
                try await vault.showCase(ensemble.caseID, as: pat), try await vault.showChild(ensemble.child, as: pat),
                try await vault.consents(about: ensemble.child, as: pat),
                try await vault.explain(.read, id, by: nil, purpose: nil, as: pat),
            ]
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            return try views.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
        }
        let before = try await view()
        let restraint = try await ensemble.restrain("quinn", in: vault)
        _ = await ensemble.refusal(id, as: "quinn", in: vault)
        #expect(try await view() == before)
        let denied = VaultError.denied(.dutyNotHeld("restraint.place"))
        await #expect(throws: denied) { try await vault.restraints(about: ensemble.child, as: pat) }
        await #expect(throws: denied) { try await vault.liftRestraint(restraint, reason: "It was a mistake.", as: pat) }
        await #expect(throws: VaultError.denied(.dutyNotHeld("access.explain"))) {
            try await vault.explain(.read, id, by: "quinn", purpose: nil, as: pat)
        }
    }

    @Test("a restraint on some categories binds in those only, and is not told there")
    func categories() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let plan = try await ensemble.deposit("D12", by: "sam", in: vault)
        let advice = try await ensemble.deposit("D05", by: "priya", in: vault)
        _ = try await vault.release(advice, check: nil, as: try await vault.person("sam"))
        _ = try await ensemble.restrain("quinn", categories: ["D05"], in: vault)
        #expect(try await ensemble.list("quinn", in: vault)?.map(\.id) == ["\(plan)"])
        #expect(await ensemble.refusal(plan, as: "quinn", in: vault) == nil)
        #expect(await ensemble.refusal(advice, as: "quinn", in: vault) == .notFound(.document))
        #expect(await ensemble.refusal(advice, as: "pat", in: vault) == nil)
        _ = try await ensemble.deposit("D02", by: "quinn", in: vault)
        _ = try await vault.showCase(ensemble.caseID, as: try await vault.person("quinn"))
    }

    @Test("a restraint on a category does not show itself when such a document is deposited")
    func silentDeposit() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        _ = try await ensemble.restrain("quinn", categories: ["D02"], in: vault)
        let refusal = await ensemble.refusal { _ = try await ensemble.deposit("D02", by: "quinn", in: vault) }
        #expect(refusal != nil)
        #expect(refusal != .denied(.restrained(.protection)))
    }

    @Test("a restraint binds to the end of its last day, and no longer")
    func end() async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        let vault = try await ensemble.open(clock)
        let id = try await ensemble.deposit("D12", by: "sam", in: vault)
        _ = try await ensemble.restrain("quinn", until: "2026-10-31", in: vault)
        clock.move(to: try .on("2026-10-31", seconds: 86_399))
        #expect(await ensemble.refusal(id, as: "quinn", in: vault) == .notFound(.document))
        clock.move(to: try .on("2026-11-01", seconds: 0))
        #expect(await ensemble.refusal(id, as: "quinn", in: vault) == nil)
        #expect(try await vault.restraints(about: ensemble.child, as: try await vault.person("wendy")) == [])
    }

    @Test("a restraint can be lifted, with a reason, and not by the one it binds")
    func lift() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D12", by: "sam", in: vault)
        let restraint = try await ensemble.restrain("quinn", in: vault)
        let own = try await ensemble.restrain("sam", categories: ["D12"], in: vault)
        let reason = "The order was set aside."
        for name in ["hana", "erin"] {
            await #expect(throws: VaultError.denied(.dutyNotHeld("restraint.place"))) {
                try await vault.liftRestraint(restraint, reason: reason, as: try await vault.person(name))
            }
        }
        await #expect(throws: VaultError.notFound(.child)) {
            try await vault.liftRestraint(restraint, reason: reason, as: try await vault.person("henry"))
        }
        await #expect(throws: VaultError.notFound(.restraint)) {
            try await vault.liftRestraint(own, reason: reason, as: try await vault.person("sam"))
        }
        #expect(await ensemble.refusal(id, as: "quinn", in: vault) == .notFound(.document))
        try await vault.liftRestraint(restraint, reason: reason, as: try await vault.person("mona"))
        #expect(await ensemble.refusal(id, as: "quinn", in: vault) == nil)
        #expect(await ensemble.refusal(id, as: "sam", in: vault) != nil)
    }

    /// Who asks to restrain a parent, and the answer.
    static let placers: [(String, VaultError?)] = [
        ("sam", nil), ("mona", nil), ("wendy", nil), ("hana", .denied(.dutyNotHeld("restraint.place"))),
        ("pat", .denied(.dutyNotHeld("restraint.place"))), ("priya", .denied(.dutyNotHeld("restraint.place"))),
        ("henry", .notFound(.child)), ("deb", .notFound(.child)), ("dana", .notFound(.child)),
    ]

    @Test("restraints are placed by those with the duty, on the case", arguments: placers)
    func whoPlaces(name: String, error: VaultError?) async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D12", by: "sam", in: vault)
        #expect(await ensemble.refusal { _ = try await ensemble.restrain("quinn", by: name, in: vault) } == error)
        #expect(await (ensemble.refusal(id, as: "quinn", in: vault) == nil) == (error != nil))
    }

    @Test("a restraint that cannot be judged is refused")
    func faults() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let wendy = try await vault.person("wendy")
        func place(
            _ name: String, _ categories: Set<Rules.Category> = [], until: String? = nil,
            reason: String = "Order of the court"
        ) async -> VaultError? {
            await ensemble.refusal {
                _ = try await vault.restrain(
                    name, from: ensemble.child, on: .riskFlag, categories: categories,
                    until: try until.map { try ensemble.day($0) }, reason: reason, as: wendy)
            }
        }
        #expect(await place("wendy") == .needsAnother("Restraining you"))
        #expect(await place("nobody") == .notFound(.person))
        #expect(await place("quinn", ["D99"]) == .denied(.unknownCategory("D99")))
        #expect(await place("quinn", until: "2026-09-30") == .invalid(field: "end", reason: "it is in the past"))
        #expect(
            await place("quinn", reason: "Order")
                == .invalid(field: "reason", reason: "say it in at least 10 characters"))
        #expect(try await vault.restraints(about: ensemble.child, as: wendy) == [])
    }

    @Test("whom a restraint keeps away has neither emergency nor task with the child")
    func noOtherWay() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D07", by: "wendy", in: vault)
        _ = try await ensemble.grant("leo", "LEG", [id], in: vault)
        for name in ["deb", "leo"] { _ = try await ensemble.restrain(name, in: vault) }
        #expect(await ensemble.refusal { _ = try await ensemble.emergency("deb", in: vault) } == .notFound(.child))
        for name in ["deb", "leo"] {
            #expect(await ensemble.refusal(id, as: name, in: vault) == .notFound(.document), "\(name)")
        }
    }
}
