/// The rules of a schedule laid out by category and holder, so that only those that can apply are looked at.
struct RetentionTable: Sendable {
    private let places: [Category: Int]
    /// After the parties, whose organisation is of an unknown kind, come the kinds.
    private let slots: [HolderType: Int]
    private let slotCount: Int
    private let cells: [[Candidate]]

    init(rules: [RetentionRule], categories: [Category], records: [Category: String], holders: RetentionHolders) {
        let all = categories + records.keys.sorted()
        places = Dictionary(uniqueKeysWithValues: all.enumerated().map { ($1, $0) })
        let types = Set(holders.types.values.joined()).sorted()
        let firstType = Party.allCases.count
        slots = Dictionary(uniqueKeysWithValues: types.enumerated().map { ($1, firstType + $0) })
        slotCount = firstType + types.count
        let possible =
            Party.allCases.sorted { $0.index < $1.index }.map { Set(holders.types[$0] ?? []) } + types.map { [$0] }
        cells = all.flatMap { category in
            possible.map { types in
                rules.enumerated().compactMap { place, rule in
                    let tests = rule.matches.filter {
                        $0.covers(category, isRecord: records[category] != nil)
                            && ($0.holders.isEmpty || !$0.holders.isDisjoint(with: types))
                    }
                    return tests.isEmpty ? nil : Candidate(rule, at: place, tests)
                }
            }
        }
    }

    /// What may apply; empty for a category that the schedule does not know.
    func candidates(for facts: RetentionFacts) -> [Candidate] {
        guard let place = places[facts.category] else { return [] }
        let slot = facts.holderType.flatMap { slots[$0] } ?? facts.holder.index
        return cells[place * slotCount + slot]
    }
}

extension RetentionMatch {
    fileprivate func covers(_ category: Category, isRecord: Bool) -> Bool {
        categories.isEmpty ? !isRecord : categories.contains(category)
    }
}

/// A rule as it bears on one category and kind of holder.
struct Candidate: Sendable {
    let id: RuleID
    /// Where it stands in the schedule.
    let place: Int
    let keep: [RetentionTerm]
    let onDeath: DeathVariant?
    let isPermanent: Bool
    private let isStatutory: Bool
    private let tests: [Test]

    private struct Test: Sendable {
        let labels: Set<Label>
        let when: RetentionFlags
        let unless: RetentionFlags
    }

    fileprivate init(_ rule: RetentionRule, at place: Int, _ matches: [RetentionMatch]) {
        id = rule.id
        self.place = place
        keep = rule.keep
        onDeath = rule.onDeath
        isPermanent = rule.isPermanent
        isStatutory = rule.confidence.isStatutory
        tests = matches.map { Test(labels: $0.labels, when: $0.when, unless: $0.unless) }
    }

    func applies(given flags: RetentionFlags, labels: Set<Label>) -> Bool {
        tests.contains { test in
            (test.when.isEmpty || !test.when.isDisjoint(with: flags)) && test.unless.isDisjoint(with: flags)
                && (test.labels.isEmpty || !test.labels.isDisjoint(with: labels))
                // What rests on consent alone has no long minimum: only a statute, or a rule about just that, keeps it.
                && (isStatutory || !flags.contains(.consentOnly) || test.when.contains(.consentOnly))
        }
    }
}
