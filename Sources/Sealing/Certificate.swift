internal import COpenSSL

/// An X.509 certificate, as its DER bytes.
public struct Certificate: Hashable, Sendable {
    public let der: [UInt8]

    /// - Throws: `SealingError.malformedCertificate` unless the bytes are one certificate and nothing else.
    public init(der: [UInt8]) throws(SealingError) {
        self.der = der
        unsafe try withX509 { _ in }
    }

    /// Every certificate of a PEM file, in its order.
    ///
    /// - Throws: `SealingError.malformedCertificate` when there is none, or one cannot be read.
    public static func list(pem: [UInt8]) throws(SealingError) -> [Certificate] {
        var found: [Certificate] = []
        unsafe try withReader(pem) { reader throws(SealingError) in
            // A certificate under a password is refused: OpenSSL would ask for it on the terminal.
            while let x509 = unsafe PEM_read_bio_X509(reader, nil, { _, _, _, _ in -1 }, nil) {
                defer { unsafe X509_free(x509) }
                found.append(Certificate(checked: unsafe try DER.encode { unsafe i2d_X509(x509, $0) }))
            }
            let reason = OpenSSL.takeReason(of: ERR_LIB_PEM)
            guard reason == PEM_R_NO_START_LINE, !found.isEmpty else { throw .malformedCertificate }
        }
        return found
    }

    /// Only for bytes that OpenSSL has just written.
    init(checked der: [UInt8]) { self.der = der }

    /// As `openssl` and most programs read it.
    public var pem: String {
        let text = Base64.encode(der)
        let padded = Array(text.utf8) + Array(repeating: UInt8(ascii: "="), count: (4 - text.utf8.count % 4) % 4)
        let lines = stride(from: 0, to: padded.count, by: 64).map { start in
            String(decoding: padded[start..<min(start + 64, padded.count)], as: UTF8.self) + "\n"
        }
        return "-----BEGIN CERTIFICATE-----\n\(lines.joined())-----END CERTIFICATE-----\n"
    }

    /// Whether it holds at this moment, in seconds since 1970: from the second it names as its first, to the one before its last, as
    /// OpenSSL has it.
    public func isValid(at moment: Int64) throws(SealingError) -> Bool {
        unsafe try withX509 { x509 in
            let from = unsafe ASN1.seconds(X509_get0_notBefore(x509))
            let to = unsafe ASN1.seconds(X509_get0_notAfter(x509))
            guard let from, let to else { return false }
            return (from..<max(from, to)).contains(moment)
        }
    }

    func withX509<Result>(_ body: (OpaquePointer) throws(SealingError) -> Result) throws(SealingError) -> Result {
        let parsed = unsafe DER.decode(der, { unsafe d2i_X509(nil, $0, $1) }, free: { unsafe X509_free($0) })
        guard let x509 = unsafe parsed else { throw .malformedCertificate }
        defer { unsafe X509_free(x509) }
        return unsafe try body(x509)
    }

    /// A store that trusts these and nothing else, as of a moment: OpenSSL would ask the clock. The caller frees it.
    static func store(trusting anchors: [Certificate], at moment: Int64) throws(SealingError) -> OpaquePointer {
        guard let store = unsafe X509_STORE_new() else { throw .unavailable("A certificate store") }
        do throws(SealingError) {
            for anchor in anchors {
                let added = unsafe try anchor.withX509 { unsafe X509_STORE_add_cert(store, $0) }
                guard added == 1 else { throw .unavailable("A certificate store") }
            }
        } catch {
            unsafe X509_STORE_free(store)
            throw error
        }
        // What is trusted by name is trusted, whether or not it signed itself.
        unsafe X509_STORE_set_flags(store, UInt(X509_V_FLAG_PARTIAL_CHAIN))
        unsafe X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), Int(moment))
        return unsafe store
    }
}

/// DER in and out of OpenSSL.
enum DER {
    typealias Cursor = UnsafeMutablePointer<UnsafePointer<UInt8>?>

    /// What an `i2d` function writes.
    static func encode(
        _ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
    ) throws(SealingError) -> [UInt8] {
        let count = write(nil)
        guard count > 0 else { throw .unavailable("A DER encoding") }
        return unsafe [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, written in
            var cursor = buffer.baseAddress
            written = unsafe Int(write(&cursor))
        }
    }

    /// What a `d2i` function reads, or `nil` unless it reads all of `bytes`.
    static func decode<Value>(_ bytes: [UInt8], _ read: (Cursor, Int) -> Value?, free: (Value) -> Void) -> Value? {
        defer { ERR_clear_error() }
        return unsafe bytes.withUnsafeBytes { buffer in
            let start: UnsafePointer<UInt8>? = unsafe buffer.start
            var cursor = unsafe start
            guard let value = unsafe read(&cursor, buffer.count) else { return nil }
            guard unsafe cursor == start.map({ unsafe $0 + buffer.count }) else {
                free(value)
                return nil
            }
            return value
        }
    }
}

enum ASN1 {
    /// Whole seconds since 1970; `nil` for what is no time.
    static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
        guard let time = unsafe time, let epoch = unsafe ASN1_TIME_set(nil, 0) else { return nil }
        defer { unsafe ASN1_STRING_free(epoch) }
        var days: Int32 = 0
        var seconds: Int32 = 0
        guard unsafe ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else { return nil }
        return Int64(days) * 86_400 + Int64(seconds)
    }
}

/// Lends OpenSSL a reader of `bytes`, without a copy.
func withReader<Result>(
    _ bytes: [UInt8], _ body: (OpaquePointer) throws(SealingError) -> Result
) throws(SealingError) -> Result {
    unsafe try bytes.withUnsafeBufferPointer { buffer throws(SealingError) in
        guard let reader = unsafe BIO_new_mem_buf(UnsafeRawBufferPointer(buffer).start, Int32(buffer.count)) else {
            throw .unavailable("A reader of bytes")
        }
        defer { unsafe BIO_free(reader) }
        return unsafe try body(reader)
    }
}

extension OpenSSL {
    /// Why the last call failed, when it was this library of OpenSSL's that said so. Forgets all errors of this thread.
    static func takeReason(of library: Int32) -> Int32? {
        let error = ERR_peek_last_error()
        ERR_clear_error()
        return ERR_GET_LIB(error) == library ? ERR_GET_REASON(error) : nil
    }
}
