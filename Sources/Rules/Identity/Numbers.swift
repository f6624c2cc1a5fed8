/// An NHS number: ten digits, the last a check digit modulo 11.
///
/// Source: NHS Data Model and Dictionary, "NHS Number".
public struct NHSNumber: Hashable, Sendable {
    /// Ten digits without spaces.
    public let digits: String

    /// Reads ten digits, with spaces or hyphens between them or without.
    ///
    /// - Returns: `nil` when the check digit is wrong.
    public init?(_ text: some StringProtocol) {
        let digits = String(text).filter { $0 != " " && $0 != "-" }
        let values = digits.utf8.compactMap { (48...57).contains($0) ? Int($0) - 48 : nil }
        guard values.count == 10, digits.utf8.count == 10 else { return nil }
        let sum = zip(values.prefix(9), stride(from: 10, through: 2, by: -1)).reduce(0) { $0 + $1.0 * $1.1 }
        guard (11 - sum % 11) % 11 == values[9] else { return nil }
        self.digits = digits
    }
}

/// A unique pupil number: a check letter, then twelve characters: local authority (3), school (4), year (2) and
/// serial (3), whose last is a letter in a temporary number.
///
/// Source: Department for Education, "Unique pupil numbers: a guide for schools and local authorities", annex.
public struct UPN: Hashable, Sendable {
    /// Thirteen characters in capitals.
    public let text: String

    /// Neither I, O nor S: they look like digits.
    private static let letters = Array("ABCDEFGHJKLMNPQRTUVWXYZ".utf8)

    /// - Returns: `nil` when it has another shape, or the check letter is wrong.
    public init?(_ text: some StringProtocol) {
        let capitals = text.uppercased()
        let characters = Array(capitals.utf8)
        guard characters.count == 13 else { return nil }
        var sum = 0
        for (place, character) in characters.dropFirst().enumerated() {
            guard let value = Self.value(of: character, mayBeLetter: place == 11) else { return nil }
            sum += (place + 2) * value
        }
        guard Self.letters[sum % 23] == characters[0] else { return nil }
        self.text = capitals
    }

    private static func value(of character: UInt8, mayBeLetter: Bool) -> Int? {
        if (48...57).contains(character) { return Int(character) - 48 }
        return mayBeLetter ? letters.firstIndex(of: character) : nil
    }
}
