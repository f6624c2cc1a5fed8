import Foundation
import Ledger
import Rules
import Sealing
import Storage
import Synchronization
import Testing

@testable import Vault

@Suite("Keys are rotated while the vault is in use, and the old ones are destroyed", .timeLimit(.minutes(45)))
struct KeyRotationTests {
    struct Stopped: Error {}

    @Test("a party's wraps come under a new key, the old key is gone, and everything reads as before")
    func party() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        var documents: [DocumentID] = []
        for number in 0..<7 {
            documents.append(try await ensemble.deposit("D05", by: "priya", text: "advice \(number)", in: vault))
        }
        let before = try await vault.keyring.read { try $0.keys(kind: .party) }
        let done = try await vault.rotate(
            .health, pace: RotationPace(batch: 2, pauseMilliseconds: 0), as: try await vault.person("ada")
        ) { _ in }
        #expect(done.isFinished)
        #expect(done.rewrapped == 7)
        let after = try await vault.keyring.read { try $0.keys(kind: .party) }
        #expect(after.filter { $0.owner == Array("health".utf8) }.map(\.version) == [2])
        #expect(before.count == after.count)
        for (number, document) in documents.enumerated() {
            #expect(try await ensemble.read(document, as: "priya", in: vault) == "advice \(number)")
            #expect(try await ensemble.read(document, as: "sam", in: vault) == "advice \(number)")
        }
        #expect(try await ensemble.findings(vault) == [])
        let destroyed = try #require(before.first { $0.owner == Array("health".utf8) })
        try expectNoTrace(of: destroyed.sealed, in: ensemble.fixture)
        try await vault.close()
    }

    @Test("another process that has the vault open goes on reading and depositing through a rotation")
    func otherProcess() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let other = try await ensemble.open()
        let document = try await ensemble.deposit("D05", by: "priya", in: other)
        _ = try await vault.rotate(.health, as: try await vault.person("ada")) { _ in }
        #expect(try await ensemble.read(document, as: "priya", in: other) == "original of D05")
        let later = try await ensemble.deposit("D05", by: "priya", text: "later", in: other)
        #expect(try await ensemble.read(later, as: "priya", in: vault) == "later")
        #expect(try await ensemble.findings(vault) == [])
        try await other.close()
        try await vault.close()
    }

    @Test("a draft whose keys were rotated before its commit is wrapped anew, not kept under a key that is gone")
    func staleDraft() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let priya = try await vault.person("priya")
        let new = ensemble.fixture.newDocument()
        let author = try await vault.authoriseDeposit(new, priya)
        let draft = try vault.draft(new, author, content: try ensemble.content("in flight"))
        let ada = try await vault.person("ada")
        _ = try await vault.rotate(.health, as: ada) { _ in }
        _ = try await vault.rotate(ensemble.child, as: ada)
        let receipt = try #require(try await vault.commit([draft], as: priya).first)
        let document = try #require(DocumentID(receipt.document))
        #expect(try await ensemble.read(document, as: "priya", in: vault) == "in flight")
        #expect(try await ensemble.findings(vault) == [])
        try await vault.close()
    }

    @Test("a rotation that is stopped at any batch goes on where it was", arguments: 1...6)
    func stopped(at step: Int) async throws {
        let ensemble = try await Ensemble.copy()
        var vault = try await ensemble.open()
        var documents: [DocumentID] = []
        for number in 0..<5 {
            documents.append(try await ensemble.deposit("D05", by: "priya", text: "advice \(number)", in: vault))
        }
        try await vault.close()
        let count = Mutex(0)
        let steps = WriteSteps(before: { _ in
            let reached = count.withLock {
                $0 += 1; return $0
            }
            if reached == step { throw Stopped() }
        })
        vault = try await ensemble.fixture.open(steps: steps)
        let pace = RotationPace(batch: 1, pauseMilliseconds: 0)
        await #expect(throws: Stopped.self) {
            _ = try await vault.rotate(.health, pace: pace, as: try await vault.person("ada")) { _ in }
        }
        let again = try await ensemble.open()
        for (number, document) in documents.enumerated() {
            #expect(try await ensemble.read(document, as: "priya", in: again) == "advice \(number)")
        }
        let done = try await again.rotate(.health, pace: pace, as: try await again.person("ada")) { _ in }
        #expect(done.isFinished)
        #expect(try await again.keyring.read { try $0.wrapCount(for: "health", before: done.to).old } == 0)
        #expect(try await ensemble.findings(again) == [])
        try await again.close()
    }

    @Test("a child's new key opens what the old one did, twice over, and the old one is nowhere on the disk")
    func child() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let document = try await ensemble.deposit("D05", by: "priya", in: vault)
        let ada = try await vault.person("ada")
        for version in [UInt32(2), 3] {
            let old = try #require(
                try await vault.keyring.read { try $0.key(kind: .child, owner: ensemble.child.bytes) })
            let done = try await vault.rotate(ensemble.child, as: ada)
            #expect(done.to == version)
            #expect(done.rewrapped > 1)
            try expectNoTrace(of: old.sealed, in: ensemble.fixture)
            #expect(try await ensemble.read(document, as: "priya", in: vault) == "original of D05")
            #expect(try await ensemble.findings(vault) == [])
        }
        // What was written before is read still, and what comes now is written: titles, acts, the ledger's details.
        #expect(try await ensemble.list("priya", in: vault)?.first?.title == "Title of D05")
        _ = try await ensemble.deposit("D05", by: "priya", text: "after", in: vault)
        #expect(try await ensemble.findings(vault) == [])
        try await vault.close()
    }

    @Test("only who has the duty rotates, and a refusal is recorded")
    func duty() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let size = try await vault.ledgerSize()
        await #expect(throws: VaultError.denied(.dutyNotHeld("key.rotate"))) {
            _ = try await vault.rotate(.health, as: try await vault.person("sam")) { _ in }
        }
        #expect(try await vault.kinds(since: size) == [.accessDenied])
        try await vault.close()
    }

    @Test("a sealed party reads nothing from the next read on, in any process, and everything again when it unseals")
    func seal() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let other = try await ensemble.open()
        let document = try await ensemble.deposit("D05", by: "priya", in: vault)
        let ada = try await vault.person("ada")
        await #expect(throws: VaultError.noOwnCustody("health")) {
            try await vault.seal(.health, presenting: try Key(from: .system), as: ada)
        }
        let secret = try Key(from: .system)
        try await vault.takeCustody(of: .health, NewCustody(kind: .keyFile, custody: .keyFile, secret: secret), as: ada)
        let key = try #require(
            try await vault.keyring.read { try $0.key(kind: .party, owner: Array("health".utf8)) })
        await #expect(throws: SealingError.wrongUnlockSecret) {
            try await vault.seal(.health, presenting: try Key(from: .system), as: ada)
        }
        try await vault.seal(.health, presenting: secret, as: ada)
        try expectNoTrace(of: key.sealed, in: ensemble.fixture)
        for open in [vault, other] {
            #expect(await ensemble.refusal(document, as: "priya", in: open) == .partySealed("health"))
            #expect(try await ensemble.read(document, as: "sam", in: open) == "original of D05")
        }
        #expect(try await ensemble.findings(vault) == [])
        // What comes meanwhile is wrapped for the others, and for this party when it unseals.
        let meanwhile = try await ensemble.deposit("D03", by: "hana", text: "meanwhile", in: other)
        #expect(try await !ensemble.wraps(meanwhile, in: vault).contains("health"))
        await #expect(throws: SealingError.wrongUnlockSecret) {
            try await vault.unseal(.health, with: try Key(from: .system), as: ada) { _ in }
        }
        try await vault.unseal(.health, with: secret, as: ada) { _ in }
        for open in [vault, other] {
            #expect(try await ensemble.read(document, as: "priya", in: open) == "original of D05")
        }
        #expect(try await ensemble.findings(vault) == [])
        try await other.close()
        try await vault.close()
    }

    @Test(
        "a party with a custody of its own: the secret is presented, the custody keeps the new key alone, also when it is stopped",
        arguments: [nil, 1, 2])
    func ownCustody(stoppedAt step: Int?) async throws {
        let ensemble = try await Ensemble.copy()
        var vault = try await ensemble.open()
        let document = try await ensemble.deposit("D05", by: "priya", in: vault)
        let (secret, owner) = (try Key(from: .system), Array("health".utf8))
        try await vault.takeCustody(
            of: .health, NewCustody(kind: .keyFile, custody: .keyFile, secret: secret), as: vault.person("ada"))
        let old = try #require(try await vault.keyring.read { try $0.custody(of: "health") }.first)
        let oldKey = try #require(try await vault.keyring.read { try $0.key(kind: .party, owner: owner) })
        await #expect(throws: VaultError.ownCustody("health")) {
            _ = try await vault.rotate(.health, as: vault.person("ada")) { _ in }
        }
        await #expect(throws: SealingError.wrongUnlockSecret) {
            _ = try await vault.rotate(.health, presenting: Key(from: .system), as: vault.person("ada")) { _ in }
        }
        #expect(try await vault.keyring.read { try $0.custody(of: "health") } == [old])
        if let step {
            try await vault.close()
            let count = Mutex(0)
            vault = try await ensemble.fixture.open(
                steps: WriteSteps(before: { _ in
                    if count.withLock({
                        $0 += 1; return $0
                    }) == step {
                        throw Stopped()
                    }
                }))
            await #expect(throws: Stopped.self) {
                _ = try await vault.rotate(.health, presenting: secret, as: vault.person("ada")) { _ in }
            }
            vault.hold.release()
            vault = try await ensemble.open()
        }
        let ada = try await vault.person("ada")
        let done = try await vault.rotate(.health, presenting: step == nil ? secret : nil, as: ada) { _ in }
        #expect(done.isFinished && done.to == 2)
        try expectNoTrace(of: old.sealed, in: ensemble.fixture)
        try expectNoTrace(of: oldKey.sealed, in: ensemble.fixture)
        #expect(try await vault.keyring.read { try $0.custody(of: "health") }.map(\.version) == [2])
        // What the custody has opens what is there, and once the party seals nothing else does.
        let new = try #require(try await vault.keyring.read { try $0.key(kind: .party, owner: owner) })
        try await vault.seal(.health, presenting: secret, as: ada)
        try expectNoTrace(of: new.sealed, in: ensemble.fixture)
        #expect(await ensemble.refusal(document, as: "priya", in: vault) == .partySealed("health"))
        try await vault.unseal(.health, with: secret, as: ada) { _ in }
        #expect(try await ensemble.read(document, as: "priya", in: vault) == "original of D05")
        #expect(try await ensemble.findings(vault) == [])
        try await vault.close()
    }

    @Test("a seal that waited while a rotation began drops no key, nor one that the custody would not bring back")
    func sealsBesideRotation() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let (secret, owner) = (try Key(from: .system), Array("health".utf8))
        let ada = try await vault.person("ada")
        try await vault.takeCustody(
            of: .health, NewCustody(kind: .keyFile, custody: .keyFile, secret: secret), as: ada)
        let rotation = RotationRow(
            kind: .party, owner: owner, old: 1, new: 2, person: ada.person, begun: vault.environment.now())
        let sealing = try await vault.changing {
            let sealing = Task { try await vault.seal(.health, presenting: secret, as: ada) }
            // Until it waits for the lock that is held here.
            try await Task.sleep(for: .milliseconds(300))
            try await vault.keyring.write { try $0.put(rotation) }
            return sealing
        }
        await #expect(throws: VaultError.rotationUnderWay("health")) { try await sealing.value }
        let kept = try #require(try await vault.keyring.read { try $0.custody(of: "health") }.first)
        try await vault.keyring.write { keyring in
            try keyring.settle(rotation)
            try keyring.removeCustody(of: "health")
            try keyring.put(
                CustodyRow(
                    owner: kept.owner, kind: kept.kind, custody: kept.custody, version: 2, about: kept.about,
                    sealed: kept.sealed))
        }
        await #expect(throws: VaultError.noOwnCustody("health")) {
            try await vault.seal(.health, presenting: secret, as: ada)
        }
        #expect(try await vault.keyring.read { try $0.key(kind: .party, owner: owner) } != nil)
        try await vault.close()
    }

    @Test("a keyring from before a seal, put back, is found")
    func keyringPutBack() async throws {
        let ensemble = try await Ensemble.copy()
        var vault = try await ensemble.open()
        let ada = try await vault.person("ada")
        let secret = try Key(from: .system)
        try await vault.takeCustody(of: .health, NewCustody(kind: .keyFile, custody: .keyFile, secret: secret), as: ada)
        try await vault.close()
        let path = ensemble.fixture.vaultPath + "/keyring.sqlite"
        ensemble.fixture.removeLog("keyring")
        let copy = try Data(contentsOf: URL(filePath: path))
        vault = try await ensemble.open()
        try await vault.seal(.health, presenting: secret, as: vault.person("ada"))
        #expect(try await ensemble.findings(vault) == [])
        try await vault.close()
        ensemble.fixture.removeLog("keyring")
        try copy.write(to: URL(filePath: path))
        vault = try await ensemble.open()
        #expect(try await ensemble.findings(vault).map(\.what) == ["party health"])
        try await vault.close()
    }
}

/// That bytes are in neither database nor in what SQLite keeps beside them.
func expectNoTrace(of bytes: [UInt8], in fixture: Fixture, _ location: SourceLocation = #_sourceLocation) throws {
    for database in ["keyring", "records"] {
        for ending in ["", "-wal", "-shm"] {
            let url = URL(filePath: "\(fixture.vaultPath)/\(database).sqlite\(ending)")
            guard let data = try? Data(contentsOf: url) else { continue }
            #expect(data.range(of: Data(bytes)) == nil, "\(database)\(ending)", sourceLocation: location)
        }
    }
}
