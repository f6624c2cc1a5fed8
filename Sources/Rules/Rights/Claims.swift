/// Something that the impact assessment promises, and how it is held against what there is.
public struct Claim: Hashable, Sendable {
    public enum Check: Hashable, Sendable {
        /// Nobody in these roles and of these parties reads documents of these categories by being on the case alone: without a task, a
        /// consent, a release or an emergency. Empty for any.
        case nobodyReads(roles: [Role], parties: [Party], categories: [Category])
        /// The agreement is in force, and so many days are left before its review.
        case agreementInForce(daysLeft: Int)
        /// Somebody else approved each answer before it was disclosed.
        case disclosuresApprovedByAnother
        /// Every emergency access was reviewed within so many working days.
        case emergenciesReviewed(workingDays: Int)
        /// No open request is late by more than so many days.
        case requestsInTime(daysLate: Int)
        /// The regulator was told of each breach in time, or somebody decided otherwise.
        case breachesTold
    }

    public let id: String
    public let statement: String
    public let check: Check
}

/// The promises of the impact assessment, from a file.
public struct ClaimsPolicy: Sendable {
    public let version: Int
    public let title: String
    /// In the order of the file.
    public let claims: [Claim]
    public let source: PolicyText

    /// - Throws: The first fault of the file, with its line.
    public static func load(_ text: PolicyText) throws(PolicyError) -> ClaimsPolicy {
        let file = try PolicyNode.root(of: text).map(["version", "title", "claims"])
        var claims: [Claim] = []
        for node in try file.required("claims").list() {
            let claim = try Claim(node)
            guard !claims.contains(where: { $0.id == claim.id }) else { throw node.fault(.duplicate(claim.id)) }
            claims.append(claim)
        }
        return ClaimsPolicy(
            version: try file.required("version").count(), title: try file.required("title").text(), claims: claims,
            source: text)
    }
}

extension Claim {
    private static let common: Set = ["id", "statement", "check"]
    /// What each check may be told besides.
    private static let parameters: [String: Set<String>] = [
        "nobody-reads": ["roles", "parties", "categories"], "agreement-in-force": ["daysLeft"],
        "disclosures-approved-by-another": [], "emergencies-reviewed": ["workingDays"],
        "requests-in-time": ["daysLate"], "breaches-told": [],
    ]

    fileprivate init(_ node: PolicyNode) throws(PolicyError) {
        let all = try node.map(Self.common.union(Self.parameters.values.flatMap(\.self)))
        let named = try all.required("check")
        let word = try named.word()
        guard let own = Self.parameters[word] else { throw named.fault(.unknown(kind: "check", name: word)) }
        let row = try node.map(Self.common.union(own))
        id = try row.required("id").word()
        statement = try row.required("statement").text()
        check =
            switch word {
            case "nobody-reads":
                .nobodyReads(
                    roles: try row.optional("roles")?.distinct { node throws(PolicyError) in
                        try node.word(as: Role.self)
                    }
                        ?? [],
                    parties: try row.optional("parties")?.distinct { node throws(PolicyError) in
                        try node.choice("party")
                    } ?? [],
                    categories: try row.optional("categories")?.distinct { node throws(PolicyError) in
                        try node.word(as: Category.self)
                    } ?? [])
            case "agreement-in-force":
                .agreementInForce(daysLeft: try row.optional("daysLeft")?.number(in: 0...3660) ?? 0)
            case "emergencies-reviewed":
                .emergenciesReviewed(workingDays: try row.required("workingDays").number(in: 0...60))
            case "requests-in-time": .requestsInTime(daysLate: try row.required("daysLate").number(in: 0...3660))
            case "breaches-told": .breachesTold
            default: .disclosuresApprovedByAnother
            }
    }
}

extension Agreement {
    /// What stands against a promise that nobody reads something: each role and category that does, and each name that the agreement does
    /// not know, since a promise about nothing always holds.
    ///
    /// Empty lists stand for all.
    public func readers(roles: [Role], parties: [Party], categories: [Category], on today: Day) -> [String] {
        let unknown =
            roles.filter { !self.roles.contains($0) }.map { "the agreement has no role \($0)" }
            + categories.filter { !self.categories.contains($0) }.map { "the agreement has no category \($0)" }
        var found: Set<String> = []
        for category in categories.isEmpty ? self.categories : categories {
            for role in roles.isEmpty ? self.roles : roles {
                let asking = self.parties(of: role).filter { parties.isEmpty || parties.contains($0) }
                if asking.contains(where: { reads(category, in: role, of: $0, on: today) }) {
                    found.insert("\(role) reads \(category)")
                }
            }
        }
        return unknown + found.sorted()
    }

    private func reads(_ category: Category, in role: Role, of party: Party, on today: Day) -> Bool {
        holders(of: category).contains { holder in
            purposes.contains { purpose in
                let facts = AccessFacts(
                    .read, category: category, holder: holder, caller: party, role: role, purpose: purpose,
                    isOnCase: true)
                if case .permit = decide(facts, on: today) { return true }
                return false
            }
        }
    }
}
