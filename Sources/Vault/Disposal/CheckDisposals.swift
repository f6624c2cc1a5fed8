internal import Ledger
internal import Sealing
internal import Storage

extension DocumentVault {
    /// Holds, schedules, disposals and certificates must be what the ledger says, so that a row that was deleted, or an older one that
    /// was put back, is found: each of them decides what may be destroyed.
    func checkDisposals(_ report: inout CheckReport) async throws {
        let kinds: Set<EventKind> = [
            .holdPlaced, .holdReleased, .scheduleActivated, .disposalListed, .disposalReviewed, .disposalApproved,
            .disposalEnded, .erasureBegun, .erasureCertified, .erasureStamped,
        ]
        var said = Said()
        for row in try await records.read({ try $0.entries(of: kinds) }) {
            if let event = try await opened(row) { said.take(row.leaf.kind, event) }
        }
        let (holds, schedules, disposals, certificates, stamps) = try await records.read { transaction in
            (
                try transaction.holds(), try transaction.schedules(), try transaction.disposals(),
                try transaction.certificates(), try transaction.stamps()
            )
        }
        // What a restore took from a register has no entry of its own here.
        let present = holds.reduce(into: [:]) { $0["\($1.id)"] = $1.released == nil ? "placed" : "released" }
        for (hold, state) in said.holds where present[hold] != state {
            report.found("hold \(hold)", "it is not in the state that the ledger says")
        }
        let active = Set(schedules.filter { $0.approved != nil }.map { Digest.sha256($0.text).hex })
        if active != said.schedules {
            report.found("retention schedule", "what is in force is not what the ledger says")
        }
        report.compare(
            said.disposals, disposals.reduce(into: [:]) { $0["\($1.id)"] = $1.state.rawValue }, thing: "disposal",
            problem: "it is not in the state that the ledger says")
        report.compare(
            said.certificates, certificates.reduce(into: [:]) { $0["\($1.disposal)"] = Digest.sha256($1.text).hex },
            thing: "certificate of disposal", problem: "it is not what the ledger says")
        let stamped = Dictionary(uniqueKeysWithValues: stamps.map { ($0.certificate, Digest.sha256($0.signature).hex) })
        report.compare(
            said.stamps,
            certificates.reduce(into: [:]) { $0["\($1.disposal)"] = stamped[$1.number] },
            thing: "time stamp of the certificate of disposal", problem: "it is not what the ledger says")
    }

    /// What the newest entry about each says.
    private struct Said {
        var holds: [String: String] = [:]
        var schedules: Set<String> = []
        var disposals: [String: String] = [:]
        var certificates: [String: String] = [:]
        var stamps: [String: String] = [:]

        mutating func take(_ kind: EventKind, _ event: OpenedEvent) {
            let disposal = event.object["disposal"] ?? ""
            switch kind {
            case .holdPlaced: holds[event.object["hold"] ?? ""] = "placed"
            case .holdReleased: holds[event.object["hold"] ?? ""] = "released"
            case .scheduleActivated: schedules.insert(event.object["sha256"] ?? "")
            case .disposalListed: disposals[disposal] = "listed"
            case .disposalReviewed: disposals[disposal] = "reviewed"
            case .disposalApproved: disposals[disposal] = "approved"
            case .disposalEnded: disposals[disposal] = "ended"
            case .erasureBegun: disposals[disposal] = "erasing"
            case .erasureCertified:
                disposals[disposal] = "erased"
                certificates[disposal] = event.detail["sha256"]
            case .erasureStamped: stamps[disposal] = event.detail["sha256"]
            default: return
            }
        }
    }
}
