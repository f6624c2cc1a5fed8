extension Desk {
    /// How many pages a PDF has.
    public func pageCount(of file: String) async throws -> Int {
        let output = try await Tool("qpdf").run(["--show-npages", file], in: scratch, statuses: [0, 3])
        guard let count = Int(output.text.filter { !$0.isWhitespace }), count > 0 else { throw PaperError.damaged }
        guard count <= bounds.pages else { throw PaperError.tooManyPages }
        return count
    }

    /// Binds PDFs into one, in order, with the title of the first.
    public func merge(_ files: [String], to result: String) async throws {
        try await merge(parts: files.map { ($0, nil) }, to: result)
    }

    /// As above, with one page of a file, counted from 1, where one is named, and all of it elsewhere.
    public func merge(parts: [(file: String, page: Int?)], to result: String) async throws {
        guard let first = parts.first else { throw PaperError.noSuchFile }
        // A list of files can be longer than a command line, so it goes in a file.
        let pages = parts.flatMap { [$0.file] + ($0.page.map { [String($0)] } ?? []) }
        let words = [first.file, "--deterministic-id", "--pages"] + pages + ["--", result]
        try await qpdf(words, seconds: 60 + parts.count)
    }

    /// Puts files into a PDF as attachments.
    ///
    /// `files`: by their names in the scratch folder, with the names that they get: letters, digits, full stops and slashes.
    public func attach(_ files: [(file: String, name: String)], to pages: String, as result: String) async throws {
        let words = files.flatMap { ["--add-attachment", $0.file, "--key=\($0.name)", "--filename=\($0.name)", "--"] }
        try await qpdf([pages, "--deterministic-id"] + words + [result], seconds: 60 + files.count)
    }

    /// Locks a PDF with a password: AES-256, revision 6. Whoever has it may print and read, not change.
    ///
    /// `password`: at most 127 bytes of UTF-8, without line breaks, and not like an option. It reaches the program in a file in memory, never as an argument.
    public func encrypt(_ file: String, password: [UInt8], to result: String) async throws {
        guard (1...127).contains(password.count), !password.contains(where: { $0 == 10 || $0 == 13 || $0 == 0 }),
            password.first != UInt8(ascii: "-")
        else {
            throw PaperError.unusablePassword
        }
        // The owner's password is the same: with an empty one the limits would be anybody's to lift.
        let words = [
            Array("--encrypt".utf8), password, password, Array("256".utf8), Array("--print=full".utf8),
            Array("--modify=none".utf8),
            Array("--".utf8), Array(file.utf8), Array(result.utf8),
        ]
        try await qpdf(words, seconds: 120)
    }

    /// Lays out a page of HTML of our own as a tagged PDF. Whatever it refers to but the scratch folder is not there.
    public func fromHTML(_ html: String, to result: String) async throws {
        try await temporary(".html") { page in
            try scratch.write(html.utf8, to: page)
            let arguments = ["--quiet", "--pdf-variant", "pdf/ua-1", "--encoding", "utf-8", page, result]
            _ = try await Tool("weasyprint").run(arguments, in: scratch, limits: Limits(seconds: 300))
        }
        guard scratch.has(result) else { throw PaperError.toolFailed(tool: "weasyprint", status: 0) }
    }

    private func qpdf(_ words: [String], seconds: Int) async throws {
        try await qpdf(words.map { Array($0.utf8) }, seconds: seconds)
    }

    private func qpdf(_ words: [[UInt8]], seconds: Int) async throws {
        try await temporary(".args") { list in
            try scratch.write(words.joined(separator: [10]).map(\.self), to: list)
            // 3: done, with a complaint about the file.
            _ = try await Tool("qpdf").run(
                ["@" + list], in: scratch, limits: Limits(seconds: seconds), statuses: [0, 3])
        }
    }
}
