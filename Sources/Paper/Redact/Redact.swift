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
        let layers = numbers.map { _ in scratch.newName(".pdf") }
        defer { (names + layers).forEach(scratch.remove) }
        _ = try await forEach(Array(zip(numbers, zip(names, layers)))) { number, files in
            try await paint(number, of: file, without: Area.joined(areas[number] ?? []), as: files.0, layer: files.1)
        }
        return try await temporary(".pdf") { bound in
            let limits = Limits(seconds: 60 + 10 * names.count)
            _ = try await Tool("img2pdf").run(resolution + ["-o", bound] + names, in: scratch, limits: limits)
            names.forEach(scratch.remove)
            return try await temporary(".pdf") { text in
                try await merge(layers, to: text)
                let both = scratch.newName(".pdf")
                _ = try await Tool("qpdf").run(
                    ["--deterministic-id", bound, "--overlay", text, "--", both], in: scratch, limits: limits)
                return both
            }
        }
    }

    /// A hair's breadth smaller than the page: a picture that reaches its edges is stretched by a pixel when it is shown, and then is
    /// not what was painted.
    private var resolution: [String] {
        let size = ["--imgsize", "\(bounds.dotsPerInch).002dpi", "--border", "0.0005pt"]
        return size + ["--nodate", "--title", Self.title]
    }

    /// Makes a picture of a page, paints what must go, and then reads the rest.
    ///
    /// What is read is the painted picture, its boxes made white: there is nothing in it any more that they could show.
    private func paint(_ page: Int, of file: String, without areas: [Area], as name: String, layer: String) async throws
    {
        let stem = String(name.dropLast(4))
        let arguments = ["-q", "-gray", "-cropbox", "-r", String(bounds.dotsPerInch)] + only(page)
        _ = try await Tool("pdftoppm").run(arguments + ["-singlefile", file, stem], in: scratch)
        let picture = try PixelMap(name, in: scratch)
        try picture.paint(areas, dotsPerInch: bounds.dotsPerInch)
        try await temporary(".pgm") { copy in
            let open = try picture.copied(to: copy)
            try open.blank(areas, dotsPerInch: bounds.dotsPerInch)
            try await read(open, asLayer: layer)
        }
    }
}
