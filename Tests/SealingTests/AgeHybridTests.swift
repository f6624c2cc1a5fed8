import Testing

@testable import Sealing

@Suite("Post-quantum recipients of age files")
struct AgeHybridTests {
    @Test("what is sealed opens again, at every chunk boundary", arguments: AgeFileTests.boundaries)
    func roundTrip(count: Int) throws {
        let identity = try AgeIdentity(.hybrid, from: .system)
        let plaintext = RandomSource.system.bytes(count)
        let file = try Whole.seal(plaintext, to: [identity.recipient])
        #expect(try Whole.open(file, with: .identity(identity)) == plaintext)
    }

    @Test("each of several recipients opens the file, and nobody else")
    func severalRecipients() throws {
        let first = try AgeIdentity(.hybrid, from: .system)
        let second = try AgeIdentity(.hybrid, from: .system)
        let file = try Whole.seal([1, 2, 3], to: [first.recipient, second.recipient])
        #expect(try Whole.open(file, with: .identity(first)) == [1, 2, 3])
        #expect(try Whole.open(file, with: .identity(second)) == [1, 2, 3])
        for kind in [AgeKeyKind.hybrid, .x25519] {
            let stranger = AgeOpener.identity(try AgeIdentity(kind, from: .system))
            #expect(throws: SealingError.noMatchingKey) { try Whole.open(file, with: stranger) }
        }
    }

    @Test("a file of one kind is re-addressed to the other, the payload as it was")
    func readdress() throws {
        let owner = try AgeIdentity(from: .system)
        let guest = try AgeIdentity(.hybrid, from: .system)
        let file = try Whole.seal(Array("for one reader".utf8), to: [owner.recipient])
        let header = try AgeHeader(parsing: file)
        let guestRecipient = guest.recipient
        let readdressed = try Age.readdress(
            header, openedWith: .identity(owner), to: [guestRecipient], random: .system)
        let released = readdressed.encoded + file[header.byteCount...]
        #expect(try Whole.open(released, with: .identity(guest)) == Array("for one reader".utf8))
    }

    @Test("recipients of two kinds are refused, whichever stands first")
    func mixing() throws {
        let hybrid = try AgeIdentity(.hybrid, from: .system).recipient
        let x25519 = try AgeIdentity(from: .system).recipient
        for mixed in [[hybrid, x25519], [x25519, hybrid], [hybrid, hybrid, x25519]] {
            #expect(throws: SealingError.mixedRecipients) { try Whole.seal([1], to: mixed) }
        }
    }

    @Test("a flipped bit in the stanza is refused")
    func flippedBits() throws {
        let identity = try AgeIdentity(.hybrid, from: .system)
        let file = try Whole.seal(Array("short".utf8), to: [identity.recipient])
        let header = try AgeHeader(parsing: file).byteCount
        let opener = AgeOpener.identity(identity)
        for position in Array(stride(from: 0, to: header, by: 7)) + Array(header - 100..<header) {
            var damaged = file
            damaged[position] ^= 1
            #expect(throws: SealingError.self, "byte \(position)") { try Whole.open(damaged, with: opener) }
        }
    }

    @Test("recipients and identities read back as they were written")
    func keyTexts() throws {
        let identity = try AgeIdentity(.hybrid, from: .system)
        #expect(identity.recipient.text.hasPrefix("age1pq1"))
        #expect(try AgeRecipient(identity.recipient.text) == identity.recipient)
        var text = identity.exposedText()
        #expect(text.starts(with: Array("AGE-SECRET-KEY-PQ-1".utf8)))
        #expect(try AgeIdentity(wipingText: &text).recipient == identity.recipient)
        #expect(text.allSatisfy { $0 == 0 }, "what was read is wiped")
    }

    /// Source: C2SP age, "The MLKEM768-X25519 hybrid post-quantum recipient type". Bech32's checksum, at the end, covers all.
    @Test("the published identity has the published recipient")
    func publishedKeys() throws {
        var text = Array("AGE-SECRET-KEY-PQ-1XX76JRALNLXDMEW0CRK45QMCCH4X06SE84UN3VPM33W6HWDX0H3SK3ZQFR".utf8)
        let recipient = try AgeIdentity(wipingText: &text).recipient.text
        #expect(recipient.utf8.count == 1959)
        #expect(
            recipient.hasPrefix("age1pq1x34nzsvr0rxjsgdn8zgyhfe8j7ceq5r9rdelkjuh3y235jzxshfg87pzf5zrqtzdxz95paef6c"))
        #expect(recipient.hasSuffix("tqmwze9pyyzk3tlhl53k2ykx3qheyty7saeq0d3fzv49zc0k"))
    }

    @Test("keys with another length, prefix or checksum are refused")
    func malformedKeys() throws {
        let identity = try AgeIdentity(.hybrid, from: .system)
        let text = identity.recipient.text
        let short = String(
            decoding: Bech32.encode([UInt8](repeating: 1, count: 1_215), prefix: "age1pq"), as: UTF8.self)
        let long = String(decoding: Bech32.encode([UInt8](repeating: 1, count: 33), prefix: "age"), as: UTF8.self)
        for wrong in [
            String(text.dropLast()) + (text.hasSuffix("q") ? "p" : "q"), short, long, "age1pq1", "age1tagpq1",
        ] {
            #expect(throws: SealingError.self) { try AgeRecipient(wrong) }
        }
        var other = Bech32.encode([UInt8](repeating: 1, count: 31), prefix: "age-secret-key-pq-")
        #expect(throws: SealingError.self) { _ = try AgeIdentity(wipingText: &other) }
    }

    @Test("a recipient that nobody can have made is refused before anything is sealed")
    func impossibleRecipient() throws {
        // Every coefficient is 4095, and so above the modulus.
        let impossible = AgeRecipient.hybrid([UInt8](repeating: 0xff, count: XWing.publicKeyCount))
        #expect(throws: SealingError.malformedKey("the recipient is not a valid public key")) {
            try Whole.seal([1], to: [impossible])
        }
    }
}
