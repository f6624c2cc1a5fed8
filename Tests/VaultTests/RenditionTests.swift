import Foundation
import Ledger
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("Renditions, and how far each role gets with them")
struct RenditionTests {
    @Test("each rendition is an object of its own, under a key of its own")
    func apart() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D05", by: "priya", in: vault)
        let others = [Rendition.extract, .summary, .redacted("consultation")]
        for kind in others { try await ensemble.add(kind, to: id, by: "priya", in: vault) }
        let rows = try await vault.records.read { try $0.renditions(of: id) }
        #expect(Set(rows.map(\.object)).count == 4 && Set(rows.map(\.id)).count == 4)
        #expect(try ensemble.fixture.objectPaths().count == 4)
        #expect(try await ensemble.read(id, .original, as: "sam", in: vault) == "original of D05")
        for kind in others { #expect(try await ensemble.read(id, kind, as: "sam", in: vault) == "\(kind)") }
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test("I6: the key of an extract opens no original, not even when the rows of the keyring are exchanged")
    func keysApart() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D05", by: "priya", in: vault)
        try await ensemble.add(.extract, to: id, by: "priya", in: vault)
        let original = try await ensemble.rendition(.original, of: id, in: vault)
        let extract = try await ensemble.rendition(.extract, of: id, in: vault)
        let childKey = try #require(try await vault.childKey(ensemble.child))
        let wrap = try #require(try await vault.keyring.read { try $0.wrap(of: extract.id, for: "education") })
        let moved = WrapRow(
            rendition: original.id, party: wrap.party, partyKeyVersion: wrap.partyKeyVersion,
            childKeyVersion: wrap.childKeyVersion, isOverride: wrap.isOverride, sealed: wrap.sealed)
        #expect(throws: SealingError.notAuthentic) { try vault.identity(moved, childKey).recipient }
        let opener = AgeOpener.identity(try vault.identity(wrap, childKey))
        #expect(throws: (any Error).self) {
            _ = try ObjectReader(vault.objects, name: original.object, byteCount: original.byteCount, opener: opener)
        }
    }

    /// The X cells of the matrix that are tried: category, author, and who has the extract only.
    static let extracts: [(Rules.Category, String, [String])] = [
        ("D05", "priya", ["hana", "mona", "wendy"]), ("D06", "priya", ["sam", "mona", "erin", "dico"]),
        ("D07", "wendy", ["hana", "sam", "mona", "erin", "priya", "yusuf"]), ("D08", "wendy", ["yusuf"]),
        ("D03", "hana", ["wendy", "yusuf"]), ("D10a", "yusuf", ["hana", "sam", "priya", "wendy"]),
        ("D12", "sam", ["yusuf"]),
    ]

    @Test("an X cell opens the extract and the summary, and never the original", arguments: extracts)
    func extractOnly(category: Rules.Category, author: String, readers: [String]) async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit(category, by: author, in: vault)
        for name in readers {
            #expect(await ensemble.refusal(id, as: name, in: vault) == .denied(.extractOnly), "\(name), nothing made")
        }
        for kind in [Rendition.extract, .summary, .redacted("other")] {
            try await ensemble.add(kind, to: id, by: author, in: vault)
        }
        for name in readers {
            for kind in [Rendition.original, .redacted("other")] {
                #expect(await ensemble.refusal(id, kind, as: name, in: vault) == .denied(.extractOnly), "\(name)")
            }
            for kind in [Rendition.extract, .summary] {
                #expect(try await ensemble.read(id, kind, as: name, in: vault) == "\(kind)")
            }
            #expect(try await ensemble.read(id, as: name, in: vault) == "extract", "the fullest that \(name) may have")
            let shown = try await vault.show(id, as: try await vault.person(name))
            #expect(shown.title == nil && !shown.mayRead && shown.forms.map(\.rendition) == ["extract", "summary"])
            await #expect(throws: VaultError.denied(.extractOnly)) {
                try await vault.history(of: id, as: try await vault.person(name))
            }
        }
        #expect(try await ensemble.findings(vault) == [])
    }

    /// The M cells that are tried.
    static let notices: [(Rules.Category, String, [String])] = [
        ("D08", "wendy", ["sam", "mona", "erin", "priya"]), ("D07", "wendy", ["dico"]), ("D03", "hana", ["dico"]),
    ]

    @Test("an M cell tells that something exists, and no more: neither title nor size", arguments: notices)
    func metadataOnly(category: Rules.Category, author: String, readers: [String]) async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let text = String(repeating: "x", count: 54_321)
        let id = try await ensemble.deposit(category, by: author, text: text, in: vault)
        try await ensemble.add(.extract, to: id, by: author, in: vault)
        for name in readers {
            for kind in [nil, Rendition.original, .extract] {
                #expect(await ensemble.refusal(id, kind, as: name, in: vault) == .denied(.metadataOnly), "\(name)")
            }
            await #expect(throws: VaultError.denied(.metadataOnly)) {
                try await vault.history(of: id, as: try await vault.person(name))
            }
            let listed = try #require(try await ensemble.list(name, in: vault)?.first)
            let shown = try await vault.show(id, as: try await vault.person(name))
            for summary in [listed, shown] {
                let text = String(decoding: try JSONEncoder().encode(summary), as: UTF8.self)
                #expect(!text.contains("Title of") && !text.contains("54321"), "\(name): \(text)")
                #expect(summary.title == nil && summary.forms == [] && !summary.mayRead)
            }
        }
    }

    @Test("an M cell does not tell which forms and versions there are, and each refusal is recorded")
    func noFormsTold() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D08", by: "wendy", in: vault)
        try await ensemble.add(.extract, to: id, by: "wendy", in: vault)
        let tries: [(Rendition, Int64?)] = [(.extract, nil), (.summary, nil), (.extract, 1), (.extract, 2)]
        for (kind, version) in tries {
            let size = try await vault.ledgerSize()
            let refusal = await ensemble.refusal(id, kind, version: version, as: "sam", in: vault)
            #expect(refusal == .denied(.metadataOnly), "\(kind) of \(version ?? 0)")
            #expect(try await vault.kinds(since: size) == [.accessDenied])
        }
    }

    @Test("a redaction opens for its audience, which does not have the original")
    func redactions() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D11", by: "sam", in: vault)
        let audiences = [("dico", "health-sections"), ("wendy", "social-care-sections")]
        for (_, audience) in audiences { try await ensemble.add(.redacted(audience), to: id, by: "sam", in: vault) }
        for (name, audience) in audiences {
            #expect(try await ensemble.read(id, as: name, in: vault) == "redacted:\(audience)")
            for kind in [Rendition.original] + audiences.map({ .redacted($0.1) }) where kind != .redacted(audience) {
                #expect(
                    await ensemble.refusal(id, kind, as: name, in: vault)
                        == .denied(.renditionOnly("redacted:\(audience)")))
            }
        }
    }

    @Test("a consulted school has the redaction for its consultation, on screen, while its task runs")
    func consultation() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D11", by: "sam", in: vault)
        try await ensemble.add(.redacted("consultation"), to: id, by: "sam", in: vault)
        #expect(await ensemble.refusal(id, as: "connie", in: vault) == .notFound(.document))
        let task = try await ensemble.grant("connie", "CON", [id], for: "ehc.assessment", in: vault)
        let connie = try await vault.person("connie")
        let content = try await vault.open(id, as: connie)
        #expect(content.rendition == .redacted("consultation"))
        #expect(content.obligations.isSuperset(of: [.viewOnly, .notifyFamily]))
        await #expect(throws: VaultError.viewOnly) {
            try await vault.export(id, to: .passphrase(Fixture.password()), as: connie) { _ in }
        }
        #expect(
            await ensemble.refusal(id, .original, as: "connie", in: vault)
                == .denied(.renditionOnly("redacted:consultation")))
        try await vault.endTask(task, reason: "The consultation is over.", as: try await vault.person("sam"))
        #expect(await ensemble.refusal(id, as: "connie", in: vault) == .notFound(.document))
    }

    @Test("a rendition belongs to its version: a new version has none until somebody makes one")
    func versions() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit("D05", by: "priya", in: vault)
        try await ensemble.add(.extract, to: id, by: "priya", text: "first extract", in: vault)
        _ = try await vault.replace(
            id, mediaType: .unknown, content: try ensemble.content("second"), as: try await vault.person("priya"))
        #expect(await ensemble.refusal(id, as: "hana", in: vault) == .denied(.extractOnly))
        #expect(await ensemble.refusal(id, .extract, as: "hana", in: vault) == .notFound(.rendition))
        #expect(try await ensemble.read(id, version: 1, as: "hana", in: vault) == "first extract")
        try await ensemble.add(.extract, to: id, by: "priya", text: "second extract", in: vault)
        #expect(try await ensemble.read(id, as: "hana", in: vault) == "second extract")
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test("only the author's own office makes renditions, once each, of what is there")
    func whoAdds() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let sam = try await vault.person("sam")
        try await vault.addToTeam("henry", role: "HADV", of: ensemble.caseID, as: sam)
        let id = try await ensemble.deposit("D05", by: "priya", in: vault)
        try await ensemble.add(.extract, to: id, by: "priya", in: vault)
        let tries: [(Rendition, Int64?, String, VaultError)] = [
            (.summary, nil, "henry", .denied(.notOwn)), (.summary, nil, "sam", .denied(.authorOnly)),
            (.summary, nil, "hana", .denied(.authorOnly)), (.summary, nil, "pat", .notFound(.document)),
            (.extract, nil, "priya", .renditionThere), (.summary, 2, "priya", .notFound(.version)),
            (.original, nil, "priya", .invalid(field: "rendition", reason: "the original comes with its version")),
        ]
        for (kind, version, name, error) in tries {
            #expect(
                await ensemble.refusal {
                    try await ensemble.add(kind, to: id, version: version, by: name, in: vault)
                } == error, "\(kind) \(name)")
        }
        #expect(try ensemble.fixture.objectPaths().count == 2)
        #expect(try await ensemble.findings(vault) == [])
    }
}

