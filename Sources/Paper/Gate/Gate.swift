/// Something that should be gone and is not.
public struct Trace: Hashable, Sendable {
    public enum Place: Hashable, Sendable {
        /// In the text of a page.
        case text(page: Int)
        /// To be read in the picture of a page.
        case picture(page: Int)
        /// A box of a page does not cover what is under it.
        case area(page: Int)
        /// In metadata, names or anything else in the file.
        case objects
        /// Something is hidden in the file, whatever it says.
        case hidden(Hidden.Kind)
    }

    /// Which of the terms, from 0, if it is one.
    public let term: Int?
    public let place: Place
}

extension Desk {
    /// Looks for terms in a finished PDF by other ways than those that made it: its text, its objects with all names and metadata, what
    /// hides in it, and its pages as they look.
    ///
    /// `areas`: boxes that must be black.
    public func traces(of terms: Terms, in file: String, areas: [Area] = []) async throws -> [Trace] {
        var traces: Set<Trace> = []
        if try await !hasPlainMetadata(file) { traces.insert(Trace(term: nil, place: .hidden(.metadata))) }
        if try earlierVersions(of: file) > 0 { traces.insert(Trace(term: nil, place: .hidden(.earlierVersion))) }
        let byPage = Dictionary(grouping: areas, by: \.page)
        let count = try await survey(file).count
        let parts = stride(from: 1, through: count, by: Self.pagesOpened).map {
            $0...min($0 + Self.pagesOpened - 1, count)
        }
        for found in try await forEach(parts, { try await objectTraces(of: terms, in: file, pages: $0) }) {
            traces.formUnion(found)
        }
        for found in try await forEach(
            Array(1...count), { try await pageTraces(of: terms, on: $0, of: file, areas: byPage[$0] ?? []) })
        {
            traces.formUnion(found)
        }
        return Array(traces)
    }

    /// Lets a redacted copy pass, or throws `notGone`.
    ///
    /// `signedOff`: traces that two people have looked at and found to be something else.
    public func requireGone(
        _ terms: Terms, from file: String, areas: [Area] = [], signedOff: Set<Trace> = []
    ) async throws {
        let left = try await traces(of: terms, in: file, areas: areas).filter { !signedOff.contains($0) }
        guard left.isEmpty else { throw PaperError.notGone(traces: left.count) }
    }

    private static func traces(of terms: Terms, in text: String, at place: Trace.Place) -> [Trace] {
        traces(of: terms.patterns, in: LetterStream(text), at: place)
    }

    private static func traces(of patterns: [Pattern], in stream: LetterStream, at place: Trace.Place) -> [Trace] {
        patterns.filter { !$0.places(in: stream).isEmpty }.map { Trace(term: $0.term, place: place) }
    }

    private func pageTraces(of terms: Terms, on page: Int, of file: String, areas: [Area]) async throws -> [Trace] {
        let said = LetterStream(try await said(on: page, of: file).map { ($0.text, false) })
        let inText = Self.traces(of: terms.patterns, in: said, at: .text(page: page))
        return try await picture(of: page, in: file) { picture in
            let boxes = Area.joined(areas)
            let isBlack = try picture.areBlack(boxes, dotsPerInch: bounds.dotsPerInch)
            // Once they are known to hold nothing, they must not keep from being read what stands beside them.
            if isBlack { try picture.blank(boxes, dotsPerInch: bounds.dotsPerInch) }
            let seen = LetterStream([(try await textRead(in: picture), true)])
            return inText + Self.traces(of: terms.patterns, in: seen, at: .picture(page: page))
                + (isBlack ? [] : [Trace(term: nil, place: .area(page: page))])
        }
    }

    /// How many pages' objects are in the open at once: their pictures are, too.
    private static let pagesOpened = 12

    private func objectTraces(of terms: Terms, in file: String, pages: ClosedRange<Int>) async throws -> Set<Trace> {
        try await objects(of: file, pages: pages) { objects in
            var traces: Set<Trace> = []
            try objects.forEachLine { line in
                if case .object(let bytes) = line, let kind = Self.kind(ofObject: bytes) {
                    traces.insert(Trace(term: nil, place: .hidden(kind)))
                }
                for text in PDFText.texts(in: line) { traces.formUnion(Self.traces(of: terms, in: text, at: .objects)) }
                // What claims to draw may be plain text; its numbers and its one-letter words are nobody's.
                guard case .drawing(let bytes) = line else { return }
                let stream = LetterStream(String(decoding: bytes, as: UTF8.self))
                traces.formUnion(Self.traces(of: terms.patterns.filter(\.isWordy), in: stream, at: .objects))
            }
            return traces
        }
    }

    /// Whether a PDF says no more of itself than every redacted copy does: the title that all share, and which programs made it.
    private func hasPlainMetadata(_ file: String) async throws -> Bool {
        let info = try await self.info(of: file)
        func says(_ key: String, _ prefixes: [String]) -> Bool {
            let value = info[key] ?? ""
            return value.isEmpty || prefixes.contains { value.hasPrefix($0) }
        }
        return (info["Title"] ?? Self.title) == Self.title && says("Author", []) && says("Subject", [])
            && says("Keywords", []) && says("Creator", []) && says("Producer", ["img2pdf "])
            && info["Custom Metadata"] == "no" && info["Metadata Stream"] == "no" && info["Encrypted"] == "no"
    }
}
