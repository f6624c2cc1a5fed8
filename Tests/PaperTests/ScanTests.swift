import Testing

@testable import Paper

@Suite("pictures are read by eye, and papers turned or cut lie as they look")
struct ScanTests {
    private let body =
        "<p style=\"font-size: 14pt\">The visit of Zebedee Quillfeather was on 3 May 2014. The weather was fine.</p>"
    private func terms() throws -> Terms {
        try Terms([Term("Zebedee Quillfeather", .name, code: "S16"), Term("3 May 2014", .date, code: "S16")])
    }

    private func redacts(_ pages: Pages, on desk: Desk) async throws {
        let found = try await desk.find(terms(), in: pages)
        #expect(Set(found.map(\.term)) == [0, 1])
        try await desk.redact(pages, found.flatMap(\.areas), to: "out.pdf")
        try await desk.requireGone(terms(), from: "out.pdf", areas: found.flatMap(\.areas))
        #expect(try await Sheets.text(of: "out.pdf", on: desk).contains("weather was fine"))
    }

    @Test("a scanned page", arguments: ["png", "jpeg", "tiff"])
    func scanned(format: String) async throws {
        let desk = try Sheets.desk()
        let pages = try await Sheets.pdf(body, on: desk)
        _ = try await Tool("pdftoppm").run(
            ["-r", "150", "-\(format)", "-singlefile", pages.file, "scan"], in: desk.scratch)
        let file = try #require(desk.scratch.names.first { $0.hasPrefix("scan") })
        try await redacts(try await desk.pages(of: Source(file, .image)), on: desk)
    }

    @Test("a scan with a layer of text, whose words are found twice, and boxes that overlap")
    func twice() async throws {
        let desk = try Sheets.desk()
        let pages = try await Sheets.pdf(body, on: desk)
        try await desk.redact(pages, [], to: "scan.pdf")
        let scan = try await desk.pages(of: Source("scan.pdf", .pdf))
        #expect(scan.pictured == [1])
        let found = try await desk.find(terms(), in: scan)
        #expect(found.count { $0.term == 0 } > 1)
        let first = try #require(found.first?.areas.first)
        let byHand = Area(page: 1, x: first.x - 20, y: first.y - 6, width: 60, height: 20, code: "Sch 3 p 5")
        let areas = found.flatMap(\.areas) + [byHand]
        try await desk.redact(scan, areas, to: "out.pdf")
        try await desk.requireGone(terms(), from: "out.pdf", areas: areas)
    }

    @Test("a page that is turned", arguments: ["90", "180", "270"])
    func turned(angle: String) async throws {
        let desk = try Sheets.desk()
        // Laid out sideways in the file, and turned upright by it: as scanners and printers do.
        let pages = try await Sheets.pdf(body, on: desk)
        _ = try await Tool("pdftoppm").run(["-r", "150", "-gray", "-singlefile", pages.file, "page"], in: desk.scratch)
        let back = ["90": "270", "180": "180", "270": "90"][angle] ?? angle
        _ = try await Tool("python3").run(
            ["-c", "from PIL import Image; Image.open('page.pgm').rotate(\(angle), expand=True).save('side.png')"],
            in: desk.scratch)
        _ = try await Tool("img2pdf").run(["--imgsize", "150dpi", "-o", "side.pdf", "side.png"], in: desk.scratch)
        _ = try await Tool("qpdf").run(
            ["--rotate=\(angle == "180" ? back : angle)", "side.pdf", "turned.pdf"], in: desk.scratch)
        try await redacts(try await desk.pages(of: Source("turned.pdf", .pdf)), on: desk)
    }

