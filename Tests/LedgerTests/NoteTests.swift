@testable import Ledger
import Sealing
import Testing

@Suite("Signed notes")
struct NoteTests {
    static let example = """
        first line
        second line

        — vault.example/audit mfM8sb4/raDdow0h995z2rEdHIJTD0XP+lgE9NCv7aBWzoXC0r6D3VfbfeD4pheXAOApyhBW/07ZgiLebKnz+OxTEwM=

        """

    @Test("the published note is made byte for byte, and opened")
    func worked() throws {
        #expect(try Sample.signed("first line\nsecond line\n").string == Self.example)
        let opened = try SignedNote(Self.example).open(with: [Sample.log()])
        #expect(opened.text == Array("first line\nsecond line\n".utf8))
        #expect(try opened.logs == [Sample.log()])
    }

    @Test("the specification's own note opens")
    func specification() throws {
        let note = try SignedNote(
            """
            This is an example message.

            — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=

            """)
        let key = try NoteKey(vkey: "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
        #expect(try note.open(with: [key]).text == Array("This is an example message.\n".utf8))
    }

    @Test("keys have their published spelling and id")
    func vkeys() throws {
        let log = try NoteKey(name: Sample.logName(), kind: .log, key: Sample.logKey().verifyingKey)
        #expect(log.vkey == Sample.logVkey)
        #expect(log.id == 0x99f3_3cb1)
        #expect(log.key.bytes.hex == "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8")
        let witness = try NoteKey(name: Sample.witnessName(), kind: .witness, key: Sample.witnessKey().verifyingKey)
        #expect(witness.vkey == Sample.witnessVkey)
        #expect(witness.id == 0x2032_4abe)
        #expect(NoteKey(name: witness.name, kind: .log, key: witness.key).id == 0x484b_c619)
    }

    @Test(
        "a key in any other spelling, or of another type, is refused",
        arguments: [
            "", "vault.example/audit", "vault.example/audit+99f33cb1",
            "vault.example/audit+99f33cb2+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
            "vault.example/audit+99F33CB1+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
            "vault example/audit+99f33cb1+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
            "+99f33cb1+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
            "vault.example/audit+99f33cb1+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4\n",
            "vault.example/audit+99f33cb1+BgOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
            "vault.example/audit+99f33cb1+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVQ==",
        ])
    func badKeys(vkey: String) {
        #expect(throws: LedgerError.malformedKey) { try NoteKey(vkey: vkey) }
    }

    @Test("names are compared byte by byte, and have no space, plus or control character")
    func names() throws {
        #expect(KeyName("caf\u{e9}") != KeyName("cafe\u{301}"))
        for name in ["", "a b", "a+b", "a\u{a0}b", "a\u{2003}b", "a\nb", "a\u{1}b"] {
            #expect(KeyName(name) == nil, "\(name)")
        }
        #expect(KeyName([0x61, 0xff]) == nil)
    }

    static let text = "first line\nsecond line\n"
    static let line = String(example.dropFirst(text.count + 1))

    static let malformed: [(String, String)] = [
        ("empty", ""), ("no final line feed", String(example.dropLast())),
        ("another last byte", example.dropLast() + "x"), ("no blank line", text + line),
        ("no signature", text + "\n"), ("no text", "\n" + line), ("text after the signatures", example + "more\n"),
        ("blank line after the signatures", example + "\n"),
        ("CR LF", example.replacing("\n", with: "\r\n")), ("TAB in the text", "a\tb\n\n" + line),
        ("NUL in the text", "a\0b\n\n" + line), ("hyphen for the dash", text + "\n" + line.replacing("—", with: "-")),
        ("two spaces before the base64", text + "\n" + line.replacing(" mfM8", with: "  mfM8")),
        ("no padding", text + "\n" + line.replacing("wM=", with: "wM")),
        ("non-zero trailing bits", text + "\n" + line.replacing("wM=", with: "wN=")),
        ("no name", text + "\n— mfM8sb4=\n"), ("plus in the name", text + "\n— a+b mfM8sb4=\n"),
        ("a key id and no signature", text + "\n— vault.example/audit mfM8sQ==\n"),
        ("too many signatures", text + "\n" + String(repeating: line, count: 101)),
    ]

    @Test("a note that breaks the grammar anywhere is refused", arguments: malformed)
    func grammar(row: (what: String, note: String)) {
        #expect(throws: LedgerError.malformedNote, "\(row.what)") { try SignedNote(row.note) }
    }

    @Test("invalid UTF-8 and excessive length are refused")
    func bytes() {
        let line = Array(Self.line.utf8)
        #expect(throws: LedgerError.malformedNote) { try SignedNote(parsing: [0x61, 0xff, 0x0a, 0x0a] + line) }
        let long = [UInt8](repeating: 0x61, count: SignedNote.byteLimit)
        #expect(throws: LedgerError.malformedNote) { try SignedNote(parsing: long + [0x0a, 0x0a] + line) }
    }

    @Test("what was parsed is written again byte for byte", arguments: [example, Sample.checkpoint, Sample.witnessed])
    func roundTrip(note: String) throws {
        #expect(try SignedNote(note).string == note)
    }

    @Test("the text ends at the last blank line")
    func blankLines() throws {
        let note = try Sample.signed("one\n\ntwo\n")
        #expect(try SignedNote(note.string).open(with: [Sample.log()]).text == Array("one\n\ntwo\n".utf8))
    }

    @Test("the same line twice counts once")
    func twice() throws {
        let note = try SignedNote(Self.example + Self.line)
        #expect(try note.open(with: [Sample.log()]).logs.count == 1)
    }

    @Test("one wrong signature of a known key refuses the note, wherever the line stands")
    func wrongSignature() throws {
        let bad = Self.line.replacing("OxTEwM=", with: "OxTEwQ=")
        let wrong = LedgerError.invalidSignature(by: try Sample.logName())
        let keys = try [Sample.log(), Sample.witness()] as Set
        let witnessed = try cosigned(Self.text)
        for note in [
            "\(Self.text)\n\(bad)", Self.example + bad, "\(Self.text)\n\(bad)\(Self.line)",
            witnessed + bad, Self.example.replacing("second", with: "zecond"),
        ] {
            #expect(throws: wrong) { try SignedNote(note).open(with: keys) }
        }
    }

    private func cosigned(_ text: String) throws -> String {
        var note = SignedNote(unsigned: Array(text.utf8))
        try note.cosign(as: Sample.witnessName(), with: Sample.witnessKey(), at: Sample.now)
        return note.string
    }

    @Test("two keys with one name and one id are not told apart by guessing")
    func collision() throws {
        // The seeds were found by trying 77,392 of them, which is all that a collision of 32 bits takes.
        let keys = try [[0x00, 0x00, 0x6d, 0xf4], [0x00, 0x01, 0x2e, 0x4f]].map { (end: [UInt8]) in
            var seed = [UInt8](repeating: 0, count: 28) + end
            let key = try SigningKey(seed: SecretBytes(wiping: &seed)).verifyingKey
            return NoteKey(name: try Sample.logName(), kind: .log, key: key)
        }
        #expect(keys[0].id == keys[1].id && keys[0] != keys[1])
        #expect(throws: LedgerError.impossiblePolicy) { try SignedNote(Self.example).open(with: Set(keys)) }
    }

    @Test("signatures of unknown keys only are no signatures")
    func unknown() throws {
        let otherName = try NoteKey(
            name: #require(KeyName("vault.example/other")), kind: .log, key: Sample.logKey().verifyingKey)
        for keys in try [[], [otherName], [Sample.witness()]] as [Set<NoteKey>] {
            #expect(throws: LedgerError.noKnownSignature) { try SignedNote(Self.example).open(with: keys) }
        }
    }
}
