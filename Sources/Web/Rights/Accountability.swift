import Foundation
import HTTPTypes
import Rules
import Storage
import Vault

extension Route {
    static let breaches: [Route] = [
        .list("/v1/breaches", "The register of breaches, the oldest first", of: .breach, Breaches.list),
        .make(
            "/v1/breaches", "Enter a breach: its 72 hours run from when somebody was reasonably certain",
            [
                .needed("category", .choice(NewBreach.Category.allCases.map(\.rawValue))),
                .needed("facts", .paragraph, "In words that name nobody."),
                .optional("documents", .list(.id, atMost: 1000)),
                .optional("people", .whole(0...100_000_000), "How many, where no document tells."),
                .needed("endangersSomebody", .flag),
                .optional("aware", .time, "When somebody was certain (RFC 3339); now when not said."),
            ], Breaches.record),
        .act(
            "/v1/breaches/{breach}/steps", "Write down what was done about a breach",
            [
                .needed("step", .choice(BreachStep.Kind.allCases.map(\.rawValue))),
                .needed("note", .paragraph, "What was done, and why."),
            ], Breaches.note),
    ]

    static let accountability: [Route] = [
        .list(
            "/v1/accountability/processing", "The record of processing activities (UK GDPR Art. 30)",
            of: .processing, cost: .heavy, Accountability.processing),
        .show(
            "/v1/accountability/claims", "What the impact assessment promises, held against what there is",
            .object([.needed("items", .list(.claim, atMost: 100))]), cost: .heavy, Accountability.claims),
        .show(
            "/v1/accountability/evidence", "Requests, exemptions, breaches, emergencies and claims, in one",
            .evidence, cost: .heavy, Accountability.evidence),
    ]
}

/// Breaches of personal data.
enum Breaches {
    static func list(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(Page(try await call.vault.breaches(as: caller), call, key: \.id))
    }

    static func record(_ call: Call, _ caller: Caller) async throws -> Answer {
        let aware = try call.optionalText("aware").map { text in
            guard let seconds = (try? Date(text, strategy: .iso8601))?.timeIntervalSince1970,
                (0..<253_402_300_800).contains(seconds)
            else { throw VaultError.invalid(field: "aware", reason: "it is not a time as 2026-11-20T16:30:00Z") }
            return Instant(milliseconds: Int64(seconds * 1000))
        }
        let id = try await call.vault.record(try call.decoded(NewBreach.self), awareAt: aware, as: caller)
        return try .created(Named(id: "\(id)"), at: "/v1/breaches")
    }

    static func note(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.vault.note(
            try call.choice("step"), try call.text("note"), on: try call.id("breach"), as: caller)
        return .nothing
    }
}

/// What a data protection officer is asked to show.
enum Accountability {
    static func processing(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(
            Page(try await call.vault.processing(as: caller), call) { "\($0.row.category).\($0.row.purpose)" })
    }

    static func claims(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(Listed(items: try await call.vault.dpiaClaims(as: caller)))
    }

    static func evidence(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(try await call.vault.evidence(as: caller))
    }
}

extension Schema {
    fileprivate static let breach = named(
        "Breach",
        .object([
            .needed("id", .id), .needed("category", .word), .needed("facts", .paragraph), .needed("aware", .time),
            .needed("notifyBy", .time, "The last second for telling the regulator."),
            .optional("hoursLeft", .whole(-(1 << 53)...(1 << 53)), "Negative when it is late."),
            .optional("toldAfterHours", .count), .needed("documents", .list(.id, atMost: 1000)),
            .needed("children", .list(.id, atMost: 1000)), .optional("people", .count),
            .needed("endangersSomebody", .flag), .needed("steps", .list(.free, atMost: 100_000)),
            .needed("isClosed", .flag),
        ]))
    fileprivate static let processing = named(
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
                    .needed("bases", .list(.free, atMost: 1000)), .needed("needsPolicyDocument", .flag),
                ])),
            .needed("controllers", .list(.free, atMost: 10)), .needed("retention", .list(.free, atMost: 1000)),
            .needed("transfers", .free), .needed("security", .free),
        ]))
    fileprivate static let claim = Schema.object([
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
                        .needed("extended", .count),
                    ]))),
        ]))
    fileprivate static let evidence = named(
        "Evidence",
        .object([
            .needed("made", .time), .needed("agreementVersion", .count), .needed("agreementReviewBy", .day),
            .needed("requests", backlog), .needed("exemptions", .map(.count)), .needed("disclosures", .count),
            .needed("breaches", .list(breach, atMost: 100_000)), .needed("emergenciesUnreviewed", .count),
            .needed("rowsNeedingPolicyDocument", .count), .needed("claims", .list(claim, atMost: 100)),
        ]))
    /// What people write, or what is made of several things.
    static let free = text(0...20_000)
}
