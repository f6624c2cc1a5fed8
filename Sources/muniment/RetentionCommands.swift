import ArgumentParser
import Foundation
import Rules
import Sealing
import Storage
import Vault

struct RetentionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention", abstract: "How long things are kept, and what is due.",
        discussion: """
            A schedule is proposed by the records manager and approved by somebody else. Nothing is destroyed by it: what is due is \
            put on the list of disposals, which people review and approve.

            Example:
              muniment retention propose Policies/retention.yaml
              muniment retention enforce
            """,
        subcommands: [
            Check.self, Propose.self, Approve.self, List.self, Note.self, Plan.self, Simulate.self, Enforce.self,
        ])

    static func text(_ path: String) throws -> [UInt8] {
        do throws(StorageError) {
            return try Folder.read(path, limit: 8 << 20)
        } catch {
            throw CommandError("The schedule cannot be read: \(error.userMessage)")
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a schedule and put its cases to it. Needs no vault.",
            discussion: """
                The folder has retention.yaml and retention.cases.yaml, beside the agreement's files. Exit status 3 when a case is \
                not answered as agreed.

                Example:
                  muniment retention check Policies
                """)
        @OptionGroup var files: PolicyFolder
        @Flag(help: "Print the result as JSON.") var json = false

        func run() async throws {
            let schedule = try RetentionSchedule.load(
                try text("retention.yaml"), categories: try files.read().load().categories)
            let adopted = schedule.rules.count { $0.adoption != .no }
            let outcomes = try checkCases(try text("retention.cases.yaml"), under: schedule)
            let failing = outcomes.filter { !$0.isAsAgreed }
            if json {
                try Terminal.json(
                    Result(
                        version: schedule.version, rules: schedule.rules.count, adopted: adopted, cases: outcomes.count,
                        failing: failing.map(\.sentence)))
            } else {
                for outcome in failing { print(outcome.sentence) }
                print(
                    "Version \(schedule.version): \(schedule.rules.count) rules, \(adopted) of them adopted or statutory; "
                        + "\(outcomes.count) cases, \(failing.count) not answered as agreed.")
            }
            guard failing.isEmpty else { throw FaultFound() }
        }

        private struct Result: Encodable {
            let version: Int
            let rules: Int
            let adopted: Int
            let cases: Int
            let failing: [String]
        }

        private func text(_ name: String) throws -> PolicyText {
            PolicyText(
                file: name,
                text: String(decoding: try RetentionCommand.text("\(files.folder)/\(name)"), as: UTF8.self))
        }
    }

    struct Propose: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Propose a version of the schedule. Somebody else must approve it.",
            discussion: "Example:\n  muniment retention propose Policies/retention.yaml")
        @Argument(help: "The file.") var file: String
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let text = try RetentionCommand.text(file)
            let version = try await common.inVault { try await $0.proposeSchedule(text, as: $1) }
            let digest = Digest.sha256(text).hex
            try common.show(["version": "\(version)", "sha256": digest]) {
                ["Version \(version) is proposed: \(digest)"]
            }
        }
    }

    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a proposed version in force, after reading it.",
            discussion: "Example:\n  muniment retention approve 2 --confirm $(sha256sum < retention.yaml | cut -c-64)")
        @Argument(help: "The version.") var version: Int64
        @Option(
            help: ArgumentHelp(
                "SHA-256 of the file that you have read: `retention list --json` has it.", valueName: "hex"))
        var confirm: String
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { try await $0.approveSchedule(version, sha256: confirm, as: $1) }
            try common.show(["version": version]) { ["Version \(version) is in force."] }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the versions of the schedule.", discussion: "Example:\n  muniment retention list")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let schedules = try await common.inVault { try await $0.schedules(as: $1) }
            try common.show(schedules) {
                Terminal.table(
                    ["version", "proposed", "approved", "state", "sha256"],
                    schedules.map { row in
                        [
                            "\(row.version)", String(row.proposed.prefix(10)),
                            row.approved.map { String($0.prefix(10)) } ?? "-",
                            row.isInForce ? "in force" : row.approved == nil ? "proposed" : "past",
                            String(row.sha256.prefix(16)),
                        ]
                    })
            }
        }
    }

    struct Note: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record something about a child that the schedule asks about.",
            discussion: """
                Examples:
                  muniment retention note 3c1f… --event plan-ended --day 2031-07-20 --note 'Ceased: course completed'
                  muniment retention note 3c1f… --flag ever-looked-after --note 'Letter of social care'
                  muniment retention note 3c1f… --not child-in-need --note 'Recorded by mistake'
                """)
        @Argument(help: ArgumentHelp("The child.", valueName: "id")) var child: ChildID
        @Option(help: "What happened: last-seen, plan-ended, order-ended, death and so on.") var event:
            RetentionTrigger?
        @Option(help: "On which day.") var day: Day?
        @Option(help: "What is true: ever-looked-after, adoption-order and so on.") var flag: RetentionFlag?
        @Option(help: "What turned out not to be true.") var not: RetentionFlag?
        @Flag(help: "The case went to another controller.") var transferred = false
        @Flag(help: "The other controller has acknowledged it.") var acknowledged = false
        @Option(help: "How it is known.") var note: String
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let what = try what()
            try await common.inVault { try await $0.note(RetentionNote(what, note: note), about: child, as: $1) }
            try common.show(["child": "\(child)"]) { ["Recorded."] }
        }

        private func what() throws -> RetentionNote.What {
            let given = [event != nil, flag != nil, not != nil, transferred, acknowledged].count { $0 }
            guard given == 1, (event == nil) == (day == nil) else {
                throw ValidationError(
                    "Say one thing: --event with --day, --flag, --not, --transferred or --acknowledged.")
            }
            if let event, let day { return .event(event, day) }
            if let flag { return .flag(flag, true) }
            if let not { return .flag(not, false) }
            return .transfer(acknowledged: acknowledged)
        }
    }

    struct Plan: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show how long each document of a child is kept, and why.",
            discussion: "Example:\n  muniment retention plan 3c1f…")
        @Argument(help: ArgumentHelp("The child.", valueName: "id")) var child: ChildID
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let plans = try await common.inVault { try await $0.plan(of: child, as: $1) }
            try common.show(plans) { plans.flatMap(\.lines) }
        }
    }

    struct Simulate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Show, year by year, what would go under the schedule, and what another one would change. Changes nothing.",
            discussion:
                "Examples:\n  muniment retention simulate\n  muniment retention simulate --schedule new/retention.yaml")
        @Option(help: ArgumentHelp("Another schedule to compare with.", valueName: "file")) var schedule: String?
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let text = try schedule.map { try RetentionCommand.text($0) }
            let (now, other) = try await common.inVault { vault, caller in
                try await vault.simulate(text, as: caller) { done in
                    if Terminal.showsProgress, done % 1000 == 0 { Terminal.progress("\(done) documents planned") }
                }
            }
            Terminal.endProgress()
            let forecast = Forecast(now: now, other: other, change: other?.difference(from: now))
            try common.show(forecast) {
                now.lines + (other.map { ["", "Under the other schedule:"] + $0.lines } ?? [])
            }
        }

        private struct Forecast: Encodable {
            let now: RetentionForecast
            let other: RetentionForecast?
            let change: RetentionForecast?
        }
    }

    struct Enforce: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what is due and what waits; with --carry-out, list it and carry out what was approved.",
            discussion: """
                Without --carry-out nothing changes. With it, what is due is put on the list, and what two people have approved and \
                has cooled off is destroyed. Exit status 3 when something failed: the report names it. With --authority every \
                certificate that has no time stamp gets one afterwards; where that fails, the exit status is 3 too.

                Examples:
                  muniment retention enforce
                  muniment retention enforce --carry-out --json > enforcement.json
                """)
        @Flag(help: "List what is due, and carry out what was approved.") var carryOut = false
        @OptionGroup var stamp: StampOptions
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let stamping = try stamp.chosen()
            guard stamping == nil || carryOut else { throw ValidationError("--authority goes with --carry-out.") }
            let (report, stamped) = try await common.inVault { vault, caller in
                let report = try await vault.enforce(dryRun: !carryOut, as: caller) { report in
                    if Terminal.showsProgress { Terminal.progress("\(report.documents) documents looked at") }
                }
                return (report, try await stamping?.stampAll(in: vault, as: caller))
            }
            Terminal.endProgress()
            try common.show(report) { report.lines }
            if let stamped { Terminal.note("Time stamps: \(stamped.done.count) certificates") }
            if let failure = stamped?.failure {
                Terminal.note("A certificate has no time stamp: \(Failure.message(failure) ?? "\(failure)")")
                throw FaultFound()
            }
            guard report.failures.isEmpty else { throw FaultFound() }
        }
    }
}

