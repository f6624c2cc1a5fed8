internal import Paper
public import Sealing

extension DisclosurePackage {
    /// Writes everything as one PDF (AES-256) that is read from the letter to the last paper; the files themselves, the manifest and its
    /// signature are attached to it. What cannot be shown as pages is attached only, and a page says so.
    ///
    /// All of it is in memory while it is made: about four times the content, and never more than a scratch folder takes.
    ///
    /// `password`: 16 to 127 printable ASCII characters, not like an option; random, since guessing it costs little.
    /// `progress`: told how many files are laid out, and of how many.
    ///
    /// It blocks its thread while it writes, which is when all is made.
    ///
    /// - Throws: `SealingError.archive(.weakPassphrase)`; `VaultError.paper`; `StorageError.objectDamaged`; whatever `emit` throws.
    public func writeBundle(
        password: Key, progress: (Int, Int) -> Void = { _, _ in }, emit: ([UInt8]) throws -> Void
    ) async throws {
        try PackageArchive.requireStrong(password.secret)
        do {
            _ = Scratch.sweep()
            let scratch = try Scratch()
            defer { scratch.release() }
            try await bind(on: Desk(scratch), progress)
            let locked = "locked.pdf"
            try await Desk(scratch).encrypt("whole.pdf", password: password.secret.exposedBytes(), to: locked)
            var offset = 0
            while case let block = try scratch.read(locked, from: offset, count: 1 << 18), !block.isEmpty {
                try emit(block)
                offset += block.count
            }
        } catch let error as PaperError {
            throw VaultError.paper(error)
        }
    }

    /// Leaves `whole.pdf` on the desk.
    private func bind(on desk: Desk, _ progress: (Int, Int) -> Void) async throws {
        var files: [(file: String, name: String)] = []
        var parts: [(file: String, page: Int?)] = []
        var kept: [File] = []
        for (place, page) in pages.enumerated() {
            let file = "page-\(place)"
            try desk.scratch.write(page.text, to: file)
            files.append((file, page.name))
            kept.append(File(name: page.name, text: page.text))
            guard page.name.hasSuffix(".html") else { continue }
            desk.scratch.allow(seconds: Scratch.usualSeconds)
            try await desk.fromHTML(String(decoding: page.text, as: UTF8.self), to: file + ".pdf")
            parts.append((file + ".pdf", nil))
            progress(place + 1, fileCount)
        }
        var laidOut: [String?] = []
        for (place, paper) in papers.enumerated() {
            let file = "paper-\(place)"
            kept.append(try await paper.copy(to: file, in: desk.scratch))
            // A name that is a path stops programs that save all attachments at once.
            files.append((file, String(paper.name.trimmingPrefix("papers/"))))
            laidOut.append(try await paper.laidOut(file, on: desk))
            progress(pages.count + place + 1, fileCount)
        }
        if !papers.isEmpty {
            let titles = "titles.pdf"
            desk.scratch.allow(seconds: Scratch.usualSeconds)
            let sheets = zip(papers, laidOut).map { HTML.titleSheet($0.name, isShown: $1 != nil) }
            try await desk.fromHTML(HTML.page("Papers", lead: "", sheets).text, to: titles)
            for (place, shown) in laidOut.enumerated() {
                // The first sheet is behind the heading of them all.
                parts.append((titles, place + 2))
                if let shown { parts.append((shown, nil)) }
            }
        }
        let (manifest, signature) = try signedManifest(of: kept)
        for (name, text) in [("manifest.json", manifest), ("manifest.json.p7s", signature)] {
            try desk.scratch.write(text, to: name)
            files.append((name, name))
        }
        try await desk.merge(parts: parts, to: "bound.pdf")
        try await desk.attach(files, to: "bound.pdf", as: "whole.pdf")
    }
}

extension DisclosurePackage.Paper {
    fileprivate func copy(to file: String, in scratch: Scratch) async throws -> DisclosurePackage.File {
        try await blocking {
            var digest = DigestStream()
            try open().read { block in
                digest.update(block.span)
                try scratch.append(block, to: file)
            }
            return .init(name: name, byteCount: byteCount, sha256: digest.finish().hex)
        }
    }

    /// The paper as a PDF on the desk; `nil` for what cannot be made into pages.
    fileprivate func laidOut(_ file: String, on desk: Desk) async throws -> String? {
        guard let kind = Source.Kind(mediaType: mediaType) else { return nil }
        // Each has the time that it would have on a desk of its own.
        desk.scratch.allow(seconds: Scratch.usualSeconds)
        do {
            return try await desk.pages(of: Source(file, kind)).file
        } catch let error as PaperError where error.isOfDocument && error != .scratchFull {
            return nil
        }
    }
}

extension HTML {
    fileprivate static func titleSheet(_ name: String, isShown: Bool) -> HTML {
        let words: HTML =
            isShown
            ? "<p>Its pages follow. The file itself is attached to this document.</p>"
            : "<p>It cannot be shown as pages. It is attached to this document.</p>"
        return """
            <section style="break-before: page">
            <h2>\(name)</h2>
            \(words)
            </section>
            """
    }
}
