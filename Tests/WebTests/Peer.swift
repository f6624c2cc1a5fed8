import Foundation
import Glibc

/// One connection to the service, byte by byte: what a library would put right, a test must be able to do wrong.
final class Peer {
    struct Answer {
        let status: Int
        let headers: [String: String]
        let body: [UInt8]
        /// The body ended as it said it would.
        let isWhole: Bool

        var text: String { String(decoding: body, as: UTF8.self) }
        var problem: String? { (json["type"] as? String)?.split(separator: ":").last.map(String.init) }

        var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
        }
    }

    struct Broken: Error {}

    private let number: Int32
    private var pending: [UInt8] = []

    /// `seconds`: how long to wait for an answer.
    init(socket path: String, seconds: Int = 120) throws {
        number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        precondition(bytes.count < 108, "a socket's path has 107 bytes at most")
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let done = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(number, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard done == 0 else { throw Broken() }
    }

    deinit { close(number) }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes {
                Glibc.send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Broken() }
            done += count
        }
    }

    /// Says that nothing more will be sent.
    func finishSending() { shutdown(number, Int32(SHUT_WR)) }

    /// - Returns: nothing when the other side has closed, or does not say anything in time.
    func receive(_ count: Int = 65536) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: count)
        let got = recv(number, &buffer, count, 0)
        return got > 0 ? Array(buffer[..<got]) : []
    }

    /// Everything until the other side closes.
    func receiveAll() -> [UInt8] {
        var bytes = pending
        while true {
            let part = receive()
            guard !part.isEmpty else { return bytes }
            bytes += part
        }
    }

    /// Whether the other side has closed, and did not merely fall silent.
    var isClosed: Bool {
        var byte: UInt8 = 0
        let got = recv(number, &byte, 1, 0)
        // Closed before it had read all that was sent, it says so by a reset.
        return got == 0 || got < 0 && errno == ECONNRESET
    }

    /// The next answer. `hasBody`: `false` after HEAD.
    func answer(hasBody: Bool = true) throws -> Answer {
        while !pending.contains("\r\n\r\n") {
            let part = receive()
            guard !part.isEmpty else { throw Broken() }
            pending += part
        }
        guard let end = pending.position(of: "\r\n\r\n") else { throw Broken() }
        let lines = String(decoding: pending[..<end], as: UTF8.self).components(separatedBy: "\r\n")
        pending.removeFirst(end + 4)
        guard let status = lines[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { throw Broken() }
        if status == 100 { return try answer(hasBody: hasBody) }
        let headers = lines.dropFirst().reduce(into: [String: String]()) { headers, line in
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces) }
        }
        if hasBody, headers["transfer-encoding"] == "chunked" {
            let (body, isWhole) = chunks()
            return Answer(status: status, headers: headers, body: body, isWhole: isWhole)
        }
        let length = hasBody ? headers["content-length"].flatMap { Int($0) } ?? 0 : 0
        while pending.count < length {
            let part = receive()
            if part.isEmpty { break }
            pending += part
        }
        let body = Array(pending.prefix(length))
        pending.removeFirst(body.count)
        return Answer(status: status, headers: headers, body: body, isWhole: body.count == length)
    }

    /// A body whose length is not said beforehand; whole when its last chunk came.
    private func chunks() -> (body: [UInt8], isWhole: Bool) {
        var body: [UInt8] = []
        while let count = chunkLength(), let part = take(count + 2) {
            body += part.dropLast(2)
            if count == 0 { return (body, true) }
        }
        return (body, false)
    }

    private func chunkLength() -> Int? {
        var digits: [UInt8] = []
        while let byte = take(1)?.first {
            if byte == UInt8(ascii: "\n") { break }
            digits.append(byte)
        }
        return Int(String(decoding: digits.dropLast(), as: UTF8.self), radix: 16)
    }

    private func take(_ count: Int) -> ArraySlice<UInt8>? {
        while pending.count < count {
            let part = receive()
            guard !part.isEmpty else { return nil }
            pending += part
        }
        defer { pending.removeFirst(count) }
        return pending[..<count]
    }
}

extension [UInt8] {
    func position(of text: String) -> Int? {
        let wanted = Array(text.utf8)
        guard count >= wanted.count else { return nil }
        return (0...(count - wanted.count)).first { self[$0..<($0 + wanted.count)].elementsEqual(wanted) }
    }

    func contains(_ text: String) -> Bool { position(of: text) != nil }
}
