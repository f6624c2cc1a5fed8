import Rules
import Vault

/// What comes in and goes out about restriction, correction, erasure, objection and portability.
extension Schema {
    // What comes in.

    static let newRestriction: [Field] = [
        .needed("ground", .choice(Restriction.Ground.allCases.map(\.rawValue)), "As the law names it."),
        .needed("reason", .paragraph), .optional("document", .id, "Only this document."),
        .optional("caseID", .id, "Only what is in this case. With neither, all about the child."),
    ]
    static let newStatement: [Field] = [
        .needed("kind", .choice(StatementKind.allCases.map(\.rawValue))),
        .needed("text", .paragraph, "What every reader is to get."),
        .optional("document", .id, "The record, when not said."),
        .optional("version", .whole(1...1_000_000), "Only about this version; of `replaced`, the one that is right."),
    ]
    static let recipientNote: [Field] = [
        .needed("number", .whole(1...1_000_000), "The recipient's."),
        .needed("how", .paragraph, "How it was told, or why not."),
        .optional(
            "excuse", .choice(Recipient.Excuse.allCases.map(\.rawValue)), "When the recipient is not told."),
        .optional("day", .day, "The day on which it happened; today when not said."),
    ]
    static let erasureDecisions: [Field] = [
        .needed(
            "decisions",
            .list(
                .object([
                    .needed("document", .id), .needed("reasoning", .paragraph),
                    .optional("exception", .word, "Under which it is kept; without one it goes."),
                ]), atMost: 1000))
    ]
    static let objection: [Field] = [
        .needed("outcome", .choice(ObjectionDecision.Outcome.allCases.map(\.rawValue))),
        .optional("ground", .choice(ObjectionDecision.Ground.allCases.map(\.rawValue)), "Of a rejection."),
        .needed("reasoning", .paragraph, "What was weighed."),
    ]

    // What goes out.

    static let restriction = named(
        "Restriction",
        .object([
            .needed("id", .id), .needed("child", .id), .needed("request", .id), .optional("caseID", .id),
            .optional("document", .id), .needed("ground", .word), .needed("reason", .free), .needed("from", .time),
            .optional("told", .day, "When the data subject was told that it is to be lifted."),
            .needed(
                "leaves",
                .list(
                    .object([
                        .needed("id", .id), .needed("username", .free), .needed("use", .word),
                        .needed("until", .time),
                    ]), atMost: 10_000)),
        ]))
    static let recipient = named(
        "Recipient",
        .object([
            .needed("number", .count), .needed("measure", .word), .needed("document", .id),
            .optional("party", .party), .optional("organisation", .id), .optional("person", .id, "Of the family."),
            .optional("outside", .free, "As the export named them."), .needed("last", .time, "When they last had it."),
            .optional(
                "told",
                .object([
                    .optional("day", .day), .optional("note", .free, "How, by hand; or why not."),
                    .optional("excuse", .word),
                ]), "Absent until somebody has told them, or said why not."),
        ]))
    static let erasureLine = named(
        "ErasureLine",
        .object([
            .needed("document", .id), .needed("category", .word), .needed("categoryTitle", .free),
            .needed("isOptional", .flag, "Nothing but free will keeps it: it may go."),
            .needed("isHeld", .flag, "A legal hold binds it, or its use is restricted."),
            .optional(
                "decision",
                .object([
                    .needed("document", .id), .optional("exception", .word), .needed("reasoning", .free),
                    .needed("by", .id),
                ])),
            .needed("faults", .list(.free, atMost: 100), "What stands against the decision."),
        ]))
    static let portableDocuments = Schema.object([
        .needed(
            "items",
            .list(
                .object([
                    .needed("document", .id), .needed("category", .word), .needed("version", .count),
                    .needed("isCourtesy", .flag, "There is no right to it; it is given all the same, and says so."),
                    .needed("by", .id, "Who chose it."),
                ]), atMost: 1000))
    ])
}
