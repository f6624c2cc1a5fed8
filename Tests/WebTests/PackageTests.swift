import Foundation
import Synchronization
import Testing

@testable import Web

@Suite("Packages on their way out", .serialized)
struct PackageTests {
    private static func noise(_ count: Int) -> [UInt8] {
        var word: UInt64 = 88_172_645_463_325_252
        return (0..<count).map { _ in
            word ^= word << 13
            word ^= word >> 7
            word ^= word << 17
            return UInt8(truncatingIfNeeded: word >> 24)
        }
    }

    @Test("I6: what is damaged breaks a package off, never ends it cleanly, and the operator is told")
    func damage() async throws {
        try await Office.open { office in
            let scene = try await RightsScene.searched([Self.noise(3_000_000)], in: office)
            try await scene.approved()
            let objects = office.vaultPath + "/objects"
            let object = try #require(
                try FileManager.default.subpathsOfDirectory(atPath: objects).first { $0.utf8.count == 67 })
            let file = try #require(FileHandle(forUpdatingAtPath: objects + "/" + object))
            try file.seek(toOffset: 2_500_000)
            try file.write(contentsOf: Data([0xff, 0x00, 0xff]))
            try file.close()
            let broken = try await scene.disclose()
            #expect(broken.status == 200 && !broken.isWhole)
            #expect(broken.body.count > 1_000_000)
            #expect(!broken.body.suffix(64).contains("PK\u{5}\u{6}"), "no zip file ends there")
            #expect(office.log.text.contains(#""message":"fault""#))
            #expect(try await office.ask("GET", "/healthz").status == 200)
        }
    }

    @Test("clients who go away, or do not read, give back their places", .timeLimit(.minutes(45)))
    func abandoned() async throws {
        try await Office.open({ $0.connection.writeSeconds = 1 }) { office in
            let scene = try await RightsScene.searched([Self.noise(8_000_000)], in: office)
            try await scene.approved()
            let (socket, token, path) = (office.socket, try office.token("dana"), scene.path)
            let form = RightsScene.form(RightsScene.recipient, RightsScene.passphrase)
            let head =
                "POST \(path)/disclosures HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer \(token)\r\n"
                + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: \(form.utf8.count)\r\n\r\n"
            try await offMain {
                let silent = try (0..<4).map { _ in try Peer(socket: socket) }
                for peer in silent {
                    try peer.send(head + form)
                    #expect(!peer.receive(16).isEmpty)
                }
                for _ in 0..<4 {
                    let peer = try Peer(socket: socket)
                    try peer.send(head + form)
                    #expect(!peer.receive(16).isEmpty)
                }
                usleep(4_000_000)
                for peer in silent { #expect(peer.receiveAll().count < 8_000_000) }
            }
            for _ in 0..<9 {
                let package = try await scene.disclose()
                #expect(package.status == 200 && package.isWhole, "\(package.status)")
            }
        }
    }

    @Test("who writes is never more than two blocks ahead of who reads")
    func pace() async throws {
        let written = Mutex(0)
        let outflow = Outflow { emit in
            for number in 0..<100 {
                try emit([UInt8(number)])
                written.withLock { $0 += 1 }
            }
        }
        var read = 0
        while let block = try await outflow.next() {
            #expect(block == [UInt8(read)])
            read += 1
            if read.isMultiple(of: 20) { try await Task.sleep(for: .milliseconds(20)) }
            #expect(written.withLock { $0 } <= read + 2)
        }
        #expect(read == 100)
    }

    @Test("what either side throws, or lets go, ends both")
    func ends() async throws {
        struct Broken: Error {}
        let failing = Outflow { emit in
            try emit([1])
            throw Broken()
        }
        #expect(try await failing.next() == [1])
        await #expect(throws: Broken.self) { try await failing.next() }
        let (ended, end) = AsyncStream<Bool>.makeStream()
        func begin() async throws {
            let endless = Outflow { emit in
                do {
                    while true { try emit([1]) }
                } catch {
                    end.yield(error is Outflow.Unwanted)
                    end.finish()
                    throw error
                }
            }
            #expect(try await endless.next() == [1])
        }
        try await begin()
        for await isUnwanted in ended { #expect(isUnwanted) }
    }
}
