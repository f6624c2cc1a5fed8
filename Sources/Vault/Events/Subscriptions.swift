public import Ledger
internal import Rules
internal import Storage

/// What a system outside is to be told of, as the service's configuration has it.
public struct Subscription: Hashable, Sendable {
    public let name: String
    public let kinds: Set<EventKind>
    /// It may be given the number of the document or case that an event is about.
    public let seesIdentifiers: Bool

    public init(name: String, kinds: Set<EventKind>, seesIdentifiers: Bool) {
        self.name = name
        self.kinds = kinds
        self.seesIdentifiers = seesIdentifiers
    }
}

extension DocumentVault {
    /// Makes the subscribers those of the configuration. A new one is told of what happens from here on. They are kept in the
    /// records, so that every process that writes to the vault writes for them.
    public func subscribe(_ subscriptions: [Subscription]) async throws {
        try await requireWritable()
        let now = environment.now()
        try await records.write { transaction in
            let known = try transaction.subscribers()
            var changed: [String: String] = [:]
            for old in known where !subscriptions.contains(where: { $0.name == old.name }) {
                try transaction.removeSubscriber(old.name)
                changed[old.name] = "removed"
            }
            for new in subscriptions {
                let old = known.first { $0.name == new.name }
                if let old, old.kinds == new.kinds, old.seesIdentifiers == new.seesIdentifiers { continue }
                var subscriber =
                    try old
                    ?? SubscriberRow(
                        name: new.name, kinds: [], seesIdentifiers: false, next: transaction.logSize(), due: now)
                subscriber.kinds = new.kinds
                subscriber.seesIdentifiers = new.seesIdentifiers
                try transaction.put(subscriber)
                changed[new.name] = new.words
            }
            guard !changed.isEmpty else { return }
            _ = try transaction.append(row(Event(.subscribersChanged, by: nil).with(changed)))
            try transaction.removeEventsNobodyNeeds(in: 0..<transaction.logSize())
        }
    }
}

extension Subscription {
    fileprivate var words: String {
        kinds.map(\.description).sorted().joined(separator: " ") + (seesIdentifiers ? " with identifiers" : "")
    }
}

/// A subscriber as it is listed.
public struct SubscriberStatus: Hashable, Sendable, Codable {
    public let name: String
    public let kinds: [String]
    public let withIdentifiers: Bool
    /// The first entry of the ledger that it has not been told of.
    public let next: UInt64
    /// Attempts that failed since it last took an event.
    public let failures: Int64
    public let failingSince: String?
    public let nextAttempt: String?
    /// Events that were given up.
    public let dead: Int64
}

/// An event that waits, as it is listed.
public struct WaitingEvent: Hashable, Sendable, Codable {
    public let entry: UInt64
    public let kind: String
    public let added: String
    public let waitingFor: [String]
}

extension DocumentVault {
    public func subscribers(as caller: Caller) async throws -> [SubscriberStatus] {
        try await authorise("ledger.show", caller)
        let rows = try await records.read { try $0.subscribers() }
        try await log(Event(.eventsListed, by: caller).with(["subscribers": String(rows.count)]))
        return rows.map { row in
            SubscriberStatus(
                name: row.name, kinds: row.kinds.map(\.description).sorted(), withIdentifiers: row.seesIdentifiers,
                next: row.next, failures: row.attempts, failingSince: row.failingSince?.text,
                nextAttempt: row.attempts > 0 ? row.due.text : nil, dead: row.dead)
        }
    }

    /// What waits to be sent, in the ledger's order.
    ///
    /// `from`: the first entry.
    /// `limit`: how many at most.
    public func waitingEvents(from: UInt64, limit: Int, as caller: Caller) async throws -> [WaitingEvent] {
        try await authorise("ledger.show", caller)
        let (events, subscribers) = try await records.read { transaction in
            (try transaction.events(from: from, limit: limit), try transaction.subscribers())
        }
        try await log(Event(.eventsListed, by: caller).with(["events": String(events.count)]))
        return events.map { event in
            WaitingEvent(
                entry: event.entry, kind: event.kind.description, added: event.added.text,
                waitingFor: subscribers.filter { $0.needs(event) }.map(\.name))
        }
    }

    /// Tells a subscriber again of everything from an entry of the ledger on, whether or not it had it.
    ///
    /// - Throws: `VaultError.notFound(.subscriber)`, `.denied`.
    public func replayEvents(to name: String, from entry: UInt64, as caller: Caller) async throws {
        try await authorise("ledger.show", caller)
        let now = environment.now()
        let event = try row(
            Event(.eventsReplayed, by: caller).on(["subscriber": name]).with(["from": String(entry)]))
        try await records.write { transaction in
            guard var subscriber = try transaction.subscriber(name) else { throw VaultError.notFound(.subscriber) }
            _ = try transaction.append(event)
            let end = max(entry, subscriber.next)
            try transaction.announceAgain(subscriber.kinds, in: entry..<end, at: now)
            subscriber.next = min(entry, subscriber.next)
            subscriber.attempts = 0
            subscriber.failingSince = nil
            subscriber.due = now
            try transaction.put(subscriber)
        }
    }
}
