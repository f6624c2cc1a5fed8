internal import Foundation

/// Text without case, accents, punctuation and spaces: what is compared.
enum Letters {
    typealias Token = [UInt32]

    /// Letters that are not a plain one with a mark.
    private static let spelled: [Unicode.Scalar: String] = [
        "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h",
    ]

    /// The runs of letters and digits in a text.
    static func tokens(of text: String) -> [Token] {
        var tokens: [Token] = []
        var isInside = false
        for scalar in text.decomposedStringWithCompatibilityMapping.lowercased().unicodeScalars {
            switch scalar.properties.generalCategory {
            // Marks, and signs without width that a writer or a word processor slips in.
            case .nonspacingMark, .enclosingMark, .format: continue
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .spacingMark,
                .decimalNumber,
                .letterNumber, .otherNumber:
                let values = values(of: scalar)
                // Scripts without spaces: each sign can begin a name.
                let isAlone = scalar.properties.isIdeographic
                if isInside, !isAlone, let last = tokens.indices.last {
                    tokens[last] += values
                } else {
                    tokens.append(values)
                }
                isInside = !isAlone
            default: isInside = false
            }
        }
        return tokens
    }

    private static func values(of scalar: Unicode.Scalar) -> Token {
        if let spelled = spelled[scalar] { return spelled.unicodeScalars.map(\.value) }
        if scalar.properties.numericType == .decimal, let digit = scalar.properties.numericValue {
            return [48 + UInt32(digit)]
        }
        return [scalar.value]
    }

    static func isDigit(_ letter: UInt32) -> Bool { (48...57).contains(letter) }

    /// A letter and the digit that a reader by eye takes it for are one.
    static func shape(_ letter: UInt32) -> UInt32 { shapes[letter] ?? letter }

    private static let shapes = Dictionary(
        uniqueKeysWithValues: zip("oilsbz".unicodeScalars, "011582".unicodeScalars).map { ($0.value, $1.value) })

    /// Whether two words differ in at most so many letters: one more, one less, or another.
    static func differ(_ one: Token, _ other: ArraySlice<UInt32>, atMost most: Int) -> Bool {
        guard abs(one.count - other.count) <= most else { return false }
        var previous = Array(0...other.count)
        for (row, letter) in one.enumerated() {
            var current = [row + 1]
            for (column, against) in other.enumerated() {
                current.append(
                    min(previous[column] + (letter == against ? 0 : 1), previous[column + 1] + 1, current[column] + 1))
            }
            guard current.contains(where: { $0 <= most }) else { return false }
            previous = current
        }
        return previous[other.count] <= most
    }
}

/// The letters of some words, one behind the other, with the places where a token begins and the word that each is of.
struct LetterStream: Sendable {
    private(set) var letters: [UInt32] = []
    private(set) var words: [Int] = []
    private(set) var starts: [Bool] = []
    private(set) var isRead: [Bool] = []

    init(_ texts: [(text: String, isRead: Bool)]) {
        for (place, word) in texts.enumerated() {
            for token in Letters.tokens(of: word.text) {
                letters += token
                words += token.map { _ in place }
                starts += token.indices.map { $0 == 0 }
                isRead += token.map { _ in word.isRead }
            }
        }
    }

    /// One line of text as one word.
    init(_ text: String) { self.init([(text, false)]) }

    func begins(at place: Int) -> Bool { place >= letters.count || starts[place] }
}
