/// Choices that a seed decides: SplitMix64.
struct MirrorChance: Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    mutating func happens(percent: Int) -> Bool { number(1...100) <= percent }

    /// `nil` of an empty list only.
    mutating func one<Item>(of list: [Item]) -> Item? { list.isEmpty ? nil : list[number(0...list.count - 1)] }

    /// So many different ones, or all when there are fewer.
    mutating func some<Item>(_ range: ClosedRange<Int>, of list: [Item]) -> [Item] {
        var left = list
        var chosen: [Item] = []
        for _ in 0..<min(number(range), list.count) { chosen.append(left.remove(at: number(0...left.count - 1))) }
        return chosen
    }

    /// One of several things, each as likely as its weight says.
    mutating func weighted<Item>(_ first: (Int, Item), _ rest: (Int, Item)...) -> Item {
        var rank = number(1...rest.reduce(first.0) { $0 + $1.0 })
        for (weight, item) in rest {
            rank -= weight
            if rank <= 0 { return item }
        }
        return first.1
    }
}
