import HTTPTypes
import Vault

/// What somebody does with the own account: sessions, password, second factor, access tokens.
enum OwnAccount {
    static func sessions(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(Page(try await call.vault.sessions(as: caller), call, key: \.id))
    }

    static func endSession(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.vault.endSession(try call.id("session"), as: caller)
        return .nothing
    }

    static func endOtherSessions(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.vault.endOtherSessions(as: caller)
        return .nothing
    }

    static func changePassword(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.vault.changePassword(
            old: try call.form.secret("old"), new: try call.form.secret("new"), as: caller)
        return .nothing
    }

    static func offerSecondFactor(_ call: Call, _ caller: Caller) async throws -> Answer {
        struct Offer: Encodable { let secret, uri: String }
        let offer = try await call.vault.offerSecondFactor(as: caller)
        return try .json(Offer(secret: shown(offer.secret), uri: shown(offer.uri)), .created)
    }

    static let offer = Schema.object([
        .needed("secret", .line, "In base32, for typing into an authenticator. Shown once."),
        .needed("uri", .text(1...500), "The same as an otpauth address, for a picture to scan."),
    ])

    private struct Codes: Encodable { let recoveryCodes: [String] }

    static let codes = Schema.object([
        .needed("recoveryCodes", .list(.line, atMost: 10), "Each works once. Shown once.")
    ])

    static func confirmSecondFactor(_ call: Call, _ caller: Caller) async throws -> Answer {
        let codes = try await call.vault.confirmSecondFactor(try call.form.secret("code"), as: caller)
        return try .json(Codes(recoveryCodes: codes.map(shown)))
    }

    static func removeSecondFactor(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.vault.removeSecondFactor(try call.form.secret("code"), as: caller)
        return .nothing
    }

    static func makeRecoveryCodes(_ call: Call, _ caller: Caller) async throws -> Answer {
        let codes = try await call.vault.makeRecoveryCodes(try call.form.secret("code"), as: caller)
        return try .json(Codes(recoveryCodes: codes.map(shown)))
    }

    static func tokens(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(Page(try await call.vault.tokens(as: caller), call, key: \.id))
    }

    static func createToken(_ call: Call, _ caller: Caller) async throws -> Answer {
        struct Created: Encodable { let token: String }
        guard case .whole(let days) = call.input["days"] else { throw Problem.malformed("`days` is missing.") }
        let token = try await call.vault.createToken(name: try call.text("name"), days: days, as: caller)
        return try .created(Created(token: shown(token.text)), at: "/v1/account/tokens")
    }

    static let createdToken = Schema.object([.needed("token", .line, "Shown once.")])

    static func revokeToken(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.vault.revokeToken(try call.id("token"), as: caller)
        return .nothing
    }

    /// A secret on its only way out: as text, since an answer is text.
    private static func shown(_ secret: [UInt8]) -> String { String(decoding: secret, as: UTF8.self) }
}
