internal import Foundation
internal import Sealing

/// JSON with its names in order. A set has no order of its own, so that the same value need not give the same bytes: see `canonicalJSON`.
func sortedJSON(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return [UInt8](try encoder.encode(value))
}

/// JSON of which the same value always gives the same bytes, in any process: names are in order, and so are the words of a list that has
/// nothing but words, which is how sets are written.
func canonicalJSON(_ value: some Encodable) throws -> [UInt8] {
    func ordered(_ value: Any) -> Any {
        switch value {
        case let words as [String]: words.sorted()
        case let list as [Any]: list.map(ordered)
        case let members as [String: Any]: members.mapValues(ordered)
        default: value
        }
    }
    let tree = try JSONSerialization.jsonObject(with: Data(try sortedJSON(value)))
    return [UInt8](try JSONSerialization.data(withJSONObject: ordered(tree), options: .sortedKeys))
}

extension Key {
    func seal(json value: some Encodable, _ facts: Facts, random: RandomSource) throws -> [UInt8] {
        seal(try sortedJSON(value), facts, random: random)
    }

    /// - Throws: `SealingError.notAuthentic`; `DecodingError` for a value that is not as it was written.
    func open<Value: Decodable>(json sealed: [UInt8], as _: Value.Type, _ facts: Facts) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(try open(sealed, facts)))
    }
}
