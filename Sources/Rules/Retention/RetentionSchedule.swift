/// A retention schedule, checked and compiled: how long everything in the vault is kept, and on whose authority.
///
/// Immutable. Of several rules the longest holds; a rule that nobody has adopted holds an item and never lets it go.
///
/// Source: UK GDPR Art. 5(1)(e) and Art. 30(1)(f); the Code of Practice under s.46 of the Freedom of Information Act
/// 2000. There is no national period for a case file, so that each controller adopts its own.
public struct RetentionSchedule: Sendable {
    public let version: Int
    public let name: String
    public let owner: String
    public let defaults: RetentionDefaults
    /// In the order of the file.
    public private(set) var rules: [RetentionRule]
    /// Classes of record that are no category of document, with their titles.
    public let records: [Category: String]
    /// The file it was read from, for the record of its hash.
    public let source: PolicyText

    let holders: RetentionHolders
    /// The rules whose shortening of an earlier schedule has been approved, and when.
    let approvedShortenings: [RuleID: Day]
    let table: RetentionTable
    /// What each rule holds up by merely applying, in the order of the rules.
    private(set) var standingBlocks: [[RetentionBlock]]
    private let places: [RuleID: Int]

    init(
        version: Int, name: String, owner: String, defaults: RetentionDefaults, rules: [RetentionRule],
        records: [Category: String], source: PolicyText, holders: RetentionHolders,
        approvedShortenings: [RuleID: Day], categories: [Category]
    ) {
        self.version = version
        self.name = name
        self.owner = owner
        self.defaults = defaults
        self.rules = rules
        self.records = records
        self.source = source
        self.holders = holders
        self.approvedShortenings = approvedShortenings
        table = RetentionTable(rules: rules, categories: categories, records: records, holders: holders)
        standingBlocks = rules.map(\.standingBlocks)
        places = Dictionary(uniqueKeysWithValues: rules.enumerated().map { ($1.id, $0) })
    }

    public func rule(_ id: RuleID) -> RetentionRule? { places[id].map { rules[$0] } }

    /// The kind of controller that an organisation is, where the schedule says so.
    public func holderType(of organisation: String) -> HolderType? { holders.organisations[organisation] }

    /// The same schedule with more of its rules adopted: to see beforehand what adopting them would do.
    public func adopting(_ ids: Set<RuleID>, on day: Day) -> RetentionSchedule {
        var schedule = self
        for id in ids {
            guard let place = places[id], rules[place].adoption == .no else { continue }
            schedule.rules[place].adoption = .adopted(day)
            schedule.standingBlocks[place] = schedule.rules[place].standingBlocks
        }
        return schedule
    }
}

/// The numbers of the schedule that belong to no single rule.
public struct RetentionDefaults: Hashable, Sendable {
    /// How long contact in a case that has ended, or may have, holds things up.
    public let recentActivityMonths: Int
    /// How long an item stays as it was when a corrected birth would shorten its period.
    public let correctedBirthDays: Int
}

/// The kinds of controller of each party, and the organisations whose kind is known.
struct RetentionHolders: Hashable, Sendable {
    let types: [Party: [HolderType]]
    let organisations: [String: HolderType]
}
