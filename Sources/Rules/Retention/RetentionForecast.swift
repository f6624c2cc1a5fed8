/// What a schedule would let go, year by year, and what holds the rest: made plan by plan, and never larger than the
/// schedule times the years that it spans.
public struct RetentionForecast: Hashable, Sendable, Codable {
    public private(set) var items = 0
    /// By the year in which they become eligible and the rule that keeps them until then.
    public private(set) var eligible: [Int: [String: Int]] = [:]
    /// How many items something holds that only a person ends.
    public private(set) var blocked = 0
    /// By the code of each block; an item with several counts under each.
    public private(set) var blocks: [String: Int] = [:]

    public init() {}

    public mutating func add(_ plan: RetentionPlan) {
        items += 1
        if let day = plan.eligibleFrom, let winner = plan.winner {
            eligible[day.components.year, default: [:]][winner.rawValue, default: 0] += 1
        } else {
            blocked += 1
        }
        for block in plan.blocks { blocks[block.code, default: 0] += 1 }
    }

    /// What this forecast has more of (or less, if negative) than `other`. What is equal is left out.
    public func difference(from other: RetentionForecast) -> RetentionForecast {
        var difference = RetentionForecast()
        difference.items = items - other.items
        difference.blocked = blocked - other.blocked
        difference.blocks = Self.difference(blocks, other.blocks)
        for year in Set(eligible.keys).union(other.eligible.keys) {
            let rules = Self.difference(eligible[year] ?? [:], other.eligible[year] ?? [:])
            if !rules.isEmpty { difference.eligible[year] = rules }
        }
        return difference
    }

    private static func difference(_ left: [String: Int], _ right: [String: Int]) -> [String: Int] {
        left.merging(right.mapValues(-), uniquingKeysWith: +).filter { $0.value != 0 }
    }
}
