import ArgumentParser
import Foundation
import Ledger
import Rules
import Storage
import Vault

struct LedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "The record of everything that happened, and its proofs.",
        subcommands: [
            Show.self, Looks.self, Patterns.self, Verify.self, Prove.self, MakeCheckpoint.self, Keys.self,
            RestoreAnchor.self, AcceptClock.self,
        ])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show entries, the newest first.", discussion: "Example:\n  muniment ledger show --limit 50")
        @Option(help: "How many.") var limit = 20
        @Option(help: ArgumentHelp("Only entries below this index.", valueName: "index")) var before: UInt64?
        @OptionGroup var common: CommonOptions

        func run() async throws {
            guard (1...10_000).contains(limit) else { throw ValidationError("The limit is 1 to 10000.") }
            let entries = try await common.inVault { try await $0.ledger(before: before, limit: limit, as: $1) }
            try common.show(entries) {
                Terminal.table(
                    ["entry", "time", "what", "party", "who", "details"],
                    entries.map { entry in
                        let details = (entry.details ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                        return [
                            "\(entry.index)", entry.time, entry.kind, entry.party ?? "–", entry.actor ?? "–",
                            details.joined(separator: " "),
                        ]
                    })
            }
        }
    }

    struct Keys: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the ledger's public key, and those before it.",
            discussion: """
                For each change there is a checkpoint that the old and the new key have signed: whoever trusts the old one checks it, and \
                trusts the new one from then on.

                Example:
                  muniment ledger keys --json
                """)
        @OptionGroup var common: CommonOptions

        func run() async throws {
            struct LogKeys: Encodable {
                let vkey: String
                let changes: [LogKeyChange]
            }
            let keys = try await common.inVault { vault, _ in
                LogKeys(vkey: try vault.vkey, changes: try await vault.logKeyChanges())
            }
            try common.show(keys) {
                [keys.vkey] + keys.changes.flatMap { ["", "before entry \($0.entry): \($0.former)", $0.checkpoint] }
            }
        }
    }

    struct Prove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a proof that an entry is in the ledger, for someone outside.",
            discussion: """
                Writes NAME.tlog-proof (C2SP tlog-proof) and NAME.entry, the entry's own bytes.

                Example:
                  muniment ledger prove 12 --output entry-12
                """)
        @Argument(help: "The entry's index.") var entry: UInt64
        @Option(help: ArgumentHelp("The name of the two files to make.", valueName: "name")) var output: String
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let (made, vkey) = try await common.inVault { (try await $0.prove(entry, as: $1), try $0.vkey) }
            for (bytes, ending) in [(made.proof, ".tlog-proof"), (made.entry, ".entry")] {
                let file = try Output(output + ending)
                try file.write(bytes)
                try file.finish()
            }
            try common.show(["proof": output + ".tlog-proof", "entry": output + ".entry", "vkey": vkey]) {
                ["Written: \(output).tlog-proof and \(output).entry", "Checked with the public key \(vkey)"]
            }
        }
    }

    struct Looks: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show who looked at a child's papers or at one document, or what a person opened.",
            discussion: """
                The rights offices see names; a family sees roles, and only what it may know of; everyone sees what they opened.

                Examples:
                  muniment ledger looks --child 6ab1…
                  muniment ledger looks --person yusuf.youth --since 2026-09-01
                """)
        @Option(help: ArgumentHelp("Who looked at this child's papers.", valueName: "id")) var child: ChildID?
        @Option(help: ArgumentHelp("Who looked at this document.", valueName: "id")) var document: DocumentID?
        @Option(help: ArgumentHelp("What this person opened.", valueName: "username")) var person: String?
        @Option(help: ArgumentHelp("From this day on.", valueName: "YYYY-MM-DD")) var since: Day = .beginning
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let queries: [LookQuery] =
                [child.map { .child($0) }, document.map { .document($0) }, person.map { .person($0) }].compactMap(
                    \.self)
            guard let query = queries.first, queries.count == 1 else {
                throw ValidationError("Say --child, --document or --person: one of the three.")
            }
            let looks = try await common.inVault { try await $0.looks(query, since: since, as: $1) }
            try common.show(looks) {
                Terminal.table(
                    ["entry", "time", "what", "who", "purpose", "document"],
                    looks.map { look in
                        [
                            "\(look.entry)", look.time, look.kind + (look.isEmergency ? " (emergency)" : ""), look.who,
                            look.purpose ?? "–", look.document ?? "–",
                        ]
                    })
            }
        }
    }

    struct Patterns: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show who was refused again and again, and who read with no open task.",
            discussion: """
                What is shown is for a person to judge: a pattern is not an offence.

                Example:
                  muniment ledger patterns --since 2026-09-01
                """)
        @Option(help: ArgumentHelp("From this day on.", valueName: "YYYY-MM-DD")) var since: Day = .beginning
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let patterns = try await common.inVault { try await $0.patterns(since: since, as: $1) }
            try common.show(patterns) {
                Terminal.table(
                    ["pattern", "who", "times", "last", "child", "reasons"],
                    patterns.map {
                        [
                            $0.kind.rawValue, $0.username, "\($0.count)", $0.last, $0.child ?? "–",
                            $0.reasons.joined(separator: " "),
                        ]
                    })
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check the vault's ledger, or a proof that someone was given.",
            discussion: """
                Without options: every tree hash against the entries, the newest checkpoint and the anchor; exit status 3 when \
                they do not fit. With --proof, --entry and --vkey: whether the entry is in the ledger of that key; this \
                needs no vault.

                Examples:
                  muniment ledger verify
                  muniment ledger verify --proof entry-12.tlog-proof --entry entry-12.entry --vkey vault.county.example/ledger+…
                """)
        @Option(help: ArgumentHelp("The proof.", valueName: "file")) var proof: String?
        @Option(help: ArgumentHelp("The entry's bytes.", valueName: "file")) var entry: String?
        @Option(help: "The ledger's public key, from somewhere you trust.") var vkey: String?
        @OptionGroup var common: CommonOptions

        func run() async throws {
            switch (proof, entry, vkey) {
            case (nil, nil, nil): try await verifyVault()
            case (let proof?, let entry?, let vkey?): try verify(proof, entry, vkey)
            default: throw ValidationError("A proof is checked with --proof, --entry and --vkey together.")
            }
        }

        private func verifyVault() async throws {
            let report = try await common.inVault { try await $0.verifyLedger(as: $1) }
            try common.show(report) {
                report.isSound
                    ? ["All \(report.entries) entries follow, and fit the newest checkpoint and the anchor."]
                    : report.findings.map { "FAULT  \($0.what): \($0.problem)" }
            }
            guard report.isSound else { throw FaultFound() }
        }

        private func verify(_ proof: String, _ entry: String, _ vkey: String) throws {
            let leaf = try Folder.read(entry)
            let policy = try LogPolicy(logKeys: [NoteKey(vkey: vkey)])
            let file = try ProofFile(parsing: try Folder.read(proof))
            let seen = try file.verify(leafHash(leaf), under: policy, now: UInt64(Date().timeIntervalSince1970))
            let what = try Leaf(parsing: leaf)
            let time = Instant(milliseconds: Int64(what.time)).text
            let size = seen.checkpoint.head.size
            let result = [
                "entry": String(file.proof.index), "size": String(size), "what": what.kind.description, "time": time,
            ]
            try common.show(result) {
                [
                    "Entry \(file.proof.index) is in the ledger of \(size) entries signed by this key.",
                    "It records: \(what.kind) at \(time).",
                ]
            }
        }
    }

    struct MakeCheckpoint: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "checkpoint", abstract: "Sign the ledger's present state, to publish or keep.",
            discussion: "Example:\n  muniment ledger checkpoint > checkpoint-2026-11.txt")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let note = try await common.inVault { try await $0.checkpoint(as: $1) }
            let text = String(decoding: note.bytes, as: UTF8.self)
            try common.show(["checkpoint": text]) { [String(text.dropLast())] }
        }
    }

    struct AcceptClock: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "accept-clock",
            abstract: "Say that this machine's clock is right, after one that ran ahead left entries in the future.",
            discussion: """
                Until then nobody can sign in. Give the vault's identifier, as the file muniment-vault has it, to confirm.

                Example:
                  muniment ledger accept-clock ada --confirm 77aa…
                """)
        @Argument(help: "An administrator's user name.") var username: String
        @Option(help: ArgumentHelp("Read the password from a file ('-' for standard input).", valueName: "file"))
        var passwordFile: String?
        @Option(help: ArgumentHelp("The vault's identifier.", valueName: "id")) var confirm: String
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let vault = try await common.open()
            guard confirm == "\(vault.id)" else { throw CommandError("That is not this vault's identifier.") }
            try await vault.acceptClock(
                username: username, password: try Passwords.existing(file: passwordFile))
            try await vault.close()
            try common.show(["clock": "accepted"]) { ["The clock is accepted. Sign in as usual."] }
        }
    }

    struct RestoreAnchor: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "restore-anchor", abstract: "Make the anchor anew after its file was lost.",
            discussion: """
                From then on nothing shows whether the vault was rolled back before. Give the vault's identifier, as the \
                file muniment-vault has it, to confirm.

                Example:
                  muniment ledger restore-anchor ada --confirm 77aa…
                """)
        @Argument(help: "An administrator's user name.") var username: String
        @Option(help: ArgumentHelp("Read the password from a file ('-' for standard input).", valueName: "file"))
        var passwordFile: String?
        @Option(help: ArgumentHelp("The vault's identifier, as `status` shows it.", valueName: "id")) var confirm:
            String
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let vault = try await common.open()
            guard confirm == "\(vault.id)" else { throw CommandError("That is not this vault's identifier.") }
            try await vault.restoreAnchor(
                username: username, password: try Passwords.existing(file: passwordFile))
            try await vault.close()
            try common.show(["anchor": "restored"]) { ["The anchor is there again."] }
        }
    }
}
