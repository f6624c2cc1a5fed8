import Foundation
import Testing

@testable import Sealing

/// A time-stamping authority made of the stock `openssl`, with a certificate that an authority of its own issued.
final class TestAuthority {
    let openssl: OpenSSLProgram
    let root: [Certificate]

    init(clock: String? = nil) throws {
        openssl = try OpenSSLProgram(clock: clock)
        let sections = [("good", "sha256", "yes"), ("nameless", "sha256", "no"), ("other", "sha512", "yes")].map {
            name, digest, named in
            """
            [\(name)]
            serial = serial
            crypto_device = builtin
            signer_digest = sha256
            default_policy = 1.2.3.4.1
            digests = \(digest)
            accuracy = secs:1
            tsa_name = \(named)
            ess_cert_id_alg = sha256
            """
        }
        let configuration = """
            [req]
            distinguished_name = name
            [name]
            [root]
            basicConstraints = critical,CA:TRUE
            keyUsage = critical,keyCertSign
            [stamp]
            basicConstraints = critical,CA:FALSE
            keyUsage = critical,digitalSignature
            extendedKeyUsage = critical,timeStamping
            [mail]
            extendedKeyUsage = emailProtection
            \(sections.joined(separator: "\n"))

            """
        try openssl.write(Array(configuration.utf8), "c.cnf")
        let pair = "-config c.cnf -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
        try openssl.expectDone("req -x509 \(pair) -subj /CN=Root -extensions root -keyout root.key -out root.pem")
        for (name, extensions) in ["stamp": "stamp", "second": "stamp", "mail": "mail"] {
            try openssl.expectDone("req -new \(pair) -subj /CN=\(name) -keyout \(name).key -out \(name).csr")
            try openssl.expectDone(
                "x509 -req -in \(name).csr -CA root.pem -CAkey root.key -extfile c.cnf -extensions \(extensions) -out \(name).pem"
            )
        }
        root = try Certificate.list(pem: openssl.read("root.pem"))
    }

    func answer(
        _ request: TimeStampRequest, section: String = "good", clock: String? = nil
    ) throws -> [UInt8] {
        try openssl.write(request.der, "q.tsq")
        let (status, output) = try openssl.run(
            "ts -reply -config c.cnf -section \(section) -queryfile q.tsq -signer stamp.pem -inkey stamp.key -out r.tsr",
            clock: clock)
        #expect(status == 0 || section == "other", "\(output)")
        return try openssl.read("r.tsr")
    }
}

@Suite("Time stamps (RFC 3161)")
struct TimeStampTests {
    private let authority: TestAuthority
    private let signer: CMSSigner
    private let signature: CMSSignature
    private let request: TimeStampRequest
    private let response: [UInt8]

    init() throws {
        authority = try TestAuthority()
        signer = try Signing.signer()
        signature = try signer.sign(Signing.content, at: Signing.moment)
        request = TimeStampRequest(for: signature.stampedDigest, random: .system)
        response = try authority.answer(request)
    }

    @Test("a request says what stock openssl says of it")
    func requestText() throws {
        let (status, text) = try authority.openssl.run("ts -query -in q.tsq -text")
        #expect(status == 0)
        for line in ["Version: 1", "Hash Algorithm: sha256", "Certificate required: yes", "Policy OID: unspecified"] {
            #expect(text.contains(line), "\(text)")
        }
    }

    @Test("the digest that is stamped is that of the signature value")
    func stampedDigest() throws {
        // The signature value is the last thing in a signature that has no time stamp.
        let der = signature.der
        let values = der.indices.filter { der[$0] == 4 && $0 + 2 < der.count && Int(der[$0 + 1]) == der.count - $0 - 2 }
        #expect(values.contains { .sha256(Array(der[($0 + 2)...])) == signature.stampedDigest })
    }

    @Test("a signature with its time stamp is verified by us and by stock openssl, and the time is the authority's")
    func attached() throws {
        let before = Int64(Date().timeIntervalSince1970) - 2
        let stamp = try request.stamp(in: response, trusting: authority.root)
        #expect((before...before + 600).contains(stamp.time))
        let stamped = try CMSSignature(der: signature.attaching(stamp).der)
        #expect(try stamped.verify(Signing.content, trusting: signer.certificate) == Signing.moment)
        #expect(stamped.stampedDigest == signature.stampedDigest)
        #expect(try stamped.timeStamp(trusting: authority.root) == stamp)
        #expect(try signature.timeStamp(trusting: authority.root) == nil)
        let openssl = authority.openssl
        try openssl.write(stamp.token, "token.der")
        try openssl.write(stamped.der, "x.p7s")
        try openssl.write(Signing.content, "x.json")
        try openssl.write(Array(signer.certificate.pem.utf8), "cert.pem")
        try openssl.expectDone("ts -verify -in r.tsr -queryfile q.tsq -CAfile root.pem")
        try openssl.expectDone("ts -verify -in token.der -token_in -digest \(stamp.digest.hex) -CAfile root.pem")
        try openssl.expectDone("cms -verify -binary -inform DER -in x.p7s -content x.json -CAfile cert.pem")
        let (_, text) = try openssl.run("cms -cmsout -print -noout -inform DER -in x.p7s")
        #expect(text.contains("id-smime-aa-timeStampToken (1.2.840.113549.1.9.16.2.14)"))
    }

