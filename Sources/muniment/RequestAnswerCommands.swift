import ArgumentParser
import Foundation
import Paper
import Rules
import Sealing
import Storage
import Vault

extension RequestCommand {
    struct Items: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Every item with what was decided and what stands against it.",
            discussion: "Example:\n  muniment request items 77aa…\n  muniment request items 77aa… --undecided")
        @Argument(help: ArgumentHelp("The request.", valueName: "id")) var request: RightsRequestID
        @Flag(help: "Only items that are undecided, or against whose decision something stands.") var undecided = false
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let all = try await common.inVault { try await $0.items(of: request, as: $1) }
            let items = undecided ? all.filter { $0.decision == nil || !$0.faults.isEmpty } : all
            try common.show(items) {
                Terminal.table(
                    ["item", "what", "holder", "title", "decision", "against it"],
                    items.map { item in
                        [
                            String(item.number), [item.category, item.what].compactMap { $0 }.joined(separator: " "),
                            item.holder ?? "",
                            item.title ?? item.part?.title ?? item.mention.map {
                                "another child's, \($0.hits) mentions"
                            } ?? item.blocked.map { "not searched: \($0)" } ?? "",
                            item.decision.map {
                                $0.outcome.word
                                    + (item.isRedacted ? ", redacted" : item.isCopied ? ", as a clean copy" : "")
                            } ?? "",
                            item.faults.joined(separator: " "),
                        ]
                    })
            }
        }
    }

    struct Inspect: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Look into documents for what their pages do not show: comments, deletions, attachments, metadata.",
            discussion: """
                A file that is released as it is must have been looked into, and what hides in it needs a reason.

                Examples:
                  muniment request inspect 77aa…
                  muniment request inspect 77aa… --item 12
                """)
        @Argument(help: ArgumentHelp("The request.", valueName: "id")) var request: RightsRequestID
        @Option(help: "An item's number. Repeat it. Without any: all that have not been looked into.") var item:
            [Int64] = []
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let found = try await common.inVault { vault, caller in
                try await vault.inspect(item.isEmpty ? nil : item, of: request, as: caller) { done, all in
                    if Terminal.showsProgress { Terminal.progress("\(done) of \(all)") }
                }
            }
            Terminal.endProgress()
            try common.show(found.byNumber) {
                ["Looked into \(found.count) documents."]
                    + Terminal.table(
                        ["item", "what", "where", "how often"],
                        found.sorted { $0.key < $1.key }.flatMap { number, hidden in
                            hidden.map { [String(number), $0.kind.rawValue, $0.place, String($0.count)] }
                        })
            }
        }
    }

    struct Attachments: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make each attachment of a mail an item of its own, to be decided about like any other.",
            discussion: """
                A mail is released as it is only when each of its attachments is. A clean or redacted copy of it has none of them.

                Example:
                  muniment request attachments 77aa… 12
                """)
        @Argument(help: ArgumentHelp("The request.", valueName: "id")) var request: RightsRequestID
        @Argument(help: ArgumentHelp("The mail's number.", valueName: "item")) var item: Int64
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let made = try await common.inVault { try await $0.takeAttachments(of: item, of: request, as: $1) }
            try common.show(made) {
                Terminal.table(
                    ["item", "type", "bytes", "called"],
                    made.map { [String($0.item), $0.mediaType, String($0.byteCount), $0.name] })
            }
        }
    }

    struct Redact: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a redacted copy of an item. The original does not change.",
            discussion: """
                The plan is JSON. Kinds of terms: words, name, date, number. Boxes by hand are in points from the top left of the page:
                  {"item": 12,
                   "terms": [{"text": "Jo Sample", "kind": "name", "exemption": "S2-P3-16"}],
                   "keeping": ["Sample"],
                   "areas": [{"page": 2, "x": 72, "y": 300, "width": 120, "height": 14, "code": "S2-P3-16"}]}
                The copy is searched again before it is kept; one in which a term remains is thrown away.

                A clean copy has no boxes: it shows the pages, and has nothing of what hides in the file. Where the item is released, it goes out
                in place of the file.

                Examples:
                  muniment request redact 77aa… --plan plan.json
                  muniment request redact 77aa… --clean 15-18 --clean 20
                """)
        @Argument(help: ArgumentHelp("The request.", valueName: "id")) var request: RightsRequestID
        @Option(help: ArgumentHelp("The plan, or a list of plans ('-' for standard input).", valueName: "file"))
        var plan: String?
        @Option(
            help: ArgumentHelp("Make clean copies of these: a number, or FIRST-LAST. Repeat it.", valueName: "numbers"))
        var clean: [ItemNumbers] = []
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let plans =
                try (plan.map { try InputFile.json($0, as: Plans.self).plans } ?? [])
                + clean.flatMap(\.numbers).map { RedactionPlan(clean: $0) }
            guard !plans.isEmpty else { throw ValidationError("Name what is made: --plan or --clean.") }
            let results = try await common.inVault { vault, caller in
                var results: [RedactionResult] = []
                for plan in plans {
                    results.append(try await vault.redact(plan, of: request, as: caller))
                    if Terminal.showsProgress { Terminal.progress("\(results.count) of \(plans.count)") }
                }
                Terminal.endProgress()
                return results
            }
            try common.show(results) {
                results.map { result in
                    "Item \(result.item): \(result.boxes == 0 ? "a clean copy, " : "\(result.boxes) boxes on ")\(result.pages) pages"
                        + (result.doubtful > 0 ? "; look at \(result.doubtful) doubtful ones" : "")
                        + (result.attachments > 0 ? "; \(result.attachments) attachments are not in it" : "") + "."
                }
            }
        }

        private struct Plans: Decodable {
            let plans: [RedactionPlan]

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                do {
                    plans = [try container.decode(RedactionPlan.self)]
                } catch DecodingError.typeMismatch {
                    plans = try container.decode([RedactionPlan].self)
                }
            }
        }
    }

    struct Decide: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Decide about items: release, redact, withhold, or answer on another route.",
            discussion: """
                With --release the items named are released. Everything else comes from a file of JSON, a list of decisions:
                  [{"items": [3, 4], "outcome": "redact", "hides": ["sibling"],
                    "facts": {"thirdParties": [{"id": "sibling", "kind": "other-child", "consent": "incapable",
                      "reasonableness": {"considered": ["type-of-information", "confidentiality", "steps-to-seek-consent",
                        "capacity", "express-refusal"], "isReasonable": false,
                        "judgement": {"by": "dana.dpo", "on": "2026-11-22", "reasoning": "…"}}}]},
                    "citations": [{"exemption": "S2-P3-16", "reasoning": "…"}]}]

                Examples:
                  muniment request decide 77aa… --release 1-40 --release 55
                  muniment request decide 77aa… --decisions decisions.json
                """)
        @Argument(help: ArgumentHelp("The request.", valueName: "id")) var request: RightsRequestID
        @Option(help: ArgumentHelp("Release these items: a number, or FIRST-LAST. Repeat it.", valueName: "numbers"))
        var release: [ItemNumbers] = []
        @Option(help: "Why they may go as they are, where something hides in them or nobody can look; '-' reads it.")
        var because: Words?
        @Option(help: ArgumentHelp("Decisions as JSON ('-' for standard input).", valueName: "file")) var decisions:
            String?
        @OptionGroup var common: CommonOptions

        func run() async throws {
            var all = try decisions.map { try InputFile.json($0, as: [ItemsDecision].self) } ?? []
            if !release.isEmpty {
                var released = ItemsDecision(items: release.flatMap(\.numbers), outcome: .release)
                released.reasoning = because?.read()
                all.append(released)
            }
            guard !all.isEmpty else { throw ValidationError("Name what is decided: --release or --decisions.") }
            let decided = all
            let faults = try await common.inVault { try await $0.decide(decided, of: request, as: $1) }
            try common.show(faults.byNumber) {
                let open = faults.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
                return ["Decided: \(faults.count) items. Against \(open.count) something stands."]
                    + open.map { "\($0.key): \($0.value.joined(separator: " "))" }
            }
        }
    }

    struct Standing: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say by what right the requester asks: authority, competence, best interests, court orders.",
            discussion: """
                JSON; what is left out is not known:
                  {"authority": {"evidence": ["birth-certificate"], "isGivenBySubject": false, "isGivenByHolder": false,
                     "hasCare": true, "subjectObjects": false},
                   "competence": {"isCompetent": false, "judgement": {"by": "…", "on": "2026-11-22", "reasoning": "…"}},
                   "bestInterests": {"by": "…", "on": "2026-11-22", "reasoning": "…"},
                   "orders": {"checked": {"by": "…", "on": "2026-11-22", "reasoning": "…"}, "restrainsContact": false}}

                Example:
                  muniment request standing 77aa… --from standing.json
                """)
        @Argument(help: ArgumentHelp("The request.", valueName: "id")) var request: RightsRequestID
        @Option(help: ArgumentHelp("The file ('-' for standard input).", valueName: "file")) var from: String
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let standing = try InputFile.json(from, as: RequesterStanding.self)
            try await common.inVault { try await $0.judge(standing, of: request, as: $1) }
            try common.show(["request": "\(request)"]) { ["It is written down."] }
        }
    }

    struct Opinion: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask a professional whether disclosing an item would do serious harm, or take the question back.",
            discussion: """
                Examples:
                  muniment request opinion 77aa… --item 12 --of priya.health --by 2026-12-04
                  muniment request opinion 77aa… --item 12 --of priya.health --withdraw --because 'Left the trust in May.'
                """)
        @Argument(help: ArgumentHelp("The request.", valueName: "id")) var request: RightsRequestID
        @Option(help: "The item's number.") var item: Int64
        @Option(help: "The professional's user name.") var of: String
        @Option(help: "The last day for it. In 14 days when not given.") var by: Day?
        @Flag(help: "Take the question back: the professional has left, or does not answer.") var withdraw = false
        @Option(help: "Why it is taken back. '-' reads it from standard input.") var because: Words?
        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard withdraw == (because != nil) else { throw ValidationError("--withdraw and --because go together.") }
            guard !withdraw || by == nil else { throw ValidationError("What is taken back has no last day.") }
        }

        func run() async throws {
            let reason = because?.read()
            try await common.inVault { vault, caller in
                guard let reason else {
                    return try await vault.askOpinion(on: item, of: request, from: of, by: by, as: caller)
                }
                try await vault.withdrawOpinion(on: item, of: request, from: of, because: reason, as: caller)
            }
            try common.show(["request": "\(request)", "item": String(item)]) { [withdraw ? "Taken back." : "Asked."] }
        }
    }

    struct Opine: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "For professionals: list the opinions that you are asked for, or give one.",
            discussion: """
                Examples:
                  muniment request opine
                  muniment request opine 77aa… --item 12 --profession nurse --finds none --because '…'
                """)
        @Argument(help: ArgumentHelp("The request; without it, what you are asked for.", valueName: "id"))
        var request: RightsRequestID?
        @Option(help: "The item's number.") var item: Int64?
        @Option(help: "Your profession.") var profession: Rules.Opinion.Profession?
        @Option(help: "serious-harm, or none.") var finds: Finding?
        @Option(help: "Why you, if another was the last to care for the child.") var whyMe: String?
        @Option(help: "Why. '-' reads it from standard input.") var because: Words?
        @OptionGroup var common: CommonOptions

        enum Finding: String, CaseIterable, ExpressibleByArgument {
            case seriousHarm = "serious-harm"
            case none
        }

        func run() async throws {
            guard let request else {
                let wanted = try await common.inVault { try await $0.opinionsWanted(as: $1) }
                return try common.show(wanted) {
                    Terminal.table(
                        ["request", "item", "document", "asked", "by"],
                        wanted.map { one in
                            let by = one.by.map { "\($0)" } ?? ""
                            return [one.request, String(one.item), one.document ?? "", "\(one.asked)", by]
                        })
                }
            }
            guard let item, let profession, let finds, let because else {
                throw ValidationError("An opinion has --item, --profession, --finds and --because.")
            }
            let given = GivenOpinion(
                profession: profession, whyThisOne: whyMe, findsSeriousHarm: finds == .seriousHarm,
                reasoning: because.read())
            try await common.inVault { try await $0.giveOpinion(given, on: item, of: request, as: $1) }
            try common.show(["request": "\(request)", "item": String(item)]) { ["Your opinion is written down."] }
        }
    }

    struct Faults: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What stands against the answer as it is decided now. Exit status 3 when something does.",
            discussion: "Example:\n  muniment request faults 77aa…")
        @Argument(help: ArgumentHelp("The request.", valueName: "id")) var request: RightsRequestID
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let faults = try await common.inVault { try await $0.faults(of: request, as: $1) }
            try common.show(faults) { faults.isEmpty ? ["Nothing stands against it."] : faults }
            guard faults.isEmpty else { throw FaultFound() }
        }
    }

    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Approve an answer that others have prepared. Any decision after this needs it anew.",
            discussion: "Example:\n  muniment request approve 77aa…")
        @Argument(help: ArgumentHelp("The request.", valueName: "id")) var request: RightsRequestID
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { try await $0.approve(request, as: $1) }
            try common.show(["request": "\(request)", "state": "approved"]) { ["Approved."] }
        }
    }

    struct Compare: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Where the answers to two requests about one child differ: look before either goes out.",
            discussion: "Example:\n  muniment request compare 77aa… 88bb…")
        @Argument(help: ArgumentHelp("A request.", valueName: "id")) var request: RightsRequestID
        @Argument(help: ArgumentHelp("The other.", valueName: "id")) var other: RightsRequestID
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let found = try await common.inVault { try await $0.compare(request, with: other, as: $1) }
            try common.show(found) {
                found.isEmpty
                    ? ["There is no difference."]
                    : Terminal.table(
                        ["what", "document", "first", "second"],
                        found.map { [$0.what, $0.document ?? "", $0.here ?? "", $0.there ?? ""] })
            }
        }
    }
}

extension [Int64: [String]] {
    /// As JSON has it: names are words.
    fileprivate var byNumber: [String: [String]] { reduce(into: [:]) { $0[String($1.key)] = $1.value } }
}

extension [Int64: [Hidden]] {
    fileprivate var byNumber: [String: [Hidden]] { reduce(into: [:]) { $0[String($1.key)] = $1.value } }
}

/// Numbers of items: one, or a first and a last.
struct ItemNumbers: ExpressibleByArgument {
    let numbers: ClosedRange<Int64>

    init?(argument: String) {
        let ends = argument.split(separator: "-", omittingEmptySubsequences: false).map { Int64($0) }
        guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, 1 <= first, first <= last,
            last - first < 100_000
        else { return nil }
        numbers = first...last
    }
}
