extension RetentionSchedule {
    /// Reads, checks and compiles a retention schedule.
    ///
    /// `categories`: those of the agreement, of which the schedule may speak.
    ///
    /// - Throws: The first fault of the file, with its line; under a schedule with a fault nothing is disposed of.
    public static func load(
        _ text: PolicyText, categories: [Category]
    ) throws(PolicyError) -> RetentionSchedule {
        try ScheduleReader(try PolicyNode.root(of: text), categories: categories).schedule(from: text)
    }
}

/// Reads the schedule from its words to its rules, so that each part may name only what stands declared.
private struct ScheduleReader {
    private let file: PolicyMap
    private let categories: [Category]
    private let records: [Category: String]
    private let holders: RetentionHolders

    init(_ root: PolicyNode, categories: [Category]) throws(PolicyError) {
        file = try root.map([
            "version", "schedule", "owner", "defaults", "holders", "organisations", "records", "approvedShortenings",
            "rules",
        ])
        self.categories = categories
        records = try Self.records(file, categories: Set(categories))
        holders = try RetentionHolders(file)
    }

    func schedule(from text: PolicyText) throws(PolicyError) -> RetentionSchedule {
        RetentionSchedule(
            version: try file.required("version").count(), name: try file.required("schedule").text(),
            owner: try file.required("owner").text(), defaults: try RetentionDefaults(try file.required("defaults")),
            rules: try rules(), records: records, source: text, holders: holders,
            approvedShortenings: try approvedShortenings(), categories: categories)
    }

    private static func records(
        _ file: PolicyMap, categories: Set<Category>
    ) throws(PolicyError) -> [Category: String] {
        var records: [Category: String] = [:]
        for (key, value) in try file.required("records").entries() {
            let record = Category(rawValue: key.text)
            guard !categories.contains(record) else { throw key.node.fault(.duplicate(key.text)) }
            records[record] = try value.text()
        }
        return records
    }

    private func rules() throws(PolicyError) -> [RetentionRule] {
        let words = RuleWords(
            categories: Set(categories).union(records.keys), holders: Set(holders.types.values.joined()))
        var rules: [RetentionRule] = []
        var seen: Set<RuleID> = []
        for node in try file.required("rules").list() {
            let rule = try RetentionRule(node, in: words)
            guard seen.insert(rule.id).inserted else { throw node.fault(.duplicate(rule.id.rawValue)) }
            rules.append(rule)
        }
        return rules
    }

    /// A rule named here may have gone from the schedule: that it is gone is what was approved.
    private func approvedShortenings() throws(PolicyError) -> [RuleID: Day] {
        guard let list = file.optional("approvedShortenings") else { return [:] }
        var approved: [RuleID: Day] = [:]
        for (key, value) in try list.entries() { approved[RuleID(rawValue: key.text)] = try value.day() }
        return approved
    }
}

extension RetentionDefaults {
    /// At least what the partnership's paper asks for: these numbers may only grow.
    fileprivate init(_ node: PolicyNode) throws(PolicyError) {
        let row = try node.map(["recentActivityMonths", "correctedBirthDays"])
        recentActivityMonths = try row.required("recentActivityMonths").number(in: 12...1200)
        correctedBirthDays = try row.required("correctedBirthDays").number(in: 90...36_500)
    }
}

extension RetentionHolders {
    fileprivate init(_ file: PolicyMap) throws(PolicyError) {
        let listed = try file.required("holders").map(Set(Party.allCases.map(\.rawValue)))
        var types: [Party: [HolderType]] = [:]
        for party in Party.allCases {
            types[party] = try listed.required(party.rawValue).distinct { node throws(PolicyError) in
                try node.word(as: HolderType.self)
            }
        }
        let known = Set(types.values.joined())
        var organisations: [String: HolderType] = [:]
        for (key, value) in try file.optional("organisations")?.entries() ?? [] {
            organisations[key.text] = try value.declared("holder", in: known)
        }
        self.types = types
        self.organisations = organisations
    }
}

/// What the rules of a schedule may name.
struct RuleWords {
    let categories: Set<Category>
    let holders: Set<HolderType>
}

extension PolicyNode {
    /// A word that stands declared.
    func declared<Word: PolicyWord>(_ kind: String, in known: Set<Word>) throws(PolicyError) -> Word {
        let word = try word(as: Word.self)
        guard known.contains(word) else { throw fault(.unknown(kind: kind, name: word.rawValue)) }
        return word
    }
}
