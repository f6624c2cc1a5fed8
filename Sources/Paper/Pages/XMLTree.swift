/// A part of an office document as a tree, kept byte for byte where it is not changed.
///
/// It takes UTF-8 without a document type: nothing that expands, and nothing that a reader with another encoding would see differently.
struct XMLTree: Sendable {
    indirect enum Node: Sendable {
        case element(Element)
        case raw(ArraySlice<UInt8>)
    }

    struct Element: Sendable {
        /// With its prefix, as written.
        let name: ArraySlice<UInt8>
        /// As written, from behind the name.
        let attributes: ArraySlice<UInt8>
        var children: [Node] = []

        /// Without its prefix.
        var local: String { String(decoding: name.split(separator: UInt8(ascii: ":")).last ?? name, as: UTF8.self) }

        var elements: [Element] {
            children.compactMap { if case .element(let element) = $0 { element } else { nil } }
        }

        func first(_ local: String) -> Element? { elements.first { $0.local == local } }

        /// The value of an attribute by its local name.
        func value(_ attribute: String) -> String? {
            let parts = String(decoding: attributes, as: UTF8.self).split(
                separator: /["']/, omittingEmptySubsequences: false)
            for place in stride(from: 0, to: parts.count - 1, by: 2) {
                let key = parts[place].filter { !$0.isWhitespace && $0 != "=" }
                if key.split(separator: ":").last.map(String.init) == attribute { return String(parts[place + 1]) }
            }
            return nil
        }

        /// How many elements of this name are within.
        func count(_ locals: Set<String>) -> Int {
            elements.reduce(0) { $0 + (locals.contains($1.local) ? 1 : 0) + $1.count(locals) }
        }
    }

    var root: Element

    private static let deepest = 200

    init(_ bytes: [UInt8]) throws(PaperError) {
        var stack: [Element] = []
        var root: Element?
        var place = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
        func take(_ node: Node) {
            if stack.isEmpty, case .element(let element) = node { root = element }
            if !stack.isEmpty { stack[stack.count - 1].children.append(node) }
        }
        while place < bytes.count {
            guard bytes[place] == UInt8(ascii: "<") else {
                let end = bytes[place...].firstIndex(of: UInt8(ascii: "<")) ?? bytes.count
                take(.raw(bytes[place..<end]))
                place = end
                continue
            }
            let tag = try Self.tag(in: bytes, at: place)
            place = tag.endIndex
            switch tag.dropFirst().first {
            case UInt8(ascii: "!"): try Self.requirePlain(tag)
            case UInt8(ascii: "?"): try Self.requireUTF8(tag)
            case UInt8(ascii: "/"):
                guard let element = stack.popLast(), tag.dropFirst(2).dropLast().trimmed.elementsEqual(element.name)
                else { throw .damaged }
                take(.element(element))
            default:
                let isEmpty = tag.dropLast().last == UInt8(ascii: "/")
                let inner = tag.dropFirst().dropLast(isEmpty ? 2 : 1)
                let name = inner.prefix { $0 > 32 }
                guard !name.isEmpty, root == nil, stack.count < Self.deepest else { throw .damaged }
                let element = Element(name: name, attributes: inner.dropFirst(name.count))
                if isEmpty { take(.element(element)) } else { stack.append(element) }
            }
        }
        guard let root, stack.isEmpty else { throw .damaged }
        self.root = root
    }

    var bytes: [UInt8] {
        var bytes = Array("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n".utf8)
        Self.write(root, to: &bytes)
        return bytes
    }

    private static func write(_ element: Element, to bytes: inout [UInt8]) {
        bytes += [UInt8(ascii: "<")] + element.name + element.attributes
        guard !element.children.isEmpty else {
            bytes += "/>".utf8
            return
        }
        bytes.append(UInt8(ascii: ">"))
        for child in element.children {
            switch child {
            case .element(let inner): write(inner, to: &bytes)
            case .raw(let text): bytes += text
            }
        }
        bytes += Array("</".utf8) + element.name + [UInt8(ascii: ">")]
    }

    /// From `<` to the `>` that ends it, which is none within quotation marks.
    private static func tag(in bytes: [UInt8], at start: Int) throws(PaperError) -> ArraySlice<UInt8> {
        if bytes[start...].starts(with: "<!--".utf8) {
            var end = start + 4
            while end + 2 < bytes.count, !bytes[end...].starts(with: "-->".utf8) { end += 1 }
            guard end + 2 < bytes.count else { throw .damaged }
            return bytes[start..<end + 3]
        }
        var quote: UInt8?
        for place in bytes[start...].indices {
            let byte = bytes[place]
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            } else if byte == UInt8(ascii: ">") {
                return bytes[start...place]
            }
        }
        throw .damaged
    }

    /// Comments are dropped; a document type, or text that is marked as no markup, is refused.
    private static func requirePlain(_ tag: ArraySlice<UInt8>) throws(PaperError) {
        guard tag.starts(with: "<!--".utf8) else { throw .damaged }
    }

    private static func requireUTF8(_ tag: ArraySlice<UInt8>) throws(PaperError) {
        let text = String(decoding: tag, as: UTF8.self).lowercased()
        guard text.hasPrefix("<?xml"), text.contains("encoding") else { return }
        guard text.contains("utf-8") else { throw .damaged }
    }
}

extension ArraySlice<UInt8> {
    fileprivate var trimmed: ArraySlice<UInt8> { drop { $0 <= 32 }.prefix { $0 > 32 } }
}
