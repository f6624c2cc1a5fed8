extension Agreement {
    /// Reads, checks and compiles an agreement.
    ///
    /// - Throws: The first fault of either file, with its line; an agreement with a fault admits nobody.
    public static func load(categories: PolicyText, agreement: PolicyText) throws(PolicyError) -> Agreement {
        let drafts = try CategoryDraft.read(categories)
        let root = try PolicyNode.root(of: agreement)
        return try AgreementReader(root, categories: drafts).agreement(from: [categories, agreement])
    }
}

/// Reads the agreement file from its words to its rules, so that each part may name only what stands declared.
private struct AgreementReader {
    private static let keys: Set = [
        "version", "title", "from", "reviewBy", "until", "limits", "bankHolidays", "transparency", "purposes", "roles",
        "capacities", "emergency", "labels", "duties", "bases", "sharing", "rules",
    ]

    private let file: PolicyMap
    private let drafts: [CategoryDraft]
    private var words = AgreementWords()
    private var roles: [Role] = []
    private var roleEntries: [RoleEntry] = []
    private var purposes: [(word: Purpose, title: String)] = []
    private var labels: [(word: Label, entry: LabelEntry)] = []
    private var duties: [(word: Duty, roles: [Role])] = []
    private var bases: [BasisID: Basis] = [:]
    private var sharing: Sharing

    init(_ root: PolicyNode, categories drafts: [CategoryDraft]) throws(PolicyError) {
        file = try root.map(Self.keys)
        self.drafts = drafts
        sharing = Sharing(categoryCount: drafts.count)
        for (place, draft) in drafts.enumerated() { words.categories[draft.id] = place }
        try readPurposes()
        try readRoles()
        try readLabels()
        try readDuties()
        try readBases()
        try readSharing()
    }

    func agreement(from sources: [PolicyText]) throws(PolicyError) -> Agreement {
        let rules = try readRules()
        let version = try file.required("version").count()
        let (from, reviewBy, until) = try term()
        let categoryEntries = drafts.map { draft in
            CategoryEntry(
                title: draft.title, holders: draft.holders, labels: draft.labels.map(\.label),
                obligations: draft.obligations)
        }
        let labelEntries = Dictionary(uniqueKeysWithValues: labels.map { ($0.word, $0.entry) })
        let compiler = RuleCompiler(
            version: version, roles: roleEntries, categories: categoryEntries, labels: labelEntries, sharing: sharing)
        return Agreement(
            version: version, title: try file.required("title").text(), from: from, reviewBy: reviewBy, until: until,
            limits: try Limits(try file.required("limits")), transparency: try transparency(),
            extraBankHolidays: try extraBankHolidays(), sources: sources, roles: roles, categories: drafts.map(\.id),
            purposes: purposes.map(\.word),
            labels: labels.map(\.word), duties: duties.map(\.word), rules: rules.map(\.clause.id),
            clauses: rules.map(\.clause),
            capacities: try capacities(), roleEntries: roleEntries,
            categoryEntries: categoryEntries, purposeTitles: purposes.map(\.title), labelEntries: labelEntries,
            dutyRoles: Dictionary(uniqueKeysWithValues: duties.map { ($0.word, $0.roles) }), bases: bases,
            roleIndex: words.roles, categoryIndex: words.categories, purposeIndex: words.purposes, sharing: sharing,
            table: try compiler.compile(rules))
    }

    private func term() throws(PolicyError) -> (from: Day, reviewBy: Day, until: Day) {
        let start = try file.required("from")
        let from = try start.day()
        let reviewBy = try file.required("reviewBy").day()
        let until = try file.required("until").day()
        guard from <= reviewBy, reviewBy <= until else { throw start.fault(.badTerm) }
        return (from, reviewBy, until)
    }

    private func transparency() throws(PolicyError) -> Transparency {
        let holders = Set(drafts.flatMap(\.holders))
        return try Transparency(
            try file.required("transparency"), holders: Party.allCases.filter(holders.contains))
    }

    private func extraBankHolidays() throws(PolicyError) -> Set<Day> {
        guard let list = file.optional("bankHolidays") else { return [] }
        return Set(try list.distinct { node throws(PolicyError) in try node.day() })
    }

