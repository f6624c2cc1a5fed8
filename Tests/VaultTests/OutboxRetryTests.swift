import Foundation
import Ledger
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("Retries and replay")
struct OutboxRetryTests {
    @Test("after each failure the pause doubles, from a second to an hour, half of it by chance")
    func backoff() async throws {
        let scene = try await OutboxScene.copy()
        let vault = try await scene.open()
        try await vault.subscribe([Subscription("one", .released)])
        try await scene.happen(.released, in: vault)
        for attempt in 1...16 {
            try await scene.fail("one", in: vault)
            #expect(try await vault.nextDelivery(to: "one") == nil)
            let longest = min(3600, 1 << (attempt - 1)) * Int64(1000)
            let due = try await scene.subscriber("one", in: vault).due
            let pause = due.milliseconds - scene.clock.read().milliseconds
            #expect((longest / 2...longest).contains(pause), "\(attempt): \(pause)")
            scene.clock.advance(seconds: pause / 1000 + 1)
        }
        #expect(try await scene.take("one", in: vault).count == 1)
        #expect(try await scene.subscriber("one", in: vault).attempts == 0)
    }

    @Test("pauses differ from each other by chance")
    func jitter() async throws {
        let scene = try await OutboxScene.copy()
        let vault = try await scene.open()
        let names = (0..<12).map { "s\($0)" }
        try await vault.subscribe(names.map { Subscription($0, .released) })
        try await scene.happen(.released, in: vault)
        var pauses: Set<Instant> = []
        for name in names {
            try await scene.fail(name, in: vault)
            pauses.insert(try await scene.subscriber(name, in: vault).due)
        }
        #expect(pauses.count > 2)
    }

    @Test("what fails for three days is given up, counted and recorded; what is younger is still tried")
    func parked() async throws {
        let scene = try await OutboxScene.copy()
        let vault = try await scene.open()
        try await vault.subscribe([Subscription("one", .released, .taskEnded), Subscription("two", .taskEnded)])
        let old = try await scene.happen(.released, in: vault)
        try await scene.fail("one", in: vault)
        scene.clock.advance(seconds: 3 * 86_400 - 10)
        try await scene.fail("one", in: vault)
        #expect(try await scene.subscriber("one", in: vault).dead == 0)
        let young = try await scene.happen(.taskEnded, in: vault)
        scene.clock.advance(seconds: 10)
        try await scene.fail("one", in: vault)
        #expect(try await scene.subscriber("one", in: vault).dead == 1)
        #expect(try await scene.waiting(vault) == [young])
        let entry = try #require(try await scene.entries(.deliveryParked, in: vault).first)
        let event = try #require(try await vault.opened(entry))
        #expect(event.object == ["subscriber": "one"] && event.detail == ["events": "1", "through": "\(old)"])
        #expect(try await vault.outboxStatus().dead == ["one": 1, "two": 0])
        scene.clock.advance(seconds: 3600)
        #expect(try await scene.take("one", in: vault) == [young])
    }

    @Test("an event that failed for the first time after days without a service is still tried")
    func firstFailureLate() async throws {
        let scene = try await OutboxScene.copy()
        let vault = try await scene.open()
        try await vault.subscribe([Subscription("one", .released)])
        let entry = try await scene.happen(.released, in: vault)
        scene.clock.advance(seconds: 10 * 86_400)
        try await scene.fail("one", in: vault)
        #expect(try await scene.waiting(vault) == [entry])
    }

    @Test("what is refused for good is given up at once, and the next is sent")
    func refused() async throws {
        let scene = try await OutboxScene.copy()
        let vault = try await scene.open()
        try await vault.subscribe([Subscription("one", .released)])
        try await scene.happen(.released, in: vault)
        let second = try await scene.happen(.released, in: vault)
        let delivery = try #require(try await vault.nextDelivery(to: "one"))
        try await vault.finish(delivery, .refused)
        #expect(try await scene.subscriber("one", in: vault).dead == 1)
        #expect(try await scene.take("one", in: vault) == [second])
    }

    @Test("what waited a month for a service that did not run is given up when the vault is opened")
    func month() async throws {
        let scene = try await OutboxScene.copy()
        let vault = try await scene.open()
        try await vault.subscribe([Subscription("one", .released)])
        try await scene.happen(.released, in: vault)
        scene.clock.advance(seconds: 86_400)
        let young = try await scene.happen(.released, in: vault)
        scene.clock.advance(seconds: 29 * 86_400)
        let again = try await scene.open()
        #expect(try await scene.waiting(again) == [young])
        #expect(try await again.outboxStatus().dead == ["one": 1])
    }

