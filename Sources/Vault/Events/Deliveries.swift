public import Ledger
internal import Sealing
public import Storage

/// An event that is to be sent to one subscriber.
public struct Delivery: Hashable, Sendable {
    public let entry: UInt64
    public let kind: EventKind
    public let time: Instant
    /// The number of the document or case; only for who may be given it, and while the child's key lives.
    public let subject: String?
    /// The subscriber as it was when the event was taken: what has changed meanwhile makes the outcome void.
    fileprivate let subscriber: SubscriberRow
}

/// What became of an attempt.
public enum DeliveryOutcome: Hashable, Sendable {
    case taken
    /// It may be taken later.
    case failed
    /// It will never be taken.
    case refused
}

/// How the outbox is, for the service's metrics.
public struct OutboxStatus: Hashable, Sendable {
    public let waiting: Int
    /// How long the event that has waited longest has waited.
    public let oldestSeconds: Int64
    /// Events given up, by subscriber.
    public let dead: [String: Int64]
}

extension DocumentVault {
    /// For how long an event is tried, in seconds, while its receiver fails.
    private static let patience: Int64 = 3 * 86_400
    /// For how long an event waits for a service that does not run, in seconds.
    private static let keeping: Int64 = 30 * 86_400
    private static let longestPause: Int64 = 3600

    /// The next event for a subscriber; `nil` when there is none, or the time for the next attempt has not come.
    ///
    /// - Throws: `VaultError.notFound(.subscriber)`; `StorageError.damagedStore` when the outbox says other than the ledger.
    public func nextDelivery(to name: String) async throws -> Delivery? {
        let now = environment.now()
        let found = try await records.read { transaction -> (SubscriberRow, OutboxRow, LogRow)? in
            guard let subscriber = try transaction.subscriber(name) else { throw VaultError.notFound(.subscriber) }
            guard subscriber.due <= now, let event = try transaction.nextEvent(for: subscriber) else { return nil }
            guard let entry = try transaction.entry(at: event.entry), entry.leaf.kind == event.kind else {
                throw StorageError.damagedStore(store: "outbox")
            }
            return (subscriber, event, entry)
        }
        guard let (subscriber, event, entry) = found else { return nil }
        return Delivery(
            entry: event.entry, kind: event.kind, time: Instant(milliseconds: Int64(clamping: entry.leaf.time)),
            subject: subscriber.seesIdentifiers ? try await subject(of: entry) : nil, subscriber: subscriber)
    }

    /// Notes what became of an attempt. Until this returns nothing has: after a crash the event is sent again.
    public func finish(_ delivery: Delivery, _ outcome: DeliveryOutcome) async throws {
        let now = environment.now()
        try await records.write(isAct: false) { transaction in
            // Somebody asked for a replay meanwhile, or the configuration changed: the event is sent again.
            guard var subscriber = try transaction.subscriber(delivery.subscriber.name),
                subscriber == delivery.subscriber
            else { return }
            switch outcome {
            case .taken:
                subscriber.pass(delivery.entry, at: now)
            case .refused:
                subscriber.pass(delivery.entry, at: now)
                try park(1, through: delivery.entry, &subscriber, transaction)
            case .failed:
                let since = subscriber.failingSince ?? now
                subscriber.failingSince = since
                subscriber.attempts += 1
                subscriber.due = now.adding(milliseconds: pause(after: subscriber.attempts))
                let limit = now.adding(seconds: -Self.patience)
                if since <= limit { try parkAll(addedBy: limit, &subscriber, transaction) }
            }
            try transaction.put(subscriber)
            let from = delivery.subscriber.next
            try transaction.removeEventsNobodyNeeds(in: from..<max(from, subscriber.next))
        }
    }

    /// Gives up what has waited a month for a service that did not run.
    func sweepOutbox() async throws {
        let limit = environment.now().adding(seconds: -Self.keeping)
        guard let oldest = try await records.read({ try $0.outboxLoad() }).oldest, oldest <= limit else { return }
        try await records.write(isAct: false) { transaction in
            for var subscriber in try transaction.subscribers() {
                let next = subscriber.next
                try parkAll(addedBy: limit, &subscriber, transaction)
                if subscriber.next != next { try transaction.put(subscriber) }
            }
            try transaction.removeEventsNobodyNeeds(in: 0..<transaction.logSize())
        }
    }

    public func outboxStatus() async throws -> OutboxStatus {
        let (load, subscribers) = try await records.read { (try $0.outboxLoad(), try $0.subscribers()) }
        let waited = load.oldest.map { max(0, environment.now().milliseconds - $0.milliseconds) / 1000 }
        return OutboxStatus(
            waiting: load.count, oldestSeconds: waited ?? 0,
            dead: subscribers.reduce(into: [:]) { $0[$1.name] = $1.dead })
    }

    /// Gives up, in order, what this subscriber has waited for since then or longer.
    private func parkAll(
        addedBy limit: Instant, _ subscriber: inout SubscriberRow, _ transaction: WriteTransaction
    ) throws {
        var count: Int64 = 0
        while let event = try transaction.nextEvent(for: subscriber), event.added <= limit {
            subscriber.next = event.entry + 1
            count += 1
        }
        if count > 0 { try park(count, through: subscriber.next - 1, &subscriber, transaction) }
    }

    private func park(
        _ count: Int64, through entry: UInt64, _ subscriber: inout SubscriberRow, _ transaction: WriteTransaction
    ) throws {
        subscriber.dead += count
        let event = Event(.deliveryParked, by: nil).on(["subscriber": subscriber.name])
            .with(["events": String(count), "through": String(entry)])
        _ = try transaction.append(row(event))
    }

    /// Twice as long after each failure, from a second to an hour; half of it by chance, so that many do not come at once.
    private func pause(after attempts: Int64) -> Int64 {
        let longest = min(Self.longestPause, 1 << min(attempts - 1, 12)) * 1000
        let chance = environment.random.bytes(4).reduce(Int64(0)) { $0 << 8 | Int64($1) }
        return longest / 2 + chance % (longest / 2 + 1)
    }

    /// The number of the document or case that an entry is about, and no other of its details.
    private func subject(of entry: LogRow) async throws -> String? {
        guard let event = try await opened(entry) else { return nil }
        if let document = event.object["document"].flatMap({ DocumentID($0) }) { return "\(document)" }
        return event.object["case"].flatMap { CaseID($0) }.map { "\($0)" }
    }
}

extension SubscriberRow {
    /// Goes on to what comes after an entry.
    fileprivate mutating func pass(_ entry: UInt64, at now: Instant) {
        next = entry + 1
        attempts = 0
        failingSince = nil
        due = now
    }
}

extension Instant {
    fileprivate func adding(milliseconds: Int64) -> Instant {
        Instant(milliseconds: self.milliseconds + milliseconds)
    }
}
