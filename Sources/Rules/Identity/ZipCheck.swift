/// An office document in a zip container, followed part by part as it streams by.
///
/// The parts must stand one behind the other from the first byte, the central directory must list exactly them, and the file must
/// end with it: so nothing overlaps, nothing hides in between, and every reader sees the same parts. What the parts unpack to is
/// taken from these lists, which must agree; nothing is unpacked here.
struct ZipCheck: Sendable {
    private enum Place: Sendable {
        case part
        /// In the bytes of a part whose length stands behind them; so many have been looked at.
        case described(ZipPart, looked: Int)
        case directory, end
    }

    private let package: OfficePackage
    private var feed = ByteFeed()
    private var place = Place.part
    private var parts: [ZipPart] = []
    private var isListed: [Bool] = []
    private var nameBytes = 0
    private var packed: UInt64 = 0
    private var unpacked: UInt64 = 0
    private var met: Set<Int> = []
    private var names: Set<[UInt8]> = []
    private var directoryStart: UInt64 = 0

    init(_ package: OfficePackage) { self.package = package }

    mutating func take(_ block: [UInt8]) throws(ContentProblem) {
        feed.append(block)
        while try step() {}
    }

    func finish() throws(ContentProblem) {
        guard case .end = place, met.count == package.neededCount else { throw .mismatch }
    }

    /// - Returns: `false` when more must arrive first.
    private mutating func step() throws(ContentProblem) -> Bool {
        guard !feed.isPassingOver else { return false }
        switch place {
        case .part: return try part()
        case .described(let part, let looked): return try described(part, looked)
        case .directory: return try directory()
        case .end:
            guard feed.count == 0 else { throw .unsafe(.moreBehindTheEnd) }
            return false
        }
    }

    private mutating func part() throws(ContentProblem) -> Bool {
        guard let signature = feed.peek(4) else { return false }
        if signature.little(4) == Zip.entry {
            directoryStart = feed.position
            isListed = Array(repeating: false, count: parts.count)
            place = .directory
            return true
        }
        guard signature.little(4) == Zip.local else { throw parts.isEmpty ? .mismatch : .unsafe(.contradictsItself) }
        guard let head = feed.peek(30) else { return false }
        let headCount = 30 + Int(head.little(2, at: 26)) + Int(head.little(2, at: 28))
        guard let bytes = feed.peek(headCount) else { return false }
        let part = try ZipPart(local: bytes, at: feed.position)
        // The first bytes of what is not compressed say what it is; behind every part there is more than these.
        let front = part.isStored ? min(64, part.isDescribed ? 4 : Int(clamping: part.packed)) : 0
        guard let content = feed.peek(headCount + front)?.dropFirst(headCount) else { return false }
        try judge(part, content)
        feed.skip(UInt64(headCount))
        if part.isDescribed {
            place = .described(part, looked: 0)
        } else {
            feed.skip(part.packed)
            try add(part)
        }
        return true
    }

    private mutating func judge(_ part: ZipPart, _ content: ArraySlice<UInt8>) throws(ContentProblem) {
        guard parts.count < ContentLimit.parts else { throw .unsafe(.tooManyParts) }
        nameBytes += part.name.count
        guard nameBytes <= ContentLimit.nameBytes else { throw .unsafe(.tooManyParts) }
        guard let text = part.text, names.insert(Array(text.utf8)).inserted else { throw .unsafe(.contradictsItself) }
        try package.judge(text)
        if let need = package.need(metBy: text) { met.insert(need) }
        if let type = package.typeName, parts.isEmpty {
            guard text == "mimetype", part.isStored, content.elementsEqual(type.utf8) else { throw .mismatch }
        }
        let isEmbedded = text.contains("/embeddings/")
        for archive in Zip.archives where content.starts(with: archive) && !(isEmbedded && archive == Zip.localBytes) {
            throw .unsafe(.nestedArchive)
        }
    }

