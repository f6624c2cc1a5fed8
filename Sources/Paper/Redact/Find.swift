/// One place where a term stands.
public struct Finding: Hashable, Sendable {
    /// Which of the terms, from 0.
    public let term: Int
    /// The words that it stands in, as they are written there: for the eyes of whoever reviews.
    public let text: String
    /// One box a line.
    public let areas: [Area]
    /// It was misread, or is only like the term: somebody should look.
    public let isDoubtful: Bool
}

extension Desk {
    /// How many words behind the end of a page belong to its last sentence.
    private static let seam = 12

    /// Every place where one of the terms stands, page by page.
    public func find(_ terms: Terms, in pages: Pages) async throws -> [Finding] {
        let found = try await forEach(Array(1...pages.count)) { page in
            let words = try await words(on: page, of: pages).map { Placed(page: page, word: $0) }
            return (
                findings: Self.findings(of: terms, in: words), head: Array(words.prefix(Self.seam)),
                tail: Array(words.suffix(Self.seam))
            )
        }
        var findings = found.flatMap(\.findings)
        // What begins on one page and ends on the next.
        for (page, next) in zip(found, found.dropFirst()) {
            let both = Self.findings(of: terms, in: page.tail + next.head)
            findings += both.filter { Set($0.areas.map(\.page)).count > 1 }
        }
        return Self.widened(findings, as: terms).sorted { Self.order($0) < Self.order($1) }
    }

    private struct Placed: Sendable {
        let page: Int
        let word: Word
    }

    private static func order(_ finding: Finding) -> (Int, Double, Double, Int) {
        let first = finding.areas.first
        return (first?.page ?? 0, first?.y ?? 0, first?.x ?? 0, finding.term)
    }

    private static func findings(of terms: Terms, in words: [Placed]) -> [Finding] {
        let stream = LetterStream(words.map { ($0.word.text, $0.word.isRead) })
        var found: [Range<Int>: Finding] = [:]
        for pattern in terms.patterns {
            let sure = pattern.places(in: stream).map { ($0, false) }
            for (place, isDoubtful) in sure + pattern.nearPlaces(in: stream).map({ ($0, true) }) {
                let range = stream.words[place.lowerBound]..<stream.words[place.upperBound - 1] + 1
                // One pattern a place: the longer ones of a term come first.
                if let earlier = found[range], !earlier.isDoubtful || isDoubtful { continue }
                found[range] = Finding(
                    term: pattern.term, text: words[range].map(\.word.text).joined(separator: " "),
                    areas: areas(of: words[range], code: terms.list[pattern.term].code), isDoubtful: isDoubtful)
            }
        }
        return found.filter { range, _ in
            !found.keys.contains {
                $0 != range && $0.lowerBound <= range.lowerBound && $0.upperBound >= range.upperBound
            }
        }
        .map(\.value)
    }

    /// A box a line: words that stand on one line, one behind the other, share it.
    private static func areas(of words: ArraySlice<Placed>, code: String) -> [Area] {
        var areas: [Area] = []
        for placed in words {
            // Strokes reach out of the box that a font claims, and a box read by eye is tight.
            let word = placed.word
            let (across, down) = word.isRead ? (2.0, 2.0) : (0.8, 0.5)
            let area = Area(
                page: placed.page, x: word.x - across, y: word.y - down, width: word.width + 2 * across,
                height: word.height + 2 * down,
                code: code)
            if let last = areas.last, last.page == area.page, area.x >= last.x, abs(last.y - area.y) < last.height / 2 {
                let (top, bottom) = (min(last.y, area.y), max(last.y + last.height, area.y + area.height))
                areas[areas.count - 1].y = top
                areas[areas.count - 1].height = bottom - top
                areas[areas.count - 1].width = area.x + area.width - last.x
            } else {
                areas.append(area)
            }
        }
        return areas
    }

    /// The boxes of a group all as wide as its widest, to the right.
    private static func widened(_ findings: [Finding], as terms: Terms) -> [Finding] {
        var widest: [String: Double] = [:]
        for finding in findings {
            guard let group = terms.list[finding.term].group else { continue }
            widest[group] = max(widest[group] ?? 0, finding.areas.map(\.width).max() ?? 0)
        }
        return findings.map { finding in
            guard let width = terms.list[finding.term].group.flatMap({ widest[$0] }) else { return finding }
            let areas = finding.areas.map { area in
                var area = area
                area.width = width
                return area
            }
            return Finding(term: finding.term, text: finding.text, areas: areas, isDoubtful: finding.isDoubtful)
        }
    }
}
