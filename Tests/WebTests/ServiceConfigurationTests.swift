import Rules
import Testing

@testable import Web

@Suite("The service's configuration")
struct ServiceConfigurationTests {
    static let start = "vault: /v\nunlock: {key-file: /k}\n"
    static let loopback = "listen: {port: 8080}\n"
    static let tls = "certificate: /c, key: /k"

    private func read(_ text: String) throws -> ServiceConfiguration {
        try ServiceConfiguration(PolicyText(file: "muniment.yaml", text: text))
    }

    /// Each would send papers or passwords in clear, believe anybody, or be a setting that does nothing.
    static let refused: [(what: String, text: String)] = [
        ("an open address without TLS", start + "listen: {address: 0.0.0.0, port: 8080}\n"),
        ("an open address by another name", start + "listen: {address: \"::\", port: 8080}\n"),
        ("an open address behind a proxy", start + "proxy: true\nlisten: {address: 0.0.0.0, port: 443, \(tls)}\n"),
        ("a certificate without its key", start + "listen: {port: 8080, certificate: /c}\n"),
        ("a key without its certificate", start + "listen: {port: 8080, key: /k}\n"),
        ("a port and a socket", start + "listen: {port: 8080, socket: /s}\n"),
        ("no address", start + "listen: {}\n"), ("nothing to listen on", start),
        ("no port", start + "listen: {port: 0}\n"),
        ("a relative path", "vault: v\nunlock: {key-file: /k}\n" + loopback),
        ("no way to unlock", "vault: /v\nunlock: {}\n" + loopback),
        ("two ways to unlock", "vault: /v\nunlock: {key-file: /k, descriptor: 3}\n" + loopback),
        ("no descriptor", "vault: /v\nunlock: {descriptor: -1}\n" + loopback),
        ("a secret itself", "vault: /v\nunlock: {passphrase: open}\n" + loopback),
        ("a key that is not known", start + loopback + "limitz: {}\n"),
        ("one further in", start + loopback + "limits: {connection: 5}\n"),
        ("systems without TLS", start + loopback + "systems: {port: 8444}\n"),
        ("systems on a socket", start + loopback + "systems: {socket: /s, \(tls)}\n"),
        ("a scanner elsewhere", start + loopback + "intake: {scanner: \"192.0.2.1:3310\"}\n"),
        ("providers without an address of ours", start + loopback + "providers: []\n"),
    ]

    @Test("what is not safe or not known does not start, and says where it stands", arguments: refused)
    func refuses(what: String, text: String) {
        let error = #expect(throws: PolicyError.self, "\(what)") { try read(text) }
        #expect(error?.file == "muniment.yaml", "\(what)")
    }

    @Test("each way to unlock and to listen is read, with what it defaults to")
    func reads() throws {
        let plain = try read(Self.start + Self.loopback)
        guard case .port("127.0.0.1", 8080) = plain.address, case .keyFile("/k") = plain.unlock else {
            throw Peer.Broken()
        }
        #expect(plain.tls == nil && plain.metricsPort == nil && plain.systems == nil && plain.scanner == nil)
        #expect(!plain.options.isBehindProxy && !plain.options.isSecure && !plain.options.publishesLedger)
        #expect(plain.options.largestDocument == 5 << 30 && plain.connections == 4096)
        let open = try read(
            "vault: /v\nunlock: {credential: unlock}\nlisten: {address: 0.0.0.0, port: 443, \(Self.tls)}\n"
                + "systems: {address: 0.0.0.0, port: 8444, \(Self.tls)}\nlimits: {connections: 9}\n")
        guard case .port("0.0.0.0", 443) = open.address, case .credential("unlock") = open.unlock,
            case .port("0.0.0.0", 8444)? = open.systems?.address
        else { throw Peer.Broken() }
        #expect(open.options.isSecure && open.connections == 9)
    }
}
