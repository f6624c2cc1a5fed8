/// What a file says it is, held against what its first bytes are.
///
/// A wrong type is how a web page comes to be served as a picture; a file that is not what it claims is refused.
public struct MediaType: Hashable, Sendable {
    public let name: String

    /// - Returns: `nil` for a type that the vault does not take.
    public init?(_ name: String) {
        guard Self.signatures[name] != nil else { return nil }
        self.name = name
    }

    /// The type that a file's ending claims; `nil` for an ending that says nothing.
    public init?(fileName: some StringProtocol) {
        guard let dot = fileName.lastIndex(of: "."), let name = Self.endings[fileName[dot...].lowercased()] else {
            return nil
        }
        self.name = name
    }

    /// Content about which nothing is claimed.
    public static let unknown = MediaType(known: "application/octet-stream")
    public static var all: [String] { signatures.keys.sorted() }

    private init(known name: String) { self.name = name }

    /// Whether content that begins with `front` may be of this type.
    ///
    /// `front`: the first 64 KiB, or all there is. Empty content may be of any type.
    public func admits(_ front: [UInt8]) -> Bool {
        guard !front.isEmpty, let signature = Self.signatures[name] else { return true }
        return signature.matches(front)
    }

    private enum Signature: Sendable {
        case anything
        case text
        /// One of these, at this offset.
        case bytes([[UInt8]], at: Int)
        /// A zip archive that names this part near its front.
        case zip(part: String)

        func matches(_ front: [UInt8]) -> Bool {
            switch self {
            case .anything: true
            case .text: !front.contains(0)
            case .bytes(let choices, let offset): choices.contains { front.dropFirst(offset).starts(with: $0) }
            case .zip(let part): front.starts(with: [0x50, 0x4b, 0x03, 0x04]) && contains(Array(part.utf8), front)
            }
        }

        private func contains(_ part: [UInt8], _ front: [UInt8]) -> Bool {
            guard let first = part.first else { return true }
            return front.indices.contains { front[$0] == first && front[$0...].starts(with: part) }
        }
    }

    private static let signatures: [String: Signature] = [
        "application/octet-stream": .anything,
        "application/pdf": .bytes([Array("%PDF-".utf8)], at: 0),
        "application/rtf": .bytes([Array("{\\rtf".utf8)], at: 0),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": .zip(part: "word/"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": .zip(part: "xl/"),
        "application/vnd.openxmlformats-officedocument.presentationml.presentation": .zip(part: "ppt/"),
        "application/vnd.oasis.opendocument.text": .zip(part: "application/vnd.oasis.opendocument.text"),
        "application/msword": .bytes([[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]], at: 0),
        "audio/mpeg": .bytes([Array("ID3".utf8), [0xff, 0xfb], [0xff, 0xf3], [0xff, 0xf2]], at: 0),
        "image/jpeg": .bytes([[0xff, 0xd8, 0xff]], at: 0),
        "image/png": .bytes([[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]], at: 0),
        "image/tiff": .bytes([[0x49, 0x49, 0x2a, 0x00], [0x4d, 0x4d, 0x00, 0x2a]], at: 0),
        "message/rfc822": .text,
        "text/csv": .text,
        "text/plain": .text,
        "video/mp4": .bytes([Array("ftyp".utf8)], at: 4),
    ]

    private static let endings: [String: String] = [
        ".pdf": "application/pdf", ".rtf": "application/rtf", ".doc": "application/msword",
        ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ".odt": "application/vnd.oasis.opendocument.text", ".mp3": "audio/mpeg", ".jpg": "image/jpeg",
        ".jpeg": "image/jpeg", ".png": "image/png", ".tif": "image/tiff", ".tiff": "image/tiff",
        ".eml": "message/rfc822", ".csv": "text/csv", ".txt": "text/plain", ".md": "text/plain",
        ".mp4": "video/mp4", ".bin": "application/octet-stream",
    ]
}
