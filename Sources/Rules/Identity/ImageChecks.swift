/// A PNG picture: its chunks one behind the other from the header to the end, and nothing behind that.
struct PNGCheck: Sendable {
    private static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    private static let headerByteCount: UInt64 = 13
    private static let checksumByteCount: UInt64 = 4

    private enum Place { case signature, header, chunks, end }

    private var feed = ByteFeed()
    private var place = Place.signature
    private var hasData = false

    mutating func take(_ block: [UInt8]) throws(ContentProblem) {
        feed.append(block)
        while try step() {}
    }

    func finish() throws(ContentProblem) {
        guard place == .end, hasData, !feed.isPassingOver else { throw .mismatch }
    }

    /// - Returns: `false` when more must arrive first.
    private mutating func step() throws(ContentProblem) -> Bool {
        switch place {
        case .signature:
            guard let bytes = feed.peek(8) else { return false }
            guard bytes.elementsEqual(Self.signature) else { throw .mismatch }
            feed.skip(8)
            place = .header
        case .header:
            guard let bytes = feed.peek(8 + Int(Self.headerByteCount)) else { return false }
            guard bytes.big(4, at: 0) == Self.headerByteCount, bytes.dropFirst(4).starts(with: Array("IHDR".utf8))
            else { throw .mismatch }
            try requirePixels(bytes.big(4, at: 8), bytes.big(4, at: 12))
            feed.skip(8 + Self.headerByteCount + Self.checksumByteCount)
            place = .chunks
        case .chunks:
            guard let bytes = feed.peek(8) else { return false }
            let length = bytes.big(4, at: 0)
            let name = Array(bytes.dropFirst(4))
            guard length <= Int32.max, name.allSatisfy(Self.isLetter) else { throw .mismatch }
            if name == Array("IDAT".utf8) { hasData = true }
            if name == Array("IEND".utf8) { place = .end }
            feed.skip(8 + length + Self.checksumByteCount)
        case .end:
            guard feed.count == 0 else { throw .unsafe(.moreBehindTheEnd) }
            return false
        }
        return true
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    }
}

/// A JPEG picture: its segments up to where the coded picture begins, with one frame that says how large it is.
struct JPEGCheck: Sendable {
    private enum Place { case start, segments, picture }

    private var feed = ByteFeed()
    private var place = Place.start
    private var hasFrame = false

    mutating func take(_ block: [UInt8]) throws(ContentProblem) {
        guard place != .picture else { return }
        feed.append(block)
        while try step() {}
    }

    func finish() throws(ContentProblem) {
        guard place == .picture else { throw .mismatch }
    }

    private mutating func step() throws(ContentProblem) -> Bool {
        switch place {
        case .start:
            guard let bytes = feed.peek(2) else { return false }
            guard bytes.elementsEqual([0xff, 0xd8]) else { throw .mismatch }
            feed.skip(2)
            place = .segments
            return true
        case .segments: return try segment()
        case .picture: return false
        }
    }

    private mutating func segment() throws(ContentProblem) -> Bool {
        guard let bytes = feed.peek(2) else { return false }
        let marker = UInt8(bytes.big(1, at: 1))
        guard bytes.big(1) == 0xff else { throw .mismatch }
        if marker == 0xff {  // Any number of them may stand before a marker.
            feed.skip(1)
            return true
        }
        // What has no length does not belong here: before the picture there are only tables, frames and notes.
        guard marker >= 0xc0, !(0xd0...0xd9).contains(marker) else { throw .mismatch }
        guard let head = feed.peek(4) else { return false }
        let length = head.big(2, at: 2)
        guard length >= 2 else { throw .mismatch }
        if Self.isFrame(marker) {
            guard let frame = feed.peek(9) else { return false }
            guard length >= 8 else { throw .mismatch }
            try requirePixels(frame.big(2, at: 7), frame.big(2, at: 5))
            hasFrame = true
        }
        if marker == 0xda {
            guard hasFrame else { throw .mismatch }
            place = .picture
        }
        feed.skip(2 + length)
        return true
    }

    /// SOF0 to SOF15, but for the tables DHT, JPG and DAC that stand among them.
    private static func isFrame(_ marker: UInt8) -> Bool {
        (0xc0...0xcf).contains(marker) && marker != 0xc4 && marker != 0xc8 && marker != 0xcc
    }
}

/// A TIFF picture: its first directory, wherever it stands, says how large it is.
struct TIFFCheck: Sendable {
    private static let mostFields: UInt64 = 4096
    private static let width: UInt64 = 256
    private static let height: UInt64 = 257

    private enum Place { case header, directory, rest }

    private var feed = ByteFeed()
    private var place = Place.header
    private var isLittle = true

    mutating func take(_ block: [UInt8]) throws(ContentProblem) {
        guard place != .rest else { return }
        feed.append(block)
        while try step() {}
    }

    func finish() throws(ContentProblem) {
        guard place == .rest else { throw .mismatch }
    }

    private mutating func step() throws(ContentProblem) -> Bool {
        switch place {
        case .header:
            guard let bytes = feed.peek(8) else { return false }
            isLittle = bytes.starts(with: [0x49, 0x49])
            guard isLittle || bytes.starts(with: [0x4d, 0x4d]), number(bytes, 2, at: 2) == 42 else { throw .mismatch }
            let directory = number(bytes, 4, at: 4)
            guard directory >= 8 else { throw .mismatch }
            feed.skip(directory)
            place = .directory
        case .directory:
            guard !feed.isPassingOver, let head = feed.peek(2) else { return false }
            let count = number(head, 2, at: 0)
            guard (1...Self.mostFields).contains(count) else { throw .mismatch }
            guard let bytes = feed.peek(2 + 12 * Int(count)) else { return false }
            try judge(bytes.dropFirst(2), count: Int(count))
            place = .rest
        case .rest: return false
        }
        return true
    }

    private func judge(_ fields: ArraySlice<UInt8>, count: Int) throws(ContentProblem) {
        var sizes: [UInt64: UInt64] = [:]
        for offset in stride(from: 0, to: 12 * count, by: 12) {
            let tag = number(fields, 2, at: offset)
            guard tag == Self.width || tag == Self.height else { continue }
            let type = number(fields, 2, at: offset + 2)
            // SHORT or LONG, one of them; twice the same field is two answers.
            guard type == 3 || type == 4, number(fields, 4, at: offset + 4) == 1, sizes[tag] == nil else {
                throw .mismatch
            }
            sizes[tag] = number(fields, type == 3 ? 2 : 4, at: offset + 8)
        }
        guard let width = sizes[Self.width], let height = sizes[Self.height] else { throw .mismatch }
        try requirePixels(width, height)
    }

    private func number(_ bytes: ArraySlice<UInt8>, _ count: Int, at offset: Int) -> UInt64 {
        isLittle ? bytes.little(count, at: offset) : bytes.big(count, at: offset)
    }
}

/// That a picture has an area, and not too large a one.
private func requirePixels(_ width: UInt64, _ height: UInt64) throws(ContentProblem) {
    guard width > 0, height > 0 else { throw .mismatch }
    guard width * height <= ContentLimit.pixels else { throw .unsafe(.tooManyPixels) }
}
