public import Sealing

/// The name of a log or witness, compared byte by byte: as `String` two spellings of é would be one name.
public struct KeyName: Hashable, Sendable, CustomStringConvertible {
    public let bytes: [UInt8]

    /// - Returns: `nil` unless the bytes are valid UTF-8, not empty, with no space, control character or `+`.
    public init?(_ bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
        guard let text = String(validating: self.bytes, as: UTF8.self), !text.isEmpty else { return nil }
        guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0 != "+" && !$0.properties.isWhitespace }) else {
            return nil
        }
    }

    public init?(_ text: String) {
        self.init(text.utf8)
    }

    public var description: String { String(decoding: bytes, as: UTF8.self) }
}

/// A public key with the name under which it signs: what C2SP calls a vkey.
public struct NoteKey: Hashable, Sendable {
    /// What the key may sign. Its code is part of the key's id, so that neither passes for the other.
    public enum Kind: UInt8, Sendable {
        /// A log's key, which signs the text of a note.
        case log = 0x01
        /// A witness's key, which signs a checkpoint together with a time.
        case witness = 0x04
    }

    public let name: KeyName
    public let kind: Kind
    public let key: VerifyingKey

    public init(name: KeyName, kind: Kind, key: VerifyingKey) {
        self.name = name
        self.kind = kind
        self.key = key
    }

    /// Reads `name+id+base64`, in its canonical spelling only.
    public init(vkey: String) throws(LedgerError) {
        let text = Array(vkey.utf8)
        let parts = text.split(separator: UInt8(ascii: "+"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let name = KeyName(parts[0]), let tagged = Base64.decode(parts[2]),
            let kind = tagged.first.flatMap(Kind.init(rawValue:)), let key = VerifyingKey(Array(tagged.dropFirst()))
        else { throw .malformedKey }
        self.init(name: name, kind: kind, key: key)
        guard self.vkey.utf8.elementsEqual(text) else { throw .malformedKey }
    }

    public var vkey: String {
        let id = id.bigEndianBytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return "\(name)+\(id)+" + String(decoding: Base64.encode([kind.rawValue] + key.bytes), as: UTF8.self)
    }

    /// Selects the key for a signature line. It is short enough to be forged, and proves nothing.
    var id: UInt32 {
        let named = name.bytes + [lineFeed, kind.rawValue] + key.bytes
        return UInt32(bigEndianBytes: Digest.sha256(named).bytes.prefix(4))
    }
}
