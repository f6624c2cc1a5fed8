import Foundation
import Sealing
import Testing

@testable import Web

@Suite("Asking a time-stamping authority", .timeLimit(.minutes(45)))
struct TimeStampAuthorityTests {
    private let query = TimeStampRequest(for: .sha256([1]), random: .system)

    private func answer(_ receiver: Receiver, seconds: Int64 = 1200) async throws -> [UInt8] {
        try await TimeStampAuthority(address: "http://127.0.0.1:\(receiver.port)/tsa?x=1", seconds: seconds)
            .answer(to: query)
    }

    @Test("it gets the request as RFC 3161 has it, and its answer comes back as it is")
    func asked() async throws {
        let receiver = try Receiver(.answer("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\u{1}\n\u{2}"))
        #expect(try await answer(receiver) == [1, 10, 2])
        let got = try #require(receiver.got.first)
        #expect(got.head.hasPrefix("POST /tsa?x=1 HTTP/1.1\r\n"))
        #expect(got.body == query.der)
        #expect(got.header("Content-Type") == "application/timestamp-query")
    }

    @Test("another status, a redirect, a long answer, a slow one and nobody are told as what they are")
    func faults() async throws {
        let moved = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
        let long = "HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 70_000)
        for (act, fault) in [
            (Receiver.Act.status(503), AuthorityFault.status(503)), (.answer(moved), .status(302)),
            (.answer(long), .tooLong), (.close, .unreachable),
        ] {
            await #expect(throws: fault) { _ = try await answer(try Receiver(act)) }
        }
        await #expect(throws: AuthorityFault.unreachable) { _ = try await answer(try Receiver(.hang), seconds: 1) }
        // The head comes at once, and the rest never.
        let stuck = try Receiver(.answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"), .hang)
        await #expect(throws: AuthorityFault.unreachable) { _ = try await answer(stuck, seconds: 1) }
        let nobody = try TimeStampAuthority(address: "http://127.0.0.1:\(try Receiver.freePort())/")
        await #expect(throws: AuthorityFault.unreachable) { _ = try await nobody.answer(to: query) }
    }

    @Test("an address is http or https and names no user; certificates that cannot be read are told as that")
    func addresses() throws {
        for address in ["", "tsa.example", "ftp://tsa.example", "http://user@tsa.example", "file:///etc/passwd"] {
            #expect(throws: AuthorityFault.address) { _ = try TimeStampAuthority(address: address) }
        }
        #expect(throws: AuthorityFault.certificates) {
            _ = try TimeStampAuthority(address: "https://tsa.example", caFile: "/nowhere.pem")
        }
    }
}
