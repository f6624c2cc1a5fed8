import CZlib
import Foundation
import Testing

@testable import Sealing

@Suite("The published age vectors", .enabled(if: Vectors.areThereOrDue))
struct AgeVectorTests {
    /// Not supported yet: ASCII armor, and the post-quantum hybrid recipients.
    static let unsupported = ["armor", "hybrid"]

    static let names: [String] = {
        let all = try? FileManager.default.contentsOfDirectory(atPath: Vectors.folder.appending(path: "age").path)
        return (all ?? []).sorted().filter { name in !unsupported.contains { name.hasPrefix($0) } }
    }()

    @Test("there are vectors, and only armor and hybrid ones are left out")
    func vectorsAreThere() {
        #expect(Self.names.count == 92)
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
        if text.hasPrefix("AGE-SECRET-KEY-1") { return .identity(try AgeIdentity(wipingText: &bytes)) }
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
        case .notAuthentic, .wrongUnlockSecret, .malformedKey, .unknownVersion, .unavailable: "\(error)"
        }
    }
}

private func inflate(_ bytes: [UInt8]) throws -> [UInt8] {
    var out = [UInt8](repeating: 0, count: 64 << 20)
    var count = uLong(out.count)
    try #require(uncompress(&out, &count, bytes, uLong(bytes.count)) == Z_OK)
    return Array(out.prefix(Int(count)))
}
