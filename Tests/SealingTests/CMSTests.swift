import Testing

@testable import Sealing

@Suite("CMS signatures")
struct CMSTests {
    private let signer: CMSSigner
    private let signature: CMSSignature

    init() throws {
        signer = try Signing.signer()
        signature = try signer.sign(Signing.content, at: Signing.moment)
    }

    @Test("what was signed is verified, and the signing time is the one given", arguments: [0, 1, 37, 200_000])
    func roundTrip(count: Int) throws {
        let content = RandomSource.system.bytes(count)
        let signature = try signer.sign(content, at: Signing.moment)
        #expect(try signature.verify(content, trusting: signer.certificate) == Signing.moment)
        #expect(try CMSSignature(der: signature.der) == signature)
    }

    @Test("a signing time after 2049, which is written in another way, is read too")
    func farFuture() throws {
        let key = try CMSSigner.makeKey(from: .system)
        let moment: Int64 = 4_000_000_000
        let certificate = try CMSSigner.certify(key, vault: "far", from: Signing.begin, to: moment + 1, random: .system)
        let late = try CMSSigner(key: key, certificate: certificate)
        #expect(try late.sign([1], at: moment).verify([1], trusting: certificate) == moment)
    }

    @Test("stock openssl verifies it, for its own purpose and for any, and as CAdES")
    func stockVerifies() throws {
        let openssl = try stock(Signing.content, signature.der)
        for options in ["", " -purpose any", " -cades"] {
            try openssl.expectDone(
                "cms -verify -binary -inform DER -in x.p7s -content x.json -CAfile cert.pem\(options)")
        }
    }

    @Test("stock openssl finds the right one of several certificates of one vault, whatever their order")
    func severalCertificates() throws {
        let (own, other) = (signer.certificate.pem, try Signing.signer().certificate.pem)
        let openssl = try stock(Signing.content, signature.der)
        for certificates in [own + other, other + own] {
            try openssl.write(Array(certificates.utf8), "cert.pem")
            try openssl.expectDone("cms -verify -binary -cades -inform DER -in x.p7s -content x.json -CAfile cert.pem")
        }
    }

    @Test("stock openssl refuses other content, an altered signature and another certificate")
    func stockRefuses() throws {
        let other = try Signing.signer().certificate
        for (content, der, certificate) in [
            (flipped(Signing.content, 5), signature.der, signer.certificate),
            (Signing.content, flipped(signature.der, signature.der.count - 1), signer.certificate),
            (Signing.content, signature.der, other),
        ] {
            let openssl = try stock(content, der, certificate)
            let (status, output) = try openssl.run(
                "cms -verify -binary -inform DER -in x.p7s -content x.json -CAfile cert.pem")
            #expect(status != 0, "\(output)")
        }
    }

