/// A Swift source whose code is told apart from its comments and strings.
///
/// It knows line and nested block comments, plain, raw and multi-line strings, and the code interpolated in them.
/// It does not know regex literals, so a quotation mark in one must have a partner.
struct SwiftText {
    struct Literal: Hashable {
        let line: Int
        var text = ""
        var isInterpolated = false
    }

    struct Body: Hashable {
        let line: Int
        let lineCount: Int
    }

    /// The source with every byte of a comment or a string made a space; line breaks stay where they were.
    var code: String { String(decoding: masked, as: UTF8.self) }
    private(set) var literals: [Literal] = []

    private static let lineBreak = UInt8(ascii: "\n")

    private let bytes: [UInt8]
    private var masked: [UInt8]
    private var position = 0
    private var line = 1

    init(_ source: String) {
        bytes = Array(source.utf8)
        masked = bytes.map { $0 == Self.lineBreak ? $0 : UInt8(ascii: " ") }
        while position < bytes.count {
            readCode()
        }
    }

    /// Reads code to its end, or to the parenthesis that closes an interpolation.
    private mutating func readCode() {
        var depth = 0
        while position < bytes.count {
            if !isSign {
                masked[position] = bytes[position]
                advance()
            } else if isNext("//") {
                while position < bytes.count, bytes[position] != Self.lineBreak { advance() }
            } else if isNext("/*") {
                skipBlockComment()
            } else if let hashes = hashesBeforeQuote() {
                readLiteral(hashes: hashes)
            } else {
                if isNext(")") { depth -= 1 }
                if isNext("(") { depth += 1 }
                if depth < 0 { return advance() }
                masked[position] = bytes[position]
                advance()
            }
        }
    }

    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if isNext("/*") {
                depth += 1
                advance(by: 2)
            } else if isNext("*/") {
                depth -= 1
                advance(by: 2)
            } else {
                advance()
            }
        } while depth > 0 && position < bytes.count
    }

    private mutating func readLiteral(hashes: Int) {
        advance(by: hashes)
        let quote = isNext("\"\"\"\n") ? "\"\"\"" : "\""  // `#"""#` is one quotation mark, on one line
        let fence = String(repeating: "#", count: hashes)
        let index = literals.count
        literals.append(Literal(line: line))
        advance(by: quote.utf8.count)

        var text: [UInt8] = []
        while position < bytes.count, !isNext(quote + fence), quote.utf8.count > 1 || !isNext("\n") {
            if isNext("\\" + fence + "(") {
                literals[index].isInterpolated = true
                advance(by: hashes + 2)
                readCode()
            } else {
                let length = isNext("\\" + fence) ? hashes + 2 : 1
                text += bytes[position..<min(position + length, bytes.count)]
                advance(by: length)
            }
        }
        advance(by: quote.utf8.count + hashes)
        literals[index].text = String(decoding: text, as: UTF8.self)
    }

    /// How many `#` stand before the quotation mark that begins here, or nil when no string begins here.
    private func hashesBeforeQuote() -> Int? {
        let hashes = bytes[position...].prefix { $0 == UInt8(ascii: "#") }
        return bytes[hashes.endIndex...].first == UInt8(ascii: "\"") ? hashes.count : nil
    }

    /// Whether the next byte can begin or end anything; asked first, since it nearly always cannot.
    private var isSign: Bool {
        switch bytes[position] {
        case UInt8(ascii: "/"), UInt8(ascii: "#"), UInt8(ascii: "\""), UInt8(ascii: "("), UInt8(ascii: ")"): true
        default: false
        }
    }

    private func isNext(_ text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

    private mutating func advance(by count: Int = 1) {
        for _ in 0..<count where position < bytes.count {
            if bytes[position] == Self.lineBreak { line += 1 }
            position += 1
        }
    }
}

extension SwiftText {
    private static let declarations: Set<String> = [
        "actor", "associatedtype", "case", "class", "deinit", "enum", "extension", "func", "init", "let", "protocol",
        "struct",
        "subscript", "typealias", "var",
    ]

    /// Every function, initialiser, subscript and computed property with a body, from its keyword to its closing brace.
    func bodies() -> [Body] {
        let tokens = tokens()
        return tokens.indices.compactMap { index in
            guard let opening = bodyBrace(of: index, in: tokens) else { return nil }
            let closing = closingBrace(of: opening, in: tokens)
            return Body(line: tokens[index].line, lineCount: tokens[closing].line - tokens[index].line + 1)
        }
    }

    private struct Token {
        let text: String
        let line: Int
    }

    /// Words, and single signs of every other kind but spaces.
    private func tokens() -> [Token] {
        var found: [Token] = []
        var number = 1
        var rest = masked[...]
        while let byte = rest.first {
            let word = rest.prefix(while: Self.isWord)
            let token = word.isEmpty ? rest.prefix(1) : word
            if byte != UInt8(ascii: " ") {
                found.append(Token(text: String(decoding: token, as: UTF8.self), line: number))
            }
            if byte == Self.lineBreak { number += 1 }
            rest = rest[token.endIndex...]
        }
        return found
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...: true
        default: false
        }
    }

    /// The brace that opens the body of the declaration at `index`, or nil when there is neither.
    private func bodyBrace(of index: Int, in tokens: [Token]) -> Int? {
        let keyword = tokens[index].text
        guard ["func", "init", "deinit", "subscript", "var"].contains(keyword) else { return nil }
        guard index == 0 || tokens[index - 1].text != "." else { return nil }  // a call: `Key.init(…)`

        var depth = 0
        for next in tokens.indices.dropFirst(index + 1) {
            switch tokens[next].text {
            case "{" where depth == 0: return next
            case "(", "[", "{": depth += 1
            case ")", "]", "}": depth -= 1
            case "=" where keyword == "var" && depth == 0: return nil
            case "\n" where keyword == "var" && depth == 0: return nil
            case let word where depth == 0 && Self.declarations.contains(word): return nil
            default: break
            }
            if depth < 0 { return nil }
        }
        return nil
    }

    private func closingBrace(of opening: Int, in tokens: [Token]) -> Int {
        var depth = 0
        for index in tokens.indices.dropFirst(opening) {
            if tokens[index].text == "{" { depth += 1 }
            if tokens[index].text == "}" { depth -= 1 }
            if depth == 0 { return index }
        }
        return tokens.count - 1
    }
}
