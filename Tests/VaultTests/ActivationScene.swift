import Foundation
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

/// A vault under an agreement over one kind of document, with some documents in it.
struct ActivationScene: Sendable {
    /// Each differs from the first in who reads without more ado.
    enum Terms {
        /// The social worker does.
        case first
        /// The youth justice worker does, and the social worker no longer.
        case second
        /// The social worker does only with consent.
        case withConsent
        /// Nobody reads without consent.
        case onlyWithConsent
    }

    let world: MirrorWorld
    let clock = MirrorClock()

    var caseID: CaseID { world.cases[0] }
    var child: ChildID { world.children[0] }

    /// The first agreement in force, the keyring in line with it, and so many documents.
    static func make(documents: Int) async throws -> (ActivationScene, [DocumentID]) {
        let scene = ActivationScene(world: try await MirrorWorld.prepared.value.copy())
        let vault = try await scene.world.open(scene.clock)
        try await scene.activate(.first, version: 2, in: vault)
        try await scene.align(vault)
        var made: [DocumentID] = []
        for number in 0..<documents { made.append(try await scene.deposit(number, in: vault)) }
        try await vault.close()
        return (scene, made)
    }

    func agreement(_ terms: Terms, version: Int) -> MirrorAgreement {
        typealias Rule = MirrorAgreement.Rule
        func rule(
            _ name: String, _ role: String, _ grant: MirrorAgreement.Grant = .full,
            _ when: [MirrorAgreement.Condition] = []
        ) -> Rule { Rule(name: name, category: "K1", roles: [role], grant: grant, conditions: when) }
        var rules = [
            rule("author", "HADV", .authorAndFull), rule("both", "EP"), rule("consent", "REP", .full, [.lawfulConsent]),
            rule("released", "P", .released), rule("release", "HADV", .release), rule("task", "REC", .full, [.task]),
        ]
        switch terms {
        case .first: rules.append(rule("one", "SW"))
        case .second: rules.append(rule("one", "YJS"))
        case .withConsent: rules.append(rule("one", "SW", .full, [.lawfulConsent]))
        case .onlyWithConsent:
            rules = [
                rule("author", "HADV", .authorAndFull, [.lawfulConsent]), rule("one", "SW", .full, [.lawfulConsent]),
            ]
        }
        let askers = Party.allCases.filter { $0 != .health }
        let today = clock.today
        return MirrorAgreement(
            version: version, from: today, reviewBy: today.adding(days: 200) ?? today,
            until: today.adding(days: 300) ?? today, roles: MirrorGenerator.roles, emergency: ["HADV"],
            kinds: [.init(name: "K1", holders: [.health])],
            labels: [.init(name: "guarded", exempt: ["HADV"], exemptOnTask: [])],
            sharing: askers.map {
                .init(
                    holder: .health, asker: $0, categories: ["K1"],
                    purposes: ["ehc.assessment", "ehc.participation", "ehc.appeal"])
            }, rules: rules)
    }

    func activate(_ terms: Terms, version: Int, in vault: DocumentVault) async throws {
        let proposal = try await vault.propose(
            agreement(terms, version: version).texts(), as: try await caller("dana", vault))
        let max = try await caller("max", vault)
        try await vault.approve(proposal, as: max)
        try await vault.activate(proposal, as: max)
    }

    @discardableResult
    func align(_ vault: DocumentVault) async throws -> AlignmentProgress {
        try await vault.align(as: try await caller("max", vault)) { _ in }
    }

    func caller(_ name: String, _ vault: DocumentVault) async throws -> Caller {
        try await world.caller(name, in: vault)
    }

    func content(_ number: Int) -> [UInt8] { Array("document \(number)".utf8) }

    func deposit(_ number: Int, in vault: DocumentVault) async throws -> DocumentID {
        let new = NewDocument(caseID: caseID, category: "K1", title: "Report", mediaType: .unknown)
        let file = try world.fixture.file("content-\(number)", content(number))
        let receipt = try await vault.deposit(new, content: file, as: try await caller("priya", vault))
        return try #require(DocumentID(receipt.document))
    }

    /// So many documents in one case, at once.
    func importMany(_ count: Int, place: Int, in vault: DocumentVault) async throws {
        let items = try (0..<count).map { number in
            let name = "file-\(place)-\(number)"
            let bytes = Array(name.utf8)
            return ImportItem(
                path: try world.fixture.write(name, bytes),
                new: NewDocument(caseID: world.cases[place], category: "K1", title: name, mediaType: .unknown),
                byteCount: UInt64(bytes.count), mark: bytes)
        }
        try await vault.importFiles(items, as: try await caller("priya", vault)) { _, _ in }
    }

    func read(_ id: DocumentID, as name: String, in vault: DocumentVault) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        try await vault.open(id, as: try await caller(name, vault)).read { bytes += $0 }
        return bytes
    }

    /// Consent to one role.
    func consent(to role: String, in vault: DocumentVault) async throws -> ActID {
        let terms = ConsentTerms(
            kind: .lawfulBasis, purpose: role == "REP" ? "ehc.participation" : "ehc.assessment", categories: ["K1"],
            roles: [Role(rawValue: role)],
            giver: "A giver", capacity: .parent, authority: "birth certificate", notice: "1", language: "en",
            channel: "meeting", until: clock.today.adding(days: 30) ?? clock.today)
        return try await vault.recordConsent(
            NewConsent(isRefusal: false, terms: terms, recipient: nil, giver: nil), about: child,
            as: try await caller("sam", vault))
    }

    func findings(_ vault: DocumentVault) async throws -> [Finding] {
        try await vault.check(readPercent: 100, as: try await caller("ada", vault)) { _ in }.findings
    }

    func parties(of document: DocumentID, in vault: DocumentVault) async throws -> Set<String> {
        let renditions = try await vault.records.read { try $0.renditions(of: document) }
        let rendition = try #require(renditions.first)
        return Set(try await vault.keyring.read { try $0.wraps(of: rendition.id) }.map(\.party))
    }
}
