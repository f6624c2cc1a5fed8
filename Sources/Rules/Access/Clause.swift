/// A rule as the agreement states it, for all its roles and categories together; these by their places.
struct Clause: Sendable {
    let id: RuleID
    let roles: [Int]
    let categories: [Int]
    let grant: Grant
    let conditions: Conditions
    let rendition: Rendition?
    let harmCheck: Bool
    let needsCase: Bool
    let obligations: Set<Obligation>
    let basis: BasisID
}
