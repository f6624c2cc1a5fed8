import Foundation
import Testing

@Suite("The sources are tidy")
struct TidyTests {
    @Test("every source keeps every rule", arguments: Rule.all)
    func keeps(rule: Rule) throws {
        let violations = try Self.sources.get().flatMap { rule.violations(in: $0) }
        #expect(violations.isEmpty, "\(violations.joined(separator: "\n"))")
    }

    @Test("every module has a row in the import table, and every row a module")
    func tableIsComplete() throws {
        #expect(try Set(Self.sources.get().map(\.module)) == Set(Rule.importTable.keys))
    }

    @Test("a rule catches what it is for, and only that", arguments: Rule.all)
    func catches(rule: Rule) {
        let path = "Sources/\(rule.only?.first ?? "Vault")/Example.swift"
        #expect(rule.violations(in: Source(path: path, text: rule.bad)).count == 1)
        #expect(rule.violations(in: Source(path: path, text: rule.good)).isEmpty)
    }

    @Test("a module outside a rule is left alone")
    func exempts() throws {
        let clock = try #require(Rule.all.first { $0.exempt.contains("muniment") })
        #expect(clock.violations(in: Source(path: "Sources/muniment/Serve.swift", text: clock.bad)).isEmpty)
    }

    @Test("a violation names its file and line")
    func names() throws {
        let clock = try #require(Rule.all.first { $0.exempt.contains("muniment") })
        let source = Source(path: "Sources/Vault/Read.swift", text: "\n\n" + clock.bad)
        #expect(clock.violations(in: source) == ["Sources/Vault/Read.swift:3: \(clock.sentence)"])
    }

    /// Every Swift file under `Sources`, which must exist and not be empty: a check that reads nothing proves nothing.
    static let sources = Result<[Source], any Error> {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = package.appending(path: "Sources")
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }
        try #require(!paths.isEmpty)
        return try paths.sorted().map { path in
            Source(path: "Sources/" + path, text: try String(contentsOf: folder.appending(path: path), encoding: .utf8))
        }
    }
}

extension Rule: CustomTestStringConvertible {
    var testDescription: String { sentence }
}

@Suite("The scanner tells code from comments and strings")
struct SwiftTextTests {
    @Test(
        "comments and strings are blanked, and everything else stays in its place",
        arguments: [
            ("a // b {\nc", "a\nc"),
            ("a /* b /* c */ d */ e", "ae"),
            (#"f("}", 1)"#, "f(,1)"),
            (#"f("\"}") }"#, "f()}"),
            (##"f(#"""# ) }"##, "f()}"),
            (##"f(#"a"b}"#) }"##, "f()}"),
            (#"f("\(g("}"))}") }"#, "f(g())}"),
            (##"f(#"\(no}) \#(g) }"#)"##, "f(g)"),
            ("f(\"\"\"\n \"}\" {\n \"\"\") }", "f(\n\n)}"),
            ("\"never ends {\n}", "\n}"),
            ("/* never ends {", ""),
            ("é // ü\n}", "é\n}"),
        ])
    func masks(source: String, code: String) {
        let text = SwiftText(source)
        #expect(text.code.filter { $0 != " " } == code)
        #expect(text.code.utf8.count == source.utf8.count)
    }

    @Test("literals are found with their line, text and interpolation")
    func literals() {
        let text = SwiftText("let a = \"x\"\nlet b = \"\"\"\n  y \\(c(\"z\"))\n  \"\"\"\n")
        #expect(text.literals.map(\.line) == [1, 2, 3])
        #expect(text.literals.map(\.isInterpolated) == [false, true, false])
        #expect(text.literals.map { trimmed($0.text) } == ["x", "y", "z"])
    }

    @Test(
        "a body is measured from its keyword to its closing brace",
        arguments: [
            ("func f() {\n\n}", [3]),
            ("func f(\n  a: () -> Int = { 1 }\n) -> Int {\n}", [4]),
            ("protocol P {\n  func f()\n  var a: Int { get }\n  init(a: Int)\n}\nfunc g() {}", [1, 1]),
            ("struct S {\n  var a = 1\n  init() {\n  }\n  deinit {\n  }\n}", [2, 2]),
            ("func f() {\n  func g() {\n  }\n  let h = [1].map { $0 }\n}", [5, 2]),
            ("let a = Key.init(1)\nif b {\n}", []),
            ("var a: Int {\n  get { 1 }\n  set {\n  }\n}", [5]),
            ("var a: Int\nstruct S {\n}", []),
            ("func f() { // }\n  g(\"}\")\n}", [3]),
            ("func f() {", [1]),
        ])
    func bodies(source: String, lengths: [Int]) {
        #expect(SwiftText(source).bodies().map(\.lineCount) == lengths)
    }

    @Test(
        "an import is recognised in every form",
        arguments: [
            ("import Rules", ["Rules"]), ("  public import struct Rules.Day", ["Rules"]),
            ("@preconcurrency import GRDB", ["GRDB"]),
            ("@_spi(Testing) internal import Vault", ["Vault"]), ("let important = 1", []), ("reimport Vault", []),
        ] as [(String, [String])])
    func imports(line: String, modules: [String]) {
        #expect(Rule.imports(in: "{\n" + line + "\n}").map(\.module) == modules)
    }

    private func trimmed(_ text: some StringProtocol) -> String { text.trimmingCharacters(in: .whitespacesAndNewlines) }
}
