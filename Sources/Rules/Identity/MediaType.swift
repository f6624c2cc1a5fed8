/// What a file says it is. `ContentCheck` holds it against what the file is.
///
/// A wrong type is how a web page comes to be served as a picture; a file that is not what it claims is refused.
public struct MediaType: Hashable, Sendable {
    public let name: String

    /// - Returns: `nil` for a type that the vault does not take.
    public init?(_ name: String) {
        guard Self.forms[name] != nil else { return nil }
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
    public static var all: [String] { forms.keys.sorted() }

    /// The usual ending of such a file's name, without the full stop.
    public var ending: String {
        guard name != "text/plain" else { return "txt" }
        let endings = Self.endings.filter { $0.value == name }.keys.sorted { ($0.count, $0) < ($1.count, $1) }
        return String((endings.first ?? ".bin").dropFirst())
    }

    private init(known name: String) { self.name = name }

    /// What content of this type looks like.
    enum Form: Hashable, Sendable {
        case anything
        case text, mail
        /// One of these, at this offset; what follows is not looked into.
        case signature([[UInt8]], at: Int)
        case word, png, jpeg, tiff
        case package(OfficePackage)
    }

    var form: Form { Self.forms[name] ?? .anything }

    private static let forms: [String: Form] = [
        "application/octet-stream": .anything,
        "application/pdf": .signature([Array("%PDF-".utf8)], at: 0),
        "application/rtf": .signature([Array("{\\rtf".utf8)], at: 0),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": .package(.document),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": .package(.sheet),
        "application/vnd.openxmlformats-officedocument.presentationml.presentation": .package(.presentation),
        "application/vnd.oasis.opendocument.text": .package(.openText),
        "application/msword": .word,
        "audio/mpeg": .signature([Array("ID3".utf8), [0xff, 0xfb], [0xff, 0xf3], [0xff, 0xf2]], at: 0),
        "image/jpeg": .jpeg,
        "image/png": .png,
        "image/tiff": .tiff,
        "message/rfc822": .mail,
        "text/csv": .text,
        "text/plain": .text,
        "video/mp4": .signature([Array("ftyp".utf8)], at: 4),
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
