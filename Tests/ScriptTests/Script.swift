import Foundation

/// A script: requests to the built program in the order in which they are made, and what each answer must be.
///
/// The form of its lines is told at the head of `Scripts/prologue.txt`.
struct Script: Sendable {
    /// A line and what is read from it.
    struct Step: Sendable {
        let line: Int
        let request: Request
        /// What the command finds on its standard input.
        var input = ""
        var checks: [(line: Int, check: Check)] = []
    }

    enum Request: Sendable {
        /// The program, with the session of this person; `nil` with no session.
        case ask(by: String?, String)
        /// Something else on the machine.
        case run(String)
        /// What the guide has its reader do next, which begins with these words; with the session of this person.
        case guide(by: String?, String)
        /// Without this the script cannot be played here.
        case need(String)
    }

    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    let file: URL
    /// What the script protects: its first line.
    let title: String
    private(set) var steps: [Step] = []

    init(_ file: URL) throws { try self.init(String(contentsOf: file, encoding: .utf8), file: file) }

    init(_ text: String, file: URL) throws {
        let lines = text.components(separatedBy: "\n")
        guard let title = lines.first, title.hasPrefix("# ") else {
            throw Malformed(description: "\(file.lastPathComponent): the first line does not say what it protects")
        }
        self.file = file
        self.title = String(title.dropFirst(2))
        for (number, line) in zip(1..., lines) where !line.hasPrefix("#") && !line.allSatisfy(\.isWhitespace) {
            try take(line, number)
        }
        guard !steps.isEmpty else { throw Malformed(description: "\(file.lastPathComponent): nothing happens") }
    }

    private mutating func take(_ line: String, _ number: Int) throws {
        let last = steps.indices.last
        if let last, line.hasPrefix("    ") {
            steps[last].input += line.dropFirst(4) + "\n"
        } else if let request = Request(line) {
            steps.append(Step(line: number, request: request))
        } else if let last, let check = Check(line) {
            steps[last].checks.append((number, check))
        } else {
            throw Malformed(description: "\(file.lastPathComponent):\(number): what does this mean? \(line)")
        }
    }
}

extension Script.Request {
    init?(_ line: String) {
        guard let colon = line.firstRange(of: ": ") else { return nil }
        let command = String(line[colon.upperBound...])
        let who = line[..<colon.lowerBound]
        switch who {
        case "nobody": self = .ask(by: nil, command)
        case "run": self = .run(command)
        case "needs": self = .need(command)
        case "guide": self = .guide(by: nil, command)
        default:
            let words = who.split(separator: " ")
            guard words.count == 2, let name = words.last.map(String.init) else { return nil }
            switch words[0] {
            case "as": self = .ask(by: name, command)
            case "guide": self = .guide(by: name, command)
            default: return nil
            }
        }
    }
}

/// What must be true of an answer, or what is kept of it.
enum Check: Sendable {
    case status(Int32)
    case says(String), doesNotSay(String), saysNothing
    case notes(String), doesNotNote(String)
    case because(String)
    case isJSON
    case keep(name: String, path: String)
    case remember(String), sameAs(String)
    case nowhere(String)

    init?(_ line: String) {
        let found = Self.forms.first { line == $0.words || line.hasPrefix($0.words + " ") }
        guard let found, let check = found.make(String(line.dropFirst(found.words.count + 1))) else { return nil }
        self = check
    }

    /// The words that begin a line, and what is made of the rest of it; no form begins as an earlier one does.
    private static let forms: [(words: String, make: @Sendable (String) -> Check?)] = [
        ("status", { Int32($0).map(Check.status) }),
        ("says nothing", { $0.isEmpty ? .saysNothing : nil }),
        ("says", text(Check.says)),
        ("not says", text(Check.doesNotSay)),
        ("notes", text(Check.notes)),
        ("not notes", text(Check.doesNotNote)),
        ("because", text(Check.because)),
        ("is json", { $0.isEmpty ? .isJSON : nil }),
        ("keep", keeping),
        ("remember as", text(Check.remember)),
        ("same as", text(Check.sameAs)),
        ("nowhere", text(Check.nowhere)),
    ]

    private static func text(_ make: @escaping @Sendable (String) -> Check) -> @Sendable (String) -> Check? {
        { $0.isEmpty ? nil : make($0) }
    }

    private static func keeping(_ text: String) -> Check? {
        let words = text.split(separator: " ")
        guard words.count == 3, words[1] == "=" else { return nil }
        return .keep(name: String(words[0]), path: String(words[2]))
    }
}
