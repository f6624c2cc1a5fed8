import Foundation
import Rules
import Sealing
import Synchronization
import Testing

@testable import Web

@Suite("Signing in at a provider", .serialized)
struct OpenIDTests {
    @Test("sends the browser to the provider with everything that binds its answer")
    func start() async throws {
        try await OpenIDScene.run { scene in
            let answer = try await scene.office.ask("GET", "/v1/openid/county/start")
            #expect(answer.status == 303)
            let address = try #require(answer.headers["location"])
            #expect(address.hasPrefix(scene.provider.issuer + "/authorise?tenant=1&"))
            let cookie = try #require(answer.headers["set-cookie"])
            #expect(cookie.hasPrefix("muniment-openid="))
            #expect(cookie.hasSuffix("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax"))
            let (first, second) = (try await scene.begin(), try await scene.begin())
            #expect(first.query["response_type"] == "code" && first.query["code_challenge_method"] == "S256")
            #expect(first.query["redirect_uri"] == "http://127.0.0.1:8080/v1/openid/county/callback")
            #expect(first.query["scope"] == "openid" && first.query["client_id"] == "muniment")
            for name in ["state", "nonce", "code_challenge"] {
                #expect(first.query[name]?.utf8.count == 43 && first.query[name] != second.query[name])
            }
            #expect(try await scene.office.ask("GET", "/v1/openid/nobody/start").status == 404)
        }
    }

    @Test("over TLS the cookie is this host's alone")
    func secureCookie() async throws {
        try await OpenIDScene.run(isSecure: true) { scene in
            let cookie = try await scene.office.ask("GET", "/v1/openid/county/start").headers["set-cookie"] ?? ""
            #expect(cookie.hasPrefix("__Host-muniment-openid=") && cookie.hasSuffix("; Secure"))
            try await scene.link("sam")
            #expect(try await scene.signIn().status == 201)
        }
    }

    @Test("whoever is linked gets a session with a second factor, and the code goes with its verifier and the secret")
    func signsIn() async throws {
        try await OpenIDScene.run { scene in
            try await scene.requireRefused(try await scene.signIn(), "unknown", "not linked yet")
            try await scene.link("sam")
            let begun = try await scene.begin()
            let token = try scene.provider.key.sign(
                scene.provider.header, scene.provider.claims(nonce: begun.nonce))
            scene.provider.script.withLock { $0.idToken = token }
            let answer = try await scene.come("state=\(begun.state)&code=c-1", cookie: begun.cookie)
            #expect(answer.status == 201, "\(answer.text)")
            #expect(answer.headers["set-cookie"]?.contains("Max-Age=0") == true)
            let sent = scene.provider.script.withLock { $0 }
            let basic = Data("muniment:client-secret-for-tests".utf8).base64EncodedString()
            #expect(sent.authorization == "Basic \(basic)")
            #expect(sent.form["grant_type"] == "authorization_code" && sent.form["code"] == "c-1")
            let verifier = Digest.sha256(Array((sent.form["code_verifier"] ?? "").utf8))
            #expect(String(decoding: Base64URL.encode(verifier.bytes), as: UTF8.self) == begun.query["code_challenge"])
            let bearer = ["Authorization": "Bearer \(try #require(answer.json["token"] as? String))"]
            #expect(try await scene.office.ask("GET", "/v1/account", bearer).person["username"] as? String == "sam")
        }
    }

    @Test("an account is opened only with the roles and the organisation that it has", arguments: ["priya", "hana"])
    func otherRoles(username: String) async throws {
        try await OpenIDScene.run { scene in
            try await scene.link(username)
            try await scene.requireRefused(try await scene.signIn(), "roles", username)
        }
    }

