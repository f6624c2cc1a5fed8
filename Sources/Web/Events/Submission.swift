import Foundation
import NIOSSL
import Sealing
import Storage
import Vault

/// Sends notices by a mail server's submission port (RFC 6409): encrypted or not at all, and with a password.
struct Submission: EventSender {
    let host: String
    let port: Int
    let user: String
    let password: Key
    let tls: NIOSSLContext
    let from: String
    let to: [String]
    /// What this machine calls itself.
    let name: String
    var seconds: Int64 = 60

    func send(_ event: CloudEvent, _ delivery: Delivery, at now: Instant) async throws {
        let message = MailMessage(event, delivery.kind, from: from, to: to, now: now)
        try await Wire.open(host, port, .anywhere, tls: nil, seconds: seconds) { wire in
            try await begin(wire)
            try await hand(over: message, wire)
            // The message is taken; a server that goes without a farewell takes nothing back.
            try? await wire.send(Array("QUIT\r\n".utf8))
        }
    }

    /// As far as the point where messages are taken. What fails here is for the operator to mend, and the notices wait.
    private func begin(_ wire: Wire) async throws {
        try await expect(220, MailReply(wire))
        guard try await hello(wire).contains("STARTTLS") else { throw SendFailure.noEncryption }
        try await expect(220, ask("STARTTLS", wire))
        try await wire.startTLS(tls, host)
        // What was offered in clear counts for nothing.
        let offers = try await hello(wire)
        guard offers.contains(where: { $0.hasPrefix("AUTH ") && $0.split(separator: " ").contains("PLAIN") }) else {
            throw SendFailure.noPasswordSignIn
        }
        try await signIn(wire)
    }

    private func hello(_ wire: Wire) async throws -> [String] {
        let reply = try await ask("EHLO \(name)", wire)
        try expect(250, reply)
        return reply.lines.dropFirst().map { $0.uppercased() }
    }

    /// The password leaves locked memory here, for the bytes that go out.
    private func signIn(_ wire: Wire) async throws {
        var text = [0] + Array(user.utf8) + [0] + password.secret.exposedBytes()
        var line = Array("AUTH PLAIN ".utf8) + Array(Data(text).base64EncodedData()) + Array("\r\n".utf8)
        defer {
            for index in text.indices { text[index] = 0 }
            for index in line.indices { line[index] = 0 }
        }
        try await wire.send(line)
        try await expect(235, MailReply(wire))
    }

    /// Whoever is refused for good is left out, as long as somebody is not.
    private func hand(over message: MailMessage, _ wire: Wire) async throws {
        try await require(250...250, ask("MAIL FROM:<\(message.from)>", wire))
        var refused: SendFailure?
        var taken = 0
        for mailbox in message.to {
            do {
                try await require(250...251, ask("RCPT TO:<\(mailbox)>", wire))
                taken += 1
            } catch let failure as SendFailure {
                guard case .rejected = failure else { throw failure }
                refused = failure
            }
        }
        if let refused, taken == 0 { throw refused }
        try await require(354...354, ask("DATA", wire))
        try await wire.send(message.stuffed)
        try await require(250...250, MailReply(wire))
    }

    private func ask(_ command: String, _ wire: Wire) async throws -> MailReply {
        try await wire.send(Array("\(command)\r\n".utf8))
        return try await MailReply(wire)
    }

    private func expect(_ code: Int, _ reply: MailReply) throws {
        guard reply.code == code else { throw SendFailure.status(reply.code) }
    }

    /// - Throws: `SendFailure.rejected` for 5xx, which is for good; `.status` for what may be taken later.
    private func require(_ codes: ClosedRange<Int>, _ reply: MailReply) throws {
        guard !codes.contains(reply.code) else { return }
        throw (500...599).contains(reply.code) ? SendFailure.rejected(reply.code) : .status(reply.code)
    }
}

/// What a mail server answered.
private struct MailReply: Sendable {
    private static let mostLines = 100

    let code: Int
    /// Without code and separator.
    let lines: [String]

    init(_ wire: Wire) async throws {
        var lines: [String] = []
        var code: Int?
        while lines.count < Self.mostLines {
            let line = try await wire.line()
            guard let own = Int(line.prefix(3)), (200...599).contains(own), code ?? own == own else { break }
            code = own
            lines.append(String(line.dropFirst(4)))
            let separator = line.dropFirst(3).first ?? " "
            if separator == " " {
                self.code = own
                self.lines = lines
                return
            }
            guard separator == "-" else { break }
        }
        throw SendFailure.notUnderstood
    }
}
