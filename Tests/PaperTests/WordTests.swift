import Testing

@testable import Paper

@Suite("what a Word document hides is reported, and gets no page")
struct WordTests {
    private static let hiding = [
        Sheets.run("Plain opening. "),
        "<w:del AUTHOR><w:r><w:delText>Deletedword</w:delText></w:r></w:del><w:ins AUTHOR>\(Sheets.run("Insertedword"))</w:ins>",
        Sheets.run("Vanishedword", "<w:vanish/>") + Sheets.run("Shownword", "<w:vanish w:val=\"0\"/>"),
        Sheets.run("Ghostword", "<w:rStyle w:val=\"Ghost\"/>"),
        "<w:commentRangeStart w:id=\"1\"/>\(Sheets.run("Commentedword"))<w:commentRangeEnd w:id=\"1\"/><w:r><w:commentReference w:id=\"1\"/></w:r>",
        "<w:moveFrom AUTHOR>\(Sheets.run("Movedaway"))</w:moveFrom><w:moveTo AUTHOR>\(Sheets.run("Movedhere"))</w:moveTo>",
    ]

    @Test("deletions, comments, hidden text and metadata are counted, by place")
    func reports() async throws {
        let desk = try Sheets.desk()
        try Sheets.word(
            Self.hiding, comment: "Remarkword", more: [("word/vbaProject.bin", "x")], on: desk, as: "in.docx")
        let hidden = try await desk.inspect(Source("in.docx", .word))
        let document = "word/document.xml"
        #expect(
            Set(hidden) == [
                Hidden(.deletion, in: document, 2), Hidden(.insertion, in: document, 2),
                Hidden(.hiddenText, in: document, 2),
                Hidden(.comment, in: document), Hidden(.comment), Hidden(.metadata), Hidden(.macro),
            ])
    }

    @Test("the pages have what a reader sees, and say what was left out")
    func pages() async throws {
        let desk = try Sheets.desk()
        try Sheets.word(Self.hiding, comment: "Remarkword", on: desk, as: "in.docx")
        let pages = try await desk.pages(of: Source("in.docx", .word))
        let words = try await desk.words(on: 1, of: pages).map(\.text)
        #expect(words == ["Plain", "opening.", "Insertedword", "Shownword", "Commentedword", "Movedhere"])
        #expect(Set(pages.leftOut.map(\.kind)) == [.deletion, .hiddenText, .comment, .metadata])
        let output = try await Tool("qpdf").run(
            ["--qdf", pages.file, "-"], in: desk.scratch, limits: Limits(outputBytes: 8 << 20))
        for word in ["Deletedword", "Remarkword", "Ghostword"] { #expect(!output.text.contains(word)) }
    }

    @Test("LibreOffice by itself would print what was deleted: that is why it is taken out first")
    func printsDeletions() async throws {
        let desk = try Sheets.desk()
        try Sheets.word(Self.hiding, on: desk, as: "in.docx")
        _ = try await Tool("soffice").run(
            ["--headless", "-env:UserInstallation=file:///tmp/office", "--convert-to", "pdf", "in.docx"],
            in: desk.scratch,
            limits: Limits(seconds: 120, memoryBytes: 4 << 30, processes: 256))
        #expect(try await Sheets.text(of: "in.pdf", on: desk).contains("Deletedword"))
    }

    @Test(
        "a part that expands, lies about its letters, or is cut off is refused",
        arguments: [
            "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "<?xml version=\"1.0\" encoding=\"UTF-7\"?><a/>",
            "<a><b></a>", "<a", "<a/><b/>",
            "<a><![CDATA[<w:del>]]></a>", String(repeating: "<a>", count: 300) + String(repeating: "</a>", count: 300),
            "",
        ])
    func refusesXML(text: String) {
        #expect(throws: PaperError.damaged) { _ = try XMLTree(Array(text.utf8)) }
    }

    @Test("two parts of one name, and a part that unpacks to more than a text, are refused")
    func refusesContainers() async throws {
        let desk = try Sheets.desk()
        try Sheets.word([], more: [("word/Document.xml", "<a/>")], on: desk, as: "twice.docx")
        await #expect(throws: PaperError.damaged) { _ = try await desk.pages(of: Source("twice.docx", .word)) }
        var small = desk.bounds
        small.textBytes = 1 << 20
        let bounded = Desk(desk.scratch, bounds: small)
        try desk.scratch.write(
            Array("import zipfile\nz = zipfile.ZipFile('bomb.docx', 'w', zipfile.ZIP_DEFLATED)\n".utf8), to: "bomb.py")
        try desk.scratch.append(
            Array("z.writestr('word/document.xml', ' ' * (64 << 20))\nz.close()\n".utf8), to: "bomb.py")
        _ = try await Tool("python3").run(["bomb.py"], in: desk.scratch)
        await #expect(throws: PaperError.tooLarge) { _ = try await bounded.pages(of: Source("bomb.docx", .word)) }
    }

    @Test("what hides in a workbook is reported, and the workbook refused")
    func workbook() async throws {
        let desk = try Sheets.desk()
        var zip = StoredZip("in.xlsx", in: desk.scratch)
        let parts = [
            (
                "xl/workbook.xml",
                "<workbook><sheets><sheet name=\"a\"/><sheet name=\"b\" state=\"veryHidden\"/></sheets></workbook>"
            ),
            (
                "xl/worksheets/sheet1.xml",
                "<worksheet><cols><col hidden=\"1\"/></cols><sheetData><row/><row hidden=\"1\"/></sheetData></worksheet>"
            ),
            ("xl/comments1.xml", "<comments/>"), ("xl/pivotCache/pivotCacheDefinition1.xml", "<p/>"),
        ]
        for (part, text) in parts { try zip.add(part, Array(text.utf8)) }
        try zip.finish()
        let kinds = try await desk.inspect(Source("in.xlsx", .spreadsheet)).map(\.kind)
        #expect(Set(kinds) == [.hiddenSheet, .hiddenRow, .hiddenColumn, .comment, .pivotCache])
        await #expect(throws: PaperError.notForPages) { _ = try await desk.pages(of: Source("in.xlsx", .spreadsheet)) }
    }
}
