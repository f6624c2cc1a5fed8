import Vault

extension Service {
    /// How the outbox is. Subscribers have names that the operator gave them.
    func outboxGauges() async -> [(name: String, help: String, values: [(labels: String, value: Double)])] {
        // Without an answer from the records there is nothing to show, and /readyz says why.
        guard let status = try? await vault.outboxStatus() else { return [] }
        return [
            ("muniment_outbox_events", "Events that wait to be sent.", [("", Double(status.waiting))]),
            (
                "muniment_outbox_oldest_seconds", "How long the oldest of them has waited.",
                [("", Double(status.oldestSeconds))]
            ),
            (
                "muniment_outbox_dead", "Events given up, by subscriber.",
                status.dead.sorted { $0.key < $1.key }.map { ("{subscriber=\"\($0.key)\"}", Double($0.value)) }
            ),
        ]
    }
}
