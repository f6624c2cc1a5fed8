import Rules

/// A zip container made part by part, with everything that can be wrong about one.
struct ZipMaker {
    struct Part {
        let name: String
        let content: [UInt8]
        var method: UInt64 = 0
        var flags: UInt64 = 0
        /// What the headers say instead of the truth.
        var unpacked: UInt64?
        var sum: UInt64?
        var listedUnpacked: UInt64?
        var listedName: String?
        var listedOffset: UInt64?
        var listedMethod: UInt64?
        /// Puts the lengths behind the bytes, in fields of four bytes or eight.
        var describedWidth: Int?
        /// What its own header says of its length all the same.
        var headerPacked: UInt64 = 0
        var isHidden = false

        init(_ name: String, _ content: String = "<x/>") {
            self.name = name
            self.content = Array(content.utf8)
        }

        init(_ name: String, _ content: [UInt8]) {
            self.name = name
            self.content = content
        }

        func with(_ change: (inout Part) -> Void) -> Part {
            var part = self
            change(&part)
            return part
        }
    }

    var parts: [Part]
    var between: [UInt8] = []
    var behind: [UInt8] = []
    var comment = ""
    var countAdded = 0
    var startAdded: UInt64 = 0
    var lengthAdded: UInt64 = 0
    /// Lists the last part once more, which the count does not say.
    var listsLastTwice = false

    init(_ parts: [Part]) { self.parts = parts }

    func with(_ change: (inout ZipMaker) -> Void) -> ZipMaker {
        var maker = self
        change(&maker)
        return maker
    }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        var directory: [UInt8] = []
        var count = countAdded
        for part in parts {
            let offset = UInt64(bytes.count)
            let (packed, sum) = (UInt64(part.content.count), part.sum ?? part.content.crc32)
            let unpacked = part.unpacked ?? packed
            let flags = part.flags | (part.describedWidth == nil ? 0 : 8)
            let isDescribed = part.describedWidth != nil
            bytes += Array("PK".utf8) + [3, 4] + little(20, 2) + little(flags, 2) + little(part.method, 2)
            bytes +=
                little(0, 4) + little(isDescribed ? 0 : sum, 4) + little(isDescribed ? part.headerPacked : packed, 4)
            bytes += little(isDescribed ? 0 : unpacked, 4) + little(UInt64(part.name.utf8.count), 2) + little(3, 2)
            bytes += Array(part.name.utf8) + [1, 2, 3] + part.content
            if let width = part.describedWidth {
                bytes += Array("PK".utf8) + [7, 8] + little(sum, 4) + little(packed, width) + little(unpacked, width)
            }
            bytes += between
            guard !part.isHidden else { continue }
            count += 1
            let name = Array((part.listedName ?? part.name).utf8)
            directory += Array("PK".utf8) + [1, 2] + little(20, 2) + little(20, 2) + little(flags, 2)
            directory += little(part.listedMethod ?? part.method, 2) + little(0, 4) + little(sum, 4) + little(packed, 4)
            directory += little(part.listedUnpacked ?? unpacked, 4) + little(UInt64(name.count), 2) + little(0, 12)
            directory += little(part.listedOffset ?? offset, 4) + name
        }
        let start = UInt64(bytes.count)
        if listsLastTwice, let last = parts.last { directory += directory.suffix(46 + last.name.utf8.count) }
        bytes += directory + Array("PK".utf8) + [5, 6] + little(0, 4) + little(UInt64(count), 2)
        bytes += little(UInt64(count), 2) + little(UInt64(directory.count) + lengthAdded, 4)
        bytes += little(start + startAdded, 4)
        return bytes + little(UInt64(comment.utf8.count), 2) + Array(comment.utf8) + behind
    }

    private func little(_ number: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 < 8 ? number >> (8 * UInt64($0)) : 0) }
    }
}

/// Small files of each kind, as programs write them.
enum ContentSample {
    static let word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    static let sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    static let slides = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    static let openText = "application/vnd.oasis.opendocument.text"

