internal import Foundation

extension DisposalCertificate {
    /// The certificate as a page of HTML, to print and to file. What is signed is the JSON.
    ///
    /// - Throws: `DecodingError` when the text is no certificate.
    public func page() throws -> String {
        try JSONDecoder().decode(CertificateText.self, from: Data(text)).page(stamped: stamped?.text).text
    }
}

extension CertificateText {
    fileprivate func page(stamped: String?) -> HTML {
        .page(
            "Certificate of disposal \(register.number)",
            lead:
                "The records below were destroyed, and nothing of them can be opened. This page repeats the signed file beside it.",
            [
                .section("What was disposed of", .facts(whatWas)), .section("Why", .facts(why)),
                .section("What was looked at before", .list(checks.map { "\($0.name): \($0.found) (\($0.at))" })),
                .section("Who decided", .facts(who)), .section("How", .facts(how)),
                .section("How it was verified", .list(execution.verification.map { "\($0.name): \($0.found)" })),
                .section("Backups", .paragraph(backups.note) + .facts([("Until", backups.lastKeyringBackupExpires)])),
                .section(
                    "Who had it and was told", copies.isEmpty ? .paragraph("No request says who had it.") : .list(told)),
                .section(
                    "Proof",
                    .facts([
                        ("Register", "\(register.vault), number \(register.number)"),
                        ("Certificate before", register.previous.isEmpty ? "none" : register.previous),
                        ("Ledger entry", String(ledger.entry)), ("Ledger key", ledger.vkey),
                        ("Time stamp in the signature", stamped ?? "none"),
                    ])),
            ])
    }

    private var told: [String] { copies.map { "\($0.count) of \($0.whom): \($0.told)" } }

    private var whatWas: [(name: String, value: String?)] {
        [
            ("Unit", subject.unit), ("Child", subject.child), ("Document", subject.document),
            ("Version", subject.version.map(String.init)), ("Categories", subject.categories.joined(separator: ", ")),
            ("Received", subject.firstReceived.map { "\($0) to \(subject.lastReceived ?? $0)" }),
            ("Documents", String(subject.documents)), ("Versions", String(subject.versions)),
            ("Files", "\(subject.renditions), \(subject.byteCount) bytes"),
            ("Formats", subject.formats.joined(separator: ", ")),
        ]
    }

    private var why: [(name: String, value: String?)] {
        [
            ("Ground", authority.ground), ("Reason", authority.reason),
            ("Rule", authority.rule.map { "\($0.id) of schedule version \($0.schedule)" }),
            ("Authority", authority.rule?.authority), ("Counted from", authority.rule?.trigger),
            ("Kept through", authority.rule?.keepThrough),
        ]
    }

    private var who: [(name: String, value: String?)] {
        func told(_ hand: Hand?) -> String? { hand.map { "\($0.role), \($0.at)" } }
        return [
            ("Listed", told(authority.listed)), ("Reviewed", told(authority.reviewed)),
            ("Approved", told(authority.approved)), ("Cooling-off until", authority.coolingUntil),
            ("Carried out", told(execution.operator)),
        ]
    }

    private var how: [(name: String, value: String?)] {
        [
            ("Method", execution.method), ("Standard", execution.standard), ("Equipment", execution.equipment),
            ("Keys destroyed", String(execution.wrapsDestroyed)), ("Executed", execution.executed),
            ("Verified", execution.verified),
        ]
    }
}
