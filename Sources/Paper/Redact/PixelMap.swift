/// A page as grey pixels, in a PGM file: painted in place, row by row, never held as a whole.
struct PixelMap: Sendable {
    let file: String
    let width: Int
    let height: Int
    private let start: Int
    private let scratch: Scratch

    init(_ file: String, in scratch: Scratch) throws(PaperError) {
        // P5, width, height and 255, each ended by one space or line break.
        let head = try scratch.read(file, count: 64)
        var (words, place): ([Int], Int) = ([], 0)
        for word in head.split(whereSeparator: { $0 <= 32 }).prefix(4) {
            words.append(Int(String(decoding: word.drop { $0 == UInt8(ascii: "P") }, as: UTF8.self)) ?? 0)
            place = word.endIndex + 1
        }
        guard words.count == 4, words[0] == 5, words[3] == 255, words[1] > 0, words[2] > 0,
            try scratch.size(of: file) == place + words[1] * words[2]
        else { throw .damaged }
        (self.file, self.scratch, width, height, start) = (file, scratch, words[1], words[2], place)
    }

    /// The pixels of one row within these columns.
    func row(_ y: Int, _ columns: Range<Int>) throws(PaperError) -> [UInt8] {
        try scratch.read(file, from: start + y * width + columns.lowerBound, count: columns.count)
    }

    /// Makes these rectangles black, each with its code in white.
    func paint(_ areas: [Area], dotsPerInch: Int) throws(PaperError) {
        for area in areas {
            let frame = Frame(area, dotsPerInch: dotsPerInch, within: self)
            guard !frame.columns.isEmpty, !frame.rows.isEmpty else { throw .areaOutsidePage }
            let label = Label(area.code, in: frame)
            for y in frame.rows {
                let pixels = frame.columns.map { x in label.isWhite(x, y) ? UInt8(255) : 0 }
                try scratch.overwrite(file, at: start + y * width + frame.columns.lowerBound, with: pixels)
            }
        }
    }

    /// Makes these rectangles white: beside black ones, readers by eye lose whole lines.
    func blank(_ areas: [Area], dotsPerInch: Int) throws(PaperError) {
        for frame in areas.map({ Frame($0, dotsPerInch: dotsPerInch, within: self) }) {
            let white = [UInt8](repeating: 255, count: frame.columns.count)
            for y in frame.rows {
                try scratch.overwrite(file, at: start + y * width + frame.columns.lowerBound, with: white)
            }
        }
    }

    /// The same pixels in a file of their own.
    func copied(to name: String) throws(PaperError) -> PixelMap {
        try scratch.copy(0..<start + width * height, of: file, to: name)
        return try PixelMap(name, in: scratch)
    }

    /// Whether nothing but black, and codes in white, is within these rectangles.
    ///
    /// A frame of two pixels may be grey: a picture that was made anew does not fall on the same dots.
    func areBlack(_ areas: [Area], dotsPerInch: Int) throws(PaperError) -> Bool {
        let frames = areas.map { Frame($0, dotsPerInch: dotsPerInch, within: self) }
        let labels = zip(areas, frames).map { Label($0.code, in: $1) }
        for frame in frames {
            let (rows, columns) = (frame.rows.dropFirst(2).dropLast(2), frame.columns.dropFirst(2).dropLast(2))
            for y in rows {
                let pixels = try row(y, columns.startIndex..<columns.endIndex)
                // Where rectangles overlap, the code may be another's.
                for (x, pixel) in zip(columns, pixels) where pixel > 60 {
                    guard labels.contains(where: { $0.isNearWhite(x, y) }) else { return false }
                }
            }
        }
        return true
    }
}

/// A rectangle in pixels, rounded outwards.
struct Frame: Sendable {
    let columns: Range<Int>
    let rows: Range<Int>

    init(_ area: Area, dotsPerInch: Int, within map: PixelMap) {
        let dots = Double(dotsPerInch) / 72
        func range(_ start: Double, _ length: Double, _ most: Int) -> Range<Int> {
            let limit = Double(most)
            guard start.isFinite, length.isFinite, length > 0 else { return 0..<0 }
            let low = min(limit, max(0, (start * dots).rounded(.down)))
            let high = min(limit, max(low, ((start + length) * dots).rounded(.up)))
            return Int(low)..<Int(high)
        }
        columns = range(area.x, area.width, map.width)
        rows = range(area.y, area.height, map.height)
    }
}
