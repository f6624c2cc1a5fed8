extension RetentionRule {
    private static let keys: Set = [
        "id", "title", "match", "keep", "permanent", "onDeath", "action", "authority", "confidence", "disagreement",
        "adopted",
    ]

    init(_ node: PolicyNode, in words: RuleWords) throws(PolicyError) {
        let row = try node.map(Self.keys)
        id = try row.required("id").word(as: RuleID.self)
        title = try row.required("title").text()
        var matches: [RetentionMatch] = []
        for item in try row.required("match").list() { matches.append(try RetentionMatch(item, in: words)) }
        self.matches = matches
        action = try row.optional("action")?.choice("action") ?? .destroy
        isPermanent = try row.optional("permanent")?.flag() ?? false
        var keep: [RetentionTerm] = []
        for item in try row.optional("keep")?.list() ?? [] { keep.append(try RetentionTerm(item)) }
        self.keep = keep
        onDeath = try row.optional("onDeath").map { item throws(PolicyError) in try DeathVariant(item) }
        authority = try row.required("authority").text()
        confidence = try row.required("confidence").choice("confidence")
        disagreement = try row.optional("disagreement")?.text()
        adoption = try Adoption(try row.required("adopted"), confidence: confidence)
        try checkSense(row)
    }

    private func checkSense(_ row: PolicyMap) throws(PolicyError) {
        if isPermanent {
            guard keep.isEmpty, onDeath == nil else {
                throw row.node.fault(.expected("either a period or permanent, not both"))
            }
        } else if keep.isEmpty {
            guard action != .destroy else { throw row.node.fault(.missingKey("keep")) }
        } else if !keep.contains(where: { $0.when.isEmpty && !$0.whereKnown }) {
            throw try row.required("keep").fault(.expected("a period that always runs"))
        }
        if let node = row.optional("onDeath"), !confidence.isStatutory {
            throw node.fault(.expected("a statute: nothing else shortens a period on death"))
        }
    }
}

extension RetentionRule.Adoption {
    fileprivate init(_ node: PolicyNode, confidence: RetentionConfidence) throws(PolicyError) {
        switch try node.scalar() {
        case "no": self = .no
        case "not-needed":
            guard confidence.isStatutory else { throw node.fault(.expected("a day or no: no statute makes this rule")) }
            self = .notNeeded
        default: self = .adopted(try node.day())
        }
    }
}

extension RetentionMatch {
    fileprivate init(_ node: PolicyNode, in words: RuleWords) throws(PolicyError) {
        let row = try node.map(["categories", "holders", "labels", "when", "unless"])
        categories = Set(
            try row.optional("categories")?.distinct { item throws(PolicyError) -> Category in
                try item.declared("category", in: words.categories)
            } ?? [])
        holders = Set(
            try row.optional("holders")?.distinct { item throws(PolicyError) -> HolderType in
                try item.declared("holder", in: words.holders)
            } ?? [])
        labels = Set(
            try row.optional("labels")?.distinct { item throws(PolicyError) in try item.word(as: Label.self) } ?? [])
        when = try row.flags("when")
        unless = try row.flags("unless")
        guard !categories.isEmpty || !labels.isEmpty || !when.isEmpty else {
            throw node.fault(.missingKey("categories"))
        }
        guard when.isEmpty || !when.isSubset(of: unless) else {
            throw node.fault(.neverApplies("it asks for what it excludes"))
        }
    }
}

extension RetentionTerm {
    /// Far more than any use, and far from where the calendar ends.
    private static let most = (years: 200, months: 2400, days: 36_500)

    fileprivate init(_ node: PolicyNode) throws(PolicyError) {
        let row = try node.map(["from", "years", "months", "days", "after", "when", "whereKnown"])
        from = try row.required("from").oneOrMore { item throws(PolicyError) in try item.choice("trigger") }
        switch (row.optional("years"), row.optional("months"), row.optional("days")) {
        case (let years?, nil, nil): (months, days) = (try years.number(in: 0...Self.most.years) * 12, 0)
        case (nil, let months?, nil): (self.months, days) = (try months.number(in: 0...Self.most.months), 0)
        case (nil, nil, let days?): (months, self.days) = (0, try days.number(in: 0...Self.most.days))
        case (nil, nil, nil): throw node.fault(.missingKey("years"))
        default: throw node.fault(.expected("one of years, months and days"))
        }
        yearEnd = try row.optional("after")?.choice("year")
        when = try row.flags("when")
        whereKnown = try row.optional("whereKnown")?.flag() ?? false
    }
}

extension DeathVariant {
    fileprivate init(_ node: PolicyNode) throws(PolicyError) {
        let row = try node.map(["under", "years"])
        underYears = try row.required("under").number(in: 1...200)
        years = try row.required("years").number(in: 0...200)
    }
}

extension PolicyMap {
    func flags(_ key: String) throws(PolicyError) -> RetentionFlags {
        guard let list = optional(key) else { return [] }
        return RetentionFlags(
            try list.distinct { item throws(PolicyError) -> RetentionFlag in try item.choice("flag") })
    }
}
