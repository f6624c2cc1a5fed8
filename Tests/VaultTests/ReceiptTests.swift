import Foundation
import Rules
import Testing

@testable import Vault

@Suite("Consent receipts")
struct ReceiptTests {
    // MARK: ISO/IEC TS 27560

    /// The fields that the standard wants, and those that data protection law adds, by the part they stand in.
    static let mandatory: [(part: String, fields: [String])] = [
        ("", ["schema_version", "record_id", "receipt_id", "pii_principal_id"]),
        (
            "processing",
            [
                "privacy_notice", "language", "purpose", "lawful_basis", "pii_information", "pii_controllers",
                "collection_method", "processing_method", "storage_locations", "retention_period", "jurisdiction",
                "recipient_third_parties", "withdrawal_method",
            ]
        ),
        ("processing.pii_information", ["pii_type"]),
        ("parties", ["party_id", "party_address", "party_name", "party_contact", "party_type"]),
        ("events", ["event_time", "validity_duration", "entity_id", "event_type", "event_state"]),
    ]

    @Test("the JSON has every mandatory field of ISO/IEC TS 27560", arguments: ReceiptSample.all)
    func hasMandatoryFields(kind: ConsentKind, state: ConsentState) throws {
        let json = try object(ReceiptSample.make(kind, state).json27560())
        for (part, fields) in Self.mandatory {
            let objects = try objects(at: part, in: json)
            #expect(!objects.isEmpty, "\(part)")
            for object in objects {
                for field in fields {
                    #expect(isFilled(object[field]), "\(part): \(field)")
                }
            }
        }
    }

    @Test("whoever the JSON refers to is among its parties", arguments: ReceiptSample.all)
    func refersToParties(kind: ConsentKind, state: ConsentState) throws {
        let json = try object(ReceiptSample.make(kind, state).json27560())
        let parties = try objects(at: "parties", in: json).compactMap { $0["party_id"] as? String }
        #expect(Set(parties).count == parties.count)
        let processing = try #require(json["processing"] as? [String: Any])
        let controllers = try #require(processing["pii_controllers"] as? [String])
        let recipients = try #require(processing["recipient_third_parties"] as? [String])
        let entities = try objects(at: "events", in: json).compactMap { $0["entity_id"] as? String }
        #expect(Set(controllers + recipients + entities).isSubset(of: parties))
    }

    @Test("only a yes holds for a time, and it ends on the last day")
    func holdsForATime() throws {
        let json = try object(ReceiptSample.make(.lawfulBasis, .withdrawn).json27560())
        let durations = try objects(at: "events", in: json).compactMap { $0["validity_duration"] as? String }
        #expect(durations == ["2026-10-01/2027-09-30", "P0D"])
    }

    @Test("the same facts give the same bytes", arguments: ReceiptSample.all)
    func isDeterministic(kind: ConsentKind, state: ConsentState) throws {
        let receipt = ReceiptSample.make(kind, state)
        #expect(try receipt.json27560() == receipt.json27560())
        #expect(try receipt.fhirR4() == receipt.fhirR4())
        #expect(try receipt.page() == receipt.page())
    }

    @Test("a name keeps its quotation marks in JSON, and loses what no reader sees")
    func cleansNames() throws {
        let receipt = ReceiptSample.make { $0 == "giver" ? "P\u{0}at \"O'\u{202E}Sample\"\\" : $1 }
        let name = #"Pat "O'Sample"\"#
        let parties = try objects(at: "parties", in: object(receipt.json27560()))
        #expect(parties.contains { $0["party_name"] as? String == name })
        let performers = try objects(at: "performer", in: object(receipt.fhirR4()))
        #expect(performers.map { $0["display"] as? String } == [name])
    }

    // MARK: FHIR R4

    @Test("the status follows the state, and only a given consent to share permits", arguments: ReceiptSample.all)
    func permitsOnlyWhatIsGiven(kind: ConsentKind, state: ConsentState) throws {
        let statuses: [ConsentState: String] = [
            .given: "active", .refused: "rejected", .withdrawn: "inactive", .expired: "inactive",
            .reconfirmRequired: "inactive",
        ]
        let consent = try object(ReceiptSample.make(kind, state).fhirR4())
        #expect(consent["status"] as? String == statuses[state])
        let root = try #require(consent["provision"] as? [String: Any])
        let rules = root["provision"] as? [[String: Any]] ?? []
        let expected = state == .given ? "permit" : "deny"
        #expect(rules.map { $0["type"] as? String } == (kind == .service ? [] : [expected]))
        let end = (root["period"] as? [String: Any])?["end"] as? String
        #expect(end == (state == .given ? "2027-09-30" : nil))
    }