    @Test("it has SHA-256, the signing time, the certificate and its digest as signed attributes, and no more")
    func profile() throws {
        let (_, text) = try stock(Signing.content, signature.der)
            .run("cms -cmsout -print -noout -inform DER -in x.p7s")
        let signed = try #require(
            text.split(separator: "signedAttrs:").dropFirst().first?.split(separator: "signatureAlgorithm:").first)
        let attributes = signed.split(separator: "object: ").dropFirst().compactMap { $0.split(separator: " ").first }
        #expect(
            attributes.sorted() == ["contentType", "id-smime-aa-signingCertificateV2", "messageDigest", "signingTime"])
        #expect(text.contains("unsignedAttrs:\n          <ABSENT>"), "\(text)")
        #expect(text.contains("Nov 14 22:13:20 2023 GMT") && text.contains("sha256"))
        #expect(text.contains("eContent: <ABSENT>") && text.contains("CN=Muniment vault 0123456789abcdef"))
    }

    @Test("any flipped byte of content or signature is refused, but for two version numbers, on which nothing depends")
    func flips() throws {
        for position in Signing.content.indices {
            let content = flipped(Signing.content, position)
            #expect(throws: SealingError.signatureRefused(.doesNotMatch)) {
                try signature.verify(content, trusting: signer.certificate)
            }
        }
        let taken = signature.der.indices.filter { position in
            let altered = try? CMSSignature(der: flipped(signature.der, position))
                .verify(Signing.content, trusting: signer.certificate)
            return altered != nil
        }
        #expect(taken.count == 2)
        for position in taken {
            #expect(Array(signature.der[(position - 2)...position]) == [0x02, 0x01, 0x01], "byte \(position)")
        }
    }

    @Test("another certificate is refused, also one of the same name for the same key")
    func anotherCertificate() throws {
        let key = try CMSSigner.makeKey(from: .system)
        let both = try (0..<2).map { _ in
            try CMSSigner.certify(key, vault: "one", from: Signing.begin, to: Signing.end, random: .system)
        }
        let signature = try CMSSigner(key: key, certificate: both[0]).sign([1], at: Signing.moment)
        #expect(try signature.verify([1], trusting: both[0]) == Signing.moment)
        for other in [both[1], signer.certificate] {
            #expect(throws: SealingError.signatureRefused(.anotherCertificate)) {
                try signature.verify([1], trusting: other)
            }
        }
    }

    @Test("nothing is signed outside the certificate's time", arguments: [Signing.begin - 1, Signing.end])
    func outsideValidity(moment: Int64) throws {
        #expect(throws: SealingError.signatureRefused(.outsideValidity)) { try signer.sign([1], at: moment) }
        for moment in [Signing.begin, Signing.end - 1] {
            #expect(try signer.sign([1], at: moment).verify([1], trusting: signer.certificate) == moment)
        }
    }

    @Test("a signature made outside the certificate's time is refused when it is read")
    func readOutsideValidity() throws {
        let key = try CMSSigner.makeKey(from: .system)
        let certificate = try CMSSigner.certify(key, vault: "old", from: 0, to: Signing.begin, random: .system)
        let openssl = try OpenSSLProgram()
        try openssl.write([1], "x")
        try openssl.write(certificate.der, "c.der")
        // The key as SEC 1 writes it: openssl signs with it now, which is too late.
        let curve: [UInt8] = [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]
        try openssl.write([0x30, 0x31, 2, 1, 1, 4, 32] + key.secret.exposedBytes() + curve, "k.der")
        try openssl.expectDone(
            "cms -sign -binary -cades -in x -signer c.der -inkey k.der -keyform DER -md sha256 -outform DER -out x.p7s")
        #expect(throws: SealingError.signatureRefused(.outsideValidity)) {
            try CMSSignature(der: openssl.read("x.p7s")).verify([1], trusting: certificate)
        }
    }

    @Test("a signature without the certificate's digest in it is refused: it is not CAdES")
    func notCAdES() throws {
        let openssl = try OpenSSLProgram()
        try openssl.expectDone(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=new -days 9 -keyout k.pem -out c.pem"
        )
        try openssl.write([1], "x")
        let certificate = try Certificate.list(pem: openssl.read("c.pem"))[0]
        for (option, isTaken) in [("-cades", true), ("", false)] {
            try openssl.expectDone(
                "cms -sign -binary \(option) -in x -signer c.pem -inkey k.pem -md sha256 -outform DER -out x.p7s")
            let signature = try CMSSignature(der: openssl.read("x.p7s"))
            let moment = try? signature.verify([1], trusting: certificate)
            #expect((moment != nil) == isTaken)
        }
    }

    @Test("what is not a detached signature by one signer is malformed")
    func malformed() throws {
        let openssl = try OpenSSLProgram()
        for name in ["a", "b"] {
            try openssl.expectDone(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=\(name) -keyout \(name).key -out \(name).pem"
            )
        }
        try openssl.write([1], "x")
        let sign = "cms -sign -binary -in x -signer a.pem -inkey a.key -md sha256 -outform DER -out x.p7s"
        for options in [" -nodetach", " -signer b.pem -inkey b.key"] {
            try openssl.expectDone(sign + options)
            let der = try openssl.read("x.p7s")
            #expect(throws: SealingError.signatureRefused(.malformed), "\(options)") { try CMSSignature(der: der) }
        }
        for der in [[], [0x30, 0], signature.der + [0], Array(signature.der.dropLast())] {
            #expect(throws: SealingError.signatureRefused(.malformed)) { try CMSSignature(der: der) }
        }
    }

    @Test("a key signs only with its own certificate, and is a number of the curve")
    func keys() throws {
        let certificate = signer.certificate
        #expect(throws: SealingError.malformedKey("the certificate is for another key")) {
            try CMSSigner(key: CMSSigner.makeKey(from: .system), certificate: certificate)
        }
        for byte: UInt8 in [0, 0xff] {
            var bytes = [UInt8](repeating: byte, count: 32)
            let key = Key(try SecretBytes(wiping: &bytes))
            #expect(throws: SealingError.malformedKey("the number is not of P-256")) {
                try CMSSigner(key: key, certificate: certificate)
            }
        }
    }

    @Test("the private number is big-endian as in SEC 1, and the key that of RFC 6979's example")
    func knownKey() throws {
        var number = try #require(Hex.decode("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"))
        let key = Key(try SecretBytes(wiping: &number))
        let certificate = try CMSSigner.certify(
            key, vault: "known", from: Signing.begin, to: Signing.end, random: .system)
        let point = try #require(
            Hex.decode(
                "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                    + "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"))
        #expect(certificate.der.indices.contains { certificate.der[$0...].starts(with: point) })
    }

    @Test("a certificate is read as it is written, and a name that is too long is refused")
    func certificates() throws {
        let certificate = signer.certificate
        #expect(try Certificate(der: certificate.der) == certificate)
        let text = certificate.pem + "and a second one\n" + certificate.pem
        #expect(try Certificate.list(pem: Array(text.utf8)) == [certificate, certificate])
        let openssl = try OpenSSLProgram()
        try openssl.write(Array(certificate.pem.utf8), "cert.pem")
        try openssl.expectDone("x509 -in cert.pem -outform DER -out cert.der")
        #expect(try openssl.read("cert.der") == certificate.der)
        for der in [[], [0x30, 0], certificate.der + [0]] {
            #expect(throws: SealingError.malformedCertificate) { try Certificate(der: der) }
        }
        let damaged = certificate.pem + certificate.pem.replacing("M", with: "N")
        for pem in ["", "no certificate", damaged] {
            #expect(throws: SealingError.malformedCertificate) { try Certificate.list(pem: Array(pem.utf8)) }
        }
        #expect(throws: SealingError.malformedKey("a certificate's name has at most 64 characters")) {
            try Signing.signer(vault: String(repeating: "x", count: 50))
        }
    }

    private func stock(
        _ content: [UInt8], _ der: [UInt8], _ certificate: Certificate? = nil
    ) throws -> OpenSSLProgram {
        let openssl = try OpenSSLProgram()
        try openssl.write(content, "x.json")
        try openssl.write(der, "x.p7s")
        try openssl.write(Array((certificate ?? signer.certificate).pem.utf8), "cert.pem")
        return openssl
    }

    private func flipped(_ bytes: [UInt8], _ position: Int) -> [UInt8] {
        var bytes = bytes
        bytes[position] ^= 1
        return bytes
    }
}
