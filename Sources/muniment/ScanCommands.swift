import ArgumentParser
import Foundation
import Storage
import Vault

/// The malware scanner, for commands that take content in.
struct ScannerOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where clamd listens: the path of its socket, or 127.0.0.1:PORT; MUNIMENT_SCANNER when not given.",
            valueName: "socket"))
    var scanner: String?

    func clamd() throws -> ClamdScanner? {
        guard let text = scanner ?? ProcessInfo.processInfo.environment["MUNIMENT_SCANNER"] else { return nil }
        guard let address = ScannerAddress(text) else {
            throw ValidationError(
                "The scanner is the absolute path of a socket, or 127.0.0.1 with a port: no content goes to another machine."
            )
        }
        return ClamdScanner(address)
    }
}

struct ScanningCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scanning", abstract: "See or require that everything is scanned for malware.",
        subcommands: [Show.self, Require.self])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show whether scans are required, what was never scanned, and the scanner.",
            discussion: "Example:\n  muniment scanning show --scanner /run/clamav/clamd.ctl")
        @OptionGroup var scanner: ScannerOption
        @OptionGroup var common: CommonOptions

        func run() async throws {
            // To look must not be what makes scans required, so the vault is opened without the scanner.
            let clamd = try scanner.clamd()
            let status = try await common.inVault { try await $0.scanning(by: clamd, as: $1) }
            try common.show(status) {
                [
                    "required    \(status.requiredSince.map { "since \($0)" } ?? "no")",
                    "unscanned   \(status.unscanned) renditions", "found       \(status.found) renditions",
                    "scanner     \(status.scanner ?? status.problem ?? "none named")",
                    "signatures  \(status.signatures ?? "–")",
                ]
            }
        }
    }

    struct Require: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Require that everything is scanned before it is kept, and before the family has it.",
            discussion: """
                It is also required from the first deposit on that names a scanner. It is not taken back.

                Example:
                  muniment scanning require
                """)
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { try await $0.requireScanning(as: $1) }
            try common.show(["required": true]) { ["From now on nothing is kept unscanned."] }
        }
    }
}

extension DocumentCommand {
    struct Scan: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Scan what is stored already for malware, as far as you may read it.",
            discussion: """
                Examples:
                  muniment document scan 9d41… --scanner /run/clamav/clamd.ctl
                  muniment document scan --all-unscanned
                """)
        @Argument(help: "The document: every version and form of it.") var document: DocumentID?
        @Flag(help: "Everything that was never scanned and that you may read.") var allUnscanned = false
        @OptionGroup var scanner: ScannerOption
        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard (document == nil) == allUnscanned else {
                throw ValidationError("Name a document, or say --all-unscanned.")
            }
        }

        func run() async throws {
            let outcomes = try await common.inVault(scanner: try scanner.clamd()) { vault, caller in
                if let document { return try await vault.scan(document, as: caller) }
                var outcomes: [ScanOutcome] = []
                try await vault.scanUnscanned(as: caller) { outcomes.append($0) }
                return outcomes
            }
            try common.show(outcomes) {
                Terminal.table(
                    ["document", "version", "rendition", "verdict"],
                    outcomes.map { outcome in
                        [
                            outcome.document, "\(outcome.version)", outcome.rendition,
                            outcome.found.map { "FOUND \($0)" } ?? outcome.problem ?? "clean",
                        ]
                    })
            }
            guard outcomes.allSatisfy(\.isClean) else { throw ExitCode(1) }
        }
    }
}
