import Rules
import Storage
import Vault

/// The children whom documents are about. Names and numbers travel in bodies: an address is written into logs on its way.
enum Children {
    static func add(_ call: Call, _ caller: Caller) async throws -> Answer {
        let profile = try ChildProfile(
            name: try call.text("name"), dateOfBirth: try call.day("dateOfBirth"),
            nhsNumber: call.optionalText("nhsNumber"), upn: call.optionalText("upn"))
        let id = try await call.vault.addChild(profile, as: caller)
        return try .created(Named(id: "\(id)"), at: "/v1/children/\(id)")
    }

    static func find(_ call: Call, _ caller: Caller) async throws -> Answer {
        struct Found: Encodable { let items: [Child] }
        return try .json(Found(items: try await call.vault.findChildren(try query(call), as: caller)))
    }

    static func show(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(try await call.vault.showChild(try call.id("child"), as: caller))
    }

    /// What a child is looked for by: one identifier, or name and birth.
    ///
    /// - Throws: `VaultError.invalid` for anything else.
    static func query(_ call: Call) throws -> ChildQuery {
        switch (call.optionalText("nhsNumber"), call.optionalText("upn"), call.optionalText("name")) {
        case (let number?, nil, nil): return .nhsNumber(number)
        case (nil, let upn?, nil): return .upn(upn)
        case (nil, nil, let name?): return .nameAndBirth(name, try call.day("dateOfBirth"))
        default:
            throw VaultError.invalid(
                field: "question", reason: "say nhsNumber, upn, or name with dateOfBirth: one of them")
        }
    }

    static let question: [Schema.Field] = [
        .optional("nhsNumber", .text(10...20)), .optional("upn", .text(13...20)), .optional("name", .line),
        .optional("dateOfBirth", .day, "With the name."),
    ]
}
