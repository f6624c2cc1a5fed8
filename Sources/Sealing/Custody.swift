/// How the root key is kept while the vault is locked.
public enum Custody: Hashable, Sendable {
    /// A passphrase that people remember, stretched with Argon2id.
    case passphrase(salt: [UInt8], cost: Argon2Cost)
    /// A file of 32 or more random bytes, kept on another device.
    case keyFile

    /// Wraps `root` so that `secret` opens it.
    ///
    /// `secret`: the passphrase, or the key file's bytes.
    /// `vault`: the vault's identifier; a wrap of another vault does not open.
    public func wrap(
        _ root: Key, with secret: borrowing SecretBytes, vault: [UInt8], random: RandomSource
    ) throws(SealingError) -> [UInt8] {
        try wrappingKey(secret).wrap(root, facts(vault), random: random)
    }

    /// - Throws: `SealingError.wrongUnlockSecret` when it does not open; `.malformedKey`; `.unavailable`.
    public func unwrap(
        _ sealed: [UInt8], with secret: borrowing SecretBytes, vault: [UInt8]
    ) throws(SealingError) -> Key {
        let key = try wrappingKey(secret)
        do throws(SealingError) {
            return try key.unwrap(sealed, facts(vault))
        } catch .notAuthentic {
            throw .wrongUnlockSecret
        }
    }

    public static let minimumKeyFileCount = 32

    private func wrappingKey(_ secret: borrowing SecretBytes) throws(SealingError) -> Key {
        switch self {
        case .passphrase(let salt, let cost):
            return Key(try secret.stretch(salt: salt, cost: cost))
        case .keyFile:
            guard secret.count >= Self.minimumKeyFileCount else {
                throw .malformedKey("a key file has at least \(Self.minimumKeyFileCount) bytes")
            }
            return Key(try secret.derive(info: Facts("custody/key-file").bytes))
        }
    }

    private func facts(_ vault: [UInt8]) -> Facts {
        switch self {
        case .passphrase(let salt, let cost):
            Facts("root/passphrase", vault, salt, Array("\(cost.passes) \(cost.memory)".utf8))
        case .keyFile: Facts("root/key-file", vault)
        }
    }
}

/// A person's password as it is kept: Argon2id over the password and a pepper that is not in the same database. The verifier tells which
/// version of the pepper is in it.
public struct PasswordRecord: Hashable, Sendable {
    public let salt: [UInt8]
    public let cost: Argon2Cost
    public let verifier: [UInt8]

    public init(salt: [UInt8], cost: Argon2Cost, verifier: [UInt8]) {
        self.salt = salt
        self.cost = cost
        self.verifier = verifier
    }

    public init(
        _ password: borrowing SecretBytes, pepper: Key, version: UInt32 = 1, cost: Argon2Cost = .password,
        random: RandomSource
    ) throws(SealingError) {
        salt = random.bytes(SecretBytes.saltCount)
        self.cost = cost
        verifier = try Self.verifier(password, pepper, version, salt, cost)
    }

    public var pepperVersion: UInt32 { KeyedMark.version(of: verifier) }

    /// Whether this is the password. Takes as long for a wrong one as for the right one.
    ///
    /// `pepper`: of `pepperVersion`; under any other, no password is right.
    public func accepts(_ password: borrowing SecretBytes, pepper: Key) throws(SealingError) -> Bool {
        constantTimeEqual(try Self.verifier(password, pepper, pepperVersion, salt, cost), verifier)
    }

    private static func verifier(
        _ password: borrowing SecretBytes, _ pepper: Key, _ version: UInt32, _ salt: [UInt8], _ cost: Argon2Cost
    ) throws(SealingError) -> [UInt8] {
        let stretched = try password.stretch(salt: salt, cost: cost)
        return KeyedMark.make(pepper.secret.authenticate(secret: stretched), version: version).bytes
    }
}
