import Foundation
import Sealing
import Storage

/// The secret that a subscriber and we share, and the signatures under it (Standard Webhooks, symmetric).
struct WebhookSecret: Sendable {
    private let key: Key

    /// `text`: `whsec_` and the secret in Base64, 24 to 64 bytes of it.
    ///
    /// - Returns: `nil` for anything else.
    init?(_ text: Key) {
        var text = text.secret.exposedBytes()
        defer { for index in text.indices { text[index] = 0 } }
        let prefix = Array("whsec_".utf8)
        guard text.starts(with: prefix) else { return nil }
        // The reader knows the alphabet of URLs, without padding.
        let digits = text[prefix.count...].map { byte in
            switch byte {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            default: byte
            }
        }
        let padding = digits.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2, digits.count.isMultiple(of: 4), var bytes = Base64URL.decode(digits.dropLast(padding)),
            (24...64).contains(bytes.count), let secret = try? SecretBytes(wiping: &bytes)
        else { return nil }
        key = Key(secret)
    }

    /// Over identifier, time and body, so that none of them can be exchanged, and an old one cannot pass for new.
    func signature(id: String, seconds: Int64, body: [UInt8]) -> String {
        let digest = key.secret.authenticate(Array("\(id).\(seconds).".utf8) + body)
        return "v1," + Data(digest.bytes).base64EncodedString()
    }
}
