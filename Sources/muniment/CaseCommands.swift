import ArgumentParser
import Foundation
import Rules
import Storage
import Vault

struct ChildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "child", abstract: "The children whom documents are about.",
        subcommands: [Add.self, Find.self, Show.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a child.",
            discussion: """
                Details are read from standard input or a file as lines `name:`, `born:`, `nhs:` and `upn:`, so that they do \
                not appear in the list of processes. NHS number and UPN may be left out.

                Example:
                  printf 'name: Robin Ashdown\\nborn: 2017-05-04\\n' | muniment child add --details -
                """)
        @OptionGroup var details: DetailsOption
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let fields = try details.read(allowed: ["name", "born", "nhs", "upn"])
            guard let name = fields["name"], let text = fields["born"], let born = Day(text) else {
                throw CommandError("The details need a line `name: …` and a line `born: YYYY-MM-DD`.")
            }
            let profile = try ChildProfile(
                name: name, dateOfBirth: born, nhsNumber: fields["nhs"], upn: fields["upn"])
            let id = try await common.inVault { try await $0.addChild(profile, as: $1) }
            try common.show(["child": "\(id)"]) { ["\(id)"] }
        }
    }

    struct Find: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Find a child by an exact identifier, or by name and date of birth.",
            discussion: """
                Example:
                  echo 'nhs: 943 476 5919' | muniment child find --details -
                """)
        @OptionGroup var details: DetailsOption
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let query = try ChildQuery(details: details.read(allowed: ChildQuery.fields))
            let children = try await common.inVault { try await $0.findChildren(query, as: $1) }
            guard !children.isEmpty else { throw CommandError("No child matches exactly.") }
            try common.show(children) { children.flatMap(ChildCommand.lines) }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a child and the cases you may know of.", discussion: "Example:\n  muniment child show 6ab1…"
        )
        @Argument(help: "The child.") var child: ChildID
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let shown = try await common.inVault { try await $0.showChild(child, as: $1) }
            try common.show(shown) { ChildCommand.lines(shown) }
        }
    }

    static func lines(_ child: Child) -> [String] {
        var lines = ["child    \(child.id)", "name     \(child.profile.name)", "born     \(child.profile.dateOfBirth)"]
        if let nhs = child.profile.nhsNumber { lines.append("nhs      \(nhs)") }
        if let upn = child.profile.upn { lines.append("upn      \(upn)") }
        return lines + child.cases.map { "case     \($0)" }
            + (child.statements ?? []).map { "attached \($0.sentence)" }
    }
}

/// Personal details, from a file or standard input: never from the command line, which others on the machine can see.
struct DetailsOption: ParsableArguments {
    @Option(help: ArgumentHelp("Read `field: value` lines from a file ('-' for standard input).", valueName: "file"))
    var details: String

    func read(allowed: Set<String>) throws -> [String: String] { try Details.read(details, allowed: allowed) }
}

extension ChildQuery {
    static let fields: Set = ["name", "born", "nhs", "upn"]

    init(details fields: [String: String]) throws {
        if let nhs = fields["nhs"] {
            self = .nhsNumber(nhs)
        } else if let upn = fields["upn"] {
            self = .upn(upn)
        } else if let name = fields["name"], let born = fields["born"].flatMap({ Day($0) }) {
            self = .nameAndBirth(name, born)
        } else {
            throw CommandError("Say `nhs:`, `upn:`, or both `name:` and `born: YYYY-MM-DD`.")
        }
    }
}

/// Lines of the form `field: value`.
enum Details {
    /// `file`: a path, or `-` for standard input.
    static func read(_ file: String, allowed: Set<String>) throws -> [String: String] {
        let text: String
        if file == "-" {
            var lines: [String] = []
            while let line = readLine() { lines.append(line) }
            text = lines.joined(separator: "\n")
        } else {
            text = String(decoding: try Folder.read(file, limit: 64 << 10), as: UTF8.self)
        }
        var fields: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard parts.count == 2, allowed.contains(parts[0]), fields[parts[0]] == nil else {
                throw CommandError(
                    "A line of the details is not one of \(allowed.sorted().joined(separator: ", ")), or stands twice.")
            }
            fields[parts[0]] = parts[1]
        }
        return fields
    }
}

struct CaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "case", abstract: "Children's matters and the teams that work on them.",
        subcommands: [Open.self, Show.self, Close.self, Team.self])

    struct Open: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open a case for a child.",
            discussion: "Example:\n  muniment case open 6ab1… --purpose ehc.assessment")
        @Argument(help: "The child.") var child: ChildID
        @Option(help: "What the case is for, as the agreement names it.") var purpose: Rules.Purpose = "ehc.assessment"
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let id = try await common.inVault { try await $0.openCase(for: child, purpose: purpose, as: $1) }
            try common.show(["case": "\(id)"]) { ["\(id)"] }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a case and its team.", discussion: "Example:\n  muniment case show 5f0c…")
        @Argument(help: "The case.") var caseID: CaseID
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let shown = try await common.inVault { try await $0.showCase(caseID, as: $1) }
            try common.show(shown) {
                [
                    "case     \(shown.id)", "child    \(shown.childName) (\(shown.child))", "purpose  \(shown.purpose)",
                    "state    \(shown.isOpen ? "open" : "closed")", "",
                ]
                    + Terminal.table(
                        ["team", "role", "party", "name"],
                        shown.team.filter(\.isCurrent).map { [$0.username, $0.role, $0.party, $0.name] })
            }
        }
    }

    struct Close: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Close a case: nothing more is deposited in it.",
            discussion: "Example:\n  muniment case close 5f0c…")
        @Argument(help: "The case.") var caseID: CaseID
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { try await $0.closeCase(caseID, as: $1) }
            try common.show(["closed": "\(caseID)"]) { ["The case is closed."] }
        }
    }

    struct Team: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Who works on a case.", subcommands: [Add.self, Remove.self])

        struct Add: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Put a person on the team.",
                discussion: "Example:\n  muniment case team add 5f0c… priya.paeds --role HADV")
            @Argument(help: "The case.") var caseID: CaseID
            @Argument(help: "The person's user name.") var username: String
            @Option(help: "The role in which the person works on the case.") var role: Rules.Role
            @OptionGroup var common: CommonOptions

            func run() async throws {
                try await common.inVault { try await $0.addToTeam(username, role: role, of: caseID, as: $1) }
                try common.show(["added": username, "role": role.rawValue]) {
                    ["\(username) is on the team as \(role)."]
                }
            }
        }

        struct Remove: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Take a person off the team, at once and in every role.",
                discussion: "Example:\n  muniment case team remove 5f0c… priya.paeds")
            @Argument(help: "The case.") var caseID: CaseID
            @Argument(help: "The person's user name.") var username: String
            @OptionGroup var common: CommonOptions

            func run() async throws {
                try await common.inVault { try await $0.removeFromTeam(username, of: caseID, as: $1) }
                try common.show(["removed": username]) { ["\(username) is off the team."] }
            }
        }
    }
}
