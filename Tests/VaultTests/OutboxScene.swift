import Foundation
import Ledger
import Rules
import Sealing
import Storage
import Synchronization
import Testing

@testable import Vault

/// A vault with subscribers, and a clock that moves.
struct OutboxScene: Sendable {
    final class Clock: Sendable {
        private let now = Mutex(Fixture.start)
        func read() -> Instant { now.withLock { $0 } }
        func advance(seconds: Int64) { now.withLock { $0 = $0.adding(seconds: seconds) } }
    }

    static let reason = "Robin was found alone at the station and the on-call doctor needs the health advice now"

    let fixture: Fixture
    let clock = Clock()

    static func copy() async throws -> OutboxScene { OutboxScene(fixture: try await Fixture.copy()) }

    func open(steps: WriteSteps = WriteSteps()) async throws -> DocumentVault {
        try await DocumentVault.open(
            fixture.vaultPath, unlockedWith: Fixture.secret(),
            in: VaultEnvironment(now: clock.read, day: { $0.dayInUTC }, random: .system, steps: steps))
    }

    /// Appends an event by itself.
    @discardableResult
    func happen(_ kind: EventKind, in vault: DocumentVault) async throws -> UInt64 {
        try await vault.log(Event(kind, by: nil))
    }

    func waiting(_ vault: DocumentVault) async throws -> [UInt64] {
        try await vault.records.read { try $0.events(from: 0, limit: 1000).map(\.entry) }
    }

    /// Takes everything that is due for a subscriber.
    func take(_ name: String, in vault: DocumentVault) async throws -> [UInt64] {
        var taken: [UInt64] = []
        while let delivery = try await vault.nextDelivery(to: name) {
            taken.append(delivery.entry)
            try await vault.finish(delivery, .taken)
        }
        return taken
    }

    func fail(_ name: String, in vault: DocumentVault) async throws {
        let delivery = try #require(try await vault.nextDelivery(to: name))
        try await vault.finish(delivery, .failed)
    }

    func subscriber(_ name: String, in vault: DocumentVault) async throws -> SubscriberRow {
        try #require(try await vault.records.read { try $0.subscriber(name) })
    }

    func entries(_ kind: EventKind, in vault: DocumentVault) async throws -> [LogRow] {
        try await vault.records.read { try $0.entries(in: 0..<$0.logSize()) }.filter { $0.leaf.kind == kind }
    }
}

extension Subscription {
    init(_ name: String, _ kinds: EventKind..., seesIdentifiers: Bool = false) {
        self.init(name: name, kinds: Set(kinds), seesIdentifiers: seesIdentifiers)
    }
}
