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
                .optional("person", .text(2...64), "The user name of the one in whose hands they were."),
                .optional("party", .party), .optional("from", .day), .optional("until", .day),
                .needed("endangersSomebody", .flag),
                .optional("aware", .time, "When somebody was certain (RFC 3339); now when not said."),
            ], Breaches.record),
        .act(
            "/v1/breaches/{breach}/steps", "Write down what was done about a breach",
            [
                .needed("step", .choice(BreachStep.Kind.allCases.map(\.rawValue))),
                .needed("note", .paragraph, "What was done, and why."),
            ], Breaches.note),
        Route(
            method: .post, path: "/v1/breaches/{breach}/affected",
            summary: "Count from the ledger whom a breach touches; the record keeps the figures",
            access: .signedIn(Breaches.affected), cost: .heavy, answer: .json(.breachReach), refusals: [.conflict]),
    ]

    static let accountability: [Route] = [
        .list(
            "/v1/accountability/processing", "The record of processing activities (UK GDPR Art. 30)",
            of: .processing, cost: .heavy, Accountability.processing),
        .show(
            "/v1/accountability/claims", "What the impact assessment promises, held against what there is",
            .object([.needed("items", .list(.claim, atMost: 100))]), cost: .heavy, Accountability.claims),
        Route(
            method: .get, path: "/v1/accountability/evidence", summary: "What a supervisory authority asks for, in one",
            access: .signedIn(Accountability.evidence), query: Accountability.document, cost: .heavy,
            answer: .json(.evidence)),
        Route(
            method: .get, path: "/v1/accountability/evidence/files",
            summary: "The same as files, with a signed list of their digests",
            access: .signedIn(Accountability.evidenceFiles), query: Accountability.document, cost: .heavy,
            answer: .json(.evidenceFiles)),
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

    static func affected(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(try await call.vault.affected(by: try call.id("breach"), as: caller))
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
        try .json(try await call.vault.evidence(about: try document(call), as: caller))
    }

    static let document: [Schema.Field] = [.optional("document", .id, "Tell also who saw it, and why.")]

    static func evidenceFiles(_ call: Call, _ caller: Caller) async throws -> Answer {
        struct File: Encodable {
            let name: String
            /// In base64, as JSON has bytes.
            let content: Data
        }
        let files = try await call.vault.evidenceFiles(about: try document(call), as: caller)
        return try .json(Listed(items: files.map { File(name: $0.name, content: Data($0.bytes)) }))
    }

    private static func document(_ call: Call) throws -> DocumentID? {
        try call.query["document"].map { text in
            guard let id = DocumentID(text) else { throw Problem.notFound }
            return id
        }
    }
}
