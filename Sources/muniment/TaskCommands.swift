import ArgumentParser
import Rules
import Storage
import Vault

struct TaskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "task", abstract: "Access for one person, for a named purpose and a limited time.",
        subcommands: [Grant.self, End.self, List.self])

    struct Grant: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a person a task.",
            discussion: """
                Examples:
                  muniment task grant lena.legal --role LEG --case 5f0c… --document 9d41… --purpose ehc.appeal \\
                      --until 2026-12-18
                  muniment task grant dana.dpo --role DPO --case 5f0c… --category D05 --purpose rights.request \\
                      --until 2026-12-18
                """)
        @Argument(help: "The person's user name.") var username: String
        @Option(help: "The role in which the person does it.") var role: Rules.Role
        @Option(name: .customLong("case"), help: ArgumentHelp("The case.", valueName: "id")) var caseID: CaseID
        @Option(help: ArgumentHelp("A document. May be repeated.", valueName: "id")) var document: [DocumentID] = []
        @Option(help: "All documents of a category. May be repeated.") var category: [Rules.Category] = []
        @Option(help: "What the task is for, as the agreement names purposes.") var purpose: Rules.Purpose
        @Option(help: ArgumentHelp("The last day.", valueName: "YYYY-MM-DD")) var until: Day
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let task = NewTask(
                username: username, role: role, caseID: caseID, documents: Set(document), categories: Set(category),
                purpose: purpose, until: until)
            let id = try await common.inVault { try await $0.grantTask(task, as: $1) }
            try common.show(["task": "\(id)"]) { ["\(id)"] }
        }
    }

    struct End: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a task before its time.",
            discussion: "Example:\n  muniment task end 77aa… --reason 'The appeal was withdrawn.'")
        @Argument(help: "The task.") var task: ActID
        @Option(help: "Why. It goes into the record, sealed; '-' reads it from standard input.") var reason: Words
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { try await $0.endTask(task, reason: reason.read(), as: $1) }
            try common.show(["ended": "\(task)"]) { ["The task is ended."] }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the tasks of a case.", discussion: "Example:\n  muniment task list --case 5f0c…")
        @Option(name: .customLong("case"), help: ArgumentHelp("The case.", valueName: "id")) var caseID: CaseID
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let tasks = try await common.inVault { try await $0.tasks(of: caseID, as: $1) }
            try common.show(tasks) {
                Terminal.table(
                    ["task", "person", "role", "purpose", "until", "state", "what"],
                    tasks.map { task in
                        [
                            task.id, task.username, task.role, task.purpose, task.until,
                            task.isRunning ? "running" : "over",
                            (task.categories + task.documents).joined(separator: " "),
                        ]
                    })
            }
        }
    }
}

