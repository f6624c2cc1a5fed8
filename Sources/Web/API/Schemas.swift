import Rules
import Vault

/// What the service answers with, as the description and the tests hold it.
extension Schema {
    static let organisation = named(
        "Organisation", .object([.needed("id", .id), .needed("party", .party), .needed("name", .line)]))
    static let party = choice(Party.allCases.map(\.rawValue))
    static let place = Schema.object([
        .needed("organisation", .id), .needed("party", .party), .needed("role", .word),
    ])
    static let person = named(
        "Person",
        .object([
            .needed("id", .id), .needed("username", .line), .needed("name", .line), .needed("isDisabled", .flag),
            .needed("places", .list(place, atMost: 100)),
        ]))
    static let leftPlaces = Schema.object([
        .needed(
            "places",
            .list(
                .object([.needed("caseID", .id), .needed("role", .word), .needed("isVacant", .flag)]), atMost: 100_000),
            "Places on teams that have to be given to somebody else.")
    ])
    static let account = named(
        "Account",
        .object([
            .needed("person", person), .needed("hasSecondFactor", .flag), .needed("recoveryCodesLeft", .count),
            .needed("sessions", .count), .needed("tokens", .count),
        ]))
    static let session = named(
        "Session",
        .object([
            .needed("id", .id), .needed("began", .time), .needed("lastUsed", .time), .needed("hasSecondFactor", .flag),
            .needed("isThisOne", .flag),
        ]))
    static let token = named(
        "Token",
        .object([
            .needed("id", .id), .needed("name", .line), .needed("created", .time), .needed("expires", .time),
            .optional("lastUsed", .time),
        ]))
    static let invitation = Schema.object([
        .needed("invitation", .line, "For its person to choose a password with. Shown once.")
    ])

    static let profile = Schema.object([
        .needed("name", .line), .needed("dateOfBirth", .day), .optional("nhsNumber", .text(10...20)),
        .optional("upn", .text(13...20)),
    ])
    static let child = named(
        "Child",
        .object([
            .needed("id", .id), .needed("profile", profile),
            .needed("cases", .list(.id, atMost: 10_000), "Those that are yours to know of."),
            .optional("statements", .list(statement, atMost: 1000), "What was attached after a request to correct it."),
        ]))
    static let theCase = named(
        "Case",
        .object([
            .needed("id", .id), .needed("child", .id), .needed("childName", .line), .needed("purpose", .word),
            .needed("isOpen", .flag), .needed("team", .list(member, atMost: 10_000)),
        ]))
    private static let member = Schema.object([
        .needed("username", .line), .needed("name", .line), .needed("role", .word), .needed("party", .party),
        .needed("isCurrent", .flag),
    ])
    static let task = named(
        "Task",
        .object([
            .needed("id", .id), .needed("username", .line), .needed("role", .word), .needed("purpose", .word),
            .needed("caseID", .id), .needed("documents", .list(.id, atMost: 10_000)),
            .needed("categories", .list(.word, atMost: 100)), .needed("from", .line), .needed("until", .line),
            .needed("isRunning", .flag),
        ]))

    static let form = Schema.object([
        .needed("rendition", .line), .needed("mediaType", .line), .needed("byteCount", .count),
        .needed("isReleased", .flag, "The family may read it."),
    ])
    static let document = named(
        "Document",
        .object([
            .needed("id", .id), .needed("category", .word), .needed("categoryTitle", .line),
            .optional("title", .line, "Only for who may read the original."), .needed("mediaType", .line),
            .needed("holder", .party), .needed("version", .count), .needed("added", .time),
            .optional("scanned", .text(1...600), "The malware scanner's verdict on the original, and when."),
            .needed("mayRead", .flag), .needed("forms", .list(form, atMost: 1000), "Those that you may read."),
            .needed("clause", .line, "The clause of the agreement that admits you."),
            .optional("statements", .list(statement, atMost: 1000), "What was attached after a request to correct it."),
        ]))
    private static let statement = Schema.object([
        .needed("id", .id), .needed("kind", .word), .optional("text", .text(1...2000)), .optional("version", .count),
        .needed("added", .time),
    ])
    static let version = named(
        "Version",
        .object([
            .needed("number", .count), .needed("added", .time), .needed("depositor", .text(0...200)),
            .needed("object", .hex(64)), .needed("byteCount", .count),
            .needed("mediaType", .line),
            .optional("scanned", .text(1...600), "The malware scanner's verdict, and when."),
            .needed("entry", .count, "Of the ledger."),
        ]))
    static let receipt = named(
        "Receipt",
        .object([
            .needed("document", .id), .needed("version", .count), .needed("byteCount", .count),
            .needed("entry", .count, "Of the ledger."),
        ]))

