import Foundation
import Rules
import Sealing
import Storage
import Synchronization
import Testing

@testable import Vault

@Suite("Activation under fire: stopped anywhere, the keyring still comes to mirror the records")
struct ActivationTests {
    enum Moment: String, CaseIterable, Sendable { case before, after }
    enum Operation: String, CaseIterable, Sendable {
        case consent, withdrawal, release, releaseEnded, task, taskEnded

        /// Whose wrap it gives or takes.
        var party: String {
            switch self {
            case .consent, .withdrawal, .release, .releaseEnded: "family"
            case .task, .taskEnded: "rights"
            }
        }

        var gives: Bool { self == .consent || self == .release || self == .task }
    }

    struct Stopped: Error {}

    static let places: [(WriteSteps.Step, Moment)] = [.keyring, .records].flatMap { step in
        Moment.allCases.map { (step, $0) }
    }
    static let actTable: [(Operation, WriteSteps.Step, Moment)] = Operation.allCases.flatMap { operation in
        places.map { (operation, $0.0, $0.1) }
    }

    private func stopping(_ step: WriteSteps.Step, _ moment: Moment, from count: Int = 1) -> WriteSteps {
        let seen = Mutex(0)
        return WriteSteps(
            before: { here in
                guard here == step, moment == .before else { return }
                if seen.withLock({
                    $0 += 1; return $0 >= count
                }) {
                    throw Stopped()
                }
            },
            after: { here in
                guard here == step, moment == .after else { return }
                if seen.withLock({
                    $0 += 1; return $0 >= count
                }) {
                    throw Stopped()
                }
            })
    }

    @Test("an act stopped at one of its writes is done or not done, in records and keyring alike", arguments: actTable)
    func act(operation: Operation, step: WriteSteps.Step, moment: Moment) async throws {
        let (scene, documents) = try await ActivationScene.make(documents: 2)
        defer { try? scene.world.remove() }
        let prepared = try await begin(scene, documents[0], operation)
        try await stop(scene, documents[0], operation, prepared, stopping(step, moment))

        let again = try await scene.world.open(scene.clock)
        #expect(try await scene.findings(again) == [])
        #expect(try await again.keyring.read { try $0.pending() }.isEmpty)
        let isDone = step == .records && moment == .after
        let parties = try await scene.parties(of: documents[0], in: again)
        #expect(parties.contains(operation.party) == (isDone == operation.gives))
        #expect(parties.isSuperset(of: ["health", "education", "social-care"]))
        for (number, document) in documents.enumerated() {
            for name in ["priya", "erin", "susan"] {
                #expect(try await scene.read(document, as: name, in: again) == scene.content(number))
            }
        }
        try await again.close()
    }

    /// What an act that ends something needs first.
    private func begin(
        _ scene: ActivationScene, _ document: DocumentID, _ operation: Operation
    ) async throws -> ActID? {
        guard !operation.gives else { return nil }
        let vault = try await scene.world.open(scene.clock)
        let opposite: Operation =
            switch operation {
            case .withdrawal: .consent
            case .releaseEnded: .release
            default: .task
            }
        let act = try await perform(opposite, scene, document, nil, vault)
        try await vault.close()
        return act
    }

    /// Lets go of the vault as a dead process would: without closing it.
    private func stop(
        _ scene: ActivationScene, _ document: DocumentID, _ operation: Operation, _ act: ActID?, _ steps: WriteSteps
    ) async throws {
        let vault = try await scene.world.open(scene.clock, steps: steps)
        await #expect(throws: Stopped.self) { try await perform(operation, scene, document, act, vault) }
    }

