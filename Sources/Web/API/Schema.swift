import Foundation

/// What a value may be. One table serves twice: what comes in is held against it, and the service's description is made from it, so
/// that what is described is what is enforced.
indirect enum Schema: Sendable {
    case text(TextRule)
    case whole(ClosedRange<Int>)
    /// With a fraction or without.
    case number(ClosedRange<Int>)
    case flag
    case list(Schema, atMost: Int)
    case object([Field])
    /// Names that are not known beforehand.
    case map(Schema)
    /// Described once, under this name.
    case named(String, Schema)

    struct TextRule: Sendable {
        var length = 1...2000
        var shape: Shape?
        var format: String?
        var choices: [String] = []
    }

    /// What a text must be made of: the expression that the description gives, and the same as code, for every request is held against it.
    enum Shape: String, Sendable {
        case digits = "^[0-9]*$"
        case hex = "^[0-9a-f]*$"
        case day = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
        case word = "^[A-Za-z0-9.:-]*$"
        case visible = "^[!-~]*$"
        case problemType = "^urn:muniment:problem:[a-z-]+$"
    }

    struct Field: Sendable {
        let name: String
        let schema: Schema
        let isRequired: Bool
        let note: String?
    }
}

extension Schema {
    static let text = Schema.text(TextRule())

    static func text(_ length: ClosedRange<Int>) -> Schema { .text(TextRule(length: length)) }

    static func text(_ length: ClosedRange<Int>, of shape: Shape) -> Schema {
        .text(TextRule(length: length, shape: shape))
    }

    static func hex(_ count: Int) -> Schema { text(count...count, of: .hex) }

    static func choice(_ choices: [String]) -> Schema { .text(TextRule(length: 1...64, choices: choices)) }

    static let id = hex(32)
    static let day = Schema.text(TextRule(length: 10...10, shape: .day, format: "date"))
    static let time = Schema.text(TextRule(length: 1...40, format: "date-time"))
    static let word = text(1...64, of: .word)
    static let line = text(1...200)
    static let paragraph = text(1...2000)
    /// Every program can count so far: JSON's numbers are often doubles.
    static let count = Schema.whole(0...(1 << 53))

    /// What is wrong with a value, for a person to act on; `nil` when nothing is. Names no value: it may be personal.
    func fault(in value: JSON, at place: String = "") -> String? {
        let here = place.isEmpty ? "The body" : "`\(place)`"
        switch (self, value) {
        case (.named(_, let schema), _): return schema.fault(in: value, at: place)
        case (.text(let rule), .text(let text)): return rule.fault(in: text).map { "\(here) \($0)" }
        case (.whole(let range), .whole(let number)):
            return range.contains(number) ? nil : Self.outside(range, here)
        case (.number(let range), .number(let number)):
            return Double(range.lowerBound)...Double(range.upperBound) ~= number ? nil : Self.outside(range, here)
        case (.number(let range), .whole(let number)): return range.contains(number) ? nil : Self.outside(range, here)
        case (.flag, .flag): return nil
        case (.list(let schema, let most), .list(let items)):
            guard items.count <= most else { return "\(here) has more than \(most) items." }
            return items.enumerated().lazy.compactMap { schema.fault(in: $1, at: "\(place)[\($0)]") }.first
        case (.object(let fields), .object(let members)): return Self.fault(in: members, fields, place)
        case (.map(let schema), .object(let members)):
            return members.lazy.compactMap { schema.fault(in: $1, at: place) }.first
        default: return "\(here) must be \(kind)."
        }
    }

    private static func outside(_ range: ClosedRange<Int>, _ here: String) -> String {
        "\(here) must be from \(range.lowerBound) to \(range.upperBound)."
    }

    private static func fault(in members: [String: JSON], _ fields: [Field], _ place: String) -> String? {
        let prefix = place.isEmpty ? "" : place + "."
        if let missing = fields.first(where: { $0.isRequired && members[$0.name] == nil }) {
            return "`\(prefix)\(missing.name)` is missing."
        }
        let known = Set(fields.map(\.name))
        // The name is the sender's own; it is not repeated.
        guard known.isSuperset(of: members.keys) else {
            return "There is a member that is not one of \(known.sorted().joined(separator: ", "))."
        }
        return fields.lazy.compactMap { field in
            members[field.name].flatMap { field.schema.fault(in: $0, at: prefix + field.name) }
        }.first
    }

