import ArgumentParser
import Rules
import Storage
import Vault

struct SignInCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign-in", abstract: "Begin a session.",
        discussion: """
            The session is kept in a file that only you can read. It ends after ten hours, or after a quarter of an hour \
            without a command. Where your account has a second factor, the code of your authenticator or a recovery code is \
            asked for.

            Examples:
              muniment sign-in sam.send
              muniment sign-in sam.send --password-file /run/secrets/sam --session /run/user/1000/sam
            """)

    @Argument(help: "Your user name.") var username: String
    @Option(help: ArgumentHelp("Read the password from a file ('-' for standard input).", valueName: "file"))
    var passwordFile: String?
    @Option(
        help: ArgumentHelp(
            "Read the authenticator's code, or a recovery code, from a file ('-' for standard input).",
            valueName: "file"))
    var codeFile: String?
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let vault = try await common.open()
        let token = try await signIn(vault)
        let person = try await vault.identity(of: try await vault.caller(token))
        try await vault.close()
        try SessionFile.write(token, to: common.session.path)
        try common.show(person) { ["You are signed in as \(person.name)."] }
    }

    /// Asks for a code only when one is needed.
    private func signIn(_ vault: DocumentVault) async throws -> SessionToken {
        let password = try Passwords.existing(file: passwordFile)
        let code = try codeFile.map(Secrets.code(file:))
        do {
            return try await vault.signIn(username: username, password: password, code: code)
        } catch VaultError.secondFactorNeeded where Secrets.canAsk {
            return try await vault.signIn(username: username, password: password, code: try Secrets.code(file: nil))
        }
    }
}

struct SignOutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign-out", abstract: "End the session.", discussion: "Example:\n  muniment sign-out")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let token = try SessionFile.read(common.session.path)
        let vault = try await common.open()
        try await vault.signOut(token)
        try await vault.close()
        try SessionFile.remove(common.session.path)
        try common.show(["signedOut": true]) { ["You are signed out."] }
    }
}

struct PartyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "party", abstract: "The sides of the sharing agreement.",
        subcommands: [List.self, Custody.self, Seal.self, Unseal.self])

    struct Custody: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a party's key into its own custody: a passphrase, key file, shares or token of its own.",
            discussion: """
                The key stays open until the party seals it. What was made for it before is void.

                Example:
                  muniment party custody health --threshold 2 --keeper age1… --keeper age1… --keeper age1… \
                --shares-folder /media/shares
                """)
        @Argument(help: "The party.") var party: Party
        @OptionGroup var custody: NewCustodyOptions
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { try await $0.takeCustody(of: party, try custody.make(), as: $1) }
            try common.show(["party": party.rawValue]) { ["The key of \(party.rawValue) is in its own custody."] }
        }
    }

    struct Seal: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Drop a party's key: from the next read on nothing opens for the party.",
            discussion: """
                The secret of the party's own custody is presented, so that nothing is dropped that would not come back.

                Example:
                  muniment party seal health --new-key-file /media/key/health.key
                """)
        @Argument(help: "The party.") var party: Party
        @OptionGroup var presented: PresentedOptions
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let folder = try common.vault.folder()
            let secret = try await presented.read { try await DocumentVault.custody(of: party.rawValue, in: folder) }
            try await common.inVault { try await $0.seal(party, presenting: secret, as: $1) }
            try common.show(["party": party.rawValue, "state": "sealed"]) { ["\(party.rawValue) is sealed."] }
        }
    }

    struct Unseal: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open a party's key again with its own secret.",
            discussion: "Example:\n  muniment party unseal health --new-key-file /media/key/health.key")
        @Argument(help: "The party.") var party: Party
        @OptionGroup var presented: PresentedOptions
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let folder = try common.vault.folder()
            let secret = try await presented.read { try await DocumentVault.custody(of: party.rawValue, in: folder) }
            try await common.inVault { vault, caller in
                try await vault.unseal(party, with: secret, as: caller) { done in
                    if Terminal.showsProgress { Terminal.progress("\(done.renditions) renditions looked at") }
                }
            }
            Terminal.endProgress()
            try common.show(["party": party.rawValue, "state": "open"]) { ["\(party.rawValue) is open."] }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the parties and their keys.", discussion: "Example:\n  muniment party list")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let parties = try await common.inVault { try await $0.parties(as: $1) }
            try common.show(parties) {
                Terminal.table(
                    ["party", "key", "organisations"],
                    parties.map { [$0.name, $0.keyVersion.map { "version \($0)" } ?? "sealed", "\($0.organisations)"] })
            }
        }
    }
}

struct OrganisationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "organisation", abstract: "Schools, trusts and teams.", subcommands: [Add.self, List.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add an organisation to a party.",
            discussion: "Example:\n  muniment organisation add 'Oakfield Primary' --party education")
        @Argument(help: "Its name.") var name: String
        @Option(help: "education, health, social-care, youth-justice, family or rights.") var party: Party
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let id = try await common.inVault { try await $0.addOrganisation(name, party: party, as: $1) }
            try common.show(["organisation": "\(id)"]) { ["\(id)"] }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List organisations.", discussion: "Example:\n  muniment organisation list --json")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let rows = try await common.inVault { try await $0.organisations(as: $1) }
            try common.show(rows) {
                Terminal.table(["organisation", "party", "name"], rows.map { [$0.id, $0.party, $0.name] })
            }
        }
    }
}

