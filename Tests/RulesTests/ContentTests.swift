import Foundation
import Rules
import Testing

@Suite("Content is held against the type that it claims")
struct ContentTests {
    private typealias Sample = ContentSample

    /// What a check says of content that arrives in blocks of this length.
    static func problem(_ type: String, _ bytes: [UInt8], by count: Int = 65_536) throws -> ContentProblem? {
        var check = ContentCheck(try #require(MediaType(type)))
        do {
            for from in stride(from: 0, to: bytes.count, by: count) {
                try check.take(Array(bytes[from..<min(from + count, bytes.count)]))
            }
            try check.finish()
            return nil
        } catch {
            return error
        }
    }

    static let good: [(String, [UInt8])] = [
        (Sample.word, Sample.docx.bytes), (Sample.sheet, Sample.xlsx.bytes), (Sample.slides, Sample.pptx.bytes),
        (Sample.openText, Sample.odt.bytes),
        (
            Sample.word,
            Sample.docx.with { $0.parts = $0.parts.map { $0.with { $0.describedWidth = 4 } } }.bytes
        ),
        (
            Sample.word,
            Sample.docx.with { $0.parts = $0.parts.map { $0.with { $0.describedWidth = 8 } } }.bytes
        ),
        (
            Sample.word,  // A part in whose bytes there is something like a description.
            Sample.docx.with {
                $0.parts.append(
                    .init("word/media/2.emf", Array("PKPK".utf8) + [7, 8] + Array(repeating: 0x50, count: 90_000))
                        .with { $0.describedWidth = 4 })
            }.bytes
        ),
        (
            Sample.word,  // A chart keeps its figures in a sheet of its own.
            Sample.docx.with { $0.parts.append(.init("word/embeddings/Sheet1.xlsx", Sample.xlsx.bytes)) }.bytes
        ),
        (
            Sample.word,  // Just below what counts as a bomb.
            Sample.docx.with {
                $0.parts.append(.init("word/a.xml").with { ($0.method, $0.unpacked) = (8, 10 << 20) })
            }.bytes
        ),
        ("application/pdf", Sample.pdf), ("application/rtf", Sample.rtf), ("application/msword", Sample.doc()),
        ("application/msword", Sample.doc(before: 65_515)),
        ("image/png", Sample.png()), ("image/png", Sample.png(width: 20_000, height: 10_000)),
        ("image/jpeg", Sample.jpeg()), ("image/jpeg", Sample.jpeg(frame: 0xc2, notes: 0)),
        ("image/jpeg", Sample.jpeg(width: 20_000, height: 10_000)),
        ("image/tiff", Sample.tiff()), ("image/tiff", Sample.tiff(isLittle: false)),
        ("image/tiff", Sample.tiff(strip: 0)), ("audio/mpeg", Array("ID3 words".utf8)),
        ("video/mp4", [0, 0, 0, 24] + Array("ftypisom".utf8)), ("message/rfc822", Sample.mail),
        ("text/plain", Array("plain words, naïve, ‘quoted’, 😀\r\n\tand more".utf8)), ("text/plain", []),
        ("text/plain", [0x93, 0x71, 0x94, 0x20, 0xe9]),  // “q” é in Windows-1252.
        ("text/plain", [0xef, 0xbb, 0xbf, 0x61]), ("text/csv", Array("a,b\n1,<html>\n".utf8)),
        ("application/octet-stream", [0, 1, 2]), ("application/octet-stream", []),
    ]

    @Test("what is as it claims is taken, in whatever pieces it comes", arguments: good)
    func takes(type: String, bytes: [UInt8]) throws {
        for count in [65_536, 4096, 61, 1] where count > 1 || bytes.count < 100_000 {
            #expect(try Self.problem(type, bytes, by: count) == nil, "\(type) by \(count)")
        }
    }

    static let mismatches: [(String, [UInt8])] = [
        ("application/pdf", Array("<html>".utf8)), ("application/pdf", Array("\n%PDF-1.7".utf8)),
        ("application/pdf", Array("%PD".utf8)), ("application/pdf", []), ("application/rtf", Sample.pdf),
        ("audio/mpeg", Sample.pdf), ("video/mp4", Sample.pdf),
        ("image/png", Sample.jpeg()), ("image/png", []), ("image/png", Array(Sample.png().dropLast())),
        ("image/png", Array(Sample.png().prefix(60))), ("image/png", Sample.png(width: 0)),
        ("image/jpeg", [0xff, 0xd8]), ("image/jpeg", [0xff, 0xd8, 0xff, 0xd9]), ("image/jpeg", Sample.png()),
        ("image/jpeg", Sample.jpeg(height: 0)), ("image/jpeg", Sample.jpeg(frame: 0xc8)),
        ("image/tiff", Sample.png()), ("image/tiff", Array(Sample.tiff().prefix(100_000))),
        ("image/tiff", Sample.tiff(width: 0)), ("image/tiff", [0x49, 0x49, 42, 0, 0, 0, 0, 0]),
        ("application/msword", Sample.doc(["Root Entry", "Workbook"])), ("application/msword", Sample.docx.bytes),
        ("text/plain", [0x61, 0x00, 0x62]), ("text/plain", [0x61, 0x1b]), ("text/plain", [0x61, 0x7f]),
        ("text/plain", [0xc3, 0x28, 0x81]), ("text/plain", [0x81]), ("text/plain", Array("\n <HTML>".utf8)),
        ("text/plain", Array("#!/bin/sh".utf8)), ("text/plain", Array("<!DOCTYPE html>".utf8)),
        ("text/plain", Array("<svg xmlns='…'>".utf8)), ("text/plain", [0xef, 0xbb, 0xbf] + Array("<script>".utf8)),
        ("text/plain", Sample.pdf), ("text/csv", Sample.docx.bytes),
        ("text/plain", Array(repeating: 0x61, count: 200_000) + [0]),
        ("text/plain", Array("naïve ".utf8) + [0xe2, 0x81]),
        ("message/rfc822", Array("plain words\r\n".utf8)), ("message/rfc822", Sample.mail + [0]),
        (Sample.word, Sample.xlsx.bytes), (Sample.sheet, Sample.docx.bytes), (Sample.slides, Sample.odt.bytes),
        (Sample.openText, Sample.docx.bytes), (Sample.word, []), (Sample.word, Array(Sample.docx.bytes.dropLast())),
        (Sample.word, ZipMaker([]).bytes), (Sample.word, Array("PK".utf8)),
        (Sample.word, ZipMaker([.init("[Content_Types].xml"), .init("x/word/document.xml")]).bytes),
        (Sample.openText, Sample.odt.with { $0.parts.swapAt(0, 1) }.bytes),
        (Sample.openText, Sample.odt.with { $0.parts[0] = .init("mimetype", Sample.openText + "-template") }.bytes),
        (Sample.word, Sample.docx.with { $0.parts[1].method = 12 }.bytes),
    ]

    @Test("what is not what it claims is refused", arguments: mismatches)
    func refuses(type: String, bytes: [UInt8]) throws {
        for count in [65_536, 61] { #expect(try Self.problem(type, bytes, by: count) == .mismatch, "\(type)") }
    }

    private static func docx(_ change: (inout ZipMaker) -> Void) -> (String, [UInt8]) {
        (Sample.word, Sample.docx.with(change).bytes)
    }

    private static func docx(adding part: ZipMaker.Part) -> (String, [UInt8]) { docx { $0.parts.append(part) } }

    static let unsafe: [(ContentDanger, (String, [UInt8]))] = [
        (.macros, docx(adding: .init("word/vbaProject.bin"))), (.macros, docx(adding: .init("Word/VBAPROJECT.BIN"))),
        (.macros, docx(adding: .init("word/other.bin"))), (.macros, docx(adding: .init("word/embeddings/a.xlsm"))),
        (.macros, (Sample.openText, Sample.odt.with { $0.parts.append(.init("Basic/Standard/a.xml")) }.bytes)),
        (.macros, ("application/msword", Sample.doc(["WordDocument", "_VBA_PROJECT"]))),
        (.macros, ("application/msword", Sample.doc(["_VBA_PROJECT"], before: 65_517))),
        (.encrypted, docx { $0.parts[2].flags = 1 }), (.encrypted, docx { $0.parts[0].flags = 1 }),
        (.encrypted, ("application/msword", Sample.doc(["EncryptedPackage"]))),
        (.nestedArchive, docx(adding: .init("word/media/a.zip"))),
        (.nestedArchive, docx(adding: .init("word/embeddings/a.7z"))),
        (.nestedArchive, docx(adding: .init("word/other.docx"))),
        (.nestedArchive, docx(adding: .init("word/media/a.png", Sample.xlsx.bytes))),
        (.nestedArchive, docx(adding: .init("word/embeddings/a.xlsx", [0x1f, 0x8b, 8, 0]))),
        (.expandsTooFar, docx(adding: .init("word/a.xml").with { ($0.method, $0.unpacked) = (8, 11 << 20) })),
        (.expandsTooFar, docx(adding: .init("word/a.xml").with { ($0.method, $0.unpacked) = (8, 0xffff_ffff) })),
        (
            .expandsTooFar,  // Many parts, none of which is a bomb by itself.
            docx { maker in
                maker.parts += (0..<40).map { number in
                    .init("word/\(number).xml").with { ($0.method, $0.unpacked) = (8, 9 << 20) }
                }
            }
        ),
        (
            .expandsTooFar,  // Above 4 GiB, at a ratio that is none.
            docx { maker in
                maker.parts += (0..<3).map { number in
                    .init("word/\(number).xml", Array(repeating: 0, count: 8 << 20))
                        .with { ($0.method, $0.unpacked, $0.sum) = (8, 1500 << 20, 0) }
                }
            }
        ),
        (.tooManyParts, docx { maker in maker.parts += (0..<10_000).map { .init("word/\($0).xml", "") } }),
        (
            .tooManyParts,
            docx { maker in
                maker.parts += (0..<2_500).map { .init(String(repeating: "n", count: 500) + "\($0)", "") }
            }
        ),
        (.tooManyPixels, ("image/png", Sample.png(width: 20_001, height: 10_000))),
        (.tooManyPixels, ("image/png", Sample.png(width: 0xffff_ffff, height: 0xffff_ffff))),
        (.tooManyPixels, ("image/jpeg", Sample.jpeg(width: 65_500, height: 65_500))),
        (.tooManyPixels, ("image/tiff", Sample.tiff(width: 100_000, height: 100_000))),
        (.contradictsItself, docx { $0.parts[2].listedUnpacked = 5 }),
        (.contradictsItself, docx { $0.parts[2].listedName = "word/docum3nt.xml" }),
        (.contradictsItself, docx { $0.parts[2].listedOffset = 0 }),
        (.contradictsItself, docx { $0.parts[2].listedOffset = 1 }),
        (.contradictsItself, docx { $0.parts[2].listedMethod = 8 }),
        (.contradictsItself, docx { $0.parts[2].unpacked = 5 }),  // Stored, and longer than it is.
        (.contradictsItself, docx { $0.parts[2].isHidden = true }), (.contradictsItself, docx { $0.countAdded = 1 }),
        (.contradictsItself, docx { $0.listsLastTwice = true }), (.contradictsItself, docx { $0.startAdded = 1 }),
        (.contradictsItself, docx { $0.lengthAdded = 1 }),
        (.contradictsItself, docx { ($0.parts[2].describedWidth, $0.parts[2].headerPacked) = (4, 5) }),
        (.contradictsItself, docx { $0.between = [0] }), (.contradictsItself, docx { $0.parts.append($0.parts[2]) }),
        (.contradictsItself, docx(adding: .init("WORD/document.xml"))),
        (.contradictsItself, docx(adding: .init("../word/a.xml"))), (.contradictsItself, docx(adding: .init("/a.xml"))),
        (.contradictsItself, docx(adding: .init("word\\a.xml"))),
        (
            .contradictsItself,  // The directory lists one part twice, and the part in between never.
            docx {
                $0.parts.append(.init("word/a.xml"))
                let offset = UInt64($0.with { $0.parts.removeLast(2) }.bytes.count)
                $0.parts[4].listedOffset = offset
            }
        ),
        (.moreBehindTheEnd, docx { $0.behind = [0] }), (.moreBehindTheEnd, docx { $0.comment = "a comment" }),
        (.moreBehindTheEnd, docx { $0.behind = Sample.docx.bytes }),
        (.moreBehindTheEnd, ("image/png", Sample.png() + Sample.docx.bytes)),
    ]

    @Test("what is unsafe is refused, and says why", arguments: unsafe)
    func dangers(danger: ContentDanger, content: (String, [UInt8])) throws {
        for count in [65_536, 4093] where content.1.count < 1 << 20 || count == 65_536 {
            #expect(try Self.problem(content.0, content.1, by: count) == .unsafe(danger), "\(danger) \(content.0)")
        }
    }

    @Test("a zip container cut at any byte is refused")
    func cut() throws {
        let whole = Sample.docx.with { $0.parts.removeLast() }.bytes
        for count in 0..<whole.count {
            #expect(try Self.problem(Sample.word, Array(whole.prefix(count))) != nil, "\(count)")
        }
    }

    @Test("a changed byte in a zip container's lists is never a crash")
    func changed() throws {
        let whole = Sample.docx.with { $0.parts.removeLast() }.bytes
        for place in whole.indices {
            for value: UInt8 in [0, 1, 0x7f, 0x80, 0xff] {
                var bytes = whole
                bytes[place] = value
                _ = try Self.problem(Sample.word, bytes)
            }
        }
    }

    @Test("a picture or a Word file with any byte changed, or cut at any byte, is never a crash")
    func damaged() throws {
        let files: [(String, [UInt8])] = [
            ("image/jpeg", Sample.jpeg(notes: 0)), ("image/tiff", Sample.tiff(strip: 3)),
            ("application/msword", Sample.doc(before: 20)), ("image/png", Array(Sample.png().prefix(80))),
        ]
        for (type, whole) in files {
            for place in whole.indices {
                _ = try Self.problem(type, Array(whole.prefix(place)))
                for value: UInt8 in [0, 1, 0x7f, 0xff] {
                    var bytes = whole
                    bytes[place] = value
                    _ = try Self.problem(type, bytes)
                }
            }
        }
    }

    @Test("every file of the fictional county is what it claims")
    func samples() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Samples")
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        var count = 0
        for name in names where !name.hasSuffix(".py") {
            guard let type = MediaType(fileName: name) else { continue }
            let bytes = [UInt8](try Data(contentsOf: folder.appending(path: name)))
            #expect(try Self.problem(type.name, bytes) == nil, "\(name)")
            count += 1
        }
        #expect(count >= 20)
    }

    @Test("every danger is a sentence that says what to do")
    func sentences() {
        for danger in ContentDanger.allCases {
            #expect(danger.sentence.hasSuffix("."))
            #expect(danger.rawValue.allSatisfy { $0.isLowercase || $0 == "-" })
        }
    }
}
