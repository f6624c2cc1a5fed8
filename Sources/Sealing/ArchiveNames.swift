/// The names in one zip file: such that every system can write them down, each as itself, below the folder that it is asked to.
struct ArchiveNames {
    /// In lower case, since to some systems capitals are all one.
    private var files: Set<String> = []
    private var folders: Set<String> = []

    /// - Throws: `SealingError.archive(.unsafeName)`, `.takenName`.
    mutating func take(_ name: String) throws(SealingError) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard name.utf8.count <= 200, parts.allSatisfy(Self.isPortable) else { throw .archive(.unsafeName) }
        let file = name.lowercased()
        let above = file.indices.filter { file[$0] == "/" }.map { String(file[..<$0]) }
        guard !files.contains(file), !folders.contains(file), files.isDisjoint(with: above) else {
            throw .archive(.takenName)
        }
        files.insert(file)
        folders.formUnion(above)
    }

    /// Whether deflating a file of this name would be time spent for nothing.
    static func isCompressedAlready(_ name: String) -> Bool {
        guard let dot = name.lastIndex(of: ".") else { return false }
        return compressed.contains(name[name.index(after: dot)...].lowercased())
    }

    private static let compressed: Set<String> = [
        "7z", "age", "docx", "gz", "jpeg", "jpg", "m4a", "mp3", "mp4", "odt", "ods", "pdf", "png", "pptx", "webp",
        "xlsx", "zip",
    ]

    /// Names that stand for devices on Windows, whatever comes after the first full stop.
    private static let devices: Set<String> = Set(
        ["con", "prn", "aux", "nul"] + (1...9).flatMap { ["com\($0)", "lpt\($0)"] })

    private static func isPortable(_ part: Substring) -> Bool {
        guard let first = part.utf8.first, part.utf8.count <= 100, part.utf8.allSatisfy(isPlain) else { return false }
        // A leading full stop hides a file, or leads out of the folder; a leading hyphen looks like an option; a last stop is dropped.
        guard first != UInt8(ascii: "."), first != UInt8(ascii: "-"), part.last != "." else { return false }
        return !devices.contains(part.prefix { $0 != "." }.lowercased())
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
