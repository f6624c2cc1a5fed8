/// What a partner's system is registered for. It narrows what the agreement gives, and never widens it.
public struct Scope: Hashable, Sendable {
    public let purposes: Set<Purpose>
    public let categories: Set<Category>

    public init(purposes: Set<Purpose>, categories: Set<Category>) {
        self.purposes = purposes
        self.categories = categories
    }

    /// To release something to a family is a person's judgement.
    func admits(_ facts: AccessFacts) -> Bool {
        facts.action != .release && purposes.contains(facts.purpose) && categories.contains(facts.category)
    }
}
