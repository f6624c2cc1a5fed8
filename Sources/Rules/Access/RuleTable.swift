/// What a rule lets a role do, before its conditions.
struct Grant: OptionSet, Hashable, Sendable {
    let rawValue: UInt8
    /// F: read every rendition.
    static let full = Grant(rawValue: 1)
    /// A: deposit, and read one's own.
    static let author = Grant(rawValue: 2)
    /// X: read the extract and the summary.
    static let extract = Grant(rawValue: 4)
    /// M: know that it exists.
    static let metadata = Grant(rawValue: 8)
    /// Let the family have it. It admits nothing else.
    static let release = Grant(rawValue: 16)

    /// Including what the weaker codes would add.
    var reach: Grant {
        if contains(.full) { return union([.extract, .metadata]) }
        return isDisjoint(with: [.extract, .author]) ? self : union(.metadata)
    }
}

/// What must hold before a rule admits.
struct Conditions: OptionSet, Hashable, Sendable {
    let rawValue: UInt8
    static let own = Conditions(rawValue: 1)
    static let emergency = Conditions(rawValue: 2)
    static let task = Conditions(rawValue: 4)
    static let confidentialityConsent = Conditions(rawValue: 8)
    static let lawfulConsent = Conditions(rawValue: 16)
    static let released = Conditions(rawValue: 32)
}

extension Conditions {
    /// What the consents given open. Agreeing to a service opens nothing.
    init(_ consents: ConsentKinds) {
        self = []
        if consents.contains(.confidentiality) { insert(.confidentialityConsent) }
        if consents.contains(.lawfulBasis) { insert(.lawfulConsent) }
    }
}

/// One rule as it bears on one category.
struct Rule: Sendable {
    /// What it answers once it admits a read; action and override are set by the question.
    let permit: Permit
    let grant: Grant
    let conditions: Conditions
    /// The only rendition it opens, where it opens one only.
    let rendition: Rendition?
    /// Released only after a check for serious harm and third parties.
    let harmCheck: Bool
    let needsCase: Bool
}

/// The question that remains once person, case and agreement are settled.
struct Ask {
    let action: AccessAction
    let rendition: Rendition
    let met: Conditions
    /// Only rules that need no place on the case team count.
    let openRulesOnly: Bool
    /// An emergency grant stands in for the case or for the agreement.
    let isOverride: Bool
}

/// The rules of each category and role, strongest first.
struct RuleTable: Sendable {
    private let roleCount: Int
    private let rules: [Rule]
    private let cells: [Range<Int>]

    /// Takes the rules of each cell, category by category and in each role by role.
    init(roleCount: Int, cells lists: [[Rule]]) {
        self.roleCount = roleCount
        var rules: [Rule] = []
        cells = lists.map { list in
            let start = rules.count
            rules += list.sorted(by: Self.isStronger)
            return start..<rules.count
        }
        self.rules = rules
    }

    /// Without an emergency before with one, then the wider grant, then the fewer conditions, then by name.
    private static func isStronger(_ left: Rule, _ right: Rule) -> Bool {
        func weight(_ rule: Rule) -> (Int, Int, Int, RuleID) {
            let reach: Int =
                switch true {
                case rule.grant.contains(.full) && rule.rendition == nil: 0
                case rule.grant.contains(.full): 1
                case rule.grant.contains(.author): 2
                case rule.grant.contains(.extract): 3
                default: 4
                }
            let emergency = rule.conditions.contains(.emergency) ? 1 : 0
            return (emergency, reach, rule.conditions.rawValue.nonzeroBitCount, rule.permit.rule)
        }
        return weight(left) < weight(right)
    }

    /// Whether some rule of the category answers the question.
    func contains(category: Int, where matches: (Rule) -> Bool) -> Bool {
        cells[category * roleCount..<(category + 1) * roleCount].contains { $0.contains { matches(rules[$0]) } }
    }

    func hasOpenRule(role: Int, category: Int) -> Bool {
        cells[category * roleCount + role].contains { !rules[$0].needsCase }
    }

    /// The strongest rule that admits, or the reason of the one that came nearest.
    func judge(_ ask: Ask, role: Int, category: Int) -> AccessDecision {
        var nearest = DenialReason.noRule
        for index in cells[category * roleCount + role] where !(ask.openRulesOnly && rules[index].needsCase) {
            guard let reason = rules[index].refusal(of: ask) else { return .permit(rules[index].answer(to: ask)) }
            if reason.closeness > nearest.closeness { nearest = reason }
        }
        return .deny(nearest)
    }
}

extension Rule {
    /// Why this rule does not admit; `nil` if it does.
    func refusal(of ask: Ask) -> DenialReason? {
        if let reason = shortfall(ask) { return reason }
        let missing = conditions.subtracting(ask.met)
        if missing.isEmpty { return nil }
        if missing.contains(.own) { return .notOwn }
        if missing.contains(.emergency) { return .emergencyOnly }
        if missing.contains(.task) { return .taskGrantMissing }
        if missing.contains(.confidentialityConsent) { return .consentMissing(.confidentiality) }
        if missing.contains(.lawfulConsent) { return .consentMissing(.lawfulBasis) }
        return .notReleased(harmCheck: harmCheck)
    }

    /// What the grant itself does not reach, whatever the conditions.
    private func shortfall(_ ask: Ask) -> DenialReason? {
        if ask.action == .release { return grant.contains(.release) ? nil : .releaseNotHeld }
        // Releasing is all that such a rule is about.
        if grant == .release { return .noRule }
        switch ask.action {
        case .see, .release:
            return nil
        case .deposit:
            return grant.contains(.author) ? nil : .authorOnly
        case .read:
            if let rendition, rendition != ask.rendition { return .renditionOnly(rendition.description) }
            if rendition != nil || grant.contains(.full) { return nil }
            if grant.contains(.extract) {
                return ask.rendition == .extract || ask.rendition == .summary ? nil : .extractOnly
            }
            if grant.contains(.author) { return ask.met.contains(.own) ? nil : .notOwn }
            return .metadataOnly
        }
    }

    func answer(to ask: Ask) -> Permit {
        var permit = permit
        permit.action = ask.action
        permit.isOverride = ask.isOverride || conditions.contains(.emergency)
        return permit
    }
}
