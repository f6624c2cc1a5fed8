import COpenSSL
import CSodium

/// The bulk cipher and hash of both libraries, in chunks of 64 KiB on one core: MB a second.
func measurePrimitives() {
    let chunk = [UInt8](repeating: 0x5a, count: 65_536)
    var out = [UInt8](repeating: 0, count: chunk.count + 16)
    let key = [UInt8](repeating: 1, count: 32)
    let nonce = [UInt8](repeating: 2, count: 12)
    let rounds = 8192
    func rate(_ name: String, _ work: () -> Void) {
        let best = median(of: 5) { seconds { for _ in 0..<rounds { work() } } }
        report(name, Double(rounds * chunk.count) / best / 1e6, "MB/s")
    }

    let context = EVP_CIPHER_CTX_new()
    let cipher = EVP_CIPHER_fetch(nil, "ChaCha20-Poly1305", nil)
    rate("ChaCha20-Poly1305, OpenSSL") {
        var count: Int32 = 0
        EVP_CipherInit_ex2(context, cipher, key, nonce, 1, nil)
        EVP_CipherUpdate(context, &out, &count, chunk, Int32(chunk.count))
        EVP_CipherFinal_ex(context, &out, &count)
    }
    rate("ChaCha20-Poly1305, libsodium") {
        crypto_aead_chacha20poly1305_ietf_encrypt(&out, nil, chunk, UInt64(chunk.count), nil, 0, nil, nonce, key)
    }
    let sha = EVP_MD_fetch(nil, "SHA256", nil)
    rate("SHA-256, OpenSSL") { EVP_Digest(chunk, chunk.count, &out, nil, sha, nil) }
    rate("SHA-256, libsodium") { crypto_hash_sha256(&out, chunk, UInt64(chunk.count)) }
    rate("BLAKE2b, libsodium") { crypto_generichash(&out, 32, chunk, UInt64(chunk.count), key, key.count) }
}
