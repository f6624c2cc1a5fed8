internal import CToken
internal import Synchronization

/// A token (PKCS#11): a device, or a program in its place, with a key that never leaves it and wraps keys of ours.
///
/// Each operation is one visit: the module is started, the token found by its label, a session opened and logged in, and all of it
/// undone at the end. Nothing is held open that a removed token, another thread or a fork could break. The visits of a process
/// follow one another, because start and login are the process's and not a session's: of two at once, one would end the other, or
/// be let in by the other's PIN.
///
/// See docs/FORMATS.md, "Wraps by a token".
public final class Token: Sendable {
    private let module: String
    private let label: String
    private let pin: SecretBytes
    private static let turn = Mutex<Void>(())

    /// Logs in once, so that a wrong PIN is known at once. Every wrong PIN counts: tokens lock themselves after a few, so a program
    /// must never try one again by itself.
    ///
    /// - Parameters:
    ///   - module: The absolute path of the module, a shared library. It becomes part of this process: who can change it has all keys.
    ///   - label: The token's label.
    ///   - pin: The user's PIN; a copy is kept in locked memory.
    /// - Throws: `SealingError.token`; `.unavailable`.
    public init(module: String, label: String, pin: borrowing SecretBytes) throws(SealingError) {
        self.module = module
        self.label = label
        self.pin = try pin.duplicate()
        try visit { _ in }
    }

    /// Makes an AES-256 key on the token that can neither be read nor copied off it.
    ///
    /// - Throws: `SealingError.token(.keyExists)` when the token has a secret key of this label.
    public func makeKey(label: String) throws(SealingError) {
        try visit(CKF_RW_SESSION) { visit throws(SealingError) in
            guard try visit.keys(.secret(labelled: label)).isEmpty else { throw .token(.keyExists) }
            try visit.makeKey(label)
        }
    }

    /// Wraps `key` under the token's key of this label, so that it opens only beside the same `facts`.
    ///
    /// - Throws: `SealingError.token`.
    public func wrap(
        _ key: Key, keyLabel: String, facts: Facts, random: RandomSource
    ) throws(SealingError) -> [UInt8] {
        precondition(key.secret.count == SecretBytes.keyCount, "a key has 32 bytes")
        let iv = random.bytes(TokenWrap.ivCount)
        let text = try visit { visit throws(SealingError) in
            try visit.encrypt(key, under: visit.key(labelled: keyLabel), iv: iv, facts: facts.bytes)
        }
        return TokenWrap(iv: iv, text: text).bytes
    }

    /// - Throws: `SealingError.token(.wrapRefused)` when the wrap is damaged, foreign or not in its place; `.unknownVersion`; `.token`.
    public func unwrap(_ wrapped: [UInt8], keyLabel: String, facts: Facts) throws(SealingError) -> Key {
        let wrap = try TokenWrap(wrapped)
        return try visit { visit throws(SealingError) in
            try visit.decrypt(wrap, under: visit.key(labelled: keyLabel), facts: facts.bytes)
        }
    }

    func visit<Result: Sendable>(
        _ flags: CK_FLAGS = 0, _ body: (TokenVisit) throws(SealingError) -> Result
    ) throws(SealingError) -> Result {
        try Self.turn.withLock { _ throws(SealingError) in
            let module = try TokenModule(path: module)
            defer { module.finish() }
            let slot = try module.slot(labelled: label)
            let visit = try module.visit(slot, flags)
            try visit.logIn(pin)
            defer { visit.logOut() }
            return try body(visit)
        }
    }
}

/// A wrap by a token: version (1) ‖ IV (12) ‖ ciphertext (32) ‖ tag (16).
struct TokenWrap {
    static let version: UInt8 = 1
    static let ivCount = 12
    static let textCount = 32 + 16
    let iv: [UInt8]
    let text: [UInt8]

    init(iv: [UInt8], text: [UInt8]) {
        self.iv = iv
        self.text = text
    }

    init(_ bytes: [UInt8]) throws(SealingError) {
        guard let version = bytes.first else { throw .token(.wrapRefused) }
        guard version == Self.version else { throw .unknownVersion(version) }
        guard bytes.count == 1 + Self.ivCount + Self.textCount else { throw .token(.wrapRefused) }
        iv = Array(bytes[1...Self.ivCount])
        text = Array(bytes[(1 + Self.ivCount)...])
    }

    var bytes: [UInt8] { [Self.version] + iv + text }
}

/// What is wrong with a token, or with what was asked of it.
public enum TokenFault: Hashable, Sendable {
    /// There is no module at this path, or it is none.
    case moduleNotLoadable
    /// No token that is present has this label.
    case tokenAbsent
    /// Several tokens have this label.
    case tokenAmbiguous
    case wrongPIN
    /// One more wrong PIN would lock the token, so none is tried.
    case lastTry
    case pinLocked
    /// The token has no AES key of this label that can neither be read nor copied off it.
    case keyAbsent
    /// Several keys have this label.
    case keyAmbiguous
    /// A secret key of this label is there already.
    case keyExists
    /// The wrap is damaged, was made with another key, or is not where it was written.
    case wrapRefused
    /// The module refused a step that should not fail, with one of PKCS#11's return values.
    case refused(step: String, code: UInt)

    public var userMessage: String {
        switch self {
        case .moduleNotLoadable: "The token's module cannot be loaded. Give the absolute path of a PKCS#11 module."
        case .tokenAbsent: "No token with this label is present. Check that it is connected, and its label."
        case .tokenAmbiguous: "Several tokens have this label. Leave one connected, or give them different labels."
        case .wrongPIN:
            "The token refused the PIN. Check it before you try again: after a few wrong PINs a token locks itself."
        case .lastTry:
            "One more wrong PIN would lock the token, so it was not tried. Log in once with the token's own program, then try again."
        case .pinLocked: "The token has locked itself after wrong PINs. Its security officer can set a new one."
        case .keyAbsent: "The token has no key with this label that is fit for wrapping."
        case .keyAmbiguous: "The token has several keys with this label. Give them different labels."
        case .keyExists: "The token has a key with this label already. Choose another label."
        case .wrapRefused:
            "The token does not open this wrap: it is damaged, or was made with another key or for another vault."
        case .refused(let step, let code): "The token's module refused \(step) with 0x\(String(code, radix: 16))."
        }
    }
}
