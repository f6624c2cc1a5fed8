import ArgumentParser
import Foundation
import Rules
import Storage
import Vault

struct BreachCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "breach", abstract: "Personal data breaches: the register, and the 72 hours.",
        subcommands: [Record.self, Note.self, List.self])

    struct Record: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Enter a breach. The 72 hours run from when somebody was reasonably certain.",
            discussion: """
                JSON: {"category": "misdirected", "facts": "…", "documents": ["9d41…"], "people": 2, "endangersSomebody": false}
                Categories: misdirected, lost, access, ransomware, redaction. Name nobody in the facts.

                Example:
                  muniment breach record --from breach.json --aware 2026-11-20T16:30:00Z
                """)
        @Option(help: ArgumentHelp("The file ('-' for standard input).", valueName: "file")) var from: String
        @Option(help: ArgumentHelp("When somebody was certain, in UTC; now when not given.", valueName: "time"))
        var aware: String?
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let new = try InputFile.json(from, as: NewBreach.self)
            let moment = try aware.map { text in
                guard let date = try? Date(text, strategy: .iso8601) else {
                    throw ValidationError("The time is not as in 2026-11-20T16:30:00Z.")
                }
                return Instant(milliseconds: Int64(date.timeIntervalSince1970 * 1000))
            }
            let id = try await common.inVault { try await $0.record(new, awareAt: moment, as: $1) }
            try common.show(["breach": "\(id)"]) { ["\(id)"] }
        }
    }

    struct Note: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write down what was done about a breach.",
            discussion: """
                Steps: risk, decision, regulator-told, safeguarding, subjects-told, remedy, lesson, closed.

                Example:
                  muniment breach note 77aa… regulator-told --note 'Reported by the form, reference kept in the file'
                """)
        @Argument(help: ArgumentHelp("The breach.", valueName: "id")) var breach: BreachID
        @Argument(help: "The step.") var step: BreachStep.Kind
        @Option(help: "What was done and why; '-' reads it from standard input.") var note: Words
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { try await $0.note(step, note.read(), on: breach, as: $1) }
            try common.show(["breach": "\(breach)", "step": step.rawValue]) { ["It is written down."] }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The register of breaches, with the hours that are left.",
            discussion: "Example:\n  muniment breach list")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let breaches = try await common.inVault { try await $0.breaches(as: $1) }
            try common.show(breaches) {
                Terminal.table(
                    ["breach", "category", "aware", "hours left", "documents", "children", "state"],
                    breaches.map { breach in
                        [
                            breach.id, breach.category, breach.aware, breach.hoursLeft.map(String.init) ?? "",
                            String(breach.documents.count), String(breach.children.count),
                            breach.isClosed ? "closed" : "open",
                        ]
                    })
            }
        }
    }
}

struct AccountabilityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accountability", abstract: "What a data protection officer is asked to show.",
        subcommands: [Processing.self, Claims.self, Evidence.self])

    struct Processing: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The record of processing activities, from the agreement and the schedule in force.",
            discussion: "Example:\n  muniment accountability processing --json")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let lines = try await common.inVault { try await $0.processing(as: $1) }
            try common.show(lines) {
                Terminal.table(
                    ["category", "purpose", "holders", "recipients", "bases"],
                    lines.map { line in
                        [
                            "\(line.row.category) \(line.row.categoryTitle)", line.row.purposeTitle,
                            line.row.holders.map(\.rawValue).joined(separator: ", "),
                            line.row.recipients.map(\.party.rawValue).joined(separator: ", "),
                            line.row.bases.joined(separator: " / "),
                        ]
                    })
            }
        }
    }

    struct Claims: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Hold what the impact assessment promises against what there is. Exit status 3 when one does not hold.",
            discussion: "For a timer, every night.\n\nExample:\n  muniment accountability claims")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let claims = try await common.inVault { try await $0.dpiaClaims(as: $1) }
            try common.show(claims) {
                claims.map { "\($0.holds ? "holds" : "BROKEN"): \($0.claim)" + ($0.holds ? "" : " \($0.found)") }
            }
            guard claims.allSatisfy(\.holds) else { throw FaultFound() }
        }
    }

    struct Evidence: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Requests, exemptions, breaches, emergencies and claims, in one.",
            discussion: "Example:\n  muniment accountability evidence --json")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let pack = try await common.inVault { try await $0.evidence(as: $1) }
            try common.show(pack) {
                [
                    "Agreement version \(pack.agreementVersion), review by \(pack.agreementReviewBy).",
                    "Requests in time \(pack.requests.inTime), overdue \(pack.requests.overdue.values.reduce(0, +)), waiting \(pack.requests.withoutDate).",
                    "Disclosures \(pack.disclosures). Breaches \(pack.breaches.count). Emergencies without review \(pack.emergenciesUnreviewed).",
                    "Rows of processing that need a policy document: \(pack.rowsNeedingPolicyDocument).",
                ] + pack.exemptions.sorted { $0.key < $1.key }.map { "Exemption \($0.key): \($0.value)" }
                    + pack.claims.map { "\($0.holds ? "holds" : "BROKEN"): \($0.claim)" }
            }
        }
    }
}
