internal import Rules

/// The letter in front of a package: everything that Article 15 says the answer must contain, filled from the agreement, the retention
/// schedule and the ledger.
///
/// Source: UK GDPR Article 15(1) to (3); Data Protection Act 2018 s.164A for complaints to the controller.
public struct CoveringLetter: Hashable, Sendable, Codable {
    public struct Named: Hashable, Sendable, Codable {
        public let id: String
        public let title: String
    }

    /// How long the documents of a category are kept, by the schedule in force.
    public struct Storage: Hashable, Sendable, Codable {
        public let category: String
        /// The latest last day among its documents; `nil` where the schedule gives no day yet.
        public let keepThrough: String?
        public let rule: String?
        public let authority: String?
    }

    public let request: String
    public let received: String
    public let answered: String
    public let requester: String
    public let capacity: String
    /// Whether personal data about the child are processed.
    public let confirmation: Bool
    public let purposes: [Named]
    public let categories: [Named]
    /// Who has had the data, as the ledger tells: roles and parties, and the controllers they belong to.
    public let recipients: [String]
    public let storage: [Storage]
    public let storedWhere: String
    public let rights: String
    /// To the controller, then to the regulator, then to a court.
    public let complaints: [String]
    /// From whom the documents came.
    public let sources: [String]
    public let automatedDecisions: String
    public let transfers: String
    public let released: Int
    public let redacted: Int
    public let withheld: Int
    /// Where the child was looked for.
    public let lookedIn: [String]
    /// Whether everything that was found could be opened. What could not is not told here: even whose it is could tell something.
    public let isComplete: Bool
}

extension CoveringLetter {
    var page: HTML {
        .page(
            "Your request for information",
            lead: "This letter answers the request that came on \(received). It goes with the papers in this package.",
            [
                .section(
                    "The answer",
                    .paragraph(
                        confirmation
                            ? "We hold and use personal data about the child. The papers you may have are in this package."
                            : "We hold no personal data about the child that this request is about.")
                        + .facts([
                            ("Request", request), ("To", requester), ("Asked as", capacity), ("Answered", answered),
                            ("Given in full", String(released)), ("Given with parts blacked out", String(redacted)),
                            ("Not given", String(withheld)),
                        ])),
                .section("Where we looked", .list(lookedIn)),
                .section("Why we use the data", .list(purposes.map(\.title))),
                .section("What kinds of data these are", .list(categories.map { "\($0.title) (\($0.id))" })),
                .section("Who has had them", .list(recipients)),
                .section("Where they came from", .list(sources)),
                .section(
                    "How long they are kept", .paragraph(storedWhere) + .list(storage.map(\.sentence))),
                .section("Decisions by machines", .paragraph(automatedDecisions)),
                .section("Other countries", .paragraph(transfers)),
                .section("Your rights", .paragraph(rights)),
                .section("If you are not content", .list(complaints)),
            ]
                + (isComplete
                    ? []
                    : [
                        .section(
                            "What is still open",
                            .paragraph("We could not look at everything in time. We write again when we have."))
                    ]))
    }

    /// The same for a child, in plain words.
    var childPage: HTML {
        .page(
            "What we keep about you",
            lead: "You asked to see what we have written about you. This page tells you what is in the papers.",
            [
                .section(
                    "Before you read",
                    .paragraph(
                        "Some of it may be hard to read. You do not have to read it alone or all at once. You can ask somebody you trust to sit with you, and you can ask us for help."
                    )),
                .section(
                    "What is here",
                    .paragraph(
                        "There are \(String(released + redacted)) papers and notes. In \(String(redacted)) of them some words are black. In those places somebody else is named, or the law says that we must not show it."
                    )
                        + .paragraph(
                            withheld == 0
                                ? "You may ask us about anything in them."
                                : "\(String(withheld)) of them we may not give you. A list says why.")),
                .section("Why we have it", .list(purposes.map(\.title))),
                .section("Who has looked at it", .list(recipients)),
                .section(
                    "What you can do",
                    .list([
                        "Tell us if something is wrong. We can write down what you say beside it.",
                        "Ask us what a word means.", "Tell us if you are not happy with this answer.",
                    ])),
                .section("If you are not happy", .list(complaints)),
            ])
    }
}

extension CoveringLetter {
    /// In whose papers is not told: that there is another child may be what somebody must not learn.
    static func lookedIn(_ log: MentionLog?) -> [String] {
        let others =
            switch log?.isComplete {
            case true?: "Papers about other people in which the child may be named."
            case false?: "Papers about other people in which the child may be named, as far as we could."
            case nil: "Papers about other people were not searched. Tell us if you mean any."
            }
        return ["Everything that is kept about the child.", others]
    }
}

extension CoveringLetter.Storage {
    fileprivate var sentence: String {
        let until = keepThrough.map { "until \($0)" } ?? "for as long as the schedule says; no day is fixed yet"
        let why = [rule.map { "rule \($0)" }, authority].compactMap { $0 }.joined(separator: ", ")
        return "\(category): \(until)" + (why.isEmpty ? "" : " (\(why))")
    }
}
