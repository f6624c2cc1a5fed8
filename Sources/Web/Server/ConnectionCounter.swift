import Synchronization

/// How many connections each network has open.
final class ConnectionCounter: Sendable {
    private let counts = Mutex<[Network: Int]>([:])

    /// - Returns: whether one more may be open.
    func admit(_ network: Network, atMost most: Int) -> Bool {
        counts.withLock { counts in
            let count = counts[network, default: 0]
            guard count < most else { return false }
            counts[network] = count + 1
            return true
        }
    }

    func leave(_ network: Network) {
        counts.withLock { counts in
            let count = counts[network, default: 0] - 1
            counts[network] = count > 0 ? count : nil
        }
    }

    var total: Int { counts.withLock { $0.values.reduce(0, +) } }
}
