import Foundation
import Ledger
import Rules
import Sealing
import Storage
import Synchronization
import Testing

@testable import Vault

@Suite("I3: stopped at any write, nothing acknowledged is lost and nothing half-made shows")
struct CrashTests {
    enum Moment: String, CaseIterable, Sendable { case before, after }
    enum Operation: String, CaseIterable, Sendable { case deposit, sameFileAgain, replace, importThree }

    struct Stopped: Error {}

    static let table: [(Operation, WriteSteps.Step, Moment)] = Operation.allCases.flatMap { operation in
        WriteSteps.Step.allCases.flatMap { step in Moment.allCases.map { (operation, step, $0) } }
    }

    @Test("each write of an operation fails before it happens and after", arguments: table)
    func stopped(operation: Operation, step: WriteSteps.Step, moment: Moment) async throws {
        let fixture = try await Fixture.copy()
        let content = RandomSource.system.bytes(70_000)
        let vault = try await fixture.open()
        let acknowledged = try await fixture.deposit(content, in: vault)
        try await vault.close()

        try await crash(fixture, operation, step, moment, acknowledged, content)

        let again = try await fixture.open()
        #expect(try await fixture.check(again).findings == [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.vaultPath + "/staging").isEmpty)
        #expect(try await again.keyring.read { try $0.pending() }.isEmpty)
        #expect(try await fixture.read(acknowledged, as: "sam", in: again).starts(with: content))
        let isCommitted = step == .records && moment == .after
        let counts = try await again.records.read { try $0.counts() }
        let expected = isCommitted ? (operation == .importThree ? 4 : 2) : 1
        #expect(counts.versions == expected)
        #expect(counts.objects == Set(try fixture.objectPaths()).count)
        try await again.close()
    }

    /// Runs the operation into the stop, and lets go of the vault as a dead process would: without closing it.
    private func crash(
        _ fixture: Fixture, _ operation: Operation, _ step: WriteSteps.Step, _ moment: Moment,
        _ document: DocumentID, _ content: [UInt8]
    ) async throws {
        let steps = WriteSteps(
            before: { if $0 == step && moment == .before { throw Stopped() } },
            after: { if $0 == step && moment == .after { throw Stopped() } })
        let vault = try await fixture.open(steps: steps)
        let priya = try await fixture.caller("priya", in: vault)
        let other = RandomSource.system.bytes(80_000)
        switch operation {
        case .deposit:
            await #expect(throws: Stopped.self) { try await fixture.deposit(other, title: "two", in: vault) }
        case .sameFileAgain:
            await #expect(throws: Stopped.self) { try await fixture.deposit(content, title: "two", in: vault) }
        case .replace:
            await #expect(throws: Stopped.self) {
                try await vault.replace(
                    document, mediaType: .unknown, content: fixture.file("new", content + other), as: priya)
            }
        case .importThree:
            let items = try (0..<3).map { number in
                try importItem(fixture, "file-\(number)", RandomSource.system.bytes(1000 + number))
            }
            // A file that cannot be sealed is reported and left out; a commit that fails stops the import.
            if step == .stage {
                try await vault.importFiles(items, as: priya) { _, _ in }
            } else {
                await #expect(throws: Stopped.self) { try await vault.importFiles(items, as: priya) { _, _ in } }
            }
        }
    }

    private func importItem(_ fixture: Fixture, _ name: String, _ content: [UInt8]) throws -> ImportItem {
        ImportItem(
            path: try fixture.write(name, content), new: fixture.newDocument(title: name),
            byteCount: UInt64(content.count), mark: Array(name.utf8))
    }

    @Test("an import that was stopped goes on where it stopped")
    func resumes() async throws {
        let fixture = try await Fixture.copy()
        let items = try (0..<5).map { try importItem(fixture, "file-\($0)", RandomSource.system.bytes(500 + $0)) }
        let vault = try await fixture.open()
        let priya = try await fixture.caller("priya", in: vault)
        try await vault.importFiles(Array(items.prefix(2)), as: priya) { _, _ in }
        let outcomes = Mutex<[String]>([])
        try await vault.importFiles(items, as: priya) { item, outcome in
            let word =
                switch outcome {
                case .stored: "stored"
                case .alreadyThere: "there"
                case .refused: "refused"
                }
            outcomes.withLock { $0.append("\(item.new.title) \(word)") }
        }
        #expect(
            outcomes.withLock { $0.sorted() } == [
                "file-0 there", "file-1 there", "file-2 stored", "file-3 stored", "file-4 stored",
            ])
        #expect(try await fixture.check(vault).findings == [])
    }

    @Test("the same file several times in one import is stored once")
    func twinsInOneBatch() async throws {
        let fixture = try await Fixture.copy()
        let content = RandomSource.system.bytes(5000)
        let items = try (0..<4).map { try importItem(fixture, "copy-\($0)", content) }
        let vault = try await fixture.open()
        try await vault.importFiles(items, as: try await fixture.caller("priya", in: vault)) { _, _ in }
        #expect(try fixture.objectPaths().count == 1)
        #expect(try await fixture.check(vault).findings == [])
    }

    @Test("calls that share a commit stand or fall each for itself, and their entries are in a row")
    func groupCommit() async throws {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        let before = try await vault.records.read { try $0.logSize() }
        let rows = try (0..<40).map { _ in try vault.row(Event(.ledgerShown, by: nil)) }
        let indexes = await withTaskGroup(of: UInt64?.self) { group in
            for (number, row) in rows.enumerated() {
                group.addTask {
                    try? await vault.records.write { transaction in
                        let index = try transaction.append(row)
                        if number.isMultiple(of: 4) { throw Stopped() }
                        return index
                    }
                }
            }
            return await group.reduce(into: [UInt64]()) { if let index = $1 { $0.append(index) } }
        }
        #expect(indexes.sorted() == Array(before..<(before + 30)))
        #expect(try await fixture.check(vault).findings == [])
    }
}
