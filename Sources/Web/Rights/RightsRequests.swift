import Foundation
import Rules
import Storage
import Vault

/// Requests under data protection law: the register, and what happens to one.
enum RightsRequests {
    static func list(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(Page(try await call.vault.requests(as: caller), call, key: \.id))
    }

    static func receive(_ call: Call, _ caller: Caller) async throws -> Answer {
        let new = NewRightsRequest(
            kind: try call.choice("kind"), child: try call.id(in: "child"),
            requester: try call.decoded(Requester.self, "requester"), channel: try call.choice("channel"),
            received: try call.optionalDay("received"), asked: try call.text("asked"))
        let id = try await call.vault.receive(new, as: caller)
        return try .created(Named(id: "\(id)"), at: "/v1/rights-requests/\(id)")
    }

    static func show(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(RequestView(try await call.vault.request(try call.id("request"), as: caller)))
    }

    /// It changes with every item too, so that nobody approves what somebody else is changing.
    static func tag(_ call: Call, _ caller: Caller) async throws -> String {
        try Answer.tag(ofJSON: RequestView(try await call.vault.request(try call.id("request"), as: caller)))
    }

    static func note(_ call: Call, _ caller: Caller) async throws -> Answer {
        let event = RequestEvent(
            word: try call.text("event"), reason: call.optionalText("reason"),
            wasSignedIn: call.input["wasSignedIn"]?.flag ?? false)
        guard let event else {
            throw VaultError.invalid(field: "reason", reason: "the event has one, and not this")
        }
        try await call.vault.note(
            event, on: try call.optionalDay("day"), note: call.optionalText("note"), to: try call.id("request"),
            as: caller)
        return .nothing
    }

    static func judge(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.vault.judge(
            try call.decoded(RequesterStanding.self), of: try call.id("request"), as: caller)
        return .nothing
    }

    static func backlog(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(try await call.vault.backlog(as: caller))
    }

    static func search(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(try await call.vault.collect(try call.id("request"), as: caller))
    }

    static func searchMentions(_ call: Call, _ caller: Caller) async throws -> Answer {
        func ids<Subject>(_ name: String) -> Set<ID<Subject>> {
            Set((call.input[name]?.items ?? []).compactMap { $0.text.flatMap { ID<Subject>($0) } })
        }
        var search = MentionSearch()
        if call.optionalText("reach") != nil { search.reach = try call.choice("reach") }
        (search.children, search.cases) = (ids("children"), ids("cases"))
        search.names = (call.input["names"]?.items ?? []).compactMap(\.text)
        search.most = call.input["most"] == nil ? 100 : Int(try call.whole("most"))
        search.minutes = call.input["minutes"] == nil ? 5 : Int(try call.whole("minutes"))
        return try .json(
            try await call.vault.searchMentions(search, for: try call.id("request"), as: caller))
    }
}

extension Call {
    /// The body, or a member of it, as a type of the vault. Its form has been held against the schema; what is left to go wrong is a day that the
    /// calendar does not have, or a word that is none.
    ///
    /// - Throws: `VaultError.invalid`.
    func decoded<Value: Decodable>(_: Value.Type, _ name: String? = nil) throws -> Value {
        let value = name.map { input[$0] ?? .null } ?? input
        do {
            return try JSONDecoder().decode(Value.self, from: Data(try JSON.bytes(value)))
        } catch is DecodingError {
            throw VaultError.invalid(field: name ?? "body", reason: "a day or a word in it is none that there is")
        }
    }
}
