/// A Word document of the old kind: an OLE compound file that has a `WordDocument` in it, and neither macros nor a cipher.
///
/// The names of its streams are looked for wherever they stand: to follow its tables one would have to hold the file.
struct WordCheck: Sendable {
    private static let signature: [UInt8] = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]
    private static let body = name("WordDocument")
    private static let macros = name("_VBA_PROJECT")
    private static let cipher = name("EncryptedPackage")
    private static let overlap = cipher.count - 1

    private var front = SignatureCheck([signature], at: 0)
    /// The end of the block before: a name may stand across two.
    private var last: [UInt8] = []
    private var hasBody = false

    mutating func take(_ block: [UInt8]) throws(ContentProblem) {
        try front.take(block)
        let bytes = last + block
        for start in Self.beginnings(in: bytes) {
            let rest = bytes[start...]
            if rest.starts(with: Self.body) { hasBody = true }
            if rest.starts(with: Self.macros) { throw .unsafe(.macros) }
            if rest.starts(with: Self.cipher) { throw .unsafe(.encrypted) }
        }
        last = bytes.suffix(Self.overlap)
    }

    func finish() throws(ContentProblem) {
        try front.finish()
        guard hasBody else { throw .mismatch }
    }

    /// Where one of the names may begin: few places, so that little is compared.
    private static func beginnings(in bytes: [UInt8]) -> [Int] {
        let firsts = [body[0], macros[0], cipher[0]]
        return bytes.indices.dropLast().filter { firsts.contains(bytes[$0]) && bytes[$0 + 1] == 0 }
    }

    /// As a name stands in the folder of a compound file: UTF-16, little end first.
    private static func name(_ text: String) -> [UInt8] { text.utf8.flatMap { [$0, 0] } }
}
