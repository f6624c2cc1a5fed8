import Foundation
import Glibc
import Synchronization

/// A server of one address of this machine that does what a test says, one thing for each connection.
final class Receiver: Sendable {
    enum Act: Sendable {
        case answer(String)
        /// Reads, and says nothing until the other side closes.
        case hang
        /// Closes before it has read anything.
        case close

        static func status(_ code: Int) -> Act { .answer("HTTP/1.1 \(code) Said\r\nContent-Length: 0\r\n\r\n") }
    }

    struct Got: Sendable {
        let head: String
        let body: [UInt8]

        func header(_ name: String) -> String? {
            // The space is usual, not needed.
            head.components(separatedBy: "\r\n").first { $0.hasPrefix("\(name):") }.map {
                String($0.dropFirst(name.count + 1).drop { $0 == " " })
            }
        }

        var text: String { String(decoding: body, as: UTF8.self) }
        var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
        }
    }

    let port: Int
    private let listener: Int32
    private let acts: Mutex<[Act]>
    private let received = Mutex<[Got]>([])

    /// `acts`: in order; the last one goes on for ever.
    init(_ acts: Act...) throws {
        self.acts = Mutex(acts)
        let (listener, port) = try Self.listen()
        self.listener = listener
        self.port = port
        Thread { [weak self] in while self?.serve(listener) == true {} }.start()
    }

    /// A port that nobody has just now.
    static func freePort() throws -> Int {
        let (listener, port) = try listen()
        close(listener)
        return port
    }

    /// A listening socket, and its port.
    static func listen() throws -> (socket: Int32, port: Int) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let done = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && Glibc.listen(listener, 16) == 0
                    && getsockname(listener, $0, &size) == 0
            }
        }
        guard done else { throw Peer.Broken() }
        return (listener, Int(UInt16(bigEndian: address.sin_port)))
    }

    /// All that a server of this machine answers.
    static func get(_ path: String, _ port: Int) throws -> String {
        let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(connection) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = UInt16(port).bigEndian
        let done = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard done == 0 else { throw Peer.Broken() }
        let request = "GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        _ = Glibc.send(connection, request, request.utf8.count, Int32(MSG_NOSIGNAL))
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = recv(connection, &buffer, buffer.count, 0), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    var url: String { "http://127.0.0.1:\(port)/hooks?a=b" }
    var got: [Got] { received.withLock { $0 } }

    /// Waits until so many requests have come whole.
    func wait(for count: Int, seconds: Int = 120) async throws -> [Got] {
        for _ in 0..<(seconds * 50) where got.count < count { try await Task.sleep(for: .milliseconds(20)) }
        return got
    }

    private func serve(_ listener: Int32) -> Bool {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return false }
        let act = acts.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
        Thread { [weak self] in
            defer { close(connection) }
            if case .close = act { return }
            guard let got = Self.read(connection) else { return }
            self?.received.withLock { $0.append(got) }
            var byte: UInt8 = 0
            if case .answer(let text) = act { _ = Glibc.send(connection, text, text.utf8.count, Int32(MSG_NOSIGNAL)) }
            while recv(connection, &byte, 1, 0) > 0 {}
        }.start()
        return true
    }

    private static func read(_ connection: Int32) -> Got? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            if let end = bytes.position(of: "\r\n\r\n") {
                let head = String(decoding: bytes[..<end], as: UTF8.self)
                let body = Array(bytes[(end + 4)...])
                let length = Got(head: head, body: []).header("Content-Length").flatMap { Int($0) } ?? 0
                if body.count >= length { return Got(head: head, body: body) }
            }
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
        }
    }
}
