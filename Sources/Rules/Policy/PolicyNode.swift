import Yams

/// A place in a policy file: reads one value of one kind, and refuses all else with its line.
package struct PolicyNode {
    package let file: String
    package let line: Int
    private let node: Node

    private init(_ node: Node, in file: String) {
        self.file = file
        self.node = node
        line = node.mark?.line ?? 1
    }

    /// The single document of a file, proved free of anchors, aliases and tags.
    package static func root(of text: PolicyText) throws(PolicyError) -> PolicyNode {
        let parsed: Result<Node?, any Error> = Result {
            let parser = try Parser(yaml: text.text, encoding: .utf8)
            let root = try parser.singleRoot()
            // A node holds its anchor weakly, so the anchors can be looked for only while the parser lives.
            let anchored = withExtendedLifetime(parser) { root.flatMap(Self.firstIndirection) }
            if let anchored {
                throw PolicyError(file: text.file, line: anchored.mark?.line ?? 1, reason: .anchor)
            }
            return root
        }
        switch parsed {
        case .success(let root?): return PolicyNode(root, in: text.file)
        case .success(nil): throw PolicyError(file: text.file, line: 1, reason: .empty("The file"))
        case .failure(let error as PolicyError): throw error
        case .failure(let error): throw syntaxError(error, in: text.file)
        }
    }

    /// In the order of the text, so that an anchor is met before the aliases that would repeat it.
    private static func firstIndirection(in node: Node) -> Node? {
        if node.anchor != nil || !plainTags.contains(node.tag.rawValue) { return node }
        switch node {
        case .scalar: return nil
        case .alias: return node
        case .sequence(let items): return items.lazy.compactMap(firstIndirection).first
        case .mapping(let pairs):
            return pairs.lazy.compactMap { firstIndirection(in: $0.key) ?? firstIndirection(in: $0.value) }.first
        }
    }

    private static let plainTags = Set(
        ["str", "int", "bool", "float", "null", "timestamp", "seq", "map", "merge", "value"].map {
            "tag:yaml.org,2002:\($0)"
        })

    private static func syntaxError(_ error: any Error, in file: String) -> PolicyError {
        guard let error = error as? YamlError else {
            return PolicyError(file: file, line: 1, reason: .notYAML("it cannot be read"))
        }
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return PolicyError(file: file, line: mark.line, reason: .notYAML(problem))
        case .duplicatedKeysInMapping(let keys, let context):
            return PolicyError(file: file, line: context.mark.line, reason: .duplicate(keys.first ?? ""))
        case .reader(let problem, _, _, _):
            return PolicyError(file: file, line: 1, reason: .notYAML(problem))
        case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            return PolicyError(file: file, line: 1, reason: .notYAML("it cannot be read"))
        }
    }

    package func fault(_ reason: PolicyError.Reason) -> PolicyError {
        PolicyError(file: file, line: line, reason: reason)
    }
}

/// A mapping with a fixed set of keys.
package struct PolicyMap {
    package let node: PolicyNode
    private let values: [String: PolicyNode]

    fileprivate init(_ node: PolicyNode, _ values: [String: PolicyNode]) {
        self.node = node
        self.values = values
    }

    package func required(_ key: String) throws(PolicyError) -> PolicyNode {
        guard let value = values[key] else { throw node.fault(.missingKey(key)) }
        return value
    }

    package func optional(_ key: String) -> PolicyNode? { values[key] }
}

extension PolicyNode {
    /// A mapping whose keys the program knows.
    package func map(_ keys: Set<String>) throws(PolicyError) -> PolicyMap {
        var values: [String: PolicyNode] = [:]
        for (key, value) in try entries() {
            guard keys.contains(key.text) else { throw key.node.fault(.unknownKey(key.text)) }
            values[key.text] = value
        }
        return PolicyMap(self, values)
    }

    /// A mapping whose keys the file declares, in the order of the text.
    func entries() throws(PolicyError) -> [(key: (text: String, node: PolicyNode), value: PolicyNode)] {
        guard case .mapping(let pairs) = node else { throw fault(.expected("a list of keys and values")) }
        guard !pairs.isEmpty else { throw fault(.empty("This list")) }
        var entries: [(key: (text: String, node: PolicyNode), value: PolicyNode)] = []
        for pair in pairs {
            let key = PolicyNode(pair.key, in: file)
            entries.append(((try key.word(), key), PolicyNode(pair.value, in: file)))
        }
        return entries
    }

