/// A Word document: what hides in it, and a copy without that.
///
/// The copy is made of the parts that pages are made of and of no other, so that what nobody has thought of is not in it.
struct WordFile: Sendable {
    private let container: Container
    private let desk: Desk

    init(_ file: String, on desk: Desk) async throws {
        container = try await Container(file, on: desk)
        guard container.parts.contains("word/document.xml") else { throw PaperError.damaged }
        self.desk = desk
    }

    /// Parts with text of the document's own.
    private static func hasText(_ part: String) -> Bool {
        part.wholeMatch(of: /word\/(document|footnotes|endnotes|header[0-9]*|footer[0-9]*)\.xml/) != nil
    }

    private static func isKept(_ part: String) -> Bool {
        hasText(part) || part == "[Content_Types].xml"
            || part.wholeMatch(
                of: /word\/(styles|numbering|settings|fontTable|theme\/[a-z0-9]+|(charts|diagrams)\/[A-Za-z0-9]+)\.xml/)
                != nil
            || part.wholeMatch(of: /word\/media\/[A-Za-z0-9_-]+\.(png|jpe?g|gif|bmp|tiff?|emf|wmf)/) != nil
            || part.wholeMatch(of: /word\/(charts\/|diagrams\/)?_rels\/[A-Za-z0-9]+\.xml\.rels/) != nil
    }

    /// What hides in it.
    func hidden() async throws -> [Hidden] {
        let styles = try await hiddenStyles()
        var found: [Hidden] = []
        for part in container.parts where Self.hasText(part) {
            var sieve = Sieve(hiddenStyles: styles)
            _ = sieve.sift(try await container.tree(part).root)
            found += sieve.hidden(in: part)
        }
        return found + container.beside(Self.beside)
    }

    /// Parts that no page shows.
    private static let beside: [(Hidden.Kind, String)] = [
        (.comment, "word/comments"), (.macro, "word/vba"), (.embeddedObject, "word/embeddings/"),
        (.embeddedObject, "word/activeX/"),
        (.embeddedObject, "word/afchunk"), (.customData, "customXml/"), (.customData, "word/glossary/"),
        (.metadata, "docProps/"),
        (.customData, "word/people"),
    ]

    /// Writes a copy without deletions, comments, hidden text, and all parts that pages do not need.
    ///
    /// - Returns: What was left out.
    func clean(to result: String) async throws -> [Hidden] {
        let styles = try await hiddenStyles()
        var zip = StoredZip(result, in: desk.scratch)
        var leftOut = container.beside(Self.beside)
        var size = 0
        for part in container.parts where Self.isKept(part) {
            var bytes = try await container.read(part)
            if Self.hasText(part) {
                var sieve = Sieve(hiddenStyles: styles)
                var tree = try XMLTree(bytes)
                tree.root = sieve.sift(tree.root) ?? tree.root
                bytes = tree.bytes
                leftOut += sieve.hidden(in: part).filter { $0.kind != .insertion }
            } else if part.hasSuffix(".rels") {
                bytes = try Self.inner(XMLTree(bytes)).bytes
            } else if part.hasSuffix("settings.xml") {
                bytes = try Self.plainSettings(XMLTree(bytes)).bytes
            }
            size += bytes.count
            guard size <= desk.bounds.unpackedBytes else { throw PaperError.tooLarge }
            try zip.add(part, bytes)
        }
        try zip.add("_rels/.rels", Array(Self.relations.utf8))
        try zip.finish()
        return leftOut
    }

    private static let relations = """
        <?xml version="1.0" encoding="UTF-8" standalone="yes"?>
        <Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" \
        Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>\
        </Relationships>
        """

    /// Without what lies elsewhere, but for links, which lead nowhere until somebody follows them.
    private static func inner(_ tree: XMLTree) -> XMLTree {
        filtered(tree) { $0.value("TargetMode") != "External" || $0.value("Type")?.hasSuffix("/hyperlink") == true }
    }

    private static func plainSettings(_ tree: XMLTree) -> XMLTree {
        let dropped: Set = [
            "attachedTemplate", "mailMerge", "docVars", "rsids", "trackRevisions", "documentProtection",
        ]
        return filtered(tree) { !dropped.contains($0.local) }
    }

    private static func filtered(_ tree: XMLTree, _ isKept: (XMLTree.Element) -> Bool) -> XMLTree {
        var tree = tree
        tree.root.children = tree.root.children.filter {
            if case .element(let element) = $0 { isKept(element) } else { true }
        }
        return tree
    }