struct RestraintCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restraint", abstract: "Court orders and risk flags that keep one person from a child's papers.",
        subcommands: [Place.self, Lift.self, List.self])

    struct Place: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep a person from a child's papers, whatever the agreement gives the role.",
            discussion: """
                The person is told what somebody is told for whom there is nothing. Nobody else of the family learns of it.

                Example:
                  muniment restraint place pat.parent --child 6ab1… --ground court-order \\
                      --reason 'Non-molestation order of 3 September, seen by the social worker'
                """)
        @Argument(help: "The person's user name.") var username: String
        @Option(help: ArgumentHelp("The child.", valueName: "id")) var child: ChildID
        @Option(help: "court-order or risk-flag.") var ground: RestraintGround
        @Option(help: "Only this category; all when none is named. May be repeated.") var category: [Rules.Category] =
            []
        @Option(help: ArgumentHelp("The last day; without end when not given.", valueName: "YYYY-MM-DD")) var until:
            Day?
        @Option(help: "Why, and who has seen it. It goes into the record, sealed; '-' reads it from standard input.")
        var reason: Words
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let id = try await common.inVault {
                try await $0.restrain(
                    username, from: child, on: ground, categories: Set(category), until: until, reason: reason.read(),
                    as: $1)
            }
            try common.show(["restraint": "\(id)"]) { ["\(id)"] }
        }
    }

    struct Lift: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a restraint.",
            discussion: "Example:\n  muniment restraint lift 77aa… --reason 'The order was discharged on 1 March.'")
        @Argument(help: "The restraint.") var restraint: ActID
        @Option(help: "Why. It goes into the record, sealed; '-' reads it from standard input.") var reason: Words
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { try await $0.liftRestraint(restraint, reason: reason.read(), as: $1) }
            try common.show(["lifted": "\(restraint)"]) { ["The restraint is lifted."] }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the restraints about a child.",
            discussion: "Example:\n  muniment restraint list --child 6ab1…"
        )
        @Option(help: ArgumentHelp("The child.", valueName: "id")) var child: ChildID
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let restraints = try await common.inVault { try await $0.restraints(about: child, as: $1) }
            try common.show(restraints) {
                Terminal.table(
                    ["restraint", "person", "ground", "until", "what", "reason"],
                    restraints.map {
                        [
                            $0.id, $0.username, $0.ground.rawValue, $0.until ?? "–",
                            $0.categories.isEmpty ? "everything" : $0.categories.joined(separator: " "), $0.reason,
                        ]
                    })
            }
        }
    }
}

struct YoungPersonCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "young-person",
        abstract: "The day on which rights pass from the parents, and what follows from it.",
        subcommands: [Show.self, Choose.self, RecordCapacity.self])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show whose the rights are, and what the young person has chosen.",
            discussion: "Example:\n  muniment young-person show 6ab1…")
        @Argument(help: "The child.") var child: ChildID
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let shown = try await common.inVault { try await $0.rightsHolder(of: child, as: $1) }
            try common.show(shown) {
                [
                    "rights    \(shown.hasPassed ? "the young person's own since" : "the parents', until before") "
                        + "\(shown.youngPersonFrom.map { "\($0)" } ?? "–")",
                    "capacity  \(shown.lacksCapacity ? "recorded as lacking for these decisions" : "presumed")",
                ] + shown.choices.map { "choice    \($0.username): \($0.choice.rawValue)" }
            }
        }
    }

    struct Choose: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "choice", abstract: "Record how far the young person lets a parent go.",
            discussion: """
                Example:
                  muniment young-person choice 6ab1… --parent pat.parent --to view --note 'Said so at the review meeting'
                """)
        @Argument(help: "The child.") var child: ChildID
        @Option(help: ArgumentHelp("The parent.", valueName: "username")) var parent: String
        @Option(name: .customLong("to"), help: "none, notices, view or act.") var choice: ParentChoice
        @Option(
            help: "How the young person said so. It goes into the record, sealed; '-' reads it from standard input.")
        var note: Words
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { try await $0.choose(choice, for: parent, of: child, note: note.read(), as: $1) }
            try common.show(["parent": parent, "choice": choice.rawValue]) { ["Recorded."] }
        }
    }

    struct RecordCapacity: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "capacity", abstract: "Record whether the young person has the capacity to decide.",
            discussion: """
                Capacity is presumed. Where it is lacking for these decisions, the parent goes on acting (Children and Families Act \
                2014 s.80).

                Example:
                  muniment young-person capacity 6ab1… --lacking --note 'Assessed on 2 July by the psychologist, see advice'
                """)
        @Argument(help: "The child.") var child: ChildID
        @Flag(inversion: .prefixedNo, help: "Whether capacity is lacking.") var lacking: Bool
        @Option(
            help: "Who assessed it, when and how. It goes into the record, sealed; '-' reads it from standard input.")
        var note: Words
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault {
                try await $0.recordCapacity(of: child, lacks: lacking, note: note.read(), as: $1)
            }
            try common.show(["lacksCapacity": lacking]) { ["Recorded."] }
        }
    }
}
