/// The header of an age v1 file: stanzas that wrap the file key, and a MAC over them.
///
/// Source: C2SP age, https://c2sp.org/age ("Header").
public struct AgeHeader: Sendable {
    /// One `-> type args…` line with its body.
    struct Stanza: Hashable, Sendable {
        let type: String
        let arguments: [String]
        let body: [UInt8]
    }

    static let versionLine = "age-encryption.org/v1"
    /// Headers longer than this are refused: a real one has a few hundred bytes.
    public static let maximumByteCount = 1 << 20

    let stanzas: [Stanza]
    /// The bytes that the MAC covers: everything up to and including `---`.
    let authenticated: [UInt8]
    let mac: [UInt8]
    /// Length of the whole header in bytes, final line feed included.
    public let byteCount: Int

    init(stanzas: [Stanza], fileKey: borrowing SecretBytes) throws(SealingError) {
        var text = Self.versionLine + "\n"
        for stanza in stanzas { text += stanza.encoded }
        text += "---"
        self.stanzas = stanzas
        authenticated = Array(text.utf8)
        mac = try fileKey.derive(info: Array("header".utf8)).authenticate(authenticated).bytes
        byteCount = authenticated.count + 1 + Base64.encode(mac).utf8.count + 1
    }

    /// The header's own bytes.
    public var encoded: [UInt8] { authenticated + Array(" \(Base64.encode(mac))\n".utf8) }

    /// Reads a header from the front of `bytes`, which may go on with the payload.
    ///
    /// - Throws: `SealingError.malformedHeader`.
    public init(parsing bytes: [UInt8]) throws(SealingError) {
        var reader = LineReader(bytes: bytes)
        guard try reader.nextLine() == Self.versionLine else {
            throw .malformedHeader("it does not begin with the age version line")
        }
        var stanzas: [Stanza] = []
        while try reader.peekIsStanza() { stanzas.append(try Stanza(reading: &reader)) }
        guard !stanzas.isEmpty else { throw .malformedHeader("it names no recipient") }

        let last = try reader.nextLine()
        guard last.hasPrefix("--- "), let mac = Base64.decode(String(last.dropFirst(4))), mac.count == 32 else {
            throw .malformedHeader("its authentication line is malformed")
        }
        self.stanzas = stanzas
        self.mac = mac
        byteCount = reader.position
        authenticated = Array(bytes[..<(reader.position - last.utf8.count - 1)]) + Array("---".utf8)
    }

    /// Confirms that the header is as it was written.
    ///
    /// - Throws: `SealingError.headerAltered`.
    func verify(with fileKey: borrowing SecretBytes) throws(SealingError) {
        let expected = try fileKey.derive(info: Array("header".utf8)).authenticate(authenticated)
        guard constantTimeEqual(expected.bytes, mac) else { throw .headerAltered }
    }
}

extension AgeHeader.Stanza {
    static let columns = 64

    var encoded: String {
        var text = "-> " + ([type] + arguments).joined(separator: " ") + "\n"
        var rest = Substring(Base64.encode(body))
        while rest.utf8.count >= Self.columns {
            text += rest.prefix(Self.columns) + "\n"
            rest = rest.dropFirst(Self.columns)
        }
        return text + rest + "\n"
    }

    init(reading reader: inout LineReader) throws(SealingError) {
        let words = try reader.nextLine().split(separator: " ", omittingEmptySubsequences: false).dropFirst()
        guard let type = words.first, words.allSatisfy({ !$0.isEmpty }) else {
            throw .malformedHeader("a recipient line has an empty word")
        }
        var body: [UInt8] = []
        var line = ""
        repeat {
            line = try reader.nextLine()
            guard line.utf8.count <= Self.columns, let part = Base64.decode(line) else {
                throw .malformedHeader("a recipient body is malformed")
            }
            body += part
        } while line.utf8.count == Self.columns
        self.init(type: String(type), arguments: words.dropFirst().map(String.init), body: body)
    }
}

/// Lines of printable ASCII, each ended by one line feed. Works on bytes: Swift takes CR LF for one Character.
struct LineReader {
    private let bytes: [UInt8]
    private(set) var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func nextLine() throws(SealingError) -> String {
        let limit = min(bytes.count, AgeHeader.maximumByteCount)
        var end = position
        while end < limit, bytes[end] != UInt8(ascii: "\n") {
            guard (32...126).contains(bytes[end]) else {
                throw .malformedHeader("it has a byte that is not ASCII text")
            }
            end += 1
        }
        guard end < limit else { throw .malformedHeader("it ends too soon") }
        defer { position = end + 1 }
        return String(decoding: bytes[position..<end], as: UTF8.self)
    }

    func peekIsStanza() throws(SealingError) -> Bool {
        guard bytes.count >= position + 3 else { throw .malformedHeader("it ends too soon") }
        return Array(bytes[position..<(position + 3)]) == Array("-> ".utf8)
    }
}
