extension Desk {
    /// The words of a page, in the order in which they are read.
    ///
    /// Those that the file says, and behind them, where the page has pictures or says nothing, those that can be read by eye.
    public func words(on page: Int, of pages: Pages) async throws -> [Word] {
        let said = try await said(on: page, of: pages.file)
        guard said.isEmpty || pages.pictured.contains(page) else { return said }
        return try await picture(of: page, in: pages.file) { said + (try await read($0)) }
    }

    /// A page as a PNG, for somebody who draws a box by hand.
    public func preview(of page: Int, in pages: Pages, dotsPerInch: Int = 100, to result: String) async throws {
        let stem = result.hasSuffix(".png") ? String(result.dropLast(4)) : result
        let arguments =
            ["-q", "-png", "-cropbox", "-r", String(dotsPerInch)] + only(page) + ["-singlefile", pages.file, stem]
        _ = try await Tool("pdftoppm").run(arguments, in: scratch)
        guard scratch.has(stem + ".png") else { throw PaperError.damaged }
    }

    /// The words that a PDF says stand on a page: those within what is shown of it.
    func said(on page: Int, of file: String) async throws -> [Word] {
        let arguments = ["-q", "-cropbox", "-bbox", "-enc", "UTF-8"] + only(page) + [file, "-"]
        let output = try await Tool("pdftotext").run(
            arguments, in: scratch, limits: Limits(outputBytes: bounds.textBytes))
        return output.text.split(separator: "\n").compactMap(Self.word(bbox:))
    }

    /// The words in a picture, as tesseract reads them.
    func read(_ picture: PixelMap) async throws -> [Word] {
        let output = try await tesseract(picture, ["stdout"], ["tsv"])
        return words(table: output.text)
    }

    /// Reads a picture into a PDF of one page which has the text where it stands, and nothing to be seen.
    func read(_ picture: PixelMap, asLayer result: String) async throws {
        let stem = String(result.dropLast(4))
        defer { scratch.remove(stem + ".tsv") }
        _ = try await tesseract(picture, [stem], ["-c", "textonly_pdf=1", "pdf", "tsv"])
        guard scratch.has(result) else { throw PaperError.toolFailed(tool: "tesseract", status: 0) }
        let table = String(decoding: try scratch.readAll(stem + ".tsv", most: bounds.textBytes), as: UTF8.self)
        readings[try await digest(of: picture)] = words(table: table).map(\.text).joined(separator: "\n")
    }

    /// The text in a picture: read now, unless these very pixels were read before.
    func textRead(in picture: PixelMap) async throws -> String {
        if let known = readings[try await digest(of: picture)] { return known }
        return try await read(picture).map(\.text).joined(separator: "\n")
    }

    private func digest(of picture: PixelMap) async throws -> String {
        String(try await Tool("sha256sum").run([picture.file], in: scratch).text.prefix(64))
    }

    private func tesseract(_ picture: PixelMap, _ result: [String], _ forms: [String]) async throws -> Tool.Output {
        // Sauvola's threshold: one for a whole page passes over what is pale, such as text that was inserted under track changes.
        let settings = ["-l", "eng", "--dpi", String(bounds.dotsPerInch), "-c", "thresholding_method=2"]
        return try await Tool("tesseract").run(
            [picture.file] + result + settings + forms, in: scratch,
            limits: Limits(seconds: 120, outputBytes: bounds.textBytes))
    }

    private func words(table: String) -> [Word] {
        let points = 72 / Double(bounds.dotsPerInch)
        return table.split(separator: "\n").compactMap { line in
            let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard columns.count == 12, columns[0] == "5", !columns[11].allSatisfy(\.isWhitespace) else { return nil }
            let box = columns[6...9].compactMap { Double($0) }.map { $0 * points }
            guard box.count == 4 else { return nil }
            return Word(text: String(columns[11]), x: box[0], y: box[1], width: box[2], height: box[3], isRead: true)
        }
    }