    /// The styles whose text is hidden, by themselves or by the style that they are based on.
    private func hiddenStyles() async throws -> Set<String> {
        guard container.parts.contains("word/styles.xml") else { return [] }
        let styles = try await container.tree("word/styles.xml").root.elements.filter { $0.local == "style" }
        var hidden: Set<String> = []
        for _ in 0..<10 {
            for style in styles {
                guard let name = style.value("styleId") else { continue }
                let base = style.first("basedOn")?.value("val")
                if Sieve.vanishes(style.first("rPr")) ?? base.map(hidden.contains) ?? false { hidden.insert(name) }
            }
        }
        return hidden
    }
}

/// Takes out of a part what a reader of the document does not see as its text.
struct Sieve {
    private let hiddenStyles: Set<String>
    private var counts: [Hidden.Kind: Int] = [:]

    init(hiddenStyles: Set<String>) { self.hiddenStyles = hiddenStyles }

    func hidden(in part: String) -> [Hidden] {
        counts.map { Hidden($0.key, in: part, $0.value) }.sorted { $0.kind.rawValue < $1.kind.rawValue }
    }

    private static let deletions: Set<String> = ["del", "moveFrom", "delText", "delInstrText"]
    private static let comments: Set<String> = [
        "commentReference", "commentRangeStart", "commentRangeEnd", "annotationRef",
    ]
    /// How the text looked before a change.
    private static let former: Set<String> = [
        "rPrChange", "pPrChange", "sectPrChange", "tblPrChange", "trPrChange", "tcPrChange", "tblGridChange",
        "numberingChange",
        "moveFromRangeStart", "moveFromRangeEnd", "cellDel",
    ]

    /// - Returns: `nil` when nothing is left of it.
    mutating func sift(_ element: XMLTree.Element, isHidden: Bool = false) -> XMLTree.Element? {
        let local = element.local
        if Self.deletions.contains(local) || isDeletedPlace(element) { return drop(.deletion) }
        if Self.comments.contains(local) { return drop(.comment, counts: local == "commentReference") }
        if Self.former.contains(local) { return nil }
        if local == "ins" || local == "moveTo" { counts[.insertion, default: 0] += 1 }
        if local == "drawing" || local == "pict", isHiddenDrawing(element) { return drop(.hiddenText) }
        if local == "altChunk" { return drop(.embeddedObject) }
        if local == "r", runIsHidden(element, inHidden: isHidden) { return drop(.hiddenText) }
        let isHidden = local == "p" ? hides(element.first("pPr"), "pStyle") : isHidden
        var kept = element
        kept.children = element.children.compactMap { child in
            guard case .element(let inner) = child else { return child }
            return sift(inner, isHidden: isHidden).map { .element($0) }
        }
        return kept
    }

    private mutating func drop(_ kind: Hidden.Kind, counts isCounted: Bool = true) -> XMLTree.Element? {
        if isCounted { counts[kind, default: 0] += 1 }
        return nil
    }

    /// A row or a cell of a table that was deleted.
    private func isDeletedPlace(_ element: XMLTree.Element) -> Bool {
        switch element.local {
        case "tr": element.first("trPr")?.first("del") != nil
        case "tc": element.first("tcPr")?.first("cellDel") != nil
        default: false
        }
    }

    private func isHiddenDrawing(_ element: XMLTree.Element) -> Bool {
        element.elements.contains { inner in
            guard inner.local == "inline" || inner.local == "anchor", let properties = inner.first("docPr") else {
                return false
            }
            return ["1", "true", "on"].contains(properties.value("hidden"))
        }
    }

    private func runIsHidden(_ run: XMLTree.Element, inHidden isHidden: Bool) -> Bool {
        guard let properties = run.first("rPr") else { return isHidden }
        return Self.vanishes(properties) ?? (hides(properties, "rStyle") || isHidden)
    }

    private func hides(_ properties: XMLTree.Element?, _ kind: String) -> Bool {
        properties?.first(kind)?.value("val").map(hiddenStyles.contains) ?? false
    }

    /// What properties say of being hidden themselves, if anything.
    static func vanishes(_ properties: XMLTree.Element?) -> Bool? {
        guard let word = properties?.first("vanish") ?? properties?.first("specVanish") else { return nil }
        return !["0", "false", "off"].contains(word.value("val"))
    }
}
