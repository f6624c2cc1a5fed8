internal import COpenSSL

/// Signs what the vault hands to people outside, so that any program that knows CMS can check it: ECDSA P-256 with a certificate.
///
/// See docs/FORMATS.md, "CMS signatures".
public struct CMSSigner: Sendable {
    public let certificate: Certificate
    private let key: Key

    /// - Throws: `SealingError.malformedKey` when the certificate is not for this key.
    public init(key: Key, certificate: Certificate) throws(SealingError) {
        let isOwn = unsafe try PrivateKey.with(key) { pair throws(SealingError) in
            unsafe try certificate.withX509 { unsafe X509_check_private_key($0, pair) == 1 }
        }
        ERR_clear_error()
        guard isOwn else { throw .malformedKey("the certificate is for another key") }
        self.key = key
        self.certificate = certificate
    }

    /// A key that `init` and `certify` take: 32 bytes, the private number.
    public static func makeKey(from random: RandomSource) throws(SealingError) -> Key {
        while true {
            let key = try Key(from: random)
            do throws(SealingError) {
                unsafe try PrivateKey.with(key) { _ in }
                return key
            } catch .malformedKey {
                // One in four thousand million: the number is not below the order of the curve.
                continue
            }
        }
    }

    /// A self-signed certificate for `key`.
    ///
    /// - Parameters:
    ///   - key: From `makeKey`.
    ///   - vault: The vault's identifier as people know it; at most 49 bytes.
    ///   - begin: The first moment at which it holds, in seconds since 1970.
    ///   - end: The moment at which it ends.
    ///   - random: Where the serial number comes from.
    /// - Returns: The certificate, which `init` takes with this key, and which people who check signatures are given once.
    /// - Throws: `SealingError.malformedKey`; `.unavailable`.
    public static func certify(
        _ key: Key, vault: String, from begin: Int64, to end: Int64, random: RandomSource
    ) throws(SealingError) -> Certificate {
        guard let x509 = unsafe X509_new() else { throw .unavailable("A certificate") }
        defer { unsafe X509_free(x509) }
        let serial = random.bytes(8).reduce(0) { $0 << 8 | UInt64($1) }
        unsafe try describe(x509, serial, from: begin, to: end)
        unsafe try name(x509, "Muniment vault \(vault)")
        let done = unsafe try PrivateKey.with(key) { pair in
            unsafe X509_set_pubkey(x509, pair) == 1 && addExtensions(to: x509)
                && X509_sign(x509, pair, OpenSSL.sha256) > 0
        }
        guard done else { throw .unavailable("A certificate") }
        return Certificate(checked: unsafe try DER.encode { unsafe i2d_X509(x509, $0) })
    }

    /// Signs `content`, which is not part of the signature.
    ///
    /// `moment`: the signing time that the signature claims, in seconds since 1970.
    ///
    /// - Throws: `SealingError.signatureRefused(.outsideValidity)` when the certificate does not hold then; `.unavailable`.
    public func sign(_ content: [UInt8], at moment: Int64) throws(SealingError) -> CMSSignature {
        guard try certificate.isValid(at: moment) else { throw .signatureRefused(.outsideValidity) }
        let flags = UInt32(CMS_PARTIAL | CMS_DETACHED | CMS_BINARY)
        guard let cms = unsafe CMS_sign(nil, nil, nil, nil, flags) else { throw .unavailable("A CMS signature") }
        defer { unsafe CMS_ContentInfo_free(cms) }
        let done = unsafe try PrivateKey.with(key) { pair throws(SealingError) in
            unsafe try certificate.withX509 { x509 throws(SealingError) in
                let attributes = UInt32(CMS_CADES | CMS_NOSMIMECAP | CMS_BINARY)
                let signer = unsafe CMS_add1_signer(cms, x509, pair, OpenSSL.sha256, attributes)
                guard let signer = unsafe signer, unsafe Self.add(moment, to: signer) else { return false }
                return unsafe try withReader(content) { unsafe CMS_final(cms, $0, nil, flags) == 1 }
            }
        }
        guard done else { throw .unavailable("A CMS signature") }
        return unsafe try CMSSignature(der: DER.encode { unsafe i2d_CMS_ContentInfo(cms, $0) })
    }

