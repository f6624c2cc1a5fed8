import ArgumentParser
import CLinux
import Foundation
import Glibc
import Ledger
import Rules
import Sealing
import Storage
import Vault
import Web

/// The one program. A command parses, calls the vault, and prints.
@main
struct Muniment: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "muniment",
        abstract: "A secure vault for the documents of children with special educational needs.",
        discussion: """
            Most commands need a vault (--vault, or MUNIMENT_VAULT), its unlock secret (--key-file, or MUNIMENT_KEY_FILE; \
            otherwise the passphrase is asked for) and a session (--session, or MUNIMENT_SESSION; see `muniment sign-in`).

            Results go to standard output, as JSON with --json; everything else goes to standard error.
            Exit status: 0 done, 1 failed or refused, 2 misused, 3 check found a fault.

            Examples:
              muniment init /srv/vault --origin vault.county.example/ledger --key-file /media/key/vault.key \\
                  --administrator ada --name 'Ada Admin' --organisation 'County Digital Services'
              muniment sign-in sam.send --session ~/.muniment/sam
              muniment document deposit report.pdf --case 5f0c… --category D03
              muniment check --read-data 10%
            """,
        version: "muniment 0.3.0",
        subcommands: [
            InitCommand.self, StatusCommand.self, SignInCommand.self, SignOutCommand.self, PartyCommand.self,
            OrganisationCommand.self, PersonCommand.self, SystemCommand.self, AcceptInvitationCommand.self,
            AccountCommand.self,
            ChildCommand.self, CaseCommand.self,
            DocumentCommand.self, ImportCommand.self, ExportCommand.self, ConsentCommand.self, TaskCommand.self,
            RestraintCommand.self, YoungPersonCommand.self, EmergencyCommand.self, AgreementCommand.self,
            RetentionCommand.self, HoldCommand.self, DisposalCommand.self, RequestCommand.self,
            RestrictionCommand.self, StatementCommand.self, RecipientCommand.self, ErasureCommand.self,
            ObjectionCommand.self, PortabilityCommand.self, BreachCommand.self,
            AccountabilityCommand.self, KeyCommand.self,
            AccessCommand.self, LedgerCommand.self, EventsCommand.self, ScanningCommand.self, CheckCommand.self,
            BackupCommand.self, RestoreCommand.self, ServeCommand.self,
            CompletionsCommand.self,
        ])

    static func main() async {
        umask(0o077)  // SQLite makes its files open to all; whoever copies a file out of the vault copies its mode.
        // Neither a core dump nor another process of this user may see what is in memory.
        _ = forbid_dumps()
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            Foundation.exit(Failure(error).report())
        }
    }
}

/// `check` found a fault: the command worked, the vault is not sound.
struct FaultFound: Error {}

/// An error on its way out: what to say, and the exit status.
struct Failure {
    private enum Status {
        static let done: Int32 = 0
        static let failed: Int32 = 1
        static let misused: Int32 = 2
        static let faultFound: Int32 = 3
    }

    private let error: any Error

    init(_ error: any Error) { self.error = error }

    func report() -> Int32 {
        if error is FaultFound { return Status.faultFound }
        if let message = Self.message(error) {
            Terminal.note("muniment: \(message)")
            return Status.failed
        }
        let text = Muniment.fullMessage(for: error)
        guard Muniment.exitCode(for: error) != .success else {
            print(text)
            return Status.done
        }
        Terminal.note(text)
        return Muniment.exitCode(for: error) == .validationFailure ? Status.misused : Status.failed
    }

    static func message(_ error: any Error) -> String? {
        switch error {
        case let error as VaultError: error.userMessage
        case let error as StorageError: error.userMessage
        case let error as SealingError: error.userMessage
        case let error as LedgerError: error.userMessage
        case let error as PolicyError: error.userMessage
        case let error as EventFault: error.userMessage
        case let error as BackupError: error.userMessage
        case let error as CommandError: error.message
        case is DecodingError, is EncodingError: "A value in the vault cannot be read. Run `muniment check`."
        default: nil
        }
    }
}

/// What a command itself refuses.
struct CommandError: Error {
    let message: String

    init(_ message: String) { self.message = message }
}

struct CompletionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions", abstract: "Print a completion script for bash, zsh or fish.",
        discussion: "Example:\n  muniment completions bash > /etc/bash_completion.d/muniment")

    @Argument(help: "bash, zsh or fish.") var shell: String

    func run() throws {
        guard let shell = CompletionShell(rawValue: shell) else {
            throw ValidationError("There are completions for bash, zsh and fish.")
        }
        print(Muniment.completionScript(for: shell))
    }
}
