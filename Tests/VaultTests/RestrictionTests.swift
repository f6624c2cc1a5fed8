import Foundation
import Ledger
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("A restriction of use, and what is put right")
struct RestrictionTests {
    /// A request of a parent, and a document of health that the case officer has read.
    private func contested(
        _ kind: RequestKind, _ ensemble: Ensemble, _ vault: DocumentVault
    ) async throws -> (RightsRequestID, DocumentID) {
        let document = try await ensemble.deposit("D05", by: "priya", text: "born in March", in: vault)
        #expect(try await ensemble.read(document, as: "sam", in: vault) == "born in March")
        return (try await received(kind, ensemble, vault), document)
    }

    private func received(
        _ kind: RequestKind, _ ensemble: Ensemble, _ vault: DocumentVault
    ) async throws -> RightsRequestID {
        let requester = Requester(
            name: "Pat Example", capacity: .parentWithResponsibility, authority: "Birth certificate seen",
            contact: "By post", account: "pat")
        return try await vault.receive(
            NewRightsRequest(
                kind: kind, child: ensemble.child, requester: requester, channel: .letter, received: nil,
                asked: "The date is wrong"), as: vault.person("sam"))
    }

    private func restrict(
        _ what: RestrictedThing, _ request: RightsRequestID, on ground: Restriction.Ground = .accuracyContested,
        in vault: DocumentVault
    ) async throws -> ActID {
        try await vault.restrict(
            what, on: ground, for: request, reason: "The date of birth is contested.", as: vault.person("dana"))
    }

