@testable import Ledger
import Sealing
import Testing

/// The keys and notes of the published examples. The seeds are public: these are keys for tests alone.
enum Sample {
    static let logVkey = "vault.example/audit+99f33cb1+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
    static let witnessVkey = "witness.example/w1+20324abe+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X"
    static let now: UInt64 = 1_700_000_000

    static let logLine =
        "— vault.example/audit mfM8sVTfhZVzB7dfLVdygtAFSKD4CQd8yuSjX09njizUGt6k6Hv1NXakMIY0OzB3aGqAorXsyHvvb2y+MUpineGIzwQ=\n"
    static let witnessLine =
        "— witness.example/w1 IDJKvgAAAABlU/EAcUkGQyOuuw2FwQ8PK+Ehj8o6PoP0PrASmLPvrShkUAkvuQ/JjFNlkk/DybZAYrSKxom63mYX6FtzkRuhZTWaAg==\n"
    static let text = "vault.example/audit\n7\nTL2ONYSUUEANTpxMCuf3HHmtRBD5rSxiRiL/X4YXMT0=\n"
    static let checkpoint = text + "\n" + logLine
    static let witnessed = checkpoint + witnessLine

    static func logKey() throws -> SigningKey { try key(firstByte: 0x00) }
    static func witnessKey() throws -> SigningKey { try key(firstByte: 0x20) }
    static func log() throws -> NoteKey { try NoteKey(vkey: logVkey) }
    static func witness() throws -> NoteKey { try NoteKey(vkey: witnessVkey) }
    static func logName() throws -> KeyName { try #require(KeyName("vault.example/audit")) }
    static func witnessName() throws -> KeyName { try #require(KeyName("witness.example/w1")) }

    static func policy(quorum: Int = 0) throws -> LogPolicy {
        try LogPolicy(logKeys: [log()], witnesses: [witness()], quorum: quorum)
    }

    /// The seed is 32 bytes counting up.
    static func key(firstByte: UInt8) throws -> SigningKey {
        var seed = Array(firstByte..<firstByte + 32)
        let key = try SigningKey(seed: SecretBytes(wiping: &seed))
        return key
    }

    /// A note over any text, with the log's signature.
    static func signed(_ text: String) throws -> SignedNote {
        var note = SignedNote(unsigned: Array(text.utf8))
        note.sign(as: try logName(), with: try logKey())
        return note
    }
}

extension SignedNote {
    init(_ text: String) throws {
        try self.init(parsing: Array(text.utf8))
    }

    var string: String { String(decoding: bytes, as: UTF8.self) }
}
