import Testing

@testable import Web

@Suite("What a text must be made of")
struct SchemaTests {
    static let shapes: [Schema.Shape] = [.digits, .hex, .day, .word, .visible, .problemType]

    @Test("is the same in the code as in the expression of the description", arguments: shapes)
    func sameAsExpression(shape: Schema.Shape) throws {
        let expression = try Regex(shape.rawValue)
        let samples = [
            "", "2026-12-01", "2026-12-1", "20261201ab", "2026x12-01", "2026-1a-01", "urn:muniment:problem:a-b",
            "urn:muniment:problem:", "urn:muniment:problem:A", "urn:other:problem:a", "é", "a\n", "0٠",
        ]
        let single = (0...0x17f).compactMap { Unicode.Scalar($0).map { String(Character($0)) } }
        let all = samples + single + single.map { "a" + $0 }
        for text in all {
            let matches = try expression.wholeMatch(in: text) != nil
            #expect(shape.fits(text.utf8) == matches, "\(text.debugDescription)")
        }
    }
}
