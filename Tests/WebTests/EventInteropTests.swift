import Foundation
import Rules
import Testing

@testable import Web

@Suite(
    "Interoperation with Python's hmac and aiosmtpd", .serialized,
    .enabled(if: Python.isRequired || Python.fault.isEmpty, "needs python3-venv and a package index"))
struct EventInteropTests {
    static func yaml(_ office: Office, _ sink: MailSink, to: String, password: String = "mail-secret") throws -> String
    {
        let file = office.folder.appending(path: "password")
        try Data((password + "\n").utf8).write(to: file)
        return """
            public-url: https://vault.test
            mail:
              server: localhost
              port: \(sink.port)
              user: vault
              password-file: \(file.path)
              ca-file: \(sink.certificate)
              from: vault@county.example
              to: [\(to)]
              kinds: [emergency.opened]
            """
    }

    static func withSink(
        to: String, password: String = "mail-secret", _ work: @Sendable (Office, MailSink) async throws -> Void
    ) async throws {
        try #require(Python.fault.isEmpty, "\(Python.fault)")
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "muniment-web/sink-\(ProcessInfo.processInfo.globallyUniqueString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let sink = try MailSink(in: folder)
        try await Office.open(yaml: { try Self.yaml($0, sink, to: to, password: password) }) {
            try await work($0, sink)
        }
    }

    @Test("the verification that we show to subscribers holds for what we send, and for nothing else")
    func verification() async throws {
        try #require(Python.fault.isEmpty, "\(Python.fault)")
        let receiver = try Receiver(.status(200))
        try await Office.open(yaml: { try EventDeliveryTests.yaml($0, [receiver]) }) { office in
            try await EventDeliveryTests.emergency(office)
            let got = try #require(try await receiver.wait(for: 1).first)
            let names = ["webhook-id", "webhook-timestamp", "webhook-signature"]
            let headers = names.reduce(into: [:]) { $0[$1] = got.header($1) }
            let delivery = try JSONSerialization.data(
                withJSONObject: ["headers": headers, "body": Data(got.body).base64EncodedString()])
            let script = Python.tests.appending(path: "Interop/verify_webhook.py").path
            let page = Python.root.appending(path: "docs/EVENTS.md").path
            let (status, output) = try Python.run(
                ["python3", script, page, webhookSecret, "1790845200"], input: delivery)
            #expect(status == 0, "\(output)")
            let found = try JSONDecoder().decode([String: Bool].self, from: Data(output.utf8))
            #expect(found.filter(\.value).map(\.key) == ["good"] && found.count == 6, "\(output)")
        }
    }

    @Test("an emergency reaches the role mailboxes, encrypted, after a sign-in, and naming nobody")
    func mail() async throws {
        try await Self.withSink(to: "rights@county.example, dpo@county.example") { office, sink in
            try await EventDeliveryTests.emergency(office)
            let mail = try #require(try await sink.wait(for: 1).first)
            #expect(mail.tls && mail.from == "vault@county.example")
            #expect(mail.to == ["rights@county.example", "dpo@county.example"])
            #expect(mail.text.contains("Subject: Muniment: an emergency access waits for review\r\n"))
            #expect(mail.text.contains("\r\nhttps://vault.test/v1/emergencies?unreviewed=true\r\n"))
            #expect(mail.text.contains("Date: Thu, 01 Oct 2026 09:00:00 +0000\r\n"))
            for canary in ["\(office.child)", "\(office.caseID)", "Robin", "priya", "HADV", "station"] {
                #expect(!mail.text.contains(canary), "\(canary)")
            }
            let lines = mail.text.components(separatedBy: "\r\n")
            #expect(lines.allSatisfy { $0.utf8.count <= 78 && $0.utf8.allSatisfy { (0x20...0x7e).contains($0) } })
            try await Task.sleep(for: .seconds(1.5))
            #expect(try sink.mails().count == 1)
        }
    }

    @Test("a mailbox that is refused for good is left out; when all are, the notice is given up")
    func bounce() async throws {
        try await Self.withSink(to: "bounce@county.example, dpo@county.example") { office, sink in
            try await EventDeliveryTests.emergency(office)
            #expect(try await sink.wait(for: 1).map(\.to) == [["dpo@county.example"]])
        }
        try await Self.withSink(to: "bounce@county.example") { office, sink in
            try await EventDeliveryTests.emergency(office)
            #expect(try await Self.subscriber(office) { $0["dead"] as? Int == 1 }["failures"] as? Int == 0)
            #expect(try sink.mails().isEmpty)
        }
    }

    @Test("a mailbox that is refused for now, and a wrong password, leave the notice waiting")
    func later() async throws {
        try await Self.withSink(to: "slow@county.example, dpo@county.example") { office, sink in
            try await EventDeliveryTests.emergency(office)
            #expect(try await Self.subscriber(office) { $0["failures"] as? Int == 1 }["dead"] as? Int == 0)
            #expect(try sink.mails().isEmpty && office.log.text.contains("it answered 451"))
        }
        try await Self.withSink(to: "dpo@county.example", password: "wrong") { office, sink in
            try await EventDeliveryTests.emergency(office)
            #expect(try await Self.subscriber(office) { $0["failures"] as? Int == 1 }["dead"] as? Int == 0)
            #expect(try sink.mails().isEmpty && office.log.text.contains("it answered 535"))
            #expect(!office.log.text.contains("wrong\""))
        }
    }

    @Test("https is spoken with whom the named authority vouches for, and with nobody else")
    func https() async throws {
        try #require(Python.fault.isEmpty, "\(Python.fault)")
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "muniment-web/https-\(ProcessInfo.processInfo.globallyUniqueString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try MailSink(in: folder, script: "https_receiver.py")
        for host in ["localhost", "127.0.0.1"] {
            var webhook = try EventWebhookTests.webhook("https://\(host):\(server.port)/")
            webhook.tls = try Wire.context(caFile: server.certificate)
            try await webhook.post([1], id: "a", at: Office.start)
            webhook.tls = try Wire.context(caFile: nil)
            let stranger = webhook
            await #expect(throws: SendFailure.notTrusted) { try await stranger.post([1], id: "a", at: Office.start) }
        }
    }

    @Test("a certificate of somebody else's is not believed, and the password not sent")
    func untrusted() async throws {
        try #require(Python.fault.isEmpty, "\(Python.fault)")
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "muniment-web/sink-\(ProcessInfo.processInfo.globallyUniqueString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let sink = try MailSink(in: folder)
        try await Office.open(yaml: {
            try Self.yaml($0, sink, to: "dpo@county.example").split(separator: "\n")
                .filter { !$0.contains("ca-file") }.joined(separator: "\n")
        }) { office in
            try await EventDeliveryTests.emergency(office)
            _ = try await Self.subscriber(office) { $0["failures"] as? Int == 1 }
            #expect(office.log.text.contains("the certificate is not believed"), "\(office.log.text)")
        }
    }

    /// The one subscriber, as soon as it is as wanted.
    private static func subscriber(
        _ office: Office, when isSo: ([String: Any]) -> Bool
    ) async throws -> [String: Any] {
        var found: [String: Any] = [:]
        for _ in 0..<600 {
            let list = try await office.ask("GET", "/v1/events/subscribers", as: "dana")
            found = try #require((list.json["items"] as? [[String: Any]])?.first)
            if isSo(found) { return found }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("the subscriber stayed as it is: \(found)")
        return found
    }
}
