import Foundation
import Ledger
import Rules
import Sealing
import Storage
import Testing
import Vault

@testable import Web

@Suite("Notices by mail")
struct EventMailTests {
    /// What a mail server says, line by line; each after a line from us, the first at once. What becomes of the attempt.
    static let dialogues: [([String], SendFailure)] = [
        (["554 no"], .status(554)), (["nonsense"], .notUnderstood), (["220 hello", "250 bare"], .noEncryption),
        (["220 hello", "250-host\r\n250 STARTTLS", "454 not now"], .status(454)),
        (["220 hello", "250-host\r\n250 STARTTLS", "220 go\r\n250 AUTH PLAIN"], .injected),
        (["220 hello", "250-host\r\n251 STARTTLS"], .notUnderstood), (["220 hello", ""], .closed),
        (["220 hello", String(repeating: "250-x\r\n", count: 101)], .notUnderstood),
    ]

    @Test(
        "a mail server that does not encrypt, or speaks before it does, gets neither password nor notice",
        arguments: 0..<dialogues.count)
    func dialogue(index: Int) async throws {
        let (lines, failure) = Self.dialogues[index]
        let server = try TalkingServer(lines)
        let submission = try Submission(
            host: "localhost", port: server.port, user: "vault", password: EventWebhookTests.key("mail-secret"),
            tls: Wire.context(caFile: nil), from: "a@b.example", to: ["c@d.example"], name: "vault.test", seconds: 120)
        try await Office.delivery { delivery, event in
            await #expect(throws: failure) { try await submission.send(event, delivery, at: Office.start) }
        }
        #expect(server.heard.allSatisfy { $0.hasPrefix("EHLO ") || $0 == "STARTTLS" }, "\(server.heard)")
    }

    @Test("for every kind of event the notice is plain text without anything personal, and a dot begins no line of it")
    func everyKind() async throws {
        try await Office.delivery { _, event in
            for kind in EventKind.allCases {
                let message = MailMessage(
                    event, kind, from: "a@b.example", to: ["c@d.example", "e@f.example"], now: Office.start)
                let text = String(decoding: message.bytes, as: UTF8.self)
                #expect(text.utf8.allSatisfy { (0x20...0x7e).contains($0) || $0 == 13 || $0 == 10 })
                #expect(message.lines.allSatisfy { $0.utf8.count <= 78 })
                #expect(text.contains("\r\n\r\n") && !text.replacing("\r\n", with: "").contains { $0.isNewline })
                #expect(text.components(separatedBy: "\r\n").filter { $0.hasPrefix("Subject: ") }.count == 1)
                #expect(String(decoding: message.stuffed, as: UTF8.self) == text + ".\r\n")
            }
        }
    }

    @Test("a line that begins with a dot gets another")
    func stuffing() throws {
        let message = MailMessage(from: "a@b", to: [], lines: ["", ".", "..x", "x."])
        #expect(String(decoding: message.stuffed, as: UTF8.self) == "\r\n..\r\n...x\r\nx.\r\n.\r\n")
    }

    @Test("a program gets the notice on its standard input and addresses as arguments, within a time")
    func program() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "muniment-web/\(ProcessInfo.processInfo.globallyUniqueString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await Office.delivery { delivery, event in
            let writes = "printf '%s\\n' \"$@\" > \(folder.path)/args; cat > \(folder.path)/text"
            try await self.program(folder, writes).send(event, delivery, at: Office.start)
            let args = try String(contentsOf: folder.appending(path: "args"), encoding: .utf8)
            #expect(args == "-i\n-f\na@b.example\n--\nc@d.example\n$(id)@d.example\n")
            let text = try String(contentsOf: folder.appending(path: "text"), encoding: .utf8)
            #expect(text.hasPrefix("From: a@b.example\nTo: c@d.example,\n $(id)@d.example\n"))
            let failures: [(String, SendFailure)] = [
                ("exit 75", .program(75)), ("exit 67", .rejected(67)), ("exec sleep 600", .tooSlow),
            ]
            for (script, failure) in failures {
                let program = try self.program(folder, script)
                await #expect(throws: failure) { try await program.send(event, delivery, at: Office.start) }
            }
            let missing = MailProgram(path: "/no/such/program", from: "a@b.example", to: ["c@d.example"])
            await #expect(throws: SendFailure.notReachable) {
                try await missing.send(event, delivery, at: Office.start)
            }
        }
    }

    private func program(_ folder: URL, _ script: String) throws -> MailProgram {
        let path = folder.appending(path: "sendmail").path
        try ("#!/bin/sh\n" + script).write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
        return MailProgram(path: path, from: "a@b.example", to: ["c@d.example", "$(id)@d.example"], seconds: 1)
    }
}

extension Office {
    /// An event of an office, on its way.
    static func delivery(_ work: @Sendable (Delivery, CloudEvent) async throws -> Void) async throws {
        let (office, vault) = try await make()
        try await vault.subscribe([Subscription(name: "mail", kinds: [.eventsListed], seesIdentifiers: false)])
        _ = try await vault.subscribers(
            as: try await vault.caller(try #require(SessionToken(Hex.decode(office.token("ada")) ?? []))))
        let delivery = try #require(try await vault.nextDelivery(to: "mail"))
        try await work(delivery, CloudEvent(delivery, of: vault, publicURL: "https://vault.test"))
        try await vault.close()
        try FileManager.default.removeItem(at: office.folder)
    }
}
