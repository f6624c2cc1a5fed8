/// One way in which a term can stand in a text.
struct Pattern: Hashable, Sendable {
    /// How strictly its ends, and the breaks in it, must be those of words.
    enum Fit: Hashable, Sendable {
        /// From the beginning of a word to the end of one, or to an `s` behind it, however it is broken up in between.
        case words
        /// The same, also within longer words, which then have no break in them.
        case within
        /// Its tokens are just these: begin at these places and nowhere else.
        case tokens(Set<Int>)
        /// Digits, whatever stands before them.
        case digits
        /// Letters and digits that are mistaken for each other count as the same.
        case shapes
    }

    let letters: [UInt32]
    let fit: Fit
    private(set) var term = 0

    private init(_ letters: [UInt32], _ fit: Fit) {
        self.letters = letters
        self.fit = fit
    }

    func belonging(to term: Int) -> Pattern {
        var pattern = self
        pattern.term = term
        return pattern
    }

    /// Long enough, and made of letters, to be no accident among numbers and signs.
    var isWordy: Bool { (fit == .words || fit == .within) && letters.count >= 4 }

    /// From this length on a name is looked for within other words: in addresses, file names and compounds.
    private static let tellingLength = 6
    /// The shortest part of a name that is looked for by itself.
    private static let shortestPart = 3
    private static let titles = Set(
        [
            "mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "rev", "the", "and", "van", "von", "der", "den",
            "bin", "ibn", "née", "nee",
        ]
        .flatMap { Letters.tokens(of: $0) })

    static func all(of term: Term, keeping kept: Set<[UInt32]>) -> [Pattern] {
        let tokens = Letters.tokens(of: term.text)
        let found: [Pattern] =
            switch term.kind {
            case .words: [joined(tokens)]
            case .name: name(tokens.filter { !titles.contains($0) }, keeping: kept)
            case .number: number(Array(tokens.joined()))
            case .date: date(tokens)
            }
        return Array(Set(found.filter { $0.letters.count > 1 || term.kind == .date })).sorted {
            $0.letters.count > $1.letters.count
        }
    }

    private static func joined(_ tokens: [[UInt32]]) -> Pattern {
        let letters = Array(tokens.joined())
        return Pattern(letters, letters.count >= tellingLength ? .within : .words)
    }

    private static func name(_ tokens: [[UInt32]], keeping kept: Set<[UInt32]>) -> [Pattern] {
        var found = tokens.filter { $0.count >= shortestPart && !kept.contains($0) }.map { joined([$0]) }
        guard let first = tokens.first, let last = tokens.last, tokens.count > 1 else {
            return found.isEmpty ? [joined(tokens)] : found
        }
        found += [joined(tokens), joined([last] + tokens.dropLast()), Pattern(first.prefix(1) + last, .words)]
        return found
    }

    private static func number(_ letters: [UInt32]) -> [Pattern] {
        guard letters.allSatisfy(Letters.isDigit), letters.count >= 7 else {
            return [Pattern(letters.map(Letters.shape), .shapes)]
        }
        // The end of a number says who it is: the dialling code, or the country's in its place, does not.
        let end = Array(letters.suffix(max(7, letters.count - 4)))
        let abroad = letters.first == 48 ? [[52, 52] + letters.dropFirst()] : []
        return ([letters, end] + abroad).map { Pattern($0, .digits) }
    }
}

// MARK: Days

