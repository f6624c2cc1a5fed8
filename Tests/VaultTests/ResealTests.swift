import Foundation
import Ledger
import Rules
import Sealing
import Storage
import Synchronization
import Testing

@testable import Vault

@Suite("Renditions get new keys and objects, and the old ones are destroyed", .timeLimit(.minutes(45)))
struct ResealTests {
    private func path(_ rendition: RenditionRow, in vault: DocumentVault) -> URL {
        URL(filePath: vault.objects.path(of: rendition.object))
    }

    @Test(
        "the wraps stay those of the same parties, everything reads as before, and the old key is nowhere",
        arguments: [false, true])
    func document(content: Bool) async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let text = String(repeating: "advice ", count: 30_000)
        let document = try await ensemble.deposit("D05", by: "priya", text: text, in: vault)
        try await ensemble.add(.extract, to: document, by: "priya", in: vault)
        let other = try await ensemble.deposit("D05", by: "priya", text: "other", in: vault)
        let before = try await vault.records.read { try $0.renditions(of: document) }
        let untouched = try await vault.records.read { try $0.renditions(of: other) }
        let wraps = try await vault.keyring.read { keyring in try before.map { try keyring.wraps(of: $0.key) } }
        let file = try Data(contentsOf: path(before[1], in: vault))
        let size = try await vault.ledgerSize()

        let done = try await vault.reseal(.document(document), content: content, as: vault.person("ada")) { _ in }

