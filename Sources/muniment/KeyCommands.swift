import ArgumentParser
import Rules
import Storage
import Vault

struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "The vault's keys: how old they are, new ones, and what to do when one leaks.",
        discussion: """
            Example:
              muniment key status
              muniment key rotate party health
              muniment key ceremony begin
            """, subcommands: [Status.self, RotateCommand.self, CeremonyCommand.self, CompromisedCommand.self])

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the keys, their versions, and when each is to be rotated.",
            discussion: "Example:\n  muniment key status")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let keys = try await common.inVault { try await $0.keyStatus(as: $1) }
            try common.show(keys) {
                Terminal.table(
                    ["key", "version", "created", "rotate by", "state"],
                    keys.map { key in
                        [
                            key.key, key.version == 0 ? "-" : "\(key.version)",
                            key.created.map { String($0.prefix(10)) } ?? "-",
                            key.rotateBy ?? "-", key.isDue ? "due" : key.note,
                        ]
                    })
            }
        }
    }
}

struct CeremonyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ceremony",
        abstract: "Replace the root key and the secret that unlocks the vault. It takes two people.",
        discussion: """
            One person begins and another approves. The new secret is made and handed out; only when it has been presented again \
            does the old one die.

            Example:
              muniment key ceremony begin
              muniment key ceremony approve
              muniment key ceremony issue --threshold 3 --keeper age1… --keeper age1… --keeper age1… --shares-folder /media/shares
              muniment key ceremony complete --new-share s1.age --new-share-identity k1.txt …
            """, subcommands: [Begin.self, Approve.self, Issue.self, Complete.self, End.self, Show.self])

    struct Begin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begin. Somebody else must approve.", discussion: "Example:\n  muniment key ceremony begin")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { try await $0.beginCeremony(as: $1) }
            try common.show(["state": "begun"]) { ["Begun. Somebody else approves it: muniment key ceremony approve"] }
        }
    }

    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Approve the ceremony that somebody else began.",
            discussion: "Example:\n  muniment key ceremony approve --session ~/.muniment/dana")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { try await $0.approveCeremony(as: $1) }
            try common.show(["state": "approved"]) { ["Approved. Next: muniment key ceremony issue"] }
        }
    }

    struct Issue: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the new secret. The old one goes on until the new one is presented.",
            discussion: """
                With no option a passphrase is asked for.

                Examples:
                  muniment key ceremony issue --new-key-file /media/key/new.key
                  muniment key ceremony issue --new-token-module /usr/lib/softhsm/libsofthsm2.so --new-slot vault
                """)
        @OptionGroup var custody: NewCustodyOptions
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { vault, caller in
                let state = try await vault.ceremony(as: caller)
                guard let state else { throw VaultError.ceremony(.none) }
                guard state.approver != nil else { throw VaultError.ceremony(.notApproved) }
                guard !state.isIssued else { throw VaultError.ceremony(.issued) }
                try await vault.issue(try custody.make(), as: caller)
            }
            try common.show(["state": "issued"]) {
                ["The new secret is made. Present it: muniment key ceremony complete"]
            }
        }
    }

    struct Complete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Present the new secret; then the old one dies.",
            discussion: "Example:\n  muniment key ceremony complete --new-key-file /media/key/new.key")
        @OptionGroup var presented: PresentedOptions
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let folder = try common.vault.folder()
            let secret = try await presented.read { try await DocumentVault.custody(of: CustodyRow.next, in: folder) }
            try await common.inVault { try await $0.completeCeremony(presenting: secret, as: $1) }
            try common.show(["state": "completed"]) {
                ["Done: the vault is unlocked with the new secret from now on. Destroy what is left of the old one."]
            }
        }
    }

    struct End: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End the ceremony without a change.", discussion: "Example:\n  muniment key ceremony end")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { try await $0.endCeremony(as: $1) }
            try common.show(["state": "ended"]) { ["Ended. The old secret goes on."] }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show how far the ceremony is.", discussion: "Example:\n  muniment key ceremony show")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let state = try await common.inVault { try await $0.ceremony(as: $1) }
            try common.show(state) {
                guard let state else { return ["No ceremony is open."] }
                return [
                    "Begun \(state.began) by \(state.proposer).", "Approved by: \(state.approver ?? "nobody yet").",
                    state.isIssued ? "The new secret waits to be presented." : "The new secret has not been made.",
                ]
            }
        }
    }
}

struct CompromisedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compromised",
        abstract: "List what a party's key or a person's account could have opened, and what was opened since a day.",
        discussion: """
            Examples:
              muniment key compromised --party health --since 2026-11-01
              muniment key compromised --person priya.health --since 2026-11-01
            """)
    @Option(help: "The party whose key it is.") var party: Party?
    @Option(help: ArgumentHelp("The person whose account it is.", valueName: "username")) var person: String?
    @Option(help: "The first day, such as 2026-11-01.") var since: Day
    @OptionGroup var common: CommonOptions

    func run() async throws {
        guard (party == nil) != (person == nil) else { throw ValidationError("Name a party or a person.") }
        let who: Compromised = party.map { .party($0) } ?? .person(person ?? "")
        let report = try await common.inVault { try await $0.compromised(who, since: since, as: $1) }
        try common.show(report) {
            [
                "\(report.about), since \(report.since)",
                "could have been opened: \(report.reachable) renditions of \(report.childrenReachable.count) children",
                "opened: \(report.opened.count), of \(report.childrenOpened.count) children", "",
            ]
                + Terminal.table(
                    ["entry", "time", "what", "document", "person"],
                    report.opened.map { ["\($0.entry)", $0.time, $0.kind, $0.document, $0.person] })
                + ["", report.notification]
        }
    }
}
