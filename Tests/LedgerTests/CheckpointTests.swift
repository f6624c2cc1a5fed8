@testable import Ledger
import Sealing
import Testing

@Suite("Checkpoints and cosignatures")
struct CheckpointTests {
    static let signatures: [(size: UInt64, signature: String)] = [
        (0, "mfM8scv9b1G0dL/0Esl5bSih+vyWasmLi9dUlTl+tgDagpydpr42u3H5YhksCBVzSN/OlUoPOJr6c9UdwV8WLnMkfwI="),
        (3, "mfM8sWYjTMLd6TSpiFh17XeGJsGIKJf7sDUFUt/4CAXuMSPjenBGJEui8UK/uL5nZEPpSKqJf4imRqnmMaymXvKeEwc="),
        (7, "mfM8sVTfhZVzB7dfLVdygtAFSKD4CQd8yuSjX09njizUGt6k6Hv1NXakMIY0OzB3aGqAorXsyHvvb2y+MUpineGIzwQ="),
    ]

    @Test("the published checkpoints are made byte for byte, and opened", arguments: signatures)
    func worked(row: (size: UInt64, signature: String)) throws {
        let log = MemoryLog(lettered)
        let head = log.head(at: row.size)
        let note = try Checkpoint(origin: Sample.logName(), head: head).signed(
            with: Sample.logKey(), extending: log.head(at: row.size / 2),
            by: log.consistency(from: row.size / 2, to: row.size))
        #expect(
            note.string == """
                vault.example/audit
                \(row.size)
                \(head.root.base64)

                — vault.example/audit \(row.signature)

                """)
        #expect(try Sample.policy().open(note, now: Sample.now).checkpoint.head == head)
    }

    @Test("a tree that does not extend the last one signed is not signed")
    func forks() throws {
        let (log, fork) = (MemoryLog(lettered), MemoryLog(decimals: 8))
        let key = try Sample.logKey()
        let checkpoint = Checkpoint(origin: try Sample.logName(), head: log.head(at: 7))
        let proof = try log.consistency(from: 3, to: 7)
        for last in [fork.head(at: 3), fork.head(at: 7), log.head(at: 8), log.head(at: 4), .empty] {
            #expect(throws: LedgerError.proofRefused) { try checkpoint.signed(with: key, extending: last, by: proof) }
        }
    }

    @Test("the published cosignature is made byte for byte, and counted")
    func cosignature() throws {
        var note = try SignedNote(Sample.checkpoint)
        try note.cosign(as: Sample.witnessName(), with: Sample.witnessKey(), at: Sample.now)
        #expect(note.string == Sample.witnessed)
        var answered = try SignedNote(Sample.checkpoint)
        try answered.add(signatureLines: Sample.witnessLine.utf8)
        #expect(answered == note)
        let opened = try Sample.policy(quorum: 1).open(note, now: Sample.now)
        #expect(opened.cosignatures == [try Sample.witness(): Sample.now])
    }

    static let malformed: [(String, String)] =
        ["+7", "07", " 7", "7 ", "-0", "", "7a", "9223372036854775808", String(repeating: "9", count: 30)].map {
            ("size “\($0)”", "vault.example/audit\n\($0)\nTL2ONYSUUEANTpxMCuf3HHmtRBD5rSxiRiL/X4YXMT0=\n")
        } + [
            ("root of 31 bytes", "vault.example/audit\n7\n\(base64(31))\n"),
            ("root of 33 bytes", "vault.example/audit\n7\n\(base64(33))\n"),
            ("root with trailing bits", Sample.text.replacing("XMT0=", with: "XMT1=")),
            ("root without padding", Sample.text.replacing("XMT0=", with: "XMT0")),
            ("size 0 with another root", Sample.text.replacing("\n7\n", with: "\n0\n")),
            ("no root", "vault.example/audit\n7\n"), ("no origin", "\n7\n\(base64(32))\n"),
            ("an empty extension line", Sample.text + "\nmore\n"), ("an extension line", Sample.text + "more\n"),
        ]

    private static func base64(_ count: Int) -> String {
        String(decoding: Base64.encode([UInt8](repeating: 7, count: count)), as: UTF8.self)
    }

    @Test(
        "a checkpoint that is not strictly well formed is refused, though its signature is good", arguments: malformed)
    func grammar(row: (what: String, text: String)) throws {
        let note = try Sample.signed(row.text)
        #expect(throws: LedgerError.malformedCheckpoint, "\(row.what)") {
            try Sample.policy().open(note, now: Sample.now)
        }
    }

    @Test("extension lines are overlooked for a log whose policy says so, and kept")
    func extensions() throws {
        let policy = try LogPolicy(logKeys: [Sample.log()], allowsExtensions: true)
        let opened = try policy.open(Sample.signed(Sample.text + "more\n"), now: Sample.now)
        #expect(opened.checkpoint.extensions == [Array("more".utf8)])
        #expect(opened.checkpoint.head.size == 7)
        #expect(throws: LedgerError.malformedCheckpoint) {
            try policy.open(Sample.signed(Sample.text + "\nmore\n"), now: Sample.now)
        }
    }

    @Test("a changed digit, another origin or another key name is refused")
    func altered() throws {
        let policy = try Sample.policy()
        let changed = try SignedNote(Sample.checkpoint.replacing("\n7\n", with: "\n8\n"))
        #expect(throws: LedgerError.invalidSignature(by: try Sample.logName())) {
            try policy.open(changed, now: Sample.now)
        }
        let elsewhere = try #require(KeyName("vault.example/other"))
        let relabelled = try Sample.signed(Sample.text.replacing("audit", with: "other"))
        #expect(throws: LedgerError.wrongOrigin(elsewhere)) { try policy.open(relabelled, now: Sample.now) }
        var otherName = SignedNote(unsigned: Array(Sample.text.utf8))
        otherName.sign(as: elsewhere, with: try Sample.logKey())
        #expect(throws: LedgerError.noKnownSignature) { try policy.open(otherName, now: Sample.now) }
    }

    @Test("a witness alone does not stand in for the log")
    func witnessOnly() throws {
        let note = try SignedNote(Sample.text + "\n" + Sample.witnessLine)
        #expect(throws: LedgerError.noKnownSignature) { try Sample.policy().open(note, now: Sample.now) }
    }

    @Test("a log's signature offered as a cosignature, and the reverse, is not counted")
    func kinds() throws {
        var note = try SignedNote(Sample.checkpoint)
        note.sign(as: try Sample.witnessName(), with: try Sample.witnessKey())
        #expect(throws: LedgerError.tooFewCosignatures(have: 0, need: 1)) {
            try Sample.policy(quorum: 1).open(note, now: Sample.now)
        }
        var reverse = SignedNote(unsigned: Array(Sample.text.utf8))
        try reverse.cosign(as: Sample.logName(), with: Sample.logKey(), at: Sample.now)
        #expect(throws: LedgerError.noKnownSignature) { try Sample.policy().open(reverse, now: Sample.now) }
    }

    @Test("a signature of one kind under the key id of the other refuses the note")
    func forgedKinds() throws {
        let witness = try Sample.witness()
        let signature = witness.id.bigEndianBytes + (try Sample.witnessKey()).sign(Array(Sample.text.utf8))
        var note = try SignedNote(Sample.checkpoint)
        try note.add(signatureLines: Array("— \(witness.name) ".utf8) + Base64.encode(signature) + [lineFeed])
        #expect(throws: LedgerError.invalidSignature(by: witness.name)) {
            try Sample.policy().open(note, now: Sample.now)
        }
    }

    @Test("a cosignature of an impossible or a coming time does not count", arguments: [0, 1 << 63, UInt64.max, 301])
    func times(offset: UInt64) throws {
        let time = offset == 301 ? Sample.now + offset : offset
        let message = Array("cosignature/v1\ntime \(time)\n\(Sample.text)".utf8)
        let payload = try Sample.witness().id.bigEndianBytes + time.bigEndianBytes + Sample.witnessKey().sign(message)
        var note = try SignedNote(Sample.checkpoint)
        try note.add(signatureLines: Array("— witness.example/w1 ".utf8) + Base64.encode(payload) + [lineFeed])
        #expect(try Sample.policy().open(note, now: Sample.now).cosignatures.isEmpty)
        #expect(throws: LedgerError.tooFewCosignatures(have: 0, need: 1)) {
            try Sample.policy(quorum: 1).open(note, now: Sample.now)
        }
    }

    @Test("a witness is not made to sign an impossible time", arguments: [0, 1 << 63])
    func signingTimes(time: UInt64) throws {
        var note = try SignedNote(Sample.checkpoint)
        #expect(throws: LedgerError.timeOutOfRange(time)) {
            try note.cosign(as: Sample.witnessName(), with: Sample.witnessKey(), at: time)
        }
    }

    @Test("lines of unknown types are overlooked, such as ML-DSA cosignatures")
    func unknownTypes() throws {
        let payload = [UInt8](repeating: 6, count: 4 + 8 + 2420)
        var note = try SignedNote(Sample.witnessed)
        try note.add(signatureLines: Array("— witness.example/w1 ".utf8) + Base64.encode(payload) + [lineFeed])
        #expect(try Sample.policy(quorum: 1).open(note, now: Sample.now).cosignatures.count == 1)
    }

    @Test("a policy that contradicts itself is refused")
    func policies() throws {
        let (log, witness) = (try Sample.log(), try Sample.witness())
        let otherName = NoteKey(name: try #require(KeyName("elsewhere")), kind: .log, key: witness.key)
        let second = NoteKey(name: otherName.name, kind: .witness, key: witness.key)
        let namesake = NoteKey(name: witness.name, kind: .witness, key: try Sample.key(firstByte: 0x40).verifyingKey)
        let logAsWitness = NoteKey(name: witness.name, kind: .witness, key: log.key)
        let impossible: [(Set<NoteKey>, Set<NoteKey>, Int)] = [
            ([], [], 0), ([witness], [], 0), ([log], [log], 0), ([log, otherName], [], 0),
            ([log], [witness, second], 1), ([log], [logAsWitness], 0), ([log], [witness, namesake], 1),
            ([log], [witness], 2), ([log], [witness], -1),
        ]
        for (logs, witnesses, quorum) in impossible {
            #expect(throws: LedgerError.impossiblePolicy) {
                try LogPolicy(logKeys: logs, witnesses: witnesses, quorum: quorum)
            }
        }
    }
}
