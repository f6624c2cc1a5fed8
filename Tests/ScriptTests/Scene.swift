import Foundation
import Testing

/// Where a script is played: a folder with a vault, the sessions of the people in it, and what the script keeps.
struct Scene: Sendable {
    /// What a command answered.
    struct Answer: Equatable, Sendable {
        let status: Int32
        let output: Data
        let notes: Data

        var text: String { String(decoding: output, as: UTF8.self) }
        var note: String { String(decoding: notes, as: UTF8.self) }
    }

    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    let folder: URL
    private var values: [String: String] = [:]
    private var answers: [String: Answer] = [:]
    private let guide: Guide
    /// How many of the guide's steps have been taken.
    private var taken = 0

    /// A new folder with nothing in it but the policies.
    init(guide: Guide? = nil) throws {
        self.guide = try guide ?? Guide.shipped.get()
        folder = Self.newFolder()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Policies.write(to: folder.appending(path: "policies"))
    }

    /// A copy with everything in it, of which the vault finds its own anchor.
    init(copying other: Scene) throws {
        folder = Self.newFolder()
        values = other.values
        guide = other.guide
        try FileManager.default.copyItem(at: other.folder, to: folder)
        let marker = folder.appending(path: "vault/muniment-vault")
        let text = try String(contentsOf: marker, encoding: .utf8)
        try text.replacing(other.folder.path, with: folder.path).write(to: marker, atomically: false, encoding: .utf8)
    }

    func remove() throws { try FileManager.default.removeItem(at: folder) }

    /// Plays a script to its end, or to the first request whose answer is not as it must be.
    mutating func play(_ script: Script) throws {
        for step in script.steps {
            let answer = try answer(to: step)
            if case .need(let what) = step.request {
                guard answer.status != 0 else { continue }
                // Where CI is set, what a test needs must be there.
                let isDue = ProcessInfo.processInfo.environment["CI"] != nil
                Issue.record("not played, since this machine cannot: \(what)", severity: isDue ? .error : .warning)
                return
            }
            let asksStatus = step.checks.contains { if case .status = $0.check { true } else { false } }
            let checks = asksStatus ? step.checks : [(step.line, .status(0))] + step.checks
            for (line, check) in checks {
                guard let problem = try problem(with: answer, check) else { continue }
                throw Broken(
                    file: script.file, line: line,
                    description: "\(problem)\nstatus \(answer.status)\n\(answer.text.prefix(4000))\(answer.note)")
            }
        }
        guard taken > 0, taken < guide.steps.count else { return }
        throw guide.broken(at: taken, "nobody does this: \(guide.steps[taken].words)")
    }

    /// A check that does not hold.
    struct Broken: Error, CustomStringConvertible {
        let file: URL
        let line: Int
        let description: String

        func record() {
            let name = file.lastPathComponent
            let place = SourceLocation(fileID: "ScriptTests/\(name)", filePath: file.path, line: line, column: 1)
            Issue.record(Comment(rawValue: description), sourceLocation: place)
        }
    }
}

extension Scene {
    private static func newFolder() -> URL {
        FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appending(path: "muniment-script-\(UUID().uuidString)")
    }

    private mutating func answer(to step: Script.Step) throws -> Answer {
        switch step.request {
        case .ask(let person, let command): return try sh("muniment \(command)", by: person, input: step.input)
        case .run(let command), .need(let command): return try sh(command, input: step.input)
        case .guide(let person, let words):
            let next = try guide.step(taken, beginsWith: words)
            taken += 1
            guard let content = next.content else { return try sh(named(next.words), by: person, input: step.input) }
            return try sh("cat > \(next.words)", input: named(content))
        }
    }

    /// The guide's text with what was kept as `request` in the place of REQUEST.
    private func named(_ text: String) -> String {
        text.replacing(/\b[A-Z]{3,}\b/) { values[$0.output.lowercased()] ?? String($0.output) }
    }