    /// Looks for the description that ends a part: it must count just the bytes before it, and be followed by the next header.
    private mutating func described(_ part: ZipPart, _ looked: Int) throws(ContentProblem) -> Bool {
        var looked = looked
        while let distance = feed.distance(to: 0x50, behind: looked) {
            // Behind the longest description there is at least the end of the directory.
            guard let bytes = feed.peek(distance + Zip.descriptionCount)?.dropFirst(distance) else { break }
            if let (found, length) = part.described(by: bytes, behind: feed.position + UInt64(distance)) {
                try add(try found.agreeing(with: part))
                feed.skip(UInt64(distance + length))
                place = .part
                return true
            }
            looked = distance + 1
        }
        // What was looked at need not wait, but for what may be the beginning of a description.
        let done = max(0, feed.count - Zip.descriptionCount)
        feed.skip(UInt64(done))
        place = .described(part, looked: max(0, looked - done))
        return false
    }

    private mutating func add(_ part: ZipPart) throws(ContentProblem) {
        packed += part.packed
        unpacked += part.unpacked
        let isDense = part.unpacked > ContentLimit.freeBytes && part.unpacked > ContentLimit.ratio * part.packed
        let areDense = unpacked > ContentLimit.freeBytes && unpacked > ContentLimit.ratio * packed
        guard unpacked <= ContentLimit.unpackedBytes, !isDense, !areDense else { throw .unsafe(.expandsTooFar) }
        parts.append(part)
    }

    private mutating func directory() throws(ContentProblem) -> Bool {
        guard let signature = feed.peek(4) else { return false }
        guard signature.little(4) == Zip.entry else { return try end(signature.little(4)) }
        guard let head = feed.peek(46) else { return false }
        let lengths = [28, 30, 32].map { Int(head.little(2, at: $0)) }
        guard let bytes = feed.peek(46 + lengths.reduce(0, +)) else { return false }
        let (entry, offset) = ZipPart.listed(by: bytes)
        // The parts were found in the order of their places.
        let place = parts.partitioningIndex { $0.offset >= offset }
        guard place < parts.count, !isListed[place], parts[place].isListed(as: entry, at: offset) else {
            throw .unsafe(.contradictsItself)
        }
        isListed[place] = true
        feed.skip(UInt64(bytes.count))
        return true
    }

    private mutating func end(_ signature: UInt64) throws(ContentProblem) -> Bool {
        guard let bytes = feed.peek(22) else { return false }
        let count = UInt64(parts.count)
        guard signature == Zip.end, isListed.allSatisfy(\.self), bytes.little(4, at: 4) == 0,
            bytes.little(2, at: 8) == count, bytes.little(2, at: 10) == count,
            bytes.little(4, at: 12) == feed.position - directoryStart, bytes.little(4, at: 16) == directoryStart
        else { throw .unsafe(.contradictsItself) }
        guard bytes.little(2, at: 20) == 0 else { throw .unsafe(.moreBehindTheEnd) }
        feed.skip(22)
        place = .end
        return true
    }
}

/// The numbers of the zip format (PKWARE, APPNOTE 6.3).
enum Zip {
    static let local: UInt64 = 0x0403_4b50
    static let entry: UInt64 = 0x0201_4b50
    static let end: UInt64 = 0x0605_4b50
    static let description: UInt64 = 0x0807_4b50
    /// The longest description of a part, and the signature that follows.
    static let descriptionCount = 28
    static let localBytes: [UInt8] = [0x50, 0x4b, 0x03, 0x04]
    /// What archives begin with: zip, gzip, 7-Zip, RAR, xz, bzip2.
    static let archives: [[UInt8]] = [
        localBytes, [0x1f, 0x8b, 0x08], [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], Array("Rar!".utf8),
        [0xfd, 0x37, 0x7a, 0x58, 0x5a], Array("BZh".utf8),
    ]
}

/// One part of a zip container, as one of its headers has it.
struct ZipPart: Hashable, Sendable {
    private static let longestName = 512
    private static let stored: UInt64 = 0
    private static let deflated: UInt64 = 8
    /// A length that stands elsewhere: only containers beyond our limits need that.
    private static let elsewhere: UInt64 = 0xffff_ffff

    let name: [UInt8]
    private(set) var offset: UInt64 = 0
    /// Where its bytes begin, behind its header.
    private var contentStart: UInt64 = 0
    private let flags: UInt64
    private let method: UInt64
    private(set) var checksum: UInt64
    private(set) var packed: UInt64
    private(set) var unpacked: UInt64

