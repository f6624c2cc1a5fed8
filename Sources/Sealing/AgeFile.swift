internal import COpenSSL

/// Sealing and opening age v1 files, a chunk at a time. The caller owns the buffers and the files.
public enum Age {
    /// Plaintext bytes in every chunk but the last.
    public static let chunkCount = 65_536
    /// Bytes that authentication adds to each chunk.
    public static let tagCount = 16
    /// Random bytes between header and chunks; they make the payload key.
    public static let payloadNonceCount = 16

    /// Length of the sealed payload, its nonce included, for `byteCount` bytes of plaintext.
    public static func payloadByteCount(sealing byteCount: UInt64) -> UInt64 {
        UInt64(payloadNonceCount) + byteCount + chunks(in: byteCount) * UInt64(tagCount)
    }

    /// An empty file still has one, empty, chunk.
    public static func chunks(in byteCount: UInt64) -> UInt64 {
        max(1, (byteCount + UInt64(chunkCount) - 1) / UInt64(chunkCount))
    }

    /// A fresh file key wrapped for `recipients`: the header to write first, and the cipher for what follows.
    public static func begin(
        sealingTo recipients: [AgeRecipient], random: RandomSource
    ) throws(SealingError) -> AgeStart {
        let fileKey = try SecretBytes(count: 16, from: random)
        return try AgeStart(header: header(wrapping: fileKey, for: recipients, random: random), fileKey, random)
    }

    /// As `begin(sealingTo:random:)`, for whoever knows the passphrase.
    ///
    /// `logN`: scrypt's work factor, 1 to 22; 18 takes about a second.
    public static func begin(
        sealingUnder passphrase: borrowing SecretBytes, logN: Int = 18, random: RandomSource
    ) throws(SealingError) -> AgeStart {
        let fileKey = try SecretBytes(count: 16, from: random)
        let stanza = try AgeHeader.Stanza.wrap(fileKey, passphrase: passphrase, logN: logN, random: random)
        return try AgeStart(header: AgeHeader(stanzas: [stanza], fileKey: fileKey), fileKey, random)
    }

    /// A new header for the same payload: whoever holds one of `recipients` opens the file, and nothing is re-encrypted.
    ///
    /// - Throws: as `fileKey(of:with:)`.
    public static func readdress(
        _ header: AgeHeader, openedWith opener: borrowing AgeOpener, to recipients: [AgeRecipient],
        random: RandomSource
    ) throws(SealingError) -> AgeHeader {
        try Self.header(wrapping: fileKey(of: header, with: opener), for: recipients, random: random)
    }

    /// As `readdress(_:openedWith:to:random:)`, for a passphrase.
    public static func readdress(
        _ header: AgeHeader, openedWith opener: borrowing AgeOpener, passphrase: borrowing SecretBytes,
        logN: Int = 18, random: RandomSource
    ) throws(SealingError) -> AgeHeader {
        let fileKey = try fileKey(of: header, with: opener)
        let stanza = try AgeHeader.Stanza.wrap(fileKey, passphrase: passphrase, logN: logN, random: random)
        return try AgeHeader(stanzas: [stanza], fileKey: fileKey)
    }

    /// The cipher that opens the chunks behind `header`.
    ///
    /// `nonce`: the 16 bytes that follow the header.
    ///
    /// - Throws: `SealingError.noMatchingKey`, `.headerAltered`, `.malformedHeader`.
    public static func open(
        _ header: AgeHeader, nonce: [UInt8], with opener: borrowing AgeOpener
    ) throws(SealingError) -> ChunkCipher {
        try payloadCipher(fileKey: fileKey(of: header, with: opener), nonce: nonce)
    }

    static func payloadCipher(fileKey: borrowing SecretBytes, nonce: [UInt8]) throws(SealingError) -> ChunkCipher {
        guard nonce.count == payloadNonceCount else { throw .malformedHeader("the payload nonce is missing") }
        return ChunkCipher(key: try fileKey.derive(salt: nonce, info: Array("payload".utf8)))
    }

    private static func header(
        wrapping fileKey: borrowing SecretBytes, for recipients: [AgeRecipient], random: RandomSource
    ) throws(SealingError) -> AgeHeader {
        guard !recipients.isEmpty else { throw .malformedKey("no recipient was given") }
        guard Set(recipients.map(\.kind)).count == 1 else { throw .mixedRecipients }
        var stanzas: [AgeHeader.Stanza] = []
        for recipient in recipients { stanzas.append(try .wrap(fileKey, for: recipient, random: random)) }
        return try AgeHeader(stanzas: stanzas, fileKey: fileKey)
    }

    private static func fileKey(
        of header: AgeHeader, with opener: borrowing AgeOpener
    ) throws(SealingError) -> SecretBytes {
        // A passphrase must stand alone: beside other recipients it would not authenticate who sealed the file.
        let scryptCount = header.stanzas.count { $0.type == "scrypt" }
        guard scryptCount == 0 || header.stanzas.count == 1 else {
            throw .malformedHeader("a passphrase recipient stands beside others")
        }
        for stanza in header.stanzas {
            let found: SecretBytes?
            switch opener {
            case .identity(let identity): found = try stanza.unwrap(with: identity)
            case .passphrase(let passphrase): found = try stanza.unwrap(passphrase: passphrase)
            }
            guard let fileKey = consume found else { continue }
            try header.verify(with: fileKey)
            return fileKey
        }
        throw .noMatchingKey
    }
}

