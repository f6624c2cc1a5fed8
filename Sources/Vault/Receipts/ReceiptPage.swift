internal import Foundation
internal import Rules

extension ConsentReceipt {
    /// The receipt as a page of HTML for the family, to read on a screen or to print: plain words, no scripts, and
    /// nothing fetched from elsewhere.
    ///
    /// - Throws: `VaultError.invalid`.
    public func page() throws -> String { try SoundReceipt(self).page.text }
}

extension SoundReceipt {
    private var words: ReceiptWords { ReceiptWords(kind) }
    private var isGiven: Bool { state == .given }

    fileprivate var page: HTML {
        let headline = words.headlines[state] ?? words.name
        return .page(
            headline, lead: "This page is yours to keep. It says what you decided, and what you can do.", sections)
    }

    private var sections: [HTML] {
        [
            section(
                "What we asked", HTML(words.meaning.map(paragraph)) + facts([("Why we asked", receipt.purposeTitle)])),
            section("What you decided", decision),
            section(words.papersTitle, list(receipt.categories.map(\.title))),
            section(words.peopleTitle, people),
            section("Until when", paragraph(untilWhen)),
            section("How to change your mind", change),
            section("What goes on without your yes", remainder),
            section("Who to ask", HTML(receipt.controllers.map(contact))),
            section("Your rights", paragraph(receipt.rights)),
            section("How the information is looked after", care),
            section("What has happened so far", list(events.map { "\(Self.words($0.day)): \(Self.words($0.state))" })),
        ]
    }

    private var decision: HTML {
        facts([
            ("Who decided", receipt.giver),
            ("As", Self.words(capacity)),
            ("Why this person may decide", receipt.authority),
            ("When", events.last { $0.state.isSaid }.map { Self.words($0.day) }),
            ("How", receipt.channel),
            ("Interpreter", receipt.interpreter),
            ("Written down by", receipt.recordedBy),
            ("What you were told", "Privacy notice \(receipt.notice), in \(Self.language(receipt.language))"),
            ("The paper that shows it", receipt.evidence.map { "Document \($0)" }),
        ])
    }

    private var people: HTML {
        guard !receipt.recipients.isEmpty else {
            return paragraph("This agreement lets nobody see any papers.")
        }
        let names = receipt.recipients.map { recipient in
            recipient.person.map { "\($0) (\(recipient.title))" } ?? recipient.title
        }
        return paragraph(isGiven ? words.people.given : words.people.otherwise) + list(names)
    }

    private var untilWhen: String {
        switch state {
        case .given: "Your yes counts until the end of \(Self.words(validUntil)). After that day we must ask you again."
        case .refused: "Your no counts until you say otherwise."
        case .withdrawn: "You took your yes back on \(Self.words(newest.day)). It no longer counts."
        case .expired: "Your yes has run out. The answer is no until you say yes again."
        case .reconfirmRequired: "The earlier yes no longer counts. The answer is no until the right person says yes."
        }
    }

    private var change: HTML {
        let first =
            switch state {
            case .given: "You can take your yes back at any time. You do not have to say why."
            case .refused, .withdrawn: "You can say yes later, if you want to. Then you can take it back at any time."
            case .expired, .reconfirmRequired: "There is no yes now. A new yes can be taken back at any time."
            }
        return paragraph(first) + paragraph(receipt.withdrawal)
    }

    private var remainder: HTML {
        guard !receipt.restsElsewhere.isEmpty else {
            return paragraph("We know of nothing that goes on without your yes.")
        }
        return paragraph("These things do not need your yes. The law gives another reason for them.")
            + list(receipt.restsElsewhere)
    }

    private var care: HTML {
        facts([
            ("The legal reason", receipt.lawfulBasis), ("Where it is kept", receipt.storage),
            ("How long it is kept", receipt.retention), ("Which law counts", receipt.jurisdiction),
            ("Receipt", receipt.receiptID), ("Made on", Self.words(issued)),
        ])
    }

    private func contact(_ controller: ConsentReceipt.Controller) -> HTML {
        """
        <address><strong>\(controller.name)</strong><br>
        \(controller.address)<br>
        \(controller.contact)</address>
        """
    }
}

extension SoundReceipt {
    private func section(_ title: String, _ content: HTML) -> HTML { .section(title, content) }
    private func paragraph(_ sentence: String) -> HTML { .paragraph(sentence) }
    private func list(_ items: [String]) -> HTML { .list(items) }
    private func facts(_ facts: [(name: String, value: String?)]) -> HTML { .facts(facts) }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    private static func words(_ day: Day) -> String {
        let (year, month, day) = day.components
        return "\(day) \(months[month - 1]) \(year)"
    }

    private static func words(_ state: ConsentState) -> String {
        switch state {
        case .given: "yes"
        case .refused: "no"
        case .withdrawn: "yes taken back"
        case .expired: "yes ran out"
        case .reconfirmRequired: "must be asked again"
        }
    }

    private static func words(_ capacity: Capacity) -> String {
        switch capacity {
        case .parent: "parent or carer"
        case .competentChild: "the child, who understands what was asked"
        case .youngPerson: "the young person"
        case .representative: "somebody who speaks for the family or the young person"
        }
    }

    /// The English name of a language, or its tag where there is no name.
    private static func language(_ tag: String) -> String {
        Locale(identifier: "en_GB").localizedString(forIdentifier: tag) ?? tag
    }
}
