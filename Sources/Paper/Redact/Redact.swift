extension Desk {
    /// How many pages are pixels at the same time, and read again in one run.
    private static let batch = 16

    /// Makes a PDF of these pages without what is in these areas: pages become pixels, areas are painted, and what is left is bound
    /// anew and read again for a text that can be searched.
    ///
    /// Nothing of the file itself is carried over: no text, metadata, attachment, annotation, script or earlier revision. The result
    /// is grey. It is not to be released before it has passed `requireGone`.
    public func redact(_ pages: Pages, _ areas: [Area], to result: String) async throws {
        guard areas.allSatisfy({ (1...pages.count).contains($0.page) }) else { throw PaperError.areaOutsidePage }
        let byPage = Dictionary(grouping: areas, by: \.page)
        var parts: [String] = []
        defer { parts.forEach(scratch.remove) }
        for start in stride(from: 1, through: pages.count, by: Self.batch) {
            let numbers = Array(start..<min(start + Self.batch, pages.count + 1))
            parts.append(try await rebuild(numbers, of: pages.file, without: byPage))
        }
        try await merge(parts, to: result)
        guard try await pageCount(of: result) == pages.count else { throw PaperError.damaged }
    }

    /// The title of every redacted copy: a title of its own could name somebody.
    static let title = "Redacted copy"

    private func rebuild(_ numbers: [Int], of file: String, without areas: [Int: [Area]]) async throws -> String {
        let names = numbers.map { _ in scratch.newName(".pgm") }
        defer { names.forEach(scratch.remove) }
        _ = try await forEach(Array(zip(numbers, names))) { number, name in
            let stem = String(name.dropLast(4))
            let arguments =
                ["-q", "-gray", "-cropbox", "-r", String(bounds.dotsPerInch)] + only(number) + [
                    "-singlefile", file, stem,
                ]
            _ = try await Tool("pdftoppm").run(arguments, in: scratch)
            try PixelMap(name, in: scratch).paint(Area.joined(areas[number] ?? []), dotsPerInch: bounds.dotsPerInch)
        }
        return try await temporary(".pdf") { bound in
            let resolution = ["--imgsize", "\(bounds.dotsPerInch)dpi", "--nodate", "-o", bound]
            _ = try await Tool("img2pdf").run(
                resolution + names, in: scratch, limits: Limits(seconds: 60 + 10 * names.count))
            names.forEach(scratch.remove)
            let read = scratch.newName(".pdf")
            let arguments = [
                "-q", "--output-type", "pdf", "-l", "eng", "--optimize", "1", "--fast-web-view", "999999", "--jobs",
                String(bounds.cores),
                "--title", Self.title, bound, read,
            ]
            let limits = Limits(seconds: 60 + 30 * names.count, processes: 64 + 16 * bounds.cores)
            _ = try await Tool("ocrmypdf").run(arguments, in: scratch, limits: limits)
            return read
        }
    }
}