    @Test("an event that was taken and not noted is sent again after a restart")
    func atLeastOnce() async throws {
        let scene = try await OutboxScene.copy()
        let vault = try await scene.open()
        try await vault.subscribe([Subscription("one", .released)])
        let first = try await scene.happen(.released, in: vault)
        let second = try await scene.happen(.released, in: vault)
        _ = try await vault.nextDelivery(to: "one")
        let again = try await scene.open()
        #expect(try await scene.take("one", in: again) == [first, second])
    }

    @Test("a replay tells one subscriber everything again from an entry on, and nobody else")
    func replay() async throws {
        let scene = try await OutboxScene.copy()
        let vault = try await scene.open()
        try await vault.subscribe([Subscription("one", .released, .taskEnded), Subscription("two", .released)])
        var entries: [UInt64] = []
        for kind in [EventKind.released, .taskEnded, .caseShown, .released] {
            entries.append(try await scene.happen(kind, in: vault))
        }
        #expect(try await scene.take("one", in: vault).count == 3)
        #expect(try await scene.take("two", in: vault).count == 2)
        // Older than what waits is kept: the entries are taken from the ledger.
        scene.clock.advance(seconds: 40 * 86_400)
        let dana = try await scene.caller("dana", in: vault)
        try await vault.replayEvents(to: "one", from: entries[1], as: dana)
        let again = try await scene.open()
        #expect(try await scene.take("one", in: again) == [entries[1], entries[3]])
        #expect(try await scene.take("two", in: again) == [])
        #expect(try await scene.waiting(again) == [])
        let recorded = try #require(try await scene.entries(.eventsReplayed, in: vault).last)
        let event = try #require(try await vault.opened(recorded))
        #expect(event.object == ["subscriber": "one"] && event.detail == ["from": "\(entries[1])"])
        #expect(event.actor == ["person": "\(dana.person)"])
    }

    @Test("a replay that is asked for while an event is on its way is not lost")
    func replayMeanwhile() async throws {
        let scene = try await OutboxScene.copy()
        let vault = try await scene.open()
        try await vault.subscribe([Subscription("one", .released)])
        let first = try await scene.happen(.released, in: vault)
        _ = try await scene.take("one", in: vault)
        let second = try await scene.happen(.released, in: vault)
        let delivery = try #require(try await vault.nextDelivery(to: "one"))
        try await vault.replayEvents(to: "one", from: first, as: try await scene.caller("dana", in: vault))
        try await vault.finish(delivery, .taken)
        #expect(try await scene.take("one", in: vault) == [first, second])
    }

    @Test(
        "whoever may see the ledger may list and replay, and nobody else",
        arguments: [
            ("ada", true), ("dana", true), ("sam", false), ("pat", false),
        ])
    func duties(name: String, mayDo: Bool) async throws {
        let scene = try await OutboxScene.copy()
        let vault = try await scene.open()
        try await vault.subscribe([Subscription("one", .released)])
        let caller = try await scene.caller(name, in: vault)
        let acts: [@Sendable () async throws -> Void] = [
            { _ = try await vault.subscribers(as: caller) },
            { _ = try await vault.waitingEvents(from: 0, limit: 5, as: caller) },
            { try await vault.replayEvents(to: "one", from: 0, as: caller) },
        ]
        for act in acts {
            let size = try await vault.records.read { try $0.logSize() }
            if mayDo {
                try await act()
            } else {
                await #expect(throws: VaultError.denied(.dutyNotHeld("ledger.show"))) { try await act() }
            }
            #expect(try await vault.records.read { try $0.logSize() } == size + 1)
        }
    }

    @Test("nobody is told again who is no subscriber, and nothing is recorded as done")
    func unknown() async throws {
        let scene = try await OutboxScene.copy()
        let vault = try await scene.open()
        let dana = try await scene.caller("dana", in: vault)
        await #expect(throws: VaultError.notFound(.subscriber)) {
            try await vault.replayEvents(to: "nobody", from: 0, as: dana)
        }
        #expect(try await scene.entries(.eventsReplayed, in: vault).isEmpty)
    }
}

extension OutboxScene {
    /// Somebody, whether or not a session has run out.
    func caller(_ name: String, in vault: DocumentVault) async throws -> Caller {
        try await vault.person(name)
    }
}
