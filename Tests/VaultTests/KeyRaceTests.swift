import Dispatch
import Foundation
import Rules
import Sealing
import Storage
import Synchronization
import Testing

@testable import Vault

@Suite("Keys and erasures beside work that is under way", .serialized, .timeLimit(.minutes(45)))
struct KeyRaceTests {
    /// Stops one process before a write, lets another one work, and lets the first go on.
    private final class Turnstile: Sendable {
        private let step: WriteSteps.Step
        private let isReached = DispatchSemaphore(value: 0)
        private let mayGo = DispatchSemaphore(value: 0)
        private let left = TestCounter(1)

        init(before step: WriteSteps.Step) { self.step = step }

        var steps: WriteSteps {
            WriteSteps(before: { [self] step in
                guard step == self.step, left.countDown() == 0 else { return }
                isReached.signal()
                mayGo.wait()
            })
        }

        func during(_ work: () async throws -> Void) async throws {
            await withCheckedContinuation { continuation in
                DispatchQueue.global().async { [isReached] in
                    isReached.wait()
                    continuation.resume()
                }
            }
            defer { mayGo.signal() }
            try await work()
        }
    }

    @Test("a child's key is rotated between the keys and the records of a deposit, which opens all the same")
    func rotationInDeposit() async throws {
        let ensemble = try await Ensemble.copy()
        let turnstile = Turnstile(before: .place)
        let depositing = try await ensemble.fixture.open(steps: turnstile.steps)
        let vault = try await ensemble.open()
        async let document = ensemble.deposit("D05", by: "priya", text: "in flight", in: depositing)
        try await turnstile.during { _ = try await vault.rotate(ensemble.child, as: vault.person("ada")) }
        let id = try await document
        #expect(try await ensemble.read(id, as: "priya", in: vault) == "in flight")
        #expect(try await ensemble.findings(vault) == [])
        try await depositing.close()
        try await vault.close()
    }

    @Test("the same file is erased while it is deposited again: the deposit is refused, and nothing is half there")
    func erasureInDeposit() async throws {
        let ensemble = try await Ensemble.copy()
        let turnstile = Turnstile(before: .keyring)
        let vault = try await ensemble.open()
        let twin = try await ensemble.deposit("D05", by: "priya", text: "the same", in: vault)
        let id = try await vault.approvedDisposal(of: .document(twin), coolingDays: 0)
        let depositing = try await ensemble.fixture.open(steps: turnstile.steps)
        async let refusal = ensemble.refusal {
            _ = try await ensemble.deposit("D05", by: "priya", text: "the same", in: depositing)
        }
        try await turnstile.during { _ = try await vault.execute(id, as: vault.person("rex")) }
        #expect(await refusal == .changedMeanwhile)
        try await depositing.close()
        try await vault.close()
        let again = try await ensemble.open()
        #expect(try await ensemble.findings(again) == [])
        try await again.close()
    }

