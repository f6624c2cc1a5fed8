import Foundation
import Rules
import Storage
import Vault

/// What every token of a provider must say, whatever it is for.
struct TokenClaims: Sendable {
    static let toleranceSeconds = 60.0
    let json: JSON
    let now: Double

    init(_ json: JSON, at now: Instant) {
        self.json = json
        self.now = Double(now.milliseconds) / 1000
    }

    func requireFrom(_ provider: OpenIDProvider) throws(SignInFault) {
        guard json["iss"]?.text == provider.issuer else { throw .issuer }
        // For us and for nobody else: another client of the provider could have come by one that is also for it.
        let audience = json["aud"].map { $0.text.map { [$0] } ?? $0.items.compactMap(\.text) }
        guard audience == [provider.clientID], [nil, .text(provider.clientID)].contains(json["azp"]) else {
            throw .audience
        }
    }

    /// That it was made within the last `seconds` and has not run out.
    func requireFresh(_ seconds: Double, mustExpire: Bool) throws(SignInFault) {
        guard let made = json["iat"]?.seconds, made <= now + Self.toleranceSeconds,
            made >= now - seconds - Self.toleranceSeconds
        else { throw .time }
        guard json["exp"] != nil || !mustExpire else { throw .time }
        if let end = json["exp"] {
            guard let end = end.seconds, end > now - Self.toleranceSeconds else { throw .time }
        }
        if let start = json["nbf"] {
            guard let start = start.seconds, start <= now + Self.toleranceSeconds else { throw .time }
        }
    }

    func subject() throws(SignInFault) -> String? {
        guard let value = json["sub"] else { return nil }
        guard let text = value.text, Self.isName(text) else { throw .subject }
        return text
    }

    func session() throws(SignInFault) -> String? {
        guard let value = json["sid"] else { return nil }
        guard let text = value.text, Self.isName(text) else { throw .subject }
        return text
    }

    /// 255 ASCII characters at most (OpenID Connect Core, section 2), none of them a control character.
    private static func isName(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count) && text.utf8.allSatisfy { (0x20...0x7e).contains($0) }
    }
}

extension JSON {
    /// A NumericDate (RFC 7519, section 2).
    fileprivate var seconds: Double? {
        switch self {
        case .whole(let number): Double(number)
        case .number(let number): number
        case .null, .flag, .text, .list, .object: nil
        }
    }
}

/// An ID token whose signature is right (OpenID Connect Core, section 3.1.3.7).
enum IDToken {
    private static let longestSeconds = 600.0

    static func signIn(
        _ json: JSON, of provider: OpenIDProvider, nonce: String, at now: Instant
    ) throws(SignInFault) -> ProvidedSignIn {
        let claims = TokenClaims(json, at: now)
        try claims.requireFrom(provider)
        try claims.requireFresh(longestSeconds, mustExpire: true)
        guard json["nonce"]?.text == nonce else { throw .nonce }
        guard let subject = try claims.subject() else { throw .subject }
        let methods = Set((json["amr"]?.items ?? []).compactMap(\.text))
        guard !methods.isDisjoint(with: provider.secondFactors) else { throw .secondFactor }
        let roles = provider.roles.roles(in: json)
        guard !roles.isEmpty else { throw .noRole }
        return ProvidedSignIn(
            provider: provider.name, identity: Identity(issuer: provider.issuer, subject: subject),
            organisation: provider.organisation, roles: roles,
            session: try claims.session(),
            newName: provider.createsAccounts ? json["name"]?.text ?? "" : nil)
    }
}

/// A logout token whose signature is right (OpenID Connect Back-Channel Logout, section 2.6).
enum LogoutToken {
    static let freshSeconds = 120.0
    private static let event = "http://schemas.openid.net/event/backchannel-logout"

    static func signOut(
        _ json: JSON, of provider: OpenIDProvider, at now: Instant
    ) throws(SignInFault) -> (ProvidedSignOut, id: String) {
        let claims = TokenClaims(json, at: now)
        try claims.requireFrom(provider)
        try claims.requireFresh(freshSeconds, mustExpire: false)
        // An ID token, which a browser may have, must not pass for one.
        guard json["nonce"] == nil, case .object? = json["events"]?[event] else { throw .events }
        guard let id = json["jti"]?.text, (1...255).contains(id.utf8.count) else { throw .malformed }
        let sign = ProvidedSignOut(
            provider: provider.name, issuer: provider.issuer, subject: try claims.subject(),
            session: try claims.session())
        guard sign.subject != nil || sign.session != nil else { throw .subject }
        return (sign, id)
    }
}