    @discardableResult
    private func perform(
        _ operation: Operation, _ scene: ActivationScene, _ document: DocumentID, _ act: ActID?, _ vault: DocumentVault
    ) async throws -> ActID? {
        let (sam, priya) = (try await scene.caller("sam", vault), try await scene.caller("priya", vault))
        switch operation {
        case .consent: return try await scene.consent(to: "REP", in: vault)
        case .withdrawal: try await vault.withdrawConsent(try #require(act), note: nil, as: sam)
        case .release: return try await vault.release(document, check: nil, as: priya)
        case .releaseEnded: try await vault.endRelease(document, reason: "It was a mistake.", as: priya)
        case .task:
            let task = NewTask(
                username: "rita", role: "REC", caseID: scene.caseID, documents: [document], categories: [],
                purpose: "ehc.appeal", until: scene.clock.today)
            return try await vault.grantTask(task, as: sam)
        case .taskEnded: try await vault.endTask(try #require(act), reason: "It is done.", as: sam)
        }
        return nil
    }

    @Test(
        "an alignment stopped at one of its writes goes on, and meanwhile those read whom both agreements admit",
        arguments: places)
    func alignment(step: WriteSteps.Step, moment: Moment) async throws {
        let (scene, documents) = try await ActivationScene.make(documents: 3)
        defer { try? scene.world.remove() }
        let vault = try await scene.world.open(scene.clock)
        let consent = try await scene.consent(to: "REP", in: vault)
        try await scene.activate(.second, version: 3, in: vault)
        try await vault.close()

        let stopped = try await scene.world.open(scene.clock, steps: stopping(step, moment))
        await #expect(throws: Stopped.self) { try await scene.align(stopped) }

        let again = try await scene.world.open(scene.clock)
        try await readDuringAlignment(scene, documents, again)
        let isWritten = !(step == .keyring && moment == .before)
        #expect(try await scene.align(again).changed == (isWritten ? 0 : 3))
        #expect(try await scene.findings(again) == [])
        for (number, document) in documents.enumerated() {
            #expect(try await scene.read(document, as: "yusuf", in: again) == scene.content(number))
            #expect(
                try await scene.parties(of: document, in: again) == ["health", "education", "family", "youth-justice"])
        }
        let consents = try await again.consents(about: scene.child, as: try await scene.caller("sam", again))
        #expect(consents.map(\.id) == ["\(consent)"])
        try await again.close()
    }

    /// Both agreements' readers read; the old one's only is refused; the new one's only reads, or is told to wait.
    private func readDuringAlignment(
        _ scene: ActivationScene, _ documents: [DocumentID], _ vault: DocumentVault
    ) async throws {
        for (number, document) in documents.enumerated() {
            for name in ["priya", "erin", "rex"] {
                #expect(try await scene.read(document, as: name, in: vault) == scene.content(number))
            }
            await #expect(throws: VaultError.notFound(.document)) {
                try await scene.read(document, as: "susan", in: vault)
            }
            do {
                #expect(try await scene.read(document, as: "yusuf", in: vault) == scene.content(number))
            } catch VaultError.aligning {
                #expect(try await !scene.parties(of: document, in: vault).contains("youth-justice"))
            }
        }
    }

    @Test("an alignment of several batches goes on from the child that it had reached")
    func severalBatches() async throws {
        let (scene, _) = try await ActivationScene.make(documents: 0)
        defer { try? scene.world.remove() }
        let vault = try await scene.world.open(scene.clock)
        try await scene.importMany(500, place: 0, in: vault)
        for place in [1, 3, 4] { try await scene.importMany(1, place: place, in: vault) }
        try await scene.activate(.second, version: 3, in: vault)
        try await vault.close()

        let stopped = try await scene.world.open(scene.clock, steps: stopping(.records, .before, from: 2))
        await #expect(throws: Stopped.self) { try await scene.align(stopped) }

        let again = try await scene.world.open(scene.clock)
        let resumed = try await scene.align(again)
        #expect(resumed.isFinished)
        #expect(resumed.children < scene.world.children.count)
        #expect(try await scene.findings(again) == [])
        try await again.close()
    }

    @Test("a deposit between an activation and the alignment is under the new agreement at once")
    func depositBetween() async throws {
        let (scene, _) = try await ActivationScene.make(documents: 1)
        defer { try? scene.world.remove() }
        let vault = try await scene.world.open(scene.clock)
        try await scene.activate(.second, version: 3, in: vault)
        let document = try await scene.deposit(7, in: vault)
        #expect(try await scene.parties(of: document, in: vault) == ["health", "education", "youth-justice"])
        #expect(try await scene.align(vault).changed == 1)
        #expect(try await scene.findings(vault) == [])
        try await vault.close()
    }

    @Test("a consent between an activation and the alignment is recorded, though the party has its old wrap still")
    func consentBetween() async throws {
        let (scene, documents) = try await ActivationScene.make(documents: 1)
        defer { try? scene.world.remove() }
        let vault = try await scene.world.open(scene.clock)
        try await scene.activate(.withConsent, version: 3, in: vault)
        _ = try await scene.consent(to: "SW", in: vault)
        try await scene.align(vault)
        #expect(try await scene.findings(vault) == [])
        #expect(try await scene.read(documents[0], as: "susan", in: vault) == scene.content(0))
        try await vault.close()
    }
}
