import Foundation
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("I4: a document's title has a key of its own, and dies with the document", .timeLimit(.minutes(45)))
struct DocumentKeyTests {
    struct Stopped: Error {}

    @Test("after a document's erasure its old row opens with nothing that there is, and its neighbours' titles do")
    func title() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let gone = try await ensemble.deposit("D05", by: "priya", text: "gone", in: vault)
        let kept = try await ensemble.deposit("D05", by: "priya", text: "kept", in: vault)
        _ = try await vault.replace(
            kept, mediaType: .unknown, content: try ensemble.content("second"), as: vault.person("priya"))
        let child = ensemble.child
        let backup = try #require(try await vault.records.read { try $0.document(gone) })
        let own = try #require(try await vault.keyring.read { try $0.documentKey(gone, of: child) })
        #expect(try await vault.title(of: backup, own, vault.requireChildKey(child)) == "Title of D05")

        let version = try await vault.approvedDisposal(of: .version(kept, 2), coolingDays: 0)
        _ = try await vault.execute(version, as: vault.person("rex"))
        let id = try await vault.approvedDisposal(of: .document(gone), coolingDays: 0)
        let certificate = try await vault.execute(id, as: vault.person("rex"))

        try expectNoTrace(of: own.sealed, in: ensemble.fixture)
        let text = try JSONDecoder().decode(CertificateText.self, from: Data(certificate.text))
        #expect(text.execution.verification.map(\.name) == ["documents' keys", "wraps", "objects"])
        let childKey = try await vault.requireChildKey(child)
        let others = try await vault.keyring.read { try $0.documentKeys(of: child) }
        #expect(Array(others.keys) == [kept])
        for other in others.values {
            #expect(throws: SealingError.notAuthentic) { _ = try vault.title(of: backup, other, childKey) }
        }
        let facts = DocumentVault.titleFacts(gone, child)
        for key in [childKey.fields, childKey.record, childKey.key] {
            #expect(throws: SealingError.notAuthentic) { _ = try key.open(backup.title, facts) }
        }
        #expect(try await ensemble.list("priya", in: vault)?.map(\.title) == ["Title of D05"])
        #expect(try await ensemble.findings(vault) == [])
        try await vault.close()
    }

    @Test("a child's erasure takes the keys of all documents about the child, and nobody else's")
    func child() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        _ = try await ensemble.deposit("D05", by: "priya", in: vault)
        _ = try await ensemble.deposit("D05", by: "priya", on: ensemble.teenCase, in: vault)
        try await vault.closeCase(ensemble.caseID, as: vault.person("sam"))
        let before = try await vault.keyring.read { try $0.documentKeys(after: [], limit: 10) }
        let id = try await vault.approvedDisposal(of: .child(ensemble.child), coolingDays: 0)
        _ = try await vault.execute(id, as: vault.person("rex"))
        for key in before {
            let isGone = key.document?.child == ensemble.child
            #expect(try await vault.keyring.read { try $0.key(kind: .document, owner: key.owner) == nil } == isGone)
            if isGone { try expectNoTrace(of: key.sealed, in: ensemble.fixture) }
        }
        #expect(try await ensemble.findings(vault) == [])
        try await vault.close()
    }

    @Test("a new key for the child leaves its documents' keys as they are, and their titles open")
    func rotation() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let document = try await ensemble.deposit("D05", by: "priya", in: vault)
        let child = ensemble.child
        let before = try await vault.keyring.read { try $0.documentKey(document, of: child) }
        _ = try await vault.rotate(child, as: vault.person("ada"))
        #expect(try await vault.keyring.read { try $0.documentKey(document, of: child) } == before)
        #expect(try await ensemble.list("priya", in: vault)?.map(\.title) == ["Title of D05"])
        try await vault.close()
    }

    @Test("check names a document without its key, and a key without its document")
    func check() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let document = try await ensemble.deposit("D05", by: "priya", in: vault)
        let child = ensemble.child
        let stray = DocumentID(from: .system)
        let (_, row) = try vault.documentKey(stray, try await vault.requireChildKey(child))
        try await vault.keyring.write { keyring in
            try keyring.removeDocumentKey(document, of: child)
            try keyring.insert(row)
        }
        #expect(
            Set(try await ensemble.findings(vault).map(\.what)) == ["document \(document)", "document \(stray)"])
        // A list goes on without the title.
        #expect(try await ensemble.list("priya", in: vault)?.map(\.title) == [nil])
        try await vault.close()
    }

    /// Puts a vault back to how the earlier format had it: titles under the child's key.
    private func age(_ ensemble: Ensemble, _ documents: [DocumentID]) async throws {
        let vault = try await ensemble.open()
        let child = ensemble.child
        let key = try await vault.requireChildKey(child)
        for document in documents {
            let row = try #require(try await vault.records.read { try $0.document(document) })
            let facts = DocumentVault.titleFacts(document, child)
            let old = row.with(title: key.fields.seal(Array("Old \(document)".utf8), facts, random: .system))
            try await vault.records.write { try $0.retitle(old) }
            try await vault.keyring.write { try $0.removeDocumentKey(document, of: child) }
        }
        try await vault.close()
        try ensemble.fixture.tamper("records", "INSERT INTO retitling (only, cursor) VALUES (1, zeroblob(0))")
    }

    @Test(
        "titles of an earlier format get keys of their own at the next start, whatever stops it",
        arguments: [
            (WriteSteps.Step.keyring, "before"), (.keyring, "after"), (.records, "before"), (.records, "after"),
        ])
    func earlierFormat(step: WriteSteps.Step, moment: String) async throws {
        let ensemble = try await Ensemble.copy()
        var vault = try await ensemble.open()
        var documents: [DocumentID] = []
        for number in 0..<3 {
            documents.append(try await ensemble.deposit("D05", by: "priya", text: "advice \(number)", in: vault))
        }
        try await vault.close()
        try await age(ensemble, documents)
        let stop = Stop(step: step, moment: moment, occurrence: 1)
        await #expect(throws: Stop.Reached.self) {
            _ = try await ensemble.fixture.open(
                steps: WriteSteps(before: { try stop.pass($0, "before") }, after: { try stop.pass($0, "after") }))
        }
        vault = try await ensemble.open()
        let titles = Set(try #require(try await ensemble.list("priya", in: vault)).map(\.title))
        #expect(titles == Set(documents.map { "Old \($0)" }))
        #expect(try await !vault.records.read { try $0.isRetitling() })
        #expect(try await ensemble.findings(vault) == [])
        try await vault.close()
    }

    @Test("while another process has the vault, one of the earlier format is not mixed: it is not opened")
    func notMixed() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        _ = try await ensemble.deposit("D05", by: "priya", in: vault)
        try ensemble.fixture.tamper("records", "INSERT INTO retitling (only, cursor) VALUES (1, zeroblob(0))")
        await #expect(throws: StorageError.busy) { _ = try await ensemble.open() }
        try await vault.close()
    }
}

