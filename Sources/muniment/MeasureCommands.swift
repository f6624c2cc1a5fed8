import ArgumentParser
import Foundation
import Rules
import Sealing
import Storage
import Vault

struct ErasureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erasure", abstract: "What goes and what is kept when somebody asks for erasure.",
        discussion: """
            Every document is decided of: it goes, or is kept under an exception of Article 17(3). Somebody else approves that with \
            `muniment request approve`. What may go is then disposed of like everything, with the ground `request`.

            Example:
              muniment erasure form 77aa…
              muniment erasure decide 77aa… --decisions decisions.json
              muniment disposal add --document 9d41… --ground request --reason 'Asked for'
              muniment erasure notice 77aa…
            """,
        subcommands: [Form.self, Decide.self, Notice.self])

    struct Form: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Every document of the child, whether it may go, and what was decided.",
            discussion: "Example:\n  muniment erasure form 77aa…")
        @Argument(help: ArgumentHelp("The request.", valueName: "id")) var request: RightsRequestID
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let lines = try await common.inVault { try await $0.erasureForm(of: request, as: $1) }
            try common.show(lines) {
                Terminal.table(
                    ["document", "category", "may go", "decision", "against it"],
                    lines.map { line in
                        [
                            line.document, "\(line.category) \(line.categoryTitle)",
                            line.isHeld ? "no, held" : line.isOptional ? "yes" : "no",
                            line.decision.map { $0.exception.map { "keep: \($0)" } ?? "goes" } ?? "",
                            line.faults.joined(separator: " "),
                        ]
                    })
            }
        }
    }

    struct Decide: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Decide of documents whether they go, or under which exception they are kept.",
            discussion: """
                The decisions are JSON: without an exception the document goes.
                  [{"document": "9d41…", "exception": "17-3-b", "reasoning": "…"}, {"document": "5e0d…", "reasoning": "…"}]

                Example:
                  muniment erasure decide 77aa… --decisions decisions.json
                """)
        @Argument(help: ArgumentHelp("The request.", valueName: "id")) var request: RightsRequestID
        @Option(help: ArgumentHelp("The decisions ('-' for standard input).", valueName: "file"))
        var decisions: String
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let told = try InputFile.json(decisions, as: [Told].self)
            let decided = told.map {
                ErasureDecision(
                    document: $0.document, exception: $0.exception.map(ErasureExceptionID.init(rawValue:)),
                    reasoning: $0.reasoning)
            }
            try await common.inVault { try await $0.decide(decided, of: request, as: $1) }
            try common.show(["documents": decided.count]) { ["Decided: \(decided.count) documents."] }
        }

        private struct Told: Decodable {
            let document: String
            let exception: String?
            let reasoning: String
        }
    }

    struct Notice: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell whoever has had what has been erased meanwhile.",
            discussion: "Example:\n  muniment erasure notice 77aa…")
        @Argument(help: ArgumentHelp("The request.", valueName: "id")) var request: RightsRequestID
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let count = try await common.inVault { try await $0.noticeErasures(of: request, as: $1) }
            try common.show(["notices": count]) { ["\(count) notices were written."] }
        }
    }
}

struct ObjectionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "objection", abstract: "Deciding on an objection to the use of data.",
        discussion: """
            The data are restricted first. Then their use is weighed, and somebody else approves the decision.

            Example:
              muniment restriction place --request 77aa… --ground objection-pending --reason -
              muniment objection decide 77aa… --outcome rejected --ground compelling --reasoning -
            """,
        subcommands: [Decide.self])

    struct Decide: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Uphold or reject an objection, or say that there is no such right.",
            discussion: """
                Outcomes: upheld, rejected (with --ground compelling or claims), no-right (the use rests on a legal obligation).

                Example:
                  muniment objection decide 77aa… --outcome upheld --reasoning 'Nothing outweighs what was said.'
                """)
        @Argument(help: ArgumentHelp("The request.", valueName: "id")) var request: RightsRequestID
        @Option(help: "upheld, rejected or no-right.") var outcome: ObjectionDecision.Outcome
        @Option(help: "compelling or claims, of a rejection.") var ground: ObjectionDecision.Ground?
        @Option(
            help: "What was weighed. It goes into the record, sealed; '-' reads it from standard input.")
        var reasoning: Words
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let decision = ObjectionDecision(
                outcome: outcome, ground: ground, reasoning: reasoning.read())
            try await common.inVault { try await $0.decide(decision, of: request, as: $1) }
            try common.show(["outcome": outcome.rawValue]) {
                ["It is written down. Somebody else approves it."]
            }
        }
    }
}

struct PortabilityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "portability",
        abstract: "A machine-readable copy of what somebody provided, to take elsewhere.",
        discussion: """
            What was given of free will is copied as of right; anything else as a courtesy, and is labelled so.

            Example:
              muniment portability choose 77aa… --document 9d41…
              muniment request approve 77aa…
              muniment request disclose 77aa… --to 'Pat Example' --passphrase-from-file words.txt --output copy.zip
            """,
        subcommands: [Choose.self])

    struct Choose: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Choose the documents of the copy. You have a task for each, for the purpose rights.request.",
            discussion: "Example:\n  muniment portability choose 77aa… --document 9d41… --document 5e0d…")
        @Argument(help: ArgumentHelp("The request.", valueName: "id")) var request: RightsRequestID
        @Option(help: ArgumentHelp("A document. May be repeated.", valueName: "id")) var document: [DocumentID]
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let chosen = try await common.inVault { try await $0.choose(document, of: request, as: $1) }
            try common.show(chosen) {
                chosen.map {
                    "\($0.document) \($0.category), \($0.isCourtesy ? "as a courtesy" : "as of right")"
                }
            }
        }
    }
}
