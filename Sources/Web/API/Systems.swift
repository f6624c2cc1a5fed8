import HTTPTypes
import Rules
import Sealing
import Vault

extension Route {
    /// Registering partners' systems.
    static let systems: [Route] = [
        Route(
            method: .get, path: "/v1/systems", summary: "List partners' systems", access: .signedIn(Systems.list),
            query: Paging.query, answer: .json(Systems.schema.paged())),
        Route(
            method: .post, path: "/v1/systems", summary: "Register a partner's system",
            access: .signedIn(Systems.register),
            body: .json(
                .object(
                    [
                        .needed("username", .text(2...64)), .needed("name", .line), .needed("organisation", .id),
                        .needed("role", .word), .needed("purposes", .list(.word, atMost: 100)),
                        .needed("categories", .list(.word, atMost: 100)),
                    ] + Systems.proof)),
            takesKey: true, status: .created, answer: .json(Named.schema)),
        Route(
            method: .post, path: "/v1/systems/certificates",
            summary: "Take another certificate for a system; the former ends", access: .signedIn(Systems.certify),
            body: .json(.object([.needed("username", .text(2...64))] + Systems.proof)), takesKey: true,
            status: .noContent),
    ]
}

/// Partners' systems, as an administrator sees them.
enum Systems {
    static let proof: [Schema.Field] = [
        .needed("certificate", .text(1...16_384), "The client certificate, in PEM."),
        .needed("days", .whole(1...DocumentVault.longestSystemDays), "For how long it is registered."),
    ]

    static let schema = Schema.named(
        "System",
        .object([
            .needed("id", .id), .needed("username", .line), .needed("name", .line), .needed("isDisabled", .flag),
            .needed("certificate", .hex(64), "SHA-256 of the certificate (DER)."),
            .needed("purposes", .list(.word, atMost: 100)), .needed("categories", .list(.word, atMost: 100)),
            .needed("expires", .time),
        ]))

    static func list(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(Page(try await call.vault.systems(as: caller), call, key: \.id))
    }

    static func register(_ call: Call, _ caller: Caller) async throws -> Answer {
        let new = NewSystem(
            NewPerson(
                username: try call.text("username"), name: try call.text("name"),
                organisation: try call.id(in: "organisation"), roles: [try call.word("role")]),
            certificate: try certificate(call),
            scope: Scope(purposes: Set(call.words("purposes")), categories: Set(call.words("categories"))),
            days: try days(call))
        let id = try await call.vault.registerSystem(new, as: caller)
        return try .created(Named(id: "\(id)"), at: "/v1/systems")
    }

    static func certify(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.vault.certifySystem(
            try call.text("username"), certificate: try certificate(call), days: try days(call), as: caller)
        return .nothing
    }

    private static func certificate(_ call: Call) throws -> Digest {
        guard let certificate = PinnedCertificate(pem: Array(try call.text("certificate").utf8)) else {
            throw VaultError.invalid(field: "certificate", reason: "it is not one certificate in PEM")
        }
        return certificate.digest
    }

    private static func days(_ call: Call) throws -> Int {
        guard case .whole(let days) = call.input["days"] else { throw Problem.malformed("`days` is missing.") }
        return days
    }
}
