import Ledger
import Sealing
import Testing

@Suite("Leaves and commitments")
struct LeafTests {
    static let rows: [(role: CommitmentRole, salt: UInt8, value: String, hex: String)] = [
        (
            .actor, 0x41, #"{"user":"u-7731","agency":"ag-12"}"#,
            "df0da61c95209f8430f0c9f6546046b9e5dab36de5c9e53ad47ab9efc93d0041"
        ),
        (.subject, 0x42, #"{"subject":"s-90210"}"#, "a2766adc7a395f6187dc0544d1013995943ff02a5797ace2b050ce57adfc0f8b"),
        (
            .object, 0x43, #"{"doc":"d-5","version":3}"#,
            "6f097e7a938d9ecfe095f6e3e59272d3bd7dd8591fc36f996eac61ea3200fed5"
        ),
        (
            .detail, 0x44, #"{"reason":"strategy meeting"}"#,
            "651453083546a247162b6628e65486388466534c6e33f294d492f8930cece6e9"
        ),
    ]

    static func event() throws -> EventID {
        try #require(EventID(Array(hex: "0f1e2d3c4b5a69788796a5b4c3d2e1f0")))
    }

    static func openings() throws -> [Opening] {
        try rows.map { row in
            let salt = [UInt8](repeating: row.salt, count: 32)
            return try #require(Opening(role: row.role, salt: salt, value: Array(row.value.utf8)))
        }
    }

    static func leaf(party: UInt8 = 0) throws -> Leaf {
        try Leaf(
            time: 1_700_000_000_123, kind: .vaultCreated, party: party, id: event(), openings: openings().reversed())
    }

    @Test("the published leaf and its commitments are made byte for byte")
    func worked() throws {
        let leaf = try Self.leaf()
        #expect(leaf.commitments.map(\.hex) == Self.rows.map(\.hex))
        #expect(leaf.bytes.count == 161)
        #expect(leaf.bytes.prefix(16).map { $0 } == (try Array(hex: "415544310000018bcfe5687b01010000")))
        #expect(leaf.hash.hex == "29b1b5d966b1ef1996886f95513a8b682ddb6e81bb42b92d52cccb8ed253bbc6")
        #expect(try Leaf(parsing: leaf.bytes) == leaf)
    }

    @Test("the party is the low byte of the flags")
    func party() throws {
        let leaf = try Self.leaf(party: 4)
        #expect(Array(leaf.bytes[14..<16]) == [0, 4])
        #expect(try Leaf(parsing: leaf.bytes).party == 4)
    }

    @Test("an opening is admitted for its own value, role, salt and event alone")
    func opens() throws {
        let leaf = try Self.leaf()
        for opening in try Self.openings() {
            #expect(leaf.admits(opening))
            let altered = [
                Opening(role: opening.role, salt: opening.salt, value: opening.value + [0]),
                Opening(role: opening.role, salt: opening.salt.map { $0 ^ 1 }, value: opening.value),
                Opening(role: opening.role == .actor ? .detail : .actor, salt: opening.salt, value: opening.value),
            ]
            for opening in altered {
                #expect(!leaf.admits(try #require(opening)))
            }
        }
        let elsewhere = try #require(EventID([UInt8](repeating: 1, count: 16)))
        let other = try Leaf(time: 1, kind: .imported, party: 0, id: elsewhere, openings: [])
        #expect(try !other.admits(Self.openings()[0]))
        #expect(Opening(role: .actor, salt: [1], value: []) == nil)
        #expect(EventID([1]) == nil)
    }

    @Test("what cannot be written is refused")
    func unwritable() throws {
        let openings = try Self.openings()
        for time in [UInt64(0), 1 << 63] {
            #expect(throws: LedgerError.timeOutOfRange(time)) {
                try Leaf(time: time, kind: .imported, party: 0, id: Self.event(), openings: [])
            }
        }
        #expect(throws: LedgerError.malformedLeaf) {
            try Leaf(time: 1, kind: .imported, party: 0, id: Self.event(), openings: openings + [openings[1]])
        }
    }

    @Test("a leaf is read strictly")
    func strict() throws {
        let good = try Self.leaf().bytes
        func with(_ position: Int, _ byte: UInt8) -> [UInt8] {
            var bytes = good
            bytes[position] = byte
            return bytes
        }
        let repeated = good.prefix(65) + good[33..<65] + good.suffix(64)
        let broken = [
            [], Array(good.prefix(32)), good.dropLast(), good + [0], with(0, 0x42), with(3, 0x32), with(4, 0x80),
            with(14, 1), with(32, 3), with(32, 5), Array(repeated),
            with(32, 5) + [UInt8](repeating: 5, count: 32),
            Array(good[..<4]) + [UInt8](repeating: 0, count: 8) + Array(good[12...]),
        ]
        for bytes in broken {
            #expect(throws: LedgerError.malformedLeaf) { try Leaf(parsing: bytes) }
        }
        #expect(throws: LedgerError.unknownEvent(0x01ff)) { try Leaf(parsing: with(13, 0xff)) }
    }

    @Test("an opening does not print its value")
    func silent() throws {
        #expect(try "\(Self.openings()[0])" == "‹opening of actor›")
    }

    @Test("every kind of event has a name of its own and survives a leaf", arguments: EventKind.allCases)
    func kinds(kind: EventKind) throws {
        let leaf = try Leaf(time: 1, kind: kind, party: 1, id: Self.event(), openings: [])
        #expect(try Leaf(parsing: leaf.bytes).kind == kind)
        #expect(!kind.description.isEmpty)
        #expect(EventKind.allCases.filter { $0.description == kind.description } == [kind])
    }
}
