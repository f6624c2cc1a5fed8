internal import Foundation
internal import GRDB
public import Ledger

/// A system outside that is told of events, and how far it has been told.
public struct SubscriberRow: Hashable, Sendable {
    /// As the service's configuration names it.
    public let name: String
    public var kinds: Set<EventKind>
    /// May be given the number of the document or case that an event is about.
    public var seesIdentifiers: Bool
    /// The first entry of the ledger that it has not been told of.
    public var next: UInt64
    /// Failed ones since it last took an event.
    public var attempts: Int64
    /// When the first of these was.
    public var failingSince: Instant?
    /// No attempt is made before.
    public var due: Instant
    /// Events that were given up.
    public var dead: Int64

    public init(name: String, kinds: Set<EventKind>, seesIdentifiers: Bool, next: UInt64, due: Instant) {
        self.name = name
        self.kinds = kinds
        self.seesIdentifiers = seesIdentifiers
        self.next = next
        attempts = 0
        self.due = due
        dead = 0
    }

    /// Whether it is still to be told of this event.
    public func needs(_ event: OutboxRow) -> Bool { event.entry >= next && kinds.contains(event.kind) }

    fileprivate var kindBytes: [UInt8] { kinds.map(\.rawValue).sorted().flatMap(\.leafBytes) }

    fileprivate var columns: [[UInt8]] {
        [
            name.bytes, kindBytes, [seesIdentifiers ? 1 : 0], Int64(next).bytes, attempts.bytes, failingSince.bytes,
            due.bytes, dead.bytes,
        ]
    }
}

/// An event that somebody is still to be told of: an entry of the ledger, and nothing that is about anybody.
public struct OutboxRow: Hashable, Sendable {
    public let entry: UInt64
    public let kind: EventKind
    /// When it was put here: at the entry's own time, or when it was to be sent again.
    public let added: Instant
}

/// How much waits to be sent.
public struct OutboxLoad: Hashable, Sendable {
    public let count: Int
    public let oldest: Instant?
}

extension WriteTransaction {
    /// Puts an entry that is being appended into the outbox, if somebody wants its kind: both are there, or neither.
    func announce(_ leaf: Leaf, at entry: UInt64) throws {
        let wanted = try log.wanted ?? wantedKinds()
        log.wanted = wanted
        guard wanted.contains(leaf.kind) else { return }
        let statement = try db.cachedStatement(
            sql: "INSERT INTO outbox (entry, kind, added) VALUES (:entry, :kind, :added)")
        try statement.execute(arguments: [
            "entry": Int64(entry), "kind": Int64(leaf.kind.rawValue), "added": Int64(clamping: leaf.time),
        ])
    }

    /// Inserts a subscriber, or replaces the row of the same name.
    public func put(_ subscriber: SubscriberRow) throws {
        try db.execute(
            sql: """
                INSERT INTO subscribers
                  (name, kinds, sees_identifiers, next, attempts, failing_since, due, dead, mac)
                VALUES (:name, :kinds, :sees, :next, :attempts, :failing, :due, :dead, :mac)
                ON CONFLICT (name) DO UPDATE SET kinds = excluded.kinds,
                  sees_identifiers = excluded.sees_identifiers, next = excluded.next, attempts = excluded.attempts,
                  failing_since = excluded.failing_since, due = excluded.due, dead = excluded.dead, mac = excluded.mac
                """,
            arguments: [
                "name": subscriber.name, "kinds": subscriber.kindBytes.data, "sees": subscriber.seesIdentifiers,
                "next": Int64(subscriber.next), "attempts": subscriber.attempts,
                "failing": subscriber.failingSince?.milliseconds, "due": subscriber.due.milliseconds,
                "dead": subscriber.dead, "mac": rows.mac("subscribers", subscriber.columns).data,
            ])
        log.wanted = nil
    }

    public func removeSubscriber(_ name: String) throws {
        try db.execute(sql: "DELETE FROM subscribers WHERE name = :name", arguments: ["name": name])
        log.wanted = nil
    }

    /// Puts entries that a subscriber has been told of into the outbox again, from the ledger.
    public func announceAgain(_ kinds: Set<EventKind>, in range: Range<UInt64>, at now: Instant) throws {
        for kind in kinds {
            try db.execute(
                sql: """
                    INSERT INTO outbox (entry, kind, added)
                    SELECT position, :kind, :now FROM entries
                    WHERE position >= :from AND position < :to AND substr(leaf, 13, 2) = :code
                    ON CONFLICT (entry) DO UPDATE SET added = excluded.added
                    """,
                arguments: [
                    "kind": Int64(kind.rawValue), "now": now.milliseconds, "from": Int64(clamping: range.lowerBound),
                    "to": Int64(clamping: range.upperBound), "code": kind.rawValue.leafBytes.data,
                ])
        }
    }

