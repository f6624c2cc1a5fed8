import Foundation
import Ledger
import Rules
import Sealing
import Storage
import Synchronization
import Testing

@testable import Vault

@Suite("Who may read, and what is left behind")
struct ReadTests {
    static let sizes = [
        0, 1, 65_535, 65_536, 65_537, 524_287, 524_288, 524_289, 1_048_575, 1_048_576, 1_048_577, 3_000_000,
    ]

    @Test("what was deposited is read back, at every block boundary", arguments: sizes)
    func roundTrip(count: Int) async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        let content = RandomSource.system.bytes(count)
        let id = try await fixture.deposit(content, in: vault)
        #expect(try await fixture.read(id, as: "sam", in: vault) == content)
        try await vault.close()
    }

    @Test("a range is the same bytes as in the whole")
    func ranges() async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        let content = RandomSource.system.bytes(200_000)
        let id = try await fixture.deposit(content, in: vault)
        for (from, through) in [
            (0, 0), (65_535, 65_536), (65_536, 131_071), (199_999, 199_999), (0, 199_999), (7, 150_000),
        ] {
            let range = ByteRange.bytes(from: UInt64(from), through: UInt64(through))
            #expect(try await fixture.read(id, as: "sam", in: vault, range: range) == Array(content[from...through]))
        }
        let rest = ByteRange.bytes(from: 190_000, through: nil)
        #expect(try await fixture.read(id, as: "sam", in: vault, range: rest) == Array(content[190_000...]))
        await #expect(throws: VaultError.rangeOutsideContent(byteCount: 200_000)) {
            try await fixture.read(id, as: "sam", in: vault, range: .bytes(from: 200_000, through: nil))
        }
        // As RFC 9110 has it, a range ends with the content at the latest.
        for range in [ByteRange.bytes(from: 199_000, through: 200_000), .last(1000)] {
            #expect(try await fixture.read(id, as: "sam", in: vault, range: range) == Array(content[199_000...]))
        }
    }

    @Test("I2: a read is in the ledger before there is a byte to read")
    func readIsRecordedFirst() async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        let id = try await fixture.deposit([1, 2, 3], in: vault)
        let before = try await vault.records.read { try $0.logSize() }
        let content = try await vault.open(id, as: try await fixture.caller("sam", in: vault))
        let (size, entry) = try await vault.records.read { (try $0.logSize(), try $0.entry(at: before)) }
        #expect(size == before + 1)
        #expect(entry?.leaf.kind == .documentRead)
        #expect(entry?.leaf.party == Party.education.number)
        _ = content
    }

    @Test("I2: when the ledger cannot be written there is no content")
    func noEntryNoContent() async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        let id = try await fixture.deposit([1, 2, 3], in: vault)
        let sam = try await fixture.caller("sam", in: vault)
        try await vault.close()
        let late = try await fixture.open(now: Fixture.start.adding(seconds: -600))
        await #expect(throws: StorageError.clockWentBackwards) { _ = try await late.open(id, as: sam) }
    }

    /// Who asks, what is answered.
    static let refusals: [(String, VaultError)] = [
        ("hana", .denied(.extractOnly)), ("yusuf", .notFound(.document)), ("pat", .notFound(.document)),
        ("henry", .notFound(.document)), ("dana", .notFound(.document)), ("ada", .notFound(.document)),
    ]

    @Test("I2: every refusal is recorded", arguments: refusals)
    func refused(name: String, error: VaultError) async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        let id = try await fixture.deposit([1, 2, 3], in: vault)
        let caller = try await fixture.caller(name, in: vault)
        let before = try await vault.records.read { try $0.logSize() }
        await #expect(throws: error) { _ = try await vault.open(id, as: caller) }
        let entry = try #require(try await vault.records.read { try $0.entry(at: before) })
        #expect(entry.leaf.kind == .accessDenied)
        #expect(try await vault.opened(entry)?.actor == ["person": "\(caller.person)"])
    }

    @Test("I10: what is not there and what is not yours get one answer, and both leave an entry")
    func sameAnswer() async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        let id = try await fixture.deposit([1, 2, 3], in: vault)
        let absent = DocumentID(from: .system)
        for name in ["yusuf", "henry", "pat"] {
            let caller = try await fixture.caller(name, in: vault)
            var answers: [VaultError?] = []
            let before = try await vault.records.read { try $0.logSize() }
            for document in [id, absent] {
                answers.append(
                    await #expect(throws: VaultError.self) { _ = try await vault.open(document, as: caller) })
                answers.append(
                    await #expect(throws: VaultError.self) { _ = try await vault.show(document, as: caller) })
                answers.append(
                    await #expect(throws: VaultError.self) { _ = try await vault.history(of: document, as: caller) })
            }
            #expect(Set(answers) == [.notFound(.document)])
            #expect(try await vault.records.read { try $0.logSize() } == before + 6)
        }
    }

    @Test("a list shows what the agreement admits, and counts nothing else")
    func lists() async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        _ = try await fixture.deposit([1], title: "Private title", in: vault)
        let seen = try await vault.documents(of: fixture.caseID, as: try await fixture.caller("sam", in: vault))
        #expect(seen.map(\.title) == ["Private title"])
        let known = try await vault.documents(of: fixture.caseID, as: try await fixture.caller("hana", in: vault))
        #expect(known.map(\.title) == [nil] && known.map(\.mayRead) == [false])
        #expect(try await vault.documents(of: fixture.caseID, as: fixture.caller("yusuf", in: vault)).isEmpty)
        await #expect(throws: VaultError.notFound(.theCase)) {
            try await vault.documents(of: fixture.caseID, as: fixture.caller("henry", in: vault))
        }
    }

    @Test("off the team, access ends at the next read")
    func teamRemoval() async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        let id = try await fixture.deposit([1, 2, 3], in: vault)
        let sam = try await fixture.caller("sam", in: vault)
        try await vault.removeFromTeam("priya", of: fixture.caseID, as: sam)
        await #expect(throws: VaultError.notFound(.document)) {
            try await fixture.read(id, as: "priya", in: vault)
        }
    }

    @Test("the same file twice for one child is stored once, and the answer does not tell")
    func deduplication() async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        let content = RandomSource.system.bytes(100_000)
        let first = try await fixture.deposit(content, title: "one", in: vault)
        let second = try await fixture.deposit(content, title: "two, again", in: vault)
        #expect(try fixture.objectPaths().count == 1)
        for id in [first, second] { #expect(try await fixture.read(id, as: "sam", in: vault) == content) }
        #expect(try await fixture.check(vault).findings == [])
    }

    @Test("the same file for another holder is stored again")
    func noSharingAcrossHolders() async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        let content = RandomSource.system.bytes(1000)
        _ = try await fixture.deposit(content, in: vault)
        _ = try await vault.deposit(
            fixture.newDocument("D03"), content: fixture.file("other", content),
            as: fixture.caller("hana", in: vault))
        #expect(try fixture.objectPaths().count == 2)
    }

    @Test("a declared type that the content is not is refused, and nothing is left")
    func typeMismatch() async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        let pdf = try #require(MediaType("application/pdf"))
        let new = NewDocument(caseID: fixture.caseID, category: "D05", title: "Report", mediaType: pdf)
        await #expect(throws: VaultError.typeMismatch(declared: "application/pdf")) {
            try await vault.deposit(
                new, content: fixture.file("page.pdf", Array("<html>".utf8)), as: fixture.caller("priya", in: vault))
        }
        #expect(try fixture.objectPaths().isEmpty)
        #expect(try await fixture.check(vault).findings == [])
    }
}

