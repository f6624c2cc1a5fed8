extension Desk {
    /// Makes pages of a document, whatever it is.
    ///
    /// Of an office document, what was deleted under track changes, comments, and hidden text get no page; `leftOut` says so.
    public func pages(of source: Source) async throws -> Pages {
        switch source.kind {
        case .pdf: return try await bound(source.file)
        case .text: return try await typeset(try await text(source.file))
        case .image: return try await bound(try await photographed(source.file))
        case .spreadsheet: throw PaperError.notForPages
        case .word: return try await printed(source.file)
        case .mail: return try await laidOut(try await Mail(source.file, on: self))
        }
    }

    func bound(_ file: String, leftOut: [Hidden] = [], items: [Pages.Item] = []) async throws -> Pages {
        let (count, pictured) = try await survey(file)
        return Pages(file: file, count: count, pictured: pictured, leftOut: leftOut, items: items)
    }

    /// Lays out plain text as it stands.
    func typeset(_ text: String, leftOut: [Hidden] = [], items: [Pages.Item] = []) async throws -> Pages {
        let file = scratch.newName(".pdf")
        let style =
            "@page { size: A4; margin: 2cm } pre { white-space: pre-wrap; font: 10pt 'DejaVu Sans', sans-serif; overflow-wrap: anywhere }"
        let page =
            "<!DOCTYPE html><html lang=\"en\"><head><title>Pages</title><style>\(style)</style></head><body><pre>\(Self.escaped(text))</pre>"
        try await fromHTML(page, to: file)
        return try await bound(file, leftOut: leftOut, items: items)
    }

    static func escaped(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.filter { $0.value >= 32 || $0 == "\n" || $0 == "\t" }
            )
        ).replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }

    private func text(_ file: String) async throws -> String {
        guard try scratch.size(of: file) <= bounds.textBytes else { throw PaperError.tooLarge }
        return try await decoded(CodedText(bytes: try scratch.readAll(file)))
    }

    /// A clean copy of a Word document, printed by LibreOffice.
    private func printed(_ file: String) async throws -> Pages {
        let word = try await WordFile(file, on: self)
        return try await temporary(".docx") { clean in
            let leftOut = try await word.clean(to: clean)
            let arguments = [
                "--headless", "--norestore", "-env:UserInstallation=file:///tmp/office", "--convert-to", "pdf", clean,
            ]
            let limits = Limits(seconds: 180, memoryBytes: 4 << 30, processes: 256)
            _ = try await Tool("soffice").run(arguments, in: scratch, limits: limits)
            let result = clean.dropLast(5) + ".pdf"
            guard scratch.has(String(result)) else { throw PaperError.damaged }
            return try await bound(String(result), leftOut: leftOut)
        }
    }

    /// Each picture of a file on a page of its own, upright.
    private func photographed(_ file: String) async throws -> String {
        let result = scratch.newName(".pdf")
        _ = try await Tool("img2pdf").run(
            ["--nodate", "--pagesize", "A4", "--auto-orient", "--rotation", "ifvalid", "-o", result, file], in: scratch)
        return result
    }
}
