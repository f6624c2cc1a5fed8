import Foundation
import GRDB
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

/// One run: a vault, the model of it, and the choices still to come.
struct MirrorRun {
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    let seed: UInt64
    /// Whether others work between an activation and the alignment of the keyring.
    let isBusy: Bool
    let world: MirrorWorld
    let clock = MirrorClock()
    var chance: MirrorChance
    var generator: MirrorGenerator
    var vault: DocumentVault
    var model: MirrorModel
    var teams: [[String]]
    var closed: Set<Int> = []
    var disabled: Set<String> = []
    var lacksCapacity = false
    var version = 1
    /// How often each kind of step was done, and how often refused.
    var done: [String: Int] = [:]
    var refused: [String: Int] = [:]
    var changes = 0
    private(set) var steps = 0
    private let keyring: DatabaseQueue
    private var latest = ""
    private(set) var before: MirrorModel.Wraps = [:]

    var today: Day { clock.today }

    init(seed: UInt64, isBusy: Bool) async throws {
        self.seed = seed
        self.isBusy = isBusy
        chance = MirrorChance(seed: seed)
        generator = MirrorGenerator(chance: MirrorChance(seed: ~seed))
        // Some runs begin in the weeks before the second child's rights pass.
        if seed.isMultiple(of: 2) { clock.move(days: 250) }
        world = try await MirrorWorld.prepared.value.copy()
        keyring = try world.keyringFile()
        vault = try await world.open(clock)
        teams = world.cases.map { _ in MirrorWorld.team.map(\.0) }
        model = MirrorModel(agreement: generator.agreement(version: 2, on: clock.today))
        version = 2
        try await putInForce(model.agreement)
    }

    func caller(_ name: String) async throws -> Caller { try await world.caller(name, in: vault) }

    /// Does one thing, or tries to, and compares.
    mutating func step() async throws {
        clock.tick()
        steps += 1
        while try await !act() {}
        try await compare()
    }

    private func compare(_ found: MirrorModel.Wraps) throws {
        let expected = model.wraps(on: today)
        guard found != expected else { return }
        var lines = ["seed \(seed), step \(steps), \(today), after: \(latest)"]
        for id in Set(found.keys).union(expected.keys) where found[id] != expected[id] {
            let document = model.documents.first { $0.forms.contains { $0.id == id } }
            let form = document?.forms.first { $0.id == id }
            let name = "\(document?.kind ?? "?") \(form?.name ?? "?") held by \(document.map { "\($0.holder)" } ?? "?")"
            lines.append("\(name): the keyring has \(found[id] ?? [:]), the model \(expected[id] ?? [:])")
        }
        throw Fault(description: lines.joined(separator: "\n"))
    }

    /// By rendition, whatever keys it has been given since it came.
    private func wrapsInKeyring() async throws -> MirrorModel.Wraps {
        let found = try wrapsByKey()
        return try await vault.records.read { transaction in
            try found.reduce(into: [:]) { $0[try transaction.rendition(keyed: $1.key)?.id ?? $1.key] = $1.value }
        }
    }

    private func wrapsByKey() throws -> MirrorModel.Wraps {
        try keyring.read { db in
            let rows = try Row.fetchAll(db, sql: "SELECT rendition, party, is_override FROM wraps")
            return try rows.reduce(into: [:]) { wraps, row in
                let id = try #require(RenditionID([UInt8](row["rendition"] as Data)))
                wraps[id, default: [:]][row["party"] as String] = row["is_override"] as Bool
            }
        }
    }

    private mutating func compare() async throws {
        let found = try await wrapsInKeyring()
        try compare(found)
        if found != before { changes += 1 }
        before = found
    }

    /// Carries out an act; a refusal must leave everything as it was, which the comparison then shows.
    mutating func attempt(
        _ what: String, _ act: () async throws -> ActID, then change: (inout MirrorModel, ActID) -> Void
    ) async throws {
        latest = what
        var next = model
        do {
            change(&next, try await act())
            model = next
            done[what, default: 0] += 1
        } catch let error as VaultError {
            latest = "\(what), refused: \(error)"
            refused[what, default: 0] += 1
        } catch {
            throw Fault(description: "seed \(seed), step \(steps), \(today): \(what) failed: \(error)")
        }
    }

    /// Proposes, approves and activates; the keyring is brought into line apart.
    mutating func putInForce(_ agreement: MirrorAgreement) async throws {
        latest = "agreement \(agreement.version)"
        let (dana, max) = (try await caller("dana"), try await caller("max"))
        var next = model
        next.agreement = agreement
        let proposal = try await vault.propose(agreement.texts(), as: dana)
        try await vault.approve(proposal, as: max)
        try await vault.activate(proposal, as: max)
        model = next
        done["agreement", default: 0] += 1
    }

    /// Opens the vault again on a later day.
    mutating func moveClock(days: Int) async throws -> Bool {
        guard let day = today.adding(days: days) else { return false }
        latest = "\(days) days"
        var next = model
        let youngPersonFrom = try #require(Day("2027-06-26"))
        for index in next.consents.indices {
            let consent = next.consents[index]
            let isTheirs = MirrorWorld.child(of: consent.place) == 1 && consent.capacity == .parent
            if isTheirs, consent.givenOn < youngPersonFrom, day >= youngPersonFrom {
                next.consents[index].stands = false
            }
        }
        let wasInForce = model.isInForce(on: today)
        try await vault.close()
        clock.move(days: days)
        vault = try await world.open(clock)
        model = next
        done["clock", default: 0] += 1
        if wasInForce != model.isInForce(on: today) { try await align() }
        return true
    }

    func align() async throws { _ = try await vault.align(as: try await caller("max")) { _ in } }
}
