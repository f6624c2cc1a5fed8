extension Desk {
    /// What hides in a document, found before anybody decides about it.
    ///
    /// An empty answer means that nothing of the kinds that are known was found.
    public func inspect(_ source: Source) async throws -> [Hidden] {
        switch source.kind {
        case .pdf: try await inspectPDF(source.file)
        case .text: []
        case .image: try await inspectImage(source.file)
        case .word: try await WordFile(source.file, on: self).hidden()
        case .spreadsheet: try await inspectWorkbook(source.file)
        case .mail: try await Mail(source.file, on: self).hidden
        }
    }

    /// What a picture says of the camera, the place and the day.
    private func inspectImage(_ file: String) async throws -> [Hidden] {
        let output = try await Tool("exiftool").run(["-a", "-G1", "-s", file], in: scratch)
        var counts: [Hidden.Kind: Int] = [:]
        for line in output.text.split(separator: "\n") {
            guard let group = line.split(separator: "]").first?.drop(while: { $0 == "[" }) else { continue }
            let words = line.split(whereSeparator: { $0 == " " || $0 == "]" })
            let tag = words.count > 1 ? words[1] : ""
            guard let kind = Self.kind(ofImage: group, tag) else { continue }
            counts[kind, default: 0] += 1
        }
        return counts.map { Hidden($0.key, $0.value) }.sorted { $0.kind.rawValue < $1.kind.rawValue }
    }

    private static func kind(ofImage group: Substring, _ tag: Substring) -> Hidden.Kind? {
        switch group {
        // What the picture cannot be without.
        case "ExifTool", "System", "File", "JFIF", "PNG", "PNG-pHYs", "Composite", "ICC_Profile", "ICC-header": nil
        case _ where tag.contains("Thumbnail") || tag.contains("Preview"): .thumbnail
        case "GPS": .location
        case _ where group.hasPrefix("XMP") || group.hasPrefix("IPTC") || group.hasPrefix("PNG"): .metadata
        case "IFD0" where Self.tiffLayout.contains(String(tag)): nil
        default: .camera
        }
    }

    /// Tags that say how the pixels lie in a TIFF.
    private static let tiffLayout: Set<String> = [
        "ImageWidth", "ImageHeight", "BitsPerSample", "Compression", "PhotometricInterpretation", "StripOffsets",
        "SamplesPerPixel",
        "RowsPerStrip", "StripByteCounts", "XResolution", "YResolution", "ResolutionUnit", "PlanarConfiguration",
        "Orientation",
        "YCbCrPositioning", "SubfileType", "FillOrder", "Predictor", "ExtraSamples", "SampleFormat", "PageNumber",
    ]
}
