import ArgumentParser
import Foundation
import Rules
import Storage
import Vault

struct AgreementCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agreement", abstract: "The sharing agreement: what it says, and how it changes.",
        discussion: """
            A change is proposed by one person and approved by another; then it is activated. Preview it first.

            Example:
              muniment agreement check Policies
              muniment agreement preview Policies
              muniment agreement propose Policies
            """,
        subcommands: [
            Check.self, Cases.self, Diff.self, Preview.self, Propose.self, List.self, Approve.self, Activate.self,
            Align.self, Show.self,
        ])

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check the files of an agreement and put its cases to it. Needs no vault.",
            discussion:
                "Exit status 3 when a case is not answered as agreed.\n\nExample:\n  muniment agreement check Policies"
        )
        @OptionGroup var files: PolicyFolder
        @Flag(help: "Print the result as JSON.") var json = false

        func run() throws {
            let texts = try files.read()
            let outcomes = try texts.outcomes()
            let agreement = try texts.load()
            let failing = outcomes.filter { !$0.isAsAgreed }
            if json {
                try Terminal.json(CheckResult(agreement, texts, outcomes.count, failing))
            } else {
                for outcome in failing { print(outcome.sentence) }
                print(
                    "Version \(agreement.version): \(agreement.rules.count) rules, \(outcomes.count) cases, "
                        + "\(failing.count) not answered as agreed. Digest \(texts.digest).")
            }
            guard failing.isEmpty else { throw FaultFound() }
        }
    }

    struct Cases: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the cases of an agreement and what it answers. Needs no vault.",
            discussion: "Example:\n  muniment agreement cases Policies --failing")
        @OptionGroup var files: PolicyFolder
        @Flag(help: "Only those that are not answered as agreed.") var failing = false
        @Flag(help: "Print the result as JSON.") var json = false

        func run() throws {
            let outcomes = try files.read().outcomes().filter { !failing || !$0.isAsAgreed }
            if json { return try Terminal.json(outcomes.map(CheckResult.Case.init)) }
            for outcome in outcomes { print(outcome.sentence) }
        }
    }

    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say in sentences what an agreement changes against the one in force.",
            discussion: "Example:\n  muniment agreement diff Policies")
        @OptionGroup var source: ProposalOrFolder
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let found = try await common.inVault { vault, caller in
                let new = try await source.texts(vault, caller).load()
                return changes(from: vault.agreement, to: new)
            }
            try common.show(found.map(ShownChange.init)) {
                found.isEmpty
                    ? ["They say the same."]
                    : found.flatMap { change in
                        ["\(change.kind.rawValue) \(change.what)"] + (change.before.map { ["  - \($0)"] } ?? [])
                            + (change.after.map { ["  + \($0)"] } ?? [])
                    }
            }
        }
    }

    struct Preview: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say who would gain and who would lose what, over every live document. Changes nothing.",
            discussion:
                "Examples:\n  muniment agreement preview Policies\n  muniment agreement preview --proposal 77aa…")
        @OptionGroup var source: ProposalOrFolder
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let preview = try await common.inVault { vault, caller in
                try await vault.preview(try await source.texts(vault, caller), as: caller) { done in
                    if Terminal.showsProgress { Terminal.progress("\(done) renditions compared") }
                }
            }
            Terminal.endProgress()
            try common.show(preview) { preview.text }
        }
    }

    struct Propose: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Propose a change of the agreement. Somebody else must approve it.",
            discussion: "Example:\n  muniment agreement propose Policies")
        @OptionGroup var files: PolicyFolder
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let texts = try files.read()
            let id = try await common.inVault { try await $0.propose(texts, as: $1) }
            try common.show(["proposal": "\(id)", "digest": texts.digest]) { ["\(id)"] }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the proposals.", discussion: "Example:\n  muniment agreement list")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let proposals = try await common.inVault { try await $0.proposals(as: $1) }
            try common.show(proposals) {
                Terminal.table(
                    ["proposal", "version", "state", "proposed by", "approved by", "digest"],
                    proposals.map {
                        [$0.id, "\($0.version)", $0.state.rawValue, $0.proposer, $0.approver ?? "–", $0.digest]
                    })
            }
        }
    }

    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Approve somebody else's proposal, having seen who gains and who loses.",
            discussion: "Example:\n  muniment agreement approve 77aa… --confirm 77aa…")
        @Argument(help: "The proposal.") var proposal: ProposalID
        @Option(help: ArgumentHelp("The proposal again, to confirm.", valueName: "id")) var confirm: ProposalID?
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let preview = try await common.inVault { vault, caller in
                let texts = try await vault.texts(of: proposal, as: caller)
                let preview = try await vault.preview(texts, as: caller) { _ in }
                if confirm == proposal { try await vault.approve(proposal, as: caller) }
                return preview
            }
            try common.show(preview) { preview.text }
            guard confirm == proposal else {
                throw CommandError("Nothing was approved. To approve this, add --confirm \(proposal).")
            }
            Terminal.note("Approved.")
        }
    }

    struct Activate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put an approved proposal in force, and bring every wrap into line with it.",
            discussion: """
                The agreement decides from the moment it is activated. When bringing the wraps into line is stopped, `agreement align` \
                goes on where it was.

                Example:
                  muniment agreement activate 77aa… --confirm 77aa…
                """)
        @Argument(help: "The proposal.") var proposal: ProposalID
        @Option(help: ArgumentHelp("The proposal again, to confirm.", valueName: "id")) var confirm: ProposalID?
        @OptionGroup var common: CommonOptions

        func run() async throws {
            guard confirm == proposal else {
                throw CommandError(
                    "This puts another agreement in force. See `agreement preview --proposal \(proposal)`, then add "
                        + "--confirm \(proposal).")
            }
            let done = try await common.inVault { vault, caller in
                try await vault.activate(proposal, as: caller)
                return try await vault.align(as: caller, progress: Align.show)
            }
            Terminal.endProgress()
            try common.show(done) { ["The agreement is in force.", done.sentence] }
        }
    }

    struct Align: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Bring every wrap into line with the agreement in force: after a stop, or when its term began or ended.",
            discussion: "Example:\n  muniment agreement align")
        @Flag(help: "From the beginning, even where an earlier run finished.") var anew = false
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let done = try await common.inVault {
                try await $0.align(anew: anew, as: $1, progress: Self.show)
            }
            Terminal.endProgress()
            try common.show(done) { [done.sentence] }
        }

        static let show: @Sendable (AlignmentProgress) -> Void = { done in
            if Terminal.showsProgress {
                Terminal.progress("\(done.children) children, \(done.renditions) renditions, \(done.changed) changed")
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the agreement in plain words, to read or to sign.",
            discussion: """
                Examples:
                  muniment agreement show > agreement.md
                  muniment agreement show --proposal 77aa…
                """)
        @Option(help: ArgumentHelp("A proposal, in place of the agreement in force.", valueName: "id"))
        var proposal: ProposalID?
        @OptionGroup var vault: VaultOptions
        @OptionGroup var session: SessionOptions

        func run() async throws {
            let common = CommonOptions(vault, session)
            let text = try await common.inVault { vault, caller in
                guard let proposal else { return try await vault.renderedAgreement(as: caller) }
                let texts = try await vault.texts(of: proposal, as: caller)
                return rendering(of: try texts.load(), digest: texts.digest)
            }
            print(text)
        }
    }
}

