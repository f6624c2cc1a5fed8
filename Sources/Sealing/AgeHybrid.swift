internal import Crypto
internal import FoundationEssentials

/// The KEM of post-quantum recipients: ML-KEM-768 and X25519 together, safe while either of them is.
///
/// swift-crypto keeps its private key, and the secret that the KEM shares, on the heap: it wipes the second when it is
/// done and the first never, and locks neither. So both live no longer than a call here; what we hold is in locked memory.
/// What encapsulation draws at random it takes from its own generator, since it has no other door.
///
/// Source: draft-connolly-cfrg-xwing-kem.
enum XWing {
    static let publicKeyCount = 1_216
    static let encapsulationCount = 1_120

    /// A fresh shared secret, and what tells it to the owner of the public key.
    struct Encapsulation: ~Copyable {
        let shared: SecretBytes
        let encapsulation: [UInt8]
    }

    static func publicKey(of seed: borrowing SecretBytes) throws(SealingError) -> [UInt8] {
        guard let key = privateKey(seed) else { throw .unavailable("X-Wing") }
        return [UInt8](key.publicKey.rawRepresentation)
    }

    /// - Throws: `SealingError.malformedKey` for a public key that nobody can have made.
    static func encapsulate(to publicKey: [UInt8]) throws(SealingError) -> Encapsulation {
        let key = try? XWingMLKEM768X25519.PublicKey(rawRepresentation: publicKey)
        guard let made = try? key?.encapsulate() else { throw .malformedKey("the recipient is not a valid public key") }
        return Encapsulation(shared: try locked(made.sharedSecret), encapsulation: [UInt8](made.encapsulated))
    }

    /// - Returns: `nil` when the X25519 part is of low order. One that is for another key gives another secret.
    static func decapsulate(
        _ encapsulation: [UInt8], with seed: borrowing SecretBytes
    ) throws(SealingError) -> SecretBytes? {
        guard let key = privateKey(seed) else { throw .unavailable("X-Wing") }
        guard let shared = try? key.decapsulate(Data(encapsulation)) else { return nil }
        return try locked(shared)
    }

    private static func privateKey(_ seed: borrowing SecretBytes) -> XWingMLKEM768X25519.PrivateKey? {
        unsafe seed.withUnsafeBytes {
            unsafe try? XWingMLKEM768X25519.PrivateKey(seedRepresentation: $0, publicKey: nil)
        }
    }

    private static func locked(_ key: SymmetricKey) throws(SealingError) -> SecretBytes {
        unsafe try SecretBytes(count: key.bitCount / 8) { (out) throws(SealingError) in
            unsafe key.withUnsafeBytes { unsafe out.copyMemory(from: $0) }
        }
    }
}

/// The one message under a shared secret, as HPKE (RFC 9180) has it in base mode with HKDF-SHA-256 and ChaCha20-Poly1305.
///
/// swift-crypto has HPKE too, but gives the file key out in ordinary memory.
struct HPKEMessageKey: ~Copyable {
    let key: SecretBytes
    let nonce: [UInt8]

    /// X-Wing, HKDF-SHA-256, ChaCha20-Poly1305.
    private static let suite = Array("HPKE".utf8) + [0x64, 0x7a, 0x00, 0x01, 0x00, 0x03]

    /// KeySchedule of RFC 9180 section 5.1, base mode.
    init(_ shared: borrowing SecretBytes, info: [UInt8]) throws(SealingError) {
        let context =
            [0] + hmacSHA256(key: [], Self.labeled("psk_id_hash")).bytes
            + hmacSHA256(key: [], Self.labeled("info_hash", info)).bytes
        let material = Self.labeled("secret")
        let key = try shared.derive(asSaltOf: material, info: [0, 32] + Self.labeled("key", context), count: 32)
        nonce = try shared.derive(asSaltOf: material, info: [0, 12] + Self.labeled("base_nonce", context), count: 12)
            .exposedBytes()
        self.key = key
    }

    private static func labeled(_ label: String, _ bytes: [UInt8] = []) -> [UInt8] {
        Array("HPKE-v1".utf8) + suite + Array(label.utf8) + bytes
    }
}

extension AgeHeader.Stanza {
    private static let hybridType = "mlkem768x25519"
    private static let hybridInfo = Array("age-encryption.org/mlkem768x25519".utf8)

    static func wrap(_ fileKey: borrowing SecretBytes, hybrid publicKey: [UInt8]) throws(SealingError) -> Self {
        let made = try XWing.encapsulate(to: publicKey)
        let message = try HPKEMessageKey(made.shared, info: hybridInfo)
        return Self(
            type: hybridType, arguments: [Base64.encode(made.encapsulation)],
            body: sealFileKey(fileKey, under: message.key, nonce: message.nonce))
    }

    /// As `unwrap(with:)`, for the seed of a post-quantum identity.
    func unwrap(hybrid seed: borrowing SecretBytes) throws(SealingError) -> SecretBytes? {
        guard type == Self.hybridType else { return nil }
        guard arguments.count == 1, let encapsulation = Base64.decode(arguments[0]),
            encapsulation.count == XWing.encapsulationCount, hasFileKeyBody
        else { throw .malformedHeader("a post-quantum recipient is malformed") }
        guard let shared = try XWing.decapsulate(encapsulation, with: seed) else {
            throw .malformedHeader("a post-quantum share is of low order")
        }
        let message = try HPKEMessageKey(shared, info: Self.hybridInfo)
        return try openFileKey(under: message.key, nonce: message.nonce)
    }
}
