import Ledger
import Vault

/// What a subscriber is told: that something happened, when, and where to ask. CloudEvents 1.0, structured JSON. See docs/EVENTS.md.
struct CloudEvent: Encodable, Sendable {
    struct Data: Encodable, Sendable {
        /// Of the ledger.
        let entry: UInt64
        /// Where somebody who may know more finds it.
        let link: String
    }

    let specversion = "1.0"
    /// The same whenever the event is sent: whoever has seen it has had the event.
    let id: String
    let source: String
    let type: String
    let time: String
    let subject: String?
    let datacontenttype = "application/json"
    let data: Data

    init(_ delivery: Delivery, of vault: DocumentVault, publicURL: String) {
        id = "\(vault.id)-\(delivery.entry)"
        source = vault.origin
        type = "uk.muniment.\(delivery.kind).v1"
        time = delivery.time.text
        subject = delivery.subject
        data = Data(entry: delivery.entry, link: publicURL + Self.path(delivery))
    }

    private static func path(_ delivery: Delivery) -> String {
        switch delivery.kind {
        case .emergencyOpened: "/v1/emergencies?unreviewed=true"
        default: "/v1/ledger/entries?before=\(delivery.entry + 1)&limit=1"
        }
    }
}