    /// Runs a shell command in the folder. Files, not pipes, take its output: nothing can block, whatever its length.
    private func sh(_ command: String, by person: String? = nil, input: String) throws -> Answer {
        let streams = try ["input", "output", "notes"].map { name in
            let file = folder.appending(path: ".\(name)")
            try (name == "input" ? input : "").write(to: file, atomically: false, encoding: .utf8)
            return file
        }
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", command]
        process.currentDirectoryURL = folder
        process.environment = try environment(person)
        process.standardInput = try FileHandle(forReadingFrom: streams[0])
        process.standardOutput = try FileHandle(forWritingTo: streams[1])
        process.standardError = try FileHandle(forWritingTo: streams[2])
        try process.run()
        process.waitUntilExit()
        return Answer(
            status: process.terminationStatus, output: try Data(contentsOf: streams[1]),
            notes: try Data(contentsOf: streams[2]))
    }

    private func environment(_ person: String?) throws -> [String: String] {
        let outer = ProcessInfo.processInfo.environment
        let path = try Self.program.get().deletingLastPathComponent().path + ":" + (outer["PATH"] ?? "/usr/bin:/bin")
        return values.merging([
            "PATH": path, "HOME": folder.path, "LC_ALL": "C.UTF-8", "here": folder.path,
            "MUNIMENT_VAULT": folder.appending(path: "vault").path,
            "MUNIMENT_KEY_FILE": folder.appending(path: "vault.key").path,
            "MUNIMENT_POLICIES": folder.appending(path: "policies").path,
            "MUNIMENT_SESSION": folder.appending(path: (person ?? "nobody") + ".session").path,
            "MUNIMENT_BIG": outer["MUNIMENT_BIG"] ?? "",
        ]) { $1 }
    }

    /// The program that was built with these tests, beside them.
    static let program = Result<URL, any Error> {
        let folder = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
        guard let program = folder?.appending(path: "muniment"),
            FileManager.default.isExecutableFile(atPath: program.path)
        else { throw Failed(description: "There is no muniment beside the tests. Build it first: swift build.") }
        return program
    }

    /// The text with the values that the script kept in the place of their names, each written `$name`.
    private func filled(_ text: String) throws -> String {
        var rest = text[...]
        var filled = ""
        while let match = rest.firstMatch(of: /\$([a-z][a-zA-Z0-9]*)/) {
            let value = match.1 == "here" ? folder.path : values[String(match.1)]
            guard let value else { throw Failed(description: "Nothing was kept as \(match.1).") }
            filled += rest[..<match.range.lowerBound] + value
            rest = rest[match.range.upperBound...]
        }
        return filled + rest
    }

    /// Why the check does not hold, or `nil`. What is to be kept is kept.
    private mutating func problem(with answer: Answer, _ check: Check) throws -> String? {
        switch check {
        case .status(let status): return answer.status == status ? nil : "the status is not \(status)"
        case .says(let text):
            let text = try filled(text)
            return answer.text.contains(text) ? nil : "the answer does not say: \(text)"
        case .doesNotSay(let text):
            let text = try filled(text)
            return answer.text.contains(text) ? "the answer says: \(text)" : nil
        case .saysNothing: return answer.output.isEmpty ? nil : "the answer says something"
        case .notes(let text):
            let text = try filled(text)
            return answer.note.contains(text) ? nil : "standard error does not say: \(text)"
        case .doesNotNote(let text):
            let text = try filled(text)
            return answer.note.contains(text) ? "standard error says: \(text)" : nil
        case .because(let sentence):
            let sentence = try filled(sentence)
            let isAll = answer.output.isEmpty && Self.line(answer.note, is: "muniment: \(sentence)\n")
            return isAll ? nil : "the answer is not this sentence alone: \(sentence)"
        case .isJSON:
            return (try? JSONSerialization.jsonObject(with: answer.output)) == nil ? "the answer is not JSON" : nil
        case .keep(let name, let path):
            guard let value = answer.value(at: path) else { return "the answer has no \(path)" }
            values[name] = value
            return nil
        case .remember(let name):
            answers[name] = answer
            return nil
        case .sameAs(let name): return answers[name] == answer ? nil : "the answer is not byte for byte that of \(name)"
        case .nowhere(let text): return try whereabouts(of: filled(text)).map { "it stands in clear in \($0)" }
        }
    }