    static let docx = ZipMaker([
        .init("[Content_Types].xml"), .init("_rels/.rels"), .init("word/document.xml"),
        .init("word/media/image1.png", png()),
    ])
    static let xlsx = ZipMaker([.init("[Content_Types].xml"), .init("xl/workbook.xml")])
    static let pptx = ZipMaker([.init("[Content_Types].xml"), .init("ppt/presentation.xml")])
    static let odt = ZipMaker([
        .init("mimetype", openText), .init("content.xml"), .init("META-INF/manifest.xml"), .init("Pictures/"),
    ])
    static let pdf = Array("%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n".utf8)
    static let rtf = Array("{\\rtf1 words}".utf8)
    static let mail = Array("From: a@example.org\r\nSubject: =?utf-8?q?words?=\r\n\r\nWords.\r\n".utf8)

    static func png(width: UInt32 = 3, height: UInt32 = 2) -> [UInt8] {
        func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
            let body = Array(name.utf8) + content
            return big(UInt64(content.count), 4) + body + big(body.crc32, 4)
        }
        return [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
            + chunk("IHDR", big(UInt64(width), 4) + big(UInt64(height), 4) + [8, 2, 0, 0, 0])
            + chunk("tEXt", Array("Comment".utf8) + [0] + Array(repeating: 0x20, count: 70_000))
            + chunk("IDAT", [0x78, 0x9c, 3, 0, 0, 0, 0, 1]) + chunk("IEND", [])
    }

    static func jpeg(width: UInt64 = 3, height: UInt64 = 2, frame: UInt8 = 0xc0, notes: Int = 3) -> [UInt8] {
        var bytes: [UInt8] = [0xff, 0xd8]
        for _ in 0..<notes { bytes += [0xff, 0xff, 0xe1] + big(60_000, 2) + Array(repeating: 0xff, count: 59_998) }
        bytes += [0xff, 0xc4, 0, 4, 1, 2]
        bytes += [0xff, frame, 0, 11, 8] + big(height, 2) + big(width, 2) + [1, 1, 0x11, 0]
        return bytes + [0xff, 0xda, 0, 8, 1, 1, 0, 0, 0x3f, 0, 0x12, 0x34, 0xff, 0xd9]
    }

    /// `strip`: how many bytes of the picture stand before the directory.
    static func tiff(width: UInt64 = 3, height: UInt64 = 2, isLittle: Bool = true, strip: Int = 100_000) -> [UInt8] {
        func number(_ value: UInt64, _ count: Int) -> [UInt8] {
            isLittle ? big(value, count).reversed() : big(value, count)
        }
        func field(_ tag: UInt64, _ value: UInt64) -> [UInt8] {
            number(tag, 2) + number(4, 2) + number(1, 4) + number(value, 4)
        }
        return (isLittle ? [0x49, 0x49] : [0x4d, 0x4d]) + number(42, 2) + number(8 + UInt64(strip), 4)
            + Array(repeating: 0, count: strip) + number(3, 2) + field(256, width) + field(257, height)
            + field(258, 8) + number(0, 4)
    }

    /// An OLE compound file, as far as it matters here.
    static func doc(_ streams: [String] = ["Root Entry", "WordDocument", "1Table"], before: Int = 65_500) -> [UInt8] {
        let names = streams.flatMap { name -> [UInt8] in
            Array(name.utf8.map { [$0, 0] }.joined()) + Array(repeating: 0, count: 60)
        }
        return [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1] + Array(repeating: 0x57, count: before) + names
    }

    private static func big(_ number: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64(count - 1 - $0))) }
    }
}

extension [UInt8] {
    /// As zip and PNG have it.
    var crc32: UInt64 {
        UInt64(
            ~reduce(~UInt32(0)) { sum, byte in
                (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1 == 1 ? 0xedb8_8320 : 0) }
            })
    }
}
