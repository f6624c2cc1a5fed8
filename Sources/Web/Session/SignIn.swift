import HTTPTypes
import HummingbirdCore
import Rules
import Sealing
import Storage
import Vault

/// Signing in and out, and who one is.
enum SignIn {
    struct Granted: Encodable {
        let token: String
        let tokenType = "Bearer"
        let expiresInSeconds: Int64
    }

    static let form: [Form.Field] = [.text("username"), .secret("password")]

    static func begin(_ call: Call) async throws -> Answer {
        let token = try await call.vault.signIn(
            username: try call.form.text("username"), password: try call.form.secret("password"))
        return try granted(token)
    }

    static func granted(_ token: SessionToken) throws -> Answer {
        try .json(Granted(token: Hex.encode(token.bytes), expiresInSeconds: DocumentVault.sessionSeconds), .created)
    }

    static func end(_ call: Call, _ caller: Caller) async throws -> Answer {
        guard let token = BearerToken(call.request.headers[.authorization]) else { throw Problem.signInNeeded }
        try await call.vault.signOut(token.session)
        return .nothing
    }

    static func show(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(try await call.vault.identity(of: caller))
    }
}
