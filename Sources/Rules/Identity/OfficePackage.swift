/// A kind of office document that is a zip container, and the parts it must and must not have.
struct OfficePackage: Hashable, Sendable {
    /// Parts that must be there: what their names begin and end with, in small letters.
    private let needed: [[String]]
    /// An OpenDocument names its type in its first part, which is not compressed.
    let typeName: String?
    /// The folder of the main part: a binary part right in it is a project of macros, whatever it is called.
    private let mainFolder: String?

    static let document = openXML("word", main: "document")
    static let sheet = openXML("xl", main: "workbook")
    static let presentation = openXML("ppt", main: "presentation")
    static let openText = OfficePackage(
        needed: [["content", ".xml"], ["meta-inf/manifest", ".xml"]],
        typeName: "application/vnd.oasis.opendocument.text", mainFolder: nil)

    private static func openXML(_ folder: String, main: String) -> OfficePackage {
        // Some programs number the main part.
        OfficePackage(
            needed: [["[content_types]", ".xml"], ["\(folder)/\(main)", ".xml"]], typeName: nil,
            mainFolder: folder + "/")
    }

    private static let archives = [
        ".zip", ".7z", ".rar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".tar", ".jar", ".cab", ".iso", ".arj", ".lzh",
    ]
    /// Office documents within one: a chart keeps its figures in a sheet of its own, which has this place.
    private static let packages = [".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp"]
    private static let withMacros = [".docm", ".dotm", ".xlsm", ".xltm", ".xlsb", ".xlam", ".pptm", ".potm", ".ppsm"]

    /// How many parts are needed.
    var neededCount: Int { needed.count }

    /// Which of the needed parts this is.
    func need(metBy name: String) -> Int? {
        needed.firstIndex {
            name.hasPrefix($0[0]) && name.hasSuffix($0[1]) && !name.dropFirst($0[0].count).contains("/")
        }
    }

    /// `name`: in small letters.
    func judge(_ name: String) throws(ContentProblem) {
        if hasMacros(name) { throw .unsafe(.macros) }
        let isEmbedded = name.contains("/embeddings/")
        if Self.archives.contains(where: name.hasSuffix) || !isEmbedded && Self.packages.contains(where: name.hasSuffix)
        {
            throw .unsafe(.nestedArchive)
        }
    }

    private func hasMacros(_ name: String) -> Bool {
        if name.contains("vbaproject") || name.contains("vbadata") { return true }
        if Self.withMacros.contains(where: name.hasSuffix) { return true }
        guard let mainFolder else { return name.hasPrefix("basic/") || name.hasPrefix("scripts/") }
        return name.hasPrefix(mainFolder) && name.hasSuffix(".bin") && !name.dropFirst(mainFolder.count).contains("/")
    }
}