    /// Takes out of the outbox what nobody is to be told of any more.
    public func removeEventsNobodyNeeds(in range: Range<UInt64>) throws {
        let subscribers = try subscribers()
        var from = range.lowerBound
        while true {
            let page = try events(from: from, limit: 500).filter { $0.entry < range.upperBound }
            for event in page where !subscribers.contains(where: { $0.needs(event) }) {
                let statement = try db.cachedStatement(sql: "DELETE FROM outbox WHERE entry = :entry")
                try statement.execute(arguments: ["entry": Int64(event.entry)])
            }
            guard let last = page.last else { return }
            from = last.entry + 1
        }
    }

    private func wantedKinds() throws -> Set<EventKind> {
        // Only read here, not authenticated: whoever delivers does that each second, and a vault must not refuse all
        // work because a row about an outside system is damaged.
        let statement = try db.cachedStatement(sql: "SELECT kinds FROM subscribers")
        return try Row.fetchAll(statement).reduce(into: []) { try $0.formUnion(kinds(bytes($1, "kinds"))) }
    }
}

extension ReadTransaction {
    public func subscriber(_ name: String) throws -> SubscriberRow? {
        let statement = try db.cachedStatement(sql: "SELECT * FROM subscribers WHERE name = :name")
        return try Row.fetchOne(statement, arguments: ["name": name]).map(subscriber)
    }

    /// By name.
    public func subscribers() throws -> [SubscriberRow] {
        try Row.fetchAll(db, sql: "SELECT * FROM subscribers ORDER BY name").map(subscriber)
    }

    /// The next that a subscriber is to be told of. It is asked for each second, so what waits for others is not gone through.
    public func nextEvent(for subscriber: SubscriberRow) throws -> OutboxRow? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT entry, kind, added FROM outbox WHERE kind = :kind AND entry >= :from ORDER BY entry LIMIT 1
                """)
        return try subscriber.kinds.compactMap { kind in
            try Row.fetchOne(
                statement, arguments: ["kind": Int64(kind.rawValue), "from": Int64(clamping: subscriber.next)]
            ).map(event)
        }.min { $0.entry < $1.entry }
    }

    /// What waits in the outbox, in the ledger's order.
    public func events(from entry: UInt64, limit: Int) throws -> [OutboxRow] {
        let statement = try db.cachedStatement(
            sql: "SELECT entry, kind, added FROM outbox WHERE entry >= :from ORDER BY entry LIMIT :limit")
        return try Row.fetchAll(statement, arguments: ["from": Int64(clamping: entry), "limit": limit]).map(event)
    }

    private func event(_ row: Row) throws -> OutboxRow {
        guard let kind = EventKind(rawValue: try number(row, "kind")) else {
            throw StorageError.damagedStore(store: "outbox")
        }
        return OutboxRow(entry: try number(row, "entry"), kind: kind, added: instant(row, "added"))
    }

    public func outboxLoad() throws -> OutboxLoad {
        let row = try Row.fetchOne(db, sql: "SELECT count(*) AS waiting, min(added) AS oldest FROM outbox")
        guard let row else { throw StorageError.damagedStore(store: "outbox") }
        return OutboxLoad(count: try number(row, "waiting"), oldest: optionalInstant(row, "oldest"))
    }

    private func subscriber(_ row: Row) throws -> SubscriberRow {
        var subscriber = SubscriberRow(
            name: row["name"], kinds: try kinds(bytes(row, "kinds")), seesIdentifiers: row["sees_identifiers"],
            next: try number(row, "next"), due: instant(row, "due"))
        subscriber.attempts = row["attempts"]
        subscriber.failingSince = optionalInstant(row, "failing_since")
        subscriber.dead = row["dead"]
        try rows.check(bytes(row, "mac"), "subscribers", subscriber.columns)
        return subscriber
    }

    fileprivate func kinds(_ bytes: [UInt8]) throws -> Set<EventKind> {
        try stride(from: 0, to: bytes.count, by: 2).reduce(into: []) { kinds, start in
            guard start + 1 < bytes.count,
                let kind = EventKind(rawValue: UInt16(bytes[start]) << 8 | UInt16(bytes[start + 1]))
            else { throw StorageError.damagedStore(store: "subscribers table") }
            kinds.insert(kind)
        }
    }
}
