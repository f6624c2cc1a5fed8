extension Desk {
    func inspectPDF(_ file: String) async throws -> [Hidden] {
        let locked = try await Tool("qpdf").run(["--is-encrypted", file], in: scratch, statuses: [0, 2])
        guard locked.status == 2 else { return [Hidden(.encryption)] }
        let count = try await survey(file).count
        let unseen = try await forEach(Array(1...count)) { page in
            let words = try await unseenWords(on: page, of: file)
            return words > 0 ? Hidden(.unseenText, in: "page \(page)", words) : nil
        }
        var counts = try await structure(of: file)
        counts[.earlierVersion] = try earlierVersions(of: file)
        counts[.metadata, default: 0] += try await metadata(of: file)
        return Self.hidden(counts) + unseen.compactMap(\.self)
    }

    static func hidden(_ counts: [Hidden.Kind: Int]) -> [Hidden] {
        counts.filter { $0.value > 0 }.map { Hidden($0.key, $0.value) }.sorted { $0.kind.rawValue < $1.kind.rawValue }
    }

    /// What is in a PDF beside its pages, and in the pictures on them.
    func structure(of file: String) async throws -> [Hidden.Kind: Int] {
        try await objects(of: file) { objects in
            var (counts, pictures) = ([Hidden.Kind: Int](), [Range<Int>]())
            try objects.forEachLine { line in
                switch line {
                case .object(let bytes):
                    if let kind = Self.kind(ofObject: bytes) { counts[kind, default: 0] += 1 }
                case .picture(let place?): pictures.append(place)
                // Nobody can look into it, so it may hide what such files do.
                case .picture(nil): counts[.metadata, default: 0] += 1
                case .metadata, .drawing: break
                }
            }
            guard pictures.count <= bounds.parts else { throw PaperError.tooLarge }
            return counts.merging(try await said(byPictures: pictures, in: objects.file), uniquingKeysWith: +)
        }
    }

    /// What the picture files that lie in a PDF say of the camera, the place and the day: a scan is a photograph, too.
    private func said(byPictures places: [Range<Int>], in file: String) async throws -> [Hidden.Kind: Int] {
        var (counts, rest) = ([Hidden.Kind: Int](), places[...])
        while !rest.isEmpty {
            // As many at once as are no burden in memory.
            var (names, bytes) = ([String](), 0)
            defer { names.forEach(scratch.remove) }
            while let place = rest.first, names.isEmpty || names.count < 500 && bytes + place.count <= 32 << 20 {
                names.append(scratch.newName(".jpg"))
                try scratch.copy(place, of: file, to: names[names.count - 1])
                bytes += place.count
                rest = rest.dropFirst()
            }
            counts.merge(try await said(byPictures: names, statuses: [0, 1]), uniquingKeysWith: +)
        }
        return counts
    }

    /// The keys of a PDF's dictionaries that lead to what no page shows: qpdf writes one a line.
    private static let keys: [(key: String, kind: Hidden.Kind)] = [
        ("/EF ", .attachment), ("/EmbeddedFiles ", .attachment), ("/AF ", .attachment), ("/Collection ", .attachment),
        ("/JS ", .script), ("/S /JavaScript", .script), ("/S /Launch", .script), ("/AA ", .script),
        ("/OpenAction ", .script),
        ("/Annots ", .annotation), ("/AcroForm ", .form), ("/XFA ", .form), ("/OCProperties ", .layer),
        ("/Thumb ", .thumbnail),
        ("/Outlines ", .bookmark), ("/CropBox ", .croppedAway), ("/PieceInfo ", .customData),
        ("/RichMedia", .embeddedObject),
        ("/Alt ", .hiddenText), ("/ActualText ", .hiddenText), ("/Metadata ", .metadata),
    ]

    static func kind(ofObject line: ArraySlice<UInt8>) -> Hidden.Kind? {
        let bare = line.drop { $0 == 32 }
        guard bare.first == UInt8(ascii: "/") else { return nil }
        return keys.first { bare.starts(with: $0.key.utf8) || (bare + [32]).elementsEqual($0.key.utf8) }?.kind
    }

    /// A PDF that was changed in place still holds what it was before. One that is laid out for the web has two ends by nature.
    func earlierVersions(of file: String) throws -> Int {
        let end = Array("%%EOF".utf8)
        var (offset, ends, isLinear) = (0, 0, false)
        var rest: [UInt8] = []
        while true {
            let block = try scratch.read(file, from: offset, count: 1 << 18)
            guard !block.isEmpty else { break }
            if offset == 0 { isLinear = String(decoding: block.prefix(1024), as: UTF8.self).contains("/Linearized") }
            offset += block.count
            let both = rest + block
            ends += both.indices.count { both[$0] == end[0] && both[$0...].starts(with: end) }
            rest = Array(both.suffix(end.count - 1))
        }
        return max(0, ends - (isLinear ? 2 : 1))
    }

    private func metadata(of file: String) async throws -> Int {
        let info = try await self.info(of: file)
        return info.count { Self.telling.contains($0.key) && !$0.value.isEmpty }
            + (info["Custom Metadata"] == "yes" ? 1 : 0)
    }

    private static let telling: Set<String> = [
        "Title", "Author", "Subject", "Keywords", "Creator", "Producer", "CreationDate", "ModDate",
    ]

    /// What pdfinfo says, by its own words.
    func info(of file: String) async throws -> [String: String] {
        let output = try await Tool("pdfinfo").run([file], in: scratch)
        var info: [String: String] = [:]
        for line in output.text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            info[String(line[..<colon])] = String(line[line.index(after: colon)...].drop(while: \.isWhitespace))
        }
        return info
    }

    /// How many words of a page are said to stand where nothing is to be seen: all of one colour.
    private func unseenWords(on page: Int, of file: String) async throws -> Int {
        let words = try await said(on: page, of: file)
        guard !words.isEmpty else { return 0 }
        return try await picture(of: page, in: file) { picture in
            try words.count { try picture.isPlain($0, dotsPerInch: bounds.dotsPerInch) }
        }
    }
}

extension PixelMap {
    /// Whether there is but one colour where a word is said to stand.
    fileprivate func isPlain(_ word: Word, dotsPerInch: Int) throws(PaperError) -> Bool {
        // Its middle: fonts claim more height than their letters have, and a box drawn over them may leave that free.
        let area = Area(
            page: 1, x: word.x, y: word.y + word.height / 4, width: word.width, height: word.height / 2, code: "")
        let frame = Frame(area, dotsPerInch: dotsPerInch, within: self)
        let rows = frame.rows.dropFirst(1).dropLast(1)
        guard frame.columns.count > 2, !rows.isEmpty, word.text.contains(where: { $0.isLetter || $0.isNumber }) else {
            return false
        }
        var (darkest, lightest) = (UInt8.max, UInt8.min)
        for y in rows {
            for pixel in try row(y, frame.columns.dropFirst(1).dropLast(1)) {
                darkest = min(darkest, pixel)
                lightest = max(lightest, pixel)
            }
        }
        return lightest - min(lightest, darkest) < 24
    }
}
