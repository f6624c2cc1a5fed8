import Foundation
import Sealing
import Vault
import Synchronization
import Testing

@testable import Web

@Suite("What is not taken for a sign-in", .serialized)
struct OpenIDAttackTests {
    struct Forgery: Sendable {
        let what: String
        let reason: String
        let mint: @Sendable (FakeProvider, String) async throws -> String

        /// A token that is right but for some claims: `nil` takes one away.
        static func claims(_ what: String, _ reason: String, _ change: [String: JSON?]) -> Forgery {
            Forgery(what: what, reason: reason) { provider, nonce in
                var claims = provider.claims(nonce: nonce)
                for (name, value) in change { claims[name] = value }
                return try provider.key.sign(provider.header, claims)
            }
        }

        static func header(_ what: String, _ reason: String, _ change: [String: JSON?]) -> Forgery {
            Forgery(what: what, reason: reason) { provider, nonce in
                var header = provider.header
                for (name, value) in change { header[name] = value }
                return try provider.key.sign(header, provider.claims(nonce: nonce))
            }
        }

        /// A token signed with a key of the attacker's, who says in the header where the key is.
        static func foreign(_ what: String, _ reason: String, keyName: String) -> Forgery {
            Forgery(what: what, reason: reason) { provider, nonce in
                let own = try await TestKey.es256("k1")
                let header: [String: JSON] = [
                    "alg": "ES256", "kid": .text(keyName), "jwk": own.public, "jku": "http://127.0.0.1:1/keys",
                    "x5c": ["MIIB"], "x5u": "http://127.0.0.1:1/",
                ]
                return try own.sign(header, provider.claims(nonce: nonce))
            }
        }
    }

    static let now = FakeProvider.now
    static let claims: [Forgery] = [
        .claims("another issuer", "token-issuer", ["iss": "http://127.0.0.1:1"]),
        .claims("no issuer", "token-issuer", ["iss": nil]),
        .claims("another audience", "token-audience", ["aud": "other"]),
        .claims("one audience too many", "token-audience", ["aud": ["muniment", "other"]]),
        .claims("no audience", "token-audience", ["aud": nil]),
        .claims("another authorised party", "token-audience", ["azp": "other"]),
        .claims("another nonce", "token-nonce", ["nonce": "other"]),
        .claims("no nonce", "token-nonce", ["nonce": nil]),
        .claims("run out", "token-time", ["exp": .whole(now - 61)]),
        .claims("never running out", "token-time", ["exp": nil]),
        .claims("of the future", "token-time", ["iat": .whole(now + 120)]),
        .claims("of long ago", "token-time", ["iat": .whole(now - 3600)]),
        .claims("of no time", "token-time", ["iat": nil]),
        .claims("not yet", "token-time", ["nbf": .whole(now + 120)]),
        .claims("time as text", "token-time", ["exp": .text("\(now + 300)")]),
        .claims("a password alone", "second-factor", ["amr": ["pwd"]]),
        .claims("methods unsaid", "second-factor", ["amr": nil]),
        .claims("methods as text", "second-factor", ["amr": "otp"]),
        .claims("no role", "no-role", ["groups": ["pupil"]]),
        .claims("no groups", "no-role", ["groups": nil]),
        .claims("nobody", "token-subject", ["sub": nil]),
        .claims("a subject that is empty", "token-subject", ["sub": ""]),
    ]
    static let headers: [Forgery] = [
        .header("RS256 over a P-256 key", "token-algorithm", ["alg": "RS256"]),
        .header("EdDSA over a P-256 key", "token-key", ["alg": "EdDSA"]),
        .header("no algorithm", "token-algorithm", ["alg": nil]),
        .header("an access token", "token-malformed", ["typ": "at+jwt"]),
        .header("a critical extension", "token-malformed", ["crit": ["b64"]]),
        .foreign("a key of its own under our key's name", "token-signature", keyName: "k1"),
        .foreign("a key of its own under its own name", "token-key", keyName: "mine"),
        Forgery(what: "alg none", reason: "token-malformed") { provider, nonce in
            try TestKey.part(["alg": "none"]) + "." + TestKey.part(provider.claims(nonce: nonce)) + "."
        },
        Forgery(what: "alg none with something for a signature", reason: "token-algorithm") { provider, nonce in
            try TestKey.part(["alg": "none", "kid": "k1"]) + "." + TestKey.part(provider.claims(nonce: nonce)) + ".AAAA"
        },
        Forgery(what: "HS256 with the public key as the secret", reason: "token-algorithm") { provider, nonce in
            let key = try await TestKey.hs256(Array((provider.key.public["x"]?.text ?? "").utf8))
            return try key.sign(["alg": "HS256", "kid": "k1"], provider.claims(nonce: nonce))
        },
        Forgery(what: "other claims under a right signature", reason: "token-signature") { provider, nonce in
            let parts = try provider.key.sign(provider.header, provider.claims(nonce: nonce)).split(separator: ".")
            var claims = provider.claims(nonce: nonce)
            claims["sub"] = "subject-2"
            return try "\(parts[0]).\(TestKey.part(claims)).\(parts[2])"
        },
        Forgery(what: "two parts", reason: "token-malformed") { _, _ in "e30.e30" },
    ]

    @Test("a token that is wrong in one thing opens nothing, and the ledger says in what")
    func forgeries() async throws {
        try await OpenIDScene.run { scene in
            try await scene.link("sam")
            for forgery in Self.claims + Self.headers {
                let answer = try await scene.signIn { try await forgery.mint(scene.provider, $0) }
                try await scene.requireRefused(answer, forgery.reason, forgery.what)
                // Names of keys that are not known have the keys fetched once a minute.
                scene.office.clock.advance(seconds: 0)
            }
            #expect(try await scene.signIn().status == 201)
        }
    }