    /// Whether the line is this one, in which `…` stands for any words.
    private static func line(_ line: String, is pattern: String) -> Bool {
        let parts = pattern.split(separator: "…", omittingEmptySubsequences: false)
        guard let first = parts.first, let last = parts.last, parts.count > 1 else { return line == pattern }
        var rest = line[...]
        let isOne = line.utf8.count { $0 == 10 } == 1
        guard isOne, rest.hasPrefix(first), rest.hasSuffix(last) else { return false }
        rest = rest.dropFirst(first.count).dropLast(last.count)
        for part in parts.dropFirst().dropLast() {
            guard let place = rest.firstRange(of: part) else { return false }
            rest = rest[place.upperBound...]
        }
        return true
    }

    /// The file of the vault, or the anchor, in which a text stands: as it is, in small or capital letters, in UTF-8 or UTF-16.
    private func whereabouts(of text: String) throws -> String? {
        let encodings: [String.Encoding] = [.utf8, .utf16LittleEndian, .utf16BigEndian]
        let forms = [text, text.lowercased(), text.uppercased()].flatMap { form in
            encodings.compactMap { form.data(using: $0) }
        }
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("vault") }
        guard files.contains("vault/records.sqlite"), files.contains("vault/keyring.sqlite") else {
            throw Failed(description: "The vault is not where it is looked for.")
        }
        return try files.first { path in
            if path.contains(text) { return true }
            let file = folder.appending(path: path)
            guard try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { return false }
            let bytes = try Data(contentsOf: file)
            return forms.contains { bytes.range(of: $0) != nil }
        }
    }
}

extension Scene.Answer {
    /// `output` is all that was said; otherwise the keys and indices that lead to a value in JSON: `0.child`.
    func value(at path: String) -> String? {
        guard path != "output" else { return text.trimmingCharacters(in: .newlines) }
        var value = try? JSONSerialization.jsonObject(with: output)
        for key in path.split(separator: ".") {
            if let list = value as? [Any] {
                value = Int(key).flatMap { list.indices.contains($0) ? list[$0] : nil }
            } else {
                value = (value as? [String: Any])?[String(key)]
            }
        }
        return value.map { "\($0)" }
    }
}

/// The shipped policies, in force around today: the tests outlive the agreement.
enum Policies {
    static func write(to folder: URL) throws {
        let shipped = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Policies")
        try FileManager.default.copyItem(at: shipped, to: folder)
        let file = folder.appending(path: "agreement.yaml")
        var text = try String(contentsOf: file, encoding: .utf8)
        var shippedDays: [String: String] = [:]
        for (key, days) in [("from", -30), ("reviewBy", 180), ("until", 240)] {
            let line = try Regex("(?m)^\(key): (.*)$", as: (Substring, Substring).self)
            let found = text.matches(of: line)
            guard found.count == 1 else {
                throw Scene.Failed(description: "agreement.yaml has not one line `\(key): `.")
            }
            shippedDays[key] = String(found[0].output.1)
            text.replace(line, with: "\(key): \(day(in: days))")
        }
        try text.write(to: file, atomically: true, encoding: .utf8)
        try moveCases(in: folder, shippedDays)
    }

    /// A case's day stays before the agreement, before, on or after the review date, on the last day or after it.
    private static func moveCases(in folder: URL, _ shipped: [String: String]) throws {
        guard let first = shipped["from"], let review = shipped["reviewBy"], let last = shipped["until"] else { return }
        let file = folder.appending(path: "agreement.cases.yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
        let moved = text.replacing(/(day|shared): (\d{4}-\d\d-\d\d)/) { match in
            let days =
                switch String(match.2) {
                case ..<first: -31
                case ..<review: 0
                case review: 180
                case ..<last: 181
                case last: 240
                default: 241
                }
            return "\(match.1): \(day(in: days))"
        }
        try moved.write(to: file, atomically: true, encoding: .utf8)
    }

    private static func day(in days: Int) -> String {
        Date(timeIntervalSinceNow: Double(days) * 86_400).formatted(.iso8601.year().month().day())
    }
}

extension Scene {
    /// What the program answers where it needs no vault.
    static func muniment(_ command: String) throws -> Answer {
        let scene = try Scene()
        defer { try? scene.remove() }
        return try scene.sh("muniment \(command)", input: "")
    }
}
