/// The facts about one rendition that decide which parties' keys open it.
public struct WrapFacts: Hashable, Sendable {
    public var category: Category
    public var holder: Party
    public var labels: Set<Label>
    public var rendition: Rendition
    public var isReleased: Bool
    /// The kinds of consent that stand, for each role that depends on them.
    public var consented: [Role: ConsentKinds]
    /// Roles in which somebody has a running task grant that names this document.
    public var tasked: Set<Role>
    /// The day on which the rendition came; what is not stated is taken to have come before the review date.
    public var shared: Day?

    public init(
        category: Category, holder: Party, labels: Set<Label> = [], rendition: Rendition = .original,
        isReleased: Bool = false, consented: [Role: ConsentKinds] = [:], tasked: Set<Role> = [],
        shared: Day? = nil
    ) {
        self.category = category
        self.holder = holder
        self.labels = labels
        self.rendition = rendition
        self.isReleased = isReleased
        self.consented = consented
        self.tasked = tasked
        self.shared = shared
    }
}

/// How a party's key opens a rendition.
public enum WrapKind: String, Hashable, Sendable {
    case ordinary
    /// Only under an emergency grant; or kept by the holder for nobody, so that it is not lost.
    case override
}

extension Agreement {
    /// The parties whose keys open this rendition today: those in which some role could read its content, if its holder
    /// were on the case, asked for a covered purpose and, where only one's own may be read, were the owner.
    ///
    /// Never narrower than `decide`: whoever is permitted to read content is of a party named here. Never empty: what no key
    /// opens would be lost for ever, and that is for a disposal to do. Where nobody is admitted the holder keeps a wrap
    /// that no permit can use.
    public func wraps(for facts: WrapFacts, on day: Day) -> [Party: WrapKind] {
        let readers = readers(of: facts, on: day)
        return readers.isEmpty ? [facts.holder: .override] : readers
    }

    /// Whether there is nobody who could read this rendition today, whatever the purpose and even in an emergency.
    public func opensForNobody(_ facts: WrapFacts, on day: Day) -> Bool { readers(of: facts, on: day).isEmpty }

    /// Empty when the category, the holder or a label cannot be judged.
    private func readers(of facts: WrapFacts, on day: Day) -> [Party: WrapKind] {
        guard let category = categoryIndex[facts.category],
            categoryEntries[category].holders.contains(facts.holder)
        else { return [:] }
        var wraps: [Party: WrapKind] = [:]
        for role in roles.indices {
            for party in roleEntries[role].parties where wraps[party] != .ordinary {
                wraps[party] = wrap(for: party, role: role, category: category, facts, on: day) ?? wraps[party]
            }
        }
        return wraps
    }

    private func wrap(for party: Party, role: Int, category: Int, _ facts: WrapFacts, on day: Day) -> WrapKind? {
        let hasTask = facts.tasked.contains(roles[role])
        guard labelRefusal(facts.labels, role: role, category: category, hasTask: hasTask) == nil else { return nil }
        let isShared =
            party == facts.holder
            || (isInForce(on: day) && !cameTooLate(facts.shared)
                && !sharing[holder: facts.holder, asker: party, category: category].isEmpty)

        var met: Conditions = [.own]
        if facts.isReleased { met.insert(.released) }
        if hasTask { met.insert(.task) }
        met.formUnion(Conditions(facts.consented[roles[role]] ?? []))

        if isShared, admits(facts.rendition, met, role: role, category: category) { return .ordinary }
        met.insert(.emergency)
        let canOverride =
            roleEntries[role].actsInEmergency && admits(facts.rendition, met, role: role, category: category)
        return canOverride ? .override : nil
    }

    private func admits(_ rendition: Rendition, _ met: Conditions, role: Int, category: Int) -> Bool {
        let ask = Ask(action: .read, rendition: rendition, met: met, openRulesOnly: false, isOverride: false)
        guard case .permit = table.judge(ask, role: role, category: category) else { return false }
        return true
    }
}
