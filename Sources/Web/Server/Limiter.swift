import Storage
import Synchronization

/// How many requests somebody may make: a bucket that fills at a rate, for each account or network.
final class Limiter<Who: Hashable & Sendable>: Sendable {
    private struct Bucket {
        var tokens: Double
        var at: Instant
    }

    private let buckets = Mutex<[Who: Bucket]>([:])
    private let perSecond: Double
    private let burst: Double
    /// Beyond it the full buckets are forgotten: a full bucket says nothing.
    private var most: Int { 50_000 }

    init(perSecond: Double, burst: Double) {
        self.perSecond = perSecond
        self.burst = burst
    }

    /// - Throws: `Problem.tooMany` when the bucket does not hold `cost`.
    func take(_ cost: Double, of who: Who, at now: Instant) throws {
        try buckets.withLock { try take(cost, of: who, at: now, from: &$0) }
    }

    private func take(_ cost: Double, of who: Who, at now: Instant, from buckets: inout [Who: Bucket]) throws {
        if buckets.count >= most {
            buckets = buckets.filter { level($0.value, at: now) < burst }
            // As many who all ask at once: nobody is let off, and nothing grows.
            guard buckets.count < most || buckets[who] != nil else { throw Problem.tooMany(afterSeconds: 10) }
        }
        let tokens = buckets[who].map { level($0, at: now) } ?? burst
        guard tokens >= cost else {
            throw Problem.tooMany(afterSeconds: max(1, Int(((cost - tokens) / perSecond).rounded(.up))))
        }
        buckets[who] = Bucket(tokens: tokens - cost, at: now)
    }

    private func level(_ bucket: Bucket, at now: Instant) -> Double {
        let seconds = Double(max(0, now.milliseconds - bucket.at.milliseconds)) / 1000
        return min(burst, bucket.tokens + seconds * perSecond)
    }
}

/// Where a request comes from, as far as limits go: an IPv4 address, or the /64 that one IPv6 customer has.
struct Network: Hashable, Sendable {
    private let bytes: [UInt8]

    init(ipv4 bytes: [UInt8]) { self.bytes = bytes }
    init(ipv6 bytes: [UInt8]) {
        // An IPv4 address in IPv6's clothes is that address.
        let isMapped = bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
        self.bytes = Array(isMapped ? bytes.suffix(4) : bytes.prefix(8))
    }

    /// A peer on this machine without an address: a Unix socket.
    static let local = Network(ipv4: [127, 0, 0, 1])
}
