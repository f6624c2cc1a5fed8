internal import CSodium

/// Cost of turning a passphrase into a key (Argon2id, RFC 9106).
public struct Argon2Cost: Hashable, Sendable {
    /// Passes over the memory.
    public let passes: UInt64
    /// Memory in bytes.
    public let memory: Int

    /// For the root key: opened seldom, guessed at offline for ever. 256 MiB, 3 passes.
    public static let rootKey = Argon2Cost(passes: 3, memory: 256 << 20)
    /// For people signing in: 64 MiB, 2 passes, with a pepper that the thief of a database does not have.
    public static let password = Argon2Cost(passes: 2, memory: 64 << 20)

    /// - Parameters:
    ///   - passes: 1 or more.
    ///   - memory: bytes, at least 8 KiB and at most 4 GiB.
    public init(passes: UInt64, memory: Int) {
        self.passes = passes
        self.memory = memory
    }

    var isWithinReason: Bool { (1...64).contains(passes) && (8 << 10...4 << 30).contains(memory) }
}

extension SecretBytes {
    public static let saltCount = Int(crypto_pwhash_SALTBYTES)

    /// A 32-byte key from this passphrase with Argon2id.
    ///
    /// `salt`: 16 bytes.
    ///
    /// - Throws: `SealingError.unavailable` when the machine has not the memory that the cost asks for.
    public borrowing func stretch(salt: [UInt8], cost: Argon2Cost) throws(SealingError) -> SecretBytes {
        guard salt.count == Self.saltCount, cost.isWithinReason else {
            throw .malformedKey("the Argon2id parameters are out of range")
        }
        return unsafe try withUnsafeBytes { (passphrase) throws(SealingError) in
            unsafe try SecretBytes(count: 32) { (out) throws(SealingError) in
                let done = unsafe crypto_pwhash(
                    out.start, UInt64(out.count),
                    UnsafeRawPointer(passphrase.start).assumingMemoryBound(to: CChar.self), UInt64(passphrase.count),
                    salt,
                    cost.passes, cost.memory, crypto_pwhash_ALG_ARGON2ID13)
                guard done == 0 else { throw .unavailable("Memory for Argon2id") }
            }
        }
    }

    /// scrypt with r = 8 and p = 1, as the age format asks.
    borrowing func scrypt(salt: [UInt8], logN: Int) throws(SealingError) -> SecretBytes {
        unsafe try withUnsafeBytes { (passphrase) throws(SealingError) in
            unsafe try SecretBytes(count: 32) { (out) throws(SealingError) in
                let done = unsafe crypto_pwhash_scryptsalsa208sha256_ll(
                    passphrase.start, passphrase.count, salt, salt.count,
                    1 << UInt64(logN), 8, 1, out.start, out.count)
                guard done == 0 else { throw .unavailable("Memory for scrypt") }
            }
        }
    }
}
