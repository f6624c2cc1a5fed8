import Foundation
import Ledger
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("The outbox")
struct OutboxTests {
    struct Stopped: Error {}

    @Test("a transaction that throws leaves neither entry nor event; the next one leaves both")
    func together() async throws {
        let scene = try await OutboxScene.copy()
        let vault = try await scene.open()
        try await vault.subscribe([Subscription("one", .released)])
        let size = try await vault.records.read { try $0.logSize() }
        let row = try vault.row(Event(.released, by: nil))
        await #expect(throws: Stopped.self) {
            try await vault.records.write { transaction in
                _ = try transaction.append(row)
                throw Stopped()
            }
        }
        #expect(try await scene.waiting(vault) == [])
        let entry = try await scene.happen(.released, in: vault)
        #expect(entry == size)
        #expect(try await scene.waiting(vault) == [entry])
    }

    @Test("who subscribes in a transaction that throws is told of nothing")
    func subscribersTogether() async throws {
        let scene = try await OutboxScene.copy()
        let vault = try await scene.open()
        let row = SubscriberRow(name: "one", kinds: [.released], seesIdentifiers: false, next: 0, due: Fixture.start)
        let first = try vault.row(Event(.caseShown, by: nil))
        async let before: Void = vault.records.write { _ = try $0.append(first) }
        await #expect(throws: Stopped.self) {
            try await vault.records.write { transaction in
                try transaction.put(row)
                throw Stopped()
            }
        }
        try await before
        try await scene.happen(.released, in: vault)
        #expect(try await scene.waiting(vault) == [])
    }

    @Test(
        "stopped before or after the records are written, an emergency and its event are both there or neither",
        arguments: [(false, 0), (true, 1)])
    func crash(isAfter: Bool, count: Int) async throws {
        let scene = try await OutboxScene.copy()
        let setup = try await scene.open()
        try await setup.subscribe([Subscription("rights", .emergencyOpened)])
        try await setup.close()
        let vault = try await scene.open(
            steps: WriteSteps(
                before: { if $0 == .records, !isAfter { throw Stopped() } },
                after: { if $0 == .records, isAfter { throw Stopped() } }))
        let priya = try await scene.fixture.caller("priya", in: vault)
        await #expect(throws: Stopped.self) {
            try await vault.openEmergency(for: scene.fixture.child, reason: OutboxScene.reason, as: priya)
        }
        let again = try await scene.open()
        #expect(try await scene.entries(.emergencyOpened, in: again).count == count)
        #expect(try await scene.take("rights", in: again).count == count)
    }

    @Test("only kinds that somebody wants are put there, and each subscriber has its own, in the ledger's order")
    func kinds() async throws {
        let scene = try await OutboxScene.copy()
        let vault = try await scene.open()
        try await scene.happen(.released, in: vault)
        try await vault.subscribe([Subscription("one", .released, .taskEnded), Subscription("two", .taskEnded)])
        var expected: [UInt64] = []
        for kind in [EventKind.released, .caseShown, .taskEnded, .released] {
            let entry = try await scene.happen(kind, in: vault)
            if kind != .caseShown { expected.append(entry) }
        }
        #expect(try await scene.waiting(vault) == expected)
        #expect(try await scene.take("one", in: vault) == expected)
        #expect(try await scene.waiting(vault) == [expected[1]])
        #expect(try await scene.take("two", in: vault) == [expected[1]])
        #expect(try await scene.waiting(vault) == [])
    }

    @Test("another process that opens the vault writes for the subscribers too, and knows no more of those removed")
    func kept() async throws {
        let scene = try await OutboxScene.copy()
        let service = try await scene.open()
        try await service.subscribe([Subscription("one", .released)])
        let beside = try await scene.open()
        try await scene.happen(.released, in: beside)
        #expect(try await scene.waiting(service).count == 1)
        try await service.subscribe([])
        #expect(try await scene.waiting(beside) == [])
        try await scene.happen(.released, in: beside)
        #expect(try await scene.waiting(beside) == [])
    }

    @Test("a change of the subscribers is in the ledger, and no change is not")
    func changes() async throws {
        let scene = try await OutboxScene.copy()
        let vault = try await scene.open()
        for kinds in [[EventKind.released], [.released], [.taskEnded]] {
            try await vault.subscribe([Subscription(name: "one", kinds: Set(kinds), seesIdentifiers: false)])
        }
        try await vault.subscribe([])
        let entries = try await scene.entries(.subscribersChanged, in: vault)
        let details = try await entries.asyncMap { try await vault.opened($0)?.detail }
        #expect(details == [["one": "released"], ["one": "task.ended"], ["one": "removed"]])
    }

    @Test("what is sent names nobody: no detail of any kind of event but, where allowed, a document or case")
    func nothingPersonal() async throws {
        let scene = try await OutboxScene.copy()
        let vault = try await scene.open()
        let all = Set(EventKind.allCases)
        try await vault.subscribe([
            Subscription(name: "blind", kinds: all, seesIdentifiers: false),
            Subscription(name: "seeing", kinds: all, seesIdentifiers: true),
        ])
        _ = try await scene.take("blind", in: vault)
        _ = try await scene.take("seeing", in: vault)
        let ada = try await scene.fixture.caller("ada", in: vault)
        let document = DocumentID(from: .system)
        for kind in EventKind.allCases {
            let event = Event(kind, by: ada).about(scene.fixture.child)
                .on(["person": "\(ada.person)", "child": "\(scene.fixture.child)", "title": "Wilhelmina"])
                .with(["document": "\(document)", "reason": "Wilhelmina Quintessa"])
            try await vault.log(event)
            try await vault.log(Event(kind, by: ada).on(["document": "\(document)", "person": "\(ada.person)"]))
            try await vault.log(Event(kind, by: ada).on(["case": "Wilhelmina", "document": "Quintessa"]))
        }
        var subjects: [String?] = []
        while let delivery = try await vault.nextDelivery(to: "blind") {
            #expect(delivery.subject == nil)
            try await vault.finish(delivery, .taken)
        }
        while let delivery = try await vault.nextDelivery(to: "seeing") {
            subjects.append(delivery.subject)
            try await vault.finish(delivery, .taken)
        }
        #expect(subjects == EventKind.allCases.flatMap { _ in [nil, "\(document)", nil] })
    }

    @Test(
        "a row that other hands changed is refused",
        arguments: [
            ("UPDATE subscribers SET next = next + 1", "subscribers table"),
            ("UPDATE subscribers SET kinds = x'0620'", "subscribers table"),
            ("UPDATE outbox SET kind = 1569", "outbox"),
        ])
    func tampered(sql: String, store: String) async throws {
        let scene = try await OutboxScene.copy()
        let vault = try await scene.open()
        try await vault.subscribe([Subscription("one", .released, .releaseEnded)])
        try await scene.happen(.released, in: vault)
        try scene.fixture.tamper("records", sql)
        await #expect(throws: StorageError.damagedStore(store: store)) { try await vault.nextDelivery(to: "one") }
    }
}

extension Sequence {
    fileprivate func asyncMap<Result>(_ work: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await work(element)) }
        return results
    }
}
