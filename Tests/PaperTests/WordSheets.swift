@testable import Paper

extension Sheets {
    private static let types = """
        <Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" \
        ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>\
        <Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>\
        <Override PartName="/word/comments.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"/>\
        <Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/></Types>
        """
    private static let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    private static let space = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\""

    static func run(_ text: String, _ properties: String = "") -> String {
        "<w:r>\(properties.isEmpty ? "" : "<w:rPr>\(properties)</w:rPr>")<w:t xml:space=\"preserve\">\(text)</w:t></w:r>"
    }

    /// A Word document of these paragraphs, with a comment, metadata, and a style whose text is hidden.
    static func word(
        _ paragraphs: [String], comment: String = "", more: [(String, String)] = [], on desk: Desk, as name: String
    ) throws {
        let author = "w:id=\"1\" w:author=\"Somebody\" w:date=\"2025-01-01T00:00:00Z\""
        let body = paragraphs.map { "<w:p>\($0)</w:p>" }.joined().replacing("AUTHOR", with: author)
        let parts =
            [
                ("[Content_Types].xml", types),
                ("_rels/.rels", relation([("officeDocument", "word/document.xml")])),
                ("word/_rels/document.xml.rels", relation([("comments", "comments.xml"), ("styles", "styles.xml")])),
                ("word/document.xml", "<w:document \(space)><w:body>\(body)</w:body></w:document>"),
                (
                    "word/styles.xml",
                    "<w:styles \(space)><w:style w:type=\"character\" w:styleId=\"Base\"><w:name w:val=\"Base\"/><w:rPr><w:vanish/></w:rPr></w:style>"
                        + "<w:style w:type=\"character\" w:styleId=\"Ghost\"><w:name w:val=\"Ghost\"/><w:basedOn w:val=\"Base\"/></w:style></w:styles>"
                ),
                (
                    "word/comments.xml",
                    "<w:comments \(space)><w:comment \(author)><w:p>\(run(comment))</w:p></w:comment></w:comments>"
                ),
                ("docProps/core.xml", "<core>metadata of \(comment)</core>"),
            ] + more
        var zip = StoredZip(name, in: desk.scratch)
        for (part, text) in parts { try zip.add(part, Array(text.utf8)) }
        try zip.finish()
    }

    private static func relation(_ targets: [(String, String)]) -> String {
        let list = targets.enumerated().map {
            "<Relationship Id=\"r\($0)\" Type=\"\(relations)/\($1.0)\" Target=\"\($1.1)\"/>"
        }
        return
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\(list.joined())</Relationships>"
    }
}
