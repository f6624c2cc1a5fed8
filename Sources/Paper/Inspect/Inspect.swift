extension Desk {
    /// What hides in a document, found before anybody decides about it.
    ///
    /// An empty answer means that nothing of the kinds that are known was found.
    public func inspect(_ source: Source) async throws -> [Hidden] {
        switch source.kind {
        case .pdf: try await inspectPDF(source.file)
        case .text: []
        case .image: Self.hidden(try await said(byPictures: [source.file]))
        case .word: try await WordFile(source.file, on: self).hidden()
        case .spreadsheet: try await inspectWorkbook(source.file)
        case .mail: try await Mail(source.file, on: self).hidden
        }
    }

    /// What pictures say of the camera, the place and the day.
    ///
    /// `statuses`: with 1 among them, what cannot be read may be there, and counts as metadata.
    func said(byPictures files: [String], statuses: Set<Int32> = [0]) async throws -> [Hidden.Kind: Int] {
        let output = try await Tool("exiftool").run(
            ["-a", "-G1", "-s"] + files, in: scratch, limits: Limits(outputBytes: bounds.textBytes), statuses: statuses)
        var counts: [Hidden.Kind: Int] = [:]
        for line in output.text.split(separator: "\n") where line.hasPrefix("[") {
            guard let group = line.split(separator: "]").first?.dropFirst() else { continue }
            let words = line.split(whereSeparator: { $0 == " " || $0 == "]" })
            let tag = words.count > 1 ? words[1] : ""
            guard let kind = Self.kind(ofImage: group, tag) else { continue }
            counts[kind, default: 0] += 1
        }
        return counts
    }

    private static func kind(ofImage group: Substring, _ tag: Substring) -> Hidden.Kind? {
        switch group {
        case _ where tag == "Comment" || tag == "Error": .metadata
        case "PNG" where Self.pngLayout.contains(String(tag)): nil
        // What the picture cannot be without.
        case "ExifTool", "System", "File", "JFIF", "Adobe", "Jpeg2000", "PNG-pHYs", "Composite", "ICC_Profile": nil
        case _ where group.hasPrefix("ICC-"): nil
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

    /// Tags that say how the pixels lie in a PNG.
    private static let pngLayout: Set<String> = [
        "ImageWidth", "ImageHeight", "BitDepth", "ColorType", "Compression", "Filter", "Interlace", "Gamma", "Palette",
        "Transparency", "BackgroundColor", "SignificantBits", "SRGBRendering", "WhitePointX", "WhitePointY", "RedX",
        "RedY", "GreenX", "GreenY", "BlueX", "BlueY", "ProfileName",
    ]
}
