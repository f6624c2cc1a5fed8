import Foundation
import Vault

/// An address of a provider or of this service: TLS, or this machine's own loopback, where nobody listens in.
struct WebAddress: Hashable, Sendable {
    let text: String
    let isLoopback: Bool
    /// Scheme, host and port alone.
    let isOrigin: Bool

    private static let loopback: Set = ["127.0.0.1", "[::1]", "::1", "localhost"]

    /// - Returns: `nil` for another scheme, for clear text beyond this machine, and for an address with a user or a fragment.
    init?(_ text: String) {
        guard text.utf8.count <= 2000, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }),
            let url = URLComponents(string: text), let host = url.host, !host.isEmpty, url.user == nil,
            url.password == nil, url.fragment == nil
        else { return nil }
        let isLoopback = Self.loopback.contains(host)
        guard url.scheme == "https" || (url.scheme == "http" && isLoopback) else { return nil }
        self.text = text
        self.isLoopback = isLoopback
        isOrigin = url.path.isEmpty && url.query == nil
    }

    /// The address with parameters behind those that it has.
    func with(_ parameters: [(name: String, value: String)]) -> String {
        let query = Self.query(parameters)
        return text + (text.contains("?") ? "&" : "?") + query
    }

    /// As `application/x-www-form-urlencoded`, everything escaped that may be.
    static func query(_ parameters: [(name: String, value: String)]) -> String {
        parameters.map { "\(PercentEncoding.escaped($0.name))=\(PercentEncoding.escaped($0.value))" }
            .joined(separator: "&")
    }
}