@Suite("Every act names a person")
struct ActorTests {
    @Test("I11: every entry opens to the person who acted")
    func actors() async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        let id = try await fixture.deposit([1, 2, 3], in: vault)
        _ = try await fixture.read(id, as: "sam", in: vault)
        _ = try? await fixture.read(id, as: "yusuf", in: vault)
        _ = try await fixture.check(vault)
        _ = try await vault.prove(0, as: fixture.caller("sam", in: vault))
        _ = try await vault.ledger(before: nil, limit: 10, as: fixture.caller("dana", in: vault))
        _ = try await vault.explain(.read, id, by: "yusuf", purpose: nil, as: fixture.caller("sam", in: vault))
        let rows = try await vault.records.read { try $0.entries(in: 0..<$0.logSize()) }
        #expect(rows.count > 30)
        for row in rows {
            let event = try #require(try await vault.opened(row))
            #expect(event.actor["person"]?.utf8.count == 32, "\(row.leaf.kind)")
        }
    }

    @Test("I2: a refused sign-in is recorded, and tells neither whether the name or the password was wrong")
    func refusedSignIn() async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        let before = try await vault.records.read { try $0.logSize() }
        for name in ["sam", "nobody"] {
            await #expect(throws: VaultError.wrongCredentials) {
                try await vault.signIn(username: name, password: try Fixture.secret())
            }
        }
        let rows = try await vault.records.read { try $0.entries(in: before..<$0.logSize()) }
        #expect(rows.map(\.leaf.kind) == [.signInRefused, .signInRefused])
    }

    @Test("a disabled account's sessions end at once, and it cannot sign in")
    func disabled() async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        _ = try await vault.disablePerson("priya", as: fixture.caller("ada", in: vault))
        await #expect(throws: VaultError.notSignedIn) { try await fixture.caller("priya", in: vault) }
        await #expect(throws: VaultError.accountDisabled) {
            try await vault.signIn(username: "priya", password: try Fixture.password())
        }
    }
}

