import Testing

@testable import Sealing

@Suite("Codes that stand in for a person")
struct OneTimeCodeTests {
    private func secret(_ text: String) throws -> SecretBytes {
        var bytes = Array(text.utf8)
        return try SecretBytes(wiping: &bytes)
    }

    /// RFC 6238, Appendix B, the rows of SHA-1: eight digits.
    static let published: [(Int64, String)] = [
        (59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"), (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
    ]

    @Test("RFC 6238, Appendix B", arguments: published)
    func vectors(moment: Int64, code: String) throws {
        let secret = try secret("12345678901234567890")
        #expect(try TOTP.code(secret, step: moment / 30, digits: 8) == Array(code.utf8))
        let last = String(code.suffix(6))
        #expect(try TOTP.acceptedStep(self.secret(last), secret: secret, at: moment, after: -1) == moment / 30)
    }

    /// Steps from the present one, and whether its code is taken.
    static let steps: [(Int64, Bool)] = [(-2, false), (-1, true), (0, true), (1, true), (2, false)]

    @Test("one step of tolerance each way", arguments: steps)
    func tolerance(distance: Int64, isTaken: Bool) throws {
        let secret = try secret("12345678901234567890")
        let now: Int64 = 1_111_111_111
        let code = String(decoding: try TOTP.code(secret, step: now / 30 + distance, digits: 6), as: UTF8.self)
        let step = try TOTP.acceptedStep(self.secret(code), secret: secret, at: now, after: -1)
        #expect(step == (isTaken ? now / 30 + distance : nil))
        let replayed = try TOTP.acceptedStep(self.secret(code), secret: secret, at: now, after: now / 30 + distance)
        #expect(replayed == nil)
    }

    @Test("what is not a code is none", arguments: ["", "50471", "0050471", "14050471", "05047l", "ABCDEFGHJKMNPQRS"])
    func malformed(typed: String) throws {
        let secret = try secret("12345678901234567890")
        #expect(try TOTP.acceptedStep(self.secret(typed), secret: secret, at: 1_111_111_111, after: -1) == nil)
    }

    @Test("a code may be typed as the authenticator shows it")
    func spaces() throws {
        let secret = try secret("12345678901234567890")
        #expect(try TOTP.acceptedStep(self.secret("050 471"), secret: secret, at: 1_111_111_111, after: -1) != nil)
    }

    /// RFC 4648, section 10, without padding.
    static let base32 = [
        ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB"),
        ("foobar", "MZXW6YTBOI"),
    ]

    @Test("base32 is that of RFC 4648", arguments: base32)
    func encoding(plain: String, text: String) {
        #expect(Base32.rfc4648.encode(Array(plain.utf8)) == Array(text.utf8))
        #expect(Base32.rfc4648.decode(Array(text.utf8)) == Array(plain.utf8))
    }

    @Test("bits that encode nothing are refused", arguments: ["MZ", "A", "MZXW6YTBO", "M1"])
    func spare(text: String) { #expect(Base32.rfc4648.decode(Array(text.utf8)) == nil) }

    @Test("a recovery code is known however it is written, and by its own key only")
    func recovery() throws {
        let key = try Key(from: .system)
        let (text, digest) = try RecoveryCode.make(under: key, random: .system)
        let code = String(decoding: text, as: UTF8.self)
        #expect(code.wholeMatch(of: /[0-9A-HJKMNP-TV-Z]{8}-[0-9A-HJKMNP-TV-Z]{8}/) != nil)
        let forms = [
            code, code.lowercased(), code.replacing("-", with: ""), code.replacing("-", with: " "),
            code.replacing("0", with: "O").replacing("1", with: "l"),
        ]
        for form in forms { #expect(try RecoveryCode.digest(of: secret(form), under: key) == digest) }
        #expect(try RecoveryCode.digest(of: secret(code), under: Key(from: .system)) != digest)
        #expect(try RecoveryCode.digest(of: secret(String(code.dropLast())), under: key) == nil)
        #expect(try RecoveryCode.digest(of: secret("123456"), under: key) == nil)
    }

    @Test("base64url has one spelling", arguments: ["", "AA", "_-8", "-_-_"])
    func base64URL(text: String) {
        let bytes = Base64URL.decode(Array(text.utf8))
        #expect(bytes.map(Base64URL.encode) == Array(text.utf8))
    }

    @Test("another spelling is refused", arguments: ["AB", "AA==", "+/8", "A", "A A", "AA\n"])
    func otherBase64(text: String) { #expect(Base64URL.decode(Array(text.utf8)) == nil) }
}

@Suite("Passwords that are refused")
struct PasswordWeaknessTests {
    static let table: [(String, PasswordWeakness?)] = [
        ("correct horse battery", nil), ("twelve chars", nil), ("eleven char", .tooShort), ("", .tooShort),
        // Twelve characters, each of several bytes; and eleven of them, though more than twelve bytes.
        ("äöüßäöüßäöüß", nil), ("äöüßäöüßäöü", .tooShort),
        (String(repeating: "ab", count: 128), nil), (String(repeating: "ab", count: 128) + "c", .tooLong),
        ("aaaaaaaaaaaa", .oneCharacter), ("ääääääääääää", .oneCharacter), ("aaaaaaaaaaab", nil),
        ("sam.send1234", .likeUserName), ("Sam-Send2026!", .likeUserName), ("$4m.s3ndsamsend", .likeUserName),
        ("dnesmas.samsend", .likeUserName), ("samsendsamsendsamsend", .likeUserName), ("xxsamsendxxxxx", .likeUserName),
        ("samsend on the hill", nil), ("send sam a horse", nil),
    ]

    @Test("for sam.send", arguments: table)
    func weak(password: String, weakness: PasswordWeakness?) throws {
        var bytes = Array(password.utf8)
        let secret = try SecretBytes(wiping: &bytes)
        #expect(PasswordWeakness(of: secret, username: "sam.send") == weakness)
    }

    @Test("a user name that is longer than the password, or has no letter, refuses nothing")
    func oddNames() throws {
        var bytes = Array("correct horse".utf8)
        let secret = try SecretBytes(wiping: &bytes)
        for name in ["", "--", "..-", String(repeating: "long", count: 16)] {
            #expect(PasswordWeakness(of: secret, username: name) == nil)
        }
    }
}
