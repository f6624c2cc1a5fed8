import HTTPTypes
import Vault

extension Route {
    static let events: [Route] = [
        Route(
            method: .get, path: "/v1/events", summary: "Events that wait to be sent, in the ledger's order",
            access: .signedIn(Events.waiting),
            query: [
                .optional("limit", .whole(1...200)), .optional("from", .count, "Only entries from this one on."),
            ], answer: .json(Events.schema.paged())),
        Route(
            method: .get, path: "/v1/events/subscribers", summary: "Who is told of events, and how far",
            access: .signedIn(Events.subscribers), query: Paging.query, answer: .json(Events.subscriberSchema.paged())),
        Route(
            method: .post, path: "/v1/events/replay",
            summary: "Tell a subscriber again, from an entry of the ledger on",
            access: .signedIn(Events.replay),
            body: .json(.object([.needed("subscriber", .word), .needed("from", .count, "An entry of the ledger.")])),
            status: .noContent),
    ]
}

/// What is sent to systems outside.
enum Events {
    static let schema = Schema.named(
        "WaitingEvent",
        .object([
            .needed("entry", .count, "Of the ledger."), .needed("kind", .word), .needed("added", .time),
            .needed("waitingFor", .list(.word, atMost: 1000)),
        ]))
    static let subscriberSchema = Schema.named(
        "Subscriber",
        .object([
            .needed("name", .word), .needed("kinds", .list(.word, atMost: 1000)), .needed("withIdentifiers", .flag),
            .needed("next", .count, "The first entry that it has not been told of."),
            .needed("failures", .count, "Since it last took an event."), .optional("failingSince", .time),
            .optional("nextAttempt", .time), .needed("dead", .count, "Events given up."),
        ]))

    static func waiting(_ call: Call, _ caller: Caller) async throws -> Answer {
        let from = call.query["from"].flatMap { UInt64($0) } ?? 0
        let found = try await call.vault.waitingEvents(from: from, limit: call.limit, as: caller)
        let next = found.count == call.limit ? found.last.map { String($0.entry + 1) } : nil
        return try .json(Page(found, next: next))
    }

    static func subscribers(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(Page(try await call.vault.subscribers(as: caller), call) { $0.name })
    }

    static func replay(_ call: Call, _ caller: Caller) async throws -> Answer {
        guard case .whole(let from) = call.input["from"] else { throw Problem.malformed("`from` is missing.") }
        try await call.vault.replayEvents(to: try call.text("subscriber"), from: UInt64(from), as: caller)
        return .nothing
    }
}
