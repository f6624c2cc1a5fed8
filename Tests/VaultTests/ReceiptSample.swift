import Rules
import Testing

@testable import Vault

/// The receipts of one fictional family.
enum ReceiptSample {
    typealias Event = ConsentReceipt.Event

    /// Every kind in every state.
    static let all = ConsentKind.allCases.flatMap { kind in
        ConsentState.allCases.map { state in (kind, state) }
    }

    /// What leads to the state, with a `given` before whatever needs one.
    static func events(to state: ConsentState) -> [Event] {
        let given = Event(state: "given", time: "2026-10-01T09:30:00Z")
        return switch state {
        case .given: [given]
        case .refused: [Event(state: "refused", time: "2026-10-01T09:30:00Z")]
        default: [given, Event(state: state.rawValue, time: "2026-11-02T15:00:00Z")]
        }
    }

    /// A receipt whose every text goes through `text` with the name of its field.
    static func make(
        _ kind: ConsentKind = .lawfulBasis, _ state: ConsentState = .given,
        capacity: Capacity = .parent, events: [Event]? = nil, validUntil: String = "2027-09-30",
        issued: String = "2026-11-02T15:00:01Z", recipients: [ConsentReceipt.Recipient]? = nil,
        categories: [ConsentReceipt.Category]? = nil, controllers: [ConsentReceipt.Controller]? = nil,
        text: (_ field: String, _ usual: String) -> String = { $1 }
    ) -> ConsentReceipt {
        ConsentReceipt(
            receiptID: text("receiptID", "5f0c2a6be1d94738a1b2c3d4e5f60718"),
            recordID: text("recordID", "0123456789abcdef0123456789abcdef"),
            childID: text("childID", "fedcba9876543210fedcba9876543210"), kind: text("kind", kind.rawValue),
            state: text("state", state.rawValue), purpose: text("purpose", "ehc.assessment"),
            purposeTitle: text("purposeTitle", "To find out what help is needed"),
            categories: categories ?? [
                .init(id: text("category.id", "D05"), title: text("category.title", "Health advice"))
            ],
            recipients: recipients ?? [
                .init(role: text("role", "SCH"), title: text("role.title", "School coordinator"), person: nil),
                .init(role: "REP", title: "Representative", person: text("person", "Robin Sample")),
            ],
            giver: text("giver", "Pat Sample"), capacity: text("capacity", capacity.rawValue),
            authority: text("authority", "Has parental responsibility."),
            recordedBy: text("recordedBy", "Case officer, Wealdshire Council"), notice: text("notice", "2026-09"),
            noticeDigest: text("noticeDigest", String(repeating: "ab", count: 32)), language: text("language", "cy"),
            channel: text("channel", "In a meeting"),
            interpreter: text("interpreter", "Welsh, from the council's list"),
            evidence: text("evidence", "00112233445566778899aabbccddeeff"), validUntil: validUntil,
            events: events ?? self.events(to: state),
            controllers: controllers ?? [
                .init(
                    party: text("party", "education"), name: text("controller", "Wealdshire Council"),
                    address: text("address", "County Hall, Wealdham"),
                    contact: text("contact", "rights@wealdshire.example"))
            ],
            lawfulBasis: text("lawfulBasis", "You agreed to it: UK GDPR, Article 6(1)(a)."),
            storage: text("storage", "In the county's vault in England."),
            retention: text("retention", "Until the child is 31 years old."),
            jurisdiction: text("jurisdiction", "England"),
            withdrawal: text("withdrawal", "Call or write to the case officer, or say so on your own page."),
            rights: text("rights", "You can ask for a copy. You can complain to the Information Commissioner."),
            issued: issued,
            restsElsewhere: [text("restsElsewhere", "The council still decides by law what help is needed.")])
    }
}
