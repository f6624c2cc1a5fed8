internal import COpenSSL

/// A request to a time-stamping authority (RFC 3161): the digest of something, and a number that the answer must repeat.
///
/// Bytes in, bytes out: sending them is the caller's part. See docs/FORMATS.md, "Time stamps".
public struct TimeStampRequest: Hashable, Sendable {
    public let digest: Digest
    /// The body of the request, of type `application/timestamp-query`.
    public let der: [UInt8]

    public init(for digest: Digest, random: RandomSource) { self.init(for: digest, nonce: random.bytes(8)) }

    init(for digest: Digest, nonce: [UInt8]) {
        precondition(nonce.count == 8, "a nonce has 8 bytes")
        self.digest = digest
        // Version 1; SHA-256 and the digest; the nonce, whose first bit is set so that it has one spelling; "send your certificate".
        let sha256: [UInt8] = [
            0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
        ]
        let imprint = [0x30, 0x31] + sha256 + [0x04, 0x20] + digest.bytes
        let number = [0x02, 0x09, 0x00, nonce[0] | 0x80] + nonce[1...]
        der = [0x30, 0x44, 0x02, 0x01, 0x01] + imprint + number + [0x01, 0x01, 0xff]
    }

    /// Checks the authority's answer to this request, and takes the time stamp out of it.
    ///
    /// `authorities`: whom to trust: authorities' own certificates, or those that issued them.
    ///
    /// - Throws: `SealingError.timeStampRefused`.
    public func stamp(
        in response: [UInt8], trusting authorities: [Certificate]
    ) throws(SealingError) -> TimeStamp {
        let parsed = unsafe DER.decode(
            response, { unsafe d2i_TS_RESP(nil, $0, $1) }, free: { unsafe TS_RESP_free($0) })
        guard let answer = unsafe parsed else { throw .timeStampRefused(.malformed) }
        defer { unsafe TS_RESP_free(answer) }
        let time = unsafe TS_RESP_get_tst_info(answer).flatMap { unsafe ASN1.seconds(TS_TST_INFO_get_time($0)) }
        unsafe try TimeStamp.verify(self, TS_VFY_NONCE, authorities, at: time ?? 0) {
            unsafe TS_RESP_verify_response($0, answer)
        }
        // What is kept is what is checked: the token as it is written, not as it was read.
        let token = unsafe try DER.encode { unsafe i2d_PKCS7(TS_RESP_get_token(answer), $0) }
        return try TimeStamp(token: token, of: digest, trusting: authorities)
    }
}

/// An authority's word that something with this digest existed at a time (RFC 3161).
public struct TimeStamp: Hashable, Sendable {
    /// The token: a CMS signature over what the authority states.
    public let token: [UInt8]
    public let digest: Digest
    /// What the authority's clock showed, in whole seconds since 1970. Its certificate held then; whether that is now, or long ago,
    /// the caller knows.
    public let time: Int64

    /// Checks a token that was kept.
    ///
    /// - Throws: `SealingError.timeStampRefused`.
    public init(token: [UInt8], of digest: Digest, trusting authorities: [Certificate]) throws(SealingError) {
        let parsed = unsafe DER.decode(token, { unsafe d2i_PKCS7(nil, $0, $1) }, free: { unsafe PKCS7_free($0) })
        guard let signed = unsafe parsed else { throw .timeStampRefused(.malformed) }
        defer { unsafe PKCS7_free(signed) }
        time = unsafe try Self.time(signed)
        self.token = token
        self.digest = digest
        let request = TimeStampRequest(for: digest, nonce: [UInt8](repeating: 0, count: 8))
        unsafe try Self.verify(request, 0, authorities, at: time) { unsafe TS_RESP_verify_token($0, signed) }
    }

    private static func time(_ signed: UnsafeMutablePointer<PKCS7>) throws(SealingError) -> Int64 {
        defer { ERR_clear_error() }
        guard let statement = unsafe PKCS7_to_TS_TST_INFO(signed) else { throw .timeStampRefused(.malformed) }
        defer { unsafe TS_TST_INFO_free(statement) }
        guard let time = unsafe ASN1.seconds(TS_TST_INFO_get_time(statement)) else {
            throw .timeStampRefused(.malformed)
        }
        return time
    }

    /// Runs one of OpenSSL's checks of what was answered to `request`, as of the time in the answer: OpenSSL would ask the clock.
    fileprivate static func verify(
        _ request: TimeStampRequest, _ more: UInt32, _ authorities: [Certificate], at time: Int64,
        _ check: (OpaquePointer) -> Int32
    ) throws(SealingError) {
        let parsed = unsafe DER.decode(
            request.der, { unsafe d2i_TS_REQ(nil, $0, $1) }, free: { unsafe TS_REQ_free($0) })
        guard let parsed = unsafe parsed else { throw .unavailable("A time-stamp request") }
        defer { unsafe TS_REQ_free(parsed) }
        guard let context = unsafe TS_REQ_to_TS_VERIFY_CTX(parsed, nil) else {
            throw .unavailable("A time-stamp check")
        }
        defer { unsafe TS_VERIFY_CTX_free(context) }
        let flags = TS_VFY_SIGNATURE | TS_VFY_VERSION | TS_VFY_IMPRINT | TS_VFY_SIGNER | more
        unsafe TS_VERIFY_CTX_set_flags(context, Int32(flags))
        // The context owns the store from here on.
        unsafe TS_VERIFY_CTX_set_store(context, try Certificate.store(trusting: authorities, at: time))
        guard unsafe check(context) == 1 else { throw .timeStampRefused(refusal()) }
    }

    private static func refusal() -> TimeStampRefusal {
        switch OpenSSL.takeReason(of: ERR_LIB_TS) {
        case TS_R_NO_TIME_STAMP_TOKEN: .notGranted
        case TS_R_NONCE_MISMATCH, TS_R_NONCE_NOT_RETURNED: .anotherRequest
        case TS_R_MESSAGE_IMPRINT_MISMATCH: .anotherDigest
        default: .notTrusted
        }
    }
}
