import Foundation
import Rules
import Sealing
import Storage
import Synchronization
import Testing

@testable import Web

/// An office whose people may sign in at a provider.
struct OpenIDScene: Sendable {
    let office: Office
    let provider: FakeProvider

    static func run(
        createsAccounts: Bool = false, isSecure: Bool = false, answerSeconds: Int64 = 120,
        _ work: @Sendable (OpenIDScene) async throws -> Void
    ) async throws {
        let organisation = try await organisation()
        try await FakeProvider.run { provider in
            let openID = try openID(
                issuer: provider.issuer, organisation: organisation, createsAccounts: createsAccounts,
                publicURL: isSecure ? "https://vault.test" : "http://127.0.0.1:8080", answerSeconds: answerSeconds)
            try await Office.open({
                $0.openID = openID
                $0.attempts = 1000
            }) {
                try await work(OpenIDScene(office: $0, provider: provider))
            }
        }
    }

    static func openID(
        issuer: String, organisation: String, createsAccounts: Bool, publicURL: String = "http://127.0.0.1:8080",
        roles: String = "{claim: groups, values: [{value: senco, role: SEND}, {value: head, role: SLT}]}",
        answerSeconds: Int64 = 120
    ) throws -> OpenID {
        let text = """
            vault: /not/read/here
            unlock: {key-file: /not/read/here}
            listen: {socket: /not/read/here}
            public-url: \(publicURL)
            providers:
              - name: county
                issuer: \(issuer)
                client-id: muniment
                client-secret-file: /not/read/here
                organisation: "\(organisation)"
                roles: \(roles)
                require-amr: [otp, mfa]
                creates-accounts: \(createsAccounts)
              - name: other
                issuer: http://127.0.0.1:1
                client-id: muniment
                client-secret-file: /not/read/here
                organisation: "\(organisation)"
                roles: {fixed: [SEND]}
                require-amr: [otp]
            """
        let settings = try ServiceConfiguration(PolicyText(file: "muniment.yaml", text: text)).openID
        var secret = Array("client-secret-for-tests".utf8)
        let key = Key(try SecretBytes(wiping: &secret))
        return try OpenID(
            try #require(settings), secrets: ["county": key, "other": key], random: .system,
            answerSeconds: answerSeconds)
    }

    /// Sam's: every office is a copy of one.
    static func organisation() async throws -> String { try await Office.organisation.value }

    func link(_ username: String, subject: String = "subject-1") async throws {
        let json = #"{"username":"\#(username)","issuer":"\#(provider.issuer)","subject":"\#(subject)"}"#
        let answer = try await office.ask("POST", "/v1/people/identities", as: "ada", json: json)
        try #require(answer.status == 204, "\(answer.text)")
    }

    struct Begun: Sendable {
        let cookie: String
        let query: [String: String]
        var state: String { query["state"] ?? "" }
        var nonce: String { query["nonce"] ?? "" }
    }

    func begin() async throws -> Begun {
        let answer = try await office.ask("GET", "/v1/openid/county/start")
        try #require(answer.status == 303, "\(answer.text)")
        let items = URLComponents(string: answer.headers["location"] ?? "")?.queryItems ?? []
        let cookie = try #require(answer.headers["set-cookie"])
        return Begun(
            cookie: String(cookie.prefix { $0 != ";" }), query: items.reduce(into: [:]) { $0[$1.name] = $1.value })
    }

    func come(_ query: String, cookie: String?) async throws -> Peer.Answer {
        try await office.ask("GET", "/v1/openid/county/callback?\(query)", cookie.map { ["Cookie": $0] } ?? [:])
    }

    /// Signs in with the ID token that `mint` makes of a nonce.
    func signIn(code: String? = nil, _ mint: (String) async throws -> String) async throws -> Peer.Answer {
        let begun = try await begin()
        let token = try await mint(begun.nonce)
        provider.script.withLock { $0.idToken = token }
        let code = code ?? Hex.encode(RandomSource.system.bytes(8))
        return try await come("state=\(begun.state)&code=\(code)&session_state=other", cookie: begun.cookie)
    }

    func signIn() async throws -> Peer.Answer {
        try await signIn { try provider.key.sign(provider.header, provider.claims(nonce: $0)) }
    }

    func requireRefused(_ answer: Peer.Answer, _ reason: String, _ what: String) async throws {
        #expect(answer.status == 401 && answer.problem == "provider-refused", "\(what): \(answer.text)")
        let details = try await office.refusal()
        #expect(details.contains(reason), "\(what): \(details)")
    }
}

extension Peer.Answer {
    /// Of an account.
    var person: [String: Any] { json["person"] as? [String: Any] ?? [:] }
}

extension Office {
    /// The details of the newest refusal in the ledger.
    func refusal() async throws -> String {
        let entries = try await ask("GET", "/v1/ledger/entries?limit=5", as: "dana")
        let items = entries.json["items"] as? [[String: Any]] ?? []
        let refusal = items.first { $0["kind"] as? String == "signin.refused" }
        return "\(refusal?["details"] ?? entries.text)"
    }

    fileprivate static let organisation = Task {
        let found = Found()
        try await Office.open { office in
            let places = try await office.ask("GET", "/v1/account", as: "sam").person["places"] as? [[String: Any]]
            found.set(places?.first?["organisation"] as? String)
        }
        return try #require(found.value)
    }
}

private final class Found: Sendable {
    private let text = Mutex<String?>(nil)
    func set(_ value: String?) { text.withLock { $0 = value } }
    var value: String? { text.withLock { $0 } }
}