    var isStored: Bool { method == Self.stored }
    /// Its lengths stand behind its bytes.
    var isDescribed: Bool { flags & 8 != 0 }
    /// Encrypted, strongly encrypted, or its header hidden.
    private var isEncrypted: Bool { flags & 0x2041 != 0 }

    private init(_ header: ArraySlice<UInt8>, flagsAt flags: Int, numbersAt numbers: Int, name: ArraySlice<UInt8>) {
        self.name = Array(name)
        self.flags = header.little(2, at: flags)
        method = header.little(2, at: flags + 2)
        checksum = header.little(4, at: numbers)
        packed = header.little(4, at: numbers + 4)
        unpacked = header.little(4, at: numbers + 8)
    }

    /// A part as its own header has it.
    init(local header: ArraySlice<UInt8>, at position: UInt64) throws(ContentProblem) {
        self.init(
            header, flagsAt: 6, numbersAt: 14, name: header.bytes(Int(header.little(2, at: 26)), 30))
        offset = position
        contentStart = position + UInt64(header.count)
        guard !isEncrypted else { throw .unsafe(.encrypted) }
        guard method == Self.stored || method == Self.deflated else { throw .mismatch }
        if !isDescribed { try requireLengths() }
    }

    /// A part as the central directory has it, and where it says that the part stands.
    static func listed(by header: ArraySlice<UInt8>) -> (part: ZipPart, offset: UInt64) {
        let part = ZipPart(
            header, flagsAt: 8, numbersAt: 16, name: header.bytes(Int(header.little(2, at: 28)), 46))
        return (part, header.little(4, at: 42))
    }

    /// The name in small letters; `nil` when it is no name within the container.
    var text: String? {
        guard name.count <= Self.longestName, let text = String(validating: name, as: UTF8.self)?.lowercased(),
            !text.isEmpty, !text.hasPrefix("/"), !text.contains("\\"), !text.utf8.contains(0),
            !text.split(separator: "/").contains("..")
        else { return nil }
        return text
    }

    /// This part with the lengths of a description, when that counts just the bytes before it: with lengths of four bytes, or eight.
    ///
    /// `position`: of the description in the content.
    func described(by bytes: ArraySlice<UInt8>, behind position: UInt64) -> (ZipPart, length: Int)? {
        guard bytes.little(4) == Zip.description else { return nil }
        let count = position - contentStart
        for width in [4, 8] {
            let length = 8 + 2 * width
            let next = bytes.little(4, at: length)
            guard bytes.little(width, at: 8) == count, next == Zip.local || next == Zip.entry else { continue }
            var part = self
            part.checksum = bytes.little(4, at: 4)
            part.packed = count
            part.unpacked = bytes.little(width, at: 8 + width)
            return (part, length)
        }
        return nil
    }

    /// That the header, where it says anything of the lengths, said the same.
    func agreeing(with header: ZipPart) throws(ContentProblem) -> ZipPart {
        func agrees(_ said: UInt64, _ found: UInt64) -> Bool { said == 0 || said == Self.elsewhere || said == found }
        guard agrees(header.packed, packed), agrees(header.unpacked, unpacked), agrees(header.checksum, checksum) else {
            throw .unsafe(.contradictsItself)
        }
        try requireLengths()
        return self
    }

    /// Whether the central directory says the same of this part.
    func isListed(as entry: ZipPart, at offset: UInt64) -> Bool {
        // How hard the writer tried to compress (bits 1 and 2) is not always said twice.
        let matters: UInt64 = ~6
        return self.offset == offset && name == entry.name && method == entry.method && checksum == entry.checksum
            && packed == entry.packed && unpacked == entry.unpacked && flags & matters == entry.flags & matters
    }

    private func requireLengths() throws(ContentProblem) {
        guard packed < Self.elsewhere, unpacked < Self.elsewhere else { throw .unsafe(.expandsTooFar) }
        guard !isStored || packed == unpacked else { throw .unsafe(.contradictsItself) }
    }
}

extension [ZipPart] {
    /// The first place from which on `isBehind` holds, of a list in which it holds from some place on.
    fileprivate func partitioningIndex(where isBehind: (ZipPart) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
