/// A source file as the rules see it.
struct Source: Sendable {
    /// Relative to the package: `Sources/Vault/Upload.swift`.
    let path: String
    let text: String
    /// The text with its comments and strings blanked.
    let code: String
    let literals: [SwiftText.Literal]
    let bodies: [SwiftText.Body]

    init(path: String, text: String) {
        let parsed = SwiftText(text)
        self.path = path
        self.text = text
        code = parsed.code
        literals = parsed.literals
        bodies = parsed.bodies()
    }

    /// `Vault` of `Sources/Vault/Upload.swift`.
    var module: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
}

/// One thing that our sources never do, with a text that does it and one that only looks like it.
struct Rule: Sendable {
    let sentence: String
    var exempt: Set<String> = []
    /// Where the rule holds; every module when nil.
    var only: Set<String>?
    let bad: String
    let good: String
    /// The lines, counted from 1, that break the rule.
    let breaches: @Sendable (Source) -> [Int]

    func violations(in source: Source) -> [String] {
        guard !exempt.contains(source.module), only?.contains(source.module) ?? true else { return [] }
        return breaches(source).map { "\(source.path):\($0): \(sentence)" }
    }

    static let longestFile = 500
    static let longestFunction = 60

    static let all: [Rule] = [
        Rule(
            sentence: "a module imports only what its row of the import table says",
            bad: "public import Vapor", good: "func report(import name: String) {}",
            breaches: { source in
                let allowed = importTable[source.module] ?? []
                return imports(in: source.code).filter { !allowed.contains($0.module) }.map(\.line)
            }),
        Rule(
            sentence: "a file has at most \(longestFile) lines",
            bad: String(repeating: "\n", count: longestFile + 1), good: String(repeating: "\n", count: longestFile),
            breaches: { $0.text.utf8.count { $0 == 10 } > longestFile ? [longestFile + 1] : [] }),
        Rule(
            sentence: "a function has at most \(longestFunction) lines",
            bad: "func long() {" + String(repeating: "\n", count: longestFunction) + "}",
            good: "func short() {" + String(repeating: "\n", count: longestFunction - 1) + "}",
            breaches: { $0.bodies.filter { $0.lineCount > longestFunction }.map(\.line) }),
        Rule(
            sentence: "the time is passed in by the executable", exempt: ["muniment"],
            bad: "let now = Date()", good: "let day = UpDate(1)  // not Date()",
            breaches: {
                lines(matching: /\bDate\s*\(\s*\)|\bDate\s*\.\s*now\b|\b(Continuous|Suspending)Clock\b/, in: $0.code)
            }),
        Rule(
            sentence: "randomness is passed in by the executable, or comes from Sealing", exempt: ["muniment"],
            bad: "let id = UInt64.random(in: 0...9)", good: "let id = sequence.random",
            breaches: {
                let chance = /\bUUID\s*\(\s*\)|\bSystemRandomNumberGenerator\b|\.(random|randomElement|shuffled?)\s*\(/
                return lines(matching: chance, in: $0.code)
            }),
        Rule(
            sentence: "concurrency stays checked outside Sealing", exempt: ["Sealing"],
            bad: "final class Box: @unchecked Sendable {}", good: "struct Box: Sendable {}  // not @unchecked Sendable",
            breaches: {
                let unchecked = /@unchecked\s+Sendable\b|\bnonisolated\s*\(\s*unsafe\s*\)|\bTask\s*\.\s*detached\b/
                return lines(matching: unchecked, in: $0.code)
            }),
        Rule(
            sentence: "an error is handled or thrown, never `try!`",
            bad: "let a = try! open()", good: "let a = try open()  // never try!",
            breaches: { lines(matching: /\btry!/, in: $0.code) }),
        Rule(
            sentence: "what is not done is left out, not marked", bad: "// TODO: later", good: "// done",
            breaches: { lines(matching: /\b(TODO|FIXME|XXX)\b/, in: $0.text) }),
        Rule(
            sentence: "SQL is literal text with named arguments", only: ["Storage"],
            bad: #"let sql = "SELECT * FROM wrap WHERE id = \(id)""#,
            good: #"let note = "select \(id)"; let sql = "SELECT 1""#,
            breaches: { $0.literals.filter { $0.isInterpolated && isSQL($0.text) }.map(\.line) }),
        Rule(
            sentence: "a source names no path of one particular machine",
            bad: #"let folder = "/home/someone/vault""#, good: #"let folder = "objects/home/""#,
            breaches: { lines(matching: /(^|[^A-Za-z0-9_.])\/(home|root|work|Users|tmp\/h)\//, in: $0.text) }),
    ]

    /// Who may import what: our own modules, then packages, then the system's.
    static let importTable: [String: Set<String>] = [
        "Sealing": ["CSodium", "COpenSSL", "CArchive", "CToken", "Crypto", "FoundationEssentials", "Synchronization"],
        "Ledger": ["Sealing"],
        "Rules": ["Yams"],
        "Paper": ["CLinux", "Dispatch", "Foundation", "Glibc", "Synchronization"],
        "Storage": [
            "Rules", "Ledger", "Sealing", "GRDB", "GRDBSQLite", "CLinux", "Dispatch", "Foundation", "Glibc",
            "Synchronization",
        ],
        "Vault": ["Paper", "Rules", "Storage", "Ledger", "Sealing", "Dispatch", "Foundation", "Synchronization"],
        "Web": [
            "Vault", "Rules", "Storage", "Ledger", "Sealing", "Hummingbird", "HummingbirdCore",
            "HTTPTypes", "Logging", "NIOCore", "NIOHTTP1", "NIOHTTPTypes", "NIOPosix", "NIOSSL", "ServiceLifecycle",
            "UnixSignals",
            "AsyncHTTPClient", "JWTKit", "Dispatch", "Foundation", "Glibc", "Synchronization",
        ],
        "muniment": [
            "Web", "Logging", "Dispatch", "Vault", "Paper", "Rules", "Storage", "Ledger", "Sealing", "ArgumentParser",
            "CLinux",
            "Foundation", "Glibc", "Synchronization",
        ],
    ]

    /// What a code imports, and where: `Rules` of `public import struct Rules.Day`.
    static func imports(in code: String) -> [(module: String, line: Int)] {
        let statement =
            #/
            ^\h* (@\w+ (\([^)]*\))? \h+)* (\w+ \h+)? import \h+
            ((struct|class|enum|protocol|func|var|let|typealias) \h+)? (?<module>\w+)
            /#
        return code.matches(of: statement.anchorsMatchLineEndings()).map { match in
            (String(match.output.module), lineNumber(of: match.range.upperBound, in: code))
        }
    }

    private static func isSQL(_ text: String) -> Bool {
        text.contains(
            /\b(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|PRAGMA|ATTACH|VACUUM|BEGIN|WITH|WHERE|VALUES)\b/)
    }

    private static func lines(matching pattern: some RegexComponent, in text: String) -> [Int] {
        text.matches(of: pattern).map { lineNumber(of: $0.range.upperBound, in: text) }
    }

    private static func lineNumber(of index: String.Index, in text: String) -> Int {
        1 + text.utf8[..<index].count { $0 == 10 }
    }
}