/// The files of an agreement on disk.
struct PolicyFolder: ParsableArguments {
    @Argument(help: "The folder with categories.yaml, agreement.yaml and agreement.cases.yaml.") var folder: String

    func read() throws -> PolicyTexts { try PolicyTexts(folder: folder) }
}

/// Files on disk, or a proposal in the vault.
struct ProposalOrFolder: ParsableArguments {
    @Argument(help: "The folder with categories.yaml, agreement.yaml and agreement.cases.yaml.") var folder: String?
    @Option(help: ArgumentHelp("A proposal, in place of a folder.", valueName: "id")) var proposal: ProposalID?

    func texts(_ vault: DocumentVault, _ caller: Caller) async throws -> PolicyTexts {
        switch (folder, proposal) {
        case (let folder?, nil): try PolicyTexts(folder: folder)
        case (nil, let proposal?): try await vault.texts(of: proposal, as: caller)
        default: throw ValidationError("Name a folder or a --proposal: one of the two.")
        }
    }
}

extension PolicyTexts {
    fileprivate init(folder: String) throws {
        func bytes(_ name: String) throws -> [UInt8] { try Folder.read("\(folder)/\(name)", limit: 8 << 20) }
        self.init(
            categories: try bytes("categories.yaml"), agreement: try bytes("agreement.yaml"),
            cases: try bytes("agreement.cases.yaml"))
    }
}

extension CaseOutcome {
    fileprivate var sentence: String {
        "\(file):\(line): \(question): \(found)"
            + (isAsAgreed ? "" : ", where \(clause) asks for \(expected)")
    }
}

/// The answer of `agreement check`, for programs.
private struct CheckResult: Encodable {
    struct Case: Encodable {
        let file: String
        let line: Int
        let question, expected, found, clause: String
        let isAsAgreed: Bool

        init(_ outcome: CaseOutcome) {
            file = outcome.file
            line = outcome.line
            question = outcome.question
            expected = outcome.expected
            found = outcome.found
            clause = outcome.clause
            isAsAgreed = outcome.isAsAgreed
        }
    }

    let version: Int
    let digest: String
    let rules, cases: Int
    let failing: [Case]

    init(_ agreement: Agreement, _ texts: PolicyTexts, _ cases: Int, _ failing: [CaseOutcome]) {
        version = agreement.version
        digest = texts.digest
        rules = agreement.rules.count
        self.cases = cases
        self.failing = failing.map(Case.init)
    }
}

private struct ShownChange: Encodable {
    let kind, what: String
    let before, after: String?

    init(_ change: AgreementChange) {
        kind = change.kind.rawValue
        what = change.what
        before = change.before
        after = change.after
    }
}

extension AgreementPreview {
    fileprivate var text: [String] {
        var text = ["Version \(from) to \(to), over \(renditions) renditions.", sentence]
        if !lines.isEmpty {
            text += [""]
            text += Terminal.table(
                ["who", "change", "category", "people", "documents", "for example"],
                lines.map { line in
                    [
                        line.role, line.change.rawValue, line.category, "\(line.people)", "\(line.documents)",
                        line.examples.joined(separator: " "),
                    ]
                })
        }
        if !keys.isEmpty {
            text += [""]
            text += Terminal.table(
                ["party", "wraps added", "wraps removed"], keys.map { [$0.party, "\($0.added)", "\($0.removed)"] })
        }
        if !closed.isEmpty {
            text += ["", "Something of these would open for nobody: \(closed.joined(separator: " "))"]
        }
        return text
    }
}

extension AlignmentProgress {
    fileprivate var sentence: String {
        "The keyring is in line: \(renditions) renditions of \(children) children looked at, \(changed) changed."
    }
}
