/// A zip container of parts that are not compressed, written part by part into a scratch folder.
struct StoredZip {
    private let file: String
    private let scratch: Scratch
    private var directory: [UInt8] = []
    private var count = 0
    private var size = 0

    init(_ file: String, in scratch: Scratch) { (self.file, self.scratch) = (file, scratch) }

    mutating func add(_ name: String, _ bytes: [UInt8]) throws(PaperError) {
        let text = Array(name.utf8)
        // Version 2.0, no flags, stored; the first day of the format's calendar, so that no clock shows.
        let common =
            Self.little(20, 2) + Self.little(0, 2) + Self.little(0, 2) + Self.little(0x0021_0000, 4)
            + Self.little(Self.checksum(bytes), 4) + Self.little(bytes.count, 4) + Self.little(bytes.count, 4)
            + Self.little(text.count, 2)
            + Self.little(0, 2)
        directory +=
            Self.little(0x0201_4b50, 4) + Self.little(20, 2) + common + [UInt8](repeating: 0, count: 10)
            + Self.little(size, 4) + text
        let head = Self.little(0x0403_4b50, 4) + common + text
        try scratch.append(head, to: file)
        try scratch.append(bytes, to: file)
        size += head.count + bytes.count
        count += 1
    }

    consuming func finish() throws(PaperError) {
        let end =
            Self.little(0x0605_4b50, 4) + Self.little(0, 4) + Self.little(count, 2) + Self.little(count, 2)
            + Self.little(directory.count, 4)
            + Self.little(size, 4) + Self.little(0, 2)
        try scratch.append(directory + end, to: file)
    }

    private static func little(_ value: Int, _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static func checksum(_ bytes: [UInt8]) -> Int {
        Int(~bytes.reduce(UInt32.max) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ ($0 >> 8) })
    }

    private static let table: [UInt32] = (0..<256).map { start in
        (0..<8).reduce(UInt32(start)) { value, _ in value & 1 == 1 ? 0xedb8_8320 ^ (value >> 1) : value >> 1 }
    }
}
