/// A piece of a page. What is put into it is escaped, unless it is a piece of a page itself: there is no way to forget.
struct HTML: ExpressibleByStringInterpolation {
    let text: String

    init(stringLiteral text: String) { self.text = text }

    init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

    init(_ pieces: some Sequence<HTML>) { text = pieces.map(\.text).joined(separator: "\n") }

    static func + (left: HTML, right: HTML) -> HTML { HTML([left, right]) }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

        mutating func appendLiteral(_ literal: String) { text += literal }

        mutating func appendInterpolation(_ piece: HTML) { text += piece.text }

        mutating func appendInterpolation(_ untrusted: String) {
            for character in untrusted.printable.unicodeScalars {
                switch character {
                case "&": text += "&amp;"
                case "<": text += "&lt;"
                case ">": text += "&gt;"
                case "\"": text += "&quot;"
                case "'": text += "&#39;"
                default: text.unicodeScalars.append(character)
                }
            }
        }
    }
}

/// The pages that people keep: plain words, no scripts, and nothing fetched from elsewhere.
extension HTML {
    static func page(_ headline: String, lead: String, _ sections: [HTML]) -> HTML {
        """
        <!DOCTYPE html>
        <html lang="en-GB">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="referrer" content="no-referrer">
        <title>\(headline)</title>
        \(style)
        </head>
        <body>
        <main>
        <h1>\(headline)</h1>
        <p>\(lead)</p>
        \(HTML(sections))
        </main>
        </body>
        </html>

        """
    }

    static func section(_ title: String, _ content: HTML) -> HTML {
        """
        <section>
        <h2>\(title)</h2>
        \(content)
        </section>
        """
    }

    static func paragraph(_ sentence: String) -> HTML { "<p>\(sentence)</p>" }

    static func list(_ items: [String]) -> HTML { "<ul>\n\(HTML(items.map { "<li>\($0)</li>" }))\n</ul>" }

    static func facts(_ facts: [(name: String, value: String?)]) -> HTML {
        let rows = facts.compactMap { name, value in
            value.map { value -> HTML in "<dt>\(name)</dt><dd>\(value)</dd>" }
        }
        return "<dl>\n\(HTML(rows))\n</dl>"
    }

    private static let style: HTML = """
        <style>
        body { font: 1.125rem/1.6 Arial, Helvetica, sans-serif; color: #000; background: #fff; margin: 1.5rem; }
        main { max-width: 38rem; margin: 0 auto; }
        h1 { font-size: 1.8rem; line-height: 1.25; }
        h2 { font-size: 1.3rem; margin: 1.8rem 0 0.4rem; }
        dt { font-weight: bold; margin-top: 0.6rem; }
        dd { margin: 0; }
        address { font-style: normal; margin-top: 0.6rem; white-space: pre-line; }
        dd, li, p, address { overflow-wrap: anywhere; }
        @media print { body { margin: 0; } h2 { break-after: avoid; } li, dt, address { break-inside: avoid; } }
        </style>
        """
}
