import Rules

/// Makes up sharing agreements over four kinds of document and the roles below.
struct MirrorGenerator: Sendable {
    static let roles: [(name: String, parties: [Party])] = [
        ("P", [.family]), ("C", [.family]), ("YP", [.family]), ("REP", [.family]), ("SCH", [.education]),
        ("SEND", [.education]), ("SMGR", [.education]), ("EP", [.education]), ("LEG", [.education]),
        ("HADV", [.health]), ("DCO", [.health]), ("SW", [.socialCare]), ("SCA", [.socialCare]),
        ("YJS", [.youthJustice]), ("CUST", [.youthJustice]), ("DPO", [.rights]), ("REC", [.rights]),
        ("ADM", [.education, .rights]),
    ]
    /// Those that rules name; the others only have duties.
    static let readers = [
        "P", "C", "YP", "REP", "SCH", "SEND", "EP", "LEG", "HADV", "DCO", "SW", "SCA", "YJS", "CUST", "DPO", "REC",
    ]
    static let family = ["P", "C", "YP", "REP"]
    /// Who writes for each party that holds documents.
    static let authors: [(party: Party, role: String)] = [
        (.education, "SCH"), (.education, "EP"), (.health, "HADV"), (.socialCare, "SW"), (.youthJustice, "YJS"),
    ]
    static let kindNames = ["K1", "K2", "K3", "K4"]
    static let labelNames = ["privileged", "sealed", "guarded"]
    static let forms = ["extract", "summary", "redacted:consultation", "redacted:health"]

    var chance: MirrorChance
    /// Who may hold each kind of document, all through one run.
    private let holders: [[Party]]

    init(chance: MirrorChance) {
        var chance = chance
        let first: [Party] = [.education, .health, .socialCare, .youthJustice]
        holders = Self.kindNames.map { _ in chance.some(1...2, of: first) }
        self.chance = chance
    }

    mutating func agreement(version: Int, on today: Day) -> MirrorAgreement {
        let roles = Self.roles.map { role in
            let isFixed = Self.family.contains(role.name) || role.name == "ADM" || !chance.happens(percent: 10)
            let other = chance.one(of: Party.allCases.filter { $0 != .family && !role.parties.contains($0) })
            return (role.name, role.parties + (isFixed ? [] : [other].compactMap(\.self)))
        }
        let labels = Self.labelNames.map { name in
            MirrorAgreement.Label(
                name: name,
                exempt: (chance.happens(percent: 75) ? Self.authors.map(\.role) : [])
                    + chance.some(1...3, of: ["SEND", "LEG", "REC", "P", "DCO"]),
                exemptOnTask: chance.some(0...3, of: ["DPO", "CUST", "YP", "SCA"]))
        }
        let emergency = chance.some(1...5, of: ["SW", "EP", "HADV", "YJS", "CUST", "SEND"])
        let kinds = zip(Self.kindNames, holders).map { kind($0, $1, labels) }
        let (from, reviewBy, until) = term(on: today)
        let agreement = MirrorAgreement(
            version: version, from: from, reviewBy: reviewBy, until: until, roles: roles, emergency: emergency,
            kinds: kinds, labels: labels, sharing: sharing(kinds), rules: kinds.flatMap { rules($0, emergency) })
        return agreement.withoutIdleRules()
    }

    private mutating func kind(
        _ name: String, _ holders: [Party], _ labels: [MirrorAgreement.Label]
    ) -> MirrorAgreement.Kind {
        var kind = MirrorAgreement.Kind(name: name, holders: holders)
        let open = labels.filter { label in Self.authors.allSatisfy { label.exempt.contains($0.role) } }
        if chance.happens(percent: 12), let label = chance.one(of: open) { kind.labels = [label.name] }
        return kind
    }

    /// In force for long; or its review soon due, overdue, its beginning still to come, or its end passed.
    private mutating func term(on today: Day) -> (from: Day, reviewBy: Day, until: Day) {
        let (from, reviewBy, until): (Int, Int, Int) = chance.weighted(
            (77, (-30, chance.number(60...300), 400)),
            (8, (-30, chance.number(0...10), chance.number(30...60))),
            (9, (-60, chance.number(-20 ... -1), chance.number(1...30))),
            (4, (chance.number(2...10), 90, 120)), (4, (-60, -9, chance.number(-8 ... -1))))
        func day(_ offset: Int) -> Day { today.adding(days: offset) ?? today }
        return (day(from), day(reviewBy), day(until))
    }

