import Synchronization
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

    @Test("what stands beside boxes, between them and under them is in the text, line by line")
    func beside() async throws {
        let desk = try Sheets.desk()
        let gone = ["Tanglewood Mews", "ZZ99 4QT", "Hawthornden", "07700 900118", "Gossamer Bakery", "Ottershaw Baths"]
        let body = """
            <p>Juniper lives with her mother at 7 \(gone[0]), \(gone[1]). Since the spring a family support worker visits every second
            Thursday. Her mother, who is now known as Ms \(gone[2]), can be reached on \(gone[3]) and works at \(gone[4]). On Tuesdays they
            swim at \(gone[5]). She sleeps better, and she wants to keep her rabbit.
            <span style="color: #a0a0a0; text-decoration: underline">She also has hydrotherapy every Monday.</span></p>
            """
        let pages = try await Sheets.pdf(body, on: desk)
        let terms = try Terms(gone.map { Term($0, .words, code: "S2-P3-16") })
        let areas = try await desk.find(terms, in: pages).flatMap(\.areas)
        #expect(areas.count >= gone.count)
        try await desk.redact(pages, areas, to: "out.pdf")
        try await desk.requireGone(terms, from: "out.pdf", areas: areas)
        let text = Sheets.spaced(try await Sheets.text(of: "out.pdf", on: desk))
        for stays in [
            "Juniper lives with her mother at 7", "Since the spring a family support worker visits every second",
            "Her mother, who is now known as Ms", "can be reached on", "and works at", "On Tuesdays they",
            "She sleeps better, and she wants to keep her rabbit.",
            "hydrotherapy every Monday",
        ] {
            #expect(text.contains(stays), "\(text)")
        }
    }

    @Test("what was read while it was made is not read again while it is checked, unless a pixel differs")
    func readOnce() async throws {
        let desk = try Sheets.desk()
        let pages = try await Sheets.pdf("<p>Rabbits are kept here.</p>", on: desk)
        let words = try await desk.words(on: 1, of: pages)
        let area = Area(page: 1, x: words[0].x, y: words[0].y, width: words[0].width, height: 14, code: "S16")
        try await desk.redact(pages, [area], to: "out.pdf")
        desk.readings.texts.withLock { $0 = $0.mapValues { _ in "Zebedee" } }
        let terms = try Terms([Term("Zebedee", .words, code: "S16")])
        let known = Trace(term: 0, place: .picture(page: 1))
        #expect(try await desk.traces(of: terms, in: "out.pdf", areas: [area]) == [known])
        #expect(try await desk.traces(of: terms, in: "out.pdf").isEmpty)
    }
}
