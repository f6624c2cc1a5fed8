internal import Ledger
internal import Rules
internal import Sealing
internal import Storage

/// What happened, before it becomes a ledger entry. The values are about people; only commitments to them go into the leaf.
struct Event: Sendable {
    var kind: EventKind
    var party: Party?
    /// Who did it.
    var actor: [String: String] = [:]
    /// The child it is about.
    var subject: [String: String] = [:]
    /// The document, case, person or policy it was done to.
    var object: [String: String] = [:]
    /// Why, and under which clause.
    var detail: [String: String] = [:]

    init(_ kind: EventKind, by caller: Caller?, party: Party? = nil) {
        self.kind = kind
        self.party = party ?? caller?.memberships.first?.party
        if let caller { actor = ["person": caller.person.description] }
    }

    func about(_ child: ChildID) -> Event {
        var event = self
        event.subject = ["child": child.description]
        return event
    }

    func on(_ object: [String: String]) -> Event {
        var event = self
        event.object = object
        return event
    }

    func with(_ detail: [String: String]) -> Event {
        var event = self
        event.detail = detail
        return event
    }

    fileprivate var values: [(CommitmentRole, [String: String])] {
        [(.actor, actor), (.subject, subject), (.object, object), (.detail, detail)].filter { !$0.1.isEmpty }
    }
}

/// The opened details of an entry.
struct OpenedEvent: Sendable {
    var actor: [String: String] = [:]
    var subject: [String: String] = [:]
    var object: [String: String] = [:]
    var detail: [String: String] = [:]
}

/// The openings of an entry's commitments, as they are sealed: see docs/FORMATS.md, "Openings".
enum Openings {
    static func seal(_ openings: [Opening], event: EventID, under key: Key, random: RandomSource) -> [UInt8] {
        let parts = openings.map { Facts.list([[$0.role.rawValue], $0.salt, $0.value]) }
        return key.seal(Facts.list(parts), Facts("openings", event.bytes), random: random)
    }

    /// Opens the details and checks each against the leaf.
    ///
    /// - Throws: `SealingError.notAuthentic`; `StorageError.damagedStore` when they are not what the leaf committed to.
    static func open(_ row: LogRow, with key: Key) throws -> OpenedEvent {
        var event = OpenedEvent()
        guard let sealed = row.openings else { return event }
        for part in try split(key.open(sealed, Facts("openings", row.leaf.id.bytes))) {
            let fields = try split(part)
            guard fields.count == 3, let code = fields[0].first, let role = CommitmentRole(rawValue: code),
                let opening = Opening(role: role, salt: fields[1], value: fields[2]), row.leaf.admits(opening)
            else { throw StorageError.damagedStore(store: "ledger") }
            let value = try words(opening.value)
            switch role {
            case .actor: event.actor = value
            case .subject: event.subject = value
            case .object: event.object = value
            case .detail: event.detail = value
            }
        }
        return event
    }

    /// What an entry commits to in one role: names and texts, in the order of the names.
    static func value(_ words: [String: String]) -> [UInt8] {
        Facts.list(words.sorted { $0.key < $1.key }.flatMap { [Array($0.key.utf8), Array($0.value.utf8)] })
    }

    private static func words(_ value: [UInt8]) throws -> [String: String] {
        var texts = try split(value).map { String(decoding: $0, as: UTF8.self) }[...]
        var words: [String: String] = [:]
        while let name = texts.popFirst(), let text = texts.popFirst() { words[name] = text }
        // One spelling only: UTF-8, in order, each name once and with its text.
        guard Self.value(words) == value else { throw StorageError.damagedStore(store: "ledger") }
        return words
    }

    private static func split(_ bytes: [UInt8]) throws -> [[UInt8]] {
        guard let parts = Facts.parts(bytes) else { throw StorageError.damagedStore(store: "ledger") }
        return parts
    }
}

extension DocumentVault {
    /// The ledger row of an event, its details sealed under the child's key, or the vault's when it is about no child.
    func row(_ event: Event, childKey: ChildKey? = nil) throws -> LogRow {
        guard let id = EventID(environment.random.bytes(EventID.byteCount)) else {
            preconditionFailure("an event identifier has 16 bytes")
        }
        let openings = event.values.compactMap { role, words in
            Opening(
                role: role, salt: environment.random.bytes(Opening.saltByteCount), value: Openings.value(words))
        }
        let leaf = try Leaf(
            time: UInt64(max(1, environment.now().milliseconds)), kind: event.kind, party: event.party?.number ?? 0,
            id: id, openings: openings)
        let key = try childKey?.openings ?? keys.openings
        let sealed = Openings.seal(openings, event: id, under: key, random: environment.random)
        return LogRow(leaf: leaf, child: childKey?.child, openings: sealed)
    }

    /// Appends one event by itself, durably.
    @discardableResult
    func log(_ event: Event, childKey: ChildKey? = nil) async throws -> UInt64 {
        let row = try row(event, childKey: childKey)
        return try await records.write(isAct: false) { try $0.append(row) }
    }

    /// Records a refusal, then throws it. If it cannot be recorded, that is thrown instead.
    func refuse(_ error: VaultError, _ event: Event, childKey: ChildKey? = nil) async throws -> Never {
        try await log(event, childKey: childKey)
        throw error
    }
}

extension Party {
    /// The number in a leaf's flags. See docs/FORMATS.md, "Leaves".
    var number: UInt8 {
        switch self {
        case .education: 1
        case .health: 2
        case .socialCare: 3
        case .youthJustice: 4
        case .family: 5
        case .rights: 6
        }
    }

    init?(number: UInt8) {
        guard let party = Party.allCases.first(where: { $0.number == number }) else { return nil }
        self = party
    }
}
