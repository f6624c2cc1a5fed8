import Testing

@testable import Paper

@Suite("a mail becomes pages, its attachments items of their own")
struct MailTests {
    private static let mixed = """
        Received: from mail.example by mx.example; Thu, 1 May 2025 10:00:00 +0100
        From: =?UTF-8?B?QnLDs25hZ2g=?= <b@school.example>
        To: office@council.example
        Bcc: secret@other.example
        Subject: A long
         subject =?ISO-8859-1?Q?caf=E9?=
        Date: Thu, 1 May 2025 10:00:00 +0100
        MIME-Version: 1.0
        Content-Type: multipart/mixed; boundary="outer;1"

        preamble that nobody reads
        --outer;1
        Content-Type: multipart/alternative; boundary=inner

        --inner
        Content-Type: text/plain; charset=iso-8859-1
        Content-Transfer-Encoding: quoted-printable

        Dear all, the caf=E9 visit =
        is on Friday.
        --inner
        Content-Type: text/html

        <p>Dear all, the visit</p>
        --inner--
        --outer;1
        Content-Type: application/pdf; name="Report about somebody.pdf"
        Content-Transfer-Encoding: base64
        Content-Disposition: attachment; filename*=UTF-8''Report%20%E2%82%AC.pdf

        SGVsbG8s
        IHdvcmxk
        --outer;1
        Content-Type: message/rfc822

        From: a@b.example
        Subject: inner

        --inner
        inner text
        --outer;1--
        epilogue
        """

    private func mail(_ text: String, on desk: Desk) async throws -> Mail {
        try desk.scratch.write(Array(text.replacing("\n", with: "\r\n").utf8), to: "in.eml")
        return try await Mail("in.eml", on: desk)
    }

    @Test("its headers, text and attachments are read; what it hides is reported")
    func reads() async throws {
        let desk = try Sheets.desk()
        let mail = try await mail(Self.mixed, on: desk)
        #expect(mail.text.trimmed == "Dear all, the café visit is on Friday.")
        #expect(mail.items.map(\.title) == ["Report €.pdf", "attachment 2"])
        #expect(mail.items.map(\.mediaType) == ["application/pdf", "message/rfc822"])
        #expect(try desk.scratch.read(mail.items[0].file) == Array("Hello, world".utf8))
        let inner = String(decoding: try desk.scratch.read(mail.items[1].file), as: UTF8.self)
        #expect(inner.hasPrefix("From: a@b.example\nSubject: inner") && inner.contains("inner text"))
        #expect(
            Set(mail.hidden) == [
                Hidden(.alternative), Hidden(.blindCopy), Hidden(.transport, 3), Hidden(.attachment, 2),
            ])
    }

    @Test(
        "a file's name in a mail is one line without folders",
        arguments: [
            ("../../etc/passwd", "passwd"), ("C:\\\\temp\\\\report.pdf", "report.pdf"), ("-rf", "rf"),
            ("a\u{202e}fdp.exe", "a fdp.exe"), (String(repeating: "x", count: 500), String(repeating: "x", count: 120)),
            ("/", "attachment 1"),
        ])
    func names(name: String, plain: String) async throws {
        let desk = try Sheets.desk()
        let text = """
            From: a@b.example
            Content-Type: application/pdf; name="\(name)"

            x
            """
        _ = try await mail(text, on: desk)
        #expect(try await desk.attachments(of: Source("in.eml", .mail)).map(\.title) == [plain])
    }

    @Test("its pages say who, when and what, and nothing of blind copies and transport")
    func pages() async throws {
        let desk = try Sheets.desk()
        _ = try await mail(Self.mixed, on: desk)
        let pages = try await desk.pages(of: Source("in.eml", .mail))
        let text = Sheets.spaced(try await Sheets.text(of: pages.file, on: desk))
        for shown in [
            "From: Brónagh <b@school.example>", "Subject: A long subject café", "the café visit is on Friday",
            "Attached: Report €.pdf",
        ] {
            #expect(text.contains(shown), "\(text)")
        }
        for gone in ["secret", "Received", "mx.example"] { #expect(!text.contains(gone)) }
        #expect(pages.items.count == 2)
        #expect(Set(pages.leftOut.map(\.kind)) == [.alternative, .blindCopy, .transport])
    }

    @Test("HTML alone becomes text, with what a style hides, and without what a script does")
    func markup() async throws {
        let desk = try Sheets.desk()
        let html = """
            From: a@b.example
            Content-Type: text/html; charset=utf-8

            <html><head><style>p { color: red }</style></head><body><!-- note --><p>One &amp; two&nbsp;&pound;3</p><script>evil()</script>
            <p style="display:none">hidden</p><a href="http://b.example/x">link</a></body></html>
            """
        let text = try await mail(html, on: desk).text
        #expect(text == "One & two £3\nhidden\nlink")
    }

    @Test("each part is read in its own letters")
    func letters() async throws {
        let desk = try Sheets.desk()
        let text = """
            From: a@b.example
            Content-Type: multipart/mixed; boundary=b

            --b
            Content-Type: text/plain; charset=utf-8

            Łukasz
            --b
            Content-Type: text/plain; charset=iso-8859-2
            Content-Transfer-Encoding: base64

            o3VrYXN6
            --b
            Content-Type: text/plain; charset=utf-7

            +AUE-ukasz
            --b--
            """
        let words = try await mail(text, on: desk).text.split(whereSeparator: \.isWhitespace)
        #expect(words == ["Łukasz", "Łukasz", "Łukasz"])
    }

    @Test("what is no mail, or nests too deep, or has too many attachments is refused")
    func refuses() async throws {
        let desk = try Sheets.desk()
        let unknown =
            "From: a@b.example\nContent-Type: text/plain; charset=x-unheard-of\nContent-Transfer-Encoding: base64\n\n8w==\n"
        await #expect(throws: PaperError.damaged) { _ = try await mail(unknown, on: desk) }
        await #expect(throws: PaperError.damaged) { _ = try await mail("just a text\n\nof some lines", on: desk) }
        let nested = (0..<20).map { "Content-Type: multipart/mixed; boundary=b\($0)\n\n--b\($0)\n" }.joined()
        await #expect(throws: PaperError.tooDeep) { _ = try await mail("From: a@b.example\n" + nested, on: desk) }
        let forwarded = String(repeating: "Subject: x\nContent-Type: message/rfc822\n\n", count: 12)
        await #expect(throws: PaperError.tooDeep) { _ = try await mail(forwarded + "end", on: desk) }
        let headless = String(repeating: "Content-Type: message/rfc822\n\n", count: 5000)
        await #expect(throws: PaperError.tooDeep) { _ = try await mail("Subject: x\n" + headless, on: desk) }
        let many = (0..<300).map { _ in "--b\nContent-Type: image/png\n\nx\n" }.joined()
        await #expect(throws: PaperError.tooLarge) {
            _ = try await mail("From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n" + many, on: desk)
        }
        #expect(desk.scratch.names == ["in.eml"])
    }
}