@Suite("What review found")
struct ReviewTests {
    @Test("two parents are two people: neither replaces what the other deposited")
    func otherParent() async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        let ada = try await fixture.caller("ada", in: vault)
        let home = try #require(try await fixture.caller("pat", in: vault).memberships.first?.organisation)
        _ = try await vault.addPerson(
            NewPerson(username: "quinn", name: "Quinn", organisation: home, roles: ["P"]),
            password: Fixture.password(), as: ada)
        try await vault.addToTeam(
            "quinn", role: "P", of: fixture.caseID, as: fixture.caller("sam", in: vault))
        let quinn = try await vault.caller(
            vault.signIn(username: "quinn", password: try Fixture.password()))
        let receipt = try await vault.deposit(
            fixture.newDocument("D02"), content: fixture.file("views", [1]), as: fixture.caller("pat", in: vault))
        let id = try #require(DocumentID(receipt.document))
        await #expect(throws: VaultError.denied(.notOwn)) {
            try await vault.replace(
                id, mediaType: .unknown, content: fixture.file("other", [2]), as: quinn)
        }
    }

    @Test("a deposit repairs what was damaged: a broken object is never shared")
    func repair() async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        let content = RandomSource.system.bytes(50_000)
        _ = try await fixture.deposit(content, title: "one", in: vault)
        let path = try #require(try fixture.objectPaths().first)
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        bytes[40_000] ^= 1
        try Data(bytes).write(to: URL(filePath: path))
        let second = try await fixture.deposit(content, title: "again", in: vault)
        #expect(try await fixture.read(second, as: "sam", in: vault) == content)
    }

    @Test("nobody learns from an import what somebody else has imported")
    func importMarks() async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        let sam = try await fixture.caller("sam", in: vault)
        try await vault.addToTeam("henry", role: "HADV", of: fixture.caseID, as: sam)
        let path = try fixture.write("file", [1, 2, 3])
        let item = ImportItem(path: path, new: fixture.newDocument(), byteCount: 3, mark: [1])
        for name in ["priya", "henry"] {
            let stored = Mutex(0)
            try await vault.importFiles([item], as: fixture.caller(name, in: vault)) { _, outcome in
                if case .stored = outcome { stored.withLock { $0 += 1 } }
            }
            #expect(stored.withLock { $0 } == 1)
        }
    }

    @Test("what was typed for a category goes into the ledger only when the agreement knows it")
    func unknownCategory() async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        let before = try await vault.records.read { try $0.logSize() }
        await #expect(throws: VaultError.self) {
            try await vault.deposit(
                fixture.newDocument("x\n\u{1b}[2J"), content: fixture.file("f", [1]),
                as: fixture.caller("priya", in: vault))
        }
        let entry = try #require(try await vault.records.read { try $0.entry(at: before) })
        #expect(try await vault.opened(entry)?.object["category"] == "unknown")
    }
}
