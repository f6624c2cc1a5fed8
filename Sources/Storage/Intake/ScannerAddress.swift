internal import Glibc

/// Where clamd listens: a socket in the file system, or a port of this machine's own loopback address.
///
/// No other address: the content would cross a network as it is.
public struct ScannerAddress: Hashable, Sendable {
    private enum Place: Hashable, Sendable {
        case socket(path: String)
        case port(UInt16)
    }

    /// As it was given, for messages to the operator.
    public let text: String
    private let place: Place

    /// - Returns: `nil` unless it is an absolute path that a socket may have, or `127.0.0.1:` and a port.
    public init?(_ text: String) {
        self.text = text
        if text.hasPrefix("127.0.0.1:") {
            guard let port = UInt16(text.dropFirst(10)), port > 0 else { return nil }
            place = .port(port)
            return
        }
        let room = MemoryLayout.size(ofValue: sockaddr_un().sun_path)
        guard text.hasPrefix("/"), text.utf8.count < room, !text.utf8.contains(0) else { return nil }
        place = .socket(path: text)
    }

    /// A new socket for this address, which does not wait.
    func makeSocket() -> Int32 {
        let family = if case .socket = place { AF_UNIX } else { AF_INET }
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        return socket(family, kind, 0)
    }

    /// - Returns: as connect(2).
    func connect(_ socket: Int32) -> Int32 {
        switch place {
        case .socket(let path):
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            return Self.connect(socket, to: address)
        case .port(let port):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            return Self.connect(socket, to: address)
        }
    }

    private static func connect<Address>(_ socket: Int32, to address: Address) -> Int32 {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }
}
