import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Sealing
import Testing

@testable import Web

@Suite("TLS in the service", .serialized)
struct TLSTests {
    private static let (hybrid, x25519, p256) = (UInt16(0x11ec), UInt16(0x1d), UInt16(0x17))
    /// One of those that mean nothing and are sent so that nobody minds (RFC 8701).
    private static let grease: UInt16 = 0x1a1a

    /// An office that is served over TLS, on its socket.
    private static func run(_ work: @Sendable (Office) async throws -> Void) async throws {
        try await Office.open(
            yaml: { office in
                try SystemScene.certificate("server", from: "2026-09-01", in: office)
                let (certificate, key) = (
                    SystemScene.path("server.pem", in: office), SystemScene.path("server.key", in: office)
                )
                return "  certificate: \(certificate)\n  key: \(key)"
            }, work)
    }

    /// What the service says to a greeting that comes in these pieces.
    private static func answer(_ office: Office, _ pieces: [[UInt8]]) async throws -> ServerSaid {
        let socket = office.socket
        return try await offMain {
            let peer = try Peer(socket: socket)
            for piece in pieces { try? peer.send(piece) }
            peer.finishSending()
            return ServerSaid(peer.receiveAll())
        }
    }

    @Test("X25519MLKEM768 is agreed on with whoever offers it, wherever in the list, and X25519 with whoever does not")
    func prefers() async throws {
        let (hybrid, x25519, p256, grease) = (Self.hybrid, Self.x25519, Self.p256, Self.grease)
        try await Self.run { office in
            let lists: [(offered: [UInt16], agreed: UInt16)] = [
                ([x25519, hybrid], hybrid), ([hybrid, x25519], hybrid), ([grease, p256, x25519, hybrid], hybrid),
                ([hybrid], hybrid), ([x25519], x25519), ([grease, p256, x25519], p256), ([p256], p256),
            ]
            for (offered, agreed) in lists {
                let said = try await Self.answer(office, [Greeting(groups: offered).bytes()])
                #expect(said == .tryAgain(group: agreed), "\(offered.map { String($0, radix: 16) })")
            }
            // However it comes over.
            let greeting = Greeting(groups: [x25519, hybrid])
            #expect(try await Self.answer(office, [greeting.bytes(records: 5)]) == .tryAgain(group: hybrid))
            #expect(try await Self.answer(office, greeting.bytes(records: 3).map { [$0] }) == .tryAgain(group: hybrid))
        }
    }

    @Test("nothing older than TLS 1.2 is spoken, and nothing else")
    func refuses() async throws {
        try await Self.run { office in
            for version in [0x0300, 0x0301, 0x0302] as [UInt16] {
                for versions in [[], [version]] {
                    let old = Greeting(version: version, versions: versions, groups: [Self.x25519])
                    let said = try await Self.answer(office, [old.bytes()])
                    #expect(said == .alert(70), "\(String(version, radix: 16)) \(versions)")
                }
            }
            // What somebody in between puts before a greeting, or cuts it into, does not keep the hybrid out.
            let both = Greeting(groups: [Self.x25519, Self.hybrid])
            let none = [
                [21, 3, 1, 0, 2, 1, 90] + both.bytes(), both.bytes(records: 9),
                Array("GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n".utf8), [22, 3, 1, 0, 4, 2, 0, 0, 0],
                Greeting(groups: [Self.hybrid]).bytes(records: 40), [UInt8](repeating: 22, count: 40_000),
            ]
            for bytes in none {
                switch try await Self.answer(office, [bytes]) {
                case .alert, .other([]): break
                case let said: Issue.record("\(bytes.prefix(8)) gets \(said)")
                }
            }
            // A client of TLS 1.2 that names the hybrid cannot mean it.
            let older = Greeting(versions: [], groups: [Self.hybrid, Self.x25519, Self.p256])
            #expect(try await Self.answer(office, [older.bytes()]) == .hello(version: 0x0303))
        }
    }

    @Test("clients of before the hybrid get through", arguments: [["--curves", "X25519"], ["--tls-max", "1.2"], []])
    func older(options: [String]) async throws {
        try await Self.run { office in
            let socket = office.socket
            let reply = try await offMain {
                try Python.run(
                    ["curl", "--silent", "--insecure", "--unix-socket", socket, "https://localhost/healthz"] + options)
            }
            #expect(reply.status == 0 && reply.output == "ok\n", "\(reply.output)")
        }
    }

