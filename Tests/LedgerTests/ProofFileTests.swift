@testable import Ledger
import Sealing
import Testing

@Suite("Proof files")
struct ProofFileTests {
    static let header = "c2sp.org/tlog-proof@v1\n"
    static let hashes = """
        526xuXsGdXFQ+V4GNXp9xATKURtjqQMwpWqU3z0NZtE=
        cY+gNp10dQmbxstDJ+OCOklyKF+SvUmXGlg8nwj/to0=
        9fNP4FejGK1lmZw0+Msnd3fjNkUp/nARcLCQjQMUxEI=

        """
    static let file = header + "index 3\n" + hashes + "\n" + Sample.witnessed

    private func parse(_ text: String) throws -> ProofFile {
        try ProofFile(parsing: Array(text.utf8))
    }

    @Test("the published file is made byte for byte, and verified")
    func worked() throws {
        let proof = try MemoryLog(lettered).inclusion(of: 3, at: 7)
        let made = ProofFile(proof: proof, checkpoint: try SignedNote(Sample.witnessed))
        #expect(String(decoding: made.bytes, as: UTF8.self) == Self.file)
        let parsed = try parse(Self.file)
        #expect(parsed == made)
        let seen = try parsed.verify(leafHash(Array("e3".utf8)), under: Sample.policy(quorum: 1), now: Sample.now)
        #expect(seen.checkpoint.head.size == 7)
        #expect(throws: LedgerError.proofRefused) {
            try parsed.verify(leafHash(Array("e4".utf8)), under: Sample.policy(quorum: 1), now: Sample.now)
        }
    }

    @Test("the extra line and a proof without hashes are read, and written again")
    func extra() throws {
        let text = Self.header + "extra AQID\nindex 0\n\n" + Sample.checkpoint
        let parsed = try parse(text)
        #expect(parsed.extra == [1, 2, 3])
        #expect(parsed.proof == InclusionProof(index: 0, hashes: []))
        #expect(String(decoding: parsed.bytes, as: UTF8.self) == text)
    }

    @Test(
        "a file that breaks the format is refused",
        arguments: [
            "", header, file.replacing("@v1", with: "@v2"), file.replacing("index 3\n", with: ""),
            file.replacing("index 3", with: "index 03"), file.replacing("index 3", with: "index +3"),
            file.replacing("index 3", with: "index 9223372036854775808"),
            file.replacing("index 3\n", with: "index 3\nextra AQID\n"), file.replacing("index", with: "extra \nindex"),
            file.replacing("NZtE=", with: "NZtF="), file.replacing("NZtE=", with: "NZtE"),
            file.replacing("index 3\n", with: "index 3\nAQID\n"),
            file.replacing(hashes, with: String(repeating: hashes, count: 22)), file.replacing("\n", with: "\r\n"),
        ])
    func grammar(text: String) {
        #expect(throws: LedgerError.malformedProofFile) { try parse(text) }
    }

    @Test("a file with a broken checkpoint is refused")
    func brokenCheckpoint() {
        for text in [String(Self.file.dropLast()), Self.header + "index 3\n" + Self.hashes + "\n"] {
            #expect(throws: LedgerError.malformedNote) { try parse(text) }
        }
    }
}
