import Rules
import Storage
import Vault

/// Who may do what, and why.
enum Explanation {
    static func explain(_ call: Call, _ caller: Caller) async throws -> Answer {
        struct Explained: Encodable { let answers: [AccessAnswer] }
        let answers = try await call.vault.explain(
            try call.optionalText("action") == nil ? .read : call.choice("action"), try call.id("document"),
            rendition: try call.optionalText("rendition").map(Call.rendition) ?? .original,
            by: call.optionalText("username"), purpose: call.optionalText("purpose").map { Purpose(rawValue: $0) },
            as: caller)
        return try .json(Explained(answers: answers))
    }

    static func ofDocument(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await who(.document(try call.id("document")), call, caller)
    }

    static func ofChild(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await who(.child(try call.id("child")), call, caller)
    }

    private static func who(_ subject: AccessSubject, _ call: Call, _ caller: Caller) async throws -> Answer {
        struct Accesses: Encodable { let documents: [DocumentAccess] }
        let found = try await call.vault.explain(subject, only: call.optionalText("username"), as: caller)
        return try .json(Accesses(documents: found))
    }

    static func agreement(_ call: Call, _ caller: Caller) async throws -> Answer {
        let text = try await call.vault.renderedAgreement(as: caller)
        return Answer(bytes: Array(text.utf8), type: "text/plain; charset=utf-8")
    }

    static func status(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(try await call.vault.status(as: caller))
    }
}
