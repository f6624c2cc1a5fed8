import Rules
import Vault

/// What the service answers about requests.
extension Schema {
    static let requestSummary = named(
        "RightsRequestSummary",
        .object([
            .needed("id", .id), .needed("kind", .word), .needed("child", .id), .needed("state", .word),
            .needed("received", .day), .optional("due", .day),
            .optional("daysLeft", .whole(-1_000_000...1_000_000), "Negative when it is late."),
            .optional("next", .paragraph),
        ]))
    static let rightsRequest = named(
        "RightsRequest",
        .object([
            .needed("id", .id), .needed("kind", .word), .needed("child", .id), .needed("state", .word),
            .needed("received", .day),
            .needed(
                "requester",
                .object([
                    .needed("name", .line), .needed("capacity", .word), .needed("authority", .line),
                    .needed("contact", .line), .optional("account", .id),
                ])),
            .needed("channel", .word), .needed("asked", .paragraph), .optional("clock", clock),
            .optional("fault", .paragraph, "Why no day is known."), .needed("next", .list(nextAction, atMost: 100)),
            .needed("events", .list(recordedEvent, atMost: 100_000)), .optional("search", searchLog),
            .optional("mentions", mentionLog),
            .optional("approved", .time), .needed("disclosed", .list(.line, atMost: 10_000)),
            .needed("version", .hex(64), "Another after every change, of the request or of one of its items."),
        ]))
    private static let clock = Schema.object([
        .optional("due", .day), .optional("pausedSince", .day), .optional("waitingSince", .day),
        .optional("waitingFor", .word), .optional("start", .day), .optional("base", .day),
        .optional("extensionNoticeBy", .day), .optional("target", .day), .optional("actBy", .day),
        .optional("answered", .day), .needed("pausedDays", .count), .needed("isExtended", .flag),
        .needed("flags", .list(.word, atMost: 20)),
    ])
    private static let nextAction = Schema.object([
        .needed("code", .word), .needed("sentence", .paragraph), .optional("by", .day),
    ])
    private static let recordedEvent = Schema.object([
        .needed("event", .word), .optional("reason", .free), .optional("wasSignedIn", .flag), .needed("day", .day),
        .needed("by", .id), .optional("note", .free),
    ])
    static let searchLog = named(
        "SearchLog",
        .object([
            .needed("at", .time), .needed("by", .id),
            .needed(
                "holders",
                .list(
                    .object([
                        .needed("party", .party), .needed("documents", .count), .needed("renditions", .count),
                        .needed("readable", .count),
                        .needed("blocked", .map(.count), "Of the others, how many for which reason."),
                    ]), atMost: 10)),
            .needed("parts", .count, "Parts of the records."),
        ]))

    static let mentionLog = named(
        "MentionLog",
        .object([
            .needed("at", .time), .needed("by", .id), .needed("reach", .word),
            .needed("sought", .list(.word, atMost: 10)), .needed("children", .count), .needed("files", .count),
            .needed("searched", .count), .needed("found", .count),
            .needed("notSearched", .map(.count), "For which reason; `not-yet`: the next search comes to them."),
        ]))

