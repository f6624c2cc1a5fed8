import Testing

@testable import Sealing

@Suite("What is wrong with shares is found and named")
struct ShareFaultTests {
    @Test("a share reads back as it was written, also from an age file")
    func text() throws {
        let secret = try Key(from: .system)
        let keeper = try AgeIdentity(.hybrid, from: .system)
        let recipient = keeper.recipient
        let opener = AgeOpener.identity(keeper)
        let shares = try ShareSet.split(secret, random: .system).map { share in
            let file = try Age.seal(share.text(), to: [recipient], random: .system)
            return try Share(parsing: Age.openSecret(file, with: opener))
        }
        #expect(shares.map(\.index) == [1, 2, 3, 4, 5])
        #expect(try ShareSet.combine(shares).secret.exposedBytes() == secret.secret.exposedBytes())
    }

    /// Made by another program from docs/FORMATS.md alone. Share 2 of 3 of the secret 00…1f, the random bytes being 00… too.
    @Test("a share has the bytes that docs/FORMATS.md says")
    func bytes() throws {
        var secret = [UInt8](0..<32)
        let counting = unsafe RandomSource { out in
            for place in out.indices { unsafe out[place] = UInt8(truncatingIfNeeded: place) }
        }
        let shares = try ShareSet.split(
            Key(SecretBytes(wiping: &secret)), threshold: 2, count: 3, random: counting)
        #expect(
            String(decoding: try shares[1].text().exposedBytes(), as: UTF8.self) == """
                muniment share v1
                set 000102030405060708090a0b0c0d0e0f
                threshold 2
                count 3
                index 2
                share AAMGBQwPCgkYGx4dFBcSETAzNjU8Pzo5KCsuLSQnIiE
                tag b7H3thYBCg3muCQFlPXLIcZpbn5wYMC1kpKfD0fnlYc
                checksum KyMCQn4MJtBgPW5g

                """)
    }

    @Test("every flipped bit of a share is found without the others")
    func flippedBits() throws {
        let share = try ShareSet.split(Key(from: .system), random: .system)[1]
        let text = try share.text().exposedBytes()
        for position in text.indices {
            for bit in 0..<8 {
                var damaged = text
                damaged[position] ^= 1 << bit
                let fault = fault { _ = try Share(parsing: SecretBytes(wiping: &damaged)) }
                switch fault {
                case .notAShare: #expect(position <= 17)
                // Where the line of the index itself is damaged, another index is named, or none.
                case .damaged(let index): #expect(index == 2 || isInIndexLine(position, of: text))
                default: Issue.record("bit \(bit) of byte \(position) passes: \(String(describing: fault))")
                }
            }
        }
    }

    static let edits: [(String, String)] = [
        ("\nset ", "\nSet "), ("\nset ", "\nnote x\nset "), ("threshold 3", "threshold +3"),
        ("threshold 3", "threshold 03"), ("count 5", "count 99"), ("index 2\n", "index 2 \n"), ("\n", "\r\n"),
        ("tag ", "tag  "), ("checksum ", "\nchecksum "), ("threshold 3\ncount 5", "count 5\nthreshold 3"),
    ]

    @Test("a line too many, another order and another spelling are refused", arguments: edits)
    func strict(old: String, new: String) throws {
        let share = try ShareSet.split(Key(from: .system), random: .system)[1]
        let text = String(decoding: try share.text().exposedBytes(), as: UTF8.self)
        for edited in [text.replacing(old, with: new), text + "\n", String(text.dropLast()), "", text + text] {
            var bytes = Array(edited.utf8)
            #expect(edited != text)
            #expect(throws: SealingError.self) { _ = try Share(parsing: SecretBytes(wiping: &bytes)) }
        }
    }

    static let nonsense = [
        ("index 2", "index 0"), ("index 2", "index 6"), ("index 2", "index 300"), ("threshold 3", "threshold 1"),
        ("threshold 3", "threshold 6"), ("count 5", "count 33"), ("set ", "set 00"), ("tag ", "tag AAAA"),
        ("share ", "share AAAA"), ("tag ", "note x\ntag "),
    ]

    @Test("what no share says is refused, though its checksum fits", arguments: nonsense)
    func impossible(old: String, new: String) throws {
        let share = try ShareSet.split(Key(from: .system), random: .system)[1]
        let lines = String(decoding: try share.text().exposedBytes(), as: UTF8.self).split(separator: "\n").dropLast()
        let edited = (lines.joined(separator: "\n") + "\n").replacing("\n" + old, with: "\n" + new)
        let sum = Base64.encode(Array(Digest.sha256(Array(edited.utf8)).bytes.prefix(12)))
        var text = Array("\(edited)checksum \(sum)\n".utf8)
        guard case .damaged = fault({ _ = try Share(parsing: SecretBytes(wiping: &text)) }) else {
            Issue.record("it is taken")
            return
        }
    }

    @Test("a share of another set is named")
    func anotherSet() throws {
        let secret = try Key(from: .system)
        let ours = try ShareSet.split(secret, random: .system)
        let others = try ShareSet.split(secret, random: .system)
        #expect(fault { _ = try ShareSet.combine([others[1], ours[0], ours[2]]) } == .anotherSet([2]))
        #expect(
            fault { _ = try ShareSet.combine([ours[0], others[3], ours[4], others[1], ours[2]]) }
                == .anotherSet([4, 2]))
        // Two against two: the first that was given stands for the set.
        #expect(fault { _ = try ShareSet.combine([others[3], ours[0], ours[1], others[2]]) } == .anotherSet([1, 2]))
        #expect(fault { _ = try ShareSet.combine([ours[0], ours[1], ours[0]]) } == .repeated(1))
    }

    @Test("an altered share with a fitting checksum is named where more are given than needed", arguments: 0..<5)
    func altered(position: Int) throws {
        var shares = try ShareSet.split(Key(from: .system), random: .system)
        shares[position] = try forged(shares[position])
        for given in 4...5 {
            let some = Array((shares[position...] + shares[..<position]).prefix(given).reversed())
            #expect(fault { _ = try ShareSet.combine(some) } == .altered([position + 1]))
        }
    }

    @Test("two altered shares of five are both named")
    func twoAltered() throws {
        var shares = try ShareSet.split(Key(from: .system), random: .system)
        shares[0] = try forged(shares[0])
        shares[2] = try forged(shares[2])
        #expect(fault { _ = try ShareSet.combine(shares) } == .altered([1, 3]))
    }

    @Test("a single altered share is named in the largest sets too")
    func largeSet() throws {
        var shares = try ShareSet.split(Key(from: .system), threshold: 16, count: 32, random: .system)
        shares[7] = try forged(shares[7])
        #expect(fault { _ = try ShareSet.combine(shares) } == .altered([8]))
    }

    @Test("with exactly as many as are needed it is said that they do not fit, and no secret comes out")
    func noFit() throws {
        let shares = try ShareSet.split(Key(from: .system), random: .system)
        #expect(fault { _ = try ShareSet.combine([shares[0], forged(shares[1]), shares[2]]) } == .noFit)
    }

    @Test("an altered tag or index is found like altered bytes")
    func alteredFields() throws {
        let shares = try ShareSet.split(Key(from: .system), random: .system)
        let tagged = Share(
            of: shares[3].set, index: 4, value: try shares[3].value.duplicate(), tag: [UInt8](repeating: 7, count: 32))
        #expect(fault { _ = try ShareSet.combine([shares[0], shares[1], shares[2], tagged]) } == .altered([4]))
        let moved = Share(of: shares[3].set, index: 5, value: try shares[3].value.duplicate(), tag: shares[3].tag)
        #expect(fault { _ = try ShareSet.combine([shares[0], shares[1], shares[2], moved]) } == .altered([5]))
    }

    @Test("what the person is told names the share")
    func messages() {
        #expect(SealingError.share(.damaged(index: 2)).userMessage.contains("Share 2"))
        #expect(SealingError.share(.anotherSet([2, 4])).userMessage == "Leave out share 2, share 4: of another set.")
        #expect(SealingError.share(.tooFew(needed: 3, have: 2)).userMessage == "3 shares are needed, and there are 2.")
    }

    private func isInIndexLine(_ position: Int, of text: [UInt8]) -> Bool {
        // A line feed less before it moves it away.
        text[...position].split(separator: 10, omittingEmptySubsequences: false).count == 5
            || text[position] == UInt8(ascii: "\n")
    }

    /// Another value with the old tag, and a checksum that fits: it passes through the text.
    private func forged(_ share: Share) throws -> Share {
        var bytes = share.value.exposedBytes()
        bytes[31] ^= 0x80
        let forged = Share(of: share.set, index: share.index, value: try SecretBytes(wiping: &bytes), tag: share.tag)
        return try Share(parsing: forged.text())
    }

    private func fault(_ body: () throws -> Void) -> ShareFault? {
        do {
            try body()
            return nil
        } catch SealingError.share(let fault) {
            return fault
        } catch {
            Issue.record(error)
            return nil
        }
    }
}
