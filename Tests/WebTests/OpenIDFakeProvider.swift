import Foundation
import Hummingbird
import JWTKit
import Logging
import NIOCore
import Sealing
import Storage
import Synchronization
import Testing

@testable import Web

/// A provider that does what no real one would.
final class FakeProvider: Sendable {
    struct Script: Sendable {
        var metadata: [String: JSON] = [:]
        var keys: [JSON] = []
        var keysDelaySeconds = 0
        var keysPadding = 0
        var keysMoved = false
        var keyFetches = 0
        /// What the next code is worth; a code works once.
        var idToken = ""
        var spentCodes: Set<String> = []
        var authorization = ""
        var form: [String: String] = [:]
    }

    static let now = Int(Office.start.milliseconds / 1000)
    let issuer: String
    let script = Mutex(Script())
    let key: TestKey
    private let running: Task<Void, any Error>

    private init(issuer: String, key: TestKey, running: Task<Void, any Error>) {
        self.issuer = issuer
        self.key = key
        self.running = running
    }

    /// Runs a provider for as long as `work` takes.
    static func run(_ work: (FakeProvider) async throws -> Void) async throws {
        let box = Box()
        let (ports, port) = AsyncStream<Int>.makeStream()
        let application = Application(
            router: router(box), configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in port.yield(channel.localAddress?.port ?? 0) },
            logger: Logger(label: "provider", factory: { _ in SwiftLogNoOpLogHandler() }))
        let running = Task { try await application.runService(gracefulShutdownSignals: []) }
        let first = await ports.first { _ in true }
        let provider = FakeProvider(
            issuer: "http://127.0.0.1:\(try #require(first))", key: try await TestKey.es256("k1"), running: running)
        provider.script.withLock { $0.keys = [provider.key.public] }
        box.provider.withLock { $0 = provider }
        defer { running.cancel() }
        try await work(provider)
    }

    private final class Box: Sendable { let provider = Mutex<FakeProvider?>(nil) }

    private static func router(_ box: Box) -> Router<BasicRequestContext> {
        let router = Router()
        router.get("/.well-known/openid-configuration") { _, _ in
            let provider = try #require(box.provider.withLock { $0 })
            return try json(.object(provider.metadata))
        }
        router.get("/keys") { _, _ in
            let provider = try #require(box.provider.withLock { $0 })
            let script = provider.script.withLock { script in
                script.keyFetches += 1
                return script
            }
            if script.keysMoved {
                return Response(status: .found, headers: [.location: provider.issuer + "/elsewhere"])
            }
            try await Task.sleep(for: .seconds(script.keysDelaySeconds))
            let padding = String(repeating: "x", count: script.keysPadding)
            return try json(["keys": .list(script.keys), "padding": .text(padding)])
        }
        router.get("/elsewhere") { _, _ in
            let provider = try #require(box.provider.withLock { $0 })
            return try json(["keys": .list(provider.script.withLock { $0.keys })])
        }
        router.post("/token") { request, _ in
            let provider = try #require(box.provider.withLock { $0 })
            let body = String(buffer: try await request.body.collect(upTo: 1 << 16))
            let form = URLComponents(string: "?\(body)")?.queryItems ?? []
            let fields = form.reduce(into: [String: String]()) { $0[$1.name] = $1.value }
            let token: String? = provider.script.withLock { script in
                script.authorization = request.headers[.authorization] ?? ""
                script.form = fields
                return script.spentCodes.insert(fields["code"] ?? "").inserted ? script.idToken : nil
            }
            guard let token else { return Response(status: .badRequest) }
            return try json(["id_token": .text(token), "access_token": "a", "token_type": "Bearer"])
        }
        return router
    }

    private static func json(_ value: JSON) throws -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try JSON.bytes(value))))
    }

    private var metadata: [String: JSON] {
        let own: [String: JSON] = [
            "issuer": .text(issuer), "authorization_endpoint": .text(issuer + "/authorise?tenant=1"),
            "token_endpoint": .text(issuer + "/token"), "jwks_uri": .text(issuer + "/keys"),
            "id_token_signing_alg_values_supported": ["ES256", "EdDSA", "HS256", "none"],
            "code_challenge_methods_supported": ["S256"],
        ]
        return own.merging(script.withLock { $0.metadata }) { $1 }
    }

    /// The claims of a good ID token.
    func claims(nonce: String) -> [String: JSON] {
        [
            "iss": .text(issuer), "aud": "muniment", "sub": "subject-1", "iat": .whole(Self.now),
            "exp": .whole(Self.now + 300), "nonce": .text(nonce), "amr": ["pwd", "otp"], "sid": "session-1",
            "groups": ["senco"], "email": "ada@vault.test", "name": "Sam Senco",
        ]
    }

    var header: [String: JSON] { ["alg": "ES256", "kid": "k1", "typ": "JWT"] }

    /// The claims of a good logout token.
    func logoutClaims(id: String) -> [String: JSON] {
        [
            "iss": .text(issuer), "aud": "muniment", "sub": "subject-1", "iat": .whole(Self.now), "jti": .text(id),
            "events": ["http://schemas.openid.net/event/backchannel-logout": [:]],
        ]
    }
}

/// A key that signs tokens, and what is published of it.
struct TestKey: Sendable {
    let `public`: JSON
    private let algorithm: any JWTAlgorithm

    static func es256(_ name: String) async throws -> TestKey {
        let key = ES256PrivateKey()
        let keys = await JWTKeyCollection().add(ecdsa: key, kid: "key")
        let point = try #require(key.publicKey.parameters)
        return TestKey(
            public: [
                "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": .text(name),
                "x": .text(url(point.x)), "y": .text(url(point.y)),
            ], algorithm: try await keys.getKey(for: "key"))
    }

    static func edDSA(_ name: String) async throws -> TestKey {
        let key = try EdDSA.PrivateKey()
        let keys = await JWTKeyCollection().add(eddsa: key, kid: "key")
        let point = String(decoding: Base64URL.encode(Array(key.publicKey.rawRepresentation)), as: UTF8.self)
        return TestKey(
            public: ["kty": "OKP", "crv": "Ed25519", "kid": .text(name), "x": .text(point)],
            algorithm: try await keys.getKey(for: "key"))
    }

    /// Signs with a text that everybody knows as the shared secret.
    static func hs256(_ secret: [UInt8]) async throws -> TestKey {
        let keys = await JWTKeyCollection().add(hmac: .init(from: Data(secret)), digestAlgorithm: .sha256, kid: "key")
        return TestKey(public: [:], algorithm: try await keys.getKey(for: "key"))
    }

    private static func url(_ base64: String) -> String {
        base64.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    func sign(_ header: [String: JSON], _ claims: [String: JSON]) throws -> String {
        let signed = try Self.part(header) + "." + Self.part(claims)
        let signature = try algorithm.sign(Array(signed.utf8))
        return signed + "." + String(decoding: Base64URL.encode(signature), as: UTF8.self)
    }

    static func part(_ members: [String: JSON]) throws -> String {
        String(decoding: Base64URL.encode(try JSON.bytes(JSON.object(members))), as: UTF8.self)
    }
}
