import HTTPTypes
import HummingbirdCore
import Vault

/// Signing in and out, and who one is.
enum SignIn {
    private struct Granted: Encodable {
        let token: String
        let tokenType = "Bearer"
        let idleSeconds = DocumentVault.idleSeconds
        let expiresInSeconds = DocumentVault.sessionSeconds
    }

    static let granted = Schema.object([
        .needed("token", .hex(64), "Shown once."),
        .needed("tokenType", .choice(["Bearer"])),
        .needed("idleSeconds", .count, "It ends when it is not used for so long."), .needed("expiresInSeconds", .count),
    ])

    static func begin(_ call: Call) async throws -> Answer {
        let token = try await call.vault.signIn(
            username: try call.form.text("username"), password: try call.form.secret("password"),
            code: call.form.optionalSecret("code"))
        return try granted(token)
    }

    static func granted(_ token: SessionToken) throws -> Answer {
        try .json(Granted(token: String(decoding: token.text, as: UTF8.self)), .created)
    }

    static func end(_ call: Call, _ caller: Caller) async throws -> Answer {
        guard let token = BearerToken(call.request.headers[.authorization]).flatMap({ SessionToken(text: $0.text) })
        else { throw VaultError.needsSession }
        try await call.vault.signOut(token)
        return .nothing
    }

    static func show(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(try await call.vault.account(as: caller))
    }

    /// Chooses the password of an account that one was invited to.
    static func accept(_ call: Call) async throws -> Answer {
        let text = try call.form.text("invitation")
        guard let token = InvitationToken(text: Array(text.utf8)) else { throw VaultError.invitationInvalid }
        return try .json(try await call.vault.accept(token, password: try call.form.secret("password")))
    }
}
