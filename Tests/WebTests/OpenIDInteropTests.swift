import Foundation
import Sealing
import Storage
import Testing

@testable import Web

@Suite("Signing in at a real provider: Glewlwyd", .serialized)
struct OpenIDInteropTests {
    static var isHere: Bool {
        ["glewlwyd", "faketime", "oathtool", "sqlite3", "jq", "curl"]
            .allSatisfy { FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)") }
            || ProcessInfo.processInfo.environment["CI"] != nil
    }

    @Test("password and one-time code there open a session here, once", .enabled(if: isHere), .timeLimit(.minutes(45)))
    func glewlwyd() async throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "muniment-web/\(Hex.encode(RandomSource.system.bytes(6)))").path
        let began = Date()
        let offset = Int(Office.start.milliseconds / 1000) - Int(began.timeIntervalSince1970)
        let port = "\(20_000 + Int(ProcessInfo.processInfo.processIdentifier) % 10_000)"
        let common = [folder, port, offset < 0 ? "\(offset)" : "+\(offset)"]
        let callback = "http://127.0.0.1:8080/v1/openid/county/callback"
        let issuer = try await Self.run(["start"] + common + [callback])
        defer { _ = try? Self.wait(["stop", folder]) }
        let openID = try OpenIDScene.openID(
            issuer: issuer, organisation: try await OpenIDScene.organisation(), createsAccounts: true,
            roles: "{claim: scope, values: [{value: openid, role: SEND}]}")
        try await Office.open({ $0.openID = openID }) { office in
            office.clock.advance(seconds: Int64(Date().timeIntervalSince(began)))
            var people: Set<String> = []
            for _ in 1...2 {
                let start = try await office.ask("GET", "/v1/openid/county/start")
                let cookie = String(try #require(start.headers["set-cookie"]).prefix { $0 != ";" })
                let address = try #require(start.headers["location"])
                let back = try await Self.run(["authorise"] + common + [address])
                let query = try #require(back.hasPrefix(callback + "?") ? back.dropFirst(callback.count) : nil)
                office.clock.advance(seconds: 2)
                let path = "/v1/openid/county/callback\(query)"
                let answer = try await office.ask("GET", path, ["Cookie": cookie])
                let reason = answer.status == 201 ? "" : try await office.refusal()
                try #require(answer.status == 201, "\(reason)")
                let bearer = ["Authorization": "Bearer \(try #require(answer.json["token"] as? String))"]
                let who = try await office.ask("GET", "/v1/account", bearer)
                people.insert(who.person["username"] as? String ?? "")
                #expect(who.person["name"] as? String == "Sam Senco")
                #expect(try await office.ask("GET", path, ["Cookie": cookie]).status == 401)
            }
            // The same subject is the same account.
            #expect(people.count == 1)
        }
    }

    private static func run(_ arguments: [String]) async throws -> String {
        try await offMain { try wait(arguments) }
    }

    private static func wait(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Interop/glewlwyd.sh")
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return String(decoding: output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