    @Test("an answer counts once, in the browser that asked, within ten minutes, and from the provider that was asked")
    func states() async throws {
        try await OpenIDScene.run { scene in
            try await scene.link("sam")
            let provider = scene.provider
            func good(_ begun: OpenIDScene.Begun) throws {
                let token = try provider.key.sign(provider.header, provider.claims(nonce: begun.nonce))
                provider.script.withLock { $0.idToken = token }
            }
            let (mine, other) = (try await scene.begin(), try await scene.begin())
            try good(mine)
            let query = "state=\(mine.state)&code=a"
            let refused: [(String, String, String?)] = [
                ("no cookie", query, nil), ("another browser's", query, other.cookie),
                ("no state", "code=a", mine.cookie), ("a made-up state", "state=\(other.state)&code=a", mine.cookie),
                ("two cookies", query, "\(mine.cookie); \(mine.cookie)"),
                ("a made-up cookie", query, "muniment-openid=AAAA"),
            ]
            for (what, query, cookie) in refused {
                try await scene.requireRefused(try await scene.come(query, cookie: cookie), "state", what)
            }
            #expect(try await scene.come(query, cookie: mine.cookie).status == 201)
            try await scene.requireRefused(
                try await scene.come("state=\(mine.state)&code=b", cookie: mine.cookie), "state-replayed", "replayed")
            let replayed = try await scene.signIn(code: "a") {
                try provider.key.sign(provider.header, provider.claims(nonce: $0))
            }
            try await scene.requireRefused(replayed, "code-refused", "the same code")

            for (query, reason) in [
                ("error=access_denied", "provider-error"), ("x=1", "code-missing"),
                ("code=c&iss=http%3A%2F%2F127.0.0.1%3A1", "another-issuer"),
            ] {
                let begun = try await scene.begin()
                let answer = try await scene.come("state=\(begun.state)&\(query)", cookie: begun.cookie)
                try await scene.requireRefused(answer, reason, query)
            }
            let late = try await scene.begin()
            try good(late)
            scene.office.clock.advance(seconds: 600)
            try await scene.requireRefused(
                try await scene.come("state=\(late.state)&code=d", cookie: late.cookie), "state-expired", "late")
        }
    }

    @Test("a provider that names itself in its answers is held to it")
    func namesItself() async throws {
        try await OpenIDScene.run { scene in
            try await scene.link("sam")
            scene.provider.script.withLock { $0.metadata["authorization_response_iss_parameter_supported"] = true }
            try await scene.requireRefused(try await scene.signIn(), "another-issuer", "unnamed")
            let begun = try await scene.begin()
            let token = try scene.provider.key.sign(scene.provider.header, scene.provider.claims(nonce: begun.nonce))
            scene.provider.script.withLock { $0.idToken = token }
            let issuer = PercentEncoding.escaped(scene.provider.issuer)
            let answer = try await scene.come("state=\(begun.state)&code=n&iss=\(issuer)", cookie: begun.cookie)
            #expect(answer.status == 201, "\(answer.text)")
        }
    }

    @Test("keys that are too many bytes, too slow or elsewhere are none", .timeLimit(.minutes(45)))
    func badKeys() async throws {
        try await OpenIDScene.run(answerSeconds: 20) { scene in
            try await scene.link("sam")
            let bad: [(String, @Sendable (inout FakeProvider.Script) -> Void)] = [
                ("provider-answer-too-large", { $0.keysPadding = 300 << 10 }),
                ("provider-answer", { $0.keysMoved = true }),
                ("provider-unreachable", { $0.keysDelaySeconds = 40 }),
            ]
            for (reason, change) in bad {
                scene.provider.script.withLock {
                    $0.keysPadding = 0
                    $0.keysMoved = false
                    change(&$0)
                }
                try await scene.requireRefused(try await scene.signIn(), reason, reason)
                // It is not asked again at once.
                scene.office.clock.advance(seconds: 11)
            }
        }
    }

    @Test("an answer that was asked of one provider is none of another's")
    func mixUp() async throws {
        try await OpenIDScene.run { scene in
            try await scene.link("sam")
            let begun = try await scene.begin()
            let answer = try await scene.office.ask(
                "GET", "/v1/openid/other/callback?state=\(begun.state)&code=c-1", ["Cookie": begun.cookie])
            try await scene.requireRefused(answer, "another-issuer", "the address of another provider")
            #expect(scene.provider.script.withLock(\.form).isEmpty, "the code went nowhere")
        }
    }

    @Test(
        "a discovery document of another issuer, or that leads into clear text, begins nothing",
        arguments: [
            ["issuer": "http://127.0.0.1:1"], ["token_endpoint": "http://login.example/token"],
            ["jwks_uri": "ftp://127.0.0.1/keys"], ["authorization_endpoint": 1],
            ["code_challenge_methods_supported": ["plain"]],
        ] as [[String: JSON]])
    func badMetadata(change: [String: JSON]) async throws {
        try await OpenIDScene.run { scene in
            scene.provider.script.withLock { $0.metadata = change }
            let answer = try await scene.office.ask("GET", "/v1/openid/county/start")
            #expect(answer.status == 503 && answer.headers["location"] == nil && answer.headers["set-cookie"] == nil)
        }
    }
}
