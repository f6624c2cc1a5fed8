internal import COpenSSL

/// A detached CMS signature with one signer (RFC 5652, CAdES-BES), and the time stamp over it when it has one.
///
/// See docs/FORMATS.md, "CMS signatures".
public struct CMSSignature: Hashable, Sendable {
    /// The bytes of a `.p7s` file.
    public let der: [UInt8]
    /// What a time stamp of this signature is made for: SHA-256 of the signature value, as CAdES has it.
    public let stampedDigest: Digest

    /// - Throws: `SealingError.signatureRefused(.malformed)` unless it is a detached signature by one signer, with the algorithms that
    ///   we sign with, and nothing else.
    public init(der: [UInt8]) throws(SealingError) {
        self.der = der
        stampedDigest = unsafe try Self.withSigner(der) { _, signer in
            let value = unsafe CMS_SignerInfo_get0_signature(signer)
            return unsafe .sha256(
                [UInt8](
                    UnsafeBufferPointer(
                        start: ASN1_STRING_get0_data(value), count: Int(ASN1_STRING_length(value)))))
        }
    }

    /// Checks that the owner of `certificate` signed `content`.
    ///
    /// - Returns: The signing time that the signature claims, in seconds since 1970. The certificate held then.
    /// - Throws: `SealingError.signatureRefused`.
    public func verify(_ content: [UInt8], trusting certificate: Certificate) throws(SealingError) -> Int64 {
        unsafe try Self.withSigner(der) { cms, signer throws(SealingError) in
            unsafe try certificate.withX509 { x509 throws(SealingError) in
                guard unsafe Self.carries(x509, cms) else { throw .signatureRefused(.anotherCertificate) }
                guard let moment = unsafe Self.signingTime(signer) else { throw .signatureRefused(.malformed) }
                guard try certificate.isValid(at: moment) else { throw .signatureRefused(.outsideValidity) }
                let store = unsafe try Certificate.store(trusting: [certificate], at: moment)
                defer { unsafe X509_STORE_free(store) }
                let isValid = unsafe try withReader(content) { reader in
                    unsafe CMS_verify(cms, nil, store, reader, nil, UInt32(CMS_BINARY | CMS_CADES)) == 1
                }
                ERR_clear_error()
                guard isValid else { throw .signatureRefused(.doesNotMatch) }
                return moment
            }
        }
    }

    /// The same signature with a time stamp over it as an unsigned attribute.
    ///
    /// - Throws: `SealingError.signatureRefused(.alreadyStamped)` when it has one.
    public func attaching(_ stamp: TimeStamp) throws(SealingError) -> CMSSignature {
        precondition(stamp.digest == stampedDigest, "a time stamp belongs to the signature it was made for")
        return unsafe try Self.withSigner(der) { cms, signer throws(SealingError) in
            guard unsafe Self.token(signer) == nil else { throw .signatureRefused(.alreadyStamped) }
            let added = unsafe CMS_unsigned_add1_attr_by_NID(
                signer, NID_id_smime_aa_timeStampToken, V_ASN1_SEQUENCE, stamp.token, Int32(stamp.token.count))
            guard added == 1 else { throw .unavailable("A time stamp in a signature") }
            return unsafe try CMSSignature(der: DER.encode { unsafe i2d_CMS_ContentInfo(cms, $0) })
        }
    }

    /// The time stamp's token as it lies in the signature, not checked; `nil` when there is none.
    public var timeStampToken: [UInt8]? {
        get throws(SealingError) { unsafe try Self.withSigner(der) { unsafe Self.token($1) } }
    }

    /// The time stamp over this signature, checked.
    ///
    /// - Returns: `nil` when it has none.
    /// - Throws: `SealingError.timeStampRefused`.
    public func timeStamp(trusting authorities: [Certificate]) throws(SealingError) -> TimeStamp? {
        guard let token = try timeStampToken else { return nil }
        return try TimeStamp(token: token, of: stampedDigest, trusting: authorities)
    }

    /// Whether this certificate, and no other, came with the signature.
    private static func carries(_ x509: OpaquePointer, _ cms: OpaquePointer) -> Bool {
        let certificates = unsafe CMS_get1_certs(cms)
        defer { unsafe OPENSSL_sk_pop_free(certificates) { unsafe X509_free(OpaquePointer($0)) } }
        guard unsafe OPENSSL_sk_num(certificates) == 1, let own = unsafe OPENSSL_sk_value(certificates, 0) else {
            return false
        }
        return unsafe X509_cmp(OpaquePointer(own), x509) == 0
    }

    private static func withSigner<Result>(
        _ der: [UInt8], _ body: (OpaquePointer, OpaquePointer) throws(SealingError) -> Result
    ) throws(SealingError) -> Result {
        let parsed = unsafe DER.decode(
            der, { unsafe d2i_CMS_ContentInfo(nil, $0, $1) }, free: { unsafe CMS_ContentInfo_free($0) })
        guard let cms = unsafe parsed else { throw .signatureRefused(.malformed) }
        defer { unsafe CMS_ContentInfo_free(cms) }
        let signers = unsafe CMS_get0_SignerInfos(cms)
        guard unsafe CMS_is_detached(cms) == 1, unsafe OPENSSL_sk_num(signers) == 1,
            let signer = unsafe OPENSSL_sk_value(signers, 0), unsafe isOurs(cms, OpaquePointer(signer))
        else {
            ERR_clear_error()
            throw .signatureRefused(.malformed)
        }
        return unsafe try body(cms, OpaquePointer(signer))
    }

    /// Whether it is over plain data, by ECDSA with SHA-256. OpenSSL takes other names of these for the same.
    private static func isOurs(_ cms: OpaquePointer, _ signer: OpaquePointer) -> Bool {
        var method: UnsafeMutablePointer<X509_ALGOR>?
        unsafe CMS_SignerInfo_get0_algs(signer, nil, nil, nil, &method)
        guard let method = unsafe method else { return false }
        return unsafe OBJ_obj2nid(CMS_get0_eContentType(cms)) == NID_pkcs7_data
            && OBJ_obj2nid(method.pointee.algorithm) == NID_ecdsa_with_SHA256
    }

    private static func signingTime(_ signer: OpaquePointer) -> Int64? {
        // X.509 writes years before 2050 in one way and later ones in another.
        for kind in [V_ASN1_UTCTIME, V_ASN1_GENERALIZEDTIME] {
            let data = unsafe CMS_signed_get0_data_by_OBJ(signer, OBJ_nid2obj(NID_pkcs9_signingTime), only, kind)
            if let data = unsafe data { return unsafe ASN1.seconds(data.assumingMemoryBound(to: ASN1_TIME.self)) }
        }
        return nil
    }

    private static func token(_ signer: OpaquePointer) -> [UInt8]? {
        let kind = unsafe OBJ_nid2obj(NID_id_smime_aa_timeStampToken)
        let data = unsafe CMS_unsigned_get0_data_by_OBJ(signer, kind, only, V_ASN1_SEQUENCE)
        guard let value = unsafe data?.assumingMemoryBound(to: ASN1_STRING.self) else { return nil }
        return unsafe [UInt8](
            UnsafeBufferPointer(start: ASN1_STRING_get0_data(value), count: Int(ASN1_STRING_length(value))))
    }

    /// Finds an attribute only where there is one of its kind, with one value.
    private static let only: Int32 = -3
}
