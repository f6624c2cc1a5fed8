/// What a family is told about the processing, as the partners agreed to word it. It goes into every consent receipt.
public struct Transparency: Hashable, Sendable {
    /// Who answers for the documents of a party.
    public struct Controller: Hashable, Sendable {
        public let name, address, contact: String
    }

    /// One for each party that may hold documents.
    public let controllers: [Party: Controller]
    /// Where the documents are kept.
    public let storage: String
    /// How long they are kept.
    public let retention: String
    /// Whose law applies.
    public let jurisdiction: String
    /// How a consent is withdrawn.
    public let withdrawal: String
    /// Which rights the family has, and where to take a complaint.
    public let rights: String
}