extension DocumentPlan {
    fileprivate var lines: [String] {
        let end = keepThrough.map { "kept through \($0) by \(winner ?? "")" } ?? "no day"
        var lines = ["\(document) \(category): \(end)\(isEligible ? ", due" : "")"]
        lines += considered.map { "  \($0)" }
        lines += blocks.map { "  ! \($0)" }
        return lines + holds.map { "  ! held for \($0)" }
    }
}

extension RetentionForecast {
    fileprivate var lines: [String] {
        let years = eligible.keys.sorted().map { year in
            let rules = (eligible[year] ?? [:]).sorted { $0.key < $1.key }
            return [
                "\(year)", "\(rules.reduce(0) { $0 + $1.value })",
                rules.map { "\($0.key) \($0.value)" }.joined(separator: ", "),
            ]
        }
        let blocks = self.blocks.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "  \($0.value) \($0.key)" }
        return ["\(items) documents, \(blocked) of them held by something that a person must settle"]
            + Terminal.table(["year", "due", "by"], years) + (blocks.isEmpty ? [] : ["What holds them:"] + blocks)
    }
}

extension EnforcementReport {
    /// For a records manager to read, sign and file.
    fileprivate var lines: [String] {
        let title =
            isDryRun ? "Enforcement of the retention schedule: dry run" : "Enforcement of the retention schedule"
        return [
            "\(title), \(day), schedule version \(schedule)", "documents looked at       \(documents)",
            "due, not listed before    \(due.count)", "due and held              \(held)",
            "put on the list           \(listed.count)", "waiting for a review      \(waitingForReview)",
            "waiting for an approval   \(waitingForApproval)", "cooling off               \(cooling)",
            "approved and cooled off   \(executable)",
            "carried out               \(certificates.count)\(certificates.isEmpty ? "" : ": certificates " + certificates.map(String.init).joined(separator: ", "))",
            "failures                  \(failures.count)",
        ] + failures.map { "  ! \($0)" } + due.map { "  due: \($0.unit) \($0.document ?? $0.child) by \($0.rule)" }
            + ["", "Records manager: ______________________   Date: ______________"]
    }
}

