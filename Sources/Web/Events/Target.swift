import Foundation

/// An http or https address, taken apart once: what is checked is what is connected to.
struct Target: Hashable, Sendable {
    let isSecure: Bool
    /// Lower case, without the brackets of an IPv6 address.
    let host: String
    let port: Int
    /// Path and query, as they stand in a request.
    let path: String

    /// - Returns: `nil` for other schemes, for user names and fragments, and for anything that is not visible ASCII.
    init?(_ text: String) {
        guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }), let parts = URLComponents(string: text),
            let scheme = parts.scheme?.lowercased(), ["http", "https"].contains(scheme), parts.user == nil,
            parts.password == nil, parts.fragment == nil, var host = parts.host?.lowercased(), !host.isEmpty
        else { return nil }
        if host.first == "[", host.last == "]" { host = String(host.dropFirst().dropLast()) }
        guard host.wholeMatch(of: /[a-z0-9.\-]+|[0-9a-f:.]+/) != nil else { return nil }
        isSecure = scheme == "https"
        self.host = host
        port = parts.port ?? (isSecure ? 443 : 80)
        guard (1...65535).contains(port) else { return nil }
        let query = parts.percentEncodedQuery.map { "?" + $0 } ?? ""
        path = (parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath) + query
    }

    /// It names this machine itself, so nothing but this machine is meant.
    var isLoopback: Bool { ["localhost", "127.0.0.1", "::1"].contains(host) }

    /// For the Host header.
    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }
}