@Suite("Labels deny before anything permits")
struct LabelTests {
    /// Category, author, label, who the rules would admit and the label does not.
    static let labelled: [(Rules.Category, String, Set<Label>, [String])] = [
        ("D07", "wendy", ["safe-contact"], ["hana", "erin", "priya", "yusuf"]),
        ("D07", "wendy", ["court-order"], ["hana", "erin", "priya", "yusuf", "dora"]),
        ("D09", "wendy", ["sealed.adoption"], ["hana", "sam", "mona", "erin", "priya", "yusuf", "deb"]),
        ("D10b", "yusuf", [], ["sam", "mona", "wendy", "deb", "priya"]),
        ("D12", "sam", ["court-order"], ["pat", "hana", "erin", "priya"]),
    ]

    @Test("a label keeps out whom the rules admit, with consent, task and emergency too", arguments: labelled)
    func keepsOut(category: Rules.Category, author: String, labels: Set<Label>, names: [String]) async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await ensemble.deposit(category, by: author, labels: labels, in: vault)
        try await ensemble.add(.extract, to: id, by: author, in: vault)
        for name in names where name != "pat" {
            let role = try #require(try await vault.person(name).memberships.first?.role)
            if name != "sam" { _ = try await ensemble.grant(name, role, [id], in: vault) }
            // Nobody records what serves the own role.
            _ = try await ensemble.consent(
                ensemble.terms(.confidentiality, categories: [category.rawValue], roles: [role.rawValue]),
                by: name == "sam" ? "wendy" : "sam", in: vault)
            if vault.agreement.gives("emergency.open", to: role) { _ = try await ensemble.emergency(name, in: vault) }
        }
        for name in names {
            for kind in [nil, Rendition.extract, .original] {
                #expect(await ensemble.refusal(id, kind, as: name, in: vault) == .notFound(.document), "\(name)")
            }
            #expect(try await !ensemble.sees(name, id, in: vault), "\(name)")
        }
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test("privileged advice opens for the authority's own, and in no emergency for anybody else")
    func privileged() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        try await vault.addToTeam("leo", role: "LEG", of: ensemble.caseID, as: try await vault.person("sam"))
        let id = try await ensemble.deposit("D14b", by: "leo", in: vault)
        for name in ["leo", "sam", "mona"] {
            #expect(try await ensemble.read(id, as: name, in: vault) == "original of D14b")
        }
        for name in ["deb", "wendy", "priya", "yusuf"] { _ = try await ensemble.emergency(name, in: vault) }
        for name in ["deb", "wendy", "priya", "yusuf", "hana", "pat", "mia"] {
            #expect(await ensemble.refusal(id, as: name, in: vault) == .notFound(.document), "\(name)")
        }
        #expect(try await ensemble.wraps(id, in: vault) == ["education"])
        _ = try await ensemble.grant("dana", "DPO", [id], for: "rights.request", in: vault)
        #expect(try await ensemble.read(id, as: "dana", in: vault) == "original of D14b")
        _ = try await ensemble.grant("mia", "MED", [id], in: vault)
        #expect(await ensemble.refusal(id, as: "mia", in: vault) == .notFound(.document))
    }
}
