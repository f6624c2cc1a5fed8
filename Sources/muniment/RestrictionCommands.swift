import ArgumentParser
import Rules
import Storage
import Vault

struct RestrictionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restriction", abstract: "Keeping data and not using them, while a question about them is open.",
        discussion: """
            Nobody reads what is restricted but by leave, in an emergency or to answer a request, and nothing of it is disposed of. Before it \
            is lifted the data subject is told.

            Example:
              muniment restriction place --request 77aa… --document 9d41… --ground accuracy-contested --reason -
              muniment restriction tell 5e0d… --how 'By letter of 3 March'
              muniment restriction lift 5e0d… --reason 'The date was looked into and is right.'
            """,
        subcommands: [Place.self, Leave.self, EndLeave.self, Tell.self, Lift.self, List.self])

    struct Place: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Restrict the use of a document, of a case, or of everything about the child of a request.",
            discussion: """
                Grounds: accuracy-contested, unlawful, needed-for-claim, objection-pending. Whoever has had the documents is told; see \
                `muniment recipient list`.

                Example:
                  muniment restriction place --request 77aa… --document 9d41… --ground accuracy-contested \\
                      --reason 'The date of the assessment is contested.'
                """)
        @Option(help: ArgumentHelp("What it follows from.", valueName: "id")) var request: RightsRequestID
        @Option(help: ArgumentHelp("Only this document.", valueName: "id")) var document: DocumentID?
        @Option(name: .customLong("case"), help: ArgumentHelp("Only what is in this case.", valueName: "id"))
        var caseID: CaseID?
        @Option(help: "Why, as the law names it.") var ground: Restriction.Ground
        @Option(help: "More. It goes into the record, sealed; '-' reads it from standard input.") var reason: Words
        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard document == nil || caseID == nil else {
                throw ValidationError("Name a document or a case, not both.")
            }
        }

        func run() async throws {
            let what = document.map(RestrictedThing.document) ?? caseID.map(RestrictedThing.theCase) ?? .record
            let id = try await common.inVault {
                try await $0.restrict(what, on: ground, for: request, reason: reason.read(), as: $1)
            }
            try common.show(["restriction": "\(id)"]) { ["\(id)"] }
        }
    }

    struct Leave: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let one person read what is restricted, for a use that the law allows.",
            discussion: """
                Uses: consent, claims, protection (of another person), public-interest. It opens nothing that the agreement does not. \
                Where a child is at risk nobody waits for this: there is `muniment emergency open`.

                Example:
                  muniment restriction leave 5e0d… --person leo.legal --use claims --until 2026-12-18 \\
                      --reason 'To defend the appeal.'
                """)
        @Argument(help: ArgumentHelp("The restriction.", valueName: "id")) var restriction: ActID
        @Option(help: "The person's user name.") var person: String
        @Option(help: "For what.") var use: Restriction.Use
        @Option(help: ArgumentHelp("The last day.", valueName: "YYYY-MM-DD")) var until: Day
        @Option(help: "Why. It goes into the record, sealed; '-' reads it from standard input.") var reason: Words
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let id = try await common.inVault {
                try await $0.giveLeave(
                    to: person, for: use, under: restriction, until: until, reason: reason.read(), as: $1)
            }
            try common.show(["leave": "\(id)"]) { ["\(id)"] }
        }
    }

    struct EndLeave: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End leave before its time.",
            discussion: "Example:\n  muniment restriction end-leave 41c9… --of 5e0d… --reason 'The appeal is over.'")
        @Argument(help: ArgumentHelp("The leave.", valueName: "id")) var leave: ActID
        @Option(name: .customLong("of"), help: ArgumentHelp("The restriction.", valueName: "id"))
        var restriction: ActID
        @Option(help: "Why. It goes into the record, sealed; '-' reads it from standard input.") var reason: Words
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault {
                try await $0.endLeave(leave, under: restriction, reason: reason.read(), as: $1)
            }
            try common.show(["ended": "\(leave)"]) { ["The leave is ended."] }
        }
    }

    struct Tell: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write down that the data subject was told that a restriction is to be lifted.",
            discussion: "Example:\n  muniment restriction tell 5e0d… --on 2026-11-02 --how 'By letter'")
        @Argument(help: ArgumentHelp("The restriction.", valueName: "id")) var restriction: ActID
        @Option(help: ArgumentHelp("When; today when not given.", valueName: "YYYY-MM-DD")) var on: Day?
        @Option(help: "How. It goes into the record, sealed; '-' reads it from standard input.") var how: Words
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { try await $0.tellSubject(of: restriction, on: on, how: how.read(), as: $1) }
            try common.show(["told": "\(restriction)"]) { ["It is written down."] }
        }
    }

    struct Lift: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lift a restriction of which the data subject was told. It takes somebody else than who told.",
            discussion: "Example:\n  muniment restriction lift 5e0d… --reason 'The date is right: see the register.'")
        @Argument(help: ArgumentHelp("The restriction.", valueName: "id")) var restriction: ActID
        @Option(help: "Why. It goes into the record, sealed; '-' reads it from standard input.") var reason: Words
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { try await $0.liftRestriction(restriction, reason: reason.read(), as: $1) }
            try common.show(["lifted": "\(restriction)"]) { ["The restriction is lifted."] }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The restrictions that stand, of one child or all, the oldest first.",
            discussion: "Example:\n  muniment restriction list\n  muniment restriction list --child 6ab1…")
        @Option(help: ArgumentHelp("The child.", valueName: "id")) var child: ChildID?
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let found = try await common.inVault { try await $0.restrictions(about: child, as: $1) }
            try common.show(found) {
                Terminal.table(
                    ["restriction", "what", "ground", "from", "told", "leave"],
                    found.map { item in
                        [
                            item.id,
                            item.document.map { "document \($0)" } ?? item.caseID.map { "case \($0)" }
                                ?? "record of \(item.child)",
                            item.ground.rawValue, item.from, item.told.map { "\($0)" } ?? "–",
                            item.leaves.map { "\($0.username) (\($0.use.rawValue))" }.joined(separator: " "),
                        ]
                    })
            }
        }
    }
}

