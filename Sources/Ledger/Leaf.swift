public import Sealing

/// A random name for one event, the only one by which an erasure may speak of it.
public struct EventID: Hashable, Sendable {
    public static let byteCount = 16
    public let bytes: [UInt8]

    /// - Parameter bytes: 16 random bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }
}

/// What a leaf's commitment is about. Each is opened, and forgotten, apart from the others.
public enum CommitmentRole: UInt8, CaseIterable, Sendable {
    case actor = 1
    case subject = 2
    case object = 3
    case detail = 4
}

/// A value with the salt that hides it: together they open a commitment, and without the salt no guess can be tested.
///
/// Personal data: keep it sealed, and destroy it to forget the person. The leaf stays as it is.
public struct Opening: Hashable, Sendable, CustomStringConvertible {
    public static let saltByteCount = 32
    private static let context = Array("vault-audit/v1\n".utf8)

    public let role: CommitmentRole
    public let salt: [UInt8]
    public let value: [UInt8]

    /// - Parameters:
    ///   - role: What the value is about.
    ///   - salt: 32 random bytes, never used before.
    ///   - value: The bytes committed to, whatever they mean to the caller.
    public init?(role: CommitmentRole, salt: [UInt8], value: [UInt8]) {
        guard salt.count == Self.saltByteCount else { return nil }
        self.role = role
        self.salt = salt
        self.value = value
    }

    public func commitment(in event: EventID) -> Digest {
        hmacSHA256(key: salt, Self.context + [role.rawValue] + event.bytes + value)
    }

    public var description: String { "‹opening of \(role)›" }
}

/// An entry of the log: when, what kind, which party, and commitments to the rest. Nothing in it is about a person.
public struct Leaf: Hashable, Sendable {
    private static let version = Array("AUD1".utf8)
    private static let fixedByteCount = 4 + 8 + 2 + 2 + EventID.byteCount + 1

    /// POSIX time in milliseconds.
    public let time: UInt64
    public let kind: EventKind
    /// The number of the party that acted, from 1, or 0 for none. It is the low byte of the flags; the high byte is 0.
    public let party: UInt8
    public let id: EventID
    /// In the order of their roles, which they do not tell.
    public let commitments: [Digest]

    /// - Parameters:
    ///   - time: POSIX time in milliseconds, above 0 and below 2^63.
    ///   - kind: What happened.
    ///   - party: The number of the party that acted, or 0.
    ///   - id: A new random name.
    ///   - openings: At most one a role. What each commits to can be shown later, by whoever keeps it.
    /// - Throws: `timeOutOfRange`, or `malformedLeaf` for two openings of one role.
    public init(
        time: UInt64, kind: EventKind, party: UInt8, id: EventID, openings: [Opening]
    ) throws(LedgerError) {
        guard (1..<numberLimit).contains(time) else { throw .timeOutOfRange(time) }
        guard Set(openings.map(\.role)).count == openings.count else { throw .malformedLeaf }
        self.time = time
        self.kind = kind
        self.party = party
        self.id = id
        commitments = openings.sorted { $0.role.rawValue < $1.role.rawValue }.map { $0.commitment(in: id) }
    }

    public init(parsing bytes: [UInt8]) throws(LedgerError) {
        guard bytes.count >= Self.fixedByteCount, bytes.starts(with: Self.version) else { throw .malformedLeaf }
        time = UInt64(bigEndianBytes: bytes[4..<12])
        let code = UInt16(bigEndianBytes: bytes[12..<14])
        let count = Int(bytes[32])
        guard (1..<numberLimit).contains(time), bytes[14] == 0, let id = EventID(Array(bytes[16..<32])),
            count <= CommitmentRole.allCases.count, bytes.count == Self.fixedByteCount + count * Digest.byteCount
        else { throw .malformedLeaf }
        guard let kind = EventKind(rawValue: code) else { throw .unknownEvent(code) }
        self.kind = kind
        self.id = id
        party = bytes[15]
        let starts = stride(from: Self.fixedByteCount, to: bytes.count, by: Digest.byteCount)
        commitments = starts.compactMap { Digest(bytes[$0..<$0 + Digest.byteCount]) }
        guard Set(commitments).count == count else { throw .malformedLeaf }
    }

    public var bytes: [UInt8] {
        Self.version + time.bigEndianBytes + kind.rawValue.bigEndianBytes + [0, party] + id.bytes
            + [UInt8(commitments.count)] + commitments.flatMap(\.bytes)
    }

    public var hash: Digest { leafHash(bytes) }

    /// Whether the value in this opening is what the leaf committed to when it was written.
    public func admits(_ opening: Opening) -> Bool {
        commitments.contains(opening.commitment(in: id))
    }
}
