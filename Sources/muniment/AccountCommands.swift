import ArgumentParser
import Rules
import Sealing
import Storage
import Vault

struct AcceptInvitationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept-invitation", abstract: "Choose the password of an account that was made for you.",
        discussion: """
            An invitation works once, within seven days. Passwords have at least \(PasswordWeakness.fewestCharacters) characters.

            Examples:
              muniment accept-invitation
              muniment accept-invitation --invitation-file invitation --password-file password
            """)

    @Option(help: ArgumentHelp("Read the invitation from a file ('-' for standard input).", valueName: "file"))
    var invitationFile: String?
    @Option(help: ArgumentHelp("Read the new password from a file ('-' for standard input).", valueName: "file"))
    var passwordFile: String?
    @OptionGroup var common: CommonOptions

    func run() async throws {
        guard let token = InvitationToken(text: try Secrets.token(file: invitationFile, "Invitation: ")) else {
            throw VaultError.invitationInvalid
        }
        let vault = try await common.open()
        let person = try await vault.accept(
            token, password: try Passwords.new(file: passwordFile, who: "your account"))
        try await vault.close()
        try common.show(person) { ["Your password is set. Sign in with: muniment sign-in \(person.username)"] }
    }
}

struct AccountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account", abstract: "Your own account: password, second factor, sessions and access tokens.",
        subcommands: [
            Show.self, Password.self, Totp.self, RecoveryCodes.self, Sessions.self, Token.self,
        ])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show your account.", discussion: "Example:\n  muniment account show")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let account = try await common.inVault { try await $0.account(as: $1) }
            try common.show(account) {
                let roles = account.person.places.map { "\($0.role) (\($0.party))" }.joined(separator: ", ")
                return [
                    "\(account.person.username)  \(account.person.name)", "roles           \(roles)",
                    "second factor   "
                        + (account.hasSecondFactor
                            ? "yes, and \(account.recoveryCodesLeft) recovery codes" : "none"),
                    "sessions        \(account.sessions)", "access tokens   \(account.tokens)",
                ]
            }
        }
    }

    struct Password: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change your password.",
            discussion: """
                Ends your other sessions and revokes your access tokens.

                Examples:
                  muniment account password
                  muniment account password --old-password-file old --new-password-file new
                """)
        @Option(
            help: ArgumentHelp("Read the present password from a file ('-' for standard input).", valueName: "file"))
        var oldPasswordFile: String?
        @Option(help: ArgumentHelp("Read the new password from a file ('-' for standard input).", valueName: "file"))
        var newPasswordFile: String?
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { vault, caller in
                let old = try Passwords.existing(file: oldPasswordFile)
                let new = try Passwords.new(file: newPasswordFile, who: "your account")
                try await vault.changePassword(old: old, new: new, as: caller)
            }
            try common.show(["password": "changed"]) {
                ["Your password is changed. Other sessions have ended, and access tokens are revoked."]
            }
        }
    }

    struct Totp: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "totp", abstract: "Your second factor: codes of an authenticator app.",
            subcommands: [Enrol.self, Confirm.self, Remove.self])

        struct Enrol: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Get a secret for your authenticator.",
                discussion: """
                    Prints the secret and its otpauth address, once. Nothing changes before `muniment account totp confirm`.

                    Example:
                      muniment account totp enrol | tail -1 | qrencode -t ansiutf8
                    """)
            @OptionGroup var common: CommonOptions

            func run() async throws {
                let offer = try await common.inVault { try await $0.offerSecondFactor(as: $1) }
                HandedOut().with("secret", offer.secret).with("uri", offer.uri).show(json: common.json)
            }
        }

        struct Confirm: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Show by a code that your authenticator has the secret; from then on it is asked for.",
                discussion: """
                    Prints ten recovery codes, once. Each works once in place of a code: keep them on paper.

                    Example:
                      muniment account totp confirm
                    """)
            @OptionGroup var code: CodeOptions
            @OptionGroup var common: CommonOptions

            func run() async throws {
                let codes = try await common.inVault { vault, caller in
                    try await vault.confirmSecondFactor(try code.read(), as: caller)
                }
                HandedOut().with("recoveryCodes", codes).show(json: common.json)
            }
        }

        struct Remove: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Remove your second factor, given a code of it or a recovery code.",
                discussion: "Example:\n  muniment account totp remove")
            @OptionGroup var code: CodeOptions
            @OptionGroup var common: CommonOptions

            func run() async throws {
                try await common.inVault { vault, caller in
                    try await vault.removeSecondFactor(try code.read(), as: caller)
                }
                try common.show(["secondFactor": false]) { ["Your account has no second factor any more."] }
            }
        }
    }

    struct RecoveryCodes: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "recovery-codes", abstract: "Make ten new recovery codes; the old ones no longer work.",
            discussion: """
                Takes a code of your authenticator, or a recovery code, and prints the new codes, once.

                Example:
                  muniment account recovery-codes
                """)
        @OptionGroup var code: CodeOptions
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let codes = try await common.inVault { vault, caller in
                try await vault.makeRecoveryCodes(try code.read(), as: caller)
            }
            HandedOut().with("recoveryCodes", codes).show(json: common.json)
        }
    }

    struct Sessions: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List your sessions, and end those you do not know.",
            discussion: """
                Examples:
                  muniment account sessions
                  muniment account sessions --end 5d1c…
                  muniment account sessions --end-others
                """)
        @Option(help: ArgumentHelp("End this session.", valueName: "id")) var end: SessionID?
        @Flag(help: "End all sessions but this one.") var endOthers = false
        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard end == nil || !endOthers else { throw ValidationError("Give --end or --end-others: one of the two.") }
        }

        func run() async throws {
            let rows = try await common.inVault { vault, caller in
                if let end { try await vault.endSession(end, as: caller) }
                if endOthers { try await vault.endOtherSessions(as: caller) }
                return try await vault.sessions(as: caller)
            }
            try common.show(rows) {
                Terminal.table(
                    ["session", "began", "last used", "second factor", ""],
                    rows.map {
                        [
                            $0.id, $0.began, $0.lastUsed, $0.hasSecondFactor ? "yes" : "no",
                            $0.isThisOne ? "this one" : "",
                        ]
                    })
            }
        }
    }

    struct Token: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "token", abstract: "Access tokens for your own scripts.",
            subcommands: [Create.self, List.self, Revoke.self])

        struct Create: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Make an access token.",
                discussion: """
                    Prints the token, once. Whoever has it may do what you may, except what needs a sign-in: change the \
                    account, make tokens, open an emergency.

                    Example:
                      muniment account token create 'nightly list' --days 30 > token
                    """)
            @Argument(help: "What it is for.") var name: String
            @Option(help: ArgumentHelp("How long it lasts, at most \(DocumentVault.longestTokenDays).", valueName: "n"))
            var days: Int = 30
            @OptionGroup var common: CommonOptions

            func run() async throws {
                let token = try await common.inVault { try await $0.createToken(name: name, days: days, as: $1) }
                HandedOut().with("accessToken", token.text).show(json: common.json)
            }
        }

        struct List: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "List your access tokens, without the tokens themselves.",
                discussion: "Example:\n  muniment account token list")
            @OptionGroup var common: CommonOptions

            func run() async throws {
                let rows = try await common.inVault { try await $0.tokens(as: $1) }
                try common.show(rows) {
                    Terminal.table(
                        ["token", "created", "expires", "last used", "name"],
                        rows.map { [$0.id, $0.created, $0.expires, $0.lastUsed ?? "never", $0.name] })
                }
            }
        }

        struct Revoke: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Revoke an access token.", discussion: "Example:\n  muniment account token revoke 88a0…")
            @Argument(help: "The token's identifier, as the list shows it.") var id: AccessTokenID
            @OptionGroup var common: CommonOptions

            func run() async throws {
                try await common.inVault { try await $0.revokeToken(id, as: $1) }
                try common.show(["revoked": "\(id)"]) { ["The access token is revoked."] }
            }
        }
    }
}

/// A code from the prompt or a file, never from the command line.
struct CodeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Read the authenticator's code, or a recovery code, from a file ('-' for standard input).",
            valueName: "file"))
    var codeFile: String?

    func read() throws -> Key { try Secrets.code(file: codeFile) }
}
