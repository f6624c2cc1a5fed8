internal import Foundation
internal import Sealing

/// JSON with its names in order, so that the same value always gives the same bytes.
func sortedJSON(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return [UInt8](try encoder.encode(value))
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
