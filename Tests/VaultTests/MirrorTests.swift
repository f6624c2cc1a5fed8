import Foundation
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("I1: the keyring mirrors the decision")
struct MirrorTests {
    /// Each seed is a run of its own. Others can be named in MUNIMENT_SEED, with spaces between them.
    static let seeds: [UInt64] =
        ProcessInfo.processInfo.environment["MUNIMENT_SEED"].map { $0.split(separator: " ").compactMap { UInt64($0) } }
        ?? Array(1...50)
    static let stepsPerRun = 205

    @Test("whatever happens, in whatever order, a wrap is there exactly for whom the model says", arguments: seeds)
    func mirrors(seed: UInt64) async throws { try await run(seed, isBusy: false) }

    @Test(
        "what others do between an activation and the alignment stands once the keyring is aligned",
        arguments: seeds.prefix(4))
    func mirrorsMeanwhile(seed: UInt64) async throws { try await run(seed, isBusy: true) }

    private func run(_ seed: UInt64, isBusy: Bool) async throws {
        var run = try await MirrorRun(seed: seed, isBusy: isBusy)
        defer { try? run.world.remove() }
        for _ in 0..<Self.stepsPerRun { try await run.step() }
        let refusals = run.refused.values.reduce(0, +)
        #expect(run.changes >= Self.stepsPerRun / 6, "seed \(seed): only \(run.changes) steps changed a wrap")
        #expect(refusals <= Self.stepsPerRun / 4, "seed \(seed): \(run.refused) of \(run.done)")
        try await finish(run)
    }

    /// The vault is sound, what has a wrap opens with it, and without wraps nothing opens for anybody.
    private func finish(_ run: MirrorRun) async throws {
        let ada = try await run.caller("ada")
        #expect(try await run.vault.check(readPercent: 100, as: ada) { _ in }.findings == [], "seed \(run.seed)")
        try await everyWrapOpens(run)
        let newest = run.model.documents.suffix(3).flatMap { document in document.forms.map { (document, $0) } }
        let asked = newest.suffix(3).flatMap { document, form in
            MirrorWorld.everybody.map { (document: document, form: form, name: $0.0) }
        }
        let read = try await opened(asked, run, run.vault)
        #expect(!read.isEmpty, "seed \(run.seed)")
        let wraps = run.model.wraps(on: run.today)
        for (document, form, name) in read {
            let party = MirrorWorld.party(of: name).rawValue
            #expect(wraps[form.id]?[party] != nil, "seed \(run.seed): \(name) reads \(document.kind) \(form.name)")
        }
        try await run.vault.close()
        try run.world.fixture.tamper("keyring", "DELETE FROM wraps")
        let robbed = try await run.world.open(run.clock)
        #expect(try await opened(read, run, robbed).isEmpty, "seed \(run.seed)")
        #expect(try await !robbed.check(readPercent: 0, as: ada) { _ in }.isSound)
        try await robbed.close()
    }

    private func everyWrapOpens(_ run: MirrorRun) async throws {
        let vault = run.vault
        for document in run.model.documents {
            let child = run.world.children[MirrorWorld.child(of: document.place)]
            let key = try await vault.requireChildKey(child)
            for form in document.forms {
                let row = try #require(try await vault.records.read { try $0.rendition(form.id) })
                let wraps = try await vault.keyring.read { try $0.wraps(of: row.key) }
                #expect(!wraps.isEmpty)
                for wrap in wraps {
                    var reader = try ObjectReader(
                        vault.objects, name: row.object, byteCount: row.byteCount,
                        opener: .identity(try vault.identity(wrap, key)))
                    var bytes: [UInt8] = []
                    try reader.read(0..<row.byteCount) { bytes += $0 }
                    #expect(bytes == form.content, "seed \(run.seed): \(wrap.party)")
                }
            }
        }
    }

    private typealias Reading = (document: MirrorModel.Document, form: MirrorModel.Form, name: String)

    /// Of these readings those that succeed; whatever opens is the right content.
    private func opened(_ asked: [Reading], _ run: MirrorRun, _ vault: DocumentVault) async throws -> [Reading] {
        var read: [Reading] = []
        for (document, form, name) in asked {
            let which = WhichForm(version: form.version, rendition: Rendition(form.name))
            do {
                var bytes: [UInt8] = []
                try await vault.open(document.id, which, as: try await run.world.caller(name, in: vault)).read {
                    bytes += $0
                }
                #expect(bytes == form.content, "seed \(run.seed): \(name)")
                read.append((document, form, name))
            } catch is VaultError {
                continue
            }
        }
        return read
    }
}
