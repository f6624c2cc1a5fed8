/// Why a password is refused. What it is made of stays its owner's choice: length is what withstands guessing.
public enum PasswordWeakness: Error, Hashable, Sendable {
    case tooShort
    case tooLong
    /// Little but the user name, however written.
    case likeUserName
    /// One character again and again.
    case oneCharacter
    /// The password that it was to replace.
    case unchanged

    public static let fewestCharacters = 12
    public static let mostBytes = 256
    /// How much there must be besides the user name.
    private static let fewestBesidesName = 8

    /// What the person is told.
    public var userMessage: String {
        switch self {
        case .tooShort: "The password is too short. Use at least \(Self.fewestCharacters) characters."
        case .tooLong: "The password is too long. Use at most \(Self.mostBytes) bytes."
        case .likeUserName: "The password is little more than the user name. Choose another."
        case .oneCharacter: "The password is one character repeated. Choose another."
        case .unchanged: "The new password is the old one. Choose another."
        }
    }

    /// What is wrong with a password for this person; `nil` when it may be used.
    public init?(of password: borrowing SecretBytes, username: String) {
        let found = unsafe password.withUnsafeBytes { unsafe Self.weakness($0, Array(username.utf8)) }
        guard let found else { return nil }
        self = found
    }

    private static func weakness(_ password: UnsafeRawBufferPointer, _ username: [UInt8]) -> PasswordWeakness? {
        guard password.count <= mostBytes else { return .tooLong }
        guard unsafe characterCount(password) >= fewestCharacters else { return .tooShort }
        guard unsafe !isOneCharacter(password) else { return .oneCharacter }
        // No copy of the password is made: places are marked that spell the name, forwards or backwards.
        let places = password.indices.filter { unsafe plain(password[$0]) != nil }
        let name = username.compactMap(plain)
        var isOfName = [Bool](repeating: false, count: places.count)
        for form in [name, name.reversed()] where !form.isEmpty && form.count <= places.count {
            for start in 0...(places.count - form.count) {
                let spells = form.indices.allSatisfy { unsafe plain(password[places[start + $0]]) == form[$0] }
                if spells { for place in start..<start + form.count { isOfName[place] = true } }
            }
        }
        return isOfName.contains(true) && isOfName.count(where: { !$0 }) < fewestBesidesName ? .likeUserName : nil
    }

    private static func characterCount(_ text: UnsafeRawBufferPointer) -> Int {
        unsafe text.count { $0 & 0xc0 != 0x80 }
    }

    private static func isOneCharacter(_ text: UnsafeRawBufferPointer) -> Bool {
        let period = text.count / max(1, unsafe characterCount(text))
        guard period > 0 else { return false }
        return (period..<max(period, text.count)).allSatisfy { unsafe text[$0] == text[$0 - period] }
    }

    /// A letter without its case, a digit as the letter it is written for, other bytes as nothing; bytes beyond ASCII as they are.
    private static func plain(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte + 32
        case UInt8(ascii: "0"): UInt8(ascii: "o")
        case UInt8(ascii: "1"), UInt8(ascii: "!"): UInt8(ascii: "i")
        case UInt8(ascii: "3"): UInt8(ascii: "e")
        case UInt8(ascii: "4"), UInt8(ascii: "@"): UInt8(ascii: "a")
        case UInt8(ascii: "5"), UInt8(ascii: "$"): UInt8(ascii: "s")
        case UInt8(ascii: "7"): UInt8(ascii: "t")
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...: byte
        default: nil
        }
    }
}