extension Pattern {
    private static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
        "december",
    ]

    /// Every usual way to write a day. British order: 3/5/2014 is in May.
    private static func date(_ tokens: [[UInt32]]) -> [Pattern] {
        guard let day = day(tokens) else { return [] }
        func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let name = months[day.month - 1]
        let names = Set([name, String(name.prefix(3)), String(name.prefix(4))])
        let years = [String(day.year), padded(day.year % 100)]
        let ending =
            ["st", "nd", "rd"].indices.contains(day.day % 10 - 1) && !(11...13).contains(day.day)
            ? ["st", "nd", "rd"][day.day % 10 - 1] : "th"
        let days = ["\(day.day)", padded(day.day)]
        var found: [[String]] = []
        for year in years {
            for month in names {
                for number in days + ["\(day.day)\(ending)"] {
                    found += [
                        [number, month, year], [number, "of", month, year], [month, number, year],
                        [number + month + year],
                    ]
                }
                found.append(["\(day.day)", ending, month, year])
            }
            for number in days {
                for month in ["\(day.month)", padded(day.month)] { found.append([number, month, year]) }
            }
            found.append([year, padded(day.month), padded(day.day)])
            found.append([padded(day.day) + padded(day.month) + year])
        }
        found.append([years[0] + padded(day.month) + padded(day.day)])
        return found.map { words in
            let letters = words.map { Array($0.unicodeScalars.map(\.value)) }
            var (starts, place) = (Set<Int>(), 0)
            for word in letters {
                starts.insert(place)
                place += word.count
            }
            return Pattern(Array(letters.joined()), .tokens(starts))
        }
    }

    private static func day(_ tokens: [[UInt32]]) -> (year: Int, month: Int, day: Int)? {
        let words = tokens.map { String(String.UnicodeScalarView($0.compactMap(Unicode.Scalar.init))) }.filter {
            $0 != "of"
        }
        guard words.count == 3 else { return nil }
        func number(_ word: String) -> Int? { Int(word.prefix { $0.isNumber }) }
        func month(_ word: String) -> Int? {
            number(word) ?? (word.count >= 3 ? months.firstIndex { $0.hasPrefix(word) }.map { $0 + 1 } : nil)
        }
        let order =
            words[0].count == 4 && number(words[0]) != nil
            ? [0, 1, 2] : number(words[0]) == nil ? [2, 0, 1] : [2, 1, 0]
        guard let year = number(words[order[0]]), let month = month(words[order[1]]), let day = number(words[order[2]]),
            (1...12).contains(month), (1...31).contains(day), (1...9999).contains(year)
        else { return nil }
        return (year < 100 ? 2000 + year : year, month, day)
    }
}

// MARK: Looking

extension Pattern {
    /// Where it stands in a stream, from its first to its last letter.
    func places(in stream: LetterStream) -> [Range<Int>] {
        let last = stream.letters.count - letters.count
        guard let first = letters.first, last >= 0 else { return [] }
        let isShape = fit == .shapes
        return (0...last).compactMap { start in
            guard isShape || stream.letters[start] == first else { return nil }
            let range = start..<start + letters.count
            for (letter, place) in zip(letters, range) {
                let found = stream.letters[place]
                guard letter == (isShape ? Letters.shape(found) : found) else { return nil }
            }
            return fits(range, in: stream) ? range : nil
        }
    }

    private func fits(_ range: Range<Int>, in stream: LetterStream) -> Bool {
        let isWhole = stream.begins(at: range.lowerBound) && ends(at: range.upperBound, in: stream)
        switch fit {
        case .words, .shapes: return isWhole
        case .within: return isWhole || !range.dropFirst().contains { stream.starts[$0] }
        case .tokens(let starts):
            return stream.begins(at: range.upperBound)
                && range.allSatisfy { stream.starts[$0] == starts.contains($0 - range.lowerBound) }
        case .digits:
            return range.upperBound >= stream.letters.count || stream.starts[range.upperBound]
                || !Letters.isDigit(stream.letters[range.upperBound])
        }
    }

    /// At the end of a token, or before the `s` that ends it.
    private func ends(at place: Int, in stream: LetterStream) -> Bool {
        if stream.begins(at: place) { return true }
        return stream.letters[place] == 0x73 && stream.begins(at: place + 1)
    }

    /// Where a word that was read by eye is nearly this one.
    func nearPlaces(in stream: LetterStream) -> [Range<Int>] {
        guard fit == .words || fit == .within, letters.count >= 5 else { return [] }
        let most = letters.count >= 9 ? 2 : 1
        var found: [Range<Int>] = []
        var start = 0
        while start < stream.letters.count {
            let end = stream.starts[(start + 1)...].firstIndex(of: true) ?? stream.letters.count
            if stream.isRead[start], Letters.differ(letters, stream.letters[start..<end], atMost: most) {
                found.append(start..<end)
            }
            start = end
        }
        return found
    }
}
