import Testing

@testable import Paper

@Suite("what is redacted is gone")
struct RedactionTests {
    private let body = """
        <h1>Report on Ada Example</h1>
        <p>Ada lives with her aunt, Brónagh O&rsquo;Malley-Quist, who may be rung on (0161) 496-0000 or +44 161 496 0000. Her brother
        Tom Example was born on 3rd May 2014. The aunt&rsquo;s house is at M1 1AE. Ms Quist&#8217;s letter came on 03/05/2014.</p>
        <p>Nothing else of this paragraph is secret: the swimming pool is open on Tuesdays.</p>
        """
    private func terms() throws -> Terms {
        try Terms(
            [
                Term("Bronagh O'Malley-Quist", .name, code: "S16", group: "names"),
                Term("0161 496 0000", .number, code: "S16"),
                Term("Tom Example", .name, code: "S16", group: "names"), Term("3 May 2014", .date, code: "S16"),
                Term("M11AE", .number, code: "S16"),
            ], keeping: ["Example"])
    }

    @Test("terms are found, painted and no trace is left; what was not asked for stays")
    func redacts() async throws {
        let desk = try Sheets.desk()
        let pages = try await Sheets.pdf(body, title: "About Tom Example and Quist", on: desk)
        let terms = try terms()
        let findings = try await desk.find(terms, in: pages)
        #expect(Set(findings.map(\.term)) == [0, 1, 2, 3, 4])
        let areas = findings.flatMap(\.areas)
        try await desk.redact(pages, areas, to: "out.pdf")
        #expect(try await desk.traces(of: terms, in: "out.pdf", areas: areas) == [])
        try await desk.requireGone(terms, from: "out.pdf", areas: areas)
        let text = Sheets.spaced(try await Sheets.text(of: "out.pdf", on: desk))
        #expect(text.contains("Report on Ada Example") && text.contains("the swimming pool is open on Tuesdays"))
        for gone in ["Quist", "0161", "496", "Tom", "2014", "1AE", "Malley"] {
            #expect(!text.contains(gone), "\(gone) in \(text)")
        }
        #expect(desk.scratch.names == ["in.pdf", "out.pdf"])
    }
}
