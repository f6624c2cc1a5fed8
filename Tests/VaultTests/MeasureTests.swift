import Foundation
import Ledger
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("Erasure, objection and a copy to take elsewhere")
struct MeasureTests {
    private static let reason = "It was looked into, and the council needs it for the plan."

    private func received(
        _ kind: RequestKind, _ ensemble: Ensemble, _ vault: DocumentVault
    ) async throws -> RightsRequestID {
        let requester = Requester(
            name: "Pat Example", capacity: .parentWithResponsibility, authority: "Birth certificate seen",
            contact: "By post", account: "pat")
        let id = try await vault.receive(
            NewRightsRequest(
                kind: kind, child: ensemble.child, requester: requester, channel: .letter, received: nil,
                asked: "Please"), as: vault.person("sam"))
        try await vault.note(.triaged, to: id, as: vault.person("dana"))
        return id
    }

    private func faults(_ refusal: VaultError?) -> [String] {
        guard case .rights(.faults(let faults)) = refusal else {
            Issue.record("\(String(describing: refusal))")
            return []
        }
        return faults
    }

    @Test(
        "only what free will gave goes, once all is decided and approved by somebody else, by the steps of every disposal"
    )
    func erasure() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let advice = try await ensemble.deposit("D05", by: "priya", in: vault)
        let form = try await ensemble.deposit("D02", by: "pat", in: vault)
        _ = try await ensemble.read(form, as: "mona", in: vault)
        let id = try await received(.erasure, ensemble, vault)
        let (dana, rex) = (try await vault.person("dana"), try await vault.person("rex"))
        func decide(_ document: DocumentID, _ exception: ErasureExceptionID?) async -> VaultError? {
            await ensemble.refusal {
                let decision = ErasureDecision(document: "\(document)", exception: exception, reasoning: Self.reason)
                try await vault.decide([decision], of: id, as: dana)
            }
        }
        func list() async -> VaultError? {
            await ensemble.refusal {
                _ = try await vault.list(.document(form), ground: .request, reason: "Asked for", as: rex)
            }
        }
        #expect(faults(await decide(advice, nil)).first?.contains("kept for a duty") == true)
        #expect(faults(await decide(advice, "17-9")).first?.contains("do not know") == true)
        #expect(await decide(form, nil) == nil)
        let early = await ensemble.refusal { try await vault.approve(id, as: vault.person("mona")) }
        #expect(faults(early).first?.contains("undecided") == true)
        #expect(await decide(advice, "17-3-b") == nil)
        let own = await ensemble.refusal { try await vault.approve(id, as: dana) }
        #expect(own == .needsAnother("Approving this answer"))
        #expect(
            await list() == .disposalBlocked(["erasure request: no approved request says that it may go"]))
        try await vault.approve(id, as: vault.person("mona"))
        #expect(await list() == nil)
        let other = await ensemble.refusal {
            _ = try await vault.list(.document(advice), ground: .request, reason: "Asked for", as: rex)
        }
        #expect(other == .disposalBlocked(["erasure request: no approved request says that it may go"]))

        let listed = try #require(try await vault.disposals(as: rex).first.flatMap { DisposalID($0.id) })
        try await vault.review(listed, as: vault.person("ina"))
        try await vault.approve(listed, coolingDays: 0, as: dana)
        #expect(try await vault.noticeErasures(of: id, as: dana) == 0)
        let size = try await vault.ledgerSize()
        let certificate = try await vault.execute(listed, as: rex)
        #expect(try await vault.kinds(since: size).prefix(2) == [.erasureNoticed, .erasureBegun])
        #expect(try await vault.noticeErasures(of: id, as: dana) == 0)
        // Mona's office read it, and Pat, who asked, is none of them.
        let told = try JSONDecoder().decode(CertificateText.self, from: Data(certificate.text)).copies
        #expect(told == [CertificateText.Copies(whom: "education", told: "by notice", count: 1)])
        #expect(try certificate.page().contains("1 of education: by notice"))
        let text = String(decoding: certificate.text, as: UTF8.self).lowercased()
        #expect(!text.contains("mona") && !text.contains("office"))
        #expect(try await vault.erasureForm(of: id, as: dana).map(\.document) == ["\(advice)"])
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test("what a hold binds or a restriction keeps does not go, and a decision that was put back opens nothing")
    func held() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let form = try await ensemble.deposit("D02", by: "pat", in: vault)
        let id = try await received(.erasure, ensemble, vault)
        let dana = try await vault.person("dana")
        let decision = ErasureDecision(document: "\(form)", exception: nil, reasoning: Self.reason)
        let restriction = try await vault.restrict(
            .document(form), on: .unlawful, for: id, reason: "Kept meanwhile.", as: dana)
        let refusal = await ensemble.refusal { try await vault.decide([decision], of: id, as: dana) }
        #expect(faults(refusal).first?.contains("restricted") == true)
        try await vault.tellSubject(of: restriction, how: "By letter", as: dana)
        try await vault.liftRestriction(restriction, reason: "It may go.", as: vault.person("mona"))
        try await vault.decide([decision], of: id, as: dana)
        try await vault.approve(id, as: vault.person("mona"))
        #expect(try await vault.isErasureAgreed(of: form, about: ensemble.child))
        let approved = try #require(try await vault.records.read { try $0.rightsRequest(id) })
        try await vault.note(.sentBack, to: id, as: dana)
        #expect(try await !vault.isErasureAgreed(of: form, about: ensemble.child))
        try await vault.decide(
            [ErasureDecision(document: "\(form)", exception: "17-3-e", reasoning: Self.reason)], of: id, as: dana)
        // An earlier state that was approved once, put back whole, opens nothing.
        try await vault.records.write { try $0.put(approved) }
        #expect(try await !vault.isErasureAgreed(of: form, about: ensemble.child))
    }

    @Test("an objection restricts meanwhile; upheld the restriction stays, rejected it may be lifted after telling")
    func objection() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let document = try await ensemble.deposit("D05", by: "priya", in: vault)
        let dana = try await vault.person("dana")
        for outcome in [ObjectionDecision.Outcome.upheld, .rejected] {
            let id = try await received(.objection, ensemble, vault)
            let ground: ObjectionDecision.Ground? = outcome == .rejected ? .compelling : nil
            let decision = ObjectionDecision(outcome: outcome, ground: ground, reasoning: Self.reason)
            let open = await ensemble.refusal { try await vault.decide(decision, of: id, as: dana) }
            #expect(faults(open) == [ObjectionFault.notRestricted.sentence])
            let restriction = try await vault.restrict(
                .document(document), on: .objectionPending, for: id, reason: "An objection.", as: dana)
            let undecided = await ensemble.refusal { try await vault.approve(id, as: vault.person("mona")) }
            #expect(faults(undecided) == ["Nobody has decided on the objection."])
            try await vault.tellSubject(of: restriction, how: "By letter", as: dana)
            func lift() async -> VaultError? {
                await ensemble.refusal {
                    try await vault.liftRestriction(restriction, reason: "It is decided.", as: vault.person("mona"))
                }
            }
            #expect(await lift() != nil)
            try await vault.decide(decision, of: id, as: dana)
            #expect(await lift() != nil)
            try await vault.approve(id, as: vault.person("mona"))
            #expect((await lift() == nil) == (outcome == .rejected))
        }
        #expect(try await vault.liveRestrictionCount() == 1)
    }

    @Test("a copy has the originals that were chosen and approved, and says which are a courtesy")
    func portability() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let views = try await ensemble.deposit("D02", by: "pat", text: "what we want", in: vault)
        let request = try await ensemble.deposit("D01", by: "hana", text: "the request itself", in: vault)
        let id = try await received(.portability, ensemble, vault)
        let dana = try await vault.person("dana")
        let closed = await ensemble.refusal { _ = try await vault.choose([views], of: id, as: dana) }
        #expect(closed != nil)
        _ = try await ensemble.grant("dana", "DPO", [], categories: ["D01", "D02"], for: "rights.request", in: vault)
        let none = await ensemble.refusal { try await vault.approve(id, as: vault.person("mona")) }
        #expect(faults(none) == ["No document has been chosen."])
        let chosen = try await vault.choose([views, request], of: id, as: dana)
        #expect(chosen.map(\.isCourtesy) == [false, true])
        let early = await ensemble.refusal { _ = try await vault.disclose(id, to: "Pat Example", as: dana) }
        #expect(early != nil)
        try await vault.approve(id, as: vault.person("mona"))
        let other = await ensemble.refusal { _ = try await vault.disclose(id, to: "Quinn", as: dana) }
        #expect(other == .rights(.wrongRecipient))
        let copy = try await vault.disclose(id, to: "Pat Example", as: dana)
        var bytes: [UInt8] = []
        var words = Array("correct horse battery".utf8)
        try copy.writeZip(passphrase: Key(try SecretBytes(wiping: &words))) { bytes += $0 }
        #expect(copy.papers.map(\.name) == ["papers/0001.bin", "papers/0002.bin"])
        let data = String(decoding: try #require(copy.pages.first).text, as: UTF8.self)
        #expect(data.contains("\"byCourtesy\" : true") && data.contains("\"byCourtesy\" : false"))
        #expect(data.contains("Robin Example"))
        #expect(try await vault.request(id, as: dana).state == "disclosed")
    }
}
