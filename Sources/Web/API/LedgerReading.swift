import HTTPTypes
import HummingbirdCore
import Ledger
import Rules
import Storage
import Vault

/// The record of everything that happened, and its proofs.
enum LedgerReading {
    static func entries(_ call: Call, _ caller: Caller) async throws -> Answer {
        let found = try await call.vault.ledger(
            before: call.query["before"].flatMap { UInt64($0) }, limit: call.limit, as: caller)
        let last = found.last.flatMap { $0.index > 0 && found.count == call.limit ? String($0.index) : nil }
        return try .json(Page(found, next: last))
    }

    static func ofChild(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await looks(.child(try call.id("child")), call, caller)
    }

    static func ofDocument(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await looks(.document(try call.id("document")), call, caller)
    }

    static func ofPerson(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await looks(.person(try call.text("username")), call, caller)
    }

    private static func looks(_ query: LookQuery, _ call: Call, _ caller: Caller) async throws -> Answer {
        let looks = try await call.vault.looks(query, since: try call.since(), as: caller)
        return try .json(Page(looks, call) { String($0.entry) })
    }

    static func patterns(_ call: Call, _ caller: Caller) async throws -> Answer {
        struct Patterns: Encodable { let items: [LedgerPattern] }
        return try .json(Patterns(items: try await call.vault.patterns(since: try call.since(), as: caller)))
    }

    static func checkpoint(_ call: Call, _ caller: Caller) async throws -> Answer {
        let note = try await call.vault.checkpoint(as: caller)
        return Answer(bytes: note.bytes, type: "text/plain; charset=utf-8", .created)
    }

    static func proof(_ call: Call, _ caller: Caller) async throws -> Answer {
        let made = try await call.vault.prove(try index(call), as: caller)
        return Answer(bytes: made.proof, type: "text/plain; charset=utf-8")
    }

    static func leaf(_ call: Call, _ caller: Caller) async throws -> Answer {
        let made = try await call.vault.prove(try index(call), as: caller)
        return Answer(bytes: made.entry, type: "application/octet-stream")
    }

    /// The newest checkpoint, for anybody, where the configuration publishes the ledger.
    static func published(_ call: Call) async throws -> Answer {
        guard call.service.options.publishesLedger, let note = try await call.vault.publishedCheckpoint() else {
            throw Problem.notFound
        }
        return Answer(bytes: note, type: "text/plain; charset=utf-8")
    }

    /// A tile of the published tree. A full one never changes, so it may be kept for good.
    static func tile(_ call: Call) async throws -> Answer {
        let path = call.request.uri.path.dropFirst("/ledger/".count)
        guard call.service.options.publishesLedger, let bytes = try await call.vault.publishedTile(String(path)) else {
            throw Problem.notFound
        }
        var answer = Answer(bytes: bytes, type: "application/octet-stream")
        if !path.contains(".p/") { answer.headers[.cacheControl] = "public, max-age=31536000, immutable" }
        return answer
    }

    private static func index(_ call: Call) throws -> UInt64 {
        guard let index = call.parameters["index"].flatMap({ UInt64($0) }) else { throw Problem.notFound }
        return index
    }
}
