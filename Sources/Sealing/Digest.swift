internal import COpenSSL

/// A SHA-256 digest. It names objects, entries and tree heads.
public struct Digest: Hashable, Sendable {
    public static let byteCount = 32
    // Four words, not a 32-byte vector: tasks keep values on a stack that is aligned to 16 bytes only.
    private var words: Words

    private struct Words: Hashable, Sendable {
        var first: UInt64 = 0
        var second: UInt64 = 0
        var third: UInt64 = 0
        var fourth: UInt64 = 0
    }

    /// - Returns: `nil` unless there are exactly 32 bytes.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        words = Words()
        unsafe withUnsafeMutableBytes(of: &words) { unsafe $0.copyBytes(from: bytes) }
    }

    init(filling fill: (UnsafeMutablePointer<UInt8>) -> Void) {
        words = Words()
        unsafe withUnsafeMutableBytes(of: &words) { unsafe fill($0.start) }
    }

    public var bytes: [UInt8] { unsafe withUnsafeBytes { unsafe [UInt8]($0) } }

    /// 64 lower-case hexadecimal digits.
    public var hex: String { Hex.encode(bytes) }

    /// Reads 64 lower-case hexadecimal digits, and nothing else.
    public init?(hex: String) {
        guard let bytes = Hex.decode(hex) else { return nil }
        self.init(bytes)
    }

    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        unsafe Swift.withUnsafeBytes(of: words, body)
    }

    public static func sha256(_ bytes: [UInt8]) -> Digest {
        unsafe bytes.withUnsafeBytes { buffer in
            unsafe Digest { out in
                let done = unsafe EVP_Digest(buffer.baseAddress, buffer.count, out, nil, OpenSSL.sha256, nil)
                precondition(done == 1, "SHA-256 refused to run")
            }
        }
    }
}

/// SHA-256 of a stream.
@safe public struct DigestStream: ~Copyable {
    private let context: OpaquePointer

    public init() {
        // swift-format-ignore: NeverForceUnwrap
        unsafe context = EVP_MD_CTX_new()!
        let started = unsafe EVP_DigestInit_ex2(context, OpenSSL.sha256, nil)
        precondition(started == 1, "SHA-256 refused to start")
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    public mutating func update(_ bytes: Span<UInt8>) {
        let done = unsafe bytes.withUnsafeBytes { unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
        precondition(done == 1, "SHA-256 refused to run")
    }

    public consuming func finish() -> Digest {
        unsafe Digest { out in
            let done = unsafe EVP_DigestFinal_ex(context, out, nil)
            precondition(done == 1, "SHA-256 refused to end")
        }
    }
}

/// OpenSSL's implementations, looked up once: a look-up for each call would cost more than the call.
enum OpenSSL {
    nonisolated(unsafe) static let sha256 = unsafe lookedUp { unsafe EVP_MD_fetch(nil, "SHA256", nil) }
    nonisolated(unsafe) static let hmac = unsafe lookedUp { unsafe EVP_MAC_fetch(nil, "HMAC", nil) }
    nonisolated(unsafe) static let hkdf = unsafe lookedUp { unsafe EVP_KDF_fetch(nil, "HKDF", nil) }
    nonisolated(unsafe) static let poly1305 = unsafe lookedUp { unsafe EVP_MAC_fetch(nil, "POLY1305", nil) }
    nonisolated(unsafe) static let chaChaPoly = unsafe lookedUp {
        unsafe EVP_CIPHER_fetch(nil, "ChaCha20-Poly1305", nil)
    }

    /// Nothing is cleaned up when the process ends: a thread that still hashes or seals then would do it with what is freed.
    private static let isReady = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil) == 1

    private static func lookedUp(_ fetch: () -> OpaquePointer?) -> OpaquePointer {
        guard isReady, let found = unsafe fetch() else {
            fatalError("libcrypto has none of the algorithms that are needed")
        }
        return unsafe found
    }
}

/// Lower-case hexadecimal, strict when read.
public enum Hex {
    public static func encode(_ bytes: [UInt8]) -> String {
        unsafe String(unsafeUninitializedCapacity: 2 * bytes.count) { text in
            for (index, byte) in bytes.enumerated() {
                unsafe text[2 * index] = digit(byte >> 4)
                unsafe text[2 * index + 1] = digit(byte & 15)
            }
            return 2 * bytes.count
        }
    }

    /// - Returns: `nil` for anything but an even number of the digits 0-9 and a-f.
    public static func decode(_ text: String) -> [UInt8]? { decode(Array(text.utf8)) }

    /// As above, for a secret that must not become a string.
    public static func decode(_ digits: [UInt8]) -> [UInt8]? {
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(of: digits[index]), let low = value(of: digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
