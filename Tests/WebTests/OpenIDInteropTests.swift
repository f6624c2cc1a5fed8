import Foundation
import Sealing
import Storage
import Testing

@testable import Web

/// A real provider, an office whose people sign in there, and the browser of one of them.
private struct Glewlwyd: Sendable {
    static let callback = "http://127.0.0.1:8080/v1/openid/county/callback"

    let office: Office
    /// Where the provider says that a session has ended.
    let told: Receiver
    private let began: Date
    /// Folder, port, and how many seconds its clock is ahead.
    private let common: [String]

    static func run(_ work: @Sendable (Glewlwyd) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "muniment-web/\(Hex.encode(RandomSource.system.bytes(6)))").path
        let (began, told) = (Date(), try Receiver(.status(200)))
        let offset = Int(Office.start.milliseconds / 1000) - Int(began.timeIntervalSince1970)
        let common = [folder, "\(try Receiver.freePort())", offset < 0 ? "\(offset)" : "+\(offset)"]
        let issuer = try await offMain { try script(["start"] + common + [callback, told.url]) }
        defer { _ = try? script(["stop", folder]) }
        let openID = try OpenIDScene.openID(
            issuer: issuer, organisation: try await OpenIDScene.organisation(), createsAccounts: true,
            roles: "{claim: scope, values: [{value: openid, role: SEND}]}")
        try await Office.open({ $0.openID = openID }) { office in
            try await work(Glewlwyd(office: office, told: told, began: began, common: common))
        }
    }

    /// The office's clock goes with the provider's.
    private func follow() {
        let passed = (office.clock.read().milliseconds - Office.start.milliseconds) / 1000
        office.clock.advance(seconds: max(0, Int64(Date().timeIntervalSince(began)) + 1 - passed))
    }

    /// At the provider: what `glewlwyd.sh` has an action for.
    func provider(_ action: String, _ more: [String] = []) async throws -> String {
        let arguments = [action] + common + more
        let said = try await offMain { try Self.script(arguments) }
        follow()
        return said
    }

    /// The answer to a browser that comes back from the provider, and what it came with.
    func signIn() async throws -> (answer: Peer.Answer, path: String, cookie: [String: String]) {
        follow()
        let start = try await office.ask("GET", "/v1/openid/county/start")
        let cookie = ["Cookie": String(try #require(start.headers["set-cookie"]).prefix { $0 != ";" })]
        let back = try await provider("authorise", [try #require(start.headers["location"])])
        try #require(back.hasPrefix(Self.callback + "?"), "\(back)")
        let path = "/v1/openid/county/callback\(back.dropFirst(Self.callback.count))"
        let answer = try await office.ask("GET", path, cookie)
        let reason = answer.status == 201 ? "" : try await office.refusal()
        try #require(answer.status == 201, "\(reason)")
        return (answer, path, cookie)
    }

    /// A session, as what a request sends along.
    func session() async throws -> [String: String] {
        ["Authorization": "Bearer \(try #require(try await signIn().answer.json["token"] as? String))"]
    }

    func isOpen(_ session: [String: String]) async throws -> Bool {
        try await office.ask("GET", "/v1/account", session).status == 200
    }

    /// Ends the person's session there, and returns what the provider has to say of it.
    func signOut() async throws -> Receiver.Got {
        let before = told.got.count
        _ = try await provider("sign-out")
        return try #require(try await told.wait(for: before + 1).last)
    }

    /// Hands on what the provider said, byte for byte.
    func pass(_ got: Receiver.Got) async throws -> Peer.Answer {
        let type = ["Content-Type": got.header("Content-Type") ?? ""]
        return try await office.ask("POST", "/v1/openid/county/backchannel-logout", type, body: got.body)
    }

    private static func script(_ arguments: [String]) throws -> String {
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

@Suite("Signing in at a real provider: Glewlwyd", .serialized)
struct OpenIDInteropTests {
    static var isHere: Bool {
        ["glewlwyd", "faketime", "oathtool", "sqlite3", "jq", "curl"]
            .allSatisfy { FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)") }
            || ProcessInfo.processInfo.environment["CI"] != nil
    }

    @Test("password and one-time code there open a session here, once", .enabled(if: isHere), .timeLimit(.minutes(45)))
    func signsIn() async throws {
        try await Glewlwyd.run { scene in
            var people: Set<String> = []
            for _ in 1...2 {
                let (answer, path, cookie) = try await scene.signIn()
                let bearer = ["Authorization": "Bearer \(try #require(answer.json["token"] as? String))"]
                let who = try await scene.office.ask("GET", "/v1/account", bearer)
                people.insert(who.person["username"] as? String ?? "")
                #expect(who.person["name"] as? String == "Sam Senco")
                #expect(try await scene.office.ask("GET", path, cookie).status == 401)
            }
            // The same subject is the same account.
            #expect(people.count == 1)
        }
    }

    @Test(
        "a session that ends there ends here, once; after a change of keys the new one counts and the old one does nothing",
        .enabled(if: isHere), .timeLimit(.minutes(45)))
    func endsAndRotates() async throws {
        try await Glewlwyd.run { scene in
            // Each browser's, and all of the person's: the provider's token names no session.
            let sessions = [try await scene.session(), try await scene.session()]
            let first = try await scene.signOut()
            for session in sessions { #expect(try await scene.isOpen(session)) }
            let ended = try await scene.pass(first)
            #expect(ended.status == 200, "\(ended.text)")
            for session in sessions { #expect(try await !scene.isOpen(session)) }

            let next = try await scene.session()
            #expect(try await scene.pass(first).status == 400, "the same token again")
            #expect(try await scene.isOpen(next))

            let withdrawn = try await scene.signOut()
            _ = try await scene.provider("rotate")
            let last = try await scene.session()
            #expect(try await scene.pass(withdrawn).status == 400, "signed with a key that is published no more")
            for session in [next, last] { #expect(try await scene.isOpen(session)) }
            #expect(try await scene.pass(try await scene.signOut()).status == 200)
            for session in [next, last] { #expect(try await !scene.isOpen(session)) }
        }
    }
}
