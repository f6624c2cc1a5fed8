import Foundation
import Sealing
import Testing
import Vault

@testable import Web

@Suite("Content over HTTP", .serialized)
struct ContentTests {
    private func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 7) } }

    private func stored(_ bytes: [UInt8], in office: Office) async throws -> String {
        let answer = try await office.deposit(bytes)
        #expect(answer.status == 201, "\(answer.text)")
        let document = try #require(answer.json["document"] as? String)
        #expect(answer.headers["location"] == "/v1/documents/\(document)")
        return document
    }

    @Test("comes back as it was sent, of any length")
    func roundTrip() async throws {
        try await Office.open { office in
            for count in [0, 1, 65_535, 65_536, 65_537, 524_288, 524_289, 3_000_000] {
                let sent = bytes(count)
                let document = try await stored(sent, in: office)
                let read = try await office.ask("GET", "/v1/documents/\(document)/content", as: "sam")
                #expect(read.status == 200 && read.isWhole)
                #expect(read.body == sent, "\(count)")
                let head = try await office.ask("HEAD", "/v1/documents/\(document)/content", as: "sam")
                #expect(head.status == 200 && head.headers["content-length"] == "\(count)")
            }
        }
    }

    @Test("is given in part when a part is asked for (RFC 9110, section 14)")
    func ranges() async throws {
        try await Office.open { office in
            let sent = bytes(700_000)
            let document = try await stored(sent, in: office)
            let path = "/v1/documents/\(document)/content"
            let table: [(String, Range<Int>?)] = [
                ("bytes=0-0", 0..<1), ("bytes=0-99", 0..<100), ("bytes=65535-65536", 65535..<65537),
                ("bytes=600000-", 600_000..<700_000), ("bytes=-5", 699_995..<700_000),
                ("bytes=-9999999", 0..<700_000), ("bytes=699999-9999999", 699_999..<700_000),
                // Not one range: as if nothing was asked.
                ("bytes=0-1,5-6", nil), ("bytes=5-4", nil), ("lines=1-2", nil), ("bytes=a-b", nil), ("bytes=-", nil),
            ]
            for (header, range) in table {
                let answer = try await office.ask("GET", path, as: "sam", ["Range": header])
                #expect(answer.status == (range == nil ? 200 : 206), "\(header)")
                #expect(answer.body == Array(sent[range ?? 0..<sent.count]), "\(header)")
                if let range {
                    let wanted = "bytes \(range.lowerBound)-\(range.upperBound - 1)/700000"
                    #expect(answer.headers["content-range"] == wanted)
                }
            }
            let outside = try await office.ask("GET", path, as: "sam", ["Range": "bytes=700000-"])
            #expect(outside.status == 416 && outside.headers["content-range"] == "bytes */700000")
            let whole = try await office.ask("GET", path, as: "sam")
            let tag = try #require(whole.headers["etag"])
            for (known, status) in [(tag, 206), ("\"9-original\"", 200), ("W/\(tag)", 200)] {
                let answer = try await office.ask("GET", path, as: "sam", ["Range": "bytes=0-9", "If-Range": known])
                #expect(answer.status == status)
            }
            // Of another form the range says nothing, wherever it lies.
            let other = ["Range": "bytes=700000-", "If-Range": "\"9-original\""]
            #expect(try await office.ask("GET", path, as: "sam", other).status == 200)
            #expect(try await office.ask("GET", path, as: "sam", ["If-None-Match": tag]).status == 304)
        }
    }

    @Test("carries the digest of the whole to who wants it (RFC 9530)")
    func reprDigest() async throws {
        try await Office.open { office in
            let sent = bytes(600_000)
            let document = try await stored(sent, in: office)
            let answer = try await office.ask(
                "GET", "/v1/documents/\(document)/content", as: "sam",
                ["Range": "bytes=5-9", "Want-Repr-Digest": "sha-256=10"])
            let wanted = Data(Digest.sha256(sent).bytes).base64EncodedString()
            #expect(answer.headers["repr-digest"] == "sha-256=:\(wanted):")
            #expect(answer.body == Array(sent[5..<10]))
        }
    }

    @Test("is kept only when it is what its digest says, and came whole")
    func uploadsAreChecked() async throws {
        try await Office.open { office in
            let sent = bytes(100_000)
            let right = "sha-256=:\(Data(Digest.sha256(sent).bytes).base64EncodedString()):"
            #expect(try await office.deposit(sent, ["Content-Digest": right]).status == 201)
            let other = "sha-256=:\(Data(Digest.sha256([1]).bytes).base64EncodedString()):"
            let table = [(other, "digest-mismatch"), ("md5=:AAAA:", "malformed"), ("sha-256=:AA:", "malformed")]
            for (header, problem) in table {
                let answer = try await office.deposit(sent, ["Content-Digest": header])
                #expect(answer.status == 400 && answer.problem == problem, "\(header)")
            }
            try await breakOff(sent, in: office, chunked: false)
            try await breakOff(sent, in: office, chunked: true)
            let list = try await office.ask("GET", "/v1/cases/\(office.caseID)/documents", as: "sam")
            #expect((list.json["items"] as? [Any])?.count == 1)
            let staging = try FileManager.default.contentsOfDirectory(atPath: office.vaultPath + "/staging")
            #expect(staging == [])
        }
    }

    /// Sends half of a body, says that nothing more comes, and waits for the answer.
    private func breakOff(_ bytes: [UInt8], in office: Office, chunked: Bool) async throws {
        let token = try office.token("priya")
        let (socket, caseID) = (office.socket, office.caseID)
        let answered = try await offMain {
            let peer = try Peer(socket: socket)
            let length = chunked ? "Transfer-Encoding: chunked" : "Content-Length: \(bytes.count)"
            try peer.send(
                "POST /v1/cases/\(caseID)/documents?category=D05 HTTP/1.1\r\nHost: test\r\nDocument-Title: x\r\n"
                    + "Content-Type: application/octet-stream\r\nAuthorization: Bearer \(token)\r\n\(length)\r\n\r\n")
            if chunked { try peer.send("C350\r\n") }
            try peer.send(Array(bytes[..<50_000]))
            if chunked { try peer.send("\r\n") }
            peer.finishSending()
            return peer.receiveAll()
        }
        #expect(!answered.contains("HTTP/1.1 2"), "\(String(decoding: answered.prefix(200), as: UTF8.self))")
    }

    @Test("is refused when it is too long, of no type we take, or not of its type")
    func refusedContent() async throws {
        try await Office.open({ $0.largestDocument = 50_000 }) { office in
            #expect(try await office.deposit(bytes(50_001)).status == 413)
            #expect(try await office.deposit(bytes(10), ["Content-Type": "text/html"]).status == 415)
            let lie = try await office.deposit(bytes(10), ["Content-Type": "application/pdf"])
            #expect(lie.status == 415 && lie.problem == "type-mismatch")
            #expect(try await office.deposit(bytes(10), as: "sam").status == 403)
        }
    }

    @Test("I6: that is damaged breaks the answer off, and never ends it cleanly")
    func damage() async throws {
        try await Office.open { office in
            let sent = bytes(2_000_000)
            let document = try await stored(sent, in: office)
            let objects = office.vaultPath + "/objects"
            let object = try #require(
                try FileManager.default.subpathsOfDirectory(atPath: objects).first { $0.utf8.count == 67 })
            let file = try #require(FileHandle(forUpdatingAtPath: objects + "/" + object))
            try file.seek(toOffset: 1_500_000)
            try file.write(contentsOf: Data([0xff, 0x00, 0xff]))
            try file.close()
            let path = "/v1/documents/\(document)/content"
            let broken = try await office.ask("GET", path, as: "sam")
            #expect(broken.status == 200 && !broken.isWhole)
            #expect(broken.body == Array(sent[..<broken.body.count]), "no wrong byte came")
            let later = try await office.ask("GET", path, as: "sam", ["Range": "bytes=1500000-1500009"])
            #expect(later.status == 500 && later.problem == "fault")
        }
    }

    @Test("is replaced only by who has read what it replaces")
    func conditions() async throws {
        try await Office.open { office in
            let document = try await stored(bytes(100), in: office)
            let path = "/v1/documents/\(document)"
            let type = ["Content-Type": "application/octet-stream"]
            let first = try await office.ask("GET", path, as: "priya")
            let tag = try #require(first.headers["etag"])
            func replace(_ headers: [String: String]) async throws -> Peer.Answer {
                try await office.ask(
                    "PUT", path + "/content", as: "priya", type.merging(headers) { $1 }, body: bytes(50))
            }
            #expect(try await replace([:]).status == 428)
            #expect(try await replace(["If-Match": "\"other\""]).status == 412)
            #expect(try await replace(["If-Match": "W/\(tag)"]).status == 412)
            #expect(try await replace(["If-Match": "\"other\", \(tag)"]).status == 201)
            #expect(try await replace(["If-Match": tag]).status == 412, "somebody has changed it since")
            let newer = try #require(try await office.ask("GET", path, as: "priya").headers["etag"])
            let both = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 { group.addTask { try await replace(["If-Match": newer]).status } }
                return try await group.reduce(into: []) { $0.append($1) }.sorted()
            }
            #expect(both == [201, 412, 412, 412], "of those who change it at once one is the first")
            let extract = path + "/renditions/extract"
            #expect(try await office.ask("PUT", extract, as: "priya", type, body: [1]).status == 428)
            let absent = type.merging(["If-None-Match": "*"]) { $1 }
            #expect(try await office.ask("PUT", extract, as: "priya", absent, body: [1]).status == 201)
            #expect(try await office.ask("PUT", extract, as: "priya", absent, body: [1]).status == 412)
        }
    }
}
