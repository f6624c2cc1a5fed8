internal import CSodium

/// An Ed25519 public key (RFC 8032): whoever has it can check what its owner signed.
public struct VerifyingKey: Hashable, Sendable {
    public let bytes: [UInt8]

    /// - Returns: `nil` unless there are exactly 32 bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Int(crypto_sign_PUBLICKEYBYTES) else { return nil }
        self.bytes = bytes
    }

    public func isValid(signature: [UInt8], for message: [UInt8]) -> Bool {
        guard signature.count == Int(crypto_sign_BYTES) else { return false }
        return unsafe crypto_sign_verify_detached(signature, message, UInt64(message.count), bytes) == 0
    }
}

/// An Ed25519 signing key, in locked memory.
public struct SigningKey: ~Copyable, Sendable {
    private let secret: SecretBytes
    public let verifyingKey: VerifyingKey

    /// `seed`: 32 bytes (RFC 8032 private key).
    public init(seed: borrowing SecretBytes) throws(SealingError) {
        guard seed.count == Int(crypto_sign_SEEDBYTES) else { throw .malformedKey("a signing seed has 32 bytes") }
        var publicKey = [UInt8](repeating: 0, count: Int(crypto_sign_PUBLICKEYBYTES))
        let secret = unsafe try seed.withUnsafeBytes { (seed) throws(SealingError) in
            unsafe try SecretBytes(count: Int(crypto_sign_SECRETKEYBYTES)) { (out) throws(SealingError) in
                unsafe crypto_sign_seed_keypair(
                    &publicKey, out.start,
                    seed.start)
            }
        }
        guard let key = VerifyingKey(publicKey) else { throw .malformedKey("the public key has the wrong length") }
        self.secret = secret
        verifyingKey = key
    }

    /// A detached signature of 64 bytes. The same message always gets the same signature.
    public borrowing func sign(_ message: [UInt8]) -> [UInt8] {
        unsafe secret.withUnsafeBytes { secret in
            unsafe [UInt8](unsafeUninitializedCapacity: Int(crypto_sign_BYTES)) { out, written in
                unsafe crypto_sign_detached(
                    UnsafeMutableRawBufferPointer(out).start, nil, message, UInt64(message.count),
                    secret.start)
                written = Int(crypto_sign_BYTES)
            }
        }
    }
}
