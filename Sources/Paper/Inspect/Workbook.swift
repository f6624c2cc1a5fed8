extension Desk {
    /// What hides in a workbook. It cannot be redacted as pages: most of it is on none.
    func inspectWorkbook(_ file: String) async throws -> [Hidden] {
        let container = try await Container(file, on: self)
        guard container.parts.contains("xl/workbook.xml") else { throw PaperError.damaged }
        let sheets = try await container.tree("xl/workbook.xml").root.first("sheets")?.elements ?? []
        let hiddenSheets = sheets.count { ["hidden", "veryHidden"].contains($0.value("state")) }
        var found = hiddenSheets > 0 ? [Hidden(.hiddenSheet, hiddenSheets)] : []
        for part in container.parts where part.wholeMatch(of: /xl\/worksheets\/sheet[0-9]+\.xml/) != nil {
            let sheet = try await container.tree(part).root
            let rows = sheet.first("sheetData")?.elements.count(where: Self.isHidden) ?? 0
            let columns = sheet.first("cols")?.elements.count(where: Self.isHidden) ?? 0
            if rows > 0 { found.append(Hidden(.hiddenRow, in: part, rows)) }
            if columns > 0 { found.append(Hidden(.hiddenColumn, in: part, columns)) }
        }
        return found + container.beside(Self.parts)
    }

    private static func isHidden(_ element: XMLTree.Element) -> Bool {
        ["1", "true"].contains(element.value("hidden"))
    }

    private static let parts: [(Hidden.Kind, String)] = [
        (.comment, "xl/comments"), (.comment, "xl/threadedComments"),
        (.pivotCache, "xl/pivotCache/pivotCacheDefinition"),
        (.macro, "xl/vba"), (.embeddedObject, "xl/embeddings/"), (.customData, "customXml/"),
        (.customData, "xl/externalLinks/externalLink"),
        (.metadata, "docProps/"),
    ]
}
