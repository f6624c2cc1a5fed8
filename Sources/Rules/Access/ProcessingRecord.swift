/// One row of the record of processing activities: a kind of document, used for one purpose.
///
/// Source: UK GDPR Article 30(1); for the appropriate policy document, Data Protection Act 2018 Schedule 1 paragraph 41.
public struct ProcessingRow: Hashable, Sendable, Codable {
    /// A party that gets such documents for the purpose, and its roles that may.
    public struct Recipient: Hashable, Sendable, Codable {
        public let party: Party
        public let roles: [String]
    }

    public let category: Category
    public let categoryTitle: String
    public let purpose: Purpose
    public let purposeTitle: String
    /// The parties whose controllers answer for such documents.
    public let holders: [Party]
    public let recipients: [Recipient]
    /// Article 6, Article 9, Schedule 1 and the power, once for each basis that a rule rests on.
    public let bases: [String]
    /// The conditions of Schedule 1 that it rests on, as the agreement words them. Each needs an appropriate policy document.
    public let schedule1: [String]

    public var needsPolicyDocument: Bool { !schedule1.isEmpty }
}

extension Agreement {
    /// The record of processing, from what the agreement itself says: one row for each category and each purpose for which some party
    /// may have it.
    public var processing: [ProcessingRow] {
        categories.indices.flatMap { category in
            purposes.indices.compactMap { row(category: category, purpose: $0) }
        }
    }

    private func row(category: Int, purpose: Int) -> ProcessingRow? {
        let holders = categoryEntries[category].holders
        let askers = Party.allCases.filter { asker in
            holders.contains { sharing[holder: $0, asker: asker, category: category].contains(purpose) }
        }
        guard !askers.isEmpty else { return nil }
        var used: Set<BasisID> = []
        let recipients = askers.compactMap { party -> ProcessingRow.Recipient? in
            let places = roles.indices.filter { roleEntries[$0].parties.contains(party) }
            let clauses = self.clauses.filter { clause in
                clause.categories.contains(category) && !clause.grant.isSubset(of: [.release])
                    && clause.roles.contains(where: places.contains)
            }
            guard !clauses.isEmpty else { return nil }
            used.formUnion(clauses.map(\.basis))
            return ProcessingRow.Recipient(
                party: party,
                roles: places.filter { place in clauses.contains { $0.roles.contains(place) } }
                    .map { roleEntries[$0].title })
        }
        guard !recipients.isEmpty else { return nil }
        let rested = used.compactMap { bases[$0] }.sorted { $0.sentence < $1.sentence }
        return ProcessingRow(
            category: categories[category], categoryTitle: categoryEntries[category].title,
            purpose: purposes[purpose], purposeTitle: purposeTitles[purpose], holders: holders,
            recipients: recipients, bases: rested.map(\.sentence),
            schedule1: Set(rested.compactMap(\.schedule1)).sorted())
    }
}
