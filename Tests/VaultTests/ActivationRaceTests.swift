import Rules
import Sealing
import Storage
import Synchronization
import Testing

@testable import Vault

@Suite("Activation under fire: two at once, and what time alone brings")
struct ActivationRaceTests {
    private static let activations = 3...10

    @Test(
        "one process activates and aligns again and again while another deposits, reads, consents and withdraws"
    )
    func twoProcesses() async throws {
        let (scene, documents) = try await ActivationScene.make(documents: 2)
        defer { try? scene.world.remove() }
        let (one, two) = (try await scene.world.open(scene.clock), try await scene.world.open(scene.clock))
        let end = Flag()
        let deposited = try await withThrowingTaskGroup(of: [DocumentID].self) { group in
            group.addTask {
                defer { end.raise() }
                for version in Self.activations {
                    let terms: ActivationScene.Terms = version.isMultiple(of: 2) ? .first : .second
                    try await scene.activate(terms, version: version, in: one)
                    try await scene.align(one)
                }
                return []
            }
            group.addTask {
                var made: [DocumentID] = []
                repeat {
                    let number = made.count + 100
                    let id = try await undisturbed { try await scene.deposit(number, in: two) }
                    if let id { made.append(id) }
                    try await Self.read(documents[0], scene.content(0), scene, two)
                } while !end.isRaised
                return made
            }
            group.addTask {
                repeat { try await Self.consentAndWithdraw(scene, two) } while !end.isRaised
                return []
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(try await scene.findings(one) == [])
        try await one.close()
        try await two.close()
        let again = try await scene.world.open(scene.clock)
        #expect(try await scene.findings(again) == [])
        #expect(!deposited.isEmpty)
        for (index, id) in deposited.enumerated() {
            #expect(try await scene.read(id, as: "priya", in: again) == scene.content(index + 100))
        }
        try await again.close()
    }

    /// Those whom both agreements admit read, whatever goes on.
    private static func read(
        _ document: DocumentID, _ content: [UInt8], _ scene: ActivationScene, _ vault: DocumentVault
    ) async throws {
        for name in ["priya", "erin"] {
            let bytes = try await undisturbed { try await scene.read(document, as: name, in: vault) }
            #expect(bytes == nil || bytes == content)
        }
    }

    private static func consentAndWithdraw(_ scene: ActivationScene, _ vault: DocumentVault) async throws {
        let given = try await undisturbed { try await scene.consent(to: "REP", in: vault) }
        guard let given else { return }
        let sam = try await scene.caller("sam", vault)
        while try await undisturbed({ try await vault.withdrawConsent(given, note: nil, as: sam) }) == nil {}
    }

    @Test(
        "a vault opens, and a withdrawal is recorded, though what the last consent opened is then open to nobody",
        arguments: [true, false])
    func lastConsent(isWithdrawn: Bool) async throws {
        let (scene, _) = try await ActivationScene.make(documents: 1)
        defer { try? scene.world.remove() }
        let vault = try await scene.world.open(scene.clock)
        let consent = try await scene.consent(to: "HADV", in: vault)
        try await scene.activate(.onlyWithConsent, version: 3, in: vault)
        try await scene.align(vault)
        if isWithdrawn {
            try await vault.withdrawConsent(consent, note: nil, as: try await scene.caller("sam", vault))
        }
        try await vault.close()
        scene.clock.move(days: isWithdrawn ? 1 : 40)
        let again = try await scene.world.open(scene.clock)
        let sam = try await scene.caller("sam", again)
        let state = try await again.consents(about: scene.child, as: sam).first?.state
        #expect(state == (isWithdrawn ? .withdrawn : .expired))
        try await again.close()
    }
}

private final class Flag: Sendable {
    private let state = Mutex(false)

    var isRaised: Bool { state.withLock { $0 } }

    func raise() { state.withLock { $0 = true } }
}

/// What `work` answers; `nil` when somebody else changed the ground under it and nothing was done.
private func undisturbed<Result>(_ work: () async throws -> Result) async throws -> Result? {
    do {
        return try await work()
    } catch VaultError.changedMeanwhile {
        return nil
    }
}
