import Foundation
import Testing

@testable import Sealing

@Suite("Every primitive agrees with Wycheproof", .enabled(if: Vectors.areThereOrDue))
struct WycheproofTests {
    @Test func hmac() throws {
        for test in try Vectors.wycheproof("hmac_sha256") {
            let key = try SecretBytes(copying: test.bytes("key"))
            let expected = try test.bytes("tag")
            let tag = try key.authenticate(test.bytes("msg")).bytes.prefix(expected.count)
            #expect((Array(tag) == expected) == (test.result == "valid"), test.label)
        }
    }

    @Test func hkdf() throws {
        for test in try Vectors.wycheproof("hkdf_sha256") {
            let key = try SecretBytes(copying: test.bytes("ikm"))
            let count = try #require(test["size"] as? Int)
            var derived: [UInt8]?
            do throws(SealingError) {
                derived = try key.derive(salt: test.trusted("salt"), info: test.trusted("info"), count: count).copied()
            } catch .unavailable {
                derived = nil
            }
            #expect((derived == (try test.bytes("okm"))) == (test.result == "valid"), test.label)
        }
    }

    @Test func xChaCha20Poly1305() throws {
        for test in try Vectors.wycheproof("xchacha20_poly1305") where test.group["ivSize"] as? Int == 192 {
            let key = try SecretBytes(copying: test.bytes("key"))
            let sealed = [SecretBytes.sealedVersion] + (try test.bytes("iv") + test.bytes("ct") + test.bytes("tag"))
            let opened = try? key.open(sealed, facts: test.bytes("aad"))
            #expect((opened == (try test.bytes("msg"))) == (test.result == "valid"), test.label)
        }
    }

    /// Age fixes the shape of the nonce, so the cipher runs through the same calls with the vector's own nonce.
    @Test func chaCha20Poly1305() throws {
        for test in try Vectors.wycheproof("chacha20_poly1305") where test.group["ivSize"] as? Int == 96 {
            guard try test.bytes("aad").isEmpty else { continue }
            var cipher = ChunkCipher(key: try SecretBytes(copying: test.bytes("key")))
            let message = try test.bytes("msg")
            var sealed = [UInt8](repeating: 0, count: message.count + Age.tagCount)
            var out = sealed.mutableSpan
            cipher.seal(message.span, nonce: try test.bytes("iv"), into: &out)
            let expected = try test.bytes("ct") + test.bytes("tag")
            #expect((sealed == expected) == (test.result == "valid"), test.label)

            var opened = message
            var plain = opened.mutableSpan
            let isOpened = cipher.open(expected.span, nonce: try test.bytes("iv"), into: &plain)
            #expect(isOpened == (test.result == "valid"), test.label)
        }
    }

    @Test func ed25519() throws {
        for test in try Vectors.wycheproof("ed25519") {
            let publicKey = try #require(test.group["publicKey"] as? [String: Any]).bytes("pk")
            let key = try #require(VerifyingKey(publicKey))
            let isValid = try key.isValid(signature: test.bytes("sig"), for: test.bytes("msg"))
            #expect(isValid == (test.result == "valid"), test.label)
        }
    }

    @Test("X25519 agrees, and refuses a share that makes the secret known to all")
    func x25519Agreement() throws {
        for test in try Vectors.wycheproof("x25519") {
            let secret = try SecretBytes(copying: test.bytes("private"))
            let shared = try x25519(secret, test.bytes("public"))?.copied()
            let expected = try test.bytes("shared")
            #expect(shared == (expected.allSatisfy { $0 == 0 } ? nil : expected), test.label)
        }
    }
}

extension [String: Any] {
    /// For use where only `SealingError` may be thrown.
    func trusted(_ field: String) -> [UInt8] { (try? bytes(field)) ?? [] }
}

extension SecretBytes {
    init(copying bytes: [UInt8]) throws(SealingError) {
        var copy = bytes
        try self.init(wiping: &copy)
    }

    borrowing func copied() -> [UInt8] { withUnsafeBytes { [UInt8]($0) } }
}