    @Test(
        "what is read while it is resealed is read to its end, and a look-up of just then opens it as it is now"
    )
    func resealInRead() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let reading = try await ensemble.open()
        let text = String(repeating: "long ", count: 300_000)
        let document = try await ensemble.deposit("D05", by: "priya", text: text, in: vault)
        let begun = try await reading.open(document, as: reading.person("priya"))
        let isDone = Mutex(false)
        @Sendable func readAgainAndAgain() async throws -> Int {
            var count = 0
            while !isDone.withLock({ $0 }) || count == 0 {
                #expect(try await ensemble.read(document, as: "priya", in: reading) == text)
                count += 1
            }
            return count
        }
        async let reads = readAgainAndAgain()
        for content in [false, true, false, true, false] {
            _ = try await vault.reseal(.document(document), content: content, as: vault.person("ada")) { _ in }
        }
        isDone.withLock { $0 = true }
        let count = try await reads
        #expect(count > 0)
        var bytes: [UInt8] = []
        try begun.read { bytes += $0 }
        #expect(bytes == Array(text.utf8))
        #expect(try await ensemble.findings(vault) == [])
        try await reading.close()
        try await vault.close()
    }

    @Test(
        "the same file is deposited while its object is resealed: both are right, or the deposit is refused",
        arguments: WriteSteps.Step.allCases)
    func resealInDeposit(step: WriteSteps.Step) async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let twin = try await ensemble.deposit("D05", by: "priya", text: "the same", in: vault)
        let turnstile = Turnstile(before: step)
        let depositing = try await ensemble.fixture.open(steps: turnstile.steps)
        async let refusal = ensemble.refusal {
            _ = try await ensemble.deposit("D05", by: "priya", text: "the same", in: depositing)
        }
        try await turnstile.during {
            _ = try await vault.reseal(.document(twin), content: true, as: vault.person("ada")) { _ in }
        }
        // Before the file is sealed it knows of no twin yet.
        #expect(await refusal == (step == .stage ? nil : .changedMeanwhile))
        try await depositing.close()
        try await vault.close()
        let again = try await ensemble.open()
        #expect(try await ensemble.read(twin, as: "priya", in: again) == "the same")
        #expect(try await ensemble.findings(again) == [])
        try await again.close()
    }

    @Test("an object is resealed while the same file is deposited: the newcomer is resealed with it")
    func depositInReseal() async throws {
        let ensemble = try await Ensemble.copy()
        let turnstile = Turnstile(before: .records)
        let vault = try await ensemble.open()
        let twin = try await ensemble.deposit("D05", by: "priya", text: "the same", in: vault)
        let resealing = try await ensemble.fixture.open(steps: turnstile.steps)
        async let done = resealing.reseal(.document(twin), content: true, as: resealing.person("ada")) { _ in }
        var newcomer: DocumentID?
        try await turnstile.during {
            newcomer = try await ensemble.deposit("D05", by: "priya", text: "the same", in: vault)
        }
        let renditions = try await done.renditions
        #expect(renditions == 2)
        let second = try #require(newcomer)
        for document in [twin, second] {
            #expect(try await ensemble.read(document, as: "sam", in: vault) == "the same")
        }
        #expect(try ensemble.fixture.objectPaths().count == 1)
        #expect(try await ensemble.findings(vault) == [])
        try await resealing.close()
        try await vault.close()
    }

    @Test("a hold that is placed after the checks and before the erasure stops it")
    func holdInErasure() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let document = try await ensemble.deposit("D05", by: "priya", in: vault)
        let id = try await vault.approvedDisposal(of: .document(document), coolingDays: 0)
        let turnstile = Turnstile(before: .records)
        let erasing = try await ensemble.fixture.open(steps: turnstile.steps)
        async let refusal = ensemble.refusal { _ = try await erasing.execute(id, as: erasing.person("rex")) }
        try await turnstile.during {
            _ = try await vault.placeHold(
                NewHold(name: "Appeal", kind: .tribunal, authority: "Order", scope: HoldScope(categories: ["D05"])),
                as: vault.person("leo"))
        }
        #expect(await refusal == .changedMeanwhile)
        #expect(try await ensemble.read(document, as: "priya", in: vault) == "original of D05")
        try await erasing.close()
        try await vault.close()
    }

    @Test("a process that has the old root key makes no key under it")
    func oldRoot() async throws {
        let ensemble = try await Ensemble.copy()
        let (vault, other) = (try await ensemble.open(), try await ensemble.open())
        let (ada, dana) = (try await vault.person("ada"), try await vault.person("dana"))
        let secret = try Key(from: .system)
        try await vault.beginCeremony(as: ada)
        try await vault.approveCeremony(as: dana)
        try await vault.issue(NewCustody(kind: .keyFile, custody: .keyFile, secret: secret), as: ada)
        try await vault.completeCeremony(presenting: secret, as: ada)
        await #expect(throws: VaultError.unlockAgain) { _ = try await other.rotate(.health, as: ada) { _ in } }
        try await other.close()
        try await vault.close()
        let again = try await DocumentVault.open(
            ensemble.fixture.vaultPath, unlockedWith: secret, in: Fixture.environment())
        #expect(try await ensemble.findings(again) == [])
        try await again.close()
    }

    @Test("what a sealed party has is not touched, whatever changes meanwhile")
    func sealed() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let document = try await ensemble.deposit("D05", by: "priya", in: vault)
        let ada = try await vault.person("ada")
        let secret = try Key(from: .system)
        try await vault.takeCustody(of: .health, NewCustody(kind: .keyFile, custody: .keyFile, secret: secret), as: ada)
        try await vault.seal(.health, presenting: secret, as: ada)
        let snapshot = try await vault.snapshot(of: ensemble.child)
        let moves = vault.moves(
            snapshot, from: [[.health: .ordinary, .education: .ordinary]], to: [[.health: .override]])
        #expect(moves.map(\.removed) == [[.education]])
        #expect(moves.allSatisfy { $0.added.isEmpty })
        // Its holder is sealed: another such document is refused, not kept for nobody.
        let refusal = await ensemble.refusal { _ = try await ensemble.deposit("D05", by: "priya", in: vault) }
        #expect(refusal == .partySealed("health"))
        #expect(try await ensemble.read(document, as: "sam", in: vault) == "original of D05")
        try await vault.close()
    }

    @Test("the register beside the anchor never goes backwards, and what is not one is kept aside")
    func register() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let path = ensemble.fixture.folder.path + "/anchor.register"
        let hold = try await vault.placeHold(
            NewHold(name: "Inquiry", kind: .inquiry, authority: "Letter", scope: try HoldScope(categories: ["D08"])),
            as: vault.person("leo"))
        try await vault.close()
        let copy = try Data(contentsOf: URL(filePath: path))
        try ensemble.fixture.tamper("records", "DELETE FROM holds")
        let older = try await ensemble.open()
        _ = try await older.placeHold(
            NewHold(name: "Other", kind: .audit, authority: "Letter", scope: try HoldScope(categories: ["D05"])),
            as: older.person("leo"))
        try await older.close()
        #expect(try Data(contentsOf: URL(filePath: path)) == copy)
        let again = try await ensemble.open()
        _ = try await again.replay([path])
        #expect(try await again.holds(as: again.person("leo")).map(\.id).contains("\(hold)"))
        try Data("something else".utf8).write(to: URL(filePath: path))
        try await again.close()
        #expect(FileManager.default.fileExists(atPath: path + ".damaged"))
        #expect(try Data(contentsOf: URL(filePath: path)).starts(with: Data("muniment register v1".utf8)))
    }
}
