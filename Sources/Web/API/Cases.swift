import Rules
import Storage
import Vault

/// Children's matters and who works on them.
enum Cases {
    static func open(_ call: Call, _ caller: Caller) async throws -> Answer {
        let id = try await call.vault.openCase(
            for: try call.id("child"), purpose: Purpose(rawValue: call.optionalText("purpose") ?? "ehc.assessment"),
            as: caller)
        return try .created(Named(id: "\(id)"), at: "/v1/cases/\(id)")
    }

    static func show(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(try await call.vault.showCase(try call.id("case"), as: caller))
    }

    static func tag(_ call: Call, _ caller: Caller) async throws -> String {
        try Answer.tag(ofJSON: try await call.vault.showCase(try call.id("case"), as: caller))
    }

    static func change(_ call: Call, _ caller: Caller) async throws -> Answer {
        guard call.input["isOpen"]?.flag == false else {
            throw VaultError.invalid(field: "isOpen", reason: "a case is only ever closed")
        }
        try await call.vault.closeCase(try call.id("case"), as: caller)
        return try await show(call, caller)
    }

    static func addToTeam(_ call: Call, _ caller: Caller) async throws -> Answer {
        let id: CaseID = try call.id("case")
        try await call.vault.addToTeam(try call.text("username"), role: try call.word("role"), of: id, as: caller)
        return try .created(try await call.vault.showCase(id, as: caller), at: "/v1/cases/\(id)")
    }

    static func removeFromTeam(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.vault.removeFromTeam(try call.text("username"), of: try call.id("case"), as: caller)
        return .nothing
    }

    static func tasks(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(Page(try await call.vault.tasks(of: try call.id("case"), as: caller), call, key: \.id))
    }

    static func grantTask(_ call: Call, _ caller: Caller) async throws -> Answer {
        let caseID: CaseID = try call.id("case")
        let documents = try (call.input["documents"]?.items ?? []).map { item in
            guard let id = item.text.flatMap({ DocumentID($0) }) else { throw Problem.notFound }
            return id
        }
        let id = try await call.vault.grantTask(
            NewTask(
                username: try call.text("username"), role: try call.word("role"), caseID: caseID,
                documents: Set(documents), categories: Set(call.words("categories")),
                purpose: try call.word("purpose"), until: try call.day("until")), as: caller)
        return try .created(Named(id: "\(id)"), at: "/v1/cases/\(caseID)/tasks")
    }

    static func endTask(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.vault.endTask(try call.id("task"), reason: try call.text("reason"), as: caller)
        return .nothing
    }
}
