import ArgumentParser
import Foundation
import Rules
import Storage
import Vault

struct BreachCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "breach", abstract: "Personal data breaches: the register, and the 72 hours.",
        subcommands: [Record.self, Note.self, Affected.self, List.self])

    struct Record: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Enter a breach. The 72 hours run from when somebody was reasonably certain.",
            discussion: """
                JSON: {"category": "access", "facts": "…", "person": "priya.health", "from": "2026-11-01", "until": "2026-11-20",
                       "endangersSomebody": false}
                Categories: misdirected, lost, access, ransomware, redaction. Name nobody in the facts. What is known of it may also be
                "documents" (a list), "party", and "people" (how many, where no document tells).

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

    struct Affected: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Who is affected: what was opened in the time of the breach, by whom, and whose papers these are.",
            discussion: """
                From the ledger, by what the record says: person, party, days, documents. The figures are kept in the record.

                Example:
                  muniment breach affected 77aa…
                """)
        @Argument(help: ArgumentHelp("The breach.", valueName: "id")) var breach: BreachID
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let reach = try await common.inVault { try await $0.affected(by: breach, as: $1) }
            try common.show(reach) {
                let figures = reach.figures
                return [
                    "People: \(figures.people). Documents: \(figures.records). Opened or given out: \(figures.openings).",
                    "Categories: "
                        + figures.categories.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
                        .joined(separator: ", "),
                    "Held by: \(reach.holders.joined(separator: ", "))",
                ] + reach.readers.map { "\($0.username), \($0.party): \($0.openings)" }
                    + reach.children.map { "child \($0)" }
            }
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
            abstract:
                "Requests, disclosures, exemptions, complaints, breaches, changes of the rules and claims, in one.",
            discussion: """
                With --output it is written as files into a new folder, with a list of their digests that is signed as certificates are \
                (muniment disposal signer).

                Examples:
                  muniment accountability evidence --json
                  muniment accountability evidence --document 9d41… --output evidence-2026-11
                  openssl cms -verify -binary -inform DER -in manifest.json.p7s -content manifest.json -CAfile signer.pem \
                      -purpose any -out /dev/null
                """)
        @Option(help: ArgumentHelp("Tell also who saw this document, and why.", valueName: "id")) var document:
            DocumentID?
        @Option(help: ArgumentHelp("Write signed files into this folder, which is made.", valueName: "folder"))
        var output: String?
        @OptionGroup var common: CommonOptions

        func run() async throws {
            if let output { return try await write(to: output) }
            let pack = try await common.inVault { try await $0.evidence(about: document, as: $1) }
            try common.show(pack) {
                [
                    "Agreement version \(pack.agreement.version), review by \(pack.agreement.reviewBy), \(pack.agreement.daysToReview) days left.",
                    "Requests in time \(pack.requests.inTime), overdue \(pack.requests.overdue.values.reduce(0, +)), waiting \(pack.requests.withoutDate).",
                    "Mean days to an answer: \(pack.requests.meanDays.map { String($0) } ?? "none yet"). Complaints \(pack.complaints.count). Restrictions \(pack.restrictions). Consents to be given anew \(pack.consentsToReconfirm).",
                    "Disclosures \(pack.disclosures), others \(pack.otherDisclosures.count). Changes of the rules \(pack.policyChanges.count). Breaches \(pack.breaches.count). Emergencies without review \(pack.emergenciesUnreviewed).",
                    "Rows of processing that need a policy document: \(pack.rowsNeedingPolicyDocument).",
                ] + pack.exemptions.sorted { $0.key < $1.key }.map { "Exemption \($0.key): \($0.value)" }
                    + pack.claims.map { "\($0.holds ? "holds" : "BROKEN"): \($0.claim)" }
                    + (pack.seen ?? []).map {
                        "\($0.time) \($0.kind) \($0.by), \($0.role) (\($0.party)), for \($0.purpose) by \($0.clause)"
                    }
            }
        }

        private func write(to folder: String) async throws {
            let files = try await common.inVault { try await $0.evidenceFiles(about: document, as: $1) }
            let folder = URL(filePath: absolute(folder))
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            for file in files {
                try Data(file.bytes).write(to: folder.appending(path: file.name), options: .withoutOverwriting)
            }
            try common.show(["files": files.map(\.name)]) { files.map(\.name) }
        }
    }
}
