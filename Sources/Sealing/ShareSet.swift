/// A secret of 32 bytes in shares: any `threshold` of the `count` make it again, fewer tell nothing (Shamir).
public struct ShareSet: Hashable, Sendable {
    public static let defaultThreshold = 3
    public static let defaultCount = 5
    public static let minimumThreshold = 2
    public static let maximumCount = 32
    static let identifierCount = 16

    /// 16 random bytes.
    public let identifier: [UInt8]
    public let threshold: Int
    public let count: Int

    /// - Returns: `nil` for numbers that no set has.
    init?(identifier: [UInt8], threshold: Int, count: Int) {
        guard identifier.count == Self.identifierCount, threshold >= Self.minimumThreshold, count >= threshold,
            count <= Self.maximumCount
        else { return nil }
        self.identifier = identifier
        self.threshold = threshold
        self.count = count
    }

    /// A new set of shares. Splitting again makes others, which do not go with these.
    ///
    /// `secret`: 32 bytes.
    ///
    /// - Throws: `SealingError.share(.impossible)` unless 2 ≤ `threshold` ≤ `count` ≤ 32; `.unavailable`.
    public static func split(
        _ secret: Key, threshold: Int = defaultThreshold, count: Int = defaultCount, random: RandomSource
    ) throws(SealingError) -> [Share] {
        guard let set = ShareSet(identifier: random.bytes(identifierCount), threshold: threshold, count: count) else {
            throw .share(.impossible)
        }
        let polynomials = try SharePolynomials(secret.secret, threshold: threshold, random: random)
        let tagKey = try tagKey(secret)
        var shares: [Share] = []
        for index in 1...count {
            let value = try polynomials.value(at: UInt8(index))
            let tag = set.tag(index, value, tagKey)
            shares.append(Share(of: set, index: index, value: value, tag: tag))
        }
        return shares
    }

    /// The secret again. Shares beyond those needed are checked too.
    ///
    /// - Throws: `SealingError.share` with whatever is wrong with them, each share named by its index.
    public static func combine(_ shares: [Share]) throws(SealingError) -> Key {
        let set = try commonSet(shares)
        guard shares.count >= set.threshold else {
            throw .share(.tooFew(needed: set.threshold, have: shares.count))
        }
        let secret = try fittingSecret(shares, set.threshold)
        let tagKey = try tagKey(secret)
        let altered = shares.filter { !fits($0, tagKey) }
        guard altered.isEmpty else { throw .share(.altered(altered.map(\.index))) }
        return secret
    }

    /// The set of most of the shares, and of the first ones where two have as many.
    private static func commonSet(_ shares: [Share]) throws(SealingError) -> ShareSet {
        var sizes: [ShareSet: Int] = [:]
        for share in shares { sizes[share.set, default: 0] += 1 }
        let largest = sizes.values.max()
        guard let set = shares.first(where: { sizes[$0.set] == largest })?.set else {
            throw .share(.tooFew(needed: minimumThreshold, have: 0))
        }
        let strangers = shares.filter { $0.set != set }
        guard strangers.isEmpty else { throw .share(.anotherSet(strangers.map(\.index))) }
        var seen: Set<Int> = []
        for share in shares where !seen.insert(share.index).inserted { throw .share(.repeated(share.index)) }
        return set
    }

    /// The secret that some of the shares agree on. Only who has the secret can make a tag that fits.
    private static func fittingSecret(_ shares: [Share], _ threshold: Int) throws(SealingError) -> Key {
        for choice in ShareChoices(of: threshold, from: shares.count) {
            let chosen = choice.map { shares[$0] }
            let secret = Key(try SharePolynomials.constants(chosen))
            let tagKey = try tagKey(secret)
            if chosen.allSatisfy({ fits($0, tagKey) }) { return secret }
        }
        throw .share(.noFit)
    }

    private static func fits(_ share: Share, _ tagKey: Key) -> Bool {
        constantTimeEqual(share.set.tag(share.index, share.value, tagKey), share.tag)
    }

    private static func tagKey(_ secret: Key) throws(SealingError) -> Key { try secret.derive(Facts("share/tag")) }

    private func tag(_ index: Int, _ value: borrowing SecretBytes, _ tagKey: Key) -> [UInt8] {
        let known = Facts("share", identifier, [UInt8(threshold)], [UInt8(count)], [UInt8(index)]).bytes
        var mac = tagKey.secret.macStream()
        mac.update((known + Facts.bigEndian(UInt32(value.count))).span)
        unsafe value.withUnsafeBytes { unsafe mac.update($0.bindMemory(to: UInt8.self).span) }
        return mac.finish().bytes
    }
}

/// Which shares to try together: neighbours first, which finds a single bad share among any number, then every choice in
/// order until there were many.
struct ShareChoices: Sequence, IteratorProtocol {
    static let maximumTries = 10_000
    private let size: Int
    private let total: Int
    private var tries = 0
    private var choice: [Int]?

    init(of size: Int, from total: Int) {
        self.size = size
        self.total = total
        choice = Array(0..<size)
    }

    mutating func next() -> [Int]? {
        defer { tries += 1 }
        if tries < total { return (0..<size).map { (tries + $0) % total } }
        guard tries < total + Self.maximumTries, let current = choice else { return nil }
        choice = following(current)
        return current
    }

    private func following(_ choice: [Int]) -> [Int]? {
        guard let place = choice.indices.last(where: { choice[$0] < total - size + $0 }) else { return nil }
        return choice[..<place] + (1...(size - place)).map { choice[place] + $0 }
    }
}

/// What can be wrong with shares. It names them by index, and never by what is in them.
public enum ShareFault: Hashable, Sendable {
    /// The first line is another.
    case notAShare
    /// The share contradicts its own checksum. `index` is what it says itself, if that can be read.
    case damaged(index: Int?)
    /// Nothing can be split into so many, or with so few needed.
    case impossible
    case tooFew(needed: Int, have: Int)
    case anotherSet([Int])
    case repeated(Int)
    /// They pass their own checksums, but are not as they were made.
    case altered([Int])
    /// At least one is not as it was made; which cannot be told from these.
    case noFit

    var userMessage: String {
        switch self {
        case .notAShare: "This is not a share that this program can read: it does not begin with `muniment share v1`."
        case .damaged(let index?): "Share \(index) is damaged or mistyped. Ask its keeper for it again."
        case .damaged(nil): "The share is damaged or mistyped. Ask its keeper for it again."
        case .impossible:
            "A secret is split into at most \(ShareSet.maximumCount) shares, of which at least "
                + "\(ShareSet.minimumThreshold) are needed."
        case .tooFew(let needed, let have): "\(needed) shares are needed, and there are \(have)."
        case .anotherSet(let indices): "Leave out \(Self.names(indices)): of another set."
        case .repeated(let index): "Share \(index) is there twice. Give each share once."
        case .altered(let indices): "Leave out \(Self.names(indices)): not as it was made. Find out who changed it."
        case .noFit: "The shares do not fit together: at least one is not as it was made. More shares can tell which."
        }
    }

    private static func names(_ indices: [Int]) -> String {
        indices.map { "share \($0)" }.joined(separator: ", ")
    }
}
