import Foundation
import Testing

@testable import Web

@Suite("Malformed HTTP", .serialized)
struct MalformedTests {
    struct Attack: Sendable {
        let what: String
        let bytes: [UInt8]

        init(_ what: String, _ text: String) {
            self.what = what
            bytes = Array(text.utf8)
        }
    }

    /// What two readers of the same bytes could take for different requests, and what is no request at all.
    static let attacks: [Attack] = [
        Attack("length and chunks", post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n")),
        Attack("chunks and length", post("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n")),
        Attack("two lengths", post("Content-Length: 5\r\nContent-Length: 6", "aaaaaa")),
        Attack("the same length twice", post("Content-Length: 5\r\nContent-Length: 5", "aaaaa")),
        Attack("a list of lengths", post("Content-Length: 5, 5", "aaaaa")),
        Attack("a length with a sign", post("Content-Length: +5", "aaaaa")),
        Attack("a negative length", post("Content-Length: -1", "")),
        Attack("a length in hexadecimal", post("Content-Length: 0x5", "aaaaa")),
        Attack("a length beyond counting", post("Content-Length: 99999999999999999999999", "a")),
        Attack("an empty length", post("Content-Length:", "")),
        Attack("an unknown coding", post("Transfer-Encoding: gzip", "")),
        Attack("chunks behind another coding", post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n")),
        Attack("chunked in disguise", post("Transfer-Encoding: xchunked", "0\r\n\r\n")),
        Attack("chunked twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n")),
        Attack("chunked behind a vertical tab", post("Transfer-Encoding:\u{b}chunked", "0\r\n\r\n")),
        Attack("chunked under a name with a space", post("Transfer-Encoding : chunked", "0\r\n\r\n")),
        Attack("chunked in quotes", post("Transfer-Encoding: \"chunked\"", "0\r\n\r\n")),
        Attack("chunked before another coding", post("Transfer-Encoding: chunked, identity", "0\r\n\r\n")),
        Attack("chunked on a folded line", post("Transfer-Encoding:\r\n chunked", "0\r\n\r\n")),
        Attack("a length on a folded line", post("Content-Length:\r\n 5", "aaaaa")),
        Attack("a length with a space in it", post("Content-Length: 5 5", "aaaaa")),
        Attack(
            "chunks and length, in other letters", post("TRANSFER-encoding: Chunked\r\ncontent-LENGTH: 5", "0\r\n\r\n")),
        Attack("a chunk's size ended by a bare line feed", post("Transfer-Encoding: chunked", "5\naaaaa\r\n0\r\n\r\n")),
        Attack("a chunk ended by a bare line feed", post("Transfer-Encoding: chunked", "5\r\naaaaa\n0\r\n\r\n")),
        Attack(
            "a chunk's extension with a bare line feed",
            post("Transfer-Encoding: chunked", "5;a\nb\r\naaaaa\r\n0\r\n\r\n")),
        Attack("a chunk's size with a space before it", post("Transfer-Encoding: chunked", " 5\r\naaaaa\r\n0\r\n\r\n")),
        Attack("a chunk's size with a prefix", post("Transfer-Encoding: chunked", "0x5\r\naaaaa\r\n0\r\n\r\n")),
        Attack("a chunk of no size", post("Transfer-Encoding: chunked", "zz\r\naaaaa\r\n0\r\n\r\n")),
        Attack("a chunk with a negative size", post("Transfer-Encoding: chunked", "-1\r\na\r\n0\r\n\r\n")),
        Attack("a chunk beyond counting", post("Transfer-Encoding: chunked", "fffffffffffffffff\r\na\r\n")),
        Attack("a chunk longer than said", post("Transfer-Encoding: chunked", "1\r\naaaa\r\n0\r\n\r\n")),
        Attack("a space before the colon", get("Content-Length : 0")),
        Attack("a folded header", get("X-A: b\r\n c")),
        Attack("a header folded by a tab", get("X-A: b\r\n\tc")),
        Attack("a header without a colon", get("X-A")),
        Attack("a header without a name", get(": x")),
        Attack("a nul in a header", get("X-A: a\u{0}b")),
        Attack("a bare return in a header", get("X-A: a\rX-B: c")),
        Attack("a control character in a name", get("X\u{1}A: b")),
        Attack("a bare line feed at the end of a header", "GET /healthz HTTP/1.1\r\nHost: test\nX: y\r\n\r\n"),
        Attack("only bare line feeds", "GET /healthz HTTP/1.1\nHost: test\n\n"),
        Attack("no version", "GET /healthz\r\n\r\n"),
        Attack("a version that is none", "GET /healthz HTTP/9.9\r\nHost: test\r\n\r\n"),
        Attack("HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        Attack("a method that is none", "G<T /healthz HTTP/1.1\r\nHost: test\r\n\r\n"),
        Attack("no address", "GET HTTP/1.1\r\nHost: test\r\n\r\n"),
        Attack("no host", "GET /healthz HTTP/1.1\r\n\r\n"),
        Attack("two hosts", "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        Attack("a host with a space", "GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n"),
        Attack("TLS on a plain port", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}"),
        Attack("a header too long", get("X-A: " + String(repeating: "a", count: 40_000))),
        Attack("too many headers", get((0..<300).map { "X-\($0): a" }.joined(separator: "\r\n"))),
        Attack(
            "an address too long", "GET /" + String(repeating: "a", count: 100_000) + " HTTP/1.1\r\nHost: test\r\n\r\n"),
    ]

    private static func get(_ header: String) -> String { "GET /healthz HTTP/1.1\r\nHost: test\r\n\(header)\r\n\r\n" }

    private static func post(_ header: String, _ body: String) -> String {
        "POST /v1/session HTTP/1.1\r\nHost: test\r\n"
            + "Content-Type: application/x-www-form-urlencoded\r\n\(header)\r\n\r\n\(body)"
    }

    /// Behind each stands a request that would be answered if the first were read wrongly.
    @Test("gets 400 and the connection's end, and nothing behind it is read")
    func corpus() async throws {
        try await Office.open { office in
            let socket = office.socket
            for attack in Self.attacks {
                let (answered, isClosed) = try await offMain {
                    let peer = try Peer(socket: socket)
                    try? peer.send(attack.bytes + Array("GET /healthz HTTP/1.1\r\nHost: smuggled\r\n\r\n".utf8))
                    return (peer.receiveAll(), peer.isClosed)
                }
                #expect(isClosed, "\(attack.what): the connection stays open")
                let text = String(decoding: answered, as: UTF8.self)
                #expect(text.hasPrefix("HTTP/1.1 400 "), "\(attack.what): \(text.prefix(120))")
                #expect(text.ranges(of: "HTTP/1.1 ").count == 1, "\(attack.what): answered twice")
                #expect(!text.contains("\r\n\r\nok\n"), "\(attack.what): smuggled")
            }
            #expect(try await office.ask("GET", "/healthz").status == 200)
        }
    }

    @Test("does not trouble well-formed requests on one connection, one after the other")
    func pipelines() async throws {
        try await Office.open { office in
            let socket = office.socket
            try await offMain {
                let peer = try Peer(socket: socket)
                let one = "GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n"
                try peer.send(one + one)
                #expect(try peer.answer().text == "ok\n")
                #expect(try peer.answer().text == "ok\n")
                for part in ["GET /hea", "lthz HTT", "P/1.1\r\nHost: te", "st\r\n\r", "\n"] { try peer.send(part) }
                #expect(try peer.answer().text == "ok\n")
            }
        }
    }
}
