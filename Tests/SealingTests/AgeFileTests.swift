import Testing

@testable import Sealing

@Suite("Sealing and opening age files")
struct AgeFileTests {
    static let boundaries = [0, 1, 15, 65_535, 65_536, 65_537, 131_072, 200_000]

    @Test("what is sealed opens again, at every chunk boundary", arguments: boundaries)
    func roundTrip(count: Int) throws {
        let identity = try AgeIdentity(from: .system)
        let plaintext = RandomSource.system.bytes(count)
        let file = try Whole.seal(plaintext, to: [identity.recipient])
        #expect(
            file.count == (try AgeHeader(parsing: file).byteCount) + Int(Age.payloadByteCount(sealing: UInt64(count))))
        #expect(try Whole.open(file, with: .identity(identity)) == plaintext)
    }

    @Test("each of several recipients opens the file, and nobody else")
    func severalRecipients() throws {
        let first = try AgeIdentity(from: .system)
        let second = try AgeIdentity(from: .system)
        let file = try Whole.seal([1, 2, 3], to: [first.recipient, second.recipient])
        #expect(try Whole.open(file, with: .identity(first)) == [1, 2, 3])
        #expect(try Whole.open(file, with: .identity(second)) == [1, 2, 3])
        let stranger = AgeOpener.identity(try AgeIdentity(from: .system))
        #expect(throws: SealingError.noMatchingKey) { try Whole.open(file, with: stranger) }
    }

    @Test("re-addressing changes the header and no byte of the payload")
    func readdress() throws {
        let owner = try AgeIdentity(from: .system)
        let guest = try AgeIdentity(from: .system)
        let file = try Whole.seal(Array("for one reader".utf8), to: [owner.recipient])
        let header = try AgeHeader(parsing: file)
        let guestRecipient = guest.recipient
        let opener = AgeOpener.identity(owner)
        let readdressed = try Age.readdress(header, openedWith: opener, to: [guestRecipient], random: .system)
        let released = readdressed.encoded + file[header.byteCount...]
        #expect(try Whole.open(released, with: .identity(guest)) == Array("for one reader".utf8))
        #expect(throws: SealingError.noMatchingKey) { try Whole.open(released, with: opener) }
    }

    @Test("any flipped bit is refused")
    func flippedBits() throws {
        let identity = try AgeIdentity(from: .system)
        let file = try Whole.seal(Array("short".utf8), to: [identity.recipient])
        let opener = AgeOpener.identity(identity)
        for position in file.indices {
            var damaged = file
            damaged[position] ^= 1
            #expect(throws: SealingError.self, "byte \(position)") { try Whole.open(damaged, with: opener) }
        }
    }

    @Test("recipients and identities read back as they were written")
    func keyTexts() throws {
        let identity = try AgeIdentity(from: .system)
        #expect(try AgeRecipient(identity.recipient.text) == identity.recipient)
        var text = identity.exposedText()
        #expect(try AgeIdentity(wipingText: &text).recipient == identity.recipient)
        #expect(text.allSatisfy { $0 == 0 }, "what was read is wiped")
        #expect(throws: SealingError.self) { try AgeRecipient("age1nonsense") }
    }
}

/// Whole small files, for tests.
enum Whole {
    static func seal(_ plaintext: [UInt8], to recipients: [AgeRecipient]) throws -> [UInt8] {
        var start = try Age.begin(sealingTo: recipients, random: .system)
        var file = start.preamble
        let chunks = Int(Age.chunks(in: UInt64(plaintext.count)))
        for index in 0..<chunks {
            let chunk = Array(plaintext[(index * Age.chunkCount)..<min((index + 1) * Age.chunkCount, plaintext.count)])
            var sealed = [UInt8](repeating: 0, count: chunk.count + Age.tagCount)
            var out = sealed.mutableSpan
            start.cipher.seal(chunk.span, index: UInt64(index), isLast: index == chunks - 1, into: &out)
            file += sealed
        }
        return file
    }

    static func open(_ file: [UInt8], with opener: borrowing AgeOpener) throws -> [UInt8] {
        let header = try AgeHeader(parsing: file)
        let nonce = Array(file[header.byteCount...].prefix(Age.payloadNonceCount))
        var cipher = try Age.open(header, nonce: nonce, with: opener)
        var rest = file[(header.byteCount + Age.payloadNonceCount)...]
        var plaintext: [UInt8] = []
        var index: UInt64 = 0
        repeat {
            let chunk = Array(rest.prefix(Age.chunkCount + Age.tagCount))
            rest = rest.dropFirst(Age.chunkCount + Age.tagCount)
            var opened = [UInt8](repeating: 0, count: max(0, chunk.count - Age.tagCount))
            var out = opened.mutableSpan
            try cipher.open(chunk.span, index: index, isLast: rest.isEmpty, into: &out)
            plaintext += opened
            index += 1
        } while !rest.isEmpty
        return plaintext
    }
}