/// What sealing a file begins with.
public struct AgeStart: ~Copyable, Sendable {
    /// To be written before the first chunk: the header, then the payload nonce.
    public let preamble: [UInt8]
    public var cipher: ChunkCipher

    init(
        header: AgeHeader, _ fileKey: borrowing SecretBytes, _ random: RandomSource
    ) throws(SealingError) {
        let nonce = random.bytes(Age.payloadNonceCount)
        preamble = header.encoded + nonce
        cipher = try Age.payloadCipher(fileKey: fileKey, nonce: nonce)
    }
}

/// The payload's chunks under STREAM with ChaCha20-Poly1305: any chunk opens alone, none can be moved or cut off.
@safe public struct ChunkCipher: ~Copyable, @unchecked Sendable {
    private let context: OpaquePointer
    private let key: SecretBytes

    init(key: consuming SecretBytes) {
        // swift-format-ignore: NeverForceUnwrap
        unsafe context = EVP_CIPHER_CTX_new()!
        self.key = key
    }

    deinit { unsafe EVP_CIPHER_CTX_free(context) }

    /// Seals one chunk.
    ///
    /// `plaintext`: 64 KiB, or less in the last chunk.
    /// `out`: has room for the plaintext and 16 bytes more from `offset` on.
    public mutating func seal(
        _ plaintext: Span<UInt8>, index: UInt64, isLast: Bool, into out: inout MutableSpan<UInt8>,
        at offset: Int = 0
    ) {
        seal(plaintext, nonce: Self.nonce(index: index, isLast: isLast), into: &out, at: offset)
    }

    /// Opens one chunk. On failure `out` holds zeros.
    ///
    /// `sealed`: the chunk with its 16-byte tag.
    /// `out`: has room for 16 bytes less from `offset` on.
    ///
    /// - Throws: `SealingError.payloadDamaged` when it is not this chunk of this file.
    public mutating func open(
        _ sealed: Span<UInt8>, index: UInt64, isLast: Bool, into out: inout MutableSpan<UInt8>,
        at offset: Int = 0
    ) throws(SealingError) {
        guard sealed.count >= Age.tagCount,
            open(sealed, nonce: Self.nonce(index: index, isLast: isLast), into: &out, at: offset)
        else { throw .payloadDamaged(chunk: index) }
    }

    /// The chunk's number in 11 bytes, big-endian, and a byte that is 1 for the last chunk.
    private static func nonce(index: UInt64, isLast: Bool) -> [UInt8] {
        var nonce = [UInt8](repeating: 0, count: 12)
        for byte in 0..<8 { nonce[3 + byte] = UInt8(truncatingIfNeeded: index >> UInt64(8 * (7 - byte))) }
        nonce[11] = isLast ? 1 : 0
        return nonce
    }

    mutating func seal(
        _ plaintext: Span<UInt8>, nonce: [UInt8], into out: inout MutableSpan<UInt8>, at offset: Int = 0
    ) {
        precondition(offset >= 0 && out.count - offset >= plaintext.count + Age.tagCount, "the chunk does not fit")
        start(nonce: nonce, encrypting: true)
        unsafe plaintext.withUnsafeBytes { plaintext in
            unsafe out.withUnsafeMutableBytes { buffer in
                let out = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[offset...])
                var count: Int32 = 0
                var done = unsafe EVP_CipherUpdate(context, out.start, &count, plaintext.start, Int32(plaintext.count))
                done &= unsafe EVP_CipherFinal_ex(context, out.start + plaintext.count, &count)
                done &= unsafe EVP_CIPHER_CTX_ctrl(
                    context, EVP_CTRL_AEAD_GET_TAG, Int32(Age.tagCount), out.start + plaintext.count)
                precondition(done == 1, "ChaCha20-Poly1305 refused to run")
            }
        }
    }

    mutating func open(
        _ sealed: Span<UInt8>, nonce: [UInt8], into out: inout MutableSpan<UInt8>, at offset: Int = 0
    ) -> Bool {
        let count = sealed.count - Age.tagCount
        precondition(offset >= 0 && count >= 0 && out.count - offset >= count, "the chunk does not fit")
        start(nonce: nonce, encrypting: false)
        return unsafe sealed.withUnsafeBytes { sealed in
            unsafe out.withUnsafeMutableBytes { buffer in
                let out = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[offset..<(offset + count)])
                var count: Int32 = 0
                var done = unsafe EVP_CIPHER_CTX_ctrl(
                    context, EVP_CTRL_AEAD_SET_TAG, Int32(Age.tagCount),
                    UnsafeMutablePointer(mutating: sealed.start + out.count))
                done &= unsafe EVP_CipherUpdate(context, out.start, &count, sealed.start, Int32(out.count))
                done &= unsafe EVP_CipherFinal_ex(context, out.start + out.count, &count)
                if done != 1 { unsafe out.initializeMemory(as: UInt8.self, repeating: 0) }
                return done == 1
            }
        }
    }

    private mutating func start(nonce: [UInt8], encrypting: Bool) {
        let done = unsafe key.withUnsafeBytes { key in
            unsafe EVP_CipherInit_ex2(context, OpenSSL.chaChaPoly, key.start, nonce, encrypting ? 1 : 0, nil)
        }
        precondition(done == 1, "ChaCha20-Poly1305 refused to start")
    }
}
