import ArgumentParser
import Foundation
import Rules
import Storage
import Vault

extension RequestCommand {
    struct Mentions: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look for the child in other children's papers. Run it again to go on.",
            discussion: """
                Each paper in which the name or a number of the child stands becomes an item, to be redacted or withheld. Of a name that both \
                children have a part of, that part alone is not looked for. As for the child's own papers, each holder agrees by a task.

                Reach: named (only --other-child and --case), family (children with a member of the family in common), team (with anybody \
                on the team in common), organisation (with anybody of the same organisation on the team).

                Examples:
                  muniment request mentions 77aa…
                  muniment request mentions 77aa… --reach team --names also-called.json --most 2000 --minutes 240
                """)
        @Argument(help: ArgumentHelp("The request.", valueName: "id")) var request: RightsRequestID
        @Option(help: "Whose papers: named, family, team or organisation.") var reach = MentionSearch.Reach.family
        @Option(help: ArgumentHelp("Another child whose papers are searched too. Repeat it.", valueName: "id"))
        var otherChild: [ChildID] = []
        @Option(name: .customLong("case"), help: ArgumentHelp("Or by a case. Repeat it.", valueName: "id"))
        var theCase: [CaseID] = []
        @Option(
            help: ArgumentHelp("Other names of the child, a JSON list ('-' for standard input).", valueName: "file"))
        var names: String?
        @Option(help: "So many files are opened at most.") var most = 500
        @Option(help: "No further file is opened after so many minutes.") var minutes = 60
        @OptionGroup var common: CommonOptions

        func run() async throws {
            guard (1...100_000).contains(most), (1...10_080).contains(minutes) else {
                throw ValidationError("At least one file and one minute; at most 100000 files and a week.")
            }
            var search = MentionSearch()
            (search.reach, search.children, search.cases) = (reach, Set(otherChild), Set(theCase))
            (search.most, search.minutes) = (most, minutes)
            search.names = try names.map { try InputFile.json($0, as: [String].self) } ?? []
            let wanted = search
            let log = try await common.inVault { vault, caller in
                try await vault.searchMentions(wanted, for: request, as: caller) { done, all in
                    if Terminal.showsProgress { Terminal.progress("\(done) of \(all)") }
                }
            }
            Terminal.endProgress()
            try common.show(log) { log.lines }
        }
    }
}

extension MentionLog {
    /// As it is told to whoever searches.
    var lines: [String] {
        let left = notSearched.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        let children = "\(children) other children of whom you may know"
        return ["Searched \(searched) of \(files) files of \(children); \(found) name the child."]
            + (left.isEmpty ? [] : ["Not searched: \(left.joined(separator: ", "))."])
    }
}
