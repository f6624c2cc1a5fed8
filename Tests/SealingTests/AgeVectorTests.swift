import CZlib
import Foundation
import Testing

@testable import Sealing

@Suite("The published age vectors", .enabled(if: Vectors.areThereOrDue))
struct AgeVectorTests {
    /// Not supported yet, by name: ASCII armor.
    static let unsupported: Set = [
        "armor_crlf", "armor_empty", "armor_empty_last_line", "armor_empty_line_begin", "armor_empty_line_end",
        "armor_eol_between_padding", "armor_full_last_line", "armor_garbage_encoded", "armor_garbage_leading",
        "armor_garbage_trailing", "armor_header_crlf", "armor_headers", "armor_hybrid",
        "armor_invalid_character_header", "armor_invalid_character_payload", "armor_long_line", "armor_lowercase",
        "armor_no_end_line", "armor_no_eol", "armor_no_match", "armor_no_padding", "armor_not_canonical",
        "armor_pgp_checksum", "armor_scrypt", "armor_short_line", "armor_whitespace_begin",
        "armor_whitespace_end", "armor_whitespace_eol", "armor_whitespace_last_line",
        "armor_whitespace_line_start", "armor_whitespace_outside", "armor_wrong_type", "armor_x25519",
    ]

    static let names: [String] = {
        let all = try? FileManager.default.contentsOfDirectory(atPath: Vectors.folder.appending(path: "age").path)
        return (all ?? []).filter { !unsupported.contains($0) }.sorted()
    }()

    @Test("every vector runs but those named as not supported yet")
    func vectorsAreThere() {
        #expect(Self.names.count == 110)
    }

    @Test("each file opens, or fails, as the vector states", arguments: names)
    func opensAsStated(name: String) throws {
        let vector = try AgeVector(name)
        let opened = try vector.open()
        #expect(opened.outcome == vector.expected)
        // The digest of a failing vector is what a reader that cannot see the end of the file would have let through.
        // We see it, so we let through as much or less.
        if vector.expected == "success", let payload = vector.payloadDigest {
            #expect(Digest.sha256(opened.plaintext).hex == payload)
        }
    }
}

struct AgeVector {
    private static let known: Set = [
        "expect", "payload", "file key", "identity", "passphrase", "comment", "compressed", "armored",
    ]
    private var fields: [String: [String]] = [:]
    private let file: [UInt8]

    init(_ name: String) throws {
        let data = try [UInt8](Data(contentsOf: Vectors.folder.appending(path: "age/\(name)")))
        var position = 0
        while let end = data[position...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: data[position..<end], as: UTF8.self)
            position = end + 1
            if line.isEmpty { break }
            let parts = line.split(separator: ": ", maxSplits: 1).map(String.init)
            try #require(parts.count == 2 && Self.known.contains(parts[0]), "the runner does not know: \(line)")
            fields[parts[0], default: []].append(parts[1])
        }
        let body = Array(data[position...])
        file = try fields["compressed"] == nil ? body : inflate(body)
    }

    var expected: String { fields["expect"]?.first ?? "nothing stated" }
    var payloadDigest: String? { fields["payload"]?.first }

    func open() throws -> (outcome: String, plaintext: [UInt8]) {
        var plaintext: [UInt8] = []
        do throws(SealingError) {
            let header = try AgeHeader(parsing: file)
            let body = Array(file[header.byteCount...])
            var cipher = try cipher(header, nonce: Array(body.prefix(Age.payloadNonceCount)))
            try openChunks(Array(body.dropFirst(Age.payloadNonceCount)), &cipher, into: &plaintext)
            return ("success", plaintext)
        } catch {
            return (Self.outcome(of: error), plaintext)
        }
    }

    private func cipher(_ header: AgeHeader, nonce: [UInt8]) throws(SealingError) -> ChunkCipher {
        var last: SealingError = .noMatchingKey
        for opener in (fields["identity"] ?? []) + (fields["passphrase"] ?? []) {
            do throws(SealingError) {
                return try Age.open(header, nonce: nonce, with: Self.opener(opener))
            } catch .noMatchingKey {
                last = .noMatchingKey
            }
        }
        throw last
    }

    private static func opener(_ text: String) throws(SealingError) -> AgeOpener {
        var bytes = Array(text.utf8)
        if text.hasPrefix("AGE-SECRET-KEY-") { return .identity(try AgeIdentity(wipingText: &bytes)) }
        return .passphrase(try SecretBytes(wiping: &bytes))
    }

    private func openChunks(
        _ body: [UInt8], _ cipher: inout ChunkCipher, into plaintext: inout [UInt8]
    ) throws(SealingError) {
        let full = Age.chunkCount + Age.tagCount
        var index: UInt64 = 0
        var rest = body[...]
        repeat {
            let chunk = Array(rest.prefix(full))
            rest = rest.dropFirst(full)
            var opened = [UInt8](repeating: 0, count: max(0, chunk.count - Age.tagCount))
            var out = opened.mutableSpan
            try cipher.open(chunk.span, index: index, isLast: rest.isEmpty, into: &out)
            guard index == 0 || !opened.isEmpty else { throw .payloadDamaged(chunk: index) }
            plaintext += opened
            index += 1
        } while !rest.isEmpty
    }

    private static func outcome(of error: SealingError) -> String {
        switch error {
        case .malformedHeader: "header failure"
        case .headerAltered: "HMAC failure"
        case .noMatchingKey: "no match"
        case .payloadDamaged: "payload failure"
        case .notAuthentic, .wrongUnlockSecret, .malformedKey, .mixedRecipients, .share, .unknownVersion, .unavailable,
            .malformedCertificate, .signatureRefused, .timeStampRefused, .token, .archive:
            "\(error)"
        }
    }
}

private func inflate(_ bytes: [UInt8]) throws -> [UInt8] {
    var out = [UInt8](repeating: 0, count: 64 << 20)
    var count = uLong(out.count)
    try #require(uncompress(&out, &count, bytes, uLong(bytes.count)) == Z_OK)
    return Array(out.prefix(Int(count)))
}