    @Test("a person is not identified by the role, which would admit everybody who has it")
    func namesPersons() throws {
        let consent = try object(ReceiptSample.make().fhirR4())
        let rule = try #require(try objects(at: "provision.provision", in: consent).first)
        let references = try objects(at: "actor", in: rule).map { try #require($0["reference"] as? [String: Any]) }
        let roles = references.map { ($0["identifier"] as? [String: Any])?["value"] as? String }
        #expect(roles == ["SCH", nil])
        #expect(references.map { $0["display"] as? String } == ["School coordinator", "Robin Sample"])
    }

    // MARK: The page

    @Test("the page says how to change one's mind, whom to ask, and what goes on", arguments: ReceiptSample.all)
    func saysWhatToDo(kind: ConsentKind, state: ConsentState) throws {
        let page = try ReceiptSample.make(kind, state).page()
        let musts = [
            "<h2>How to change your mind</h2>", "Call or write to the case officer, or say so on your own page.",
            "rights@wealdshire.example", "The council still decides by law what help is needed.",
            "You can complain to the Information Commissioner.", "Health advice", "School coordinator",
            "Robin Sample (Representative)", "Pat Sample", "Welsh",
        ]
        for must in musts {
            #expect(page.contains(must), "\(must)")
        }
        #expect(page.contains("until the end of 30 September 2027") == (state == .given))
        #expect(page.contains("You can take your yes back at any time.") == (state == .given))
    }

    @Test("every kind in every state has a headline of its own")
    func headlinesDiffer() throws {
        let headlines = try ReceiptSample.all.map { kind, state in
            try #require(ReceiptSample.make(kind, state).page().firstMatch(of: /<h1>(.+)<\/h1>/)?.output.1)
        }
        #expect(Set(headlines).count == 15)
    }

    @Test("only an agreement to a service says that it is not a permission to share", arguments: ReceiptSample.all)
    func kindsDiffer(kind: ConsentKind, state: ConsentState) throws {
        let page = try ReceiptSample.make(kind, state).page()
        #expect(page.contains("This is not a permission to share.") == (kind == .service))
        #expect(page.contains("must keep private what you tell them") == (kind == .confidentiality))
        #expect(page.contains("Your permission is the only legal reason for this sharing.") == (kind == .lawfulBasis))
        #expect(page.contains("<h2>Who may see them</h2>") == (kind != .service))
        #expect(page.contains("the papers are shared with:") == (kind == .lawfulBasis && state == .given))
        #expect(page.contains("the papers may be passed on to:") == (kind == .confidentiality && state == .given))
    }

    @Test("no text changes the structure of the page", arguments: ReceiptSample.all)
    func escapes(kind: ConsentKind, state: ConsentState) throws {
        let attack = #"--></dd></style><script>alert("x")</script><img src=x onerror='y'>&amp;\#u{202E}\#u{0}"#
        let attacked = try ReceiptSample.make(kind, state) { Self.codes.contains($0) ? $1 : $1 + attack }.page()
        #expect(tags(attacked) == tags(try ReceiptSample.make(kind, state).page()))
        #expect(attacked.contains("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;"))
        #expect(attacked.contains("&amp;amp;"))
        #expect(attacked.unicodeScalars.allSatisfy { $0 != "\u{202E}" && $0 != "\u{0}" })
    }

    @Test("the page stands alone, and says its language and structure", arguments: ReceiptSample.all)
    func standsAlone(kind: ConsentKind, state: ConsentState) throws {
        let page = try ReceiptSample.make(kind, state).page()
        #expect(page.hasPrefix("<!DOCTYPE html>\n<html lang=\"en-GB\">"))
        #expect(page.contains("default-src 'none'"))
        for never in ["<script", "<link", "<img", "<iframe", "src=", "href=", "url(", "@import", "//"] {
            #expect(!page.contains(never), "\(never)")
        }
        let open = tags(page).filter {
            !$0.hasPrefix("</") && !$0.hasPrefix("<meta") && !$0.hasPrefix("<!") && $0 != "<br>"
        }
        #expect(open.count == tags(page).count { $0.hasPrefix("</") })
        #expect(open.count { $0 == "<h1>" } == 1)
    }

    @Test("what the page itself says is in short sentences", arguments: ReceiptSample.all)
    func isPlain(kind: ConsentKind, state: ConsentState) throws {
        let page = try ReceiptSample.make(kind, state).page()
        let body = try #require(page.firstMatch(of: /<main>((?s).*)<\/main>/)?.output.1)
        for sentence in body.replacing(/<[^>]*>/, with: "\n").split(whereSeparator: { ".?!:\n".contains($0) }) {
            #expect(sentence.split(separator: " ").count <= 15, "\(sentence)")
        }
    }

    @Test("a day is the day in England, also in the last hour of a summer evening")
    func countsLondonDays() throws {
        let late = ReceiptSample.make(
            .service, .refused, events: [.init(state: "refused", time: "2026-06-30T23:30:00Z")],
            issued: "2026-06-30T23:30:00Z")
        #expect(try late.page().contains("1 July 2026: no"))
    }

    // MARK: Refusals

    static let codes = [
        "receiptID", "recordID", "childID", "kind", "state", "purpose", "category.id", "role", "capacity",
        "noticeDigest", "language", "evidence", "party",
    ]
    static let texts = [
        "purposeTitle", "category.title", "role.title", "person", "giver", "authority", "recordedBy", "notice",
        "channel", "interpreter", "controller", "address", "contact", "lawfulBasis", "storage", "retention",
        "jurisdiction", "withdrawal", "rights", "restsElsewhere",
    ]

    @Test("a receipt with a blank or an unknown word is refused", arguments: texts + codes)
    func refusesBlanks(field: String) {
        for blank in ["", " \n", "\u{202E}"] {
            expectRefusal(of: ReceiptSample.make { $0 == field ? blank : $1 })
        }
    }

    @Test("a code with a space or a hidden character is refused", arguments: codes)
    func refusesOddCodes(field: String) {
        for odd in [" ", "\u{A0}", "\n", "\u{202E}", "\u{0}"] {
            expectRefusal(of: ReceiptSample.make { $0 == field ? $1 + odd : $1 })
        }
    }

    static let unsound: [(String, ConsentReceipt)] = [
        ("kind of consent", ReceiptSample.make { $0 == "kind" ? "permission" : $1 }),
        ("state of consent", ReceiptSample.make { $0 == "state" ? "requested" : $1 }),
        ("capacity", ReceiptSample.make { $0 == "capacity" ? "neighbour" : $1 }),
        ("categories", ReceiptSample.make(categories: [])),
        ("recipients", ReceiptSample.make(.lawfulBasis, recipients: [])),
        ("recipients", ReceiptSample.make(.confidentiality, recipients: [])),
        ("controllers", ReceiptSample.make(controllers: [])),
        (
            "controllers",
            ReceiptSample.make(
                controllers: Array(
                    repeating: .init(party: "health", name: "A", address: "B", contact: "C"), count: 2))
        ),
        ("events", ReceiptSample.make(events: [])),
        ("events", ReceiptSample.make(.service, .withdrawn, events: ReceiptSample.events(to: .withdrawn).reversed())),
        ("events", ReceiptSample.make(issued: "2026-09-30T09:00:00Z")),
        ("state of consent", ReceiptSample.make(.service, .given, events: ReceiptSample.events(to: .withdrawn))),
        ("state of consent", ReceiptSample.make(.service, .withdrawn, events: ReceiptSample.events(to: .given))),
        ("state of an event", ReceiptSample.make(events: [.init(state: "lost", time: "2026-10-01T09:30:00Z")])),
        ("last day", ReceiptSample.make(validUntil: "for ever")),
        ("last day", ReceiptSample.make(validUntil: "2026-11-01")),
        ("time of an event", ReceiptSample.make(events: [.init(state: "given", time: "2026-10-01")])),
        ("time of an event", ReceiptSample.make(events: [.init(state: "given", time: "2026-02-30T09:30:00Z")])),
        ("time of issue", ReceiptSample.make(issued: "2026-11-02T15:00:01+01:00")),
    ]

    @Test("a receipt whose facts do not add up is refused", arguments: unsound)
    func refusesUnsound(field: String, receipt: ConsentReceipt) {
        expectRefusal(of: receipt, field: field)
    }

    @Test(
        "a yes that ran out without an event is shown as run out",
        arguments: [ConsentState.expired, .reconfirmRequired])
    func showsWhatTurned(state: ConsentState) throws {
        let receipt = ReceiptSample.make(.lawfulBasis, state, events: ReceiptSample.events(to: .given))
        #expect(try receipt.page().contains("The answer is no until"))
        let root = try #require(try object(receipt.fhirR4())["provision"] as? [String: Any])
        #expect((root["period"] as? [String: Any])?["start"] as? String == receipt.issued)
    }

    @Test("an agreement to a service may name nobody")
    func serviceWithoutPeople() throws {
        let page = try ReceiptSample.make(.service, recipients: []).page()
        #expect(page.contains("This agreement lets nobody see any papers."))
    }

    private func expectRefusal(of receipt: ConsentReceipt, field expected: String? = nil) {
        for write in [receipt.json27560, receipt.fhirR4, { Array(try receipt.page().utf8) }] {
            let error = #expect(throws: VaultError.self) { try write() }
            guard case .invalid(let field, _) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(expected == nil || field == expected)
        }
    }

    private func object(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    /// The objects at a path, whether the last step is one object or a list of them.
    private func objects(at path: String, in json: [String: Any]) throws -> [[String: Any]] {
        var value: Any = json
        for step in path.split(separator: ".") {
            value = try #require((value as? [String: Any])?[String(step)])
        }
        return value as? [[String: Any]] ?? (value as? [String: Any]).map { [$0] } ?? []
    }

    private func isFilled(_ value: Any?) -> Bool {
        switch value {
        case let text as String: !text.isEmpty
        case let list as [Any]: !list.isEmpty
        default: false
        }
    }

    private func tags(_ page: String) -> [Substring] { page.matches(of: /<[^>]*>/).map(\.output) }
}
