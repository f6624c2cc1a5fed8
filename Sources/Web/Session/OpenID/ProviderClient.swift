import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Sealing
import Vault

/// Asks a provider. Its answers are short, come soon and from where they were asked for, or they are none.
struct ProviderClient: Sendable {
    private static let largestAnswer = 256 << 10
    /// For each answer, to its end.
    let seconds: Int64
    /// Of one provider: a slow one keeps nobody from another.
    private let gate = Gate(room: 4, queue: 32)

    init(seconds: Int64) { self.seconds = seconds }

    func get(_ address: String) async throws -> JSON {
        try await ask(HTTPClientRequest(url: address), refusal: .answer)
    }

    /// Gives a code for tokens (RFC 6749, section 4.1.3), proving to be the client by its secret.
    func exchange(
        at endpoint: WebAddress, clientID: String, secret: Key, _ parameters: [(name: String, value: String)]
    ) async throws -> JSON {
        var request = HTTPClientRequest(url: endpoint.text)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        request.headers.add(name: "Authorization", value: Self.basic(clientID, secret))
        request.body = .bytes(Array(WebAddress.query(parameters).utf8))
        return try await ask(request, refusal: .codeRefused)
    }

    private func ask(_ request: HTTPClientRequest, refusal: SignInFault) async throws -> JSON {
        var request = request
        request.headers.add(name: "Accept", value: "application/json")
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(seconds), read: .seconds(seconds)),
            decompression: .disabled)
        configuration.httpVersion = .http1Only
        try await gate.enter()
        defer { gate.leave() }
        do {
            return try await withThrowingTaskGroup(of: JSON.self) { group in
                let (request, configuration) = (request, configuration)
                group.addTask { try await answer(to: request, configuration, refusal) }
                group.addTask {
                    // The client's own limit ends with the head of an answer.
                    try await Task.sleep(for: .seconds(seconds))
                    throw SignInFault.unreachable
                }
                defer { group.cancelAll() }
                guard let first = try await group.next() else { throw SignInFault.unreachable }
                return first
            }
        } catch let fault as SignInFault {
            throw fault
        } catch {
            throw SignInFault.unreachable
        }
    }

    private func answer(
        to request: HTTPClientRequest, _ configuration: HTTPClient.Configuration, _ refusal: SignInFault
    ) async throws -> JSON {
        // A client for each question: they are few, and nothing is left open between them.
        try await HTTPClient.withHTTPClient(configuration: configuration) { client in
            let answer = try await client.execute(request, timeout: .seconds(seconds))
            guard answer.status == .ok else { throw refusal }
            var bytes: [UInt8] = []
            for try await part in answer.body {
                bytes += part.readableBytesView
                guard bytes.count <= Self.largestAnswer else { throw SignInFault.tooLarge }
            }
            guard let json = try? JSON(parsing: bytes), case .object = json else { throw SignInFault.answer }
            return json
        }
    }

    // The client takes headers as text only: the one place where the secret is outside locked memory, for the length of the request.
    private static func basic(_ clientID: String, _ secret: Key) -> String {
        let secret = PercentEncoding.escaped(String(decoding: secret.secret.exposedBytes(), as: UTF8.self))
        return "Basic " + Data("\(PercentEncoding.escaped(clientID)):\(secret)".utf8).base64EncodedString()
    }
}
