/// Reads a mail's lines once, from the first to the last: boundaries open and close parts, and each part's bytes go where they belong.
struct MailReader {
    private(set) var headers: [MailHeader] = []
    private(set) var plain: [CodedText] = []
    private(set) var markup: [CodedText] = []
    private(set) var items: [Pages.Item] = []

    private enum Place { case headers, body, betweenParts }
    private enum Sink { case plain, markup, item, nowhere }

    private let scratch: Scratch
    private let bounds: Bounds
    private var place = Place.headers
    private var sink = Sink.nowhere
    private var boundaries: [[UInt8]] = []
    private var partHeaders: [(name: String, bytes: [UInt8])] = []
    private var isTop = true
    private var transfer = Transfer("")
    private var isFirstLine = true
    private var pending: [UInt8] = []
    private var textCount = 0

    private static let longestLine = 4 << 20
    static let deepest = 10
    private static let mostHeaderLines = 2000

    init(in scratch: Scratch, bounds: Bounds) { (self.scratch, self.bounds) = (scratch, bounds) }

    mutating func read(_ file: String) throws(PaperError) {
        var (offset, rest) = (0, ArraySlice<UInt8>())
        while true {
            let block = try scratch.read(file, from: offset, count: 1 << 18)
            offset += block.count
            guard !block.isEmpty else { break }
            rest += block
            while let end = rest.firstIndex(of: 10) {
                try take(rest[..<end].last == 13 ? rest[..<(end - 1)] : rest[..<end])
                rest = rest[(end + 1)...]
            }
            guard rest.count <= Self.longestLine else { throw .tooLarge }
        }
        if !rest.isEmpty { try take(rest) }
        if place == .headers { try beginBody() }
        try endPart()
        guard headers.contains(where: { $0.name == "from" || $0.name == "date" || $0.name == "subject" }) else {
            throw .damaged
        }
    }

    private mutating func take(_ line: ArraySlice<UInt8>) throws(PaperError) {
        if let (depth, isLast) = boundary(line) {
            try endPart()
            boundaries.removeSubrange((isLast ? depth : depth + 1)...)
            place = isLast ? .betweenParts : .headers
            return
        }
        switch place {
        case .betweenParts: break
        case .headers: try line.isEmpty ? beginBody() : header(line)
        case .body: try body(line)
        }
    }

    /// Which of the open boundaries a line is, the innermost first, and whether it closes it.
    private func boundary(_ line: ArraySlice<UInt8>) -> (depth: Int, isLast: Bool)? {
        guard line.starts(with: [45, 45]) else { return nil }
        let said = line.dropFirst(2).reversed().drop { $0 == 32 || $0 == 9 }.reversed()
        for (depth, boundary) in boundaries.enumerated().reversed() {
            if said.elementsEqual(boundary) { return (depth, false) }
            if said.elementsEqual(boundary + [45, 45]) { return (depth, true) }
        }
        return nil
    }

    private mutating func header(_ line: ArraySlice<UInt8>) throws(PaperError) {
        guard partHeaders.count < Self.mostHeaderLines else { throw .tooLarge }
        if line.first == 32 || line.first == 9, let last = partHeaders.indices.last {
            partHeaders[last].bytes += line
        } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
            let name = String(decoding: line[..<colon], as: UTF8.self).trimmed.lowercased()
            partHeaders.append((name, Array(line[(colon + 1)...])))
        }
    }

    /// The headers of a part are read: what is it, and where does it go?
    private mutating func beginBody() throws(PaperError) {
        let own = partHeaders.map { MailHeader(name: $0.name, value: EncodedWord.decoded($0.bytes).trimmed) }
        partHeaders = []
        if isTop { headers = own }
        isTop = false
        let type = own.first { $0.name == "content-type" } ?? MailHeader(name: "content-type", value: "text/plain")
        if type.bare.hasPrefix("multipart/") {
            guard boundaries.count < Self.deepest else { throw .tooDeep }
            guard let boundary = type.parameter("boundary"), !boundary.isEmpty else { throw .damaged }
            boundaries.append(Array(boundary.utf8))
            place = .betweenParts
            return
        }
        place = .body
        isFirstLine = true
        transfer = Transfer(own.first { $0.name == "content-transfer-encoding" }?.bare ?? "")
        let disposition = own.first { $0.name == "content-disposition" }
        let title = disposition?.parameter("filename") ?? type.parameter("name")
        guard items.count + plain.count + markup.count < bounds.items else { throw .tooLarge }
        if disposition?.bare != "attachment", title == nil, type.bare == "text/plain" {
            sink = .plain
            plain.append(CodedText(charset: type.parameter("charset")))
        } else if disposition?.bare != "attachment", title == nil, type.bare == "text/html" {
            sink = .markup
            markup.append(CodedText(charset: type.parameter("charset")))
        } else {
            sink = .item
            let file = scratch.newName(".item")
            try scratch.write([], to: file)
            let name = title.flatMap(Pages.Item.plain) ?? "attachment \(items.count + 1)"
            items.append(Pages.Item(title: name, mediaType: type.bare, file: file))
        }
    }

    /// A line break belongs to what follows it: the last one is the boundary's.
    private mutating func body(_ line: ArraySlice<UInt8>) throws(PaperError) {
        try put(transfer.decoded(line, isFirst: isFirstLine))
        isFirstLine = false
    }

    private mutating func put(_ bytes: [UInt8]) throws(PaperError) {
        switch sink {
        case .nowhere: break
        case .plain: plain[plain.count - 1].bytes += bytes
        case .markup: markup[markup.count - 1].bytes += bytes
        case .item: pending += bytes
        }
        if pending.count > 1 << 16 { try flush() }
        textCount += sink == .plain || sink == .markup ? bytes.count : 0
        guard textCount <= bounds.textBytes else { throw .tooLarge }
    }

    private mutating func flush() throws(PaperError) {
        guard let file = items.last?.file, !pending.isEmpty else { return }
        try scratch.append(pending, to: file)
        pending = []
    }

    private mutating func endPart() throws(PaperError) {
        // Headers that end without a blank line belong to a part without a body.
        if place == .headers, !partHeaders.isEmpty { try beginBody() }
        if place == .body { try put(transfer.rest) }
        try flush()
        sink = .nowhere
    }
}

