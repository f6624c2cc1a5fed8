/// A document as it came, in a scratch folder.
public struct Source: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Sendable, Codable { case text, pdf, image, word, spreadsheet, mail }

    /// Its name in the scratch folder.
    public let file: String
    public let kind: Kind

    public init(_ file: String, _ kind: Kind) {
        self.file = file
        self.kind = kind
    }
}

extension Source.Kind {
    private static let office = "application/vnd.openxmlformats-officedocument."
    private static let known: [String: Source.Kind] = [
        "text/plain": .text, "text/csv": .text, "text/markdown": .text, "application/json": .text,
        "application/pdf": .pdf,
        "image/png": .image, "image/jpeg": .image, "image/tiff": .image, "message/rfc822": .mail,
        office + "wordprocessingml.document": .word, office + "spreadsheetml.sheet": .spreadsheet,
    ]

    /// `nil` for what cannot be made into pages.
    public init?(mediaType: String) {
        let bare = mediaType.prefix { $0 != ";" }.filter { !$0.isWhitespace }.lowercased()
        guard let kind = Self.known[bare] else { return nil }
        self = kind
    }
}

/// A document as pages: a PDF in the scratch folder, whatever it was before.
public struct Pages: Hashable, Sendable {
    /// The PDF's name in the scratch folder.
    public let file: String
    public let count: Int
    /// Pages with pictures large enough for words: they are also read by eye (OCR).
    let pictured: Set<Int>
    /// What was left out in the making.
    public let leftOut: [Hidden]
    /// What came attached: items of their own.
    public let items: [Item]

    public struct Item: Hashable, Sendable {
        /// What the sender called it, in one line of signs that show, without folders. It may hold a name: never for a log or a file's name.
        public let title: String
        public let mediaType: String
        /// Its name in the scratch folder.
        public let file: String

        private static let longestTitle = 120

        /// `nil` when nothing of it is left.
        static func plain(_ title: String) -> String? {
            let last = title.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last ?? ""
            let shown = last.unicodeScalars.map { scalar -> Character in
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: " "
                default: Character(scalar)
                }
            }
            let words = String(shown).split(whereSeparator: \.isWhitespace).joined(separator: " ")
            let name = String(words.drop { $0 == "." || $0 == "-" }.prefix(longestTitle)).trimmed
            return name.isEmpty ? nil : name
        }
    }
}

/// A word on a page and where it stands, in points from the top left.
public struct Word: Hashable, Sendable {
    public let text: String
    public let x: Double
    public let y: Double
    public let width: Double
    public let height: Double
    /// Read from the picture, and so perhaps misread.
    public let isRead: Bool
}

/// A rectangle of a page, in points from the top left.
public struct Area: Hashable, Sendable, Codable {
    /// From 1.
    public var page: Int
    public var x: Double
    public var y: Double
    public var width: Double
    public var height: Double
    /// The exemption: shown in the box, in capitals.
    public var code: String

    public init(page: Int, x: Double, y: Double, width: Double, height: Double, code: String) {
        (self.page, self.x, self.y, self.width, self.height, self.code) = (page, x, y, width, height, code)
    }
}

extension Area {
    /// The areas of one page with those of one code that mostly cover each other made one: a word that was found twice has one box.
    static func joined(_ areas: [Area]) -> [Area] {
        var joined: [Area] = []
        for area in areas {
            if let place = joined.firstIndex(where: { $0.code == area.code && $0.mostlyCovers(area) }) {
                let (one, left, top) = (joined[place], min(joined[place].x, area.x), min(joined[place].y, area.y))
                joined[place].width = max(one.x + one.width, area.x + area.width) - left
                joined[place].height = max(one.y + one.height, area.y + area.height) - top
                (joined[place].x, joined[place].y) = (left, top)
            } else {
                joined.append(area)
            }
        }
        return joined
    }

    private func mostlyCovers(_ other: Area) -> Bool {
        let across = min(x + width, other.x + other.width) - max(x, other.x)
        let down = min(y + height, other.y + other.height) - max(y, other.y)
        return across > 0 && down > 0 && across * down * 2 > min(width * height, other.width * other.height)
    }
}
