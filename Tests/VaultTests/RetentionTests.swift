import Foundation
import Ledger
import Rules
import Sealing
import Storage
import Testing

@testable import Vault

@Suite("The schedule says what is due, and people dispose of it", .timeLimit(.minutes(45)))
struct RetentionTests {
    /// The shipped schedule with some of its rules adopted.
    /// `organisation`: one that is stated to be of the NHS: nobody else's rules apply to what it holds.
    private func schedule(
        adopting rules: [String], version: Int = 1, organisation: OrganisationID? = nil
    ) throws -> [UInt8] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Policies/retention.yaml")
        var lines = try String(contentsOf: root, encoding: .utf8).components(separatedBy: "\n")
        var rule = ""
        for (index, line) in lines.enumerated() {
            if line.hasPrefix("  - id: ") { rule = String(line.dropFirst(8)) }
            if line == "    adopted: no", rules.contains(rule) { lines[index] = "    adopted: 2026-10-01" }
            if line.hasPrefix("version:") { lines[index] = "version: \(version)" }
            if line == "holders:", let organisation {
                lines[index] = "organisations: { \"\(organisation)\": nhs }\nholders:"
            }
        }
        return Array(lines.joined(separator: "\n").utf8)
    }

    private func approve(_ version: Int64, _ text: [UInt8], _ vault: DocumentVault, by name: String) async throws {
        try await vault.approveSchedule(version, sha256: Digest.sha256(text).hex, as: vault.person(name))
    }

    private func adopt(_ rules: [String], _ vault: DocumentVault, of organisation: OrganisationID? = nil) async throws {
        let text = try schedule(adopting: rules, organisation: organisation)
        let number = try await vault.proposeSchedule(text, as: vault.person("rex"))
        try await approve(number, text, vault, by: "dana")
    }

    private static let healthRules = ["H1", "H3", "H4", "E5", "E6", "E7", "E8", "E10", "E13", "S7", "S10", "H7", "Y7"]

    @Test("a schedule is in force once somebody else has approved it, and the template lets nothing go")
    func approval() async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        let vault = try await ensemble.open(clock)
        _ = try await ensemble.deposit("D05", by: "priya", in: vault)
        let rex = try await vault.person("rex")
        await #expect(throws: VaultError.noSchedule) { _ = try await vault.enforce(dryRun: true, as: rex) { _ in } }
        let version = try await vault.proposeSchedule(schedule(adopting: []), as: rex)
        await #expect(throws: VaultError.noSchedule) { _ = try await vault.enforce(dryRun: true, as: rex) { _ in } }
        await #expect(throws: VaultError.denied(.dutyNotHeld("schedule.approve"))) {
            try await approve(version, schedule(adopting: []), vault, by: "rex")
        }
        await #expect(throws: VaultError.notFound(.schedule)) {
            try await approve(version, schedule(adopting: ["E1"]), vault, by: "dana")
        }
        try await approve(version, schedule(adopting: []), vault, by: "dana")
        clock.move(to: try .on("2200-01-01"))
        let plan = try #require(try await vault.plan(of: ensemble.child, as: vault.person("rex")).first)
        #expect(!plan.isEligible)
        #expect(plan.blocks.contains { $0.contains("not been adopted") })
        try await vault.close()
    }

    @Test("what is due is listed, reviewed, approved and gone, by its rule; what is not due stays")
    func enforcement() async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        let vault = try await ensemble.open(clock)
        let document = try await ensemble.deposit("D05", by: "priya", in: vault)
        try await vault.closeCase(ensemble.caseID, as: vault.person("sam"))
        let note = RetentionNote(.event(.treatmentEnded, try ensemble.day("2026-10-01")), note: "Discharged")
        try await vault.note(note, about: ensemble.child, as: vault.person("sam"))
        let row = try #require(try await vault.records.read { try $0.document(document) })
        try await adopt(Self.healthRules, vault, of: row.organisation)

        // Born on 1 April 2015: nothing of it is due while the plan lasts.
        let early = try await vault.enforce(dryRun: false, as: vault.person("rex")) { _ in }
        #expect(early.due.isEmpty && early.listed.isEmpty && early.documents == 1)

        clock.move(to: try .on("2100-01-04"))
        let dry = try await vault.enforce(dryRun: true, as: vault.person("rex")) { _ in }
        let plans = try await vault.plan(of: ensemble.child, as: vault.person("rex"))
        #expect(dry.due.map(\.unit) == ["child"], "\(plans)")
        #expect(try await vault.disposals(as: vault.person("rex")).isEmpty)
        let listed = try await vault.enforce(dryRun: false, as: vault.person("rex")) { _ in }
        #expect(listed.listed.count == 1 && listed.waitingForReview == 1 && listed.failures.isEmpty)
        let id = try #require(listed.listed.first.flatMap { DisposalID($0) })
        try await vault.review(id, as: vault.person("mona"))
        try await vault.approve(id, as: vault.person("dana"))
        let cooling = try await vault.enforce(dryRun: false, as: vault.person("rex")) { _ in }
        #expect(cooling.cooling == 1 && cooling.certificates.isEmpty)
        clock.move(to: clock.now.adding(seconds: 31 * 86_400))
        let done = try await vault.enforce(dryRun: false, as: vault.person("rex")) { _ in }
        #expect(done.certificates == [1] && done.failures.isEmpty)
        #expect(await ensemble.refusal(document, as: "priya", in: vault) == .notFound(.document))
        let text = try await vault.certificate(of: id, as: vault.person("rex")).text
        let certificate = try JSONDecoder().decode(CertificateText.self, from: Data(text))
        #expect(certificate.authority.rule?.schedule == 1)
        #expect(certificate.authority.ground == "retention")
        #expect(try await ensemble.findings(vault) == [])
        try await vault.close()
    }

    @Test("what cannot be carried out is in the report, and the rest goes on")
    func failures() async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock()
        let vault = try await ensemble.open(clock)
        let first = try await ensemble.deposit("D05", by: "priya", text: "one", in: vault)
        let second = try await ensemble.deposit("D05", by: "priya", text: "two", in: vault)
        try await adopt([], vault)
        for document in [first, second] {
            let id = try await vault.list(
                .document(document), ground: .mistake, reason: "Error", as: vault.person("rex"))
            try await vault.review(id, as: vault.person("mona"))
            try await vault.approve(id, coolingDays: 0, as: vault.person("dana"))
        }
        _ = try await vault.placeHold(
            NewHold(
                name: "Audit", kind: .audit, authority: "Letter", scope: try HoldScope(children: ["\(ensemble.child)"])),
            as: vault.person("leo"))
        clock.move(to: clock.now.adding(seconds: 60))
        let report = try await vault.enforce(dryRun: false, as: vault.person("rex")) { _ in }
        #expect(report.executable == 2 && report.certificates.isEmpty && report.failures.count == 2)
        #expect(try await ensemble.read(first, as: "priya", in: vault) == "one")
        try await vault.close()
    }

    @Test("a simulation counts every document once, and says what another schedule would change")
    func simulation() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        for number in 0..<3 { _ = try await ensemble.deposit("D05", by: "priya", text: "\(number)", in: vault) }
        try await adopt([], vault)
        let (now, other) = try await vault.simulate(
            schedule(adopting: Self.healthRules, version: 2), as: vault.person("rex")
        ) { _ in }
        #expect(now.items == 3 && now.blocked == 3)
        #expect(other?.items == 3)
        #expect(other?.difference(from: now).blocks.isEmpty == false)
        try await vault.close()
    }

    @Test("a schedule that keeps something shorter is refused unless the file says that it was approved")
    func shortening() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        try await adopt([], vault)
        let text = String(decoding: try schedule(adopting: [], version: 2), as: UTF8.self)
            .replacingOccurrences(of: "{ from: birth, years: 31 }", with: "{ from: birth, years: 25 }")
        await #expect(throws: VaultError.self) {
            _ = try await vault.proposeSchedule(Array(text.utf8), as: vault.person("rex"))
        }
        try await vault.close()
    }
}
