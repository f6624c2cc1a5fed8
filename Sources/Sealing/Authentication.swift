internal import COpenSSL

/// HMAC-SHA-256 under a key that is not secret: commitments in the ledger, whose opening is stored sealed.
public func hmacSHA256(key: [UInt8], _ data: [UInt8]) -> Digest {
    unsafe key.withUnsafeBytes { key in
        var stream = unsafe MACStream(key: key)
        stream.update(data.span)
        return stream.finish()
    }
}

extension SecretBytes {
    /// HMAC-SHA-256 under this key.
    public borrowing func authenticate(_ data: [UInt8]) -> Digest {
        var stream = macStream()
        stream.update(data.span)
        return stream.finish()
    }

    /// HMAC-SHA-256 of another secret under this key, without a copy outside locked memory.
    borrowing func authenticate(secret: borrowing SecretBytes) -> Digest {
        var stream = macStream()
        unsafe secret.withUnsafeBytes { unsafe stream.update($0.bindMemory(to: UInt8.self).span) }
        return stream.finish()
    }

    /// HMAC-SHA-256 of a stream under this key.
    borrowing func macStream() -> MACStream {
        unsafe withUnsafeBytes { unsafe MACStream(key: $0) }
    }

    /// HKDF-SHA-256 (RFC 5869) with this as input key material.
    ///
    /// `info`: what the derived key is for; two purposes never share one.
    public borrowing func derive(salt: [UInt8] = [], info: [UInt8], count: Int = 32) throws(SealingError) -> SecretBytes
    {
        unsafe try withUnsafeBytes { (key) throws(SealingError) in
            unsafe try SecretBytes(count: count) { (out) throws(SealingError) in
                let done = unsafe salt.withUnsafeBytes { unsafe hkdf(key: key, salt: $0, info: info, into: out) }
                guard done else { throw .unavailable("HKDF at this length") }
            }
        }
    }

    /// HKDF-SHA-256 with this as the salt, and input key material that all may know: how HPKE takes a shared secret.
    borrowing func derive(asSaltOf material: [UInt8], info: [UInt8], count: Int) throws(SealingError) -> SecretBytes {
        unsafe try withUnsafeBytes { (salt) throws(SealingError) in
            unsafe try SecretBytes(count: count) { (out) throws(SealingError) in
                let done = unsafe material.withUnsafeBytes { unsafe hkdf(key: $0, salt: salt, info: info, into: out) }
                guard done else { throw .unavailable("HKDF at this length") }
            }
        }
    }
}

/// HMAC-SHA-256 of a stream.
@safe struct MACStream: ~Copyable {
    private let context: OpaquePointer

    init(key: UnsafeRawBufferPointer) {
        // swift-format-ignore: NeverForceUnwrap
        unsafe context = EVP_MAC_CTX_new(OpenSSL.hmac)!
        let started = unsafe withDigestName { name in
            let parameters = unsafe [
                OSSL_PARAM_construct_utf8_string(ParameterName.digest, name, 0), OSSL_PARAM_construct_end(),
            ]
            // `start` is never null, which OpenSSL would take for "keep the key set before".
            return unsafe EVP_MAC_init(context, key.start, key.count, parameters)
        }
        precondition(started == 1, "HMAC refused to start")
    }

    deinit { unsafe EVP_MAC_CTX_free(context) }

    mutating func update(_ bytes: Span<UInt8>) {
        let done = unsafe bytes.withUnsafeBytes { buffer in
            unsafe EVP_MAC_update(context, buffer.start, buffer.count)
        }
        precondition(done == 1, "HMAC refused to run")
    }

    consuming func finish() -> Digest {
        unsafe Digest { out in
            var count = 0
            let done = unsafe EVP_MAC_final(context, out, &count, Digest.byteCount)
            precondition(done == 1 && count == Digest.byteCount, "HMAC refused to end")
        }
    }
}

/// - Returns: whether there was memory for it, and HKDF gives out as many bytes.
private func hkdf(
    key: UnsafeRawBufferPointer, salt: UnsafeRawBufferPointer, info: [UInt8],
    into out: UnsafeMutableRawBufferPointer
) -> Bool {
    guard let context = unsafe EVP_KDF_CTX_new(OpenSSL.hkdf) else { return false }
    defer { unsafe EVP_KDF_CTX_free(context) }
    return unsafe withDigestName { name in
        unsafe info.withUnsafeBytes { info in
            let parameters = unsafe [
                OSSL_PARAM_construct_utf8_string(ParameterName.digest, name, 0),
                octets(ParameterName.key, key), octets(ParameterName.salt, salt),
                octets(ParameterName.info, info), OSSL_PARAM_construct_end(),
            ]
            return unsafe EVP_KDF_derive(context, out.start, out.count, parameters) == 1
        }
    }
}

/// OpenSSL reads, and never writes, what a parameter points to, though its types say otherwise.
func octets(_ name: UnsafePointer<CChar>, _ bytes: UnsafeRawBufferPointer) -> OSSL_PARAM {
    unsafe OSSL_PARAM_construct_octet_string(name, UnsafeMutableRawPointer(mutating: bytes.start), bytes.count)
}

/// OpenSSL keeps the pointer to a parameter's name, so the names must outlive the call that takes them.
enum ParameterName {
    static var digest: UnsafePointer<CChar> { unsafe pointer("digest") }
    static var key: UnsafePointer<CChar> { unsafe pointer("key") }
    static var salt: UnsafePointer<CChar> { unsafe pointer("salt") }
    static var info: UnsafePointer<CChar> { unsafe pointer("info") }
    static var group: UnsafePointer<CChar> { unsafe pointer("group") }
    static var publicKey: UnsafePointer<CChar> { unsafe pointer("pub") }
    static var privateKey: UnsafePointer<CChar> { unsafe pointer("priv") }

    private static func pointer(_ name: StaticString) -> UnsafePointer<CChar> {
        unsafe UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
    }
}

private func withDigestName<Result>(_ body: (UnsafeMutablePointer<CChar>) -> Result) -> Result {
    var name = Array("SHA256".utf8CString)
    return unsafe name.withUnsafeMutableBytes { buffer in
        unsafe body(UnsafeMutableRawPointer(buffer.start).assumingMemoryBound(to: CChar.self))
    }
}
