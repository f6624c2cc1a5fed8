/// Text in UTF-8 or Windows-1252, without control characters, that is not another format in disguise.
struct TextCheck: Sendable {
    private static let frontCount = 512
    /// What a browser or a shell would take for something else, in small letters.
    private static let disguises = [
        "<!doctype", "<html", "<head", "<body", "<script", "<iframe", "<svg", "<?xml", "#!/", "%pdf-", "{\\rtf",
    ].map { Array($0.utf8) }

    /// A mail's parts may each have an encoding of their own.
    private let isMail: Bool
    private var front: [UInt8] = []
    private var hasJudgedFront = false
    private var utf8 = UTF8State()
    private var isWindows1252 = true

    init(isMail: Bool) { self.isMail = isMail }

    mutating func take(_ block: [UInt8]) throws(ContentProblem) {
        if !hasJudgedFront {
            front += block.prefix(Self.frontCount - front.count)
            if front.count == Self.frontCount {
                try judgeFront()
                hasJudgedFront = true
            }
        }
        for byte in block {
            if byte < 0x20 && byte != 0x09 && byte != 0x0a && byte != 0x0c && byte != 0x0d || byte == 0x7f {
                throw .mismatch
            }
            if byte >= 0x80 { isWindows1252 = isWindows1252 && !Self.isUndefined(byte) }
            utf8.take(byte)
        }
        guard isMail || utf8.isValid || isWindows1252 else { throw .mismatch }
    }

    func finish() throws(ContentProblem) {
        if !hasJudgedFront { try judgeFront() }
        guard isMail || utf8.isWhole || isWindows1252 else { throw .mismatch }
    }

    /// The five places of Windows-1252 that stand for nothing.
    private static func isUndefined(_ byte: UInt8) -> Bool {
        byte == 0x81 || byte == 0x8d || byte == 0x8f || byte == 0x90 || byte == 0x9d
    }

    private func judgeFront() throws(ContentProblem) {
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        let text = front.starts(with: mark) ? front.dropFirst(3) : front[...]
        let words = text.drop { $0 <= 0x20 }.map { (0x41...0x5a).contains($0) ? $0 + 0x20 : $0 }
        guard !Self.disguises.contains(where: words.starts) else { throw .mismatch }
        if isMail { guard Self.beginsAsMail(text) else { throw .mismatch } }
    }

    /// A header field, `Name: …`, or the line that a mailbox puts before it.
    private static func beginsAsMail(_ text: ArraySlice<UInt8>) -> Bool {
        if text.starts(with: Array("From ".utf8)) { return true }
        let name = text.prefix { (0x21...0x7e).contains($0) && $0 != 0x3a }
        return !name.isEmpty && text.dropFirst(name.count).first == 0x3a
    }
}

/// Whether bytes that arrive one by one are UTF-8 (Unicode 17, table 3-7).
private struct UTF8State: Sendable {
    private(set) var isValid = true
    /// How many bytes of the present character are missing, and within what the next one must be.
    private var missing = 0
    private var next: ClosedRange<UInt8> = 0x80...0xbf

    var isWhole: Bool { isValid && missing == 0 }

    mutating func take(_ byte: UInt8) {
        if missing > 0 {
            isValid = isValid && next.contains(byte)
            missing -= 1
            next = 0x80...0xbf
            return
        }
        switch byte {
        case 0x00...0x7f: break
        case 0xc2...0xdf: missing = 1
        case 0xe0: (missing, next) = (2, 0xa0...0xbf)
        case 0xed: (missing, next) = (2, 0x80...0x9f)
        case 0xe1...0xef: missing = 2
        case 0xf0: (missing, next) = (3, 0x90...0xbf)
        case 0xf1...0xf3: missing = 3
        case 0xf4: (missing, next) = (3, 0x80...0x8f)
        default: isValid = false
        }
    }
}
