import Sealing

/// The fields of a form, as bytes: what is secret goes straight into locked memory and was never a string.
struct Form: Sendable {
    struct Field: Sendable {
        let name: String
        let isRequired: Bool
        let isSecret: Bool
        var longest = 1024
        /// What a text may be; anything when empty.
        var choices: [String] = []

        static func text(_ name: String, atMost longest: Int = 1024) -> Field {
            Field(name: name, isRequired: true, isSecret: false, longest: longest)
        }
        static func optionalText(_ name: String, of choices: [String] = []) -> Field {
            Field(name: name, isRequired: false, isSecret: false, choices: choices)
        }
        static func secret(_ name: String, atMost longest: Int = 1024) -> Field {
            Field(name: name, isRequired: true, isSecret: true, longest: longest)
        }
        static func optionalSecret(_ name: String, atMost longest: Int = 1024) -> Field {
            Field(name: name, isRequired: false, isSecret: true, longest: longest)
        }
    }

    private var texts: [String: String] = [:]
    private var secrets: [String: Key] = [:]

    static let empty = Form()

    private init() {}

    /// Reads `application/x-www-form-urlencoded` and wipes what it was read from.
    ///
    /// - Throws: `Problem.malformed` for a field that is unknown, missing, repeated or too long, or an escape that is none.
    ///
    /// `ignoringOthers`: unknown fields are passed over, where another's protocol says that they are.
    init(parsing bytes: inout [UInt8], as known: [Field], ignoringOthers: Bool = false) throws {
        defer { for index in bytes.indices { bytes[index] = 0 } }
        for pair in bytes.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(decoding: try Self.unescaped(parts[0]), as: UTF8.self)
            let known = known.first { $0.name == name }
            if known == nil, ignoringOthers { continue }
            guard let field = known, !has(name), parts.count == 2 else {
                throw Problem.malformed("The form has a field that is unknown or stands twice.")
            }
            var value = try Self.unescaped(parts[1])
            guard (1...field.longest).contains(value.count) else {
                throw Problem.malformed("A field of the form is empty or longer than \(field.longest) bytes.")
            }
            if field.isSecret {
                secrets[name] = Key(try SecretBytes(wiping: &value))
            } else {
                let text = String(decoding: value, as: UTF8.self)
                guard field.choices.isEmpty || field.choices.contains(text) else {
                    throw Problem.malformed("`\(name)` is one of \(field.choices.joined(separator: ", ")).")
                }
                texts[name] = text
            }
        }
        if let missing = known.first(where: { $0.isRequired && !has($0.name) }) {
            throw Problem.malformed("`\(missing.name)` is missing.")
        }
    }

    private func has(_ name: String) -> Bool { texts[name] != nil || secrets[name] != nil }

    /// - Throws: `Problem.malformed`.
    func text(_ name: String) throws -> String {
        guard let text = texts[name] else { throw Problem.malformed("`\(name)` is missing.") }
        return text
    }

    func optionalText(_ name: String) -> String? { texts[name] }

    /// - Throws: `Problem.malformed`.
    func secret(_ name: String) throws -> Key {
        guard let key = secrets[name] else { throw Problem.malformed("`\(name)` is missing.") }
        return key
    }

    func optionalSecret(_ name: String) -> Key? { secrets[name] }

    private static func unescaped(_ bytes: ArraySlice<UInt8>) throws -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            switch bytes[index] {
            case UInt8(ascii: "+"): out.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard index + 2 < bytes.endIndex, let high = hex(bytes[index + 1]), let low = hex(bytes[index + 2])
                else { throw Problem.malformed("The form has an escape that is none.") }
                out.append(high << 4 | low)
                index += 2
            default: out.append(bytes[index])
            }
            index += 1
        }
        return out
    }

    private static func hex(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
