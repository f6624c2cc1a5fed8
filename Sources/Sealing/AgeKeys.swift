internal import CSodium

/// The kinds of key pairs that age files are sealed to.
public enum AgeKeyKind: Hashable, Sendable {
    /// X25519. A rendition key is one.
    case x25519
    /// ML-KEM-768 and X25519 together, which a quantum computer does not open either.
    case hybrid

    /// What a recipient's text begins with, before the `1`.
    fileprivate var recipientPrefix: String {
        switch self {
        case .x25519: "age"
        case .hybrid: "age1pq"
        }
    }

    fileprivate var identityPrefix: String {
        switch self {
        case .x25519: "age-secret-key-"
        case .hybrid: "age-secret-key-pq-"
        }
    }
}

/// Whom an age file is sealed to.
public enum AgeRecipient: Hashable, Sendable {
    /// An X25519 public key of 32 bytes; written `age1…`.
    case x25519([UInt8])
    /// A post-quantum public key of 1,216 bytes; written `age1pq1…`, 1,959 characters.
    case hybrid([UInt8])

    /// Reads an `age1…` or `age1pq1…` recipient.
    public init(_ text: String) throws(SealingError) {
        let text = Array(text.utf8)
        if let bytes = Bech32.decode(text, prefix: AgeKeyKind.x25519.recipientPrefix), bytes.count == 32 {
            self = .x25519(bytes)
        } else if let bytes = Bech32.decode(text, prefix: AgeKeyKind.hybrid.recipientPrefix),
            bytes.count == XWing.publicKeyCount
        {
            self = .hybrid(bytes)
        } else {
            throw .malformedKey("a recipient begins with age1 and has 62 characters, or with age1pq1 and has 1959")
        }
    }

    public var text: String {
        String(decoding: Bech32.encode(bytes, prefix: kind.recipientPrefix), as: UTF8.self)
    }

    public var kind: AgeKeyKind {
        switch self {
        case .x25519: .x25519
        case .hybrid: .hybrid
        }
    }

    private var bytes: [UInt8] {
        switch self {
        case .x25519(let bytes), .hybrid(let bytes): bytes
        }
    }
}

/// An identity: what opens a file sealed to its recipient. A rendition key is one of X25519.
public struct AgeIdentity: ~Copyable, Sendable {
    static let label = Array("age-encryption.org/v1/X25519".utf8)
    /// 32 bytes for either kind: the X25519 private key, or the seed of both.
    let secret: SecretBytes
    public let recipient: AgeRecipient

    public init(_ kind: AgeKeyKind = .x25519, from random: RandomSource) throws(SealingError) {
        try self.init(kind, secret: SecretBytes(count: 32, from: random))
    }

    init(_ kind: AgeKeyKind = .x25519, secret: consuming SecretBytes) throws(SealingError) {
        guard secret.count == 32 else { throw .malformedKey("the secret part of an age key has 32 bytes") }
        switch kind {
        case .x25519:
            var publicKey = [UInt8](repeating: 0, count: 32)
            _ = unsafe secret.withUnsafeBytes { unsafe crypto_scalarmult_base(&publicKey, $0.start) }
            recipient = .x25519(publicKey)
        case .hybrid:
            recipient = .hybrid(try XWing.publicKey(of: secret))
        }
        self.secret = secret
    }

    /// Reads an `AGE-SECRET-KEY-1…` or `AGE-SECRET-KEY-PQ-1…` line from a key file, and wipes what it read.
    public init(wipingText text: inout [UInt8]) throws(SealingError) {
        var kind = AgeKeyKind.x25519
        var decoded = Bech32.decode(text, prefix: kind.identityPrefix)
        if decoded == nil {
            kind = .hybrid
            decoded = Bech32.decode(text, prefix: kind.identityPrefix)
        }
        unsafe text.withUnsafeMutableBytes { unsafe sodium_memzero($0.start, $0.count) }
        guard var bytes = decoded.take(), bytes.count == 32 else {
            throw .malformedKey("an identity begins with AGE-SECRET-KEY-1 or AGE-SECRET-KEY-PQ-1")
        }
        try self.init(kind, secret: SecretBytes(wiping: &bytes))
    }

    /// The identity as `age` reads it. It leaves locked memory: only for handing a key over on purpose.
    public borrowing func exposedText() -> [UInt8] {
        let prefix = recipient.kind.identityPrefix
        let text = unsafe secret.withUnsafeBytes { unsafe Bech32.encode([UInt8]($0), prefix: prefix) }
        return text.map { (97...122).contains($0) ? $0 - 32 : $0 }
    }

    /// X25519 (RFC 7748).
    ///
    /// - Returns: `nil` when the other key is of low order, which makes the shared secret known to all.
    borrowing func agree(with publicKey: [UInt8]) throws(SealingError) -> SecretBytes? {
        try x25519(secret, publicKey)
    }
}

func x25519(_ secret: borrowing SecretBytes, _ publicKey: [UInt8]) throws(SealingError) -> SecretBytes? {
    guard secret.count == 32, publicKey.count == 32 else { throw .malformedKey("an X25519 key has 32 bytes") }
    var isUsable = false
    let shared = unsafe try secret.withUnsafeBytes { (secret) throws(SealingError) in
        unsafe try SecretBytes(count: 32) { (out) throws(SealingError) in
            isUsable = unsafe crypto_scalarmult(out.start, secret.start, publicKey) == 0
        }
    }
    guard isUsable else { return nil }
    return shared
}

/// What a file may be opened with.
public enum AgeOpener: ~Copyable, Sendable {
    case identity(AgeIdentity)
    case passphrase(SecretBytes)
}