        #expect(done.isFinished && done.renditions == 2 && done.objects == 2)
        let kinds = try await vault.kinds(since: size)
        #expect(kinds == [.keyRotationBegun, .renditionResealed, .renditionResealed, .keyRotated])
        let after = try await vault.records.read { try $0.renditions(of: document) }
        for (old, new) in zip(before, after) {
            #expect(new.id == old.id && new.object != old.object && new.key != old.key)
            #expect(!vault.objects.exists(old.object))
            #expect(try await vault.keyring.read { try $0.wraps(of: old.key) } == [])
        }
        for (old, rendition) in zip(wraps, after) {
            let new = try await vault.keyring.read { try $0.wraps(of: rendition.key) }
            #expect(new.map(\.party) == old.map(\.party) && new.map(\.isOverride) == old.map(\.isOverride))
            for wrap in old { try expectNoTrace(of: wrap.sealed, in: ensemble.fixture) }
        }
        // A new header in front of the same payload, or all of it anew.
        let payload = Age.payloadByteCount(sealing: before[1].byteCount)
        let now = try Data(contentsOf: path(after[1], in: vault))
        #expect((now.suffix(Int(payload)) == file.suffix(Int(payload))) == !content)
        for name in ["priya", "sam"] {
            #expect(try await ensemble.read(document, .original, as: name, in: vault) == text)
        }
        #expect(try await ensemble.read(document, .extract, as: "priya", in: vault) == "extract")
        #expect(try await vault.records.read { try $0.renditions(of: other) } == untouched)
        #expect(try await vault.records.read { try $0.reseals() } == [])
        #expect(try await vault.keyring.read { try $0.pending() }.isEmpty)
        #expect(try await ensemble.findings(vault) == [])
        try await vault.close()
    }

    @Test("what shares an object is resealed with it, and shares the new one")
    func twins() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let one = try await ensemble.deposit("D05", by: "priya", text: "the same", in: vault)
        let two = try await ensemble.deposit("D05", by: "priya", text: "the same", in: vault)
        let done = try await vault.reseal(.document(one), content: true, as: vault.person("ada")) { _ in }
        #expect(done.objects == 1 && done.renditions == 2)
        let (first, second) = (
            try await ensemble.rendition(.original, of: one, in: vault),
            try await ensemble.rendition(.original, of: two, in: vault)
        )
        #expect(first.object == second.object && first.key != second.key)
        #expect(try ensemble.fixture.objectPaths().count == 1)
        // And what comes after shares it too.
        let three = try await ensemble.deposit("D05", by: "priya", text: "the same", in: vault)
        #expect(try await ensemble.rendition(.original, of: three, in: vault).object == first.object)
        for document in [one, two, three] {
            #expect(try await ensemble.read(document, as: "sam", in: vault) == "the same")
        }
        #expect(try await ensemble.findings(vault) == [])
        try await vault.close()
    }

    static let table: [(WriteSteps.Step, String, Int)] = [
        (.stage, "before", 1), (.stage, "after", 1), (.keyring, "before", 1), (.keyring, "after", 1),
        (.place, "before", 1), (.place, "after", 1), (.records, "before", 1), (.records, "after", 1),
        (.keyring, "before", 2), (.keyring, "after", 2), (.place, "before", 2), (.place, "after", 2),
    ]

    @Test("stopped at any write, the next start finishes or undoes it, and the same command goes on", arguments: table)
    func stopped(step: WriteSteps.Step, moment: String, occurrence: Int) async throws {
        let ensemble = try await Ensemble.copy()
        var vault = try await ensemble.open()
        var documents: [DocumentID] = []
        for number in [0, 1, 2, 2] {
            documents.append(try await ensemble.deposit("D05", by: "priya", text: "advice \(number)", in: vault))
        }
        try await vault.close()
        let stop = Stop(step: step, moment: moment, occurrence: occurrence)
        vault = try await ensemble.fixture.open(
            steps: WriteSteps(before: { try stop.pass($0, "before") }, after: { try stop.pass($0, "after") }))
        await #expect(throws: Stop.Reached.self) {
            _ = try await vault.reseal(.child(ensemble.child), content: true, as: vault.person("ada")) { _ in }
        }
        vault.hold.release()

        let again = try await ensemble.open()
        #expect(try await ensemble.findings(again) == [])
        #expect(try await again.keyring.read { try $0.pending() }.isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: ensemble.fixture.vaultPath + "/staging").isEmpty)
        for (number, document) in zip([0, 1, 2, 2], documents) {
            #expect(try await ensemble.read(document, as: "priya", in: again) == "advice \(number)")
        }
        let isCommitted = (step == .records && moment == "after") || occurrence == 2
        let left = try await again.reseal(.child(ensemble.child), content: true, as: again.person("ada")) { _ in }
        #expect(left.isFinished && left.renditions == (isCommitted ? 0 : 4))
        #expect(try ensemble.fixture.objectPaths().count == 3)
        #expect(try await ensemble.findings(again) == [])
        try await again.close()
    }

    @Test("all that a party has, and nothing else; keys are rotated, acts done and things erased after it as before")
    func party() async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        let vault = try await ensemble.open(clock)
        let ada = try await vault.person("ada")
        let health = try await ensemble.deposit("D05", by: "priya", in: vault)
        let teens = try await ensemble.deposit("D05", by: "priya", on: ensemble.teenCase, text: "hers", in: vault)
        let others = try await ensemble.deposit("D03", by: "hana", text: "school", in: vault)
        let holders = try await vault.keyring.read { try $0.wraps(for: "health", before: .max, after: nil, limit: 9) }
        let done = try await vault.reseal(.party(.health), content: true, as: ada) { _ in }
        #expect(done.renditions == holders.count && done.isFinished)
        #expect(try await ensemble.findings(vault) == [])

        _ = try await vault.rotate(.health, as: ada) { _ in }
        _ = try await vault.rotate(ensemble.child, as: ada)
        _ = try await ensemble.consent(ensemble.terms(), by: "sam", in: vault)
        #expect(try await ensemble.findings(vault) == [])
        for (document, text) in [(health, "original of D05"), (teens, "hers")] {
            #expect(try await ensemble.read(document, as: "priya", in: vault) == text)
        }
        #expect(try await ensemble.read(others, as: "hana", in: vault) == "school")
        let objects = try ensemble.fixture.objectPaths().count
        let id = try await vault.approvedDisposal(of: .document(health), coolingDays: 0)
        _ = try await vault.execute(id, as: vault.person("rex"))
        #expect(try ensemble.fixture.objectPaths().count == objects - 1)
        #expect(try await ensemble.findings(vault) == [])
        try await vault.close()
    }

    @Test("an earlier row put back, and a damaged object, are found; only who has the duty reseals")
    func found() async throws {
        let ensemble = try await Ensemble.copy()
        var vault = try await ensemble.open()
        await #expect(throws: VaultError.denied(.dutyNotHeld("key.rotate"))) {
            _ = try await vault.reseal(.party(.health), content: false, as: vault.person("sam")) { _ in }
        }
        let document = try await ensemble.deposit("D05", by: "priya", in: vault)
        try ensemble.fixture.tamper("records", "CREATE TABLE earlier AS SELECT * FROM renditions")
        _ = try await vault.reseal(.document(document), content: false, as: vault.person("ada")) { _ in }
        let rendition = try await ensemble.rendition(.original, of: document, in: vault)
        try await vault.close()
        let url = path(rendition, in: vault)
        let sound = try Data(contentsOf: url)
        try Data(sound.dropLast()).write(to: url)
        vault = try await ensemble.open()
        await #expect(throws: StorageError.objectDamaged(rendition.object.hex)) {
            _ = try await vault.reseal(.document(document), content: false, as: vault.person("ada")) { _ in }
        }
        try await vault.close()
        try sound.write(to: url)
        try ensemble.fixture.tamper(
            "records", "DELETE FROM renditions; INSERT INTO renditions SELECT * FROM earlier; DROP TABLE earlier;")
        vault = try await ensemble.open()
        #expect(try await ensemble.findings(vault).count > 1)
        try await vault.close()
    }

    @Test("what was being resealed and is erased is not being resealed any more")
    func erased() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let document = try await ensemble.deposit("D05", by: "priya", in: vault)
        _ = try await ensemble.deposit("D05", by: "priya", text: "more", in: vault)
        let person = try await vault.person("ada").person
        let targets: [ResealTarget] = [.document(document), .child(ensemble.child), .party(.health)]
        try await vault.records.write { transaction in
            for target in targets {
                try transaction.put(ResealRow(owner: target.name, begun: 1, isContent: true, person: person))
            }
        }
        let one = try await vault.approvedDisposal(of: .document(document), coolingDays: 0)
        _ = try await vault.execute(one, as: vault.person("rex"))
        #expect(try await vault.records.read { try $0.reseals().map(\.owner) } == targets.dropFirst().map(\.name))
        try await vault.closeCase(ensemble.caseID, as: vault.person("sam"))
        let all = try await vault.approvedDisposal(of: .child(ensemble.child), coolingDays: 0)
        _ = try await vault.execute(all, as: vault.person("rex"))
        #expect(try await vault.records.read { try $0.reseals().map(\.owner) } == ["party health"])
        #expect(try await ensemble.findings(vault) == [])
        try await vault.close()
    }

    @Test("a restored vault reads what was resealed before its backup")
    func restored() async throws {
        let scene = try await BackupScene()
        let vault = try await scene.fixture.open()
        let content = RandomSource.system.bytes(200_000)
        let document = try await scene.fixture.deposit(content, in: vault)
        _ = try await vault.reseal(.document(document), content: true, as: scene.ada(in: vault)) { _ in }
        try await scene.backUp(vault)
        try await vault.close()
        #expect(try await scene.restore().isSound)
        let restored = try await scene.openRestored()
        let people = try await scene.signedIn(to: restored)
        #expect(try await people.read(document, as: "priya", in: restored) == content)
        try await restored.close()
    }
}
