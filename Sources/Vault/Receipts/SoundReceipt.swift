internal import Foundation
internal import Rules

/// A consent receipt whose facts add up: only from this is anything written.
struct SoundReceipt {
    struct Event {
        let state: ConsentState
        let time: String
        /// In Europe/London.
        let day: Day
    }

    let receipt: ConsentReceipt
    let kind: ConsentKind
    let state: ConsentState
    let capacity: Capacity
    let validUntil: Day
    let issued: Day
    let events: [Event]
    let newest: Event

    init(_ receipt: ConsentReceipt) throws {
        for (field, text) in Self.mandatory(receipt) where text.printable.allSatisfy(\.isWhitespace) {
            throw VaultError.invalid(field: field, reason: "a consent receipt must say it")
        }
        for (field, code) in Self.codes(receipt) where code != code.printable || code.contains(where: \.isWhitespace) {
            throw VaultError.invalid(field: field, reason: "it has a space or a character that nobody sees")
        }
        self.receipt = receipt
        kind = try Self.word(receipt.kind, "kind of consent")
        state = try Self.word(receipt.state, "state of consent")
        capacity = try Self.word(receipt.capacity, "capacity")
        validUntil = try Self.day(receipt.validUntil, "last day")
        issued = try Self.londonDay(receipt.issued, "time of issue")
        events = try receipt.events.map {
            Event(
                state: try Self.word($0.state, "state of an event"), time: $0.time,
                day: try Self.londonDay($0.time, "time of an event"))
        }
        guard let newest = events.last else { throw VaultError.invalid(field: "events", reason: "there are none") }
        self.newest = newest
        try checkLists()
        try checkTimes()
    }

    private func checkLists() throws {
        guard !receipt.categories.isEmpty else {
            throw VaultError.invalid(field: "categories", reason: "there are none")
        }
        guard !receipt.recipients.isEmpty || !kind.opensPapers else {
            throw VaultError.invalid(field: "recipients", reason: "a consent to share names who may see the papers")
        }
        let parties = receipt.controllers.map(\.party)
        guard !parties.isEmpty, Set(parties).count == parties.count else {
            throw VaultError.invalid(field: "controllers", reason: "there must be one at least, and none twice")
        }
    }

    private func checkTimes() throws {
        // Texts of one form in one zone: their order is the order of time.
        let times = receipt.events.map(\.time) + [receipt.issued]
        guard times == times.sorted() else {
            throw VaultError.invalid(field: "events", reason: "they are not in the order of their times")
        }
        let hasTurned = newest.state == .given && (state == .expired || state == .reconfirmRequired)
        guard newest.state == state || hasTurned else {
            throw VaultError.invalid(field: "state of consent", reason: "the newest event says otherwise")
        }
        guard state != .given || issued <= validUntil else {
            throw VaultError.invalid(field: "last day", reason: "it is over, so the consent is no longer given")
        }
    }

    private static func mandatory(_ receipt: ConsentReceipt) -> [(field: String, text: String)] {
        let own = [
            ("title of the purpose", receipt.purposeTitle), ("giver", receipt.giver), ("authority", receipt.authority),
            ("recorder", receipt.recordedBy), ("privacy notice", receipt.notice), ("channel", receipt.channel),
            ("lawful basis", receipt.lawfulBasis), ("storage", receipt.storage), ("retention", receipt.retention),
            ("jurisdiction", receipt.jurisdiction), ("withdrawal", receipt.withdrawal), ("rights", receipt.rights),
        ]
        return codes(receipt) + own + receipt.categories.map { ("title of a category", $0.title) }
            + receipt.recipients.map { ("title of a recipient", $0.title) }
            + receipt.controllers.flatMap {
                [
                    ("name of a controller", $0.name), ("address of a controller", $0.address),
                    ("contact of a controller", $0.contact),
                ]
            }
            + [
                receipt.recipients.compactMap(\.person), receipt.restsElsewhere,
                [receipt.interpreter].compactMap { $0 },
            ].joined().map { ("optional text", $0) }
    }

    /// What a program compares.
    private static func codes(_ receipt: ConsentReceipt) -> [(field: String, text: String)] {
        [
            ("receipt identifier", receipt.receiptID), ("record identifier", receipt.recordID),
            ("child", receipt.childID), ("purpose", receipt.purpose), ("language", receipt.language),
        ] + receipt.categories.map { ("category", $0.id) } + receipt.recipients.map { ("recipient", $0.role) }
            + receipt.controllers.map { ("party", $0.party) }
            + [receipt.noticeDigest, receipt.evidence].compactMap { $0 }.map { ("optional code", $0) }
    }

    private static func word<Word: RawRepresentable<String>>(_ text: String, _ field: String) throws -> Word {
        guard let word = Word(rawValue: text) else { throw VaultError.invalid(field: field, reason: "it is not known") }
        return word
    }

    private static func day(_ text: some StringProtocol, _ field: String) throws -> Day {
        guard let day = Day(text) else { throw VaultError.invalid(field: field, reason: "it is not a day") }
        return day
    }

    private static func londonDay(_ time: String, _ field: String) throws -> Day {
        guard time.utf8.count == 20, time.hasSuffix("Z"), Day(time.prefix(10)) != nil,
            let date = try? Date(time, strategy: .iso8601)
        else { throw VaultError.invalid(field: field, reason: "it is not a time in UTC, to the second") }
        guard let london = TimeZone(identifier: "Europe/London") else {
            throw VaultError.invalid(field: field, reason: "this machine does not know the time zone Europe/London")
        }
        return try day(date.formatted(Date.ISO8601FormatStyle(timeZone: london).year().month().day()), field)
    }
}

extension String {
    /// Without what no reader sees: control characters but tab and line breaks, and the marks that reorder the text around
    /// them, with which a name could make a sentence read otherwise.
    var printable: String {
        var scalars = UnicodeScalarView()
        scalars.append(contentsOf: unicodeScalars.filter { !$0.isHidden })
        return String(scalars)
    }
}

extension Unicode.Scalar {
    fileprivate var isHidden: Bool {
        switch value {
        case 0x09, 0x0A, 0x0D: false
        case 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: properties.generalCategory == .control
        }
    }
}
