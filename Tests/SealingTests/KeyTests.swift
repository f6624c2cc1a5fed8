import Testing

@testable import Sealing

@Suite("Keys open only what they were bound to")
struct KeyTests {
    let facts = WrapBinding(
        rendition: [1], child: [2], party: "health", partyKeyVersion: 1, childKeyVersion: 1, isOverride: false)

    @Test("a wrap opens with both keys and the very facts it was made for")
    func wrap() throws {
        let keys = WrapKeys(party: try Key(from: .system), child: try Key(from: .system))
        let identity = try AgeIdentity(from: .system)
        let sealed = try keys.wrap(identity, facts, random: .system)
        #expect(try keys.unwrap(sealed, facts).recipient == identity.recipient)
    }

    static let otherFacts = [
        WrapBinding(
            rendition: [9], child: [2], party: "health", partyKeyVersion: 1, childKeyVersion: 1, isOverride: false),
        WrapBinding(
            rendition: [1], child: [9], party: "health", partyKeyVersion: 1, childKeyVersion: 1, isOverride: false),
        WrapBinding(
            rendition: [1], child: [2], party: "rights", partyKeyVersion: 1, childKeyVersion: 1, isOverride: false),
        WrapBinding(
            rendition: [1], child: [2], party: "health", partyKeyVersion: 2, childKeyVersion: 1, isOverride: false),
        WrapBinding(
            rendition: [1], child: [2], party: "health", partyKeyVersion: 1, childKeyVersion: 2, isOverride: false),
        WrapBinding(
            rendition: [1], child: [2], party: "health", partyKeyVersion: 1, childKeyVersion: 1, isOverride: true),
    ]

    @Test("moved to another rendition, child, party, version or use, it does not open", arguments: otherFacts)
    func movedWrap(other: WrapBinding) throws {
        let keys = WrapKeys(party: try Key(from: .system), child: try Key(from: .system))
        let sealed = try keys.wrap(AgeIdentity(from: .system), facts, random: .system)
        #expect(throws: SealingError.notAuthentic) { _ = try keys.unwrap(sealed, other) }
    }

    @Test("neither the party's key nor the child's opens it alone")
    func bothKeys() throws {
        let party = try Key(from: .system)
        let child = try Key(from: .system)
        let sealed = try WrapKeys(party: party, child: child).wrap(AgeIdentity(from: .system), facts, random: .system)
        let stranger = try Key(from: .system)
        for keys in [WrapKeys(party: party, child: stranger), WrapKeys(party: stranger, child: child)] {
            #expect(throws: SealingError.notAuthentic) { _ = try keys.unwrap(sealed, facts) }
        }
    }

    @Test("a sealed field does not open in another row, column or table")
    func fields() throws {
        let key = try Key(from: .system)
        let here = Facts.field(table: "children", column: "name", row: [1], owner: [2])
        let sealed = key.seal(Array("name".utf8), here, random: .system)
        #expect(try key.open(sealed, here) == Array("name".utf8))
        for there in [
            Facts.field(table: "children", column: "name", row: [3], owner: [2]),
            Facts.field(table: "children", column: "birth", row: [1], owner: [2]),
            Facts.field(table: "people", column: "name", row: [1], owner: [2]),
            Facts.field(table: "children", column: "name", row: [1], owner: [4]),
        ] {
            #expect(throws: SealingError.notAuthentic) { try key.open(sealed, there) }
        }
    }

    @Test("two lists of parts never encode alike")
    func factsAreUnambiguous() {
        #expect(Facts("x", [1, 2], [3]) != Facts("x", [1], [2, 3]))
        #expect(Facts("x", [], [1]) != Facts("x", [1], []))
    }

    @Test("the root key opens with its own secret only", arguments: [true, false])
    func custody(isKeyFile: Bool) throws {
        let cheap = Argon2Cost(passes: 1, memory: 8 << 10)
        let custody: Custody = isKeyFile ? .keyFile : .passphrase(salt: RandomSource.system.bytes(16), cost: cheap)
        let secret = try SecretBytes(count: 40, from: .system)
        let root = try Key(from: .system)
        let sealed = try custody.wrap(root, with: secret, vault: [7], random: .system)
        #expect(try custody.unwrap(sealed, with: secret, vault: [7]).secret.isEqual(to: root.secret))
        let wrong = try SecretBytes(count: 40, from: .system)
        #expect(throws: SealingError.wrongUnlockSecret) { try custody.unwrap(sealed, with: wrong, vault: [7]) }
        #expect(throws: SealingError.wrongUnlockSecret) { try custody.unwrap(sealed, with: secret, vault: [8]) }
    }

    @Test("a password is accepted only whole and with the vault's pepper")
    func password() throws {
        let pepper = try Key(from: .system)
        let cheap = Argon2Cost(passes: 1, memory: 8 << 10)
        let right = try SecretBytes(copying: Array("correct horse".utf8))
        let record = try PasswordRecord(right, pepper: pepper, cost: cheap, random: .system)
        #expect(try record.accepts(right, pepper: pepper))
        #expect(try !record.accepts(SecretBytes(copying: Array("correct hors".utf8)), pepper: pepper))
        #expect(try !record.accepts(right, pepper: Key(from: .system)))
    }
}

@Suite("Fingerprints recognise content, under one key")
struct FingerprintTests {
    private func fingerprint(_ parts: [[UInt8]], _ key: Key) throws -> Digest {
        var stream = try FingerprintStream(FingerprintKey(key))
        for part in parts { stream.update(part.span) }
        return stream.digest()
    }

    @Test("the same content in other pieces is the same; any other content, length or key is not")
    func recognition() throws {
        let key = try Key(from: .system)
        let content = RandomSource.system.bytes(100_000)
        let whole = try fingerprint([content], key)
        #expect(
            try fingerprint([Array(content[..<7]), Array(content[7..<70_000]), Array(content[70_000...])], key) == whole
        )
        var changed = content
        changed[99_999] ^= 1
        #expect(try fingerprint([changed], key) != whole)
        #expect(try fingerprint([content + [0]], key) != whole)
        #expect(try fingerprint([Array(content.dropLast())], key) != whole)
        #expect(try fingerprint([content], Key(from: .system)) != whole)
        #expect(try fingerprint([[]], key) != fingerprint([[0]], key))
    }
}
