public import Rules
public import Storage
public import Vault

/// The configuration file of the service: one YAML file, read once. A key that is not known stops the start.
public struct ServiceConfiguration: Sendable {
    public enum Address: Hashable, Sendable {
        case port(host: String, Int)
        case socket(String)
    }

    public struct TLSFiles: Hashable, Sendable {
        public let certificate: String
        public let key: String
    }

    /// Where the vault's unlock secret comes from: never from the file itself.
    public enum Unlock: Hashable, Sendable {
        /// A key file, closed to everybody else.
        case keyFile(String)
        /// A file whose first line is the passphrase, closed to everybody else.
        case passphraseFile(String)
        /// An open file descriptor, read to its end: a passphrase.
        case descriptor(Int)
        /// A systemd credential of this name: a key file.
        case credential(String)
    }

    public let vault: String
    public let unlock: Unlock
    public let address: Address
    public let tls: TLSFiles?
    /// Where partners' systems come with a certificate; nowhere when `nil`.
    public let systems: (address: Address, tls: TLSFiles)?
    /// The loopback port for metrics; none when `nil`.
    public let metricsPort: Int?
    public let options: ServiceOptions
    /// The malware scanner; without one nothing is scanned.
    public let scanner: ScannerAddress?
    public let intake: IntakeRules
    /// The folder with the rules on requests under data protection law; the usual places are looked in when `nil`.
    public let policies: String?
    public let connections: Int
    public let events: EventConfiguration
    /// Organisations' sign-in providers; `nil` without any.
    public let openID: OpenIDSettings?

    /// - Throws: `PolicyError` with file, line and reason.
    public init(_ text: PolicyText) throws(PolicyError) {
        let own: Set = [
            "vault", "unlock", "listen", "metrics", "proxy", "limits", "intake", "log-requests", "publish-ledger",
            "providers", "systems", "policies",
        ]
        let top = try PolicyNode.root(of: text).map(own.union(EventConfiguration.keys))
        vault = try top.required("vault").path()
        unlock = try Self.unlock(try top.required("unlock"))
        let listen = try top.required("listen").map(["address", "port", "socket", "certificate", "key"])
        address = try Self.address(listen)
        tls = try Self.tls(listen)
        systems = try top.optional("systems").map(Self.systems)
        metricsPort = try top.optional("metrics")?.map(["port"]).required("port").number(in: 1...65535)
        let intake = try top.optional("intake")?.map(["scanner", "unknown-types"])
        policies = try top.optional("policies")?.path()
        scanner = try intake?.optional("scanner").map(Self.scanner)
        self.intake = IntakeRules(allowsUnknown: try intake?.optional("unknown-types")?.flag() ?? false)
        let isBehindProxy = try top.optional("proxy")?.flag() ?? false
        let limits = try top.optional("limits")?.map([
            "document-megabytes", "account-per-second", "network-per-second", "connections",
        ])
        let megabytes = try limits?.optional("document-megabytes")?.number(in: 1...1_000_000) ?? 5120
        connections = try limits?.optional("connections")?.number(in: 1...100_000) ?? 4096
        options = ServiceOptions(
            isBehindProxy: isBehindProxy, isSecure: tls != nil || isBehindProxy,
            logsRequests: try top.optional("log-requests")?.flag() ?? true,
            publishesLedger: try top.optional("publish-ledger")?.flag() ?? false,
            largestDocument: UInt64(megabytes) << 20,
            rates: ServiceOptions.Rates(
                accountPerSecond: Double(try limits?.optional("account-per-second")?.number(in: 1...1_000_000) ?? 200),
                networkPerSecond: Double(try limits?.optional("network-per-second")?.number(in: 1...1_000_000) ?? 500)))
        events = try EventConfiguration(top)
        openID =
            if let providers = top.optional("providers") {
                try OpenIDSettings(publicURL: try top.required("public-url"), providers: providers)
            } else { nil }
        try requireSafe(listen.node)
    }

    /// Where a client certificate is asked for, which only TLS can.
    private static func systems(_ node: PolicyNode) throws(PolicyError) -> (address: Address, tls: TLSFiles) {
        let map = try node.map(["address", "port", "certificate", "key"])
        guard let tls = try tls(map) else { throw node.fault(.missingKey("certificate")) }
        return (try address(map), tls)
    }

    private static func unlock(_ node: PolicyNode) throws(PolicyError) -> Unlock {
        let map = try node.map(["key-file", "passphrase-file", "descriptor", "credential"])
        switch (
            map.optional("key-file"), map.optional("passphrase-file"), map.optional("descriptor"),
            map.optional("credential")
        ) {
        case (let path?, nil, nil, nil): return .keyFile(try path.path())
        case (nil, let path?, nil, nil): return .passphraseFile(try path.path())
        case (nil, nil, let number?, nil): return .descriptor(try number.number(in: 0...1023))
        case (nil, nil, nil, let name?): return .credential(try name.word())
        default: throw node.fault(.expected("one of key-file, passphrase-file, descriptor and credential"))
        }
    }

    private static func scanner(_ node: PolicyNode) throws(PolicyError) -> ScannerAddress {
        guard let address = ScannerAddress(try node.text()) else {
            throw node.fault(.expected("clamd's socket, or 127.0.0.1:PORT"))
        }
        return address
    }

    private static func address(_ listen: PolicyMap) throws(PolicyError) -> Address {
        switch (listen.optional("address"), listen.optional("port"), listen.optional("socket")) {
        case (nil, nil, let path?): return .socket(try path.path())
        case (let host, let port?, nil):
            return .port(host: try host?.text() ?? "127.0.0.1", try port.number(in: 1...65535))
        default: throw listen.node.fault(.expected("a port (and an address), or a socket"))
        }
    }

    private static func tls(_ listen: PolicyMap) throws(PolicyError) -> TLSFiles? {
        switch (listen.optional("certificate"), listen.optional("key")) {
        case (nil, nil): return nil
        case (let certificate?, let key?): return TLSFiles(certificate: try certificate.path(), key: try key.path())
        default: throw listen.node.fault(.expected("both certificate and key, or neither"))
        }
    }

    /// Passwords and papers do not cross a network in clear.
    private func requireSafe(_ listen: PolicyNode) throws(PolicyError) {
        guard case .port(let host, _) = address, !Self.loopback.contains(host) else { return }
        // Whoever comes past the proxy could say to be anybody.
        guard !options.isBehindProxy else {
            throw listen.fault(
                .expected("a loopback address or a socket: with a proxy in front nobody else comes here"))
        }
        guard tls == nil else { return }
        throw listen.fault(.expected("certificate and key: an address that others can reach is served with TLS only"))
    }

    private static let loopback: Set = ["127.0.0.1", "::1", "localhost"]
}

extension PolicyNode {
    func path() throws(PolicyError) -> String {
        let path = try text()
        guard path.hasPrefix("/") else { throw fault(.expected("a path from the root, beginning with /")) }
        return path
    }
}
