import Foundation
import HTTPTypes
import Sealing

/// What `Content-Digest` (RFC 9530) says a body's SHA-256 is.
struct ContentDigest: Sendable {
    private let digest: Digest

    /// - Returns: `nil` when the request has none.
    /// - Throws: `Problem.malformed` for one that cannot be checked: what we cannot evaluate, we refuse.
    static func wanted(_ headers: HTTPFields) throws -> ContentDigest? {
        guard let header = headers[.contentDigest] else { return nil }
        for member in header.split(separator: ",") {
            let text = member.filter { $0 != " " }
            guard text.hasPrefix("sha-256=:"), text.hasSuffix(":"),
                let bytes = Data(base64Encoded: String(text.dropFirst(9).dropLast())), let digest = Digest(bytes)
            else { continue }
            return ContentDigest(digest: digest)
        }
        throw Problem.malformed("Content-Digest has no sha-256 that can be read.")
    }

    /// The digest of what comes in, held against what was said.
    final class Check {
        private let wanted: ContentDigest?
        private var stream = DigestStream()

        init(_ wanted: ContentDigest?) { self.wanted = wanted }

        func update(_ bytes: [UInt8]) {
            if wanted != nil { stream.update(bytes.span) }
        }

        /// - Throws: `Problem` when the body is another one.
        func finish() throws {
            guard let wanted else { return }
            var ended = DigestStream()
            swap(&ended, &stream)
            guard ended.finish() == wanted.digest else {
                throw Problem(
                    .badRequest, "digest-mismatch", "The body is not what its Content-Digest says. Send it again.")
            }
        }
    }
}
