/// A mail, read line by line: its text, and its attachments as files of their own in the scratch folder.
struct Mail: Sendable {
    private(set) var headers: [MailHeader] = []
    private(set) var text = ""
    private(set) var items: [Pages.Item] = []
    private(set) var hidden: [Hidden] = []

    init(_ file: String, on desk: Desk) async throws {
        var reader = MailReader(in: desk.scratch, bounds: desk.bounds)
        do {
            try reader.read(file)
            try Self.lookInto(reader.items, at: 1, on: desk)
        } catch {
            reader.items.forEach { desk.scratch.remove($0.file) }
            throw error
        }
        (headers, items) = (reader.headers, reader.items)
        let (plain, laidOut) = (try await desk.joined(reader.plain), try await desk.joined(reader.markup))
        let isBlank = plain.allSatisfy(\.isWhitespace)
        text = isBlank ? Markup.text(of: laidOut) : plain
        if !isBlank, !laidOut.isEmpty { hidden.append(Hidden(.alternative)) }
        let blind = headers.count { $0.name.hasSuffix("bcc") }
        if blind > 0 { hidden.append(Hidden(.blindCopy, blind)) }
        let transport = headers.count { !Self.shown.contains($0.name) } - blind
        if transport > 0 { hidden.append(Hidden(.transport, transport)) }
        if !items.isEmpty { hidden.append(Hidden(.attachment, items.count)) }
    }

    /// Refuses mails inside mails inside mails; what is no mail, though it is said to be, is only an attachment.
    private static func lookInto(_ items: [Pages.Item], at depth: Int, on desk: Desk) throws(PaperError) {
        for item in items where item.mediaType == "message/rfc822" {
            guard depth < MailReader.deepest else { throw .tooDeep }
            var reader = MailReader(in: desk.scratch, bounds: desk.bounds)
            defer { reader.items.forEach { desk.scratch.remove($0.file) } }
            do {
                try reader.read(item.file)
            } catch .tooDeep {
                throw .tooDeep
            } catch .tooLarge {
                throw .tooLarge
            } catch .scratchFull {
                throw .scratchFull
            } catch {}
            try lookInto(reader.items, at: depth + 1, on: desk)
        }
    }

    private static let shown = ["from", "to", "cc", "date", "subject"]

    /// What its pages begin with.
    var head: String {
        let lines = Self.shown.flatMap { name in
            headers.filter { $0.name == name }.map { "\(name.capitalizedFirst): \($0.value)" }
        }
        let attached = items.map { "Attached: \($0.title)" }
        return (lines + attached).joined(separator: "\n") + "\n\n"
    }
}

struct MailHeader: Hashable, Sendable {
    /// In small letters.
    let name: String
    let value: String

    /// What stands before the first semicolon.
    var bare: String { value.prefix { $0 != ";" }.filter { !$0.isWhitespace }.lowercased() }

    /// A parameter such as `boundary`, in either of its spellings.
    func parameter(_ name: String) -> String? {
        for piece in Self.pieces(of: value).dropFirst() {
            guard let equals = piece.firstIndex(of: "=") else { continue }
            let key = piece[..<equals].filter { !$0.isWhitespace }.lowercased()
            let value = piece[piece.index(after: equals)...].trimmed
            if key == name { return value.hasPrefix("\"") ? String(value.dropFirst().prefix { $0 != "\"" }) : value }
            if key == name + "*" {
                return Self.percentDecoded(value.split(separator: "'", omittingEmptySubsequences: false).last ?? "")
            }
        }
        return nil
    }

    /// Split at semicolons that stand in no quotation marks.
    private static func pieces(of value: String) -> [String] {
        var (pieces, isQuoted) = ([""], false)
        for character in value {
            if character == "\"" { isQuoted.toggle() }
            if character == ";", !isQuoted { pieces.append("") } else { pieces[pieces.count - 1].append(character) }
        }
        return pieces
    }

    private static func percentDecoded(_ text: Substring) -> String {
        var (bytes, rest) = ([UInt8](), Array(text.utf8)[...])
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The bytes of a text, and the character set that they are said to be in.
struct CodedText: Sendable {
    var charset: String?
    var bytes: [UInt8] = []
}

extension Desk {
    /// What came attached to a mail, as files in the scratch folder; to anything else nothing does.
    public func attachments(of source: Source) async throws -> [Pages.Item] {
        guard source.kind == .mail else { return [] }
        return try await Mail(source.file, on: self).items
    }

    /// Lays out a mail: who, to whom, when, what about, and its text.
    func laidOut(_ mail: Mail) async throws -> Pages {
        try await typeset(
            mail.head + mail.text, leftOut: mail.hidden.filter { $0.kind != .attachment }, items: mail.items)
    }

    fileprivate func joined(_ texts: [CodedText]) async throws -> String {
        var joined: [String] = []
        for text in texts { joined.append(try await decoded(text)) }
        return joined.joined(separator: "\n\n")
    }

    /// A text in whatever character set it came: wrong letters would hide a name from the search, and not from a reader.
    func decoded(_ text: CodedText) async throws -> String {
        guard !text.bytes.isEmpty else { return "" }
        let hasMark = text.bytes.starts(with: [0xff, 0xfe]) || text.bytes.starts(with: [0xfe, 0xff])
        let said = hasMark ? "utf-16" : (text.charset ?? "").lowercased()
        // In these, plain bytes mean other letters; of the rest, what is good UTF-8 is that, whatever is said.
        let isShifted = ["utf-16", "utf-32", "utf-7", "iso-2022", "hz", "ibm", "ucs"].contains { said.hasPrefix($0) }
        if !isShifted, let plain = String(validating: text.bytes, as: UTF8.self) { return plain }
        let isName = said.wholeMatch(of: /[a-z0-9][a-z0-9._:-]{0,39}/) != nil && said != "utf-8" && said != "us-ascii"
        return try await temporary(".txt") { name in
            try scratch.write(text.bytes, to: name)
            let arguments = ["-c", "-f", isName ? said : "windows-1252", "-t", "utf-8", name]
            let limits = Limits(outputBytes: 4 * bounds.textBytes)
            // 1: some letters are in no set, and are dropped; or all of them, when nobody knows the set.
            let output = try await Tool("iconv").run(arguments, in: scratch, limits: limits, statuses: [0, 1])
            guard !output.bytes.isEmpty else { throw PaperError.damaged }
            return output.text
        }
    }
}

extension StringProtocol {
    var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }

    var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
