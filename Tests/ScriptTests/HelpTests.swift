import Foundation
import Testing

/// A command as the program describes itself.
private struct Command: Decodable {
    struct Argument: Decodable {
        struct Name: Decodable {
            let name: String
        }

        let kind: String
        let valueName: String?
        let names: [Name]?
    }

    let commandName: String
    let abstract: String?
    let discussion: String?
    let arguments: [Argument]?
    let subcommands: [Command]?

    /// Every command that does something, with the words that call it.
    func leaves(_ before: [String] = []) -> [(words: [String], command: Command)] {
        let words = before + [commandName]
        let inner = (subcommands ?? []).filter { $0.commandName != "help" }
        return inner.isEmpty ? [(words, self)] : inner.flatMap { $0.leaves(words) }
    }
}

@Suite("The program explains itself")
struct HelpTests {
    /// Without JSON: what they print is a document, or a script for a shell.
    private static let withoutJSON: Set = [
        "serve", "document read", "consent receipt", "agreement show", "completions", "init", "disposal signer",
    ]

    private let commands: [(words: [String], command: Command)]

    init() throws {
        struct Dump: Decodable {
            let command: Command
        }
        let answer = try Scene.muniment("--experimental-dump-help")
        commands = try JSONDecoder().decode(Dump.self, from: answer.output).command.leaves()
        try #require(commands.count > 25)
    }

    @Test("every command has a summary, and an example that calls it")
    func examples() {
        for (words, command) in commands {
            #expect(command.abstract?.isEmpty == false, "\(words)")
            let call = words.joined(separator: " ")
            #expect(command.discussion?.contains("Example") == true, "\(call)")
            #expect(command.discussion?.contains(call) == true, "\(call)")
        }
    }

    @Test("every command that answers can answer in JSON")
    func json() {
        for (words, command) in commands {
            let hasJSON = command.arguments?.contains { $0.names?.contains { $0.name == "json" } == true } == true
            let call = words.dropFirst().joined(separator: " ")
            #expect(hasJSON != Self.withoutJSON.contains(call), "\(call)")
        }
    }

    @Test("no option takes a secret itself: others on the machine see the command line")
    func secrets() {
        for (words, command) in commands {
            for argument in command.arguments ?? [] where argument.kind != "flag" {
                let isSecret = argument.names?.contains { $0.name.contains(/pass|secret|key|token/) } == true
                let isPublic = argument.names?.contains { $0.name == "vkey" } == true
                #expect(!isSecret || isPublic || argument.valueName == "file", "\(words) \(argument)")
            }
        }
    }

    @Test("the guide's sentences name commands that there are")
    func sentences() throws {
        let text = try String(contentsOf: try Guide.shipped.get().file, encoding: .utf8)
        let named = text.matches(of: /`muniment (?:help )?((?:[a-z][a-z-]* ?)+)/).map { $0.1.split(separator: " ") }
        #expect(named.count > 5)
        for name in named {
            let isThere = commands.contains { zip($0.words.dropFirst(), name).allSatisfy { $0 == $1 } }
            #expect(isThere, "\(name)")
        }
    }

    @Test("there are completions for three shells", arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) throws {
        let answer = try Scene.muniment("completions \(shell)")
        #expect(answer.status == 0)
        for (words, _) in commands { #expect(answer.text.contains(words[1]), "\(words)") }
    }
}
