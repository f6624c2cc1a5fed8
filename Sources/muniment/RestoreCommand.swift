import ArgumentParser
import Foundation
import Sealing
import Storage
import Vault

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Make a vault from backups.",
        discussion: """
            The newest records and keyring of the folder are taken when no others are named. The vault is put together aside, \
            checked in every part, and has its name only then. Nobody can sign in before, so the administrator is asked for the \
            password here.

            A keyring backup past its horizon is refused; nothing overrides that.

            Exit status 3 when the check found a fault, or something was damaged in the backup and left out: the vault is there.

            Example:
              muniment restore ada --from /backup/vault --identity custodian.txt --to /srv/vault --key-file /media/key/vault.key
            """)

    @Argument(help: "An administrator's user name.") var username: String
    @Option(help: ArgumentHelp("Read the password from a file ('-' for standard input).", valueName: "file"))
    var passwordFile: String?
    @OptionGroup var source: SourceOptions
    @Option(help: ArgumentHelp("The vault's new folder: it does not exist yet, or is empty.", valueName: "folder"))
    var to: String
    @Option(help: ArgumentHelp("Where the new anchor is kept; beside the vault when not given.", valueName: "file"))
    var anchor: String?
    @Option(
        help: ArgumentHelp("The lost vault's anchor, to learn how many ledger entries are missing.", valueName: "file"))
    var oldAnchor: String?
    @OptionGroup var secret: UnlockOptions
    @Flag(help: "Print the result as JSON.") var json = false

    func run() async throws {
        guard anchor?.contains("\n") != true else { throw ValidationError("The anchor's path has a line end.") }
        let folder = URL(filePath: absolute(to)).standardizedFileURL.path(percentEncoded: false)
            .replacing(/\/+$/, with: "")
        let restoration = Restoration(
            folder: folder, anchorPath: anchor.map(absolute) ?? "../\(URL(filePath: folder).lastPathComponent).anchor",
            oldAnchor: oldAnchor.map(absolute), username: username,
            password: try Passwords.existing(file: passwordFile))
        let report = try await DocumentVault.restore(
            try source.open(), to: restoration, unlockedBy: try await secret.read(of: nil), in: .live,
            progress: RestoreReport.showProgress)
        Terminal.endProgress()
        if json { try Terminal.json(report) } else { for line in report.lines { print(line) } }
        guard report.isSound else { throw FaultFound() }
    }
}

extension BackupCommand {
    struct Drill: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Restore to a scratch folder, check everything, try to open what was destroyed, and remove it again.",
            discussion: """
                With a vault (--vault or MUNIMENT_VAULT) and a session the drill is in its ledger. Without, nothing is kept of it.

                Exit status 3 when a fault was found, or when something opened that must not.

                Example:
                  muniment backup drill --from /backup/vault --identity custodian.txt --scratch /var/tmp
                """)
        @OptionGroup var source: SourceOptions
        @Option(
            help: ArgumentHelp("Where to restore to for the time; the backup folder when not given.", valueName: "dir"))
        var scratch: String?
        @Option(help: ArgumentHelp("How many of the objects to read back.", valueName: "N%")) var readData = "100%"
        @OptionGroup var common: CommonOptions

        func run() async throws {
            guard let percent = Int(readData.hasSuffix("%") ? String(readData.dropLast()) : readData),
                (0...100).contains(percent)
            else { throw ValidationError("--read-data takes 0% to 100%.") }
            let secret = try await common.vault.secret.read(of: try? common.vault.folder())
            let report = try await drill(secret, percent)
            Terminal.endProgress()
            try common.show(report) {
                report.restore.lines
                    + report.unreadable.map { child in
                        "\(child.opened == 0 ? "gone  " : "FAULT ") child \(child.child): \(child.documents) documents, "
                            + "\(child.wraps) wraps; \(child.opened) of \(child.tries) tries opened something"
                    }
            }
            guard report.isSound else { throw FaultFound() }
        }

        private func drill(_ secret: Key, _ percent: Int) async throws -> DrillReport {
            let source = try source.open()
            let place = absolute(scratch ?? self.source.from)
            let hasVault = common.vault.vault != nil || ProcessInfo.processInfo.environment["MUNIMENT_VAULT"] != nil
            guard hasVault else {
                return try await DocumentVault.drill(
                    source, in: place, unlockedBy: secret, readPercent: percent, in: .live,
                    progress: RestoreReport.showProgress)
            }
            let bearer = try common.session.bearer()
            let vault = try await DocumentVault.open(common.vault.folder(), unlockedWith: secret, in: .live)
            do {
                let report = try await vault.drill(
                    source, in: place, unlockedBy: secret, readPercent: percent,
                    as: try await vault.caller(bearer: bearer), progress: RestoreReport.showProgress)
                try await vault.close()
                return report
            } catch {
                try? await vault.close()  // The first error is the one to tell; what was acknowledged is safe.
                throw error
            }
        }
    }
}

/// What a vault is restored from.
struct SourceOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The folder of the backups.", valueName: "folder")) var from: String
    @Option(help: ArgumentHelp("A records backup; the newest of the folder when not given.", valueName: "file"))
    var records: String?
    @Option(help: ArgumentHelp("A keyring backup; the newest of the folder when not given.", valueName: "file"))
    var keyring: String?
    @Option(
        help: ArgumentHelp(
            "A disposal register that was kept elsewhere, such as beside the anchor. May be repeated.",
            valueName: "file"))
    var register: [String] = []
    @Option(help: ArgumentHelp("The file with a custodian's age identity.", valueName: "file")) var identity: String

    func open() throws -> RestoreSource {
        let identity = BackupIdentity(try Secrets.identity(absolute(identity)))
        return try RestoreSource(
            .reading(absolute(from)), records: records.map(absolute), keyring: keyring.map(absolute),
            registers: register.map(absolute), openedWith: identity)
    }
}

extension RestoreReport {
    static let showProgress: @Sendable (RestoreReport) -> Void = { report in
        guard Terminal.showsProgress else { return }
        Terminal.progress("\(report.objects.copied) objects, \(Terminal.size(report.objects.bytes))")
    }

    var lines: [String] {
        var lines = [
            "vault    \(vault)", "records  \(records)",
            "keyring  \(keyring), made \(keyringMade), runs out \(keyringExpires)",
            "objects  \(objects.copied) (\(Terminal.size(objects.bytes)))",
            "ledger   \(entries) entries; what came after them is lost",
        ]
        if let missing { lines.append("missing  \(missing) entries that the old anchor saw") }
        lines.append("register knows of \(registerEntries) entries; what was disposed of after them is not known here")
        if let missing, entries + missing > registerEntries {
            lines.append("WARNING  the old anchor saw more: name the register that was beside it, with --register")
        }
        if disposals > 0 { lines.append("gone     \(disposals) disposals of after the backup were carried out again") }
        if strays > 0 { lines.append("keys     of \(strays) things that the records do not know were removed") }
        lines += objects.damaged.map { "FAULT  object \($0): it is damaged in the backup, and was left out" }
        lines += check.findings.map { "FAULT  \($0.what): \($0.problem)" }
        if isSound { lines.append("Everything is as it must be.") }
        return lines
    }
}
