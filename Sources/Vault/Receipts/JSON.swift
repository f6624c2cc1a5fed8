internal import Foundation

/// A JSON text, written in Swift much as it comes out: the names in it are the names in the file.
enum JSON: Encodable {
    case text(String)
    case list([JSON])
    case object([String: JSON])

    /// Text that may stand in any JSON or FHIR string.
    init(_ text: String) { self = .text(text.printable) }

    init?(_ text: String?) {
        guard let text else { return nil }
        self.init(text)
    }

    /// Sorted and indented, so that the same facts always give the same bytes.
    var bytes: [UInt8] {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
            return Array(try encoder.encode(self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .list(let items): try container.encode(items)
        case .object(let members): try container.encode(members)
        }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    init(stringLiteral text: String) { self = .text(text) }

    init(arrayLiteral items: JSON...) { self = .list(items) }

    /// Leaves out what is `nil`.
    init(dictionaryLiteral members: (String, JSON?)...) {
        self = .object(members.reduce(into: [:]) { $0[$1.0] = $1.1 })
    }
}
