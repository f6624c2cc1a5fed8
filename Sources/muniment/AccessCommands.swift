import ArgumentParser
import Rules
import Storage
import Vault

struct AccessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "access", abstract: "Who may do what, and why.", subcommands: [Explain.self])

    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say who may see a document or a child's papers and why, who may not, and what would change it.",
            discussion: """
                With a document and a person, or a document alone for yourself: every step of the decision. With --all, or a child: \
                everyone who works on the case, has a task or an emergency.

                You may ask about yourself; about others if your role explains access.

                Examples:
                  muniment access explain 9d41… --person yusuf.youth --action read
                  muniment access explain 9d41… --all
                  muniment access explain --child 6ab1… --person yusuf.youth
                """)
        @Argument(help: "The document.") var document: DocumentID?
        @Option(help: ArgumentHelp("All documents about this child.", valueName: "id")) var child: ChildID?
        @Flag(help: "Everyone concerned, not one person.") var all = false
        @Option(help: ArgumentHelp("The person's user name; yourself when not given.", valueName: "username"))
        var person: String?
        @Option(help: "see, read, deposit or release.") var action: AccessAction = .read
        @Option(help: "original, extract, summary or redacted:NAME.") var rendition: Rendition = .original
        @Option(help: "The purpose, when not the case's own.") var purpose: Rules.Purpose?
        @OptionGroup var common: CommonOptions

        func run() async throws {
            switch (document, child) {
            case (let document?, nil) where all: try await explain(.document(document))
            case (let document?, nil): try await explainSteps(document)
            case (nil, let child?): try await explain(.child(child))
            default: throw ValidationError("Name a document or a --child: one of the two.")
            }
        }

        private func explainSteps(_ document: DocumentID) async throws {
            let answers = try await common.inVault {
                try await $0.explain(action, document, rendition: rendition, by: person, purpose: purpose, as: $1)
            }
            try common.show(answers) {
                guard !answers.isEmpty else { return ["No: this person has no role."] }
                return answers.flatMap { answer in
                    ["\(answer.isPermitted ? "Yes" : "No"), as \(answer.role) of \(answer.party): \(answer.because)"]
                        + answer.steps.map { "  \($0.outcome == "failed" ? "✗" : "✓") \($0.sentence)" }
                }
            }
        }

        private func explain(_ subject: AccessSubject) async throws {
            let answers = try await common.inVault { try await $0.explain(subject, only: person, as: $1) }
            try common.show(answers) {
                answers.flatMap { answer in
                    let labels = answer.labels.isEmpty ? "" : ", \(answer.labels.joined(separator: ", "))"
                    return [
                        "\(answer.document)  \(answer.category) \(answer.categoryTitle), held by \(answer.holder)\(labels)"
                    ] + answer.people.flatMap(Self.lines) + [""]
                }
            }
        }

        private static func lines(_ person: PersonAccess) -> [String] {
            let reach =
                person.mayRead.isEmpty
                ? (person.mayKnow ? "knows that it is there" : "does not know of it")
                : "reads \(person.mayRead.joined(separator: ", "))"
            let lines = ["  \(person.name) (\(person.role), \(person.party)) \(reach). \(person.why)"]
            return lines + (person.whatWouldChange.map { ["    What would change it: \($0)"] } ?? [])
        }
    }
}
