internal import COpenSSL

/// A checksum against accidents on the way, as tus clients send it. SHA-1 is good for that, and for nothing that protects from people.
@safe public final class TransferChecksum {
    private let context: OpaquePointer
    private let byteCount: Int

    /// `algorithm`: `sha1` or `sha256`.
    ///
    /// - Returns: `nil` for another algorithm.
    public init?(_ algorithm: String) {
        let kind: OpaquePointer?
        switch algorithm {
        case "sha1": unsafe (kind, byteCount) = (EVP_sha1(), 20)
        case "sha256": unsafe (kind, byteCount) = (OpenSSL.sha256, 32)
        default: return nil
        }
        // swift-format-ignore: NeverForceUnwrap
        unsafe context = EVP_MD_CTX_new()!
        let started = unsafe EVP_DigestInit_ex2(context, kind, nil)
        precondition(started == 1, "the checksum refused to start")
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    public func update(_ bytes: [UInt8]) {
        let done = unsafe bytes.withUnsafeBytes { unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
        precondition(done == 1, "the checksum refused to run")
    }

    /// The checksum of everything. Nothing may follow.
    public func finish() -> [UInt8] {
        var checksum = [UInt8](repeating: 0, count: byteCount)
        let done = unsafe EVP_DigestFinal_ex(context, &checksum, nil)
        precondition(done == 1, "the checksum refused to end")
        return checksum
    }
}
