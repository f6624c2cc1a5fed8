import Foundation
import Ledger
import Rules
public import Vault

/// Who is told of events, and how: the keys `public-url`, `webhooks` and `mail` of the service's configuration.
public struct EventConfiguration: Sendable {
    /// A place that takes events by HTTP.
    struct Webhook: Sendable {
        let subscription: Subscription
        let target: Target
        /// One, or two while a secret is being replaced: the newer first.
        let secretFiles: [String]
        let caFile: String?
    }

    /// Role mailboxes that take notices.
    struct Mail: Sendable {
        let subscription: Subscription
        let from: String
        let to: [String]
        let way: Way
    }

    enum Way: Sendable {
        case submission(host: String, port: Int, user: String, passwordFile: String, caFile: String?)
        /// A program that takes a message on its standard input, as sendmail does.
        case program(String)
    }

    static let keys: Set = ["public-url", "webhooks", "mail"]
    /// The name of the subscriber that `mail` is.
    static let mailName = "mail"

    /// Where people and programs reach this service: what links begin with.
    let publicURL: String
    let webhooks: [Webhook]
    let mail: Mail?

    /// What this machine calls itself to a mail server.
    var hostName: String { Target(publicURL)?.host ?? "localhost" }

    public var subscriptions: [Subscription] { webhooks.map(\.subscription) + [mail?.subscription].compactMap(\.self) }

    /// Every file with a secret.
    public var secretFiles: [String] {
        var files = webhooks.flatMap(\.secretFiles)
        if case .submission(_, _, _, let file, _) = mail?.way { files.append(file) }
        return files
    }

    init(_ top: PolicyMap) throws(PolicyError) {
        webhooks = try Self.webhooks(top.optional("webhooks"))
        mail = try Self.mail(top.optional("mail"))
        guard let node = top.optional("public-url") else {
            guard webhooks.isEmpty, mail == nil else { throw top.node.fault(.missingKey("public-url")) }
            publicURL = ""
            return
        }
        let text = try node.text()
        guard Target(text) != nil, text.utf8.count <= 500, text.last != "/" else {
            throw node.fault(.expected("an address such as https://vault.county.example, without / at its end"))
        }
        publicURL = text
    }

    private static func webhooks(_ node: PolicyNode?) throws(PolicyError) -> [Webhook] {
        var webhooks: [Webhook] = []
        for item in try node?.list() ?? [] {
            let webhook = try webhook(item)
            let name = webhook.subscription.name
            guard name != mailName, !webhooks.contains(where: { $0.subscription.name == name }) else {
                throw item.fault(.duplicate(name))
            }
            webhooks.append(webhook)
        }
        return webhooks
    }

    private static func webhook(_ node: PolicyNode) throws(PolicyError) -> Webhook {
        let map = try node.map([
            "name", "url", "secret-file", "former-secret-file", "kinds", "with-identifiers", "ca-file",
        ])
        let url = try map.required("url")
        guard let target = Target(try url.text()) else {
            throw url.fault(.expected("an address such as https://host/path"))
        }
        guard target.isSecure || target.isLoopback else {
            throw url.fault(.expected("https: only an address of this machine may have http"))
        }
        var files = [try map.required("secret-file").path()]
        if let former = map.optional("former-secret-file") { files.append(try former.path()) }
        let subscription = Subscription(
            name: try map.required("name").word(), kinds: try kinds(map.required("kinds")),
            seesIdentifiers: try map.optional("with-identifiers")?.flag() ?? false)
        return Webhook(
            subscription: subscription, target: target, secretFiles: files,
            caFile: try map.optional("ca-file")?.path())
    }

    private static func mail(_ node: PolicyNode?) throws(PolicyError) -> Mail? {
        guard let node else { return nil }
        let map = try node.map([
            "server", "port", "user", "password-file", "ca-file", "sendmail", "from", "to", "kinds",
        ])
        var to: [String] = []
        for item in try map.required("to").list() { to.append(try mailbox(item)) }
        let subscription = Subscription(name: mailName, kinds: try kinds(map.required("kinds")), seesIdentifiers: false)
        return Mail(
            subscription: subscription, from: try mailbox(map.required("from")), to: to, way: try way(map))
    }

    private static func way(_ map: PolicyMap) throws(PolicyError) -> Way {
        let ofServer = ["server", "port", "user", "password-file", "ca-file"].compactMap { map.optional($0) }
        if let program = map.optional("sendmail") {
            guard ofServer.isEmpty else { throw program.fault(.expected("a server, or sendmail, and not both")) }
            return .program(try program.path())
        }
        let server = try map.required("server")
        let host = try server.text()
        guard Target("https://" + host + "/")?.host == host.lowercased() else {
            throw server.fault(.expected("the name of a mail server"))
        }
        let user = try map.required("user")
        let name = try user.text()
        guard name.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw user.fault(.expected("a user name of ASCII letters and signs"))
        }
        return .submission(
            host: host, port: try map.optional("port")?.number(in: 1...65535) ?? 587, user: name,
            passwordFile: try map.required("password-file").path(), caFile: try map.optional("ca-file")?.path())
    }

    private static func kinds(_ node: PolicyNode) throws(PolicyError) -> Set<EventKind> {
        var kinds: Set<EventKind> = []
        for item in try node.list() {
            let name = try item.word()
            guard let kind = EventKind.allCases.first(where: { $0.description == name }) else {
                throw item.fault(.unknown(kind: "kind of event", name: name))
            }
            guard kinds.insert(kind).inserted else { throw item.fault(.duplicate(name)) }
        }
        return kinds
    }

    /// An address in a form that can begin neither another header nor another command.
    private static func mailbox(_ node: PolicyNode) throws(PolicyError) -> String {
        let text = try node.text()
        guard text.utf8.count <= 254,
            text.wholeMatch(of: /[A-Za-z0-9_+][A-Za-z0-9._+\-]{0,63}@[A-Za-z0-9][A-Za-z0-9.\-]*/) != nil
        else { throw node.fault(.expected("a role's mailbox, such as rights-office@county.example")) }
        return text
    }
}