    @Test("the authority's own certificate may be trusted in place of its issuer's")
    func pinned() throws {
        let own = try Certificate.list(pem: authority.openssl.read("stamp.pem"))
        #expect(try request.stamp(in: response, trusting: own).digest == request.digest)
    }

    @Test("an answer to another request, for another digest or from another authority is refused")
    func refused() throws {
        let asked = TimeStampRequest(for: request.digest, nonce: [UInt8](repeating: 7, count: 8))
        let answered = try authority.answer(asked)
        let again = TimeStampRequest(for: asked.digest, nonce: [UInt8](repeating: 9, count: 8))
        let other = TimeStampRequest(for: .sha256([1]), nonce: [UInt8](repeating: 7, count: 8))
        let stranger = try TestAuthority().root
        for (request, anchors, refusal) in [
            (again, authority.root, TimeStampRefusal.anotherRequest), (other, authority.root, .anotherDigest),
            (asked, stranger, .notTrusted), (asked, [], .notTrusted),
        ] {
            #expect(throws: SealingError.timeStampRefused(refusal)) {
                try request.stamp(in: answered, trusting: anchors)
            }
        }
        #expect(try asked.stamp(in: answered, trusting: authority.root).digest == asked.digest)
    }

    @Test("an answer that grants nothing is refused as that")
    func notGranted() throws {
        let answer = try authority.answer(request, section: "other")
        #expect(throws: SealingError.timeStampRefused(.notGranted)) {
            try request.stamp(in: answer, trusting: authority.root)
        }
    }

    @Test("a token is the named authority's, of version 1, by a certificate that was issued for time stamps")
    func forged() throws {
        let stamp = try request.stamp(in: response, trusting: authority.root)
        let openssl = authority.openssl
        try openssl.write(stamp.token, "token.der")
        try openssl.expectDone("cms -verify -noverify -inform DER -in token.der -out statement")
        var statement = try openssl.read("statement")
        #expect(statement[2...4] == [0x02, 0x01, 0x01])
        statement[4] = 2
        try openssl.write(statement, "statement2")
        for (statement, name, isTaken) in [
            ("statement", "stamp", true), ("statement2", "stamp", false), ("statement", "second", false),
            ("statement", "mail", false),
        ] {
            try openssl.expectDone(
                "cms -sign -binary -nodetach -cades -econtent_type 1.2.840.113549.1.9.16.1.4 -in \(statement)"
                    + " -signer \(name).pem -inkey \(name).key -md sha256 -outform DER -out forged.der")
            let token = try openssl.read("forged.der")
            let taken = try? TimeStamp(token: token, of: stamp.digest, trusting: authority.root)
            #expect((taken != nil) == isTaken, "\(statement) by \(name)")
        }
    }

    @Test("an old time stamp stays good when its certificate has run out, and one made after that is none")
    func old() throws {
        // Its certificates hold for 30 days.
        let authority = try TestAuthority(clock: "2021-03-01 12:00:00")
        let answer = try authority.answer(request, clock: "2021-03-02 12:00:00")
        let stamp = try request.stamp(in: answer, trusting: authority.root)
        // To the day: the clock runs on, and is in the time zone of the machine.
        #expect((1_614_600_000..<1_614_772_800).contains(stamp.time))
        let late = try authority.answer(request, clock: "2021-05-01 12:00:00")
        #expect(throws: SealingError.timeStampRefused(.notTrusted)) {
            try request.stamp(in: late, trusting: authority.root)
        }
    }

    @Test(
        "an altered token, a token for something else and no token at all are refused", arguments: ["good", "nameless"])
    func altered(section: String) throws {
        let response = try authority.answer(request, section: section)
        let stamp = try request.stamp(in: response, trusting: authority.root)
        var token = stamp.token
        token[token.count - 1] ^= 1
        #expect(throws: SealingError.timeStampRefused(.notTrusted)) {
            try TimeStamp(token: token, of: stamp.digest, trusting: authority.root)
        }
        #expect(throws: SealingError.timeStampRefused(.anotherDigest)) {
            try TimeStamp(token: stamp.token, of: .sha256([1]), trusting: authority.root)
        }
        for token in [[], stamp.token + [0], signature.der] {
            #expect(throws: SealingError.timeStampRefused(.malformed)) {
                try TimeStamp(token: token, of: stamp.digest, trusting: authority.root)
            }
        }
        for response in [[], Array("<html>".utf8), response + [0], stamp.token] {
            #expect(throws: SealingError.timeStampRefused(.malformed)) {
                try request.stamp(in: response, trusting: authority.root)
            }
        }
    }

    @Test("a signature takes one time stamp")
    func oneEach() throws {
        let stamp = try request.stamp(in: response, trusting: authority.root)
        let stamped = try signature.attaching(stamp)
        #expect(throws: SealingError.signatureRefused(.alreadyStamped)) { try stamped.attaching(stamp) }
    }
}
