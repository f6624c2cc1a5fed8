import Foundation
import Ledger
import Rules
import Testing
import Vault

@testable import Web

@Suite("Configuration of events")
struct EventConfigurationTests {
    static let base = "vault: /v\nunlock:\n  key-file: /k\nlisten:\n  socket: /s\n"
    static let webhook =
        "public-url: https://v.test\nwebhooks:\n  - name: a\n    url: https://h.test/x\n    secret-file: /f\n    kinds: [released]\n"
    static let mail = """
        public-url: https://v.test
        mail:
          server: smtp.test
          user: vault
          password-file: /p
          from: vault@county.example
          to: [rights@county.example, dpo@county.example]
          kinds: [emergency.opened]

        """

    static func read(_ text: String) throws -> EventConfiguration {
        try ServiceConfiguration(PolicyText(file: "muniment.yaml", text: base + text)).events
    }

    @Test("webhooks and mail are read, with what they default to")
    func reads() throws {
        #expect(try Self.read("").subscriptions.isEmpty)
        let webhook = try #require(try Self.read(Self.webhook).webhooks.first)
        #expect(webhook.target.port == 443 && webhook.target.path == "/x" && !webhook.subscription.seesIdentifiers)
        #expect(webhook.subscription.kinds == [.released] && webhook.secretFiles == ["/f"])
        let rotating = try Self.read(Self.webhook + "    former-secret-file: /g\n    with-identifiers: true\n")
        #expect(rotating.secretFiles == ["/f", "/g"] && rotating.webhooks[0].subscription.seesIdentifiers)
        let mail = try Self.read(Self.mail)
        #expect(mail.subscriptions.map(\.name) == ["mail"] && mail.secretFiles == ["/p"] && mail.hostName == "v.test")
        guard case .submission(_, let port, _, _, _) = mail.mail?.way else { throw Peer.Broken() }
        #expect(port == 587)
        #expect(try Self.read(Self.webhook.replacing("https://h.test", with: "http://localhost:8")).webhooks.count == 1)
    }

    /// What is changed in a good configuration, so that it is none.
    static let faults: [(String, String, String)] = [
        (webhook, "public-url: https://v.test\n", ""), (mail, "public-url: https://v.test\n", ""),
        (webhook, "https://v.test", "v.test"), (webhook, "https://v.test", "https://v.test/"),
        (webhook, "https://h.test", "http://h.test"), (webhook, "https://h.test", "http://10.0.0.1"),
        (webhook, "https://h.test/x", "https://u:p@h.test/x"), (webhook, "released", "realeased"),
        (webhook, "[released]", "[released, released]"), (webhook, "[released]", "[]"),
        (webhook, "name: a", "name: mail"),
        (webhook, "secret-file: /f", "secret-file: f"), (webhook, "    secret-file: /f\n", ""),
        (webhook, "secret-file: /f", "secret: whsec_x"), (webhook, "    kinds: [released]\n", ""),
        (mail, "user: vault", "user: \"vault\\r\\nX\""), (mail, "user: vault", "password: secret"),
        (mail, "  password-file: /p\n", ""), (mail, "server: smtp.test", "server: \"smtp.test\\r\\nX\""),
        (mail, "server: smtp.test", "sendmail: /usr/sbin/sendmail"), (mail, "server: smtp.test", "server: smtp.test/x"),
        (mail, "from: vault@county.example", "from: vault"),
        (mail, "from: vault@county.example", "from: -f@county.example"),
        (mail, "rights@county.example", "\"rights@county.example\\nBcc: x@y.example\""),
        (mail, "rights@county.example", "\"Rights <rights@county.example>\""),
        (mail, "rights@county.example", "\"rights@county.example> SIZE=1\""),
        (mail, "[rights@county.example, dpo@county.example]", "[]"), (mail, "emergency.opened", "emergency"),
    ]

    @Test("whatever is not known, not safe or not whole stops the start", arguments: 0..<faults.count)
    func refuses(index: Int) throws {
        let (good, part, bad) = Self.faults[index]
        _ = try Self.read(good)
        #expect(good.contains(part))
        #expect(throws: PolicyError.self) { try Self.read(good.replacing(part, with: bad)) }
    }

    @Test("two webhooks have two names")
    func names() throws {
        let second = "  - name: a\n    url: https://h.test/y\n    secret-file: /f\n    kinds: [released]\n"
        _ = try Self.read(Self.webhook + second.replacing("name: a", with: "name: b"))
        #expect(throws: PolicyError.self) { try Self.read(Self.webhook + second) }
    }
}
