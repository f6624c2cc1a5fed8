import Testing

@testable import Paper

@Suite("a term is found however it is written")
struct FindTests {
    private func isFound(_ term: Term, in text: String, keeping: Set<String> = [], isRead: Bool = false) throws -> Bool
    {
        let terms = try Terms([term], keeping: keeping)
        let stream = LetterStream(text.split(separator: " ").map { (String($0), isRead) })
        return terms.patterns.contains { !$0.places(in: stream).isEmpty || !$0.nearPlaces(in: stream).isEmpty }
    }

    @Test(
        "names",
        arguments: [
            "ada QUILLER wrote", "Quiller's letter", "the Quillers", "Quil- ler", "QUILLER,ADA", "A. Quiller",
            "quíller", "Ｑｕｉｌｌｅｒ", "Qui\u{ad}ller",
            "mail quiller@b.example", "file my_adaquiller2.doc", "Ada", "(Ada)", "Q u i l l e r", "Ada\u{2019}s",
            "Quiller\u{2010}Brown",
        ])
    func names(text: String) throws {
        #expect(try isFound(Term("Ada Quiller", .name, code: ""), in: text))
    }

    @Test(
        "names that are only like it, or part of other words, are not it",
        arguments: ["adamant", "Canada", "miller", "quill", "a d"])
    func notNames(text: String) throws {
        #expect(try !isFound(Term("Ada Quiller", .name, code: ""), in: text))
    }

    @Test("a part of a name that stays is found with the rest only")
    func keeping() throws {
        let term = Term("Tom Example", .name, code: "")
        for text in ["Tom Example", "Tom", "T Example", "Example, Tom"] {
            #expect(try isFound(term, in: text, keeping: ["Example"]))
        }
        #expect(try !isFound(term, in: "Ada Example", keeping: ["example"]))
    }

    @Test(
        "days",
        arguments: [
            "3 May 2014", "03 May 2014", "3rd May 2014", "3rd of May, 2014", "May 3, 2014", "03/05/2014", "3.5.14",
            "3-5-2014", "2014-05-03",
            "20140503", "03052014", "(3/5/14)", "3MAY2014", "3 rd May 2014", "3 May '14", "May 3rd 2014",
        ])
    func days(text: String) throws {
        for form in ["3 May 2014", "2014-05-03", "03/05/2014", "May 3 2014"] {
            #expect(try isFound(Term(form, .date, code: ""), in: text))
        }
    }

    @Test(
        "other days are not it",
        arguments: ["13 May 2014", "3 May 2015", "3 March 2014", "5/3/2014", "352014", "3514", "3 5", "13/05/2014"])
    func notDays(text: String) throws {
        #expect(try !isFound(Term("3 May 2014", .date, code: ""), in: text))
    }

    @Test(
        "numbers",
        arguments: [
            ("0161 496 0000", "01614960000"), ("0161 496 0000", "(0161) 496-0000"),
            ("0161 496 0000", "+44 (0)161 496 0000"),
            ("0161 496 0000", "+441614960000"), ("0161 496 0000", "496 0000"), ("01614960000", "Tel:0161.496.0000"),
            ("M1 1AE", "M11AE"),
            ("M1 1AE", "m1 1ae,"), ("m11ae", "M1 IAE"), ("485 777 3456", "4857773456"), ("SO14 0AA", "S0I4 OAA"),
        ])
    func numbers(term: String, text: String) throws {
        #expect(try isFound(Term(term, .number, code: ""), in: text))
    }

    @Test(
        "other numbers are not it",
        arguments: [("0161 496 0000", "0161 496 0001"), ("M1 1AE", "M1 1AF"), ("M1 1AE", "SM1 1AE")])
    func notNumbers(term: String, text: String) throws {
        #expect(try !isFound(Term(term, .number, code: ""), in: text))
    }

    @Test("what was misread by eye is found, as doubtful; what a file says is not guessed at")
    func misread() throws {
        let term = Term("Quillfeather", .name, code: "")
        for text in ["Qui1lfeather", "Quilifeather", "Quilfeatber"] {
            #expect(try isFound(term, in: text, isRead: true))
            #expect(try !isFound(term, in: text))
        }
    }

    @Test(
        "a term that cannot be looked for is refused",
        arguments: [
            Term("K", .name, code: ""), Term("  ", .words, code: ""), Term("soon", .date, code: ""),
            Term("Dr", .name, code: ""),
        ])
    func unusable(term: Term) {
        #expect(throws: PaperError.unusableTerm(place: 2)) { _ = try Terms([Term("Ada", .name, code: ""), term]) }
    }

    @Test("signs of scripts without spaces are found within a line, and letters with marks without them")
    func scripts() throws {
        #expect(try isFound(Term("王小明", .name, code: ""), in: "我叫王小明，今年"))
        #expect(try isFound(Term("Łukasz Żółć", .name, code: ""), in: "LUKASZ ZOLC"))
        #expect(try isFound(Term("Иван Петров", .name, code: ""), in: "ИВАНА ПЕТРОВА петров"))
    }

    @Test("boxes lie over the words, a line each, and across the end of a line and of a page")
    func boxes() async throws {
        let desk = try Sheets.desk()
        let body = """
            <div style="width: 6cm; hyphens: manual">A long line that ends with Quill&shy;feathering, Zebedee Longname of Wherever</div>
            <div style="break-after: page">ends with Marigold</div><div>Fernsby who goes on</div>
            """
        let pages = try await Sheets.pdf(body, on: desk)
        let terms = try Terms([
            Term("Quillfeathering", .words, code: "A"), Term("Marigold Fernsby", .words, code: "B"),
            Term("Zebedee Longname", .words, code: "C"),
        ])
        let found = try await desk.find(terms, in: pages)
        #expect(Set(found.map(\.term)) == [0, 1, 2])
        #expect(found.first { $0.term == 1 }?.areas.map(\.page) == [1, 2])
        let words = try await desk.words(on: 1, of: pages)
        for word in words where word.text.contains("Zebedee") || word.text.contains("Longname") {
            #expect(
                found.flatMap(\.areas).contains {
                    $0.x <= word.x && $0.x + $0.width >= word.x + word.width && $0.y <= word.y
                })
        }
    }

    @Test("the boxes of a group are equally wide")
    func group() async throws {
        let desk = try Sheets.desk()
        let pages = try await Sheets.pdf("<p>Al came.</p><p>Bartholomew Longfellow came.</p>", on: desk)
        let terms = try Terms([
            Term("Al", .words, code: "S", group: "names"),
            Term("Bartholomew Longfellow", .words, code: "S", group: "names"),
        ])
        #expect(Set(try await desk.find(terms, in: pages).flatMap(\.areas).map { Int($0.width) }).count == 1)
    }
}
