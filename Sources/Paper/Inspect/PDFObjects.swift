/// A PDF as qpdf writes it out, line by line, in constant memory: dictionaries in the open, streams unpacked.
struct PDFObjects: Sendable {
    let file: String
    private let scratch: Scratch

    enum Line {
        /// Of a dictionary, an array or the like.
        case object(ArraySlice<UInt8>)
        /// Of a stream of metadata.
        case metadata(ArraySlice<UInt8>)
        /// Of an unpacked stream that is neither metadata, nor a picture, nor a font: what draws a page, mostly numbers.
        case drawing(ArraySlice<UInt8>)
        /// The end of a stream that is a JPEG or JPEG 2000 file as it is, and where it lies; `nil` when it is packed once more.
        case picture(Range<Int>?)
    }

    init(_ file: String, in scratch: Scratch) { (self.file, self.scratch) = (file, scratch) }

    /// Longer lines are pixels or nonsense; they are given in pieces.
    private static let longestLine = 1 << 20
    private static let opaque = [
        "/Subtype /Image", "/Length1 ", "/Subtype /Type1C", "/Subtype /CIDFontType0C", "/Subtype /OpenType",
    ]
    .map { Array($0.utf8) }

    /// What an object's dictionary has said of its stream, so far.
    private struct Stream {
        var isOpaque = false
        var isMetadata = false
        /// It ends in a filter of JPEG or JPEG 2000.
        var isPicture = false
        /// Another filter is around it.
        var isWrapped = false

        mutating func take(_ bare: ArraySlice<UInt8>) {
            if PDFObjects.opaque.contains(where: { bare.starts(with: $0) }) { isOpaque = true }
            if bare.elementsEqual("/Type /Metadata".utf8) || bare.elementsEqual("/Subtype /XML".utf8) {
                isMetadata = true
            }
            guard bare.hasSuffix("Decode") else { return }
            let isFile = bare.hasSuffix("/DCTDecode") || bare.hasSuffix("/JPXDecode")
            if isFile { isPicture = true } else { isWrapped = true }
        }
    }

    func forEachLine(_ body: (Line) throws -> Void) throws {
        var (isStream, isTable, start) = (false, false, 0)
        var stream = Stream()
        try forEachRawLine { line, place in
            if isStream {
                isStream = !line.elementsEqual("endstream".utf8)
                if !isStream, stream.isPicture { try body(.picture(stream.isWrapped ? nil : start..<place)) }
                if isStream, !stream.isOpaque { try body(stream.isMetadata ? .metadata(line) : .drawing(line)) }
            } else if isTable {
                // Where the objects lie: numbers alone.
                isTable = !line.elementsEqual("trailer".utf8)
            } else {
                isStream = line.elementsEqual("stream".utf8)
                start = place + line.count + 1
                isTable = line.elementsEqual("xref".utf8)
                if line.hasSuffix(" 0 obj") { stream = Stream() }
                stream.take(line.drop { $0 == 32 })
                try body(.object(line))
            }
        }
    }

    private func forEachRawLine(_ body: (ArraySlice<UInt8>, _ place: Int) throws -> Void) throws {
        var (offset, rest, place) = (0, ArraySlice<UInt8>(), 0)
        while true {
            let block = try scratch.read(file, from: offset, count: 1 << 18)
            offset += block.count
            guard !block.isEmpty else { return try body(rest, place) }
            rest += block
            while let end = rest.firstIndex(of: 10) {
                let line = rest[..<end]
                try body(line, place)
                place += line.count + 1
                rest = rest[(end + 1)...]
            }
            if rest.count > Self.longestLine {
                try body(rest, place)
                place += rest.count
                rest = []
            }
        }
    }
}

extension ArraySlice<UInt8> {
    fileprivate func hasSuffix(_ text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}

extension Desk {
    /// Gives a PDF's objects in the open for the length of a piece of work.
    ///
    /// `pages`: only what these pages and the whole file have; all of it when `nil`.
    func objects<Result>(
        of file: String, pages: ClosedRange<Int>? = nil, _ work: (PDFObjects) async throws -> Result
    ) async throws -> Result {
        try await temporary(".qdf") { open in
            let part = pages.map { ["--pages", file, "\($0.lowerBound)-\($0.upperBound)", "--"] } ?? []
            let arguments =
                ["--qdf", "--object-streams=disable", "--no-original-object-ids", "--decode-level=generalized", file]
                + part + [open]
            _ = try await Tool("qpdf").run(
                arguments, in: scratch, limits: Limits(seconds: 120, fileBytes: bounds.unpackedBytes), statuses: [0, 3])
            return try await work(PDFObjects(open, in: scratch))
        }
    }
}

/// The texts in a line of a PDF's objects, whichever way they are written.
enum PDFText {
    /// What a line says: of a drawing only its strings, for its numbers are places and sizes, and could be anybody's.
    static func texts(in line: PDFObjects.Line) -> [String] {
        switch line {
        case .object(let bytes): [String(decoding: bytes, as: UTF8.self)] + strings(in: bytes).map(text(of:))
        case .metadata(let bytes): [String(decoding: bytes, as: UTF8.self)]
        case .drawing(let bytes): strings(in: bytes).map(text(of:))
        case .picture: []
        }
    }

    private static func text(of bytes: [UInt8]) -> String {
        if bytes.starts(with: [0xfe, 0xff]) { return wide(bytes.dropFirst(2)) }
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { return String(decoding: bytes.dropFirst(3), as: UTF8.self) }
        // PDFDocEncoding is Latin 1 as far as letters go.
        return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }

    private static func wide(_ bytes: ArraySlice<UInt8>) -> String {
        let bytes = Array(bytes)
        let units = stride(from: 0, to: bytes.count - 1, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        return String(decoding: units, as: UTF16.self)
    }

    private static func strings(in line: ArraySlice<UInt8>) -> [[UInt8]] {
        var (found, place) = ([[UInt8]](), line.startIndex)
        while place < line.endIndex {
            switch line[place] {
            case UInt8(ascii: "("): found.append(literal(line, &place))
            case UInt8(ascii: "<"): found.append(hexadecimal(line, &place))
            default: place += 1
            }
        }
        return found.filter { $0.count > 1 }
    }

    private static func hexadecimal(_ line: ArraySlice<UInt8>, _ place: inout Int) -> [UInt8] {
        let digits = line[(place + 1)...].prefix { Character(Unicode.Scalar($0)).isHexDigit }
        place = max(place + 1, digits.endIndex)
        let values = digits.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        return stride(from: 0, to: values.count - 1, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
    }

    private static func literal(_ line: ArraySlice<UInt8>, _ place: inout Int) -> [UInt8] {
        var (bytes, depth) = ([UInt8](), 0)
        while place < line.endIndex {
            let byte = line[place]
            place += 1
            switch byte {
            case UInt8(ascii: "\\"): bytes.append(escaped(line, &place))
            case UInt8(ascii: "("):
                depth += 1
                if depth > 1 { bytes.append(byte) }
            case UInt8(ascii: ")"):
                depth -= 1
                guard depth > 0 else { return bytes }
                bytes.append(byte)
            default: bytes.append(byte)
            }
        }
        return bytes
    }

    private static func escaped(_ line: ArraySlice<UInt8>, _ place: inout Int) -> UInt8 {
        let digits = line[place...].prefix(3).prefix { (48...55).contains($0) }
        guard let first = line[place...].first else { return 32 }
        place += max(1, digits.count)
        guard digits.isEmpty else { return UInt8(truncatingIfNeeded: digits.reduce(0) { $0 << 3 | Int($1 - 48) }) }
        return [UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9][first] ?? first
    }
}
