/// A sharing agreement, checked and compiled: who may do what with which documents, why, and from when to when.
///
/// Immutable. It answers from dense tables, by category and role.
public struct Agreement: Sendable {
    public let version: Int
    public let title: String
    public let from: Day
    /// What comes after this day is not shared between parties; what came before it stays shared until the last day.
    public let reviewBy: Day
    /// The last day in force.
    public let until: Day
    public let limits: Limits
    public let transparency: Transparency
    /// Bank holidays that no standing rule gives.
    public let extraBankHolidays: Set<Day>
    /// The files it was read from, for the record of its hash.
    public let sources: [PolicyText]

    /// In the order of the file.
    public let roles: [Role]
    public let categories: [Category]
    public let purposes: [Purpose]
    public let labels: [Label]
    public let duties: [Duty]
    public let rules: [RuleID]

    let clauses: [Clause]
    let capacities: Capacities
    let roleEntries: [RoleEntry]
    let categoryEntries: [CategoryEntry]
    let purposeTitles: [String]
    let labelEntries: [Label: LabelEntry]
    let dutyRoles: [Duty: [Role]]
    let bases: [BasisID: Basis]
    let roleIndex: [Role: Int]
    let categoryIndex: [Category: Int]
    let purposeIndex: [Purpose: Int]
    let sharing: Sharing
    let table: RuleTable

    /// Where the agreement stands in its term.
    public enum Standing: Hashable, Sendable { case notYet, inForce, reviewOverdue, ended }

    public func standing(on day: Day) -> Standing {
        if day < from { return .notYet }
        if day > until { return .ended }
        return day > reviewBy ? .reviewOverdue : .inForce
    }

    func isInForce(on day: Day) -> Bool { from <= day && day <= until }
}

/// The lawful bases of a rule, as the agreement words them.
public struct Basis: Hashable, Sendable {
    public let id: BasisID
    /// UK GDPR Article 6.
    public let article6: String
    /// UK GDPR Article 9, where special category data are shared.
    public let article9: String?
    /// Data Protection Act 2018, Schedule 1.
    public let schedule1: String?
    /// The statutory power or gateway.
    public let power: String

    /// One line for a page or a letter.
    public var sentence: String {
        [article6, article9, schedule1, power].compactMap(\.self).joined(separator: "; ")
    }
}

struct RoleEntry: Sendable {
    let title: String
    let parties: [Party]
    /// May be given emergency access; for any other role an emergency changes nothing.
    let actsInEmergency: Bool
}

struct CategoryEntry: Sendable {
    let title: String
    let holders: [Party]
    /// Carried by every document of the category.
    let labels: [Label]
    let obligations: Set<Obligation>
}

/// A deny label: it refuses everyone but the roles named here, whom the rules then judge as usual.
struct LabelEntry: Sendable {
    let reason: String
    let exempt: Bits
    let exemptOnTask: Bits
}

/// A set of small numbers: roles or purposes by their place in the agreement.
struct Bits: Hashable, Sendable {
    static let capacity = 64
    private var bits: UInt64 = 0

    var isEmpty: Bool { bits == 0 }
    func contains(_ index: Int) -> Bool { bits & (1 << UInt64(index)) != 0 }
    mutating func insert(_ index: Int) { bits |= 1 << UInt64(index) }
    mutating func formUnion(_ other: Bits) { bits |= other.bits }
}

/// For which purposes a party may ask another for a category.
struct Sharing: Sendable {
    private let categoryCount: Int
    private var purposes: [Bits]

    init(categoryCount: Int) {
        self.categoryCount = categoryCount
        purposes = Array(repeating: Bits(), count: Party.allCases.count * Party.allCases.count * categoryCount)
    }

    subscript(holder holder: Party, asker asker: Party, category category: Int) -> Bits {
        get { purposes[place(holder, asker, category)] }
        set { purposes[place(holder, asker, category)] = newValue }
    }

    private func place(_ holder: Party, _ asker: Party, _ category: Int) -> Int {
        (holder.index * Party.allCases.count + asker.index) * categoryCount + category
    }
}

extension Agreement {
    public func title(of role: Role) -> String? { roleIndex[role].map { roleEntries[$0].title } }
    public func title(of category: Category) -> String? { categoryIndex[category].map { categoryEntries[$0].title } }
    public func title(of purpose: Purpose) -> String? { purposeIndex[purpose].map { purposeTitles[$0] } }
    /// Whether some rule releases the category to the family only after a check for serious harm and third parties.
    ///
    /// An unknown category needs the check: what cannot be judged is not given out.
    public func needsHarmCheck(_ category: Category) -> Bool {
        guard let place = categoryIndex[category] else { return true }
        return table.contains(category: place) { $0.harmCheck }
    }

    /// What every document of the category carries, besides its own labels; none for an unknown category.
    public func labels(of category: Category) -> [Label] {
        categoryIndex[category].map { categoryEntries[$0].labels } ?? []
    }

    public func basis(_ id: BasisID) -> Basis? { bases[id] }
    /// Why the label restrains, in a sentence.
    public func reason(for label: Label) -> String? { labelEntries[label]?.reason }

    /// Where a person with this role may sit; empty for an unknown role.
    public func parties(of role: Role) -> [Party] { roleIndex[role].map { roleEntries[$0].parties } ?? [] }
    /// Who may hold such a document; empty for an unknown category.
    public func holders(of category: Category) -> [Party] {
        categoryIndex[category].map { categoryEntries[$0].holders } ?? []
    }
}