struct PersonCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "person", abstract: "People who sign in.",
        subcommands: [Add.self, Invite.self, Reset.self, Link.self, Unlink.self, List.self, Disable.self, Same.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a person an account.",
            discussion: """
                Example:
                  muniment person add sam.send --name 'Sam Sendall' --organisation 1f… --role SEND --password-file pw
                """)
        @Argument(help: "The user name.") var username: String
        @Option(help: "The full name.") var name: String
        @Option(help: ArgumentHelp("The organisation.", valueName: "id")) var organisation: OrganisationID
        @Option(help: "A role, as the agreement names it. May be repeated.") var role: [Rules.Role]
        @Option(help: ArgumentHelp("Read the first password from a file ('-' for standard input).", valueName: "file"))
        var passwordFile: String?
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let new = NewPerson(username: username, name: name, organisation: organisation, roles: role)
            let id = try await common.inVault { vault, caller in
                try await vault.addPerson(
                    new, password: try Passwords.new(file: passwordFile, who: username), as: caller)
            }
            try common.show(["person": "\(id)"]) { ["\(id)"] }
        }
    }

    struct Invite: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a person an account whose password only that person will know.",
            discussion: """
                Prints an invitation, once. Hand it to the person, who uses it within seven days with \
                `muniment accept-invitation`.

                Example:
                  muniment person invite sam.send --name 'Sam Sendall' --organisation 1f… --role SEND
                """)
        @Argument(help: "The user name.") var username: String
        @Option(help: "The full name.") var name: String
        @Option(help: ArgumentHelp("The organisation.", valueName: "id")) var organisation: OrganisationID
        @Option(help: "A role, as the agreement names it. May be repeated.") var role: [Rules.Role]
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let new = NewPerson(username: username, name: name, organisation: organisation, roles: role)
            let token = try await common.inVault { try await $0.invite(new, as: $1) }
            HandedOut().with("invitation", token.text).show(json: common.json)
        }
    }

    struct Reset: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begin an account anew for somebody who lost password or authenticator.",
            discussion: """
                Ends the person's sessions and access tokens, removes the second factor, and prints a new invitation, once. Make \
                sure first that it is really this person who asks.

                Example:
                  muniment person reset sam.send
                """)
        @Argument(help: "The user name.") var username: String
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let token = try await common.inVault { try await $0.resetPerson(username, as: $1) }
            HandedOut().with("invitation", token.text).show(json: common.json)
        }
    }

    struct Link: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let somebody sign in at the organisation's own provider.",
            discussion: """
                Make sure that the subject is this person's: whoever the issuer knows by it may then act as this account.

                Example:
                  muniment person link sam.send --issuer https://login.county.example --subject 7f3a…
                """)
        @Argument(help: "The user name.") var username: String
        @OptionGroup var identity: IdentityOptions
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { try await $0.link(identity.identity, to: username, as: $1) }
            try common.show(["linked": username]) { ["\(username) can sign in at the provider."] }
        }
    }

    struct Unlink: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take such a link away, with the sessions that were begun by it.",
            discussion: "Example:\n  muniment person unlink --issuer https://login.county.example --subject 7f3a…")
        @OptionGroup var identity: IdentityOptions
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { try await $0.unlink(identity.identity, as: $1) }
            try common.show(["unlinked": true]) { ["Nobody can sign in by this identity any more."] }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List people.", discussion: "Example:\n  muniment person list")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let people = try await common.inVault { try await $0.people(as: $1) }
            try common.show(people) {
                Terminal.table(
                    ["username", "name", "roles", "state"],
                    people.map { person in
                        let roles = person.places.map { "\($0.role) (\($0.party))" }.joined(separator: ", ")
                        return [person.username, person.name, roles, person.isDisabled ? "disabled" : "active"]
                    })
            }
        }
    }

    struct Same: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write down that two accounts are one person's: where two people are needed they count as one.",
            discussion: "Example:\n  muniment person same dana.dpo --as dana.manager")
        @Argument(help: "A user name.") var username: String
        @Option(name: .customLong("as"), help: ArgumentHelp("The other account's.", valueName: "username")) var other:
            String
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { try await $0.recordSamePerson(username, as: other, by: $1) }
            try common.show(["person": username, "same": other]) { ["\(username) and \(other) count as one person."] }
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End an account of somebody who leaves: sessions, access tokens, places on teams and tasks.",
            discussion: """
                Prints the places on cases that have to be given to somebody else.

                Example:
                  muniment person disable sam.send
                """)
        @Argument(help: "The user name.") var username: String
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let left = try await common.inVault { try await $0.disablePerson(username, as: $1) }
            try common.show(left) {
                ["\(username) can no longer sign in."]
                    + (left.isEmpty
                        ? []
                        : [""]
                            + Terminal.table(
                                ["case to reassign", "role", "now"],
                                left.map { [$0.caseID, $0.role, $0.isVacant ? "vacant" : "somebody else has it"] }))
            }
        }
    }
}

/// Whom a provider means: what stands in its tokens as `iss` and `sub`.
struct IdentityOptions: ParsableArguments {
    @Option(help: "The provider's issuer, as its tokens have it.") var issuer: String
    @Option(help: "What the provider calls the person in its tokens: `sub`.") var subject: String

    var identity: Identity { Identity(issuer: issuer, subject: subject) }
}
