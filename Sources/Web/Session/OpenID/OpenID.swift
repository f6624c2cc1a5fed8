import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
public import Sealing
import Storage
import Vault

/// Signing in at organisations' own providers (OpenID Connect, code flow with PKCE).
public final class OpenID: Sendable {
    struct Client: Sendable {
        let provider: OpenIDProvider
        let secret: Key
        let documents: ProviderDocuments
    }

    private let clients: [String: Client]
    private let http: ProviderClient
    private let callback: String
    private let random: RandomSource
    private let cookieKey: Key
    private let states = SpentOnce(most: 100_000)
    private let logouts = SpentOnce(most: 100_000)

    /// `secrets`: of every provider, by its name.
    /// `answerSeconds`: how long a provider may take for one answer.
    public init(
        _ settings: OpenIDSettings, secrets: [String: Key], random: RandomSource, answerSeconds: Int64 = 5
    ) throws {
        let http = ProviderClient(seconds: answerSeconds)
        self.http = http
        callback = settings.publicURL + "/v1/openid/callback"
        clients = settings.providers.reduce(into: [:]) { clients, provider in
            guard let secret = secrets[provider.name] else { return }
            clients[provider.name] = Client(
                provider: provider, secret: secret, documents: ProviderDocuments(issuer: provider.issuer, http: http))
        }
        self.random = random
        // A restart ends sign-ins that are under way: they are begun anew.
        cookieKey = try Key(from: random)
    }

    func client(_ name: String) -> Client? { clients[name] }

    /// Where to send the browser, and what it is to bring back.
    func begin(_ client: Client, at now: Instant) async throws -> (address: String, cookie: String) {
        let endpoints = try await client.documents.endpoints(at: now)
        let pending = PendingSignIn(provider: client.provider.name, random: random, at: now)
        let address = endpoints.authorisation.with([
            ("response_type", "code"), ("client_id", client.provider.clientID), ("redirect_uri", callback),
            ("scope", (["openid"] + client.provider.scopes).joined(separator: " ")), ("state", pending.state),
            ("nonce", pending.nonce), ("code_challenge", pending.challenge), ("code_challenge_method", "S256"),
        ])
        return (address, pending.sealed(under: cookieKey, random: random))
    }

    /// The sign-in that a browser began and comes back from, once.
    func resume(cookie: String?, state: String?, at now: Instant) throws(SignInFault) -> (PendingSignIn, Client) {
        guard let cookie, let state else { throw .state }
        let pending = try PendingSignIn(sealed: cookie, under: cookieKey)
        guard constantTimeEqual(Array(pending.state.utf8), Array(state.utf8)), let client = clients[pending.provider]
        else { throw .state }
        guard now < pending.ends else { throw .stateExpired }
        try states.spend(pending.state, until: pending.ends, at: now, or: .stateReplayed)
        return (pending, client)
    }

    /// What the provider proves of whoever brings this code.
    func prove(
        _ query: [String: String], _ pending: PendingSignIn, _ client: Client, at now: Instant
    ) async throws -> ProvidedSignIn {
        let endpoints = try await client.documents.endpoints(at: now)
        // RFC 9207: another provider's answer must not be taken for this one's.
        guard query["iss"] == client.provider.issuer || (query["iss"] == nil && !endpoints.namesItself) else {
            throw SignInFault.mixedUp
        }
        guard query["error"] == nil else { throw SignInFault.providerError }
        guard let code = query["code"] else { throw SignInFault.codeMissing }
        let answer = try await http.exchange(
            at: endpoints.token, clientID: client.provider.clientID, secret: client.secret,
            [
                ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", callback),
                ("code_verifier", pending.verifier),
            ])
        guard let text = answer["id_token"]?.text else { throw SignInFault.answer }
        let claims = try await claims(of: text, types: [nil, "JWT"], client, at: now)
        return try IDToken.signIn(claims, of: client.provider, nonce: pending.nonce, at: now)
    }

    /// Whose sessions a provider says have ended.
    func proveSignOut(_ text: String, _ client: Client, at now: Instant) async throws -> ProvidedSignOut {
        let claims = try await claims(of: text, types: [nil, "JWT", "logout+jwt"], client, at: now)
        let (sign, id) = try LogoutToken.signOut(claims, of: client.provider, at: now)
        let end = now.adding(seconds: Int64(LogoutToken.freshSeconds + 2 * TokenClaims.toleranceSeconds))
        try logouts.spend("\(client.provider.name) \(id)", until: end, at: now, or: .tokenReplayed)
        return sign
    }

    private func claims(
        of text: String, types: [String?], _ client: Client, at now: Instant
    ) async throws -> JSON {
        let token = try SignedToken(text)
        guard types.contains(token.type) else { throw SignInFault.malformed }
        return try token.claims(signedWith: try await client.documents.key(of: token, at: now))
    }
}
