import Foundation
import Sealing
import Testing

@testable import Web

/// What schemathesis cannot say: a header twice, offsets that follow the upload, checksums that are right, bodies that are not as long as they may be.
@Suite("A piece of an upload that is not as described", .serialized)
struct PieceTests {
    /// The part of a request that may be wrong. The first of each is right.
    struct Piece: Sendable {
        enum Body: Sendable { case whole, chunked, empty, tooLong }

        var version: [String]
        var offset: [String]
        var type: [String]
        var checksum: [String]
        var body: Body
    }

    static let versions = [["1.0.0"], [], [""], ["0.2.2"], ["1.0.0", "1.0.0"], ["1.0"]]
    /// `@` is where the upload is, `>` one further.
    static let offsets = [
        ["@"], [], [""], [">"], ["-1"], ["+@"], ["-0"], ["@", "@"], ["@, @"], ["0x0"], ["@.0"], ["1e3"], ["@ @"], ["٣"],
        ["000000000000000000000"], ["9223372036854775808"], ["18446744073709551615"], ["18446744073709551616"],
        [String(repeating: "9", count: 400)],
    ]
    static let types = [
        ["application/offset+octet-stream"], [], [""], ["application/octet-stream"], ["*/*"],
        ["application/offset+octet-stream", "application/offset+octet-stream"], ["application/json"],
    ]
    static let checksums = [
        [], ["sha256 \(sum)"], [""], ["sha256"], ["sha256 "], ["sha256 !!"], ["sha256 AAAA"], ["md5 \(sum)"],
        ["sha1 \(sum)"],
        ["sha256 \(sum)", "sha256 \(sum)"], [sum], ["sha256 \(sum) \(sum)"],
        ["sha256 \(String(repeating: "A", count: 8000))"],
    ]
    static let bodies: [Piece.Body] = [.whole, .chunked, .empty, .tooLong]

    static let piece = Array("piece".utf8)
    static let sum = Data(Digest.sha256(piece).bytes).base64EncodedString()
    static let length = 50_000

    /// The right piece, each with one thing wrong, and each with two.
    static let pieces: [Piece] = {
        let right = Piece(
            version: versions[0], offset: offsets[0], type: types[0], checksum: checksums[0], body: bodies[0])
        let changes: [[(inout Piece) -> Void]] = [
            versions.map { value in { $0.version = value } },
            offsets.map { value in { $0.offset = value } },
            types.map { value in { $0.type = value } },
            checksums.map { value in { $0.checksum = value } },
            bodies.map { value in { $0.body = value } },
        ]
        return changes.indices.flatMap { first in
            changes.indices.dropFirst(first + 1).flatMap { second in
                changes[first].flatMap { one in
                    changes[second].map { two in
                        var piece = right
                        one(&piece)
                        two(&piece)
                        return piece
                    }
                }
            }
        }
    }()

    @Test("is refused as it is described, moves nothing, and only what is right in everything is taken")
    func pieces() async throws {
        let statuses = try Self.documented("patch", "/v1/uploads/{upload}")
        try await Office.open({ $0.rates = .init(accountPerSecond: 1e6, networkPerSecond: 1e6) }) { office in
            let path = try await Self.begin(office)
            var at = 0
            for piece in Self.pieces {
                let offset = piece.offset.map {
                    $0.replacing("@", with: "\(at)").replacing(">", with: "\(at + 1)")
                }
                let body = Self.bytes(piece.body, at: at)
                let isRight =
                    piece.version == ["1.0.0"] && offset == ["\(at)"] && piece.type == Self.types[0]
                    && body.count <= Self.length - at
                    && (piece.checksum == [] || body == Self.piece && piece.checksum == Self.checksums[1])
                let what = "\(piece), at \(at)"
                let answer = try await Self.send(
                    office, path,
                    [
                        "Tus-Resumable": piece.version, "Upload-Offset": offset, "Content-Type": piece.type,
                        "Upload-Checksum": piece.checksum,
                    ], body, isChunked: piece.body == .chunked)
                #expect(statuses.contains(answer.status) && answer.status < 500, "\(what): \(answer.status)")
                #expect((answer.status == 204) == isRight, "\(what): \(answer.status) \(answer.text)")
                if answer.status == 204 {
                    at += body.count
                    #expect(answer.headers["upload-offset"] == "\(at)", "\(what)")
                } else {
                    #expect(answer.headers["content-type"] == "application/problem+json", "\(what)")
                    #expect(Problem.schema.fault(in: try JSON(parsing: answer.body)) == nil, "\(what)")
                }
            }
            #expect(at > 0)
            let state = try await office.ask("HEAD", path, as: "priya", ["Tus-Resumable": "1.0.0"])
            #expect(state.headers["upload-offset"] == "\(at)")
            #expect(!office.log.text.contains(#""level":"error""#))
        }
    }