@Suite("I4: a title that was erased does not come back with a backup of the records", .timeLimit(.minutes(45)))
struct DocumentKeyRestoreTests {
    /// `keyringFirst`: whether the keyring was copied before the erasure, which is within the horizon, or after it.
    @Test("with a keyring copy of after the erasure it opens with nothing", arguments: [false, true])
    func restored(keyringFirst: Bool) async throws {
        let scene = try await BackupScene()
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let gone = try await ensemble.deposit("D05", by: "priya", text: "gone", in: vault)
        let kept = try await ensemble.deposit("D05", by: "priya", text: "kept", in: vault)
        let id = try await vault.approvedDisposal(of: .document(gone), coolingDays: 0)
        let ada = try await vault.person("ada")
        func keyring() async throws {
            _ = try await vault.backUpKeyring(to: .writing(scene.path), sealedTo: [scene.custodian], as: ada)
        }
        _ = try await vault.backUpRecords(to: .writing(scene.path), as: ada)
        _ = try await vault.backUpObjects(to: .writing(scene.path), as: ada) { _ in }
        if keyringFirst { try await keyring() }
        _ = try await vault.execute(id, as: vault.person("rex"))
        if !keyringFirst { try await keyring() }
        try await vault.close()

        // Without the register, which would erase it again: whatever opens, opens by the keyring copy alone.
        let restoration = Restoration(
            folder: scene.restoredPath, anchorPath: "../restored.anchor", oldAnchor: nil, username: "ada",
            password: try Fixture.password())
        let report = try await DocumentVault.restore(
            RestoreSource(.reading(scene.path), openedWith: scene.identity()), to: restoration,
            unlockedBy: Fixture.secret(), in: Fixture.environment(now: Fixture.start)
        ) { _ in }
        let restored = try await scene.openRestored()
        let titles = try #require(try await ensemble.list("priya", in: restored)).reduce(into: [:]) {
            $0[$1.id] = $1.title ?? "-"
        }
        #expect(titles == ["\(gone)": keyringFirst ? "Title of D05" : "-", "\(kept)": "Title of D05"])
        #expect(await ensemble.refusal(gone, as: "priya", in: restored) == (keyringFirst ? nil : .keyMissing))
        #expect(report.check.findings.contains { $0.what == "document \(gone)" } == !keyringFirst)
        try await restored.close()
    }
}