    private static func describe(
        _ x509: OpaquePointer, _ serial: UInt64, from begin: Int64, to end: Int64
    ) throws(SealingError) {
        let done =
            unsafe X509_set_version(x509, Int(X509_VERSION_3)) == 1
            && ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial) == 1
            && ASN1_TIME_set(X509_getm_notBefore(x509), Int(begin)) != nil
            && ASN1_TIME_set(X509_getm_notAfter(x509), Int(end)) != nil
        guard done else { throw .unavailable("A certificate for these times") }
    }

    /// Subject and issuer.
    private static func name(_ x509: OpaquePointer, _ text: String) throws(SealingError) {
        let subject = unsafe X509_get_subject_name(x509)
        let name = Array(text.utf8)
        let done =
            unsafe X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, name, Int32(name.count), -1, 0) == 1
            && X509_set_issuer_name(x509, subject) == 1
        guard done else { throw .malformedKey("a certificate's name has at most 64 characters") }
    }

    /// For signatures on documents, and on mail, which is what `openssl cms -verify` asks for.
    private static func addExtensions(to x509: OpaquePointer) -> Bool {
        var context = unsafe X509V3_CTX()
        unsafe X509V3_set_ctx(&context, x509, x509, nil, nil, 0)
        let extensions = [
            (NID_basic_constraints, "critical,CA:FALSE"),
            (NID_key_usage, "critical,digitalSignature,nonRepudiation"),
            (NID_ext_key_usage, "emailProtection,1.3.6.1.5.5.7.3.36"),
            (NID_subject_key_identifier, "hash"),
            // A vault's certificates all have one name. By this a verifier that is given several finds the one it needs.
            (NID_authority_key_identifier, "keyid:always"),
        ]
        return extensions.allSatisfy { kind, value in
            guard let made = unsafe X509V3_EXT_conf_nid(nil, &context, kind, value) else { return false }
            defer { unsafe X509_EXTENSION_free(made) }
            return unsafe X509_add_ext(x509, made, -1) == 1
        }
    }

    private static func add(_ moment: Int64, to signer: OpaquePointer) -> Bool {
        guard let time = unsafe ASN1_TIME_set(nil, Int(moment)) else { return false }
        defer { unsafe ASN1_STRING_free(time) }
        return unsafe CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_signingTime, time.pointee.type, time, -1) == 1
    }
}

/// A P-256 key pair as OpenSSL uses it.
private enum PrivateKey {
    private static let byteCount = 32

    /// Lends the pair that belongs to the private number `key`, big-endian as in SEC 1.
    ///
    /// OpenSSL's own copies of the number lie in ordinary memory while this runs, and are wiped at its end: there is no way to
    /// have them in locked memory but its secure heap, which would have to be set up for the whole process.
    ///
    /// - Throws: `SealingError.malformedKey` for a number outside 1 to the order of the curve less one; `.unavailable`.
    static func with<Result>(
        _ key: Key, _ body: (OpaquePointer) throws(SealingError) -> Result
    ) throws(SealingError) -> Result {
        guard key.secret.count == byteCount else { throw .malformedKey("a P-256 key has 32 bytes") }
        let number = unsafe key.secret.withUnsafeBytes { unsafe BN_bin2bn($0.start, Int32($0.count), BN_secure_new()) }
        guard let number = unsafe number, let group = unsafe EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1) else {
            throw .unavailable("P-256")
        }
        defer {
            unsafe BN_clear_free(number)
            unsafe EC_GROUP_free(group)
        }
        guard unsafe BN_is_zero(number) == 0, unsafe BN_cmp(number, EC_GROUP_get0_order(group)) < 0 else {
            throw .malformedKey("the number is not of P-256")
        }
        unsafe BN_set_flags(number, BN_FLG_CONSTTIME)
        let native = unsafe try SecretBytes(count: byteCount) { out throws(SealingError) in
            guard unsafe BN_bn2nativepad(number, out.start, Int32(byteCount)) > 0 else { throw .unavailable("P-256") }
        }
        let pair = unsafe try pair(native, publicKey: publicKey(number, group))
        defer { unsafe EVP_PKEY_free(pair) }
        return unsafe try body(pair)
    }

    /// The point, uncompressed.
    private static func publicKey(_ number: OpaquePointer, _ group: OpaquePointer) throws(SealingError) -> [UInt8] {
        guard let point = unsafe EC_POINT_new(group) else { throw .unavailable("P-256") }
        defer { unsafe EC_POINT_free(point) }
        var bytes = [UInt8](repeating: 0, count: 1 + 2 * byteCount)
        let done =
            unsafe EC_POINT_mul(group, point, number, nil, nil, nil) == 1
            && EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, &bytes, bytes.count, nil) == bytes.count
        guard done else { throw .unavailable("P-256") }
        return bytes
    }

    private static func pair(_ number: borrowing SecretBytes, publicKey: [UInt8]) throws(SealingError) -> OpaquePointer
    {
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, "EC", nil) else { throw .unavailable("P-256") }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var curve = Array("prime256v1".utf8CString)
        var pair: OpaquePointer?
        let done = unsafe number.withUnsafeBytes { number in
            unsafe publicKey.withUnsafeBytes { publicKey in
                unsafe curve.withUnsafeMutableBufferPointer { curve in
                    var parameters = unsafe [
                        OSSL_PARAM_construct_utf8_string(ParameterName.group, curve.baseAddress, 0),
                        octets(ParameterName.publicKey, publicKey),
                        OSSL_PARAM_construct_BN(
                            ParameterName.privateKey, UnsafeMutablePointer(mutating: number.start), number.count),
                        OSSL_PARAM_construct_end(),
                    ]
                    return unsafe EVP_PKEY_fromdata_init(context) == 1
                        && EVP_PKEY_fromdata(context, &pair, evp_pkey_keypair, &parameters) == 1
                }
            }
        }
        guard done, let pair = unsafe pair else { throw .unavailable("P-256") }
        return unsafe pair
    }
}
