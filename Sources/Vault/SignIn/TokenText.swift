internal import Sealing

/// A secret of 32 random bytes as people copy it: a prefix that says what it is, then base64url of the bytes and of a checksum.
///
/// The checksum makes a mistyped or truncated one known as such before anything is looked up; the prefix lets scanners for
/// leaked secrets find it. See docs/FORMATS.md, "Signing in".
enum TokenText {
    static let byteCount = 32
    private static let checksumByteCount = 4

    static func encode(_ bytes: [UInt8], prefix: String) -> [UInt8] {
        Array(prefix.utf8) + Base64URL.encode(bytes + checksum(bytes, prefix))
    }

    /// - Returns: `nil` unless it is written as `encode` writes it, checksum included.
    static func decode(_ text: [UInt8], prefix: String) -> [UInt8]? {
        guard text.starts(with: prefix.utf8),
            let all = Base64URL.decode(Array(text.dropFirst(prefix.utf8.count))),
            all.count == byteCount + checksumByteCount
        else { return nil }
        let bytes = Array(all.prefix(byteCount))
        return checksum(bytes, prefix) == Array(all.suffix(checksumByteCount)) ? bytes : nil
    }

    private static func checksum(_ bytes: [UInt8], _ prefix: String) -> [UInt8] {
        Array(Digest.sha256(Array(prefix.utf8) + bytes).bytes.prefix(checksumByteCount))
    }

    /// What the records keep of a token, so that a stolen database signs nobody in.
    static func digest(_ bytes: [UInt8], of kind: String) -> Digest {
        Digest.sha256(Array("muniment/v1/\(kind)".utf8) + bytes)
    }
}

/// What signing in gives: to be kept where nobody else can read it.
public struct SessionToken: Hashable, Sendable {
    public static let byteCount = TokenText.byteCount
    public let bytes: [UInt8]

    /// - Returns: `nil` unless there are exactly 32 bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// Reads 64 lower-case hexadecimal digits.
    public init?(text: [UInt8]) {
        guard let bytes = Hex.decode(text) else { return nil }
        self.init(bytes)
    }

    init(from random: RandomSource) { bytes = random.bytes(Self.byteCount) }

    public var text: [UInt8] { Array(Hex.encode(bytes).utf8) }
    var digest: Digest { TokenText.digest(bytes, of: "session") }
}

/// What a secret that is handed out once, as text, is for.
public protocol HandedOutUse {
    static var prefix: String { get }
    /// What its digest is bound to.
    static var kind: String { get }
}

public enum AccessTokenUse: HandedOutUse {
    public static let prefix = "muniment_pat_"
    public static let kind = "access-token"
}

public enum InvitationUse: HandedOutUse {
    public static let prefix = "muniment_inv_"
    public static let kind = "invitation"
}

/// What a person's own scripts sign in with: shown once.
public typealias AccessToken = HandedOutToken<AccessTokenUse>
/// What lets somebody choose the first password of an account, once: shown once.
public typealias InvitationToken = HandedOutToken<InvitationUse>

/// 32 random bytes that somebody is given as text. `Use` keeps an invitation from being taken for an access token.
public struct HandedOutToken<Use: HandedOutUse>: Hashable, Sendable {
    public static var prefix: String { Use.prefix }
    private let bytes: [UInt8]

    init(from random: RandomSource) { bytes = random.bytes(TokenText.byteCount) }

    /// - Returns: `nil` for one that was mistyped or cut off.
    public init?(text: [UInt8]) {
        guard let bytes = TokenText.decode(text, prefix: Self.prefix) else { return nil }
        self.bytes = bytes
    }

    public var text: [UInt8] { TokenText.encode(bytes, prefix: Self.prefix) }
    var digest: Digest { TokenText.digest(bytes, of: Use.kind) }
}
