internal import Glibc

/// One change at a time of what the keyring must mirror, in whichever process: acts about children, the agreement, and
/// the work that brings wraps into line with them. Deposits and reads do not wait for it.
public final class ChangeLock: Sendable {
    private let file: FileDescriptor

    /// Waits its turn.
    public init(folder: String) throws(StorageError) {
        file = try FileDescriptor.opening(folder + "/changes", O_RDWR | O_CREAT, "lock the keyring's changes")
        _ = try file.lock(exclusively: true, waiting: true)
    }

    public func release() { file.unlock() }
}
