import Rules
import Storage
import Vault

/// Organisations and the people in them.
enum People {
    static func organisations(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(Page(try await call.vault.organisations(as: caller), call, key: \.id))
    }

    static func addOrganisation(_ call: Call, _ caller: Caller) async throws -> Answer {
        let id = try await call.vault.addOrganisation(
            try call.text("name"), party: try call.choice("party"), as: caller)
        return try .created(Named(id: "\(id)"), at: "/v1/organisations")
    }

    static func list(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(Page(try await call.vault.people(as: caller), call, key: \.id))
    }

    private struct Invitation: Encodable { let invitation: String }

    static func invite(_ call: Call, _ caller: Caller) async throws -> Answer {
        let new = NewPerson(
            username: try call.text("username"), name: try call.text("name"),
            organisation: try call.id(in: "organisation"), roles: call.words("roles"))
        let token = try await call.vault.invite(new, as: caller)
        return try .created(Invitation(invitation: String(decoding: token.text, as: UTF8.self)), at: "/v1/people")
    }

    static func reset(_ call: Call, _ caller: Caller) async throws -> Answer {
        let token = try await call.vault.resetPerson(try call.text("username"), as: caller)
        return try .json(Invitation(invitation: String(decoding: token.text, as: UTF8.self)))
    }

    static let identity: [Schema.Field] = [
        .needed("issuer", .line), .needed("subject", .line, "What the issuer's tokens have as `sub`."),
    ]

    static func link(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.vault.link(try identity(call), to: try call.text("username"), as: caller)
        return .nothing
    }

    static func unlink(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.vault.unlink(try identity(call), as: caller)
        return .nothing
    }

    private static func identity(_ call: Call) throws -> Identity {
        Identity(issuer: try call.text("issuer"), subject: try call.text("subject"))
    }

    static func disable(_ call: Call, _ caller: Caller) async throws -> Answer {
        struct Left: Encodable { let places: [LeftPlace] }
        return try .json(Left(places: try await call.vault.disablePerson(try call.text("username"), as: caller)))
    }
}

/// The answer to making something: what it is called from now on.
struct Named: Encodable {
    let id: String

    static let schema = Schema.object([.needed("id", .id)])
}
