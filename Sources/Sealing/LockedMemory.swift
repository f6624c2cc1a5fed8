internal import CSodium
internal import Synchronization

/// Locked memory for secrets.
///
/// Keys are 64 bytes at most and there are many short-lived ones, so they share regions that are locked and fenced by guard
/// pages once: locking and fencing each would cost a dozen system calls. Anything longer has a region to itself.
enum LockedMemory {
    private static let slotCount = 64
    private static let slotsInRegion = 512

    /// Addresses of free slots. A slot that is handed back has been wiped.
    private static let free = Mutex<[UInt]>([])

    /// - Throws: `SealingError.unavailable` when the system locks no more memory for this process (RLIMIT_MEMLOCK).
    static func take(_ count: Int) throws(SealingError) -> UnsafeMutableRawPointer {
        guard count <= slotCount else { return unsafe try lockedRegion(count) }
        if let slot = unsafe free.withLock({ unsafe UnsafeMutableRawPointer(bitPattern: $0.popLast() ?? 0) }) {
            return unsafe slot
        }
        let region = unsafe try lockedRegion(slotCount * slotsInRegion)
        let base = UInt(bitPattern: region)
        free.withLock { $0.append(contentsOf: (1..<slotsInRegion).map { base + UInt($0 * slotCount) }) }
        return unsafe region
    }

    static func giveBack(_ memory: UnsafeMutableRawPointer, _ count: Int) {
        guard count <= slotCount else { return unsafe sodium_free(memory) }
        unsafe sodium_memzero(memory, slotCount)
        let slot = UInt(bitPattern: memory)
        free.withLock { $0.append(slot) }
    }

    private static func lockedRegion(_ count: Int) throws(SealingError) -> UnsafeMutableRawPointer {
        Sodium.start()
        guard let memory = unsafe sodium_malloc(count) else { throw .unavailable("Locked memory") }
        // sodium_malloc goes on without a word when the memory could not be locked.
        guard unsafe sodium_mlock(memory, count) == 0 else {
            unsafe sodium_free(memory)
            throw .unavailable("Locked memory (see RLIMIT_MEMLOCK)")
        }
        return unsafe memory
    }
}
