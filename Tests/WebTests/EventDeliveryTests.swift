import Foundation
import Rules
import Testing

@testable import Web

@Suite("Events on their way", .serialized)
struct EventDeliveryTests {
    static let reason = "Robin was found alone at the station and the on-call doctor needs the health advice now"

    /// Webhooks of the configuration, the first for kinds as given.
    static func yaml(
        _ office: Office, _ receivers: [Receiver], kinds: String = "emergency.opened", more: String = ""
    ) throws -> String {
        let secret = office.folder.appending(path: "secret")
        try Data((webhookSecret + "\n").utf8).write(to: secret)
        let webhooks = receivers.enumerated().map { index, receiver in
            """
              - name: receiver-\(index)
                url: \(receiver.url)
                secret-file: \(secret.path)
                kinds: [\(kinds)]
            \(more)
            """
        }
        return "public-url: https://vault.test\nwebhooks:\n" + webhooks.joined(separator: "\n")
    }

    static func emergency(_ office: Office) async throws {
        let opened = try await office.ask(
            "POST", "/v1/emergencies", as: "priya", json: #"{"child":"\#(office.child)","reason":"\#(reason)"}"#)
        #expect(opened.status == 201, "\(opened.text)")
    }

    @Test("an emergency is told to the rights office within seconds, signed, and naming nobody")
    func emergencyOpened() async throws {
        let receiver = try Receiver(.status(200))
        try await Office.open(yaml: { try Self.yaml($0, [receiver]) }) { office in
            try await Self.emergency(office)
            let got = try #require(try await receiver.wait(for: 1).first)
            #expect(got.json["type"] as? String == "uk.muniment.emergency.opened.v1")
            #expect(got.json["specversion"] as? String == "1.0" && got.json["source"] as? String == "vault.test/ledger")
            #expect(got.json["id"] as? String == got.header("webhook-id"))
            #expect(got.json["time"] as? String == "2026-10-01T09:00:00Z" && got.json["subject"] == nil)
            let data = try #require(got.json["data"] as? [String: Any])
            #expect(data["link"] as? String == "https://vault.test/v1/emergencies?unreviewed=true")
            #expect(got.header("Content-Type") == "application/cloudevents+json; charset=utf-8")
            let secret = try #require(WebhookSecret(EventWebhookTests.key(webhookSecret)))
            let id = try #require(got.header("webhook-id"))
            let time = try #require(got.header("webhook-timestamp").flatMap { Int64($0) })
            #expect(got.header("webhook-signature") == secret.signature(id: id, seconds: time, body: got.body))
            for canary in ["\(office.child)", "\(office.caseID)", "Robin", "priya", "HADV", "station"] {
                #expect(!(got.head + got.text).contains(canary), "\(canary)")
            }
        }
    }

    @Test("the number of a document goes only to whom it is allowed")
    func identifiers() async throws {
        for isAllowed in [false, true] {
            let receiver = try Receiver(.status(200))
            let more = isAllowed ? "    with-identifiers: true" : ""
            try await Office.open(yaml: { try Self.yaml($0, [receiver], kinds: "document.deposited", more: more) }) {
                office in
                let deposited = try await office.deposit(Array("private".utf8))
                let got = try #require(try await receiver.wait(for: 1).first)
                let document = try #require(deposited.json["document"] as? String)
                #expect(got.json["subject"] as? String == (isAllowed ? document : nil))
                #expect(got.text.contains(document) == isAllowed && !got.text.contains("\(office.child)"))
            }
        }
    }

    @Test("what fails is sent again with the same number, before what came after it")
    func order() async throws {
        let elsewhere = try Receiver(.status(200))
        let redirect = Receiver.Act.answer("HTTP/1.1 307 Look\r\nLocation: \(elsewhere.url)\r\n\r\n")
        let receiver = try Receiver(.status(500), redirect, .close, .status(200))
        try await Office.open(yaml: { try Self.yaml($0, [receiver], kinds: "agreement.previewed, case.shown") }) {
            office in
            for _ in 0..<2 { try await office.ask("GET", "/v1/cases/\(office.caseID)", as: "sam") }
            // The third attempt is closed before it was read.
            for count in [1, 2, 2] {
                _ = try await receiver.wait(for: count)
                try await Task.sleep(for: .seconds(1.5))
                office.clock.advance(seconds: 10)
            }
            let got = try await receiver.wait(for: 4)
            let ids = got.compactMap { $0.header("webhook-id") }
            #expect(ids.count == 4 && ids[0] == ids[1] && ids[1] == ids[2] && ids[2] != ids[3])
            #expect(elsewhere.got.isEmpty)
            #expect(office.log.text.contains("it answered 307") && !office.log.text.contains("127.0.0.1"))
        }
    }

    @Test("a receiver that hangs does not keep another from being told")
    func independent() async throws {
        let (slow, quick) = (try Receiver(.hang), try Receiver(.status(200)))
        try await Office.open(yaml: { try Self.yaml($0, [slow, quick]) }) { office in
            try await Self.emergency(office)
            #expect(try await quick.wait(for: 1).count == 1)
            // The receiver has it a moment before that is noted.
            var waiting: [String]?
            for _ in 0..<100 where waiting != ["receiver-0"] {
                let list = try await office.ask("GET", "/v1/events", as: "ada")
                waiting = (list.json["items"] as? [[String: Any]])?.first?["waitingFor"] as? [String]
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(waiting == ["receiver-0"])
        }
    }

    @Test("subscribers are listed and told again, by whom the ledger is for and nobody else")
    func replay() async throws {
        let receiver = try Receiver(.status(200))
        try await Office.open(yaml: { try Self.yaml($0, [receiver]) }) { office in
            try await Self.emergency(office)
            let first = try #require(try await receiver.wait(for: 1).first)
            let json = #"{"subscriber":"receiver-0","from":0}"#
            #expect(try await office.ask("POST", "/v1/events/replay", as: "sam", json: json).status == 403)
            #expect(try await office.ask("POST", "/v1/events/replay", json: json).status == 401)
            let nobody = try await office.ask(
                "POST", "/v1/events/replay", as: "dana", json: #"{"subscriber":"nobody","from":0}"#)
            #expect(nobody.status == 404)
            #expect(try await office.ask("POST", "/v1/events/replay", as: "dana", json: json).status == 204)
            let again = try await receiver.wait(for: 2)
            #expect(again.count == 2 && again[1].header("webhook-id") == first.header("webhook-id"))
            let list = try await office.ask("GET", "/v1/events/subscribers", as: "ada")
            #expect(list.status == 200 && list.text.contains("\"receiver-0\""), "\(list.text)")
        }
    }

    @Test("the metrics say how much waits, how long, and what was given up")
    func metrics() async throws {
        let receiver = try Receiver(.status(500))
        let port = try Receiver.freePort()
        try await Office.open(
            yaml: { try "metrics:\n  port: \(port)\n" + Self.yaml($0, [receiver]) }
        ) { office in
            try await Self.emergency(office)
            _ = try await receiver.wait(for: 1)
            office.clock.advance(seconds: 60)
            let text = try await offMain { try Receiver.get("/metrics", port) }
            #expect(text.contains("muniment_outbox_events 1.0\n"))
            #expect(text.contains("muniment_outbox_oldest_seconds 60.0\n"))
            #expect(text.contains("muniment_outbox_dead{subscriber=\"receiver-0\"} 0.0\n"))
        }
    }
}
