import Foundation
import Rules
import Synchronization
import Testing

@testable import Web

@Suite("A provider ends its sessions", .serialized)
struct OpenIDLogoutTests {
    private static func end(_ scene: OpenIDScene, _ token: String) async throws -> Peer.Answer {
        try await scene.office.ask(
            "POST", "/v1/openid/county/backchannel-logout", ["Content-Type": "application/x-www-form-urlencoded"],
            body: Array("logout_token=\(token)&other=1".utf8))
    }

    private static func session(_ scene: OpenIDScene) async throws -> [String: String] {
        ["Authorization": "Bearer \(try #require(try await scene.signIn().json["token"] as? String))"]
    }

    @Test("by subject, by its own session, or by both, and no other session of that person")
    func ends() async throws {
        try await OpenIDScene.run { scene in
            try await scene.link("sam")
            let ways: [[String: JSON?]] = [[:], ["sub": nil, "sid": "session-1"], ["sid": "session-1"]]
            for (number, way) in ways.enumerated() {
                let bearer = try await Self.session(scene)
                var claims = scene.provider.logoutClaims(id: "end-\(number)")
                for (name, value) in way { claims[name] = value }
                let answer = try await Self.end(
                    scene, try scene.provider.key.sign(["alg": "ES256", "kid": "k1", "typ": "logout+jwt"], claims))
                #expect(answer.status == 200, "\(answer.text)")
                #expect(try await scene.office.ask("GET", "/v1/account", bearer).status == 401, "\(way)")
                // Begun with a password.
                #expect(try await scene.office.ask("GET", "/v1/account", as: "sam").status == 200)
            }
        }
    }

    @Test("a logout token that is wrong in one thing ends nothing")
    func misuse() async throws {
        try await OpenIDScene.run { scene in
            try await scene.link("sam")
            let bearer = try await Self.session(scene)
            let now = FakeProvider.now
            let wrong: [(String, [String: JSON?])] = [
                ("with a nonce", ["nonce": "n"]), ("without the event", ["events": [:]]),
                ("with no events", ["events": nil]), ("old", ["iat": .whole(now - 181)]),
                ("run out", ["exp": .whole(now - 61)]), ("for another", ["aud": "other"]),
                ("of another", ["iss": "http://127.0.0.1:1"]), ("without a name", ["jti": nil]),
                ("of nobody", ["sub": nil]),
            ]
            for (number, (what, change)) in wrong.enumerated() {
                var claims = scene.provider.logoutClaims(id: "wrong-\(number)")
                for (name, value) in change { claims[name] = value }
                let answer = try await Self.end(scene, try scene.provider.key.sign(scene.provider.header, claims))
                #expect(answer.status == 400 && answer.problem == "malformed", "\(what): \(answer.text)")
                #expect(try await scene.office.refusal().contains("logout-"), "\(what)")
                #expect(try await scene.office.ask("GET", "/v1/account", bearer).status == 200, "\(what)")
            }
            let own = try await TestKey.es256("k1")
            let claims = scene.provider.logoutClaims(id: "foreign")
            #expect(try await Self.end(scene, try own.sign(scene.provider.header, claims)).status == 400)
            let idToken = try scene.provider.key.sign(scene.provider.header, scene.provider.claims(nonce: "n"))
            #expect(try await Self.end(scene, idToken).status == 400)
            #expect(try await scene.office.ask("GET", "/v1/account", bearer).status == 200)
        }
    }

    @Test("a logout token works once, and somebody else's ends nobody's session")
    func replay() async throws {
        try await OpenIDScene.run { scene in
            try await scene.link("sam")
            var other = scene.provider.logoutClaims(id: "other")
            other["sub"] = "subject-2"
            let bearer = try await Self.session(scene)
            #expect(try await Self.end(scene, try scene.provider.key.sign(scene.provider.header, other)).status == 200)
            #expect(try await scene.office.ask("GET", "/v1/account", bearer).status == 200)
            let token = try scene.provider.key.sign(scene.provider.header, scene.provider.logoutClaims(id: "once"))
            #expect(try await Self.end(scene, token).status == 200)
            #expect(try await scene.office.ask("GET", "/v1/account", bearer).status == 401)
            let again = try await Self.session(scene)
            #expect(try await Self.end(scene, token).status == 400)
            #expect(try await scene.office.refusal().contains("logout-token-replayed"))
            #expect(try await scene.office.ask("GET", "/v1/account", again).status == 200)
        }
    }