    private func capacities() throws(PolicyError) -> Capacities {
        let family = Set(roles.indices.filter { roleEntries[$0].parties == [.family] })
        var taken: Set<Int> = []
        return try Capacities(try file.required("capacities")) { node throws(PolicyError) in
            let role = try words.role(node)
            guard family.contains(role) else { throw node.fault(.expected("a role of the family alone")) }
            guard taken.insert(role).inserted else { throw node.fault(.duplicate(roles[role].rawValue)) }
            return roles[role]
        }
    }

    private mutating func readPurposes() throws(PolicyError) {
        for (key, value) in try file.required("purposes").entries() {
            guard purposes.count < Bits.capacity else { throw key.node.fault(.tooMany("purposes")) }
            let purpose = Purpose(rawValue: key.text)
            words.purposes[purpose] = purposes.count
            purposes.append((purpose, try value.text()))
        }
    }

    private mutating func readRoles() throws(PolicyError) {
        let rows = try file.required("roles").entries()
        for (key, _) in rows {
            guard roles.count < Bits.capacity else { throw key.node.fault(.tooMany("roles")) }
            words.roles[Role(rawValue: key.text)] = roles.count
            roles.append(Role(rawValue: key.text))
        }
        let emergency = Set(try words.roles(try file.required("emergency")))
        for (place, (_, value)) in rows.enumerated() {
            let row = try value.map(["title", "parties"])
            let parties: [Party] = try row.required("parties").distinct { node throws(PolicyError) in
                try node.choice("party")
            }
            roleEntries.append(
                RoleEntry(
                    title: try row.required("title").text(), parties: parties,
                    actsInEmergency: emergency.contains(place)))
        }
    }

    private mutating func readLabels() throws(PolicyError) {
        for (key, value) in try file.required("labels").entries() {
            let row = try value.map(["reason", "exempt", "exemptOnTask"])
            let onTask =
                try row.optional("exemptOnTask").map { list throws(PolicyError) in try words.roles(list) } ?? []
            let entry = LabelEntry(
                reason: try row.required("reason").text(), exempt: Bits(try words.roles(try row.required("exempt"))),
                exemptOnTask: Bits(onTask))
            labels.append((Label(rawValue: key.text), entry))
        }
        let declared = Set(labels.map(\.word))
        for (label, node) in drafts.flatMap(\.labels) where !declared.contains(label) {
            throw node.fault(.unknown(kind: "label", name: label.rawValue))
        }
    }

    private mutating func readDuties() throws(PolicyError) {
        for (key, value) in try file.required("duties").entries() {
            duties.append((Duty(rawValue: key.text), try words.roles(value).map { roles[$0] }))
        }
    }

    private mutating func readBases() throws(PolicyError) {
        for (key, value) in try file.required("bases").entries() {
            let id = BasisID(rawValue: key.text)
            let row = try value.map(["art6", "art9", "sch1", "power"])
            bases[id] = Basis(
                id: id, article6: try row.required("art6").text(), article9: try row.optional("art9")?.text(),
                schedule1: try row.optional("sch1")?.text(), power: try row.required("power").text())
        }
        words.bases = Set(bases.keys)
    }

    private mutating func readSharing() throws(PolicyError) {
        for node in try file.required("sharing").list() {
            let row = try node.map(["holder", "asker", "categories", "purposes"])
            let holder: Party = try row.required("holder").choice("party")
            let asker: Party = try row.required("asker").choice("party")
            guard holder != asker else {
                throw node.fault(.expected("two parties: one needs no agreement with itself"))
            }
            let listed = try row.required("purposes").distinct { item throws(PolicyError) in try words.purpose(item) }
            let categories = try row.required("categories")
            _ = try categories.distinct { item throws(PolicyError) in try words.category(item) }
            for item in try categories.list() {
                let category = try words.category(item)
                guard drafts[category].holders.contains(holder) else {
                    throw item.fault(.expected("a category that \(holder.rawValue) may hold"))
                }
                sharing[holder: holder, asker: asker, category: category].formUnion(Bits(listed))
            }
        }
    }

    private func readRules() throws(PolicyError) -> [RuleDraft] {
        var drafts: [RuleDraft] = []
        var seen: Set<RuleID> = []
        for node in try file.required("rules").list() {
            let draft = try RuleDraft(node, in: words)
            guard seen.insert(draft.clause.id).inserted else {
                throw node.fault(.duplicate(draft.clause.id.rawValue))
            }
            drafts.append(draft)
        }
        return drafts
    }
}