    /// A list with at least one item.
    package func list() throws(PolicyError) -> [PolicyNode] {
        guard case .sequence(let items) = node else { throw fault(.expected("a list")) }
        guard !items.isEmpty else { throw fault(.empty("This list")) }
        return items.map { PolicyNode($0, in: file) }
    }

    /// A list of distinct values, each read by `read`.
    func distinct<Value: Hashable>(
        _ read: (PolicyNode) throws(PolicyError) -> Value
    ) throws(PolicyError) -> [Value] {
        var seen: Set<Value> = []
        var values: [Value] = []
        for item in try list() {
            let value = try read(item)
            guard seen.insert(value).inserted else { throw item.fault(.duplicate(try item.scalar())) }
            values.append(value)
        }
        return values
    }

    /// One value, or a list of distinct ones.
    func oneOrMore<Value: Hashable>(
        _ read: (PolicyNode) throws(PolicyError) -> Value
    ) throws(PolicyError) -> [Value] {
        isScalar ? [try read(self)] : try distinct(read)
    }

    var isScalar: Bool {
        if case .scalar = node { true } else { false }
    }

    /// A sentence or a title, on one line and without what a reader would not see: people sign these words.
    package func text() throws(PolicyError) -> String {
        let text = try string()
        guard text.contains(where: { !$0.isWhitespace }) else { throw fault(.empty("This text")) }
        guard text.unicodeScalars.allSatisfy(Self.isVisible) else {
            throw fault(.expected("one line of text without invisible characters"))
        }
        return text
    }

    /// A name: letters, digits, dots, colons and hyphens, 64 at most.
    package func word() throws(PolicyError) -> String {
        let text = try string()
        guard !text.isEmpty, text.utf8.count <= 64, text.utf8.allSatisfy(Self.isWordByte) else {
            throw fault(.expected("a name of letters, digits, dots and hyphens"))
        }
        return text
    }

    func word<Word: PolicyWord>(as: Word.Type) throws(PolicyError) -> Word { Word(rawValue: try word()) }

    /// One of the values that the program itself knows.
    package func choice<Choice: RawRepresentable<String>>(_ kind: String) throws(PolicyError) -> Choice {
        let name = try string()
        guard let choice = Choice(rawValue: name) else { throw fault(.unknown(kind: kind, name: name)) }
        return choice
    }

    func rendition() throws(PolicyError) -> Rendition {
        let name = try string()
        guard let rendition = Rendition(name) else { throw fault(.unknown(kind: "rendition", name: name)) }
        return rendition
    }

    /// A version number: 1 or more.
    package func count() throws(PolicyError) -> Int {
        guard let value = try integer(), value >= 1 else { throw fault(.expected("a whole number from 1")) }
        return value
    }

    package func number(in range: ClosedRange<Int>) throws(PolicyError) -> Int {
        guard let value = try integer(), range.contains(value) else {
            throw fault(.expected("a whole number from \(range.lowerBound) to \(range.upperBound)"))
        }
        return value
    }

    private func integer() throws(PolicyError) -> Int? {
        try tag() == "int" ? Int(try scalar()) : nil
    }

    package func flag() throws(PolicyError) -> Bool {
        switch try scalar() {
        case "true" where try tag() == "bool": return true
        case "false" where try tag() == "bool": return false
        default: throw fault(.expected("true or false"))
        }
    }

    func day() throws(PolicyError) -> Day {
        let text = try scalar()
        guard let day = Day(text) else { throw fault(.notADay(text)) }
        return day
    }

    private func string() throws(PolicyError) -> String {
        guard try tag() == "str" else {
            throw fault(.expected("text (quote a number or a yes/no that is meant as text)"))
        }
        return try scalar()
    }

    func scalar() throws(PolicyError) -> String {
        guard case .scalar(let scalar) = node else { throw fault(.expected("a single value")) }
        return scalar.string
    }

    /// What YAML takes a single value to be.
    private func tag() throws(PolicyError) -> Substring {
        guard case .scalar = node else { throw fault(.expected("a single value")) }
        return node.tag.rawValue.split(separator: ":").last ?? ""
    }

    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":"):
            true
        default: false
        }
    }
}