    @Test("nor is an upload begun that has no length, or says what cannot be read")
    func beginnings() async throws {
        let statuses = try Self.documented("post", "/v1/uploads")
        try await Office.open { office in
            let good = Self.metadata(office)
            let lengths = [
                "", "-1", "+5", "-0", "0x5", "5.0", "5, 5", "18446744073709551616", "99999999999999999999999",
            ]
            var wrong: [(length: [String], metadata: [String])] = [([], [good]), (["5", "5"], [good]), (["5"], [])]
            for length in lengths { wrong.append(([length], [good])) }
            for text in [
                "", "case", "case !!", "\(good),\(good)", "\(good),title /w==", ", ,", "case\u{1}x",
                "category,title,type,case",
                good.replacing("type ", with: "kind "), String(repeating: "a", count: 9000),
            ] { wrong.append((["5"], [text])) }
            for (length, metadata) in wrong {
                let answer = try await Self.send(
                    office, "/v1/uploads",
                    ["Tus-Resumable": ["1.0.0"], "Upload-Length": length, "Upload-Metadata": metadata], [],
                    method: "POST")
                let what = "\(length) \(metadata.map { $0.prefix(60) }): \(answer.text)"
                #expect(statuses.contains(answer.status) && (400...499).contains(answer.status), "\(what)")
            }
            #expect(!office.log.text.contains(#""level":"error""#))
        }
    }

    private static func bytes(_ body: Piece.Body, at offset: Int) -> [UInt8] {
        switch body {
        case .whole, .chunked: piece
        case .empty: []
        case .tooLong: [UInt8](repeating: 1, count: length - offset + 1)
        }
    }

    /// The statuses that the description has for a request.
    private static func documented(_ method: String, _ path: String) throws -> Set<Int> {
        guard case .object(let responses)? = OpenAPI.document["paths"]?[path]?[method]?["responses"] else {
            throw Peer.Broken()
        }
        return Set(responses.keys.compactMap { Int($0) })
    }

    private static func metadata(_ office: Office) -> String {
        [("case", "\(office.caseID)"), ("category", "D05"), ("title", "Film"), ("type", "application/octet-stream")]
            .map { "\($0) \(Data($1.utf8).base64EncodedString())" }.joined(separator: ",")
    }

    private static func begin(_ office: Office) async throws -> String {
        let begun = try await send(
            office, "/v1/uploads",
            ["Tus-Resumable": ["1.0.0"], "Upload-Length": ["\(length)"], "Upload-Metadata": [metadata(office)]], [],
            method: "POST")
        return try #require(begun.headers["location"], "\(begun.text)")
    }

    /// `headers`: each as often as it has values.
    private static func send(
        _ office: Office, _ path: String, _ headers: [String: [String]], _ body: [UInt8], isChunked: Bool = false,
        method: String = "PATCH"
    ) async throws -> Peer.Answer {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer \(try office.token("priya"))\r\n"
        for (name, values) in headers { head += values.map { "\(name): \($0)\r\n" }.joined() }
        head += isChunked ? "Transfer-Encoding: chunked\r\n\r\n" : "Content-Length: \(body.count)\r\n\r\n"
        let chunk = Array("\(String(body.count, radix: 16))\r\n".utf8) + body + Array("\r\n0\r\n\r\n".utf8)
        let (socket, bytes) = (office.socket, Array(head.utf8) + (isChunked ? chunk : body))
        return try await offMain {
            let peer = try Peer(socket: socket)
            // A refusal may come, and the connection close, before all of a body is sent.
            try? peer.send(bytes)
            return try peer.answer()
        }
    }
}
