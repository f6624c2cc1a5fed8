import Foundation
import Testing

@testable import Web

@Suite("Slow and greedy clients", .serialized)
struct SlowTests {
    private static func hasty(_ options: inout ServiceOptions) {
        options.connection.headSeconds = 1
        options.connection.bodyWindowSeconds = 1
        options.connection.bodyWindowBytes = 1000
        options.connection.writeSeconds = 1
    }

    @Test("are let go who never finish a head, and who say nothing", .timeLimit(.minutes(45)))
    func slowHeads() async throws {
        try await Office.open(Self.hasty) { office in
            let socket = office.socket
            try await offMain {
                let silent = try Peer(socket: socket)
                let slow = try Peer(socket: socket)
                let done = try Peer(socket: socket)
                try done.send("GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n")
                #expect(try done.answer().status == 200)
                for byte in "GET /healthz HTTP/1.1\r\nX-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" {
                    guard (try? slow.send(String(byte))) != nil else { break }
                    usleep(50_000)
                }
                #expect(silent.isClosed && slow.isClosed && done.isClosed)
            }
        }
    }

    @Test("are let go who send a body byte by byte, and not who send it slowly enough", .timeLimit(.minutes(45)))
    func slowBodies() async throws {
        try await Office.open(Self.hasty) { office in
            let (socket, caseID, token) = (office.socket, office.caseID, try office.token("priya"))
            let head =
                "POST /v1/cases/\(caseID)/documents?category=D05 HTTP/1.1\r\nHost: test\r\nDocument-Title: x\r\n"
                + "Content-Type: application/octet-stream\r\nAuthorization: Bearer \(token)\r\n"
                + "Content-Length: 100000\r\n\r\n"
            try await offMain {
                let slow = try Peer(socket: socket)
                try slow.send(head)
                var sent = 0
                while sent < 100, (try? slow.send("a")) != nil {
                    sent += 1
                    usleep(50_000)
                }
                #expect(sent < 100, "it may not go on for ever")
                let steady = try Peer(socket: socket)
                try steady.send(head)
                for _ in 0..<20 {
                    try steady.send([UInt8](repeating: 1, count: 5000))
                    usleep(150_000)
                }
                #expect(try steady.answer().status == 201)
            }
            let staging = try FileManager.default.contentsOfDirectory(atPath: office.vaultPath + "/staging")
            #expect(staging == [])
        }
    }

    @Test("are let go who were answered before they had asked to the end", .timeLimit(.minutes(45)))
    func answeredEarly() async throws {
        try await Office.open(Self.hasty) { office in
            let socket = office.socket
            try await offMain {
                let peer = try Peer(socket: socket)
                try peer.send("GET /healthz HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\n\r\n")
                #expect(try peer.answer().status == 200)
                try peer.send("a")
                #expect(peer.isClosed, "no time runs for it any more")
            }
        }
    }

    @Test("who send a sign-in byte by byte keep nobody else from signing in")
    func slowSignIns() async throws {
        try await Office.open { office in
            let socket = office.socket
            let answer = try await offMain {
                let slow = try (0..<15).map { _ in try Peer(socket: socket) }
                let head =
                    "POST /v1/session HTTP/1.1\r\nHost: test\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                for peer in slow { try peer.send(head + "Content-Length: 500\r\n\r\nusername=sam&") }
                usleep(200_000)
                // Less patient than the slow ones are allowed to be.
                let peer = try Peer(socket: socket, seconds: 8)
                let form = "username=sam&password=a+long+password"
                try peer.send(head + "Content-Length: \(form.utf8.count)\r\n\r\n" + form)
                return try peer.answer()
            }
            #expect(answer.status == 201)
        }
    }

    @Test("are let go who do not read what they asked for", .timeLimit(.minutes(45)))
    func slowReaders() async throws {
        try await Office.open(Self.hasty) { office in
            let bytes = [UInt8](repeating: 7, count: 8_000_000)
            let deposited = try await office.deposit(bytes)
            let document = try #require(deposited.json["document"] as? String)
            let (socket, token) = (office.socket, try office.token("sam"))
            let got = try await offMain {
                let peer = try Peer(socket: socket)
                try peer.send(
                    "GET /v1/documents/\(document)/content HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer \(token)\r\n\r\n"
                )
                usleep(3_000_000)
                return peer.receiveAll().count
            }
            #expect(got < bytes.count)
        }
    }

    @Test("may have so many connections at a time, and no more")
    func manyConnections() async throws {
        try await Office.open({ $0.connection.perNetwork = 5 }) { office in
            let socket = office.socket
            try await offMain {
                let peers = try (0..<5).map { _ in try Peer(socket: socket) }
                for peer in peers {
                    try peer.send("GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n")
                    #expect(try peer.answer().status == 200)
                }
                let more = try Peer(socket: socket)
                #expect(more.isClosed)
            }
        }
    }

    @Test("may ask so often, and are then told when to come back")
    func rates() async throws {
        try await Office.open({
            $0.rates = .init(accountPerSecond: 1, networkPerSecond: 1000)
        }) { office in
            var last: Peer.Answer?
            for _ in 0..<11 { last = try await office.ask("GET", "/v1/account", as: "sam") }
            #expect(last?.status == 429 && last?.problem == "too-many-requests")
            #expect(last?.headers["retry-after"] == "1")
            #expect(try await office.ask("GET", "/v1/account", as: "hana").status == 200, "others are not held back")
            office.clock.advance(seconds: 2)
            #expect(try await office.ask("GET", "/v1/account", as: "sam").status == 200)
        }
        try await Office.open({ $0.rates = .init(accountPerSecond: 1, networkPerSecond: 1) }) { office in
            for _ in 0..<10 { #expect(try await office.ask("GET", "/nowhere").status == 404) }
            let last = try await office.ask("GET", "/nowhere")
            #expect(last.status == 429, "what is not there is counted too")
            #expect(office.log.text.contains(#""route":"(none)""#))
        }
    }

    @Test("have a part of the places each: who fills one keeps nobody else out")
    func shares() async throws {
        let gates = Gates<String>(room: 1, queue: 0)
        let (stream, end) = AsyncStream<Void>.makeStream()
        let (isInside, inside) = AsyncStream<Void>.makeStream()
        let first = Task {
            try await gates.pass("a") {
                inside.finish()
                for await _ in stream {}
            }
        }
        for await _ in isInside {}
        await #expect(throws: Problem.self) { try await gates.pass("a") {} }
        try await gates.pass("b") {}
        end.finish()
        try await first.value
        try await gates.pass("a") {}
    }

    @Test("wait their turn, and are sent away when too many wait")
    func gates() async throws {
        let gate = Gate(room: 1, queue: 1)
        try await gate.enter()
        let second = Task { try await gate.enter() }
        while gate.load.waiting == 0 { await Task.yield() }
        await #expect(throws: Problem.self) { try await gate.enter() }
        gate.leave()
        try await second.value
        #expect(gate.load == (1, 0))
        gate.leave()
        #expect(gate.load == (0, 0))
    }
}