struct StatementCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "statement", abstract: "What a data subject says of a document, and what puts it right.",
        discussion: """
            Nothing that is there is overwritten. Every reader gets what is attached from then on.

            Example:
              muniment statement add --request 77aa… --document 9d41… --kind correction --text -
            """,
        subcommands: [Add.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Attach a statement or a correction to a document, or to the record, after a request.",
            discussion: """
                Kinds: statement (the data subject's), correction (what is right), opinion (an opinion stays one; with what the data \
                subject says of it), replaced (a newer version, deposited with `document replace`, puts it right). Whoever has had the \
                document is told; see `muniment recipient list`.

                Examples:
                  muniment statement add --request 77aa… --document 9d41… --kind correction --text 'Born in May, not March.'
                  muniment statement add --request 77aa… --document 9d41… --kind replaced --version 2 --text 'The date is right now.'
                """)
        @Option(help: ArgumentHelp("The request that it follows from.", valueName: "id")) var request: RightsRequestID
        @Option(help: ArgumentHelp("The document; the record when not given.", valueName: "id"))
        var document: DocumentID?
        @Option(help: "Only about this version.") var version: Int64?
        @Option(help: "What it is.") var kind: StatementKind
        @Option(help: "What every reader is to get; '-' reads it from standard input.") var text: Words
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let id = try await common.inVault { vault, caller in
                try await vault.attach(
                    NewStatement(kind: kind, document: document, version: version, text: text.read()), for: request,
                    as: caller)
            }
            try common.show(["statement": "\(id)"]) { ["\(id)"] }
        }
    }
}

struct RecipientCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipient", abstract: "Who has had what was corrected, restricted or erased, and was told.",
        subcommands: [List.self, Note.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Who is to be told because of a request, and who was.",
            discussion: """
                Organisations here were told by a notice: an entry of the ledger and an event for subscribers. The family and whoever is outside \
                are told by hand.

                Example:
                  muniment recipient list --request 77aa…
                """)
        @Option(help: ArgumentHelp("The request.", valueName: "id")) var request: RightsRequestID
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let found = try await common.inVault { try await $0.recipients(of: request, as: $1) }
            try common.show(found) {
                Terminal.table(
                    ["number", "of", "document", "who", "last had it", "told"],
                    found.map { item in
                        [
                            String(item.number), item.measure.rawValue, item.document,
                            item.outside
                                ?? [item.party, item.organisation ?? item.person].compactMap { $0 }
                                .joined(separator: " "), item.last, told(item),
                        ]
                    })
            }
        }

        private func told(_ recipient: Recipient) -> String {
            switch recipient.told {
            case nil: "not yet"
            case .byNotice(let day)?: "\(day), by notice"
            case .byHand(let day, let how)?: "\(day): \(how)"
            case .notTold(let excuse, let reason)?: "no, \(excuse.rawValue): \(reason)"
            }
        }
    }

    struct Note: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write down that somebody outside was told, or why not.",
            discussion: """
                Only what is impossible or would take a disproportionate effort excuses.

                Examples:
                  muniment recipient note 3 --request 77aa… --how 'By letter'
                  muniment recipient note 4 --request 77aa… --excuse impossible --how 'The service was closed and has no successor.'
                """)
        @Argument(help: "The number in the list.") var number: Int
        @Option(help: ArgumentHelp("The request.", valueName: "id")) var request: RightsRequestID
        @Option(help: "impossible or disproportionate, when the recipient is not told.") var excuse: Recipient.Excuse?
        @Option(help: ArgumentHelp("When; today when not given.", valueName: "YYYY-MM-DD")) var on: Day?
        @Option(help: "How, or why not. It goes into the record, sealed; '-' reads it from standard input.")
        var how: Words
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault {
                try await $0.note(
                    recipient: number, of: request, excuse: excuse, on: on, how: how.read(), as: $1)
            }
            try common.show(["recipient": number]) { ["It is written down."] }
        }
    }
}