    private var kind: String {
        switch self {
        case .text: "text"
        case .whole: "a whole number"
        case .number: "a number"
        case .flag: "true or false"
        case .list: "a list"
        case .object, .map: "an object"
        case .named(_, let schema): schema.kind
        }
    }
}

extension Schema.Shape {
    func fits(_ text: String.UTF8View) -> Bool {
        func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
        func isSmall(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte) }
        switch self {
        case .digits: return text.allSatisfy(isDigit)
        case .hex: return text.allSatisfy { isDigit($0) || (0x61...0x66).contains($0) }
        case .day:
            return text.count == 10
                && zip(0..., text).allSatisfy { [4, 7].contains($0) ? $1 == UInt8(ascii: "-") : isDigit($1) }
        case .word:
            return text.allSatisfy { byte in
                isDigit(byte) || isSmall(byte | 0x20) && byte >= 0x41 || [0x2d, 0x2e, 0x3a].contains(byte)
            }
        case .visible: return text.allSatisfy { (0x21...0x7e).contains($0) }
        case .problemType:
            let start = "urn:muniment:problem:".utf8
            return text.starts(with: start) && text.count > start.count
                && text.dropFirst(start.count).allSatisfy { isSmall($0) || $0 == UInt8(ascii: "-") }
        }
    }
}

extension Schema.TextRule {
    func fault(in text: String) -> String? {
        guard length.contains(text.unicodeScalars.count) else {
            return length.lowerBound == length.upperBound
                ? "must have \(length.lowerBound) characters."
                : "must have \(length.lowerBound) to \(length.upperBound) characters."
        }
        if !choices.isEmpty, !choices.contains(text) { return "must be one of \(choices.joined(separator: ", "))." }
        if let shape, !shape.fits(text.utf8) { return "does not have the right form." }
        return nil
    }
}

extension Schema {
    /// As OpenAPI 3.1 says it.
    var openAPI: JSON {
        switch self {
        case .text(let rule): rule.openAPI
        case .whole(let range):
            ["type": "integer", "minimum": .whole(range.lowerBound), "maximum": .whole(range.upperBound)]
        case .number(let range):
            ["type": "number", "minimum": .whole(range.lowerBound), "maximum": .whole(range.upperBound)]
        case .flag: ["type": "boolean"]
        case .list(let schema, let most):
            ["type": "array", "items": schema.openAPI, "maxItems": .whole(most)]
        case .object(let fields): Self.openAPI(fields)
        case .map(let schema): ["type": "object", "additionalProperties": schema.openAPI]
        case .named(let name, _): ["$ref": .text("#/components/schemas/\(name)")]
        }
    }

    private static func openAPI(_ fields: [Field]) -> JSON {
        let properties = fields.reduce(into: [String: JSON]()) { properties, field in
            guard case .object(var members) = field.schema.openAPI else { return }
            if let note = field.note { members["description"] = .text(note) }
            properties[field.name] = .object(members)
        }
        return [
            "type": "object", "properties": .object(properties), "additionalProperties": false,
            "required": .list(fields.filter(\.isRequired).map { .text($0.name) }),
        ]
    }

    /// Every schema that has a name, in this one.
    var named: [String: Schema] {
        switch self {
        case .text, .whole, .number, .flag: [:]
        case .list(let schema, _), .map(let schema): schema.named
        case .object(let fields): fields.reduce(into: [:]) { $0.merge($1.schema.named) { first, _ in first } }
        case .named(let name, let schema): schema.named.merging([name: schema]) { first, _ in first }
        }
    }
}

extension Schema.TextRule {
    fileprivate var openAPI: JSON {
        guard choices.isEmpty else { return ["type": "string", "enum": .list(choices.map { .text($0) })] }
        var members: [String: JSON] = [
            "type": "string", "minLength": .whole(length.lowerBound), "maxLength": .whole(length.upperBound),
        ]
        if let shape { members["pattern"] = .text(shape.rawValue) }
        if let format { members["format"] = .text(format) }
        return .object(members)
    }
}

extension Schema.Field {
    static func needed(_ name: String, _ schema: Schema, _ note: String? = nil) -> Self {
        Self(name: name, schema: schema, isRequired: true, note: note)
    }

    static func optional(_ name: String, _ schema: Schema, _ note: String? = nil) -> Self {
        Self(name: name, schema: schema, isRequired: false, note: note)
    }
}