struct HoldCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold", abstract: "Legal holds: nothing that they are about is destroyed.",
        discussion: "Example:\n  muniment hold list", subcommands: [Place.self, Release.self, List.self])

    struct Place: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Place a hold. What comes later and fits is held too.",
            discussion: """
                All that is named must fit; what is left out is not asked. A hold binds at once.

                Examples:
                  muniment hold place 'Appeal EH123' --kind tribunal --authority 'Tribunal order of 3 March' --child 3c1f…
                  muniment hold place 'Inquiry' --kind inquiry --authority 'Letter to all councils' --category D08 --category D18
                """)
        @Argument(help: "What it is called.") var name: String
        @Option(help: "litigation, tribunal, subject-access, complaint, inquiry, police, audit or safeguarding-review.")
        var kind: HoldKind
        @Option(help: "By whose word.") var authority: String
        @Option(help: ArgumentHelp("A child. May be repeated.", valueName: "id")) var child: [ChildID] = []
        @Option(name: .customLong("case"), help: ArgumentHelp("A case. May be repeated.", valueName: "id")) var cases:
            [CaseID] = []
        @Option(help: "A category. May be repeated.") var category: [Rules.Category] = []
        @Option(help: "The party that holds it. May be repeated.") var holder: [Party] = []
        @Option(help: "The first day on which it came.") var from: Day?
        @Option(help: "The last day on which it came.") var until: Day?
        @Option(help: ArgumentHelp("How often it is looked at again.", valueName: "days")) var reviewEvery = 90
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let scope: HoldScope
            do {
                scope = try HoldScope(
                    children: Set(child.map { "\($0)" }), cases: Set(cases.map { "\($0)" }), categories: Set(category),
                    holders: Set(holder), from: from, until: until)
            } catch {
                throw ValidationError(error.userMessage)
            }
            let id = try await common.inVault { vault, caller in
                try await vault.placeHold(
                    NewHold(name: name, kind: kind, authority: authority, scope: scope, reviewEveryDays: reviewEvery),
                    as: caller)
            }
            try common.show(["hold": "\(id)"]) { ["\(id)"] }
        }
    }

    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Release a hold that somebody else placed. It binds for 30 days more.",
            discussion: "Example:\n  muniment hold release 66b0… --reason 'Appeal decided'")
        @Argument(help: ArgumentHelp("The hold.", valueName: "id")) var hold: HoldID
        @Option(help: "Why.") var reason: String
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { try await $0.releaseHold(hold, reason: reason, as: $1) }
            try common.show(["hold": "\(hold)"]) { ["Released. It binds for \(LegalHold.coolingOffDays) days more."] }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the holds.", discussion: "Example:\n  muniment hold list")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let holds = try await common.inVault { try await $0.holds(as: $1) }
            try common.show(holds) {
                Terminal.table(
                    ["id", "kind", "placed", "released", "state", "name"],
                    holds.map { hold in
                        [
                            hold.id, hold.kind, String(hold.placed.prefix(10)),
                            hold.released.map { String($0.prefix(10)) } ?? "-",
                            hold.reviewDue ? "review due" : hold.binds ? "binds" : "over", hold.name,
                        ]
                    })
            }
        }
    }
}
