import Foundation
import NIOCore
import Rules
import Sealing
import Storage
import Testing

@testable import Web

/// The secret that tests share with receivers: 32 bytes.
let webhookSecret = "whsec_" + Data((0..<32).map { UInt8($0) }).base64EncodedString()

@Suite("One webhook")
struct EventWebhookTests {
    static func key(_ text: String) throws -> Key {
        var bytes = Array(text.utf8)
        return Key(try SecretBytes(wiping: &bytes))
    }

    static func webhook(_ url: String, seconds: Int64 = 10) throws -> Webhook {
        Webhook(
            target: try #require(Target(url)), secrets: [try #require(WebhookSecret(key(webhookSecret)))], tls: nil,
            seconds: seconds)
    }

    /// What a receiver does, and what becomes of the attempt.
    static let acts: [(Receiver.Act, SendFailure?)] = [
        (.status(200), nil), (.status(204), nil), (.status(500), .status(500)), (.status(404), .status(404)),
        (.answer("HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 202 Accepted\r\n\r\n"), nil),
        (.answer("HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\n\r\n"), .status(301)),
        (.close, .closed), (.hang, .tooSlow), (.answer("SSH-2.0-OpenSSH\r\n"), .notUnderstood),
        (.answer(String(repeating: "x", count: 5000)), .answerTooLong),
        // More of a body than is ever read.
        (.answer("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 3000)), nil),
    ]

    @Test("an answer is a status, within a time and a length", arguments: 0..<acts.count)
    func answers(index: Int) async throws {
        let (act, failure) = Self.acts[index]
        let receiver = try Receiver(act)
        let webhook = try Self.webhook(receiver.url, seconds: 2)
        if let failure {
            await #expect(throws: failure) { try await webhook.post([1], id: "a", at: Office.start) }
        } else {
            try await webhook.post(Array("{}".utf8), id: "a", at: Office.start)
            let got = try #require(receiver.got.first)
            #expect(got.head.hasPrefix("POST /hooks?a=b HTTP/1.1\r\n"))
            #expect(got.header("Host") == "127.0.0.1:\(receiver.port)" && got.text == "{}")
        }
    }

    @Test("both secrets sign while one is being replaced, and every part is signed")
    func signatures() async throws {
        let receiver = try Receiver(.status(200))
        let other = "whsec_" + Data(repeating: 9, count: 24).base64EncodedString()
        let secrets = try [webhookSecret, other].map { try #require(WebhookSecret(Self.key($0))) }
        let webhook = Webhook(target: try #require(Target(receiver.url)), secrets: secrets, tls: nil)
        try await webhook.post(Array("{}".utf8), id: "a", at: Office.start)
        let got = try #require(receiver.got.first)
        #expect(got.header("webhook-id") == "a" && got.header("webhook-timestamp") == "1790845200")
        let both = secrets.map { $0.signature(id: "a", seconds: 1_790_845_200, body: Array("{}".utf8)) }
        #expect(got.header("webhook-signature") == both.joined(separator: " "))
        let known = hmacSHA256(key: (0..<32).map { UInt8($0) }, Array("a.1790845200.{}".utf8))
        #expect(both[0] == "v1," + Data(known.bytes).base64EncodedString())
    }

    static func secret(_ byte: UInt8, _ count: Int) -> String {
        "whsec_" + Data(repeating: byte, count: count).base64EncodedString()
    }

    static let secretForms: [(String, Bool)] = [
        ("x", false), ("whsec_", false), (String(webhookSecret.dropFirst(6)), false), (webhookSecret, true),
        (secret(0xff, 24), true), (secret(0xfb, 64), true), (secret(1, 23), false), (secret(1, 65), false),
        (webhookSecret + "=", false), (String(webhookSecret.dropLast()), false), (webhookSecret + " ", false),
    ]

    @Test("a secret is whsec_ and 24 to 64 bytes in Base64", arguments: secretForms)
    func secretForm(text: String, isGood: Bool) throws {
        #expect((WebhookSecret(try Self.key(text)) != nil) == isGood)
    }

    /// Addresses, and whether they are somebody's own network or this machine.
    static let addresses: [(String, Bool)] = [
        ("8.8.8.8", true), ("172.15.0.1", true), ("172.32.0.1", true), ("100.63.0.1", true), ("192.169.0.1", true),
        ("2a00:1450::1", true), ("2002:0808:0808::1", true), ("64:ff9b::808:808", true), ("0.0.0.0", false),
        ("10.1.2.3", false), ("100.64.0.1", false), ("127.0.0.1", false), ("169.254.169.254", false),
        ("172.16.0.1", false), ("172.31.255.255", false), ("192.168.1.1", false), ("192.0.0.1", false),
        ("192.0.2.1", false), ("198.18.0.1", false), ("224.0.0.1", false), ("255.255.255.255", false), ("::", false),
        ("::1", false), ("::ffff:10.0.0.1", false), ("::ffff:8.8.8.8", false), ("fc00::1", false), ("fe80::1", false),
        ("ff02::1", false), ("2001:db8::1", false), ("2002:0a00:0001::1", false), ("64:ff9b::a00:1", false),
        ("2001::1", false),
    ]

    @Test("only public addresses are reached", arguments: addresses)
    func reach(text: String, isPublic: Bool) async throws {
        let address = try SocketAddress(ipAddress: text, port: 443)
        #expect(Reach.publicOnly.admits(address) == isPublic)
        #expect(Reach.loopback.admits(address) == ["127.0.0.1", "::1"].contains(text))
    }

    static let unreachable: [(String, SendFailure)] = [
        ("https://10.0.0.1/", .forbiddenAddress), ("https://[::ffff:127.0.0.1]/", .forbiddenAddress),
        ("https://0x7f000001/", .forbiddenAddress), ("https://2130706433/", .forbiddenAddress),
        ("https://no-such-host.invalid/", .noSuchHost),
    ]

    @Test("a name is held against its addresses after it was resolved, before anything is sent", arguments: unreachable)
    func forbidden(url: String, failure: SendFailure) async throws {
        let webhook = try Self.webhook(url)
        await #expect(throws: failure) { try await webhook.post([1], id: "a", at: Office.start) }
    }

    @Test(
        "an address that is not what it seems is none",
        arguments: [
            "ftp://host/", "https://user@host/", "https://user:pass@host/", "https://host/#part", "https:///path",
            "host",
            "https://host/a b", "https://host/\r\nX: y", "https://ho\u{442}st/", "https://host:0/",
            "https://host:99999/",
            "https://ho%0ast/",
        ])
    func targets(text: String) { #expect(Target(text) == nil) }
}
