import Foundation

/// What a guide in docs/ has its reader do: its indented blocks, in order.
///
/// A block that begins with a bracket is a file, of the name that stands last in backticks before it. In any other block each line is a
/// command. A line that is indented further belongs to the one before it.
struct Guide: Sendable {
    struct Step: Sendable {
        let line: Int
        /// The command, or the name of the file.
        fileprivate(set) var words: String
        /// What the file holds; `nil` of a command.
        fileprivate(set) var content: String?
    }

    let file: URL
    private(set) var steps: [Step] = []

    /// The data protection officer's.
    static let shipped = Result {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appending(path: "docs/DPO-GUIDE.md")
        return try Guide(String(contentsOf: file, encoding: .utf8), file: file)
    }

    init(_ text: String, file: URL) throws {
        self.file = file
        var name = ""
        for (number, line) in zip(1..., try Self.moved(text).components(separatedBy: "\n")) {
            if line.hasPrefix("    ") {
                take(String(line.dropFirst(4)), number, name)
            } else if let named = line.matches(of: /`([a-z]+\.json)`/).last {
                name = String(named.1)
            }
        }
    }

    private mutating func take(_ line: String, _ number: Int, _ name: String) {
        if line.hasPrefix(" "), let last = steps.indices.last {
            let isFile = steps[last].content != nil
            if isFile { steps[last].content? += "\n\(line)" } else { steps[last].words += "\n\(line)" }
        } else if line.hasPrefix("{") || line.hasPrefix("[") {
            steps.append(Step(line: number, words: name, content: line))
        } else {
            steps.append(Step(line: number, words: line))
        }
    }

    /// The text with all its days moved by as much, so that the first of them was yesterday.
    private static func moved(_ text: String) throws -> String {
        let (day, style) = (/\d{4}-\d\d-\d\d/, Date.ISO8601FormatStyle().year().month().day())
        guard let first = text.firstMatch(of: day) else { return text }
        let yesterday = try style.parse(Date(timeIntervalSinceNow: -86_400).formatted(style))
        let distance = yesterday.timeIntervalSince(try style.parse(String(first.output)))
        return try text.replacing(day) {
            try style.parse(String($0.output)).addingTimeInterval(distance).formatted(style)
        }
    }
}

extension Guide {
    /// The step of this number, counted from 0.
    ///
    /// - Throws: `Scene.Broken` when there is none, or it begins otherwise.
    func step(_ number: Int, beginsWith words: String) throws -> Step {
        guard number < steps.count else { throw Scene.Failed(description: "the guide ends before: \(words)") }
        guard steps[number].words.hasPrefix(words) else {
            throw broken(at: number, "this is not what is done next, which is: \(words)")
        }
        return steps[number]
    }

    func broken(at number: Int, _ problem: String) -> Scene.Broken {
        Scene.Broken(file: file, line: steps[number].line, description: problem)
    }
}
