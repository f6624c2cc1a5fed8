import Testing

@testable import Paper

@Suite("PDFs are laid out, bound and locked")
struct PDFTests {
    @Test("papers are bound in their order")
    func merge() async throws {
        let desk = try Sheets.desk()
        for name in ["a", "b", "c"] { try await desk.fromHTML(Sheets.html("<p>Page \(name)</p>"), to: "\(name).pdf") }
        try await desk.merge(["c.pdf", "a.pdf", "b.pdf"], to: "all.pdf")
        #expect(try await desk.pageCount(of: "all.pdf") == 3)
        #expect(Sheets.spaced(try await Sheets.text(of: "all.pdf", on: desk)) == "Page c Page a Page b")
        await #expect(throws: PaperError.noSuchFile) { try await desk.merge([], to: "none.pdf") }
    }

    @Test("a letter is tagged, has its language and title, and says nothing of where it was made")
    func letter() async throws {
        let desk = try Sheets.desk()
        try await desk.fromHTML(
            Sheets.html("<h1>Dear Ms Example</h1><p>Your copy.</p>", title: "Your request"), to: "letter.pdf")
        let info = try await desk.info(of: "letter.pdf")
        #expect(info["Title"] == "Your request" && info["Tagged"] == "yes")
    }

    @Test("a page of HTML reaches nothing outside its folder")
    func outside() async throws {
        let desk = try Sheets.desk()
        let body =
            "<p>x</p><img src=\"file:///etc/passwd\"><img src=\"http://192.0.2.1/a.png\"><link rel=attachment href=\"file:///etc/shadow\">"
        try await desk.fromHTML(Sheets.html(body), to: "letter.pdf")
        #expect(try await desk.structure(of: "letter.pdf")[.attachment] == nil)
    }

    @Test(
        "a locked PDF opens with its password only, and with AES-256",
        arguments: ["correct horse", "pässwörd (1)", "(", "@file"])
    func encrypt(password: String) async throws {
        let desk = try Sheets.desk()
        try await desk.fromHTML(Sheets.html("<p>Secret page</p>"), to: "in.pdf")
        try await desk.encrypt("in.pdf", password: Array(password.utf8), to: "locked.pdf")
        #expect(desk.scratch.names == ["in.pdf", "locked.pdf"])
        await #expect(throws: PaperError.self) { _ = try await Sheets.text(of: "locked.pdf", on: desk) }
        try desk.scratch.write(Array(password.utf8), to: "word.txt")
        let shown = try await Tool("qpdf").run(
            ["--password-file=word.txt", "--show-encryption", "locked.pdf"], in: desk.scratch
        ).text
        #expect(shown.contains("R = 6") && shown.contains("AESv3"))
        await #expect(throws: PaperError.locked) { _ = try await desk.pages(of: Source("locked.pdf", .pdf)) }
        #expect(try await desk.inspect(Source("locked.pdf", .pdf)) == [Hidden(.encryption)])
    }

    @Test(
        "a password that a PDF cannot have is refused",
        arguments: ["", "a\nb", "--decrypt", String(repeating: "x", count: 128)])
    func unusable(password: String) async throws {
        let desk = try Sheets.desk()
        await #expect(throws: PaperError.unusablePassword) {
            try await desk.encrypt("in.pdf", password: Array(password.utf8), to: "out.pdf")
        }
    }

    @Test("plain text is laid out as it stands, whatever it says")
    func text() async throws {
        let desk = try Sheets.desk()
        try desk.scratch.write(Array("One & <b>two</b>\n\u{1b}[31m  three £ \u{0}end".utf8), to: "in.txt")
        let pages = try await desk.pages(of: Source("in.txt", .text))
        #expect(
            try await desk.words(on: 1, of: pages).map(\.text) == [
                "One", "&", "<b>two</b>", "[31m", "three", "£", "end",
            ])
    }

    @Test("text is read in the letters that it was written in")
    func letters() async throws {
        let desk = try Sheets.desk()
        let files: [(String, [UInt8])] = [
            ("utf8.txt", Array("Brónagh".utf8)), ("latin.txt", Array("Br".utf8) + [0xf3] + Array("nagh".utf8)),
            ("wide.txt", [0xff, 0xfe] + "Brónagh".utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }),
        ]
        for (name, bytes) in files {
            try desk.scratch.write(bytes, to: name)
            let pages = try await desk.pages(of: Source(name, .text))
            #expect(try await desk.words(on: 1, of: pages).map(\.text) == ["Brónagh"], "\(name)")
        }
    }

    @Test("what is no PDF, or broken, or too large is refused")
    func hostile() async throws {
        let desk = try Sheets.desk()
        func page(_ size: String, count: Int = 1) -> String {
            "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count \(count)>>endobj "
                + "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[\(size)]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
        }
        let files = [
            "empty.pdf": "", "text.pdf": "not a PDF at all", "cut.pdf": String(page("0 0 600 800").prefix(80)),
            "large.pdf": page("0 0 14400 14400"), "endless.pdf": page("0 0 1e30 1e30"), "none.pdf": page("0 0 0 0"),
        ]
        for (name, text) in files {
            try desk.scratch.write(Array(text.utf8), to: name)
            await #expect(throws: PaperError.self, "\(name)") {
                let pages = try await desk.pages(of: Source(name, .pdf))
                try await desk.redact(pages, [], to: "out.pdf")
            }
            #expect(!desk.scratch.has("out.pdf"))
        }
        try desk.scratch.write(Array(page("0 0 600 800", count: 2_000_000_000).utf8), to: "many.pdf")
        if let pages = try? await desk.pages(of: Source("many.pdf", .pdf)) { #expect(pages.count == 1) }
        let loop =
            "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[2 0 R]/Count 5>>endobj trailer<</Root 1 0 R>>"
        try desk.scratch.write(Array("%PDF-1.4\n\(loop)".utf8), to: "loop.pdf")
        await #expect(throws: PaperError.self) { _ = try await desk.pages(of: Source("loop.pdf", .pdf)) }
    }

    @Test("more pages than are worked on are refused, not cut off")
    func manyPages() async throws {
        let desk = try Sheets.desk()
        var bounds = desk.bounds
        bounds.pages = 2
        let body = (1...3).map { "<p style=\"break-after: page\">\($0)</p>" }.joined()
        try await desk.fromHTML(Sheets.html(body), to: "in.pdf")
        let bounded = Desk(desk.scratch, bounds: bounds)
        await #expect(throws: PaperError.tooManyPages) { _ = try await bounded.pages(of: Source("in.pdf", .pdf)) }
    }

    @Test("a stream that unpacks to gigabytes is stopped")
    func bomb() async throws {
        let desk = try Sheets.desk()
        let program = """
            import zlib
            part = zlib.compressobj(9)
            data = b''.join(part.compress(b' ' * (1 << 20)) for _ in range(700)) + part.flush()
            open('bomb.pdf', 'wb').write(b'%%PDF-1.4\\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj '
                b'2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj 3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R>>endobj '
                b'4 0 obj<</Filter/FlateDecode/Length %d>>stream\\n' % len(data) + data + b'\\nendstream endobj\\ntrailer<</Root 1 0 R>>\\n%%EOF\\n')
            """
        _ = try await Tool("python3").run(["-c", program], in: desk.scratch)
        await #expect(throws: PaperError.self) { _ = try await desk.inspect(Source("bomb.pdf", .pdf)) }
        #expect(desk.scratch.names == ["bomb.pdf"])
    }
}
