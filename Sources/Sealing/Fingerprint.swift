internal import COpenSSL

/// The two keys of fingerprints, for one child and one holder, so that nobody else's content is ever compared.
public struct FingerprintKey: Sendable {
    fileprivate let hash: Key
    fileprivate let finish: Key

    public init(_ key: Key) throws(SealingError) {
        hash = try key.derive(Facts("fingerprint/hash"))
        finish = try key.derive(Facts("fingerprint/finish"))
    }
}

/// Recognises content that was seen before under the same key, and tells nothing to whoever has not the key.
///
/// The content goes through Poly1305 under a secret key, as a universal hash; what comes out goes through HMAC-SHA-256 under
/// another (hash, then PRF: Wegman and Carter's construction, as in AES-GCM-SIV). Two files of a gigabyte collide with a
/// chance of 2^-76. It is several times faster than a second pass of SHA-256.
@safe public struct FingerprintStream: ~Copyable {
    private let context: OpaquePointer
    private let key: FingerprintKey
    private var byteCount: UInt64 = 0

    public init(_ key: FingerprintKey) throws(SealingError) {
        guard let context = unsafe EVP_MAC_CTX_new(OpenSSL.poly1305) else { throw .unavailable("Poly1305") }
        let started = unsafe key.hash.secret.withUnsafeBytes { unsafe EVP_MAC_init(context, $0.start, $0.count, nil) }
        guard started == 1 else {
            unsafe EVP_MAC_CTX_free(context)
            throw .unavailable("Poly1305")
        }
        unsafe self.context = context
        self.key = key
    }

    deinit { unsafe EVP_MAC_CTX_free(context) }

    public mutating func update(_ bytes: Span<UInt8>) {
        byteCount += UInt64(bytes.count)
        let done = unsafe bytes.withUnsafeBytes { unsafe EVP_MAC_update(context, $0.start, $0.count) }
        precondition(done == 1, "Poly1305 refused to run")
    }

    public mutating func digest() -> Digest {
        var hash = [UInt8](repeating: 0, count: 16)
        var count = 0
        let done = unsafe EVP_MAC_final(context, &hash, &count, hash.count)
        precondition(done == 1 && count == hash.count, "Poly1305 refused to end")
        return key.finish.secret.authenticate(Facts.list([hash, Array(String(byteCount).utf8)]))
    }
}
