import Foundation
import Sealing
import Testing

@testable import Web

@Suite("Uploads in pieces (tus 1.0.0)", .serialized)
struct UploadTests {
    private static let tus = ["Tus-Resumable": "1.0.0"]

    private func metadata(_ office: Office, type: String = "application/octet-stream", category: String = "D05")
        -> String
    {
        [("case", "\(office.caseID)"), ("category", category), ("title", "Long film"), ("type", type)]
            .map { "\($0) \(Data($1.utf8).base64EncodedString())" }.joined(separator: ",")
    }

    private func begin(_ count: Int, _ office: Office, as name: String = "priya") async throws -> Peer.Answer {
        let headers = Self.tus.merging(
            ["Upload-Length": "\(count)", "Upload-Metadata": metadata(office), "Content-Length": "0"]) { $1 }
        return try await office.ask("POST", "/v1/uploads", as: name, headers)
    }

    private func send(
        _ bytes: [UInt8], to path: String, at offset: Int, _ office: Office, as name: String = "priya",
        _ more: [String: String] = [:]
    ) async throws -> Peer.Answer {
        let headers = Self.tus.merging(
            ["Upload-Offset": "\(offset)", "Content-Type": "application/offset+octet-stream"]) { $1 }
        return try await office.ask("PATCH", path, as: name, headers.merging(more) { $1 }, body: bytes)
    }

    private let film = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    @Test("become one document, whatever the pieces")
    func pieces() async throws {
        try await Office.open { office in
            let begun = try await begin(film.count, office)
            #expect(begun.status == 201 && begun.headers["tus-resumable"] == "1.0.0")
            let path = try #require(begun.headers["location"])
            var offset = 0
            var last: Peer.Answer?
            for count in [1, 65_536, 100_000, film.count - 165_537] {
                let answer = try await send(Array(film[offset..<offset + count]), to: path, at: offset, office)
                #expect(answer.status == 204, "\(answer.text)")
                offset += count
                #expect(answer.headers["upload-offset"] == "\(offset)")
                if offset < film.count {
                    let state = try await office.ask("HEAD", path, as: "priya", Self.tus)
                    #expect(state.headers["upload-offset"] == "\(offset)")
                    #expect(state.headers["upload-length"] == "\(film.count)")
                    #expect(state.headers["upload-expires"]?.hasSuffix("GMT") == true)
                }
                last = answer
            }
            let document = try #require(last?.headers["content-location"])
            #expect(try await office.ask("GET", document + "/content", as: "sam").body == film)
            #expect(try await office.ask("HEAD", path, as: "priya", Self.tus).status == 404, "it is a document now")
        }
    }

    @Test("go on where a broken connection left them")
    func resumes() async throws {
        try await Office.open { office in
            let path = try #require(try await begin(film.count, office).headers["location"])
            let (socket, token) = (office.socket, try office.token("priya"))
            try await offMain {
                let peer = try Peer(socket: socket)
                try peer.send(
                    "PATCH \(path) HTTP/1.1\r\nHost: test\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
                        + "Content-Type: application/offset+octet-stream\r\nAuthorization: Bearer \(token)\r\n"
                        + "Content-Length: 300000\r\n\r\n")
                try peer.send(Array(film[..<120_000]))
                peer.finishSending()
                _ = peer.receiveAll()
            }
            let state = try await office.ask("HEAD", path, as: "priya", Self.tus)
            let offset = try #require(state.headers["upload-offset"].flatMap { Int($0) })
            #expect(offset == 120_000)
            let rest = try await send(Array(film[offset...]), to: path, at: offset, office)
            let document = try #require(rest.headers["content-location"])
            #expect(try await office.ask("GET", document + "/content", as: "sam").body == film)
        }
    }

    @Test("take a piece only where it belongs, as long as it may be, and as its checksum says")
    func guards() async throws {
        try await Office.open { office in
            let path = try #require(try await begin(1000, office).headers["location"])
            let piece = [UInt8](repeating: 5, count: 400)
            let sum = Data(Digest.sha256(piece).bytes).base64EncodedString()
            let wrong = Data(Digest.sha256([1]).bytes).base64EncodedString()
            let bad = try await send(piece, to: path, at: 0, office, ["Upload-Checksum": "sha256 \(wrong)"])
            #expect(bad.status == 460)
            #expect(try await send(piece, to: path, at: 0, office, ["Upload-Checksum": "crc32 AAAA"]).status == 400)
            #expect(try await send(piece, to: path, at: 0, office, ["Upload-Checksum": "sha256 \(sum)"]).status == 204)
            let again = try await send(piece, to: path, at: 0, office)
            #expect(again.status == 409 && again.problem == "wrong-offset")
            let long = try await send([UInt8](repeating: 5, count: 200_000), to: path, at: 400, office)
            #expect(long.status == 413)
            #expect(try await office.ask("HEAD", path, as: "priya", Self.tus).headers["upload-offset"] == "400")
            #expect(try await office.ask("HEAD", path, as: "priya").status == 412, "without a version")
        }
    }

    @Test("are their beginner's alone, end when told to, and run out")
    func ownership() async throws {
        try await Office.open { office in
            #expect(try await begin(10, office, as: "hana").status == 403, "who may not deposit may not begin")
            let path = try #require(try await begin(10, office).headers["location"])
            for name in ["sam", "henry", "ada"] {
                #expect(try await office.ask("HEAD", path, as: name, Self.tus).status == 404)
                #expect(try await send([1], to: path, at: 0, office, as: name).status == 404)
                #expect(try await office.ask("DELETE", path, as: name, Self.tus).status == 404)
            }
            #expect(try await send([1, 2, 3], to: path, at: 0, office).status == 204)
            #expect(try await office.ask("DELETE", path, as: "priya", Self.tus).status == 204)
            #expect(try await office.ask("HEAD", path, as: "priya", Self.tus).status == 404)
            let objects = try FileManager.default.subpathsOfDirectory(atPath: office.vaultPath + "/objects")
            #expect(!objects.contains { $0.utf8.count == 67 }, "nothing of it is left")
            let pat = try await office.ask(
                "POST", "/v1/account/tokens", as: "priya", json: #"{"name":"a","days":9}"#)
            let token = ["Authorization": "Bearer \(try #require(pat.json["token"] as? String))"]
            let late = try #require(try await begin(10, office).headers["location"])
            office.clock.advance(seconds: 23 * 3600)
            #expect(try await office.ask("HEAD", late, Self.tus.merging(token) { $1 }).status == 200)
            office.clock.advance(seconds: 2 * 3600)
            #expect(try await office.ask("HEAD", late, Self.tus.merging(token) { $1 }).status == 404, "it has run out")
        }
    }

    @Test("I5: leave nothing in clear on the disk on the way")
    func nothingInClear() async throws {
        try await Office.open { office in
            let canary = Array("CANARY-IN-A-PIECE-OF-A-FILM".utf8)
            let path = try #require(try await begin(1000, office).headers["location"])
            #expect(try await send(canary, to: path, at: 0, office).status == 204)
            for file in try FileManager.default.subpathsOfDirectory(atPath: office.vaultPath) {
                guard let data = FileManager.default.contents(atPath: office.vaultPath + "/" + file) else { continue }
                let bytes = [UInt8](data)
                #expect(!bytes.contains("CANARY-IN-A-PIECE") && !bytes.contains("Long film"), "\(file)")
            }
        }
    }
}