    @Test("a page with text, turned and cut by its frame: nothing of what is cut away comes back")
    func cropped() async throws {
        let desk = try Sheets.desk()
        _ = try await Sheets.pdf("\(body)<p style=\"margin-top: 15cm\">Belowword</p>", on: desk)
        let program = """
            import pikepdf
            p = pikepdf.open('in.pdf')
            p.pages[0].CropBox = pikepdf.Array([30, 500, 580, 800])
            p.pages[0].Rotate = 90
            p.save('cut.pdf')
            """
        _ = try await Tool("python3").run(["-c", program], in: desk.scratch)
        #expect(try await desk.inspect(Source("cut.pdf", .pdf)).contains { $0.kind == .croppedAway })
        let pages = try await desk.pages(of: Source("cut.pdf", .pdf))
        let found = try await desk.find(terms(), in: pages)
        #expect(Set(found.map(\.term)) == [0, 1])
        try await desk.redact(pages, found.flatMap(\.areas), to: "out.pdf")
        try await desk.requireGone(Terms([Term("Belowword", .words, code: "")]), from: "out.pdf")
        try await desk.requireGone(terms(), from: "out.pdf", areas: found.flatMap(\.areas))
    }

    @Test("what a photograph says of the place and the camera is reported, and not in its pages")
    func photograph() async throws {
        let desk = try Sheets.desk()
        let pages = try await Sheets.pdf(body, on: desk)
        _ = try await Tool("pdftoppm").run(["-r", "100", "-jpeg", "-singlefile", pages.file, "scan"], in: desk.scratch)
        #expect(try await desk.inspect(Source("scan.jpg", .image)).isEmpty)
        _ = try await Tool("exiftool").run(
            [
                "-q", "-overwrite_original", "-GPSLatitude=51.5", "-GPSLatitudeRef=N", "-Model=Quillfeather",
                "-XMP:Creator=Zebedee", "scan.jpg",
            ],
            in: desk.scratch)
        let kinds = try await desk.inspect(Source("scan.jpg", .image)).map(\.kind)
        #expect(Set(kinds).isSuperset(of: [.location, .camera, .metadata]))
        let photographed = try await desk.pages(of: Source("scan.jpg", .image))
        try await desk.redact(
            photographed, try await desk.find(terms(), in: photographed).flatMap(\.areas), to: "out.pdf")
        try await desk.requireGone(terms(), from: "out.pdf")
    }

    @Test("what a photograph in a PDF says of the place is reported, and so is one that nobody can look into")
    func photographInside() async throws {
        let desk = try Sheets.desk()
        let pages = try await Sheets.pdf(body, on: desk)
        _ = try await Tool("pdftoppm").run(["-r", "100", "-jpeg", "-singlefile", pages.file, "scan"], in: desk.scratch)
        func kinds(_ arguments: [String]) async throws -> Set<Hidden.Kind> {
            if !arguments.isEmpty {
                _ = try await Tool("exiftool").run(
                    ["-q", "-overwrite_original"] + arguments + ["scan.jpg"], in: desk.scratch)
            }
            _ = try await Tool("img2pdf").run(["--nodate", "-o", "bound.pdf", "scan.jpg"], in: desk.scratch)
            let found = try await desk.inspect(Source("bound.pdf", .pdf)).filter { $0.kind != .metadata }
            return Set(found.map(\.kind))
        }
        #expect(try await kinds([]) == [])
        #expect(try await kinds(["-GPSLatitude=51.5", "-GPSLatitudeRef=N"]).contains(.location))
        let metadata = Hidden(.metadata, 1)
        #expect(try await desk.inspect(Source("bound.pdf", .pdf)).contains(metadata))
        // Packed once more, as some writers do.
        let program = """
            import pikepdf, zlib
            p = pikepdf.open('bound.pdf')
            old = next(iter(p.pages[0].images.values()))
            old.write(zlib.compress(old.read_raw_bytes()),
                filter=pikepdf.Array([pikepdf.Name.FlateDecode, pikepdf.Name.DCTDecode]), decode_parms=None)
            p.save('packed.pdf', compress_streams=False)
            """
        _ = try await Tool("python3").run(["-c", program], in: desk.scratch)
        #expect(try await desk.inspect(Source("packed.pdf", .pdf)).contains(Hidden(.metadata, 2)))
    }
}
