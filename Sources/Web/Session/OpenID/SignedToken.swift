import Foundation
import JWTKit
import Sealing

/// The algorithms that a token may be signed with. What is signed with a shared secret, or not at all, is not among them.
enum TokenAlgorithm: String, CaseIterable, Sendable {
    case rs256 = "RS256"
    case es256 = "ES256"
    case edDSA = "EdDSA"
    case ps256 = "PS256"
}

/// A JWS in compact form, taken apart and not yet believed.
struct SignedToken: Sendable {
    let algorithm: TokenAlgorithm
    let keyName: String?
    let type: String?
    private let claims: JSON
    private let signed: [UInt8]
    private let signature: [UInt8]

    /// Of the header only `alg`, `kid` and `typ` are read: a key, or where one may be had, is not taken from it (RFC 8725, section 3).
    init(_ text: String) throws(SignInFault) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Self.object(parts[0]), let claims = Self.object(parts[1]),
            let signature = Base64URL.decode(Array(parts[2])), !signature.isEmpty, header["crit"] == nil
        else { throw .malformed }
        guard let algorithm = header["alg"]?.text.flatMap(TokenAlgorithm.init(rawValue:)) else { throw .algorithm }
        self.algorithm = algorithm
        keyName = header["kid"]?.text
        type = header["typ"]?.text
        self.claims = claims
        self.signature = signature
        signed = Array(parts[0]) + [UInt8(ascii: ".")] + Array(parts[1])
    }

    /// What the token says, once the key has shown who said it.
    func claims(signedWith key: TokenKey) throws(SignInFault) -> JSON {
        // The key is for one algorithm, whatever the token says of itself.
        guard key.algorithm == algorithm, key.verifies(signature, of: signed) else { throw .signature }
        return claims
    }

    private static func object(_ part: some Sequence<UInt8>) -> JSON? {
        guard let bytes = Base64URL.decode(Array(part)), let value = try? JSON(parsing: bytes),
            case .object = value
        else { return nil }
        return value
    }
}

/// A provider's public key, for one algorithm.
struct TokenKey: Sendable {
    let algorithm: TokenAlgorithm
    private let key: any JWTAlgorithm

    /// - Returns: `nil` for a key of another kind than the algorithm's, one for another use, and one that cannot be.
    init?(_ json: JSON, for algorithm: TokenAlgorithm) async {
        guard [nil, "sig"].contains(json["use"]?.text), [nil, algorithm.rawValue].contains(json["alg"]?.text),
            let key = Self.publicKey(json, algorithm)
        else { return nil }
        let keys = JWTKeyCollection()
        guard (try? await keys.add(jwk: key)) != nil, let key = try? await keys.getKey(for: Self.name),
            key.name == algorithm.rawValue
        else { return nil }
        self.algorithm = algorithm
        self.key = key
    }

    func verifies(_ signature: [UInt8], of signed: [UInt8]) -> Bool {
        (try? key.verify(signature, signs: signed)) == true
    }

    private static let name = JWKIdentifier(string: "key")

    /// Made anew from its public parts alone.
    private static func publicKey(_ json: JSON, _ algorithm: TokenAlgorithm) -> JWK? {
        switch (algorithm, json["kty"]?.text, json["crv"]?.text) {
        case (.rs256, "RSA", _):
            JWK.rsa(.rs256, identifier: name, modulus: json["n"]?.text, exponent: json["e"]?.text)
        case (.ps256, "RSA", _):
            JWK.rsa(.ps256, identifier: name, modulus: json["n"]?.text, exponent: json["e"]?.text)
        case (.es256, "EC", "P-256"):
            JWK.ecdsa(.es256, identifier: name, x: json["x"]?.text, y: json["y"]?.text, curve: .p256)
        case (.edDSA, "OKP", "Ed25519"):
            JWK.octetKeyPair(.eddsa, identifier: name, x: json["x"]?.text, y: nil, curve: .ed25519)
        default: nil
        }
    }
}
