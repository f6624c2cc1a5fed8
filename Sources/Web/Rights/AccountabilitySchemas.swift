import Rules
import Vault

/// What the service answers about breaches, and about what is to be shown.
extension Schema {
    static let breach = named(
        "Breach",
        .object([
            .needed("id", .id), .needed("category", .word), .needed("facts", .paragraph), .needed("aware", .time),
            .needed("notifyBy", .time, "The last second for telling the regulator."),
            .optional("hoursLeft", .whole(-(1 << 53)...(1 << 53)), "Negative when it is late."),
            .optional("toldAfterHours", .count), .needed("documents", .list(.id, atMost: 1000)),
            .needed("children", .list(.id, atMost: 1000)), .optional("people", .count),
            .optional("affected", figures), .needed("endangersSomebody", .flag),
            .needed("steps", .list(.free, atMost: 100_000)),
            .needed("isClosed", .flag),
        ]))
    static let processing = named(
        "Processing",
        .object([
            .needed(
                "row",
                .object([
                    .needed("category", .word), .needed("categoryTitle", .line), .needed("purpose", .word),
                    .needed("purposeTitle", .line), .needed("holders", .list(.party, atMost: 10)),
                    .needed(
                        "recipients",
                        .list(
                            .object([.needed("party", .party), .needed("roles", .list(.line, atMost: 1000))]),
                            atMost: 10)),
                    .needed("bases", .list(.free, atMost: 1000)), .needed("schedule1", .list(.free, atMost: 100)),
                ])),
            .needed("controllers", .list(.free, atMost: 10)), .needed("retention", .list(.free, atMost: 1000)),
            .needed("transfers", .free), .needed("security", .free),
        ]))
    static let claim = Schema.object([
        .needed("id", .word), .needed("claim", .paragraph), .needed("holds", .flag), .needed("found", .free),
    ])
    static let backlog = named(
        "Backlog",
        .object([
            .needed("overdue", .map(.count), "By days: 0-30, 31-90, 91-365 and more."), .needed("inTime", .count),
            .needed("withoutDate", .count, "They wait for the requester."),
            .needed(
                "byMonthDue",
                .map(
                    .object([
                        .needed("open", .count), .needed("answeredInTime", .count), .needed("answeredLate", .count),
                        .needed("extended", .count), .needed("paused", .count),
                        .optional("meanDays", .number(0...1_000_000)),
                    ]))),
            .optional("meanDays", .number(0...1_000_000), "To the answer."),
        ]))
    static let evidence = named(
        "Evidence",
        .object([
            .needed("made", .time),
            .needed(
                "agreement",
                .object([
                    .needed("version", .count), .needed("reviewBy", .day), .needed("until", .day),
                    .needed("daysToReview", days), .needed("daysToEnd", days),
                ])),
            .needed("requests", backlog), .needed("disclosureLog", .list(disclosureRecord, atMost: 1_000_000)),
            .needed("otherDisclosures", .list(otherDisclosure, atMost: 1_000_000)),
            .needed("exemptions", .map(.count)), .needed("disclosures", .count),
            .needed("complaints", .list(complaint, atMost: 1_000_000)), .needed("restrictions", .count),
            .needed("breaches", .list(breach, atMost: 100_000)), .needed("consentsToReconfirm", .count),
            .needed("emergenciesUnreviewed", .count), .needed("rowsNeedingPolicyDocument", .count),
            .needed("rowsWithoutPolicyDocument", .count, "Of them, those that have none that counts today."),
            .needed("policyChanges", .list(policyChange, atMost: 1_000_000)),
            .optional("seen", .list(seen, atMost: 1_000_000)), .needed("claims", .list(claim, atMost: 1000)),
        ]))
    private static let days = Schema.whole(-10_000_000...10_000_000)
    private static let disclosureRecord = Schema.object([
        .needed("request", .id), .needed("kind", .word), .needed("child", .id), .needed("capacity", .word),
        .needed("authority", .free), .needed("state", .word), .needed("received", .day), .optional("start", .day),
        .needed("pausedDays", .count), .optional("extended", .day), .optional("extensionReason", .word),
        .optional("due", .day), .optional("answered", .day), .optional("searched", .time),
        .optional("mentionsSearched", .time), .needed("items", .count), .needed("released", .count),
        .needed("redacted", .count), .needed("withheld", .count),
        .needed(
            "exemptions",
            .list(
                .object([
                    .needed("id", .word), .needed("code", .line), .needed("paragraph", .free), .needed("items", .count),
                ]), atMost: 1000)),
        .needed("opinionsAsked", .count), .needed("opinionsGiven", .count),
        .needed("redactedBy", .list(.free, atMost: 1000)), .optional("approvedBy", .free),
        .needed("disclosed", .list(.free, atMost: 10_000)), .optional("complaint", complaint),
    ])
    private static let complaint = Schema.object([
        .needed("request", .id), .needed("received", .day), .optional("acknowledged", .day),
        .optional("acknowledgedAfterDays", days), .optional("decided", .day),
    ])
    private static let otherDisclosure = Schema.object([
        .needed("entry", .count), .needed("time", .time), .needed("document", .free), .needed("child", .free),
        .needed("by", .free), .needed("recipient", .free), .needed("purpose", .free), .needed("clause", .free),
        .needed("basis", .free),
    ])
    private static let policyChange = Schema.object([
        .needed("entry", .count), .needed("time", .time), .needed("kind", .word), .needed("by", .free),
        .needed("detail", .map(.free)),
    ])
    private static let seen = Schema.object([
        .needed("entry", .count), .needed("time", .time), .needed("kind", .word), .needed("by", .free),
        .needed("party", .free), .needed("role", .free), .needed("purpose", .free), .needed("clause", .free),
        .needed("basis", .free), .needed("isEmergency", .flag),
    ])
    static let evidenceFiles = Schema.object([
        .needed(
            "items",
            .list(
                .object([.needed("name", .line), .needed("content", .text(0...(1 << 30)), "Base64.")]), atMost: 100))
    ])
    private static let figures = Schema.object([
        .needed("at", .time), .needed("people", .count), .needed("records", .count), .needed("openings", .count),
        .needed("categories", .map(.count)),
    ])
    static let breachReach = named(
        "BreachReach",
        .object([
            .needed("figures", figures), .needed("children", .list(.id, atMost: 1_000_000)),
            .needed("holders", .list(.party, atMost: 10)),
            .needed(
                "readers",
                .list(
                    .object([.needed("username", .free), .needed("party", .free), .needed("openings", .count)]),
                    atMost: 1_000_000)),
            .needed(
                "openings",
                .list(
                    .object([
                        .needed("entry", .count), .needed("time", .time), .needed("kind", .word),
                        .needed("child", .free), .needed("document", .free), .needed("person", .free),
                        .needed("party", .free),
                    ]), atMost: 1_000_000)),
        ]))
    /// What people write, or what is made of several things.
    static let free = text(0...20_000)
}
