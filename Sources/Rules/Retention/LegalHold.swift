/// Why something must not be destroyed, whatever the schedule says.
public enum HoldKind: String, CaseIterable, Hashable, Sendable, Codable {
    case litigation, tribunal
    case subjectAccess = "subject-access"
    case complaint, inquiry, police, audit
    case safeguardingReview = "safeguarding-review"
}

/// What a legal hold asks about one item.
public struct HoldFacts: Hashable, Sendable {
    /// Everyone whom the item is about.
    public var children: Set<String>
    public var caseID: String
    public var category: Category
    public var holder: Party
    public var labels: Set<Label>
    public var added: Day

    public init(
        children: Set<String>, caseID: String, category: Category, holder: Party, labels: Set<Label> = [], added: Day
    ) {
        self.children = children
        self.caseID = caseID
        self.category = category
        self.holder = holder
        self.labels = labels
        self.added = added
    }
}

/// Which items a hold is about. All that is stated must hold; what is empty is not asked.
public struct HoldScope: Hashable, Sendable {
    public let children: Set<String>
    public let cases: Set<String>
    public let categories: Set<Category>
    public let holders: Set<Party>
    public let labels: Set<Label>
    /// The first and the last day on which an item may have been added.
    public let from: Day?
    public let until: Day?

    public enum Fault: Error, Hashable, Sendable {
        case empty
        case daysOutOfOrder

        public var userMessage: String {
            switch self {
            case .empty: "The hold names nothing, and would hold everything. Say what it is about."
            case .daysOutOfOrder: "The hold ends before it begins. Put the days in order."
            }
        }
    }

    public init(
        children: Set<String> = [], cases: Set<String> = [], categories: Set<Category> = [],
        holders: Set<Party> = [], labels: Set<Label> = [], from: Day? = nil, until: Day? = nil
    ) throws(Fault) {
        let names = [children.isEmpty, cases.isEmpty, categories.isEmpty, holders.isEmpty, labels.isEmpty]
        guard names.contains(false) || from != nil || until != nil else { throw .empty }
        if let from, let until, until < from { throw .daysOutOfOrder }
        self.children = children
        self.cases = cases
        self.categories = categories
        self.holders = holders
        self.labels = labels
        self.from = from
        self.until = until
    }

    public func matches(_ item: HoldFacts) -> Bool {
        (children.isEmpty || !children.isDisjoint(with: item.children))
            && (cases.isEmpty || cases.contains(item.caseID))
            && (categories.isEmpty || categories.contains(item.category))
            && (holders.isEmpty || holders.contains(item.holder))
            && (labels.isEmpty || !labels.isDisjoint(with: item.labels))
            && (from.map { $0 <= item.added } ?? true) && (until.map { item.added <= $0 } ?? true)
    }
}

/// An order to destroy nothing. It beats every rule, a withdrawn consent and an erasure.
///
/// Source: Freedom of Information Act 2000 s.77 and Data Protection Act 2018 s.173, by which to destroy what somebody
/// has asked for is an offence; the terms of reference of each inquiry.
public struct LegalHold: Hashable, Sendable {
    public let kind: HoldKind
    public let scope: HoldScope
    public let placed: Day
    public let released: Day?
    public let reviewEveryDays: Int
    /// The last review; `nil` before the first.
    public let reviewed: Day?

    /// How long after its release a hold still binds, so that no release destroys anything by itself.
    public static let coolingOffDays = 30

    public init(
        _ kind: HoldKind, scope: HoldScope, placed: Day, released: Day? = nil, reviewEveryDays: Int,
        reviewed: Day? = nil
    ) {
        self.kind = kind
        self.scope = scope
        self.placed = placed
        self.released = released
        self.reviewEveryDays = reviewEveryDays
        self.reviewed = reviewed
    }

    /// From the day on which it is placed, through the thirtieth day after its release.
    public func binds(on day: Day) -> Bool {
        guard placed <= day else { return false }
        guard let released else { return true }
        return released.days(until: day) <= Self.coolingOffDays
    }

    public func reviewDue(on day: Day) -> Bool {
        released == nil && (reviewed ?? placed).days(until: day) >= reviewEveryDays
    }
}

extension Sequence<LegalHold> {
    /// Those that keep the item on that day. It is free only if there is none: the release of one releases no other.
    public func binding(_ item: HoldFacts, on day: Day) -> [LegalHold] {
        filter { $0.binds(on: day) && $0.scope.matches(item) }
    }
}
