import Glibc
import NIOCore
import NIOPosix

/// Which addresses something may be sent to. A webhook's name may be made to point into the network that this machine is in; a service
/// there would take our word for its owner's.
enum Reach: Sendable {
    /// The internet, and not networks that are somebody's own.
    case publicOnly
    /// This machine.
    case loopback
    /// Whatever the name says: for the organisation's own mail server.
    case anywhere

    func admits(_ address: SocketAddress) -> Bool {
        let bytes = address.withSockAddr { Array(UnsafeRawBufferPointer(start: $0, count: $1)) }
        // Where `sockaddr_in` and `sockaddr_in6` keep the address itself.
        let own: [UInt8]
        switch address {
        case .v4: own = Array(bytes[4..<8])
        case .v6: own = Array(bytes[8..<24])
        case .unixDomainSocket: return false
        }
        return switch self {
        case .anywhere: true
        case .publicOnly: own.count == 4 ? Self.isPublic(v4: own) : Self.isPublic(v6: own)
        case .loopback: own.count == 4 ? own[0] == 127 : own == [UInt8](repeating: 0, count: 15) + [1]
        }
    }

    /// By IANA's registry of special addresses.
    private static func isPublic(v4 address: [UInt8]) -> Bool {
        switch (address[0], address[1], address[2]) {
        case (0, _, _), (10, _, _), (127, _, _), (224..., _, _): false
        case (100, 64...127, _), (169, 254, _), (172, 16...31, _), (192, 168, _), (198, 18...19, _): false
        case (192, 0, 0), (192, 0, 2), (198, 51, 100), (203, 0, 113), (192, 88, 99): false
        default: true
        }
    }

    /// Only 2000::/3 is given out; of it, what carries an IPv4 address goes by that, and the rest is named here.
    private static func isPublic(v6 address: [UInt8]) -> Bool {
        let translated: [UInt8] = [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]
        if address.starts(with: translated) { return isPublic(v4: Array(address[12...])) }
        guard address[0] & 0xe0 == 0x20 else { return false }
        switch (address[0], address[1], address[2], address[3]) {
        case (0x20, 0x02, _, _): return isPublic(v4: Array(address[2..<6]))
        case (0x20, 0x01, 0...1, _), (0x20, 0x01, 0x0d, 0xb8), (0x3f, 0xff, 0...0x0f, _): return false
        default: return true
        }
    }

    /// The addresses of a name, in the resolver's order.
    ///
    /// - Throws: `SendFailure.noSuchHost`; `.forbiddenAddress` when there is one that may not be reached, whatever the others are.
    func resolve(_ host: String, _ port: Int) async throws -> [SocketAddress] {
        let found = try await NIOThreadPool.singleton.runIfActive { try Self.addresses(of: host, port) }
        guard found.allSatisfy(admits) else { throw SendFailure.forbiddenAddress }
        return found
    }

    private static func addresses(of host: String, _ port: Int) throws -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0 else { throw SendFailure.noSuchHost }
        defer { freeaddrinfo(list) }
        var found: [SocketAddress] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ai_next
            guard let address = entry.ai_addr else { continue }
            switch entry.ai_family {
            case AF_INET:
                found.append(address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { SocketAddress($0.pointee) })
            case AF_INET6:
                found.append(
                    address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { SocketAddress($0.pointee) })
            default: continue
            }
        }
        guard !found.isEmpty else { throw SendFailure.noSuchHost }
        return found
    }
}

/// Why something could not be sent, in words that name no host, no address and nobody.
enum SendFailure: Error, Hashable {
    case noSuchHost
    case forbiddenAddress
    case notReachable
    case tooSlow
    case closed
    /// No encryption that both sides take, or a certificate that is not believed.
    case notTrusted
    case answerTooLong
    case notUnderstood
    /// The server said something before encryption began that it was not asked for.
    case injected
    case noEncryption
    case noPasswordSignIn
    case status(Int)
    /// By a mail server, for good.
    case rejected(Int)
    case program(Int32)

    /// For the log.
    var words: String {
        switch self {
        case .noSuchHost: "the name has no address"
        case .forbiddenAddress: "the name leads into a network that is not public"
        case .notReachable: "nobody answers there"
        case .tooSlow: "it took too long"
        case .closed: "the connection was closed"
        case .notTrusted: "the certificate is not believed, or encryption failed"
        case .answerTooLong: "the answer was too long"
        case .notUnderstood: "the answer was not understood"
        case .injected: "something was said before encryption began"
        case .noEncryption: "the mail server offers no STARTTLS"
        case .noPasswordSignIn: "the mail server takes no password (AUTH PLAIN)"
        case .status(let code): "it answered \(code)"
        case .rejected(let code): "it refused with \(code)"
        case .program(let status): "the program ended with status \(status)"
        }
    }
}