    @Test("more roles than the account has open nothing, and a disabled account stays closed")
    func widening() async throws {
        try await OpenIDScene.run { scene in
            try await scene.link("sam")
            for groups in [["senco", "head"], ["head"]] {
                let answer = try await scene.signIn { nonce in
                    var claims = scene.provider.claims(nonce: nonce)
                    claims["groups"] = .list(groups.map { .text($0) })
                    return try scene.provider.key.sign(scene.provider.header, claims)
                }
                try await scene.requireRefused(answer, "roles", "\(groups)")
            }
            let left = try await scene.office.ask("POST", "/v1/people/leavers", as: "ada", json: #"{"username":"sam"}"#)
            #expect(left.status == 200)
            try await scene.requireRefused(try await scene.signIn(), "disabled", "disabled")
        }
    }

    @Test(
        "an account is made at the first sign-in where the configuration says so, in its organisation, and never another's"
    )
    func createsAccounts() async throws {
        try await OpenIDScene.run(createsAccounts: true) { scene in
            var names: Set<String> = []
            for subject in ["subject-1", "subject-1", "subject-2"] {
                let answer = try await scene.signIn { nonce in
                    var claims = scene.provider.claims(nonce: nonce)
                    claims["sub"] = .text(subject)
                    // Neither opens the account of that name.
                    claims["preferred_username"] = "sam"
                    return try scene.provider.key.sign(scene.provider.header, claims)
                }
                let bearer = ["Authorization": "Bearer \(try #require(answer.json["token"] as? String))"]
                let who = try await scene.office.ask("GET", "/v1/account", bearer)
                #expect(who.person["name"] as? String == "Sam Senco")
                let places = try #require(who.person["places"] as? [[String: String]])
                #expect(places.map { $0["role"] } == ["SEND"])
                #expect(try await places.first?["organisation"] == OpenIDScene.organisation())
                names.insert(try #require(who.person["username"] as? String))
            }
            #expect(names.count == 2 && names.allSatisfy { $0.hasPrefix("id-") })
        }
    }

    @Test("only an administrator links, to somebody else, and one identity once; a link taken away ends its sessions")
    func linking() async throws {
        try await OpenIDScene.run { scene in
            let path = "/v1/people/identities"
            func json(_ name: String) -> String {
                #"{"username":"\#(name)","issuer":"\#(scene.provider.issuer)","subject":"subject-1"}"#
            }
            #expect(try await scene.office.ask("POST", path, as: "sam", json: json("hana")).status == 403)
            #expect(try await scene.office.ask("POST", path, as: "ada", json: json("ada")).problem == "invalid")
            #expect(try await scene.office.ask("POST", path, as: "ada", json: json("nobody")).status == 404)
            try await scene.link("sam")
            #expect(try await scene.office.ask("POST", path, as: "ada", json: json("hana")).problem == "already-so")
            let token = try #require(try await scene.signIn().json["token"] as? String)
            let bearer = ["Authorization": "Bearer \(token)"]
            #expect(try await scene.office.ask("GET", "/v1/account", bearer).status == 200)
            let identity = #"{"issuer":"\#(scene.provider.issuer)","subject":"subject-1"}"#
            let removal = path + "/removal"
            #expect(try await scene.office.ask("POST", removal, as: "sam", json: identity).status == 403)
            #expect(try await scene.office.ask("POST", removal, as: "ada", json: identity).status == 204)
            #expect(try await scene.office.ask("POST", removal, as: "ada", json: identity).status == 404)
            #expect(try await scene.office.ask("GET", "/v1/account", bearer).status == 401)
            try await scene.requireRefused(try await scene.signIn(), "unknown", "unlinked")
        }
    }

    @Test("keys that change are fetched again, once a minute at most")
    func rotation() async throws {
        try await OpenIDScene.run { scene in
            try await scene.link("sam")
            #expect(try await scene.signIn().status == 201)
            #expect(try await scene.signIn().status == 201)
            #expect(scene.provider.script.withLock { $0.keyFetches } == 1)
            let next = try await TestKey.edDSA("k2")
            scene.provider.script.withLock { $0.keys = [next.public] }
            let header: [String: JSON] = ["alg": "EdDSA", "kid": "k2"]
            func signIn(_ key: TestKey, _ header: [String: JSON]) async throws -> Peer.Answer {
                try await scene.signIn { try key.sign(header, scene.provider.claims(nonce: $0)) }
            }
            #expect(try await signIn(next, header).status == 201)
            #expect(scene.provider.script.withLock { $0.keyFetches } == 2)
            // What was withdrawn opens nothing, and made-up names fetch nothing for a minute.
            try await scene.requireRefused(try await scene.signIn(), "token-key", "withdrawn")
            try await scene.requireRefused(
                try await signIn(next, ["alg": "EdDSA", "kid": "k3"]), "token-key", "unknown")
            #expect(scene.provider.script.withLock { $0.keyFetches } == 2)
            scene.office.clock.advance(seconds: 60)
            try await scene.requireRefused(try await scene.signIn(), "token-key", "withdrawn")
            #expect(scene.provider.script.withLock { $0.keyFetches } == 3)
        }
    }
}
