/// What a sealed value belongs to, as bytes: every part carries its length, so no two lists of parts look alike.
///
/// A value sealed beside facts opens only beside the same ones: it cannot be moved to another row, child, party or version.
public struct Facts: Hashable, Sendable {
    public let bytes: [UInt8]

    /// `purpose`: what the value is; begins with `muniment/v1/` on disk.
    public init(_ purpose: String, _ parts: [UInt8]...) {
        bytes = Self.list([Array("muniment/v1/\(purpose)".utf8)] + parts)
    }

    /// A list of parts as one part.
    public static func list(_ parts: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(parts.reduce(0) { $0 + 4 + $1.count })
        for part in parts {
            for shift in stride(from: 24, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: part.count >> shift))
            }
            bytes += part
        }
        return bytes
    }

    /// Takes a list apart again.
    ///
    /// - Returns: `nil` when the lengths do not add up.
    public static func parts(_ list: [UInt8]) -> [[UInt8]]? {
        var parts: [[UInt8]] = []
        var rest = list[...]
        while !rest.isEmpty {
            guard rest.count >= 4 else { return nil }
            let count = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            guard rest.count - 4 >= count else { return nil }
            parts.append(Array(rest.dropFirst(4).prefix(count)))
            rest = rest.dropFirst(4 + count)
        }
        return parts
    }

    static func bigEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }

    /// A field of a database row, sealed under a child's or the vault's key.
    public static func field(table: String, column: String, row: [UInt8], owner: [UInt8]) -> Facts {
        Facts("field", Array(table.utf8), Array(column.utf8), row, owner)
    }
}

/// A key that several parts of an unlocked vault use: the one copy stays in locked memory.
public final class Key: Sendable {
    public let secret: SecretBytes

    public init(_ secret: consuming SecretBytes) { self.secret = secret }

    /// A random key of 32 bytes.
    public convenience init(from random: RandomSource) throws(SealingError) {
        self.init(try SecretBytes(count: 32, from: random))
    }

    /// A key for one purpose. It dies when this key does, since nothing else can make it again.
    public func derive(_ purpose: Facts) throws(SealingError) -> Key { Key(try secret.derive(info: purpose.bytes)) }

    public func seal(_ plaintext: [UInt8], _ facts: Facts, random: RandomSource) -> [UInt8] {
        secret.seal(plaintext, facts: facts.bytes, random: random)
    }

    /// - Throws: `SealingError.notAuthentic` when the value is damaged, foreign or not in its place.
    public func open(_ sealed: [UInt8], _ facts: Facts) throws(SealingError) -> [UInt8] {
        try secret.open(sealed, facts: facts.bytes)
    }

    /// Wraps another key under this one.
    public func wrap(_ key: Key, _ facts: Facts, random: RandomSource) -> [UInt8] {
        secret.seal(key.secret, facts: facts.bytes, random: random)
    }

    /// - Throws: `SealingError.notAuthentic` when the wrap is damaged, foreign or not in its place.
    public func unwrap(_ sealed: [UInt8], _ facts: Facts) throws(SealingError) -> Key {
        let key = try secret.openSecret(sealed, facts: facts.bytes)
        guard key.count == SecretBytes.keyCount else { throw .malformedKey("a key has 32 bytes") }
        return Key(key)
    }
}

/// The facts that a wrap of a rendition key is bound to.
public struct WrapBinding: Hashable, Sendable {
    public let rendition: [UInt8]
    public let child: [UInt8]
    public let party: String
    public let partyKeyVersion: UInt32
    public let childKeyVersion: UInt32
    /// Kept for emergencies only.
    public let isOverride: Bool

    public init(
        rendition: [UInt8], child: [UInt8], party: String, partyKeyVersion: UInt32, childKeyVersion: UInt32,
        isOverride: Bool
    ) {
        self.rendition = rendition
        self.child = child
        self.party = party
        self.partyKeyVersion = partyKeyVersion
        self.childKeyVersion = childKeyVersion
        self.isOverride = isOverride
    }

    var facts: Facts {
        Facts(
            "wrap", rendition, child, Array(party.utf8), Facts.bigEndian(partyKeyVersion),
            Facts.bigEndian(childKeyVersion), [isOverride ? 1 : 0])
    }
}

/// The two keys that together open what one party may read about one child. Either alone opens nothing.
public struct WrapKeys: Sendable {
    private let party: Key
    private let child: Key

    public init(party: Key, child: Key) {
        self.party = party
        self.child = child
    }

    /// Wraps a rendition key for this party and child.
    public func wrap(
        _ identity: borrowing AgeIdentity, _ facts: WrapBinding, random: RandomSource
    ) throws(SealingError) -> [UInt8] {
        precondition(identity.recipient.kind == .x25519, "a rendition key is one of X25519")
        let facts = facts.facts.bytes
        return try wrappingKey(facts).seal(identity.secret, facts: facts, random: random)
    }

    /// - Throws: `SealingError.notAuthentic` when either key or any fact differs.
    public func unwrap(_ sealed: [UInt8], _ facts: WrapBinding) throws(SealingError) -> AgeIdentity {
        let facts = facts.facts.bytes
        return try AgeIdentity(secret: wrappingKey(facts).openSecret(sealed, facts: facts))
    }

    /// Wraps a rendition key that these keys have wrapped for other keys or facts, without computing anything from it.
    ///
    /// - Throws: `SealingError.notAuthentic` when either key or any fact differs.
    public func rewrap(
        _ sealed: [UInt8], _ facts: WrapBinding, under keys: WrapKeys, _ newFacts: WrapBinding, random: RandomSource
    ) throws(SealingError) -> [UInt8] {
        let (old, new) = (facts.facts.bytes, newFacts.facts.bytes)
        let secret = try wrappingKey(old).openSecret(sealed, facts: old)
        return try keys.wrappingKey(new).seal(secret, facts: new, random: random)
    }

    private func wrappingKey(_ facts: [UInt8]) throws(SealingError) -> SecretBytes {
        let both = unsafe try SecretBytes(count: party.secret.count + child.secret.count) {
            (out) throws(SealingError) in
            unsafe party.secret.withUnsafeBytes { unsafe out.copyMemory(from: $0) }
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: out[party.secret.count...])
            unsafe child.secret.withUnsafeBytes { unsafe rest.copyMemory(from: $0) }
        }
        return try both.derive(info: facts)
    }
}