    @Test("of every browser when the provider names the person, and of one when it names the session")
    func everywhere() async throws {
        try await OpenIDScene.run { scene in
            try await scene.link("sam")
            var sessions: [[String: String]] = []
            for name in ["here", "there", "there"] {
                let answer = try await scene.signIn { nonce in
                    var claims = scene.provider.claims(nonce: nonce)
                    claims["sid"] = .text(name)
                    return try scene.provider.key.sign(scene.provider.header, claims)
                }
                sessions.append(["Authorization": "Bearer \(try #require(answer.json["token"] as? String))"])
            }
            func end(_ id: String, _ change: [String: JSON?], leaves open: [Bool]) async throws {
                var claims = scene.provider.logoutClaims(id: id)
                for (name, value) in change { claims[name] = value }
                let token = try scene.provider.key.sign(scene.provider.header, claims)
                #expect(try await Self.end(scene, token).status == 200, "\(id)")
                for (session, isOpen) in zip(sessions, open) {
                    let status = try await scene.office.ask("GET", "/v1/account", session).status
                    #expect(status == (isOpen ? 200 : 401), "\(id)")
                }
            }
            try await end("nobody's", ["sub": nil, "sid": "elsewhere"], leaves: [true, true, true])
            try await end("another's", ["sub": "subject-2", "sid": "here"], leaves: [true, true, true])
            try await end("one", ["sub": nil, "sid": "here"], leaves: [false, true, true])
            try await end("all", [:], leaves: [false, false, false])
        }
    }

    @Test(
        "what the provider did not sign, or not as that, ends nothing, fills no ledger, and has the keys fetched once")
    func forged() async throws {
        try await OpenIDScene.run { scene in
            try await scene.link("sam")
            let bearer = try await Self.session(scene)
            let (key, claims) = (scene.provider.key, scene.provider.logoutClaims(id: "forged"))
            let own = try await TestKey.es256("k1")
            let shared = try await TestKey.hs256(Array((key.public["x"]?.text ?? "").utf8))
            let parts = try key.sign(scene.provider.header, scene.provider.logoutClaims(id: "altered"))
                .split(separator: ".")
            var forgeries: [(what: String, token: String)] = [
                ("alg none", try TestKey.part(["alg": "none"]) + "." + TestKey.part(claims) + "."),
                (
                    "alg none, signed",
                    try TestKey.part(["alg": "none", "kid": "k1"]) + "." + TestKey.part(claims) + ".AA"
                ),
                ("HS256 with the public key", try shared.sign(["alg": "HS256", "kid": "k1"], claims)),
                ("RS256 over a P-256 key", try key.sign(["alg": "RS256", "kid": "k1"], claims)),
                ("an access token's type", try key.sign(["alg": "ES256", "kid": "k1", "typ": "at+jwt"], claims)),
                ("another's key", try own.sign(scene.provider.header, claims)),
                ("other claims", try "\(parts[0]).\(TestKey.part(claims)).\(parts[2])"), ("nothing", "e30"),
            ]
            for number in 1...20 {
                forgeries.append(
                    ("a made-up key", try own.sign(["alg": "ES256", "kid": .text("made-up-\(number)")], claims)))
            }
            for (what, token) in forgeries {
                let answer = try await Self.end(scene, token)
                #expect(answer.status == 400 && answer.problem == "malformed", "\(what): \(answer.text)")
            }
            #expect(try await scene.office.ask("GET", "/v1/account", bearer).status == 200)
            #expect(try await !scene.office.refusal().contains("logout-"))
            #expect(scene.provider.script.withLock { $0.keyFetches } == 2)
        }
    }
}