    private mutating func sharing(_ kinds: [MirrorAgreement.Kind]) -> [MirrorAgreement.Sharing] {
        var rows: [MirrorAgreement.Sharing] = []
        for holder in Party.allCases {
            for asker in Party.allCases where asker != holder {
                let shared = kinds.filter { $0.holders.contains(holder) && chance.happens(percent: 65) }
                guard !shared.isEmpty else { continue }
                let usual = ["ehc.assessment", "ehc.participation", "ehc.appeal"]
                rows.append(
                    MirrorAgreement.Sharing(
                        holder: holder, asker: asker, categories: shared.map(\.name),
                        purposes: chance.happens(percent: 80) ? usual : chance.some(1...2, of: usual)))
            }
        }
        return rows
    }

    private mutating func rules(_ kind: MirrorAgreement.Kind, _ emergency: [String]) -> [MirrorAgreement.Rule] {
        let writers = Self.authors.filter { kind.holders.contains($0.party) }.map(\.role)
        var rules = [
            MirrorAgreement.Rule(
                name: "\(kind.name)-author", category: kind.name, roles: writers,
                grant: chance.happens(percent: 70) ? .authorAndFull : .author)
        ]
        var left = Self.readers.filter { !writers.contains($0) }
        if chance.happens(percent: 25) {
            let roles = take(1...2, from: &left)
            rules.append(rule(kind, 0, roles, .author, [chance.one(of: [.lawfulConsent, .task]) ?? .task]))
        }
        if chance.happens(percent: 60) {
            let roles = take(1...3, from: &left) { Self.family.contains($0) }
            var release = rule(kind, 1, roles, .released)
            release.needsHarmCheck = chance.happens(percent: 50)
            rules += [release, rule(kind, 2, writers, .release)]
        }
        if chance.happens(percent: 70) {
            rules.append(rule(kind, 3, take(1...3, from: &left) { emergency.contains($0) }, .full, [.override]))
        }
        for number in 4...chance.number(7...9) { rules.append(gated(kind, number, take(1...3, from: &left))) }
        // A weaker rule beside one with conditions: both count.
        let gatedRoles = rules.filter { !$0.conditions.isEmpty && $0.grant == .full }.flatMap(\.roles)
        if chance.happens(percent: 40) { rules.append(rule(kind, 10, chance.some(1...2, of: gatedRoles), .extract)) }
        return rules.filter { !$0.roles.isEmpty }
    }

    /// A rule for readers, most often with a condition.
    private mutating func gated(_ kind: MirrorAgreement.Kind, _ number: Int, _ roles: [String]) -> MirrorAgreement.Rule
    {
        let grant: MirrorAgreement.Grant = chance.weighted((60, .full), (30, .extract), (10, .metadata))
        let conditions: [MirrorAgreement.Condition] = chance.weighted(
            (30, []), (25, [.lawfulConsent]), (18, [.confidentialityConsent]), (20, [.task]),
            (4, [.lawfulConsent, .confidentialityConsent]), (3, [.lawfulConsent, .task]))
        var rule = rule(kind, number, roles, grant, conditions)
        rule.isOwnOnly = grant == .full && chance.happens(percent: 10)
        if grant != .metadata, chance.happens(percent: 15) {
            rule.rendition = chance.one(of: Self.forms + ["original"])
        }
        return rule
    }

    private func rule(
        _ kind: MirrorAgreement.Kind, _ number: Int, _ roles: [String], _ grant: MirrorAgreement.Grant,
        _ conditions: [MirrorAgreement.Condition] = []
    ) -> MirrorAgreement.Rule {
        MirrorAgreement.Rule(
            name: "\(kind.name)-\(number)", category: kind.name, roles: roles, grant: grant, conditions: conditions)
    }

    private mutating func take(
        _ range: ClosedRange<Int>, from left: inout [String], where isMeant: (String) -> Bool = { _ in true }
    ) -> [String] {
        let taken = chance.some(range, of: left.filter(isMeant))
        left.removeAll(where: taken.contains)
        return taken
    }
}
