import HTTPTypes
import Rules
import Storage
import Vault

extension Route {
    static let measures: [Route] = [
        .list(
            "/v1/rights-requests/{request}/erasure", "Every document of the child, whether it may go, what was decided",
            of: .erasureLine, cost: .heavy, Measures.erasureForm),
        Route(
            method: .post, path: "/v1/rights-requests/{request}/erasure/decisions",
            summary: "Decide of documents whether they go, or under which exception they are kept",
            access: .signedIn(Measures.decideErasure), body: .json(.object(Schema.erasureDecisions)),
            condition: .unchanged(RightsRequests.tag), cost: .heavy, status: .noContent),
        Route(
            method: .post, path: "/v1/rights-requests/{request}/erasure/notices",
            summary: "Tell whoever has had what has been erased meanwhile", access: .signedIn(Measures.noticeErasures),
            cost: .heavy, answer: .json(.object([.needed("notices", .count)])), refusals: [.conflict]),
        Route(
            method: .put, path: "/v1/rights-requests/{request}/objection",
            summary: "Uphold or reject an objection, or say that there is no such right",
            access: .signedIn(Measures.decideObjection), body: .json(.object(Schema.objection)),
            condition: .unchanged(RightsRequests.tag), status: .noContent),
        Route(
            method: .put, path: "/v1/rights-requests/{request}/copy",
            summary: "Choose the documents of a copy to take elsewhere", access: .signedIn(Measures.choose),
            body: .json(.object([.needed("documents", .list(.id, atMost: 1000))])),
            condition: .unchanged(RightsRequests.tag), cost: .heavy, answer: .json(.portableDocuments)),
    ]
}

/// What erasure, objection and portability lead to.
enum Measures {
    static func erasureForm(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(Page(try await call.vault.erasureForm(of: try call.id("request"), as: caller), call, key: \.document))
    }

    static func decideErasure(_ call: Call, _ caller: Caller) async throws -> Answer {
        /// Who decides is nobody's to say.
        struct Told: Decodable {
            let document: String
            let exception: ErasureExceptionID?
            let reasoning: String
        }
        let decisions = try call.decoded([Told].self, "decisions").map {
            ErasureDecision(document: $0.document, exception: $0.exception, reasoning: $0.reasoning)
        }
        try await call.vault.decide(decisions, of: try call.id("request"), as: caller)
        return .nothing
    }

    static func noticeErasures(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(["notices": try await call.vault.noticeErasures(of: try call.id("request"), as: caller)])
    }

    static func decideObjection(_ call: Call, _ caller: Caller) async throws -> Answer {
        let decision = ObjectionDecision(
            outcome: try call.choice("outcome"),
            ground: try call.optionalText("ground") == nil ? nil : call.choice("ground"),
            reasoning: try call.text("reasoning"))
        try await call.vault.decide(decision, of: try call.id("request"), as: caller)
        return .nothing
    }

    static func choose(_ call: Call, _ caller: Caller) async throws -> Answer {
        let documents = try (call.input["documents"]?.items ?? []).map { item in
            guard let id = item.text.flatMap({ DocumentID($0) }) else { throw Problem.notFound }
            return id
        }
        return try .json(
            Listed(items: try await call.vault.choose(documents, of: try call.id("request"), as: caller)))
    }
}
