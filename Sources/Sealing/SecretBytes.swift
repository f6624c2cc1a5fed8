internal import CSodium

/// Bytes that must not leak: in locked memory, left out of core dumps, wiped when the value dies.
///
/// Noncopyable, so that the number of copies is what the source shows. It cannot be printed.
@safe public struct SecretBytes: ~Copyable, @unchecked Sendable {
    private let base: UnsafeMutableRawPointer
    public let count: Int

    /// Takes `count` bytes of locked memory and lets `fill` write them.
    ///
    /// - Throws: `SealingError.unavailable` when no memory can be set aside; whatever `fill` throws.
    init(
        count: Int, filling fill: (UnsafeMutableRawBufferPointer) throws(SealingError) -> Void
    ) throws(SealingError) {
        let memory = unsafe try LockedMemory.take(count)
        do throws(SealingError) {
            unsafe try fill(UnsafeMutableRawBufferPointer(start: memory, count: count))
        } catch {
            unsafe LockedMemory.giveBack(memory, count)
            throw error
        }
        unsafe base = memory
        self.count = count
    }

    /// `count` bytes from `random`.
    public init(count: Int, from random: RandomSource) throws(SealingError) {
        unsafe try self.init(count: count) { (buffer: UnsafeMutableRawBufferPointer) throws(SealingError) in
            unsafe random.fill(buffer)
        }
    }

    /// Copies the first `count` of `bytes` into locked memory, all of them when it is `nil`, and wipes the original.
    public init(wiping bytes: inout [UInt8], count: Int? = nil) throws(SealingError) {
        let count = min(count ?? bytes.count, bytes.count)
        defer {
            unsafe bytes.withUnsafeMutableBytes { unsafe sodium_memzero($0.start, $0.count) }
            bytes = []
        }
        unsafe try self.init(count: count) { (buffer: UnsafeMutableRawBufferPointer) throws(SealingError) in
            unsafe bytes.withUnsafeBytes {
                unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<count]))
            }
        }
    }

    /// A second locked copy, for a value that two owners must each hold.
    public borrowing func duplicate() throws(SealingError) -> SecretBytes {
        let source = unsafe UnsafeRawBufferPointer(start: base, count: count)
        return unsafe try SecretBytes(count: count) { (buffer: UnsafeMutableRawBufferPointer) throws(SealingError) in
            unsafe buffer.copyMemory(from: source)
        }
    }

    /// The bytes outside locked memory: only for a token, which is compared by its digest and is 256 random bits, and for what a
    /// protocol sends as it is.
    public borrowing func exposedBytes() -> [UInt8] {
        unsafe [UInt8](UnsafeRawBufferPointer(start: base, count: count))
    }

    deinit { unsafe LockedMemory.giveBack(base, count) }

    /// Lends the bytes for the length of `body`. They must not be copied out of locked memory.
    borrowing func withUnsafeBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        unsafe try body(UnsafeRawBufferPointer(start: base, count: count))
    }

    /// Whether both hold the same bytes, in time that depends only on their length.
    public borrowing func isEqual(to other: borrowing SecretBytes) -> Bool {
        guard count == other.count else { return false }
        return unsafe sodium_memcmp(base, other.base, count) == 0
    }
}

enum Sodium {
    private static let started: Bool = sodium_init() >= 0

    /// libsodium picks its implementations and seeds itself once. Without it nothing here may run.
    static func start() {
        precondition(started, "libsodium did not start")
    }
}

/// Where random bytes come from. The executable passes `.system`; nothing else makes its own.
@safe public struct RandomSource: Sendable {
    private let source: @Sendable (UnsafeMutableRawBufferPointer) -> Void

    /// The kernel's generator, by way of libsodium.
    public static let system = unsafe RandomSource { buffer in
        Sodium.start()
        unsafe randombytes_buf(buffer.start, buffer.count)
    }

    init(source: @escaping @Sendable (UnsafeMutableRawBufferPointer) -> Void) {
        unsafe self.source = source
    }

    func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        guard unsafe !buffer.isEmpty else { return }
        unsafe source(buffer)
    }

    /// `count` random bytes that are not secret: identifiers, salts, nonces, openings.
    public func bytes(_ count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
            unsafe fill(UnsafeMutableRawBufferPointer(buffer))
            initialised = count
        }
    }
}

/// C wants a pointer even where there is nothing to point to.
private nonisolated(unsafe) let nowhere = UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1)

extension UnsafeRawBufferPointer {
    var start: UnsafePointer<UInt8> {
        unsafe UnsafePointer((baseAddress ?? UnsafeRawPointer(nowhere)).assumingMemoryBound(to: UInt8.self))
    }
}

extension UnsafeMutableRawBufferPointer {
    var start: UnsafeMutablePointer<UInt8> {
        unsafe (baseAddress ?? nowhere).assumingMemoryBound(to: UInt8.self)
    }
}
