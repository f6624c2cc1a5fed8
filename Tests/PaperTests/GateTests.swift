import Testing

@testable import Paper

@Suite("the gate fails closed")
struct GateTests {
    private let secret = "Zebedee Quillfeather"
    private func terms() throws -> Terms { try Terms([Term(secret, .name, code: "S16")]) }

    /// A copy of a harmless page, rebuilt as a redacted copy is.
    private func rebuilt(_ body: String, on desk: Desk, as name: String) async throws {
        let pages = try await Sheets.pdf(body, on: desk, as: "t-source.pdf")
        try await desk.redact(pages, [], to: name)
    }

    private func run(_ program: String, on desk: Desk) async throws {
        try desk.scratch.write(Array(program.utf8), to: "make.py")
        _ = try await Tool("python3").run(["make.py"], in: desk.scratch)
    }

    private func places(in file: String, areas: [Area] = [], on desk: Desk) async throws -> Set<Trace.Place> {
        let traces = try await desk.traces(of: terms(), in: file, areas: areas)
        if !traces.isEmpty {
            await #expect(throws: PaperError.notGone(traces: traces.count)) {
                try await desk.requireGone(terms(), from: file, areas: areas)
            }
        }
        return Set(traces.map(\.place))
    }

    @Test("a rebuilt page without the term passes")
    func passes() async throws {
        let desk = try Sheets.desk()
        try await rebuilt("<p>Nothing of the kind.</p>", on: desk, as: "out.pdf")
        #expect(try await places(in: "out.pdf", on: desk).isEmpty)
    }

    @Test("a black box over text that is still there")
    func overlay() async throws {
        let desk = try Sheets.desk()
        _ = try await Sheets.pdf(
            "<p>By <span style=\"background: black; color: black\">\(secret)</span></p>", on: desk, as: "out.pdf")
        let places = try await places(in: "out.pdf", on: desk)
        #expect(places.contains(.text(page: 1)) && !places.contains(.picture(page: 1)))
        let hidden = try await desk.inspect(Source("out.pdf", .pdf))
        #expect(hidden.contains(Hidden(.unseenText, in: "page 1", 2)))
    }

    @Test(
        "the term in the metadata, whichever way it is written",
        arguments: ["Zebedee", "QUILLFEATHER", "quillfeather's report"])
    func metadata(text: String) async throws {
        let desk = try Sheets.desk()
        try await rebuilt("<p>Nothing.</p>", on: desk, as: "clean.pdf")
        try await run(
            """
            import pikepdf
            p = pikepdf.open('clean.pdf')
            p.docinfo['/Subject'] = pikepdf.String("\(text) ž")
            p.save('out.pdf')
            """, on: desk)
        let places = try await places(in: "out.pdf", on: desk)
        #expect(places == [.hidden(.metadata), .objects])
    }

    @Test("the term in an attachment, and any attachment at all")
    func attachment() async throws {
        let desk = try Sheets.desk()
        try await rebuilt("<p>Nothing.</p>", on: desk, as: "clean.pdf")
        try desk.scratch.write(Array("about \(secret)".utf8), to: "note.txt")
        _ = try await Tool("qpdf").run(
            ["clean.pdf", "--add-attachment", "note.txt", "--", "out.pdf"], in: desk.scratch)
        let places = try await places(in: "out.pdf", on: desk)
        #expect(places.contains(.hidden(.attachment)) && places.contains(.objects))
    }

    @Test("an earlier revision, whatever it says")
    func revision() async throws {
        let desk = try Sheets.desk()
        try await rebuilt("<p>Nothing.</p>", on: desk, as: "out.pdf")
        let size = try desk.scratch.size(of: "out.pdf")
        let tail = try desk.scratch.read("out.pdf", from: size - 200, count: 200)
        let start = try #require(
            String(decoding: tail, as: UTF8.self).split(separator: "startxref\n").last?.split(separator: "\n").first)
        try desk.scratch.append(
            Array("% changed\nxref\n0 0\ntrailer\n<< /Size 1 /Prev \(start) >>\nstartxref\n\(start)\n%%EOF\n".utf8),
            to: "out.pdf")
        #expect(try await places(in: "out.pdf", on: desk) == [.hidden(.earlierVersion)])
    }

    @Test("the term in the layer of text that nobody sees")
    func textLayer() async throws {
        let desk = try Sheets.desk()
        try await rebuilt("<p>By Zebedee, who left.</p>", on: desk, as: "read.pdf")
        // The picture is painted over, and the text that was read before stays.
        try await run(
            """
            import pikepdf
            p = pikepdf.open('read.pdf')
            image = pikepdf.PdfImage(p.pages[0].Resources.XObject['/Fx0'].Resources.XObject['/Im0']).obj
            image.write(bytes(image.Width * image.Height))
            p.save('out.pdf')
            """, on: desk)
        let places = try await places(in: "out.pdf", on: desk)
        #expect(places.contains(.text(page: 1)) && !places.contains(.picture(page: 1)))
    }

    @Test("pixels that can still be read, though no text is in the file")
    func pixels() async throws {
        let desk = try Sheets.desk()
        let pages = try await Sheets.pdf("<p>By \(secret), who left.</p>", on: desk)
        _ = try await Tool("pdftoppm").run(["-r", "200", "-gray", "-singlefile", pages.file, "page"], in: desk.scratch)
        _ = try await Tool("img2pdf").run(["--imgsize", "200dpi", "-o", "out.pdf", "page.pgm"], in: desk.scratch)
        let places = try await places(in: "out.pdf", on: desk)
        #expect(places.contains(.picture(page: 1)) && !places.contains(.text(page: 1)))
    }

    @Test("a box by hand that does not cover what is under it")
    func box() async throws {
        let desk = try Sheets.desk()
        let pages = try await Sheets.pdf("<p>Words that no list names.</p>", on: desk)
        let word = try #require(try await desk.words(on: 1, of: pages).first)
        let area = Area(page: 1, x: word.x, y: word.y, width: word.width, height: word.height, code: "S7")
        try await desk.redact(pages, [area], to: "out.pdf")
        #expect(try await places(in: "out.pdf", areas: [area], on: desk).isEmpty)
        try await desk.redact(pages, [], to: "bare.pdf")
        #expect(try await places(in: "bare.pdf", areas: [area], on: desk) == [.area(page: 1)])
    }

    @Test("traces that were signed off pass, and no others")
    func signedOff() async throws {
        let desk = try Sheets.desk()
        _ = try await Sheets.pdf("<p>By \(secret).</p>", on: desk, as: "out.pdf")
        let terms = try terms()
        let traces = Set(try await desk.traces(of: terms, in: "out.pdf"))
        try await desk.requireGone(terms, from: "out.pdf", signedOff: traces)
        let all = traces.filter { $0.place != .text(page: 1) }
        await #expect(throws: PaperError.notGone(traces: 1)) {
            try await desk.requireGone(terms, from: "out.pdf", signedOff: all)
        }
    }

    @Test(
        "scripts, forms, notes and layers",
        arguments: ["/OpenAction", "/AcroForm", "/OCProperties", "/AA", "/Outlines"])
    func structure(key: String) async throws {
        let desk = try Sheets.desk()
        try await rebuilt("<p>Nothing.</p>", on: desk, as: "clean.pdf")
        try await run(
            """
            import pikepdf
            p = pikepdf.open('clean.pdf')
            p.Root['\(key)'] = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS='app.alert(1)')
            p.save('out.pdf')
            """, on: desk)
        #expect(try await !places(in: "out.pdf", on: desk).isEmpty)
    }
}
