public import Sealing

let lineFeed = UInt8(ascii: "\n")

/// A text with signatures under it, not yet verified: the text is out of reach until `open` has checked it.
///
/// Each note has exactly one spelling, so what was parsed is written again byte for byte.
///
/// Source: c2sp.org/signed-note v1.0.0.
public struct SignedNote: Hashable, Sendable {
    /// The longest note that is read, and the most signature lines.
    public static let byteLimit = 1 << 20
    public static let signatureLimit = 100

    let text: [UInt8]
    private var signatures: [SignatureLine] = []

    init(unsigned text: [UInt8]) {
        self.text = text
    }

    public init(parsing note: [UInt8]) throws(LedgerError) {
        guard let split = Self.lastBlankLine(of: note), String(validating: note, as: UTF8.self) != nil,
            note.allSatisfy({ $0 >= 0x20 || $0 == lineFeed })
        else { throw .malformedNote }
        text = Array(note[..<split])
        try add(signatureLines: note[(split + 1)...])
    }

    /// Puts the lines under the note that a witness answered with, unverified like the others.
    public mutating func add(signatureLines lines: some Collection<UInt8>) throws(LedgerError) {
        guard bytes.count + lines.count <= Self.byteLimit, Array(lines.suffix(1)) == [lineFeed] else {
            throw .malformedNote
        }
        let pieces = Array(lines).dropLast().split(separator: lineFeed, omittingEmptySubsequences: false)
        let added = pieces.compactMap { SignatureLine(parsing: $0) }
        guard added.count == pieces.count, signatures.count + added.count <= Self.signatureLimit else {
            throw .malformedNote
        }
        signatures += added
    }

    public var bytes: [UInt8] {
        text + [lineFeed] + signatures.flatMap(\.bytes)
    }

    /// Signs the text as a log does.
    mutating func sign(as name: KeyName, with key: borrowing SigningKey) {
        let noteKey = NoteKey(name: name, kind: .log, key: key.verifyingKey)
        signatures.append(SignatureLine(name: name, keyID: noteKey.id, signature: key.sign(text)))
    }

    /// Signs the text as a witness does: that at `seconds` (POSIX time) this was the largest tree it had seen of the
    /// log, and that it extends every one it had seen before. Open it and check that first.
    public mutating func cosign(
        as name: KeyName, with key: borrowing SigningKey, at seconds: UInt64
    ) throws(LedgerError) {
        guard isPossible(time: seconds) else { throw .timeOutOfRange(seconds) }
        let noteKey = NoteKey(name: name, kind: .witness, key: key.verifyingKey)
        let signature = seconds.bigEndianBytes + key.sign(cosignedMessage(text, at: seconds))
        signatures.append(SignatureLine(name: name, keyID: noteKey.id, signature: signature))
    }

    /// The text, with which of these keys have signed it: at least one, each counted once.
    ///
    /// Lines of other keys are ignored, but one wrong signature of a key given here refuses the whole note. A
    /// cosignature at an impossible time does not count.
    public func open(with keys: Set<NoteKey>) throws(LedgerError) -> OpenedNote {
        let keysByLine = Dictionary(grouping: keys, by: LineID.init)
        guard keysByLine.values.allSatisfy({ $0.count == 1 }) else { throw .impossiblePolicy }
        var opened = OpenedNote(text: text)
        for line in signatures {
            guard let key = keysByLine[line.id]?.first else { continue }
            switch try line.verify(with: key, text: text) {
            case nil: opened.logs.insert(key)
            case let time? where isPossible(time: time): opened.cosignatures[key] = time
            default: continue
            }
        }
        guard !opened.logs.isEmpty || !opened.cosignatures.isEmpty else { throw .noKnownSignature }
        return opened
    }

    /// Where the last blank line begins. What comes before it is the text.
    private static func lastBlankLine(of note: [UInt8]) -> Int? {
        note.indices.dropFirst().last { note[$0] == lineFeed && note[$0 - 1] == lineFeed }
    }
}

/// What a note says, verified.
public struct OpenedNote: Hashable, Sendable {
    public let text: [UInt8]
    /// The log keys that have signed.
    public fileprivate(set) var logs: Set<NoteKey> = []
    /// The POSIX time in seconds that each witness has signed with the text.
    public fileprivate(set) var cosignatures: [NoteKey: UInt64] = [:]

    fileprivate init(text: [UInt8]) {
        self.text = text
    }
}

private func isPossible(time seconds: UInt64) -> Bool {
    (1..<numberLimit).contains(seconds)
}

private func cosignedMessage(_ text: [UInt8], at seconds: UInt64) -> [UInt8] {
    Array("cosignature/v1\ntime \(seconds)\n".utf8) + text
}

/// The name and the id together select a key.
private struct LineID: Hashable {
    let name: KeyName
    let keyID: UInt32

    init(name: KeyName, keyID: UInt32) {
        self.name = name
        self.keyID = keyID
    }

    init(_ key: NoteKey) {
        self.init(name: key.name, keyID: key.id)
    }
}

/// `— name base64(key id ‖ signature)`
private struct SignatureLine: Hashable, Sendable {
    private static let start = Array("— ".utf8)

    let id: LineID
    let signature: [UInt8]

    init(name: KeyName, keyID: UInt32, signature: [UInt8]) {
        id = LineID(name: name, keyID: keyID)
        self.signature = signature
    }

    init?(parsing line: ArraySlice<UInt8>) {
        guard line.starts(with: Self.start) else { return nil }
        let parts = line.dropFirst(Self.start.count).split(
            separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let name = KeyName(parts[0]), let payload = Base64.decode(parts[1]), payload.count > 4
        else { return nil }
        let keyID = UInt32(bigEndianBytes: payload.prefix(4))
        self.init(name: name, keyID: keyID, signature: Array(payload.dropFirst(4)))
    }

    var bytes: [UInt8] {
        let payload = id.keyID.bigEndianBytes + signature
        return Self.start + id.name.bytes + [UInt8(ascii: " ")] + Base64.encode(payload) + [lineFeed]
    }

    /// - Returns: The time in seconds that a witness has signed with the text; a log signs none.
    func verify(with key: NoteKey, text: [UInt8]) throws(LedgerError) -> UInt64? {
        switch key.kind {
        case .log:
            guard key.key.isValid(signature: signature, for: text) else { throw .invalidSignature(by: key.name) }
            return nil
        case .witness:
            let seconds = UInt64(bigEndianBytes: signature.prefix(8))
            guard key.key.isValid(signature: Array(signature.dropFirst(8)), for: cosignedMessage(text, at: seconds))
            else { throw .invalidSignature(by: key.name) }
            return seconds
        }
    }
}
