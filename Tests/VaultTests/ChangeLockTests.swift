import Storage
import Synchronization
import Testing

@testable import Vault

@Suite("One change at a time")
struct ChangeLockTests {
    private final class Flag: Sendable {
        let isUp = Mutex(false)
    }

    @Test("an act waits while another process changes what the keyring mirrors", .timeLimit(.minutes(45)))
    func actsWait() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let others = try ChangeLock(folder: ensemble.fixture.vaultPath)
        let done = Flag()
        let act = Task {
            _ = try await ensemble.restrain("pat", in: vault)
            done.isUp.withLock { $0 = true }
        }
        // What does not wait is done long before this.
        for _ in 0..<5 { _ = try await vault.showCase(ensemble.caseID, as: try await vault.person("sam")) }
        try await Task.sleep(for: .milliseconds(300))
        #expect(!done.isUp.withLock { $0 })
        others.release()
        try await act.value
        #expect(done.isUp.withLock { $0 })
    }
}