    static let consent = named(
        "Consent",
        .object([
            .needed("id", .id), .needed("child", .id), .needed("state", .word), .needed("terms", terms),
            .needed("recordedBy", .line), .needed("events", .list(consentEvent, atMost: 10_000)),
        ]))
    private static let consentEvent = Schema.object([
        .needed("state", .word), .needed("time", .time), .optional("note", .paragraph),
    ])
    private static let terms = Schema.object([
        .needed("kind", kinds), .needed("purpose", .word), .needed("categories", .list(.word, atMost: 100)),
        .needed("roles", .list(.word, atMost: 100)), .optional("person", .id), .needed("giver", .line),
        .optional("giverPerson", .id), .needed("capacity", capacities), .needed("authority", .paragraph),
        .optional("evidence", .id), .needed("notice", .line), .needed("language", .line),
        .needed("channel", .line), .optional("interpreter", .line), .needed("until", .day),
    ])
    static let kinds = choice(ConsentKind.allCases.map(\.rawValue))
    static let capacities = choice(Capacity.allCases.map(\.rawValue))
    static let restraint = named(
        "Restraint",
        .object([
            .needed("id", .id), .needed("username", .line), .needed("ground", .word),
            .needed("categories", .list(.word, atMost: 100), "Empty: all."), .needed("reason", .paragraph),
            .needed("from", .line), .optional("until", .line),
        ]))
    static let rightsHolder = Schema.object([
        .optional("youngPersonFrom", .day), .needed("hasPassed", .flag), .needed("lacksCapacity", .flag),
        .needed(
            "choices", .list(.object([.needed("username", .line), .needed("choice", .word)]), atMost: 1000)),
    ])
    static let emergency = named(
        "Emergency",
        .object([
            .needed("id", .id), .needed("child", .id), .needed("username", .line), .needed("role", .word),
            .needed("party", .party), .needed("reason", .paragraph), .needed("opened", .time), .needed("until", .time),
            .needed("isRunning", .flag), .needed("reviewBy", .day), .needed("isOverdue", .flag),
            .optional("outcome", .word), .optional("note", .paragraph), .optional("hiddenUntil", .day),
            .needed("cases", .list(.id, atMost: 10_000)),
        ]))

    static let explained = Schema.object([.needed("answers", .list(accessAnswer, atMost: 100))])
    private static let accessAnswer = Schema.object([
        .needed("role", .word), .needed("party", .party), .needed("isPermitted", .flag), .needed("because", .line),
        .needed("steps", .list(step, atMost: 100)),
    ])
    private static let step = Schema.object([
        .needed("check", .line), .needed("outcome", .line), .needed("sentence", .paragraph),
    ])
    static let accesses = Schema.object([
        .needed(
            "documents",
            .list(
                .object([
                    .needed("document", .id), .needed("category", .word), .needed("categoryTitle", .line),
                    .needed("holder", .party), .needed("labels", .list(.word, atMost: 100)),
                    .needed("people", .list(personAccess, atMost: 10_000)),
                ]), atMost: 100_000))
    ])
    private static let personAccess = Schema.object([
        .needed("username", .line), .needed("name", .line), .needed("role", .word), .needed("party", .party),
        .needed("mayKnow", .flag), .needed("mayRead", .list(.line, atMost: 1000)), .needed("because", .line),
        .needed("why", .paragraph), .optional("whatWouldChange", .paragraph),
    ])

    static let ledgerEntry = named(
        "LedgerEntry",
        .object([
            .needed("index", .count), .needed("time", .time), .needed("kind", .word), .optional("party", .party),
            .optional("actor", .line), .optional("details", .map(.text(0...4000))),
        ]))
    static let look = named(
        "Look",
        .object([
            .needed("entry", .count), .needed("time", .time), .needed("kind", .word), .needed("who", .text(0...200)),
            .optional("party", .party), .optional("document", .id), .optional("child", .id),
            .optional("purpose", .word), .needed("isEmergency", .flag),
        ]))
    static let patterns = Schema.object([
        .needed(
            "items",
            .list(
                .object([
                    .needed("kind", .word), .needed("username", .text(0...64)), .optional("child", .id),
                    .needed("count", .count), .needed("reasons", .list(.line, atMost: 1000)), .needed("last", .time),
                ]), atMost: 100_000))
    ])
    static let status = named(
        "Status",
        .object([
            .needed("vault", .id), .needed("origin", .line), .needed("vkey", .line), .needed("isReadOnly", .flag),
            .needed("counts", .map(.count)), .needed("ledgerSize", .count), .needed("ledgerRoot", .line),
            .needed("agreementVersion", .count), .needed("agreementTitle", .line), .needed("agreementReviewBy", .day),
            .needed("agreementStanding", .line),
            .needed(
                "parties",
                .list(
                    .object([
                        .needed("name", .party), .optional("keyVersion", .count), .needed("organisations", .count),
                    ]), atMost: 10)),
            .needed("isAligned", .flag), .needed("reviewsWaiting", .count),
            .needed("warnings", .list(.paragraph, atMost: 100)),
        ]))

    func paged() -> Schema {
        .object([.needed("items", .list(self, atMost: 200)), .optional("next", .line, "For `cursor`, to go on.")])
    }
}
