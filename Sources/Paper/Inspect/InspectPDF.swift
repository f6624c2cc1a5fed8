extension Desk {
    func inspectPDF(_ file: String) async throws -> [Hidden] {
        let locked = try await Tool("qpdf").run(["--is-encrypted", file], in: scratch, statuses: [0, 2])
        guard locked.status == 2 else { return [Hidden(.encryption)] }
        let count = try await survey(file).count
        let unseen = try await forEach(Array(1...count)) { page in
            let words = try await unseenWords(on: page, of: file)
            return words > 0 ? Hidden(.unseenText, in: "page \(page)", words) : nil
        }
        return try await structure(of: file) + metadata(of: file) + unseen.compactMap(\.self)
    }

    /// What is in a PDF beside its pages.
    func structure(of file: String) async throws -> [Hidden] {
        var counts: [Hidden.Kind: Int] = [:]
        try await objects(of: file) { objects in
            try objects.forEachLine { line in
                guard case .object(let bytes) = line, let kind = Self.kind(ofObject: bytes) else { return }
                counts[kind, default: 0] += 1
            }
        }
        counts[.earlierVersion] = try earlierVersions(of: file)
        return counts.filter { $0.value > 0 }.map { Hidden($0.key, $0.value) }.sorted {
            $0.kind.rawValue < $1.kind.rawValue
        }
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
        ("/Alt ", .hiddenText), ("/ActualText ", .hiddenText),
    ]

    private static func kind(ofObject line: ArraySlice<UInt8>) -> Hidden.Kind? {
        let bare = line.drop { $0 == 32 }
        guard bare.first == UInt8(ascii: "/") else { return nil }
        return keys.first { bare.starts(with: $0.key.utf8) || (bare + [32]).elementsEqual($0.key.utf8) }?.kind
    }

    /// A PDF that was changed in place still holds what it was before. One that is laid out for the web has two ends by nature.
    private func earlierVersions(of file: String) throws -> Int {
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

    private func metadata(of file: String) async throws -> [Hidden] {
        let info = try await self.info(of: file)
        let count =
            info.filter { Self.telling.contains($0.key) && !$0.value.isEmpty }.count
            + (info["Custom Metadata"] == "yes" ? 1 : 0)
            + (info["Metadata Stream"] == "yes" ? 1 : 0)
        return count > 0 ? [Hidden(.metadata, count)] : []
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
