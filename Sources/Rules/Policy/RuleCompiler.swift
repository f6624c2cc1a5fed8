/// Lays the rules out by category and role, and refuses every rule that says nothing.
struct RuleCompiler {
    let version: Int
    let roles: [RoleEntry]
    let categories: [CategoryEntry]
    let labels: [Label: LabelEntry]
    let sharing: Sharing

    func compile(_ drafts: [RuleDraft]) throws(PolicyError) -> RuleTable {
        let releasable = Set(drafts.map(\.clause).filter { $0.conditions.contains(.released) }.flatMap(\.categories))
        var cells: [[(rule: Rule, draft: RuleDraft)]] = Array(repeating: [], count: categories.count * roles.count)
        for draft in drafts {
            for category in draft.clause.categories {
                guard draft.clause.grant != .release || releasable.contains(category) else {
                    throw draft.node.fault(
                        .neverMatches("no rule gives \(categories[category].title) to the family once released"))
                }
                for role in draft.clause.roles {
                    try checkReach(of: draft, role: role, category: category)
                    let rule = compile(draft.clause, for: category)
                    for earlier in cells[category * roles.count + role] {
                        try checkNewness(of: (rule, draft), after: earlier)
                    }
                    cells[category * roles.count + role].append((rule, draft))
                }
            }
        }
        return RuleTable(roleCount: roles.count, cells: cells.map { $0.map(\.rule) })
    }

    private func compile(_ clause: Clause, for category: Int) -> Rule {
        let obligations =
            clause.grant == .metadata ? clause.obligations : clause.obligations.union(categories[category].obligations)
        return Rule(
            permit: Permit(
                .read, rule: clause.id, agreementVersion: version, basis: clause.basis, obligations: obligations),
            grant: clause.grant, conditions: clause.conditions, rendition: clause.rendition,
            harmCheck: clause.harmCheck, needsCase: clause.needsCase)
    }

    private func checkReach(of draft: RuleDraft, role: Int, category: Int) throws(PolicyError) {
        let entry = roles[role]
        if draft.clause.conditions.contains(.emergency) {
            guard entry.actsInEmergency else {
                throw draft.node.fault(.neverMatches("\(entry.title) is not listed under emergency"))
            }
        } else if !isShared(category, with: entry.parties) {
            throw draft.node.fault(
                .neverMatches("nobody shares \(categories[category].title) with the party of \(entry.title)"))
        }
        if draft.clause.conditions.contains(.released), !entry.parties.contains(.family) {
            throw draft.node.fault(.neverMatches("a release is to the family, and \(entry.title) is not of it"))
        }
        let hasTask = draft.clause.conditions.contains(.task)
        for label in categories[category].labels {
            guard let entry = labels[label] else { continue }
            guard entry.exempt.contains(role) || (hasTask && entry.exemptOnTask.contains(role)) else {
                throw draft.node.fault(.neverMatches("every such document carries \(label), which keeps the role out"))
            }
        }
    }

    private func isShared(_ category: Int, with parties: [Party]) -> Bool {
        categories[category].holders.contains { holder in
            parties.contains { $0 == holder || !sharing[holder: holder, asker: $0, category: category].isEmpty }
        }
    }

    /// Two rules for one role and category must differ in their conditions, and neither may contain the other.
    private func checkNewness(
        of new: (rule: Rule, draft: RuleDraft), after old: (rule: Rule, draft: RuleDraft)
    ) throws(PolicyError) {
        if Self.covers(old.rule, new.rule) || Self.asksTheSame(old.rule, new.rule) {
            throw new.draft.node.fault(.shadowed(by: old.draft.clause.id))
        }
        if Self.covers(new.rule, old.rule) { throw old.draft.node.fault(.shadowed(by: new.draft.clause.id)) }
    }

    private static func asksTheSame(_ left: Rule, _ right: Rule) -> Bool {
        left.conditions == right.conditions && left.rendition == right.rendition && left.needsCase == right.needsCase
            && (left.grant == .release) == (right.grant == .release)
    }

    /// Whatever `narrow` admits, `wide` admits too.
    private static func covers(_ wide: Rule, _ narrow: Rule) -> Bool {
        narrow.grant.isSubset(of: wide.grant.reach)
            && wide.conditions.isSubset(of: narrow.conditions)
            && (wide.rendition == nil || wide.rendition == narrow.rendition)
            && (!wide.needsCase || narrow.needsCase)
    }
}
