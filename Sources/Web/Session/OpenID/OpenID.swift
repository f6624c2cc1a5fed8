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
        let http: ProviderClient
        let documents: ProviderDocuments
    }

    private let clients: [String: Client]
    private let publicURL: String
    private let random: RandomSource
    private let cookieKey: Key
    private let states = SpentOnce(most: 100_000)
    private let logouts = SpentOnce(most: 100_000)

    /// `secrets`: of every provider, by its name.
    /// `answerSeconds`: how long a provider may take for one answer.
    public init(
        _ settings: OpenIDSettings, secrets: [String: Key], random: RandomSource, answerSeconds: Int64 = 5
    ) throws {
        publicURL = settings.publicURL
        clients = settings.providers.reduce(into: [:]) { clients, provider in
            guard let secret = secrets[provider.name] else { return }
            let http = ProviderClient(seconds: answerSeconds)
            clients[provider.name] = Client(
                provider: provider, secret: secret, http: http,
                documents: ProviderDocuments(issuer: provider.issuer, http: http))
        }
        self.random = random
        // A restart ends sign-ins that are under way: they are begun anew.
        cookieKey = try Key(from: random)
    }

    func client(_ name: String) -> Client? { clients[name] }

    /// Browsers reach us over TLS.
    var isSecure: Bool { publicURL.hasPrefix("https:") }

    /// Each provider has an address of its own to send browsers back to: one could have another's answer brought to it otherwise.
    private func callback(_ client: Client) -> String { "\(publicURL)/v1/openid/\(client.provider.name)/callback" }

    /// Where to send the browser, and what it is to bring back.
    func begin(_ client: Client, at now: Instant) async throws -> (address: String, cookie: String) {
        let endpoints = try await client.documents.endpoints(at: now)
        let pending = PendingSignIn(provider: client.provider.name, random: random, at: now)
        let address = endpoints.authorisation.with([
            ("response_type", "code"), ("client_id", client.provider.clientID), ("redirect_uri", callback(client)),
            ("scope", (["openid"] + client.provider.scopes).joined(separator: " ")), ("state", pending.state),
            ("nonce", pending.nonce), ("code_challenge", pending.challenge), ("code_challenge_method", "S256"),
        ])
        return (address, pending.sealed(under: cookieKey, random: random))
    }

    /// The sign-in that a browser began at this provider and comes back from, once.
    func resume(
        _ client: Client, cookie: String?, state: String?, at now: Instant
    ) throws(SignInFault) -> PendingSignIn {
        guard let cookie, let state else { throw .state }
        let pending = try PendingSignIn(sealed: cookie, under: cookieKey)
        guard constantTimeEqual(Array(pending.state.utf8), Array(state.utf8)) else { throw .state }
        guard pending.provider == client.provider.name else { throw .mixedUp }
        guard now < pending.ends else { throw .stateExpired }
        try states.spend(pending.state, until: pending.ends, at: now, or: .stateReplayed)
        return pending
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
        let answer = try await client.http.exchange(
            at: endpoints.token, clientID: client.provider.clientID, secret: client.secret,
            [
                ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", callback(client)),
                ("code_verifier", pending.verifier),
            ])
        guard let text = answer["id_token"]?.text else { throw SignInFault.answer }
        let claims = try await claims(of: text, types: [nil, "JWT"], client, at: now)
        return try IDToken.signIn(claims, of: client.provider, nonce: pending.nonce, at: now)
    }

    /// Has `end` done for whose sessions a provider says have ended. When it fails the provider may send the same token again.
    func signOut(
        _ text: String, _ client: Client, at now: Instant, end: (ProvidedSignOut) async throws -> Void
    ) async throws {
        let claims = try await claims(of: text, types: [nil, "JWT", "logout+jwt"], client, at: now)
        let (sign, id) = try LogoutToken.signOut(claims, of: client.provider, at: now)
        let name = "\(client.provider.name) \(id)"
        guard !logouts.isSpent(name, at: now) else { throw SignInFault.tokenReplayed }
        try await end(sign)
        let until = now.adding(seconds: Int64(LogoutToken.freshSeconds + 2 * TokenClaims.toleranceSeconds))
        try logouts.spend(name, until: until, at: now, or: .tokenReplayed)
    }

    private func claims(
        of text: String, types: [String?], _ client: Client, at now: Instant
    ) async throws -> JSON {
        let token = try SignedToken(text)
        guard types.contains(token.type) else { throw SignInFault.malformed }
        return try token.claims(signedWith: try await client.documents.key(of: token, at: now))
    }
}