    @Test(
        "a client of the hybrid gets through, whether it begins with it or is asked for it", arguments: [false, true])
    func hybrid(asked: Bool) async throws {
        try await Self.run { office in
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.certificateVerification = .none
            configuration.curves = asked ? [.x25519, .x25519_MLKEM768] : [.x25519_MLKEM768]
            let context = try NIOSSLContext(configuration: configuration)
            let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(unixDomainSocketPath: office.socket) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: nil))
                        return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
            let answer = try await connection.executeThenClose { inbound, outbound in
                let ask = "GET /healthz HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
                try await outbound.write(ByteBuffer(string: ask))
                var answer = ""
                for try await part in inbound { answer += String(buffer: part) }
                return answer
            }
            #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.hasSuffix("ok\n"), "\(answer)")
        }
    }
}

/// A ClientHello without a key share: a server that takes one of its groups has to say which.
private struct Greeting {
    var version: UInt16 = 0x0303
    /// Of the extension, which is left out when there are none.
    var versions: [UInt16] = [0x0304, 0x0303]
    var groups: [UInt16]

    /// `records`: over how many it is spread.
    func bytes(records: Int = 1) -> [UInt8] {
        var extensions = Self.extension(10, Self.prefixed(Self.list(groups), 2))
        extensions += Self.extension(13, Self.prefixed(Self.list([0x0403, 0x0804, 0x0401]), 2))
        extensions += Self.extension(11, [1, 0])
        if !versions.isEmpty {
            extensions += Self.extension(43, Self.prefixed(Self.list(versions), 1)) + Self.extension(51, [0, 0])
        }
        let hello =
            Self.list([version]) + [UInt8](repeating: 7, count: 32) + [0]
            + Self.prefixed(Self.list([0x1301, 0xc02b, 0xc009, 0x002f]), 2) + [1, 0] + Self.prefixed(extensions, 2)
        let message = [1] + Self.prefixed(hello, 3)
        let size = (message.count + records - 1) / records
        return stride(from: 0, to: message.count, by: size).flatMap { start in
            [22, 3, 1] + Self.prefixed(Array(message[start..<min(start + size, message.count)]), 2)
        }
    }

    private static func `extension`(_ number: UInt16, _ content: [UInt8]) -> [UInt8] {
        list([number]) + prefixed(content, 2)
    }

    private static func list(_ numbers: [UInt16]) -> [UInt8] {
        numbers.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
    }

    /// Behind their length in so many bytes.
    private static func prefixed(_ bytes: [UInt8], _ width: Int) -> [UInt8] {
        (0..<width).reversed().map { UInt8(truncatingIfNeeded: bytes.count >> (8 * $0)) } + bytes
    }
}

/// The first thing that a server says.
private enum ServerSaid: Equatable {
    /// HelloRetryRequest (RFC 8446, section 4.1.4).
    case tryAgain(group: UInt16)
    case hello(version: UInt16)
    case alert(UInt8)
    case other([UInt8])

    /// Of a ServerHello that is a HelloRetryRequest: the SHA-256 of that word.
    private static let tryAgainRandom = Array(Digest.sha256(Array("HelloRetryRequest".utf8)).bytes)

    init(_ bytes: [UInt8]) {
        var record = ByteBuffer(bytes: bytes)
        let kind = record.readInteger(as: UInt8.self)
        guard record.readInteger(as: UInt16.self) != nil, var content = record.readLengthPrefixedSlice(as: UInt16.self)
        else {
            self = .other(bytes)
            return
        }
        if kind == 21, let alert = content.getInteger(at: 1, as: UInt8.self) {
            self = .alert(alert)
            return
        }
        guard kind == 22, content.readBytes(length: 4)?.first == 2, let version = content.readInteger(as: UInt16.self),
            let random = content.readBytes(length: 32), content.readLengthPrefixedSlice(as: UInt8.self) != nil
        else {
            self = .other(bytes)
            return
        }
        guard random == Self.tryAgainRandom else {
            self = .hello(version: version)
            return
        }
        guard content.readBytes(length: 3) != nil, var extensions = content.readLengthPrefixedSlice(as: UInt16.self)
        else {
            self = .other(bytes)
            return
        }
        var group: UInt16?
        while let kind = extensions.readInteger(as: UInt16.self),
            let content = extensions.readLengthPrefixedSlice(as: UInt16.self)
        {
            if kind == 51 { group = content.getInteger(at: content.readerIndex, as: UInt16.self) }
        }
        self = group.map { .tryAgain(group: $0) } ?? .other(bytes)
    }
}