    @Test("nobody reads, exports, opens the history or learns the title; it is there, and may be added to")
    func hidden() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let (request, document) = try await contested(.rectification, ensemble, vault)
        _ = try await restrict(.document(document), request, in: vault)
        for name in ["sam", "priya", "dico", "mona"] {
            #expect(await ensemble.refusal(document, as: name, in: vault) == .denied(.restrictedUse), "\(name)")
            let caller = try await vault.person(name)
            let shown = try await vault.show(document, as: caller)
            #expect(shown.title == nil && !shown.mayRead && shown.forms.isEmpty)
            #expect(try await ensemble.sees(name, document, in: vault))
            let exported = await ensemble.refusal {
                try await vault.export(document, to: .passphrase(Fixture.password()), as: caller) { _ in }
            }
            #expect(exported == .denied(.restrictedUse))
            let history = await ensemble.refusal { _ = try await vault.history(of: document, as: caller) }
            #expect(history == .denied(.restrictedUse))
        }
        let answers = try await vault.explain(.read, document, by: "sam", purpose: nil, as: vault.person("sam"))
        #expect(answers.first?.because == "restricted-use")
        _ = try await vault.replace(
            document, mediaType: .unknown, content: try ensemble.content("born in May"), as: vault.person("priya"))
        #expect(await ensemble.refusal(document, as: "sam", in: vault) == .denied(.restrictedUse))
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test("one document, one case or the whole record: what else there is is read on")
    func reach() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let (request, document) = try await contested(.restriction, ensemble, vault)
        let other = try await ensemble.deposit("D04", by: "erin", in: vault)
        let first = try await restrict(.document(document), request, in: vault)
        #expect(await ensemble.refusal(other, as: "sam", in: vault) == nil)
        _ = try await restrict(.theCase(ensemble.caseID), request, in: vault)
        #expect(await ensemble.refusal(other, as: "sam", in: vault) == .denied(.restrictedUse))
        let late = try await ensemble.deposit("D04", by: "erin", text: "what came later", in: vault)
        #expect(await ensemble.refusal(late, as: "sam", in: vault) == .denied(.restrictedUse))
        _ = try await restrict(.record, request, in: vault)
        let again = await ensemble.refusal { _ = try await restrict(.record, request, in: vault) }
        #expect(again == .alreadySo("This is restricted for this request"))
        let listed = try await vault.restrictions(as: vault.person("dana"))
        #expect(listed.count == 3 && listed.contains { $0.id == "\(first)" && $0.document == "\(document)" })
        #expect(try await vault.liveRestrictionCount() == 3)
        let alien = await ensemble.refusal { _ = try await restrict(.theCase(ensemble.teenCase), request, in: vault) }
        #expect(alien == .notFound(.theCase))
    }

    @Test("leave opens it for one person and only under the restriction that it is of; an emergency opens it too")
    func leave() async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        let vault = try await ensemble.open(clock)
        let (request, document) = try await contested(.restriction, ensemble, vault)
        let restriction = try await restrict(.document(document), request, in: vault)
        let dana = try await vault.person("dana")
        func give(_ name: String, _ restriction: ActID) async throws -> ActID {
            try await vault.giveLeave(
                to: name, for: .claims, under: restriction, until: ensemble.day("2026-10-02"),
                reason: "To defend the appeal.", as: dana)
        }
        #expect(await ensemble.refusal { _ = try await give("dana", restriction) } == .needsAnother("Giving you leave"))
        let leave = try await give("sam", restriction)
        #expect(try await ensemble.read(document, as: "sam", in: vault) == "born in March")
        #expect(await ensemble.refusal(document, as: "priya", in: vault) == .denied(.restrictedUse))
        let second = try await restrict(.record, request, in: vault)
        #expect(await ensemble.refusal(document, as: "sam", in: vault) == .denied(.restrictedUse))
        _ = try await give("sam", second)
        #expect(try await ensemble.read(document, as: "sam", in: vault) == "born in March")
        try await vault.endLeave(leave, under: restriction, reason: "The appeal is over.", as: dana)
        #expect(await ensemble.refusal(document, as: "sam", in: vault) == .denied(.restrictedUse))

        let size = try await vault.ledgerSize()
        _ = try await ensemble.emergency("priya", in: vault)
        #expect(try await ensemble.read(document, as: "priya", in: vault) == "born in March")
        #expect(try await vault.kinds(since: size) == [.emergencyOpened, .documentRead])
        clock.move(to: try .on("2026-10-03"))
        #expect(await ensemble.refusal(document, as: "priya", in: vault) == .denied(.restrictedUse))
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test("it is lifted after the data subject was told, and by somebody else than who told")
    func lifting() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let (request, document) = try await contested(.rectification, ensemble, vault)
        let restriction = try await restrict(.document(document), request, in: vault)
        func lift(_ name: String) async throws {
            try await vault.liftRestriction(restriction, reason: "The date is right.", as: vault.person(name))
        }
        let early = await ensemble.refusal { try await lift("mona") }
        guard case .invalid(field: "restriction", _) = early else {
            Issue.record("\(String(describing: early))")
            return
        }
        let future = await ensemble.refusal {
            try await vault.tellSubject(
                of: restriction, on: ensemble.day("2026-10-02"), how: "By letter", as: vault.person("dana"))
        }
        #expect(future == .invalid(field: "day", reason: "it is not between the restriction and today"))
        try await vault.tellSubject(of: restriction, how: "By letter", as: vault.person("dana"))
        let own = await ensemble.refusal { try await lift("dana") }
        #expect(own == .needsAnother("Lifting a restriction of which you told the data subject"))
        #expect(await ensemble.refusal { try await lift("sam") } == .denied(.dutyNotHeld("request.approve")))
        try await lift("mona")
        #expect(try await ensemble.read(document, as: "sam", in: vault) == "born in March")
        #expect(await ensemble.refusal { try await lift("mona") } == .notFound(.restriction))
        #expect(try await vault.liveRestrictionCount() == 0)
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test("nothing restricted is disposed of, and not the child either")
    func disposal() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let (request, document) = try await contested(.rectification, ensemble, vault)
        let other = try await ensemble.deposit("D04", by: "erin", in: vault)
        let approved = try await vault.approvedDisposal(of: .document(document), coolingDays: 0)
        _ = try await restrict(.document(document), request, in: vault)
        let blocked = VaultError.disposalBlocked(["restrictions: its use is restricted under data protection law"])
        #expect(
            await ensemble.refusal { _ = try await vault.execute(approved, as: vault.person("rex")) } == blocked)
        for target in [DisposalTarget.document(document), .child(ensemble.child)] {
            let refusal = await ensemble.refusal {
                _ = try await vault.list(target, ground: .mistake, reason: "By mistake", as: vault.person("rex"))
            }
            guard case .disposalBlocked(let reasons) = refusal else {
                Issue.record("\(String(describing: refusal))")
                return
            }
            #expect(reasons.contains { $0.hasPrefix("restrictions") })
        }
        _ = try await vault.list(.document(other), ground: .mistake, reason: "By mistake", as: vault.person("rex"))
    }

    @Test("a ground comes of a request that gives it, and only for who answers requests")
    func grounds() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let (request, document) = try await contested(.rectification, ensemble, vault)
        let wrong = await ensemble.refusal {
            _ = try await restrict(.document(document), request, on: .objectionPending, in: vault)
        }
        #expect(wrong == .invalid(field: "ground", reason: "a request of this kind gives none such"))
        for name in ["sam", "pat", "hana"] {
            let refusal = await ensemble.refusal {
                _ = try await vault.restrict(
                    .record, on: .accuracyContested, for: request, reason: "It is contested.",
                    as: vault.person(name))
            }
            #expect(refusal != nil, "\(name)")
        }
        // Once it is restricted nobody is reminded to do so.
        let open = try await received(.restriction, ensemble, vault)
        let dana = try await vault.person("dana")
        #expect(try await vault.request(open, as: dana).next.contains { $0.code == .restrict })
        _ = try await restrict(.document(document), open, in: vault)
        #expect(try await vault.request(open, as: dana).next.contains { $0.code == .restrict } == false)
    }

    @Test("what is attached is shown to every reader, in full to who may read the original, and nothing is overwritten")
    func statements() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let (request, document) = try await contested(.rectification, ensemble, vault)
        func attach(_ kind: StatementKind, _ document: DocumentID?, version: Int64? = nil) async throws {
            _ = try await vault.attach(
                NewStatement(kind: kind, document: document, version: version, text: "Born in May."), for: request,
                as: vault.person("dana"))
        }
        try await attach(.correction, document)
        try await attach(.statement, nil)
        let sam = try await vault.person("sam")
        let shown = try await vault.show(document, as: sam)
        #expect(shown.statements?.map(\.sentence) == ["Correction: Born in May."])
        #expect(try await vault.open(document, as: sam).statements == shown.statements)
        #expect(try await ensemble.read(document, as: "sam", in: vault) == "born in March")
        #expect(try await vault.showChild(ensemble.child, as: sam).statements?.map(\.kind) == [.statement])

        let early = await ensemble.refusal { try await attach(.replaced, document, version: 1) }
        guard case .invalid(field: "version", _) = early else {
            Issue.record("\(String(describing: early))")
            return
        }
        _ = try await vault.replace(
            document, mediaType: .unknown, content: try ensemble.content("born in May"), as: vault.person("priya"))
        try await attach(.replaced, document, version: 2)
        #expect(try await ensemble.read(document, version: 1, as: "sam", in: vault) == "born in March")
        #expect(try await vault.open(document, as: sam).statements.count == 2)
        // Who may read the extract only learns that there is something.
        try await ensemble.add(.extract, to: document, by: "priya", in: vault)
        let wendy = try await vault.person("wendy")
        #expect(try await vault.open(document, as: wendy).statements.map(\.text) == [nil, nil])
        #expect(try await vault.show(document, as: wendy).statements?.map(\.text) == [nil, nil])
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test("whoever has had it is told: who is here by a notice in the same transaction, who is outside by hand")
    func recipients() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let (request, document) = try await contested(.rectification, ensemble, vault)
        // The holder's own people are no recipients, and whoever asks is none.
        _ = try await ensemble.read(document, as: "priya", in: vault)
        let outsider = try AgeIdentity(from: .system).recipient
        try await vault.export(document, to: .recipients([outsider]), as: vault.person("sam")) { _ in }
        let size = try await vault.ledgerSize()
        _ = try await vault.attach(
            NewStatement(kind: .correction, document: document, text: "Born in May."), for: request,
            as: vault.person("dana"))
        #expect(
            try await vault.kinds(since: size).sorted { $0.rawValue < $1.rawValue } == [
                .statementAdded, .rectificationNoticed,
            ])
        let dana = try await vault.person("dana")
        let found = try await vault.recipients(of: request, as: dana)
        #expect(found.map(\.number) == [1, 2])
        let here = try #require(found.first { $0.outside == nil })
        #expect(here.party == "education" && here.organisation != nil && here.told != nil)
        let outside = try #require(found.first { $0.outside != nil })
        #expect(outside.told == nil)

        let short = await ensemble.refusal {
            try await vault.note(recipient: outside.number, of: request, excuse: .impossible, how: "Gone.", as: dana)
        }
        guard case .invalid(field: "how", _) = short else {
            Issue.record("\(String(describing: short))")
            return
        }
        try await vault.note(recipient: outside.number, of: request, how: "By letter", as: dana)
        let twice = await ensemble.refusal {
            try await vault.note(recipient: outside.number, of: request, how: "By letter", as: dana)
        }
        #expect(twice == .alreadySo("This recipient was told, or it was said why not"))
        #expect(
            await ensemble.refusal { try await vault.note(recipient: 9, of: request, how: "By letter", as: dana) }
                == .notFound(.recipient))
        #expect(try await vault.recipients(of: request, as: dana).allSatisfy { $0.told != nil })
    }
}
