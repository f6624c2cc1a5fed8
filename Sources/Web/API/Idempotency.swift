import Foundation
import HTTPTypes
import Hummingbird
import Sealing
import Storage
import Vault

/// The key under which a sender may send a request again without having it done again (draft-ietf-httpapi-idempotency-key-header).
struct IdempotencyKey {
    let text: String

    /// - Returns: `nil` where there is none, or nothing is made.
    /// - Throws: `Problem.malformed` for a key that is none.
    init?(_ request: Request, _ route: Route) throws {
        guard let header = request.headers[.idempotencyKey], route.takesKey else { return nil }
        let text = header.filter { $0 != "\"" }
        guard (8...128).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw Problem.malformed("Idempotency-Key has 8 to 128 visible characters.")
        }
        if case .content = route.body, request.headers[.contentDigest] == nil {
            throw Problem.malformed("With an Idempotency-Key send the content's Content-Digest too.")
        }
        self.text = text
    }
}

extension Call {
    /// What was answered, so that it can be said again.
    private struct Said: Codable {
        let status: Int
        let headers: [String: String]
        let body: Data
    }

    /// Answers as `work` does the first time, and as it did every time after.
    func once(_ key: IdempotencyKey, _ caller: Caller, _ work: @Sendable () async throws -> Answer) async throws
        -> Answer
    {
        let said = try await vault.once(key.text, asked: try asked(), as: caller) {
            let answer = try await work()
            let headers = answer.headers.reduce(into: [:]) { $0[$1.name.rawName] = $1.value }
            let body = if case .bytes(let bytes) = answer.body { bytes } else { [UInt8]() }
            return try JSON.bytes(Said(status: answer.status.code, headers: headers, body: Data(body)))
        }
        let again = try JSONDecoder().decode(Said.self, from: Data(said))
        var answer = Answer(status: HTTPResponse.Status(code: again.status))
        for (name, value) in again.headers { if let name = HTTPField.Name(name) { answer.headers[name] = value } }
        if !again.body.isEmpty { answer.body = .bytes(Array(again.body)) }
        return answer
    }

    /// Of all that was asked. The content of a document counts with its digest.
    private func asked() throws -> Digest {
        let named = route.headers.compactMap { HTTPField.Name($0.name) } + [.contentType]
        let parts = [request.method.rawValue, request.uri.string] + named.map { request.headers[$0] ?? "" }
        return Digest.sha256(Facts.list(parts.map { Array($0.utf8) } + [try JSON.bytes(input)]))
    }
}
