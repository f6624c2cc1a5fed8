import HTTPTypes
import Hummingbird
import Sealing
import Vault

/// Signing in and out by way of a provider, as requests.
enum ProvidedSessions {
    static let returned: [Schema.Field] = [
        .optional("code", .text(1...2000, of: .visible)), .optional("state", .text(1...200, of: .visible)),
        .optional("iss", .text(1...500, of: .visible)), .optional("error", .text(1...200, of: .visible)),
    ]

    static let logoutForm: [Form.Field] = [.text("logout_token", atMost: 16 << 10)]

    static func begin(_ call: Call) async throws -> Answer {
        let (openID, client) = try client(call)
        let (address, cookie): (String, String)
        do {
            (address, cookie) = try await openID.begin(client, at: call.service.now())
        } catch is SignInFault {
            // Nobody has been refused anything yet.
            throw Problem.busy(afterSeconds: 30)
        }
        var answer = Answer(status: .seeOther)
        answer.headers[.location] = address
        answer.headers[.setCookie] = setCookie(cookie, PendingSignIn.seconds, call)
        return answer
    }

    static func finish(_ call: Call) async throws -> Answer {
        let (openID, client) = try client(call)
        let now = call.service.now()
        do {
            let pending = try openID.resume(client, cookie: cookie(call), state: call.query["state"], at: now)
            let sign = try await openID.prove(call.query, pending, client, at: now)
            let token = try await call.vault.signIn(sign)
            var answer = try SignIn.granted(token)
            answer.headers[.setCookie] = setCookie("", 0, call)
            return answer
        } catch let fault as SignInFault {
            try await call.vault.refuseSignIn(at: client.provider.name, because: fault.rawValue)
        }
    }

    /// - Throws: `Problem.malformed`, which tells the provider no more than that its token was not taken.
    static func end(_ call: Call) async throws -> Answer {
        let (openID, client) = try client(call)
        do {
            try await openID.signOut(try call.form.text("logout_token"), client, at: call.service.now()) {
                try await call.vault.signOut($0)
            }
            return Answer(status: .ok)
        } catch let fault as SignInFault {
            // Anybody can send what the provider did not sign: it is no entry of the ledger.
            guard fault.isOfTheProvider else { throw Problem.malformed("The logout token is not accepted.") }
            do {
                try await call.vault.refuseSignIn(at: client.provider.name, because: "logout-\(fault.rawValue)")
            } catch VaultError.providerRefused {
                throw Problem.malformed("The logout token is not accepted.")
            }
        }
    }

    private static func client(_ call: Call) throws -> (OpenID, OpenID.Client) {
        guard let openID = call.service.options.openID,
            let client = call.parameters["provider"].flatMap({ openID.client($0) })
        else { throw Problem.notFound }
        return (openID, client)
    }

    /// The prefix has browsers hold that the cookie is this host's own, and no neighbour's. They take it over TLS only.
    private static func cookieName(_ call: Call) -> String {
        isSecure(call) ? "__Host-muniment-openid" : "muniment-openid"
    }

    private static func isSecure(_ call: Call) -> Bool { call.service.options.openID?.isSecure ?? true }

    private static func setCookie(_ value: String, _ seconds: Int64, _ call: Call) -> String {
        let secure = isSecure(call) ? "; Secure" : ""
        // Lax: the provider sends the browser back from its own site.
        return "\(cookieName(call))=\(value); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Lax\(secure)"
    }

    /// - Returns: `nil` when it is not there, or there twice.
    private static func cookie(_ call: Call) -> String? {
        let start = cookieName(call) + "="
        let found = call.request.headers[values: .cookie].flatMap { $0.split(separator: ";") }
            .map { $0.drop { $0 == " " } }.filter { $0.hasPrefix(start) }
        guard found.count == 1 else { return nil }
        return String(found[0].dropFirst(start.count))
    }
}
