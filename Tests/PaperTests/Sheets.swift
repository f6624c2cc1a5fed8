import Foundation

@testable import Paper

/// Documents for tests, all of them made up.
enum Sheets {
    static func desk() throws -> Desk { Desk(try Scratch()) }

    static func html(_ body: String, title: String = "Letter") -> String {
        "<!DOCTYPE html><html lang=\"en\"><head><title>\(title)</title><style>@page { size: A4 }</style></head><body>\(body)</body></html>"
    }

    /// A PDF of a body of HTML.
    static func pdf(_ body: String, title: String = "Letter", on desk: Desk, as name: String = "in.pdf") async throws
        -> Pages
    {
        try await desk.fromHTML(html(body, title: title), to: name)
        return try await desk.pages(of: Source(name, .pdf))
    }

    /// What stock tools say that a PDF says.
    static func text(of file: String, on desk: Desk) async throws -> String {
        try await Tool("pdftotext").run([file, "-"], in: desk.scratch).text
    }

    static func spaced(_ text: String) -> String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
}
