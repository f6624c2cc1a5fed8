import ArgumentParser
import Foundation
import Sealing
import Storage
import Vault

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy the vault's three stores elsewhere, while it is in use.",
        discussion: """
            Objects and records are useless without keys: keep their copies as long as you like. A keyring backup is an age \
            file to its custodians and runs out after 30 days, so that what is erased is gone from the backups too.
            """,
        subcommands: [All.self, Objects.self, Records.self, Keyring.self, Prune.self, List.self, Drill.self])

    struct All: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Back up records, keyring and objects, in this order.",
            discussion: """
                In this order, since a deposit writes keyring, object and records, in that order: whatever the copied records \
                name was in the others before.

                Exit status 3 when an object is damaged.

                Example:
                  muniment backup all /backup/vault --recipients custodians.txt
                """)
        @OptionGroup var target: TargetArgument
        @OptionGroup var custodians: CustodianOptions
        @OptionGroup var common: CommonOptions

        func run() async throws {
            struct Made: Encodable {
                let records: MadeBackup
                let keyring: MadeBackup
                let objects: ObjectCopy
            }
            let recipients = try custodians.read()
            let folder = try target.open()
            let made = try await common.inVault { vault, caller in
                Made(
                    records: try await vault.backUpRecords(to: folder, as: caller),
                    keyring: try await vault.backUpKeyring(
                        to: folder, sealedTo: recipients, horizonDays: custodians.horizonDays, as: caller),
                    objects: try await vault.backUpObjects(to: folder, as: caller, progress: ObjectCopy.showProgress))
            }
            Terminal.endProgress()
            try common.show(made) { made.records.lines + made.keyring.lines + made.objects.lines }
            try made.objects.requireSound()
        }
    }

    struct Objects: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copy the objects that the folder lacks.",
            discussion: """
                Each is held against its name while it is copied. One that is damaged is named and not copied: exit status 3.

                Example:
                  muniment backup objects /backup/vault
                """)
        @OptionGroup var target: TargetArgument
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let folder = try target.open()
            let copy = try await common.inVault { vault, caller in
                try await vault.backUpObjects(to: folder, as: caller, progress: ObjectCopy.showProgress)
            }
            Terminal.endProgress()
            try common.show(copy) { copy.lines }
            try copy.requireSound()
        }
    }

    struct Records: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copy the records as they are at one moment.",
            discussion: "Example:\n  muniment backup records /backup/vault")
        @OptionGroup var target: TargetArgument
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let folder = try target.open()
            let made = try await common.inVault { try await $0.backUpRecords(to: folder, as: $1) }
            try common.show(made) { made.lines }
        }
    }

    struct Keyring: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Seal the keyring to its custodians.",
            discussion: """
                Whoever has one of the identities and the unlock secret opens everything. After the horizon it is refused by \
                `restore` and removed by `backup prune`.

                Examples:
                  muniment backup keyring /backup/vault --to age1…
                  muniment backup keyring /backup/vault --recipients custodians.txt --horizon-days 14
                """)
        @OptionGroup var target: TargetArgument
        @OptionGroup var custodians: CustodianOptions
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let recipients = try custodians.read()
            let folder = try target.open()
            let made = try await common.inVault { vault, caller in
                try await vault.backUpKeyring(
                    to: folder, sealedTo: recipients, horizonDays: custodians.horizonDays, as: caller)
            }
            try common.show(made) { made.lines }
        }
    }

    struct Prune: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove the keyring backups that are past their horizon.",
            discussion: """
                It removes what the vault knows by its bytes, and nothing else; a file that it does not know is named. Run it \
                daily, on every folder that has keyring backups.

                Example:
                  muniment backup prune /backup/vault
                """)
        @OptionGroup var target: TargetArgument
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let folder = try target.open()
            let report = try await common.inVault { try await $0.pruneBackups(in: folder, as: $1) }
            try common.show(report) {
                report.removed.map { "removed  \($0)" } + report.kept.map { "kept     \($0)" }
                    + report.unknown.map { "UNKNOWN  \($0): the vault did not make it, or does not remember it" }
                    + (report.elsewhere > 0 ? ["\(report.elsewhere) more are past their horizon, and not here."] : [])
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the keyring backups that were made.", discussion: "Example:\n  muniment backup list")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let backups = try await common.inVault { try await $0.keyringBackups(as: $1) }
            try common.show(backups) {
                Terminal.table(
                    ["made", "runs out", "removed", "sha256"],
                    backups.map { [$0.made, $0.expires, $0.pruned ?? "–", $0.sha256] })
            }
        }
    }
}

/// The folder that backups go to.
struct TargetArgument: ParsableArguments {
    @Argument(help: ArgumentHelp("The folder of the backups; it is made if need be.", valueName: "folder"))
    var folder: String

    func open() throws -> BackupFolder { try .writing(absolute(folder)) }
}

/// To whom keyring backups are sealed, and for how long.
struct CustodianOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A custodian's age public key. May be repeated.", valueName: "age1…"))
    var to: [String] = []
    @Option(help: ArgumentHelp("A file with the custodians' age public keys, one a line.", valueName: "file"))
    var recipients: String?
    @Option(help: "After how many days it is refused and pruned, 1 to 35.") var horizonDays = 30

    func read() throws -> [AgeRecipient] {
        var texts = to
        if let recipients {
            let lines = String(decoding: try Folder.read(recipients), as: UTF8.self).split(whereSeparator: \.isNewline)
            texts += lines.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty && !$0.hasPrefix("#") }
        }
        guard !texts.isEmpty else { throw ValidationError("Name the custodians: --to, or --recipients FILE.") }
        return try texts.map { try .init($0) }
    }
}

extension MadeBackup {
    var lines: [String] {
        ["made     \(file)" + (expires.map { ", which runs out on \($0)" } ?? ""), "sha256   \(sha256)"]
    }
}

extension ObjectCopy {
    static let showProgress: @Sendable (ObjectCopy) -> Void = { copy in
        guard Terminal.showsProgress else { return }
        Terminal.progress("\(copy.copied) objects copied, \(copy.present) there already")
    }

    var lines: [String] {
        ["objects  \(copied) copied (\(Terminal.size(bytes))), \(present) there already"]
            + damaged.map { "FAULT  object \($0): it is damaged, and was not copied" }
    }

    func requireSound() throws { if !damaged.isEmpty { throw FaultFound() } }
}
