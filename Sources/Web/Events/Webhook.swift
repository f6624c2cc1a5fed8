import NIOSSL
import Storage
import Vault

/// Something that events are sent by.
protocol EventSender: Sendable {
    /// - Throws: `SendFailure` when it was not taken.
    func send(_ event: CloudEvent, _ delivery: Delivery, at now: Instant) async throws
}

/// Sends events to one address by HTTP. Its answer is a status: neither its headers nor its body are read, and nothing is followed.
struct Webhook: EventSender {
    let target: Target
    /// The newer first.
    let secrets: [WebhookSecret]
    var tls: NIOSSLContext?
    /// For all of an attempt.
    var seconds: Int64 = 30

    func send(_ event: CloudEvent, _ delivery: Delivery, at now: Instant) async throws {
        try await post(try JSON.bytes(event), id: event.id, at: now)
    }

    func post(_ body: [UInt8], id: String, at now: Instant) async throws {
        let time = now.milliseconds / 1000
        let signatures = secrets.map { $0.signature(id: id, seconds: time, body: body) }
        let head = [
            "POST \(target.path) HTTP/1.1", "Host: \(target.authority)",
            "Content-Type: application/cloudevents+json; charset=utf-8", "Content-Length: \(body.count)",
            "User-Agent: muniment", "Accept: */*", "Connection: close", "webhook-id: \(id)",
            "webhook-timestamp: \(time)", "webhook-signature: \(signatures.joined(separator: " "))", "", "",
        ].joined(separator: "\r\n")
        let reach = target.isLoopback ? Reach.loopback : .publicOnly
        let code = try await Wire.open(target.host, target.port, reach, tls: tls, seconds: seconds) { wire in
            try await wire.send(Array(head.utf8) + body)
            return try await status(wire)
        }
        guard (200...299).contains(code) else { throw SendFailure.status(code) }
    }

    /// The status of the answer, past any interim ones (100 to 199).
    private func status(_ wire: Wire) async throws -> Int {
        for _ in 0..<8 {
            let parts = try await wire.line().split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count >= 2, ["HTTP/1.1", "HTTP/1.0"].contains(parts[0]), parts[1].utf8.count == 3,
                let code = Int(parts[1]), (100...599).contains(code)
            else { throw SendFailure.notUnderstood }
            guard code < 200 else { return code }
            while try await !wire.line().isEmpty {}
        }
        throw SendFailure.notUnderstood
    }
}
