public import Logging
import NIOSSL
public import Sealing
public import ServiceLifecycle
public import Storage
public import Vault

/// Sends what is in the outbox, to each subscriber in the ledger's order and at least once, for as long as the service runs.
public final class Deliveries: ServiceLifecycle.Service {
    private let vault: DocumentVault
    private let subscriptions: [Subscription]
    private let senders: [String: any EventSender]
    private let publicURL: String
    private let now: @Sendable () -> Instant
    private let logger: Logger

    /// `secret`: the first line of a file that is closed to others.
    ///
    /// - Throws: `EventFault` when a secret or a certificate is not usable; what `secret` throws.
    public init(
        _ configuration: EventConfiguration, _ vault: DocumentVault, now: @escaping @Sendable () -> Instant,
        logger: Logger, secret: (String) throws -> Key
    ) throws {
        self.vault = vault
        self.now = now
        self.logger = logger
        subscriptions = configuration.subscriptions
        publicURL = configuration.publicURL
        var senders: [String: any EventSender] = [:]
        for webhook in configuration.webhooks {
            senders[webhook.subscription.name] = try Webhook(webhook, secret: secret)
        }
        if let mail = configuration.mail {
            senders[mail.subscription.name] = try Self.sender(mail, name: configuration.hostName, secret: secret)
        }
        self.senders = senders
    }

    public func run() async throws {
        // A vault that is closed to changes cannot note what was sent.
        guard vault.readOnlyReason == nil else { return try await gracefulShutdown() }
        try await vault.subscribe(subscriptions)
        guard !senders.isEmpty else { return try await gracefulShutdown() }
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for (name, sender) in self.senders { group.addTask { await self.deliver(to: name, by: sender) } }
            }
        }
    }

    private func deliver(to name: String, by sender: any EventSender) async {
        while !Task.isCancelled {
            do {
                // Another process may have written it, so the records are asked.
                while try await deliverNext(to: name, by: sender) {}
                try await Task.sleep(for: .seconds(1))
            } catch is CancellationError {
                return
            } catch {
                logger.error("fault", metadata: ["subscriber": "\(name)", "error": "\(FaultWords(error))"])
                try? await Task.sleep(for: .seconds(30))  // Cut short only by the end, which the loop sees.
            }
        }
    }

    /// - Returns: whether there was something to send.
    private func deliverNext(to name: String, by sender: any EventSender) async throws -> Bool {
        guard let delivery = try await vault.nextDelivery(to: name) else { return false }
        let outcome = await attempt(delivery, name, sender)
        // An attempt that our own end cut short says nothing of the receiver.
        guard outcome == .taken || !Task.isCancelled else { throw CancellationError() }
        try await vault.finish(delivery, outcome)
        return true
    }

    private func attempt(_ delivery: Delivery, _ name: String, _ sender: any EventSender) async -> DeliveryOutcome {
        do {
            let event = CloudEvent(delivery, of: vault, publicURL: publicURL)
            try await sender.send(event, delivery, at: now())
            return .taken
        } catch {
            let words = (error as? SendFailure)?.words ?? "\(FaultWords(error))"
            logger.warning(
                "not delivered",
                metadata: ["subscriber": "\(name)", "entry": "\(delivery.entry)", "error": "\(words)"])
            if case .rejected = error as? SendFailure { return .refused }
            return .failed
        }
    }

    private static func sender(
        _ mail: EventConfiguration.Mail, name: String, secret: (String) throws -> Key
    ) throws -> any EventSender {
        switch mail.way {
        case .program(let path): return MailProgram(path: path, from: mail.from, to: mail.to)
        case .submission(let host, let port, let user, let passwordFile, let caFile):
            return Submission(
                host: host, port: port, user: user, password: try secret(passwordFile),
                tls: try EventFault.tls(caFile), from: mail.from, to: mail.to, name: name)
        }
    }
}

extension Webhook {
    init(_ webhook: EventConfiguration.Webhook, secret: (String) throws -> Key) throws {
        let name = webhook.subscription.name
        secrets = try webhook.secretFiles.map { path in
            guard let secret = WebhookSecret(try secret(path)) else { throw EventFault.secret(subscriber: name) }
            return secret
        }
        target = webhook.target
        tls = webhook.target.isSecure ? try EventFault.tls(webhook.caFile) : nil
    }
}

/// Why events cannot be sent at all: told to the operator at the start.
public enum EventFault: Error, Hashable {
    case secret(subscriber: String)
    case certificates

    public var userMessage: String {
        switch self {
        case .secret(let subscriber):
            "The secret of the webhook '\(subscriber)' is not one. Its file has `whsec_` and 24 to 64 random bytes in Base64 on its first line."
        case .certificates: "A ca-file cannot be read. It has certificates in PEM."
        }
    }

    fileprivate static func tls(_ caFile: String?) throws -> NIOSSLContext {
        do { return try Wire.context(caFile: caFile) } catch { throw EventFault.certificates }
    }
}