    /// Gives a page as grey pixels for the length of a piece of work.
    func picture<Result>(of page: Int, in file: String, _ work: (PixelMap) async throws -> Result) async throws
        -> Result
    {
        try await temporary(".pgm") { name in
            let stem = String(name.dropLast(4))
            let arguments =
                ["-q", "-gray", "-cropbox", "-r", String(bounds.dotsPerInch)] + only(page) + [
                    "-singlefile", file, stem,
                ]
            _ = try await Tool("pdftoppm").run(arguments, in: scratch)
            return try await work(PixelMap(name, in: scratch))
        }
    }

    func only(_ page: Int) -> [String] { ["-f", String(page), "-l", String(page)] }

    /// Refuses a PDF that is locked, or whose pages are too many or too large to be painted, and says which have pictures.
    func survey(_ file: String) async throws -> (count: Int, pictured: Set<Int>) {
        let locked = try await Tool("qpdf").run(["--is-encrypted", file], in: scratch, statuses: [0, 2])
        guard locked.status == 2 else { throw PaperError.locked }
        let count = try await pageCount(of: file)
        let all = ["-f", "1", "-l", String(count)]
        let info = try await Tool("pdfinfo").run(all + [file], in: scratch, limits: Limits(outputBytes: 4 << 20))
        let sizes = info.text.split(separator: "\n").filter { $0.hasPrefix("Page ") && $0.contains(" size:") }
        guard sizes.count == count, sizes.allSatisfy(fits) else { throw PaperError.pageTooLarge }
        let images = try await Tool("pdfimages").run(
            ["-list", file], in: scratch, limits: Limits(outputBytes: 16 << 20))
        // From here on a document costs what its pages do.
        scratch.allow(seconds: count * bounds.secondsAPage)
        let pictured = images.text.split(separator: "\n").dropFirst(2).compactMap(Self.page(picturedBy:))
        return (count, Set(pictured))
    }

    /// `Page    1 size: 595.276 x 841.89 pts (A4)`
    private func fits(_ line: Substring) -> Bool {
        let words = line.split(separator: " ")
        guard let cross = words.firstIndex(of: "x"), cross > 0, cross + 1 < words.count,
            let width = Double(words[cross - 1]),
            let height = Double(words[cross + 1])
        else { return false }
        let dots = Double(bounds.dotsPerInch) / 72
        return width * dots * height * dots <= Double(bounds.pixels)
    }

    /// The page of a line of `pdfimages -list` whose picture is at least 20 points high and wide, or says nothing of its size.
    private static func page(picturedBy line: Substring) -> Int? {
        let columns = line.split(separator: " ")
        guard let page = columns.first.flatMap({ Int($0) }) else { return nil }
        guard columns.count >= 14, let width = Double(columns[3]), let height = Double(columns[4]),
            let across = Double(columns[columns.count - 4]), let down = Double(columns[columns.count - 3]), across > 0,
            down > 0
        else { return page }
        return width / across * 72 >= 20 && height / down * 72 >= 20 ? page : nil
    }

    /// `<word xMin="56.8" yMin="39.9" xMax="126.0" yMax="71.1">Hello</word>`
    private static func word(bbox line: Substring) -> Word? {
        let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
        guard parts.count >= 9, parts[0].hasSuffix("<word xMin="), let close = line.firstRange(of: "\">")?.upperBound,
            let left = Double(parts[1]), let top = Double(parts[3]), let right = Double(parts[5]),
            let bottom = Double(parts[7])
        else { return nil }
        let text = line[close...].replacing("</word>", with: "")
        return Word(
            text: plain(String(text)), x: min(left, right), y: min(top, bottom), width: abs(right - left),
            height: abs(bottom - top),
            isRead: false)
    }

    private static func plain(_ text: String) -> String {
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&apos;", "'"), ("&amp;", "&")]
            .reduce(text) { $0.replacing($1.0, with: $1.1) }
    }
}
