import Rules
import Vault

/// What comes in and goes out about requests, as the description and the tests hold it.
extension Schema {
    private static func one<Choice: RawRepresentable<String> & CaseIterable>(of _: Choice.Type) -> Schema {
        choice(Choice.allCases.map(\.rawValue))
    }

    // What comes in.

    static let newRequest: [Field] = [
        .needed("kind", one(of: RequestKind.self)), .needed("child", .id), .needed("channel", one(of: Channel.self)),
        .optional("received", .day, "The day on which it came; today when not said."),
        .needed(
            "requester",
            .object([
                .needed("name", .line), .needed("capacity", one(of: RequesterCapacity.self)),
                .needed("authority", .line, "By what right, and how it was seen."), .needed("contact", .line),
                .optional("account", .text(2...64), "The requester's own user name."),
            ])),
        .needed("asked", .paragraph, "In the requester's words."),
    ]

    /// Those that are written down by hand. What an event takes as a reason, the vault says.
    static let requestEvent: [Field] = [
        .needed(
            "event",
            .choice([
                "triaged", "identity-asked", "identity-received", "identity-dropped", "fee-charged", "fee-paid",
                "clarification-asked", "clarification-answered", "clarification-dropped", "chased",
                "extension-noticed", "sent-back", "answered", "complaint-received", "complaint-acknowledged",
                "complaint-decided", "closed",
            ])),
        .optional("day", .day, "The day on which it happened; today when not said."),
        .optional(
            "reason", .line,
            "Of identity-asked: the doubt. Of fee-charged: manifestly-unfounded, manifestly-excessive. Of extension-noticed: complex, several-requests. Of answered: refused; in-full or in-part where no papers are sent. Of closed: answered, no-reply, withdrawn."
        ),
        .optional("wasSignedIn", .flag, "Of identity-asked: the requester had signed in."),
        .optional("note", .paragraph),
    ]

    static let standing: [Field] = [
        .optional(
            "authority",
            .object([
                .needed("evidence", .list(one(of: AuthorityEvidence.self), atMost: 20)),
                .needed("isGivenBySubject", .flag), .needed("isGivenByHolder", .flag), .needed("hasCare", .flag),
                .needed("subjectObjects", .flag),
            ])),
        .optional("competence", .object([.needed("isCompetent", .flag), .needed("judgement", judgement)])),
        .optional("bestInterests", judgement),
        .optional(
            "orders",
            .object([
                .needed("checked", judgement), .needed("restrainsContact", .flag), .optional("permits", judgement),
            ])),
        .optional("died", .day), .optional("isMaintainedSchool", .flag),
        .optional("repliesToChild", .flag, "The answer goes to the child, though another asked."),
    ]
    private static let judgement = Schema.object([
        .needed("by", .line), .needed("on", .day), .needed("reasoning", .paragraph),
    ])

    /// A search takes the programs for pages for as long as it may: the next goes on from there.
    static let mentionSearch: [Field] = [
        .optional("reach", one(of: MentionSearch.Reach.self), "Whose papers; family when not said."),
        .optional("children", .list(.id, atMost: 1000), "And these children's."),
        .optional("cases", .list(.id, atMost: 1000), "And those of these cases."),
        .optional("names", .list(.line, atMost: 50), "What else the child is called."),
        .optional("most", .whole(1...500), "So many files are opened at most; 100 when not said."),
        .optional("minutes", .whole(1...10), "No further file is opened after so many; 5 when not said."),
    ]

    static let itemNumber = whole(1...RightsItems.most)

    static let redactionPlan: [Field] = [
        .needed("item", itemNumber),
        .optional("clean", .flag, "A copy of the pages without what hides in the file; it has no boxes."),
        .optional(
            "terms",
            .list(
                .object([
                    .needed("text", .line), .needed("kind", .choice(["words", "name", "date", "number"])),
                    .needed("exemption", .word), .optional("group", .word, "Boxes of one group are equally wide."),
                ]), atMost: 1000)),
        .optional("keeping", .list(.line, atMost: 1000), "Words that stay although they are part of a name."),
        .optional(
            "areas",
            .list(
                .object([
                    .needed("page", .whole(1...100_000)), .needed("x", .number(0...100_000)),
                    .needed("y", .number(0...100_000)), .needed("width", .number(0...100_000)),
                    .needed("height", .number(0...100_000)), .needed("code", .word, "The exemption."),
                ]), atMost: 1000), "By hand, in points from a page's top left."),
    ]

    static let decisions: [Field] = [
        .needed(
            "decisions",
            .list(
                .object([
                    .needed("items", .list(itemNumber, atMost: 10_000)),
                    .needed("outcome", one(of: ItemsDecision.Outcome.self)),
                    .optional("citations", .list(newCitation, atMost: 50)), .optional("facts", newFacts),
                    .optional(
                        "hides", .list(.line, atMost: 1000), "Third parties, by the names that the facts give them."),
                    .optional("hidesWhereabouts", .flag), .optional("neitherConfirmsNorDenies", .flag),
                    .optional(
                        "isNamedToRequester", .flag, "Whether the reply names the exemptions; yes when not said."),
                    .optional("reasoning", .paragraph),
                ]), atMost: 1000))
    ]
    private static let newCitation = Schema.object([
        .needed("exemption", .word), .needed("reasoning", .paragraph),
        .optional("grounds", .map(.paragraph), "By what the exemption needs in words."),
    ])
    private static let newFacts = Schema.object([
        .optional("data", .list(one(of: DataKind.self), atMost: 20)),
        .optional("about", .list(.choice(["child", "requester"]), atMost: 2)),
        .optional("thirdParties", .list(thirdParty(free: .paragraph), atMost: 100)),
        .optional("isKnownToSubject", .flag), .optional("revealsWhereabouts", .flag),
        .optional("isAllegationAboutRequester", .flag), .optional("isLawEnforcement", .flag),
        .optional("resultsAnnounced", .day),
    ])
    /// `free`: what people write.
    private static func thirdParty(free: Schema) -> Schema {
        .object([
            .needed("id", .line), .needed("kind", one(of: ThirdParty.Kind.self)),
            .needed("consent", one(of: ThirdParty.Consent.self)),
            .optional(
                "reasonableness",
                .object([
                    .needed("considered", .list(one(of: Reasonableness.Factor.self), atMost: 10)),
                    .needed("isReasonable", .flag), .needed("judgement", judgement),
                ])),
            .optional("whyHidden", free),
        ])
    }

    static let opinionGiven: [Field] = [
        .needed("item", itemNumber), .needed("profession", one(of: Opinion.Profession.self)),
        .needed("findsSeriousHarm", .flag), .needed("reasoning", .paragraph),
        .optional("whyThisOne", .line, "Why you, if another was the last to care for the child."),
    ]
}
