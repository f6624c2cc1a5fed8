import Foundation
import Ledger
import Storage
import Vault

/// A notice to role mailboxes: one fixed sentence and a link. Mail is read by whoever has the mailbox open, kept for years, and copied into
/// other systems, so nothing in it is about anybody.
struct MailMessage: Sendable {
    let from: String
    let to: [String]
    /// Lines without their ends: headers, an empty one, the text.
    let lines: [String]

    init(from: String, to: [String], lines: [String]) {
        self.from = from
        self.to = to
        self.lines = lines
    }

    init(_ event: CloudEvent, _ kind: EventKind, from: String, to: [String], now: Instant) {
        self.from = from
        self.to = to
        let domain = from.drop { $0 != "@" }
        lines = [
            "From: \(from)", "To: \(to.joined(separator: ",\r\n "))", "Subject: \(Self.subject(kind))",
            "Date: \(Self.date(now))",
            // The same whenever it is sent, so that a mailbox may know a second copy for one.
            "Message-ID: <\(event.id)\(domain)>", "Auto-Submitted: auto-generated", "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=us-ascii", "Content-Transfer-Encoding: 7bit", "",
            Self.sentence(kind), "", "Entry \(event.data.entry) of the ledger, \(event.time).", "",
            "Sign in to see more:", event.data.link, "", "This notice names nobody, and cannot be answered.",
        ]
    }

    /// As it lies in a file, or goes to a program.
    var bytes: [UInt8] { Array(lines.map { $0 + "\r\n" }.joined().utf8) }

    /// As SMTP carries it: a line that begins with a dot gets another, and a dot ends it.
    var stuffed: [UInt8] {
        let text = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n").dropLast()
        return Array((text.map { ($0.first == "." ? "." : "") + $0 + "\r\n" }.joined() + ".\r\n").utf8)
    }

    private static func subject(_ kind: EventKind) -> String {
        switch kind {
        case .emergencyOpened: "Muniment: an emergency access waits for review"
        default: "Muniment: \(kind)"
        }
    }

    private static func sentence(_ kind: EventKind) -> String {
        switch kind {
        case .emergencyOpened: "Emergency access was opened. Somebody else reviews it within a working day."
        case .emergencyReviewed: "An emergency access has been reviewed."
        case .familyViewDelayed: "The family's sight of an emergency access has been delayed."
        case .accessDenied: "Somebody was refused access."
        case .signInLocked: "Sign-in to an account is locked for a while after failed attempts."
        case .agreementProposed: "A change of the agreement was proposed. Somebody else has to approve it."
        case .agreementActivated: "A new agreement is in force."
        case .restraintPlaced: "A restraint was placed."
        case .deliveryParked: "Events could not be delivered to a subscriber and were given up."
        case .vaultChecked: "The vault was checked."
        default: "Something happened of which this mailbox is to be told: \(kind)."
        }
    }

    /// RFC 5322, in UTC.
    private static func date(_ now: Instant) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "UTC")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss"
        return formatter.string(from: Date(timeIntervalSince1970: TimeInterval(now.milliseconds) / 1000)) + " +0000"
    }
}
