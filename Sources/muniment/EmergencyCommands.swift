import ArgumentParser
import Rules
import Storage
import Vault

struct EmergencyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "emergency", abstract: "Access when a child is at risk and nobody can be asked first.",
        subcommands: [Open.self, List.self, Review.self, Delay.self])

    struct Open: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open emergency access to one child's papers: for reading, and for some hours only.",
            discussion: """
                It never waits for anybody. The rights offices of both sides are told, and somebody else reviews it within one working \
                day. It needs a sign-in within the last minutes.

                The child is named by identifier or, for whoever does not know it, by details as in `child find`.

                Examples:
                  muniment emergency open --child 6ab1… --reason 'Seen with bruises at school, the father is on the way …'
                  echo 'nhs: 943 476 5919' | muniment emergency open --details - --reason '…'
                """)
        @Option(help: ArgumentHelp("The child.", valueName: "id")) var child: ChildID?
        @Option(
            help: ArgumentHelp("Find the child by lines from a file ('-' for standard input).", valueName: "file"))
        var details: String?
        @Option(
            help:
                "What has happened and why these papers are needed now. It goes into the record, sealed; '-' reads it from standard input."
        )
        var reason: Words
        @OptionGroup var common: CommonOptions

        func run() async throws {
            guard (child == nil) != (details == nil) else {
                throw ValidationError("Name the child with --child or with --details: one of the two.")
            }
            let query = try details.map { try ChildQuery(details: Details.read($0, allowed: ChildQuery.fields)) }
            let opened = try await common.inVault { vault, caller in
                var child = child
                if let query { child = try await vault.findInEmergency(query, as: caller) }
                guard let child else { throw ValidationError("Name the child.") }
                return try await vault.openEmergency(for: child, reason: reason.read(), as: caller)
            }
            try common.show(opened) {
                [
                    "emergency  \(opened.id)", "child      \(opened.child)", "until      \(opened.until)",
                    "review by  \(opened.reviewBy), by somebody else",
                ] + opened.cases.map { "case       \($0)" }
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List emergency accesses: those you may review, and your own.",
            discussion: "Example:\n  muniment emergency list --unreviewed")
        @Flag(help: "Only those that still owe a review.") var unreviewed = false
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let found = try await common.inVault { try await $0.emergencies(unreviewedOnly: unreviewed, as: $1) }
            try common.show(found) {
                Terminal.table(
                    ["emergency", "who", "role", "party", "opened", "review by", "review", "reason"],
                    found.map { emergency in
                        [
                            emergency.id, emergency.username, emergency.role, emergency.party, emergency.opened,
                            "\(emergency.reviewBy)",
                            emergency.outcome?.rawValue ?? (emergency.isOverdue ? "OVERDUE" : "owed"),
                            emergency.reason,
                        ]
                    })
            }
        }
    }

    struct Review: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Judge an emergency access. Never one's own.",
            discussion: """
                Example:
                  muniment emergency review 77aa… --outcome justified --note 'The school confirmed what was seen; read D08 only'
                """)
        @Argument(help: "The emergency access.") var emergency: ActID
        @Option(help: "justified or unjustified.") var outcome: ReviewOutcome
        @Option(
            help: "What was looked at and found. It goes into the record, sealed; '-' reads it from standard input.")
        var note: Words
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { try await $0.reviewEmergency(emergency, outcome, note: note.read(), as: $1) }
            try common.show(["reviewed": "\(emergency)", "outcome": outcome.rawValue]) { ["Reviewed."] }
        }
    }

    struct Delay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let the family see an emergency access only later. The delay is on the record.",
            discussion: """
                Example:
                  muniment emergency delay 77aa… --until 2026-12-31 --reason 'Enquiry under s.47 is under way; telling now would …'
                """)
        @Argument(help: "The emergency access.") var emergency: ActID
        @Option(help: ArgumentHelp("The last day on which the family does not see it.", valueName: "YYYY-MM-DD"))
        var until: Day
        @Option(
            help:
                "Why seeing it now would be unsafe. It goes into the record, sealed; '-' reads it from standard input.")
        var reason: Words
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault {
                try await $0.delayFamilyView(of: emergency, until: until, reason: reason.read(), as: $1)
            }
            try common.show(["delayed": "\(emergency)", "until": "\(until)"]) { ["The family sees it after \(until)."] }
        }
    }
}
