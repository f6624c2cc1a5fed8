import ArgumentParser
import Foundation
import Storage
import Vault

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check everything that can be checked at rest.",
        discussion: """
            Holds the ledger against itself and its checkpoints, records against ledger, keys against agreement, and objects \
            against records. With --read-data it also reads objects back and compares them with their names.

            Exit status 3 when a fault was found. See docs/RUNBOOK.md for what each finding means.

            Example:
              muniment check --read-data 10%
            """)

    @Option(help: ArgumentHelp("How many of the objects to read back.", valueName: "N%")) var readData = "0%"
    @OptionGroup var common: CommonOptions

    func run() async throws {
        guard let percent = Int(readData.hasSuffix("%") ? String(readData.dropLast()) : readData),
            (0...100).contains(percent)
        else { throw ValidationError("--read-data takes 0% to 100%.") }
        let report = try await common.inVault { vault, caller in
            try await vault.check(readPercent: percent, as: caller) { report in
                guard Terminal.showsProgress else { return }
                Terminal.progress(
                    "\(report.documents) documents, \(report.objects) objects, \(report.objectsRead) read back")
            }
        }
        Terminal.endProgress()
        try common.show(report) {
            let checked =
                "Checked \(report.entries) ledger entries, \(report.documents) documents, \(report.renditions) renditions, "
                + "\(report.objects) objects (\(report.objectsRead) read back)."
            guard !report.isSound else { return [checked, "Everything is as it must be."] }
            return [checked] + report.findings.map { "FAULT  \($0.what): \($0.problem)" }
        }
        guard report.isSound else { throw FaultFound() }
    }
}

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "The vault at a glance.", discussion: "Example:\n  muniment status --json")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let status = try await common.inVault { try await $0.status(as: $1) }
        try common.show(status) {
            let counts = status.counts
            return [
                "vault      \(status.vault)\(status.isReadOnly ? " (read-only)" : "")",
                "holds      \(counts.documents) documents, \(counts.versions) versions, \(counts.objects) objects, "
                    + "\(Terminal.size(counts.byteCount))",
                "about      \(counts.children) children, \(counts.cases) cases; \(counts.people) people have accounts",
                "ledger     \(status.ledgerSize) entries, root \(status.ledgerRoot)",
                "key        \(status.vkey)",
                "agreement  version \(status.agreementVersion), \(status.agreementStanding), review by \(status.agreementReviewBy)",
                "parties    "
                    + status.parties.map { $0.keyVersion == nil ? "\($0.name) (sealed)" : $0.name }
                    .joined(separator: ", "),
            ] + status.warnings.map { "WARNING  \($0)" }
        }
    }
}