// MARK: - Stanzas

extension AgeHeader.Stanza {
    /// age seals the 16-byte file key with a nonce of zeros: each wrapping key is used once.
    static let zeroNonce = [UInt8](repeating: 0, count: 12)
    static let fileKeyCount = 16

    /// Wraps the file key for a recipient.
    static func wrap(
        _ fileKey: borrowing SecretBytes, for recipient: AgeRecipient, random: RandomSource
    ) throws(SealingError) -> Self {
        switch recipient {
        case .x25519(let publicKey): try wrap(fileKey, x25519: publicKey, random: random)
        case .hybrid(let publicKey): try wrap(fileKey, hybrid: publicKey)
        }
    }

    private static func wrap(
        _ fileKey: borrowing SecretBytes, x25519 publicKey: [UInt8], random: RandomSource
    ) throws(SealingError) -> Self {
        let ephemeral = try AgeIdentity(from: random)
        guard case .x25519(let share) = ephemeral.recipient, let shared = try ephemeral.agree(with: publicKey) else {
            throw .malformedKey("the recipient is of low order")
        }
        let key = try shared.derive(salt: share + publicKey, info: AgeIdentity.label)
        return Self(type: "X25519", arguments: [Base64.encode(share)], body: sealFileKey(fileKey, under: key))
    }

    /// Wraps the file key under a passphrase.
    static func wrap(
        _ fileKey: borrowing SecretBytes, passphrase: borrowing SecretBytes, logN: Int, random: RandomSource
    ) throws(SealingError) -> Self {
        guard (1...maximumLogN).contains(logN) else {
            throw .malformedKey("scrypt's work factor is 1 to \(maximumLogN)")
        }
        let salt = random.bytes(16)
        let key = try passphrase.scrypt(salt: scryptLabel + salt, logN: logN)
        return Self(
            type: "scrypt", arguments: [Base64.encode(salt), String(logN)], body: sealFileKey(fileKey, under: key))
    }

    /// - Returns: the file key; `nil` when the stanza is for someone else.
    /// - Throws: `SealingError.malformedHeader` for a stanza of our kind that breaks its rules.
    func unwrap(with identity: borrowing AgeIdentity) throws(SealingError) -> SecretBytes? {
        switch identity.recipient {
        case .x25519(let publicKey): try unwrap(x25519: identity, publicKey)
        case .hybrid: try unwrap(hybrid: identity.secret)
        }
    }

    private func unwrap(
        x25519 identity: borrowing AgeIdentity, _ publicKey: [UInt8]
    ) throws(SealingError) -> SecretBytes? {
        guard type == "X25519" else { return nil }
        guard arguments.count == 1, let share = Base64.decode(arguments[0]), share.count == 32, hasFileKeyBody else {
            throw .malformedHeader("an X25519 recipient is malformed")
        }
        guard let shared = try identity.agree(with: share) else {
            throw .malformedHeader("an X25519 share is of low order")
        }
        return try openFileKey(under: shared.derive(salt: share + publicKey, info: AgeIdentity.label))
    }

    /// As `unwrap(with:)`, for a passphrase.
    func unwrap(passphrase: borrowing SecretBytes) throws(SealingError) -> SecretBytes? {
        guard type == "scrypt" else { return nil }
        guard arguments.count == 2, let salt = Base64.decode(arguments[0]), salt.count == 16, hasFileKeyBody,
            let logN = Self.workFactor(arguments[1])
        else { throw .malformedHeader("a scrypt recipient is malformed or asks for too much work") }
        return try openFileKey(under: passphrase.scrypt(salt: Self.scryptLabel + salt, logN: logN))
    }

    static let scryptLabel = Array("age-encryption.org/v1/scrypt".utf8)
    /// A passphrase file that asks for more than 2^22 would take minutes and gigabytes: refused.
    static let maximumLogN = 22

    /// Accepts 1-22 in ASCII digits without sign or leading zero: `Int("+7")` and `Int("07")` would succeed.
    private static func workFactor(_ text: String) -> Int? {
        guard let value = Int(text), String(value) == text, (1...maximumLogN).contains(value) else { return nil }
        return value
    }

    var hasFileKeyBody: Bool { body.count == Self.fileKeyCount + SecretBytes.tagCount }

    static func sealFileKey(
        _ fileKey: borrowing SecretBytes, under key: borrowing SecretBytes, nonce: [UInt8] = zeroNonce
    ) -> [UInt8] {
        unsafe fileKey.withUnsafeBytes { fileKey in
            unsafe key.withUnsafeBytes { key in
                var body = [UInt8](repeating: 0, count: fileKey.count + SecretBytes.tagCount)
                unsafe crypto_aead_chacha20poly1305_ietf_encrypt(
                    &body, nil, fileKey.start, UInt64(fileKey.count), nil, 0, nil, nonce, key.start)
                return body
            }
        }
    }

    func openFileKey(
        under key: borrowing SecretBytes, nonce: [UInt8] = zeroNonce
    ) throws(SealingError) -> SecretBytes? {
        var isOurs = false
        let fileKey = unsafe try key.withUnsafeBytes { (key) throws(SealingError) in
            unsafe try SecretBytes(count: Self.fileKeyCount) { (out) throws(SealingError) in
                isOurs =
                    unsafe crypto_aead_chacha20poly1305_ietf_decrypt(
                        out.start, nil, nil, body, UInt64(body.count), nil, 0, nonce, key.start) == 0
            }
        }
        guard isOurs else { return nil }
        return fileKey
    }
}
