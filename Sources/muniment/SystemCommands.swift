import ArgumentParser
import Rules
import Sealing
import Storage
import Vault
import Web

struct SystemCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "system", abstract: "Partners' systems, which come with a client certificate.",
        discussion: """
            A system may do what its role may, for the purposes and with the categories that it is registered for, on the cases \
            whose team somebody puts it on (`case team add`). It has no password and no duties. `person disable` ends it.
            """, subcommands: [Add.self, Certify.self, List.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Register a system.",
            discussion: """
                Compare the certificate's fingerprint, which is printed, with what the partner reads out to you.

                Example:
                  muniment system add trust-letters --name 'Letters of the trust' --organisation 1f… --role HADV \
                --certificate trust.pem --purpose ehc.assessment --category D05 --days 365
                """)
        @Argument(help: "The user name, for teams.") var username: String
        @Option(help: "What it is called.") var name: String
        @Option(help: ArgumentHelp("The organisation.", valueName: "id")) var organisation: OrganisationID
        @Option(help: "Its role, as the agreement names it.") var role: Rules.Role
        @OptionGroup var certificate: CertificateOptions
        @Option(help: "A purpose that it acts for. May be repeated.") var purpose: [Purpose]
        @Option(help: "A category that it may deal with. May be repeated.") var category: [Rules.Category]
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let digest = try certificate.digest()
            let new = NewSystem(
                NewPerson(username: username, name: name, organisation: organisation, roles: [role]),
                certificate: digest, scope: Scope(purposes: Set(purpose), categories: Set(category)),
                days: certificate.days)
            let id = try await common.inVault { try await $0.registerSystem(new, as: $1) }
            let fingerprint = Hex.encode(digest.bytes)
            try common.show(["person": "\(id)", "certificate": fingerprint]) {
                ["\(id)", "certificate \(fingerprint)"]
            }
        }
    }

    struct Certify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take another certificate for a system, and prolong its registration.",
            discussion: """
                The former certificate opens nothing from that moment on.

                Example:
                  muniment system certify trust-letters --certificate trust-2027.pem --days 365
                """)
        @Argument(help: "The user name.") var username: String
        @OptionGroup var certificate: CertificateOptions
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let digest = try certificate.digest()
            try await common.inVault {
                try await $0.certifySystem(username, certificate: digest, days: certificate.days, as: $1)
            }
            let fingerprint = Hex.encode(digest.bytes)
            try common.show(["certificate": fingerprint]) { ["certificate \(fingerprint)"] }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the registered systems.", discussion: "Example:\n  muniment system list")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let systems = try await common.inVault { try await $0.systems(as: $1) }
            try common.show(systems) {
                Terminal.table(
                    ["username", "name", "purposes", "categories", "until", "state", "certificate"],
                    systems.map { system in
                        [
                            system.username, system.name, system.purposes.joined(separator: " "),
                            system.categories.joined(separator: " "), String(system.expires.prefix(10)),
                            system.isDisabled ? "disabled" : "active", String(system.certificate.prefix(16)),
                        ]
                    })
            }
        }
    }
}

/// What a system proves itself by, and for how long.
struct CertificateOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A PEM file with the client certificate, and nothing else.", valueName: "file"))
    var certificate: String
    @Option(help: "For how many days it is registered, 1 to \(DocumentVault.longestSystemDays).") var days: Int

    func digest() throws -> Digest {
        guard let pinned = PinnedCertificate(pem: try Folder.read(certificate, limit: 64 << 10)) else {
            throw CommandError("The file has to hold exactly one certificate, in PEM.")
        }
        return pinned.digest
    }
}
