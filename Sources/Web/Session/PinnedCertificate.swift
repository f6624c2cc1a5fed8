import NIOSSL
public import Sealing
import Storage

/// A client certificate that a partner's system is known by.
public struct PinnedCertificate: Sendable {
    private let certificate: NIOSSLCertificate
    /// SHA-256 of the certificate (DER).
    public let digest: Digest

    /// - Returns: `nil` unless there is exactly one certificate.
    public init?(pem: [UInt8]) {
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(pem), certificates.count == 1 else { return nil }
        try? self.init(certificates[0])
    }

    init(_ certificate: NIOSSLCertificate) throws {
        self.certificate = certificate
        digest = .sha256(try certificate.toDERBytes())
    }

    func isValid(at now: Instant) -> Bool {
        let seconds = now.milliseconds / 1000
        return certificate.notValidBefore <= seconds && seconds < certificate.notValidAfter
    }
}
