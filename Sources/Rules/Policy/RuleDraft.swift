/// A rule of the agreement file, with where it stands so that a fault found later can name the line.
struct RuleDraft {
    let clause: Clause
    let node: PolicyNode

    static let keys: Set = [
        "id", "categories", "roles", "grant", "when", "own", "rendition", "harmCheck", "membership", "obligations",
        "basis",
    ]

    init(_ node: PolicyNode, in words: AgreementWords) throws(PolicyError) {
        let row = try node.map(Self.keys)
        let code: GrantCode = try row.required("grant").choice("grant")
        self.node = node
        clause = Clause(
            id: try row.required("id").word(as: RuleID.self),
            roles: try row.required("roles").distinct { item throws(PolicyError) in try words.role(item) },
            categories: try row.required("categories").distinct { item throws(PolicyError) in
                try words.category(item)
            },
            grant: code.grant, conditions: try Self.conditions(row, code),
            rendition: try row.optional("rendition")?.rendition(),
            harmCheck: try row.optional("harmCheck")?.flag() ?? false,
            needsCase: try row.optional("membership").map { node throws(PolicyError) in
                try Self.needsCase(node)
            } ?? true,
            obligations: try row.obligations(), basis: try words.basis(try row.required("basis")))
        try checkSense()
    }

    private static func conditions(_ row: PolicyMap, _ code: GrantCode) throws(PolicyError) -> Conditions {
        var conditions: Conditions = code == .released ? .released : []
        if let list = row.optional("when") {
            let stated: [ConditionWord] = try list.distinct { item throws(PolicyError) in try item.choice("condition") }
            for word in stated { conditions.insert(word.condition) }
        }
        if try row.optional("own")?.flag() ?? false { conditions.insert(.own) }
        return conditions
    }

    private static func needsCase(_ node: PolicyNode) throws(PolicyError) -> Bool {
        guard try node.word() == "none" else { throw node.fault(.expected("none")) }
        return false
    }

    /// Refuses what contradicts itself.
    private func checkSense() throws(PolicyError) {
        let (grant, conditions) = (clause.grant, clause.conditions)
        if clause.harmCheck, !conditions.contains(.released) {
            throw node.fault(.neverMatches("only a grant R has a harmCheck"))
        }
        if clause.rendition != nil, grant.isDisjoint(with: [.full, .extract]) || grant.contains(.author) {
            throw node.fault(.neverMatches("only a grant F, X or R is for one rendition"))
        }
        if !clause.needsCase, grant != .metadata {
            throw node.fault(.neverMatches("only a grant M may do without the case team"))
        }
        if conditions.contains(.emergency), conditions != .emergency {
            throw node.fault(.neverMatches("an override asks for nothing else"))
        }
        if conditions.contains(.emergency), !grant.isDisjoint(with: [.author, .release]) {
            throw node.fault(.neverMatches("an emergency lets nobody author or release"))
        }
    }
}

/// The codes of the access matrix.
enum GrantCode: String {
    case full = "F"
    case author = "A"
    case authorAndFull = "A/F"
    case extract = "X"
    case metadata = "M"
    case released = "R"
    case release

    var grant: Grant {
        switch self {
        case .full, .released: .full
        case .author: .author
        case .authorAndFull: [.author, .full]
        case .extract: .extract
        case .metadata: .metadata
        case .release: .release
        }
    }
}

enum ConditionWord: String {
    case confidentialityConsent = "confidentiality-consent"
    case lawfulConsent = "lawful-consent"
    case override, task

    var condition: Conditions {
        switch self {
        case .confidentialityConsent: .confidentialityConsent
        case .lawfulConsent: .lawfulConsent
        case .override: .emergency
        case .task: .task
        }
    }
}