    static let rightsItem = named(
        "RightsItem",
        .object([
            .needed("number", .count), .needed("what", .line, "A document's form, or a part of the records."),
            .optional("document", .id), .optional("version", .count), .optional("title", .line),
            .optional("category", .word), .optional("holder", .party),
            .optional("blocked", .word, "Why it cannot be read."), .needed("facts", facts),
            .optional("decision", decision),
            .needed("faults", .list(.free, atMost: 1000), "What stands against the decision."),
            .needed("isRedacted", .flag),
            .needed("isCopied", .flag, "A clean copy goes out in place of the file."), .optional("part", part),
            .optional("attachedTo", .count, "The number of the mail that it came with."),
            .optional(
                "mention",
                .object([
                    .needed("child", .id), .needed("hits", .count), .needed("doubtful", .count),
                    .needed("pages", .list(.count, atMost: 100_000)),
                ]), "Of a paper of another child."),
        ]))
    private static let judgement = Schema.object([
        .needed("by", .free), .needed("on", .day), .needed("reasoning", .free),
    ])
    private static let facts = Schema.object([
        .needed("data", .list(.word, atMost: 20)), .needed("about", .list(.line, atMost: 10)),
        .needed(
            "thirdParties",
            .list(
                .object([
                    .needed("id", .free), .needed("kind", .word), .needed("consent", .word),
                    .optional(
                        "reasonableness",
                        .object([
                            .needed("considered", .list(.word, atMost: 10)), .needed("isReasonable", .flag),
                            .needed("judgement", judgement),
                        ])),
                    .optional("whyHidden", .free),
                ]), atMost: 1000)),
        .optional(
            "opinion",
            .object([
                .needed("by", .line), .needed("profession", .word), .optional("whyThisOne", .free),
                .needed("obtained", .day), .needed("findsSeriousHarm", .flag),
            ])),
        .needed("isHeldByHealthProfessional", .flag), .needed("isKnownToSubject", .flag),
        .needed("revealsWhereabouts", .flag), .needed("isAllegationAboutRequester", .flag),
        .needed("isLawEnforcement", .flag), .needed("isAnothersPaper", .flag), .optional("resultsAnnounced", .day),
    ])
    private static let decision = Schema.object([
        .needed("outcome", .word), .optional("route", .word, "Of what is answered on another route."),
        .needed(
            "citations",
            .list(
                .object([
                    .needed("exemption", .word), .needed("reasoning", .free), .needed("grounds", .map(.free)),
                ]), atMost: 1000)),
        .needed("hides", .list(.free, atMost: 1000)), .needed("hidesWhereabouts", .flag),
        .needed("neitherConfirmsNorDenies", .flag), .needed("isNamedToRequester", .flag),
        .needed("reasoning", .free), .needed("decidedBy", .id), .needed("decidedOn", .day),
        .optional("redactedBy", .id),
    ])
    private static let part = Schema.object([
        .needed("kind", .word), .needed("id", .line), .needed("title", .line),
        .needed(
            "lines",
            .list(
                .object([.needed("name", .free), .needed("value", .free), .optional("document", .id)]),
                atMost: 1_000_000)),
    ])

    private static let hiddenThing = Schema.object([
        .needed("kind", .word), .needed("place", .line), .needed("count", .count),
    ])
    static let inspected = whole(
        of: .object([.needed("item", itemNumber), .needed("hidden", .list(hiddenThing, atMost: 100_000))]))
    static let attachedItems = whole(
        of: .object([
            .needed("item", itemNumber), .needed("name", .free), .needed("mediaType", .line),
            .needed("byteCount", .count),
        ]))
    static let redacted = named(
        "Redaction",
        .object([
            .needed("item", itemNumber), .needed("pages", .count), .needed("boxes", .count),
            .needed("doubtful", .count, "Places that somebody should look at."),
            .needed("hidden", .list(hiddenThing, atMost: 100_000), "It hid in the original, and is not in the copy."),
            .needed("attachments", .count, "They are not in the copy."),
        ]))
    static let judged = whole(
        of: .object([.needed("item", itemNumber), .needed("faults", .list(.free, atMost: 1000))]))
    static let sentences = whole(of: .free)
    static let differences = whole(
        of: .object([
            .needed("what", .line), .optional("document", .id), .optional("here", .word), .optional("there", .word),
        ]))
    static let opinionWanted = named(
        "OpinionWanted",
        .object([
            .needed("request", .id), .needed("item", itemNumber), .optional("document", .id), .needed("asked", .day),
            .optional("by", .day, "The last day on which it is in time."),
        ]))

    static let offer = named(
        "Offer",
        .object([
            .needed("id", .id), .needed("request", .id), .needed("state", .word), .needed("made", .time),
            .needed("expires", .time), .optional("taken", .time),
        ]))

    /// A list that comes in one.
    private static func whole(of item: Schema) -> Schema {
        .object([.needed("items", .list(item, atMost: 1_000_000))])
    }
}
