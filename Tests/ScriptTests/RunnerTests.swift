import Foundation
import Testing

@Suite("The runner sees what does not hold")
struct RunnerTests {
    private static let vault = "run: mkdir vault; touch vault/records.sqlite vault/keyring.sqlite;"

    @Test(
        "a check that does not hold stops the script",
        arguments: [
            ("run: false", "the status is not 0"),
            ("run: true\nstatus 1", "the status is not 1"),
            ("run: echo one\nsays two", "does not say: two"),
            ("run: echo one\nnot says one", "says: one"),
            ("run: echo one\nsays nothing", "says something"),
            ("run: echo one\nnotes one", "does not say: one"),
            ("run: echo one >&2\nnot notes one", "says: one"),
            ("run: echo one\nis json", "not JSON"),
            ("run: echo '{}'\nkeep it = one.two", "has no one.two"),
            ("run: echo one\nremember as it\nrun: echo one >&2\nsame as it", "not byte for byte"),
            ("run: echo muniment: One. >&2; echo two\nbecause One.", "not this sentence alone"),
            ("run: echo muniment: One. Two. >&2\nbecause One.", "not this sentence alone"),
            ("run: echo muniment: One. Two. >&2\nbecause One. …Three.", "not this sentence alone"),
            ("run: printf 'muniment: One.\\nTwo.\\n' >&2\nbecause One.…Two.", "not this sentence alone"),
            ("\(vault) echo 'my CANARY.' > vault/file\nnowhere Canary", "in vault/file"),
            ("\(vault) printf Canary | iconv -t UTF-16LE > vault.anchor\nnowhere Canary", "in vault.anchor"),
            ("\(vault) mkdir vault/Canary\nnowhere Canary", "in vault/Canary"),
        ])
    func fails(lines: String, problem: String) throws {
        let error = #expect(throws: Scene.Broken.self) { try play(lines) }
        #expect(error?.description.contains(problem) == true, "\(String(describing: error))")
    }

    @Test(
        "a script that holds is played to its end",
        arguments: [
            "run: cat\n    one\n    two\nsays one\nsays two\nkeep it = output\nrun: echo \"$it\"\nsays $it",
            "run: echo '{\"a\": [{\"b\": 7}]}'\nis json\nkeep it = a.0.b\nrun: echo $it\nsays 7",
            "run: echo muniment: One. Two. Three. >&2\nbecause One.…Three.",
            "\(vault) echo other > vault/file\nnowhere Canary",
        ])
    func holds(lines: String) throws { try play(lines) }

    @Test(
        "a line that means nothing is not passed over",
        arguments: [
            "run: true\nsay one", "says one", "run: true\nstatus one", "run: true\nkeep it", "as sam send: go", "",
        ])
    func malformed(lines: String) {
        #expect(throws: Script.Malformed.self) { try play(lines) }
    }

    private static let guide = """
        Write `who.json`, as `nobody.txt` is not:

            {"name":
              "WHO"}

        On 2026-11-20 and until 2026-11-22:

            cat who.json; echo WHO NOT 2026-11-22
            cat
        """

    @Test("a guide is walked in its order, with its files and what was kept; its days are days around today")
    func walks() throws {
        try play(
            """
            run: echo ada
            keep who = output
            run: date -u -d tomorrow +%F
            keep day = output
            guide: who.json
            guide: cat who.json
            says   "ada"}
            says ada NOT $day
            guide ada: cat
                words
            says words
            """, guide: Self.guide)
    }

    @Test(
        "a guide that is not walked as it is written stops the script",
        arguments: [
            ("guide: who.json\nguide: cat who.json", "nobody does this: cat"),
            ("guide: who.json\nguide: cat who.json\nguide: rm", "this is not what is done next, which is: rm"),
            ("guide: cat", "this is not what is done next"),
        ])
    func strays(lines: String, problem: String) throws {
        let error = #expect(throws: Scene.Broken.self) { try play(lines, guide: Self.guide) }
        #expect(error?.description.contains(problem) == true, "\(String(describing: error))")
    }

    private func play(_ lines: String, guide: String = "") throws {
        var scene = try Scene(guide: Guide(guide, file: URL(filePath: "guide.md")))
        defer { try? scene.remove() }
        try scene.play(Script("# A script.\n\(lines)", file: URL(filePath: "example.txt")))
    }
}
