import ArgumentParser
import CLinux
import Dispatch
import Foundation
import Glibc
import Logging
import Rules
import Sealing
import Storage
import Vault
import Web

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the HTTP service.",
        discussion: """
            Everything is said in one configuration file; see docs/OPERATIONS.md. The service runs until it is told to stop (SIGTERM), \
            ends what it has begun, and closes the vault. Its log goes to standard error, one JSON object a line.

            Examples:
              muniment serve --config /etc/muniment/muniment.yaml
              muniment serve --config /etc/muniment/muniment.yaml --check
            """)

    @Option(help: ArgumentHelp("The configuration file.", valueName: "file")) var config: String
    @Flag(help: "Only say whether the configuration is good.") var check = false

    func run() async throws {
        let configuration = try ServiceConfiguration(
            PolicyText(
                file: URL(filePath: config).lastPathComponent,
                text: String(decoding: try Folder.read(config, limit: 64 << 10), as: UTF8.self)))
        let secrets =
            [configuration.tls?.key, configuration.systems?.tls.key].compactMap(\.self)
            + configuration.events.secretFiles
            + (configuration.openID?.providers.map(\.secretFile) ?? [])
        for path in secrets { try Secrets.requireClosed(path) }
        let rules = try configuration.policies.map { try RequestRules(from: $0) } ?? .usual
        if check {
            print("The configuration is good.")
            return
        }
        let logger = Logger(label: "muniment") { label in
            JSONLog(label: label, now: VaultEnvironment.live.now) { line in
                // With a full disk behind it there is nobody to tell, and no reason to stop.
                try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
            }
        }
        // Every answer needs blocks of some hundred kilobytes, whose pages would be handed back and zeroed anew each time. Harmless when it fails.
        _ = keep_freed_memory(1 << 20, 4 << 20)
        let environment = VaultEnvironment.live(
            scanner: configuration.scanner.map { ClamdScanner($0) }, intake: configuration.intake,
            rules: rules)
        if rules.rights == nil {
            logger.warning(
                "there are no rules on requests (rights.yaml): requests under data protection law are refused")
        }
        let vault = try await DocumentVault.open(
            configuration.vault, unlockedWith: try configuration.unlock.read(), in: environment)
        do {
            var options = configuration.options
            options.openID = try configuration.openID.map { try OpenID(reading: $0) }
            let service = Service(
                vault, options: options, now: VaultEnvironment.live.now,
                nanoseconds: { DispatchTime.now().uptimeNanoseconds }, logger: logger)
            let deliveries = try Deliveries(
                configuration.events, vault, now: VaultEnvironment.live.now, logger: logger
            ) { Key(try Secrets.line(from: $0)) }
            try await service.run(configuration, deliveries: deliveries, logger: logger) {
                logger.info("ready")
                Supervisor.notify("READY=1")
            }
            Supervisor.notify("STOPPING=1")
        } catch {
            try? await vault.close()  // The first error is the one to tell; what was acknowledged is safe.
            throw error
        }
        try await vault.close()
        logger.info("stopped")
    }
}

extension ServiceConfiguration.Unlock {
    /// The secret, from where the configuration says.
    func read() throws -> Key {
        switch self {
        case .keyFile(let path): return Key(try Secrets.keyFile(path))
        case .passphraseFile(let path):
            try Secrets.requireClosed(path)
            return Key(try Secrets.line(from: path))
        case .descriptor(let number): return Key(try Secrets.line(fromDescriptor: Int32(number)))
        case .credential(let name):
            guard let folder = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"] else {
                throw CommandError(
                    "There is no credential: this process was not started by systemd with LoadCredential=.")
            }
            return Key(try Secrets.credential(folder + "/" + name))
        }
    }
}

extension OpenID {
    /// With the clients' secrets from their files.
    fileprivate convenience init(reading settings: OpenIDSettings) throws {
        let secrets = try settings.providers.reduce(into: [String: Key]()) { secrets, provider in
            secrets[provider.name] = Key(try Secrets.line(from: provider.secretFile))
        }
        try self.init(settings, secrets: secrets, random: .system)
    }
}

/// Tells systemd how the service is (sd_notify), when systemd wants to know.
enum Supervisor {
    static func notify(_ state: String) {
        guard let path = ProcessInfo.processInfo.environment["NOTIFY_SOCKET"] else { return }
        // A supervisor that does not listen is not the service's fault, and there is nobody else to tell.
        _ = notify_supervisor(path, state)
    }
}
