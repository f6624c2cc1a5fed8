/// The text of a mail that came as HTML only. It is not rendered: what a style hides is shown, and nothing is fetched.
enum Markup {
    static func text(of html: String) -> String {
        let plain = bare(Array(html.utf8)).replacing(/&(#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{1,10});/) {
            entity($0.1)
        }
        let lines = plain.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        return lines.joined(separator: "\n").replacing(/\n{3,}/, with: "\n\n").trimmed
    }

    private static let breaking: Set<String> = [
        "br", "/p", "/div", "/tr", "/li", "/table", "/h1", "/h2", "/h3", "/h4", "/h5", "/h6",
    ]
    private static let silent: Set<String> = ["script", "style", "head", "title"]

    /// Without tags, and without what is never text. Each byte is looked at once, however it is nested.
    private static func bare(_ html: [UInt8]) -> String {
        var (text, place) = ([UInt8](), 0)
        while place < html.count {
            guard html[place] == UInt8(ascii: "<") else {
                text.append(html[place] == 10 ? 32 : html[place])
                place += 1
                continue
            }
            if html[place...].starts(with: "<!--".utf8) {
                place = end(of: "-->", in: html, from: place)
                continue
            }
            let tag = html[(place + 1)...].prefix { $0 != UInt8(ascii: ">") }
            let name = String(
                decoding: tag.prefix { $0 > 32 && ($0 != UInt8(ascii: "/") || tag.first == $0) }, as: UTF8.self
            ).lowercased()
            text.append(breaking.contains(name) ? 10 : 32)
            place = tag.endIndex + 1
            if silent.contains(name) {
                place = end(of: ">", in: html, from: end(of: "</" + name, in: html, from: place))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func end(of mark: String, in html: [UInt8], from start: Int) -> Int {
        let mark = Array(mark.utf8)
        var place = min(start, html.count)
        while place < html.count {
            if html[place...].prefix(mark.count).elementsEqual(mark, by: { $0 | 0x20 == $1 | 0x20 }) {
                return place + mark.count
            }
            place += 1
        }
        return place
    }

    private static let names: [String: String] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ", "pound": "£", "euro": "€",
        "copy": "©", "ndash": "–",
        "mdash": "—", "lsquo": "‘", "rsquo": "’", "ldquo": "“", "rdquo": "”", "hellip": "…", "eacute": "é",
        "egrave": "è", "agrave": "à",
        "uuml": "ü", "ouml": "ö", "auml": "ä", "szlig": "ß", "ccedil": "ç", "ntilde": "ñ", "oacute": "ó", "aacute": "á",
        "iacute": "í",
        "uacute": "ú",
    ]

    private static func entity(_ name: Substring) -> String {
        guard name.hasPrefix("#") else { return names[String(name)] ?? "&\(name);" }
        let digits = name.dropFirst()
        let value = digits.first?.lowercased() == "x" ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        return value.flatMap(Unicode.Scalar.init).map { String(Character($0)) } ?? " "
    }
}