/// How a part's bytes are written in lines: RFC 2045.
struct Transfer: Sendable {
    private enum Encoding { case plain, base64, quoted }

    private let encoding: Encoding
    /// Of base64, the bits that do not make a byte yet.
    private var bits: UInt32 = 0
    private var bitCount = 0
    /// The line before ended in a soft break.
    private var isSoft = false

    init(_ name: String) {
        encoding = name == "base64" ? .base64 : name == "quoted-printable" ? .quoted : .plain
    }

    var rest: [UInt8] { encoding == .base64 || isSoft ? [] : [10] }

    mutating func decoded(_ line: ArraySlice<UInt8>, isFirst: Bool) -> [UInt8] {
        switch encoding {
        case .plain: return (isFirst ? [] : [10]) + line
        case .base64: return base64(line)
        case .quoted:
            let lead: [UInt8] = isFirst || isSoft ? [] : [10]
            return lead + quoted(line)
        }
    }

    private mutating func base64(_ line: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        for byte in line {
            guard let value = Self.values[byte] else { continue }
            bits = bits << 6 | value
            bitCount += 6
            guard bitCount >= 8 else { continue }
            bitCount -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
        }
        return bytes
    }

    private static let values = Dictionary(
        uniqueKeysWithValues: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8.enumerated().map {
            ($1, UInt32($0))
        })

    private mutating func quoted(_ line: ArraySlice<UInt8>) -> [UInt8] {
        var rest = line
        while let last = rest.last, last == 32 || last == 9 { rest.removeLast() }
        isSoft = rest.last == UInt8(ascii: "=")
        if isSoft { rest.removeLast() }
        return Self.unquoted(rest)
    }

    static func unquoted(_ line: ArraySlice<UInt8>) -> [UInt8] {
        var (bytes, rest) = ([UInt8](), line)
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "="), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }

    /// All of a base64 text.
    static func base64(_ text: some Collection<UInt8>) -> [UInt8] {
        var transfer = Transfer("base64")
        return transfer.base64(Array(text)[...])
    }
}

/// Words of headers in other than plain letters: RFC 2047.
enum EncodedWord {
    static func decoded(_ bytes: [UInt8]) -> String {
        let text = String(validating: bytes, as: UTF8.self) ?? latin(bytes)
        // Between two of them a space is only a separator.
        let joined = text.replacing(/\?=\s+=\?/, with: "?==?")
        return joined.replacing(/=\?([A-Za-z0-9_-]+)(\*[A-Za-z-]+)?\?([BbQq])\?([^?\s]*)\?=/) { match in
            let said = Array(match.4.utf8)
            let bytes =
                match.3.lowercased() == "b"
                ? Transfer.base64(said) : Transfer.unquoted(said.map { $0 == 95 ? 32 : $0 }[...])
            return String(validating: bytes, as: UTF8.self) ?? latin(bytes)
        }
    }

    private static func latin(_ bytes: [UInt8]) -> String {
        String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }
}
