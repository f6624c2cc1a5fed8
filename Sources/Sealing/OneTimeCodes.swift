internal import COpenSSL
internal import CSodium

/// Codes that an authenticator app shows: RFC 6238 with SHA-1, six digits and steps of 30 seconds, as every app has it.
public enum TOTP {
    public static let secretByteCount = 20
    public static let digits = 6
    public static let stepSeconds: Int64 = 30

    /// The step for which somebody typed the right code, of this step, the one before and the one after.
    ///
    /// `moment`: seconds since 1970.
    /// `last`: the last step for which a code was accepted. It and those before it count no more, so a code works once.
    ///
    /// - Returns: `nil` when no step fits. Takes as long whichever fits.
    public static func acceptedStep(
        _ typed: borrowing SecretBytes, secret: borrowing SecretBytes, at moment: Int64, after last: Int64
    ) throws(SealingError) -> Int64? {
        let digits = typed.withoutSpaces()
        let current = moment / stepSeconds
        var accepted: Int64?
        for step in current - 1...current + 1 {
            let isRight = constantTimeEqual(try code(secret, step: step, digits: Self.digits), digits.bytes)
            if isRight, step > last { accepted = accepted ?? step }
        }
        return accepted
    }

    /// RFC 4226 section 5.3, with the step as the counter.
    static func code(_ secret: borrowing SecretBytes, step: Int64, digits: Int) throws(SealingError) -> [UInt8] {
        let mac = try secret.hmacSHA1((0..<8).map { UInt8(truncatingIfNeeded: step >> (56 - 8 * $0)) })
        let offset = Int(mac[19] & 15)
        var number = mac[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
        var text = [UInt8](repeating: 0, count: digits)
        for place in text.indices.reversed() {
            text[place] = UInt8(ascii: "0") + UInt8(number % 10)
            number /= 10
        }
        return text
    }

    /// The secret as an authenticator app takes it: base32 (RFC 4648) without padding. It leaves locked memory: only for handing
    /// it over on purpose.
    public static func exposedText(_ secret: borrowing SecretBytes) -> [UInt8] {
        unsafe secret.withUnsafeBytes { unsafe Base32.rfc4648.encode([UInt8]($0)) }
    }
}

/// Codes on paper, for when the authenticator is lost: 80 random bits in Crockford's base32, two groups of eight.
public enum RecoveryCode {
    private static let byteCount = 10

    /// A new code as it is shown once, and the digest that is kept of it.
    ///
    /// `key`: one that is not in the same database, and is for this person only.
    public static func make(
        under key: Key, random: RandomSource
    ) throws(SealingError) -> (text: [UInt8], digest: Digest) {
        let secret = try SecretBytes(count: byteCount, from: random)
        let symbols = unsafe secret.withUnsafeBytes { unsafe Base32.crockford.encode([UInt8]($0)) }
        let text = symbols.prefix(8) + [UInt8(ascii: "-")] + symbols.dropFirst(8)
        return (Array(text), key.secret.authenticate(secret: secret))
    }

    /// The digest of the code that somebody typed; small letters, spaces and hyphens are taken as people write them.
    ///
    /// - Returns: `nil` when it has not the form of such a code.
    public static func digest(of typed: borrowing SecretBytes, under key: Key) throws(SealingError) -> Digest? {
        let symbols = typed.withoutSpaces()
        guard var bytes = Base32.crockford.decode(symbols.bytes), bytes.count == byteCount else { return nil }
        return key.secret.authenticate(secret: try SecretBytes(wiping: &bytes))
    }
}

/// What was typed, on its way to being compared: wiped as soon as that is done.
private final class Typed {
    private(set) var bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    deinit { unsafe bytes.withUnsafeMutableBytes { unsafe sodium_memzero($0.start, $0.count) } }
}

extension SecretBytes {
    fileprivate borrowing func withoutSpaces() -> Typed {
        Typed(unsafe withUnsafeBytes { unsafe $0.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "-") } })
    }

    /// HMAC-SHA-1, for one-time codes only.
    fileprivate borrowing func hmacSHA1(_ data: [UInt8]) throws(SealingError) -> [UInt8] {
        var mac = [UInt8](repeating: 0, count: 20)
        var count = 0
        let done = unsafe withUnsafeBytes { key in
            unsafe EVP_Q_mac(
                nil, "HMAC", nil, "SHA1", nil, key.start, key.count, data, data.count, &mac, mac.count, &count)
        }
        guard unsafe done != nil, count == mac.count else { throw .unavailable("HMAC-SHA-1") }
        return mac
    }
}
