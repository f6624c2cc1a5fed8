internal import CSodium

/// XChaCha20-Poly1305 for small values: wraps, keys, database fields. Nonces are random, so keys may be used for long.
///
/// Layout: version (1) ‖ nonce (24) ‖ ciphertext ‖ tag (16). See docs/FORMATS.md, "Sealed values".
extension SecretBytes {
    static let sealedVersion: UInt8 = 1
    static let keyCount = 32
    static let nonceCount = 24
    static let tagCount = 16
    /// Bytes that sealing adds to a value.
    public static let sealedOverhead = 1 + nonceCount + tagCount

    /// Seals `plaintext` so that it opens only beside the same `facts`.
    public borrowing func seal(_ plaintext: [UInt8], facts: [UInt8], random: RandomSource) -> [UInt8] {
        unsafe plaintext.withUnsafeBytes { unsafe seal($0, facts: facts, random: random) }
    }

    /// Seals another secret: a key under a key.
    public borrowing func seal(_ secret: borrowing SecretBytes, facts: [UInt8], random: RandomSource) -> [UInt8] {
        unsafe secret.withUnsafeBytes { unsafe seal($0, facts: facts, random: random) }
    }

    private borrowing func seal(
        _ plaintext: UnsafeRawBufferPointer, facts: [UInt8], random: RandomSource
    ) -> [UInt8] {
        let nonce = random.bytes(Self.nonceCount)
        let text = unsafe AEAD.seal(plaintext, key: self, nonce: nonce, facts: facts)
        return [Self.sealedVersion] + nonce + text
    }

    /// Opens a value that is not secret enough for locked memory: a title, a name.
    ///
    /// - Throws: `SealingError.notAuthentic` when key, facts or bytes differ; `.unknownVersion`.
    public borrowing func open(_ sealed: [UInt8], facts: [UInt8]) throws(SealingError) -> [UInt8] {
        let parts = try AEAD.Parts(sealed)
        var plaintext = [UInt8](repeating: 0, count: parts.plaintextCount)
        let opened = unsafe plaintext.withUnsafeMutableBytes { out in
            unsafe AEAD.open(parts.text, into: out, key: self, nonce: parts.nonce, facts: facts)
        }
        guard opened else { throw .notAuthentic }
        return plaintext
    }

    /// Opens a wrapped key straight into locked memory.
    ///
    /// - Throws: as `open(_:facts:)`.
    public borrowing func openSecret(_ sealed: [UInt8], facts: [UInt8]) throws(SealingError) -> SecretBytes {
        let parts = try AEAD.Parts(sealed)
        return unsafe try withUnsafeBytes { (key) throws(SealingError) in
            unsafe try SecretBytes(count: parts.plaintextCount) { (out) throws(SealingError) in
                guard unsafe AEAD.open(parts.text, into: out, key: key, nonce: parts.nonce, facts: facts) else {
                    throw .notAuthentic
                }
            }
        }
    }
}

enum AEAD {
    struct Parts {
        let nonce: ArraySlice<UInt8>
        let text: ArraySlice<UInt8>
        var plaintextCount: Int { text.count - SecretBytes.tagCount }

        init(_ sealed: [UInt8]) throws(SealingError) {
            guard sealed.count >= SecretBytes.sealedOverhead else { throw .notAuthentic }
            guard sealed[0] == SecretBytes.sealedVersion else { throw .unknownVersion(sealed[0]) }
            nonce = sealed[1...SecretBytes.nonceCount]
            text = sealed[(1 + SecretBytes.nonceCount)...]
        }
    }

    /// Ciphertext ‖ tag.
    static func seal(
        _ plaintext: UnsafeRawBufferPointer, key: borrowing SecretBytes, nonce: [UInt8], facts: [UInt8]
    ) -> [UInt8] {
        precondition(key.count == SecretBytes.keyCount, "a sealing key has 32 bytes")
        let count = plaintext.count
        let input = unsafe plaintext.start
        return unsafe key.withUnsafeBytes { key in
            unsafe [UInt8](unsafeUninitializedCapacity: count + SecretBytes.tagCount) { out, written in
                unsafe crypto_aead_xchacha20poly1305_ietf_encrypt(
                    UnsafeMutableRawBufferPointer(out).start, nil, input, UInt64(count), facts, UInt64(facts.count),
                    nil, nonce,
                    key.start)
                written = count + SecretBytes.tagCount
            }
        }
    }

    static func open(
        _ text: ArraySlice<UInt8>, into out: UnsafeMutableRawBufferPointer, key: borrowing SecretBytes,
        nonce: ArraySlice<UInt8>, facts: [UInt8]
    ) -> Bool {
        unsafe key.withUnsafeBytes { unsafe open(text, into: out, key: $0, nonce: nonce, facts: facts) }
    }

    static func open(
        _ text: ArraySlice<UInt8>, into out: UnsafeMutableRawBufferPointer, key: UnsafeRawBufferPointer,
        nonce: ArraySlice<UInt8>, facts: [UInt8]
    ) -> Bool {
        precondition(key.count == SecretBytes.keyCount, "a sealing key has 32 bytes")
        return unsafe text.withUnsafeBytes { text in
            unsafe nonce.withUnsafeBytes { nonce in
                unsafe crypto_aead_xchacha20poly1305_ietf_decrypt(
                    out.start, nil, nil, text.start, UInt64(text.count),
                    facts, UInt64(facts.count), nonce.start, key.start) == 0
            }
        }
    }
}
