internal import Foundation
internal import Ledger
internal import Rules
internal import Sealing
internal import Storage

/// The machine-readable half of a package.
private struct PackageData: Encodable {
    struct Paper: Encodable {
        /// Not told.
        let document: String
        let number: Int64
        let name: String
        let category: String
        let categoryTitle: String
        let title: String?
        let version: Int64
        let mediaType: String
        let added: String
        let isRedacted: Bool
        /// A copy of its pages, without what hid in the file.
        let isCopy: Bool

        enum CodingKeys: String, CodingKey {
            case number, name, category, categoryTitle, title, version, mediaType, added, isRedacted, isCopy
        }
    }

    var format = "muniment disclosure v1"
    let letter: CoveringLetter
    let papers: [Paper]
    let records: [RecordPart]
    let exemptions: [ExemptionLine]
}

/// Why something is not shown, as far as the recipient may be told.
private struct ExemptionLine: Encodable {
    let number: Int64
    /// `redact` or `withhold`.
    let outcome: String
    let code: String
    let paragraph: String
    let title: String
}

extension DocumentVault {
    /// The letters, lists and records of a package.
    ///
    /// Everything in them is made of what the recipient may know of: a list of categories or parties would tell of what is kept back.
    func pages(
        _ row: RightsRequestRow, _ key: ChildKey, _ body: RightsRequestBody, _ all: [RightsItem]
    ) async throws -> [DisclosurePackage.Page] {
        let items = all.visible
        let snapshot = try await snapshot(of: row.child)
        let letter = try await letter(
            row, key, body, items, snapshot, isComplete: all.allSatisfy { $0.body.blocked == nil })
        let own = try await keyring.read { try $0.documentKeys(of: row.child) }
        let papers = try items.compactMap { try paper($0, snapshot, own, key) }
        let numbers = Dictionary(papers.map { ($0.document, $0.number) }) { first, _ in first }
        let records = items.compactMap(\.shownPart).map { $0.told(numbers) }
        let exemptions = try exemptions(items)
        var pages: [(String, HTML)] = [
            ("letter.html", letter.page), ("index.html", Self.index(papers, records, exemptions)),
            ("records.html", Self.records(records)), ("exemptions.html", Self.exemptions(exemptions)),
        ]
        if body.isAnsweredToChild { pages.append(("for-you.html", letter.childPage)) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        let data = try encoder.encode(
            PackageData(letter: letter, papers: papers, records: records, exemptions: exemptions))
        return pages.map { .init(name: $0.0, text: Array($0.1.text.utf8)) } + [
            .init(name: "data.json", text: [UInt8](data))
        ]
    }

    private func paper(
        _ item: RightsItem, _ snapshot: ChildSnapshot, _ own: [DocumentID: WrappedKey], _ key: ChildKey
    ) throws -> PackageData.Paper? {
        if item.body.decision?.outcome == .redact, item.body.mention != nil, let document = item.body.document {
            // Neither its title nor of what kind it is: they are the other child's.
            return PackageData.Paper(
                document: document, number: item.number, name: item.paperName(MediaType.redacted), category: "other",
                categoryTitle: "A paper about somebody else", title: nil, version: item.body.version ?? 1,
                mediaType: MediaType.redacted, added: item.body.redaction?.at.text ?? "", isRedacted: true,
                isCopy: false)
        }
        guard item.body.decision?.outcome.isShown == true, item.body.part == nil,
            let document = item.body.document.flatMap({ DocumentID($0) }).flatMap({ snapshot.documents[$0] })
        else { return nil }
        let mediaType = item.isRedacted || item.body.isCopied ? MediaType.redacted : item.body.mediaType ?? ""
        return PackageData.Paper(
            document: "\(document.id)", number: item.number, name: item.paperName(mediaType),
            category: document.category.rawValue,
            categoryTitle: agreement.title(of: document.category) ?? document.category.rawValue,
            // A title may name whom the redaction hides.
            title: item.isRedacted
                ? nil : try item.body.attached?.name ?? own[document.id].map { try title(of: document, $0, key) },
            version: item.body.version ?? 1,
            mediaType: mediaType, added: document.added.text, isRedacted: item.isRedacted,
            isCopy: item.body.isCopied)
    }

    private func exemptions(_ items: [RightsItem]) throws -> [ExemptionLine] {
        let policy = try rightsPolicy()
        return items.flatMap { item -> [ExemptionLine] in
            guard let decision = item.body.decision, decision.outcome != .release else { return [] }
            guard decision.isNamedToRequester else {
                return [
                    ExemptionLine(
                        number: item.number, outcome: decision.outcome.word, code: "", paragraph: "",
                        title: "The law lets us keep this back.")
                ]
            }
            return decision.citations.compactMap { policy.exemption($0.exemption) }.map { exemption in
                ExemptionLine(
                    number: item.number, outcome: decision.outcome.word, code: exemption.code,
                    paragraph: exemption.paragraph, title: exemption.title)
            }
        }
    }

    private static func index(
        _ papers: [PackageData.Paper], _ records: [RecordPart], _ exemptions: [ExemptionLine]
    ) -> HTML {
        let withheld = Set(exemptions.filter { $0.outcome == "withhold" }.map(\.number)).sorted()
        return .page(
            "What is in this package", lead: "Each paper has a number, which is also its name in the folder papers.",
            [
                .section(
                    "Papers",
                    .list(
                        papers.map { paper in
                            "\(paper.number): \(paper.title ?? paper.categoryTitle) (\(paper.category), version \(paper.version), \(paper.added))"
                                + (paper.isRedacted
                                    ? ", parts blacked out" : paper.isCopy ? ", a copy of its pages" : "")
                        })),
                .section("Records, in records.html", .list(records.map(\.title))),
                .section(
                    "Not given",
                    withheld.isEmpty ? .paragraph("No other item is listed.") : .list(withheld.map { "Number \($0)" })),
            ])
    }

    private static func records(_ parts: [RecordPart]) -> HTML {
        .page(
            "What the records say", lead: "Everything the vault keeps besides papers, as far as it may be given.",
            parts.map { part in .section(part.title, .facts(part.lines.map { ($0.name, Optional($0.value)) })) })
    }

    private static func exemptions(_ lines: [ExemptionLine]) -> HTML {
        .page(
            "Why some of it is not shown",
            lead: lines.isEmpty
                ? "No item is listed here."
                : "For each number: whether all of it or a part is kept back, and under which law.",
            [
                .list(
                    lines.map { line in
                        "Number \(line.number), \(line.outcome == "redact" ? "a part" : "all of it"): "
                            + [line.title, line.paragraph, line.code].filter { !$0.isEmpty }.joined(separator: "; ")
                    })
            ])
    }
}

extension DocumentVault {
    /// Article 15, filled from what the vault knows of what the recipient may know of.
    private func letter(
        _ row: RightsRequestRow, _ key: ChildKey, _ body: RightsRequestBody, _ items: [RightsItem],
        _ snapshot: ChildSnapshot, isComplete: Bool
    ) async throws -> CoveringLetter {
        let (agreement, told) = (agreement, agreement.transparency)
        let ids = Set(items.compactMap(\.body.document))
        let documents = snapshot.documents.values.filter { ids.contains("\($0.id)") }
        let caseIDs = Set(items.compactMap(\.shownPart).filter { $0.kind == .theCase }.map(\.id))
        let cases = try await records.read { try $0.cases(of: row.child) }.filter { caseIDs.contains("\($0.id)") }
        let outcomes = items.compactMap { $0.body.decision?.outcome }
        let office = told.controllers[.rights].map { "\($0.name), \($0.contact)" } ?? ""
        return CoveringLetter(
            request: "\(row.id)", received: "\(row.received)", answered: "\(environment.today())",
            requester: try await recipientName(row, key, body), capacity: body.requester.capacity.rawValue,
            confirmation: !items.isEmpty,
            purposes: Set(cases.map(\.purpose)).sorted().map {
                .init(id: $0.rawValue, title: agreement.title(of: $0) ?? $0.rawValue)
            },
            categories: Set(documents.map(\.category)).sorted().map {
                .init(id: $0.rawValue, title: agreement.title(of: $0) ?? $0.rawValue)
            },
            recipients: try await recipients(of: row.child, ids), storage: try await storage(of: row.child, ids),
            storedWhere: told.retention, rights: told.rights,
            complaints: [
                "To us: \(office). We tell you within 30 days that your complaint has come.",
                "To the Information Commissioner, at any time.", "To a court.",
            ],
            sources: Set(documents.map(\.holder)).compactMap { told.controllers[$0]?.name }.sorted(),
            automatedDecisions: "No decision about the child is made by a machine alone.",
            transfers: told.storage, released: outcomes.count { $0 == .release },
            redacted: outcomes.count { $0 == .redact }, withheld: outcomes.count { $0 == .withhold },
            lookedIn: CoveringLetter.lookedIn(body.mentions?.log), isComplete: isComplete)
    }

    /// Who has had these documents, as the ledger tells: each role and party once, and to whom one was exported. The answers to requests are no
    /// use of the data.
    private func recipients(of child: ChildID, _ ids: Set<String>) async throws -> [String] {
        var found: Set<String> = []
        try await forEachEntry(of: [.documentRead, .documentExported], about: child) { entry in
            let event = entry.event
            guard let party = Party(number: entry.row.leaf.party), ids.contains(event.object["document"] ?? ""),
                event.detail["purpose"] != Purpose.rightsRequest.rawValue
            else { return }
            if entry.row.leaf.kind == .documentExported {
                found.insert("Outside, by an export: \(event.detail["recipient"] ?? "unknown")")
            }
            let role = event.detail["role"].flatMap { agreement.title(of: Role(rawValue: $0)) }
            let controller = agreement.transparency.controllers[party]?.name ?? "The family"
            found.insert([role, controller].compactMap { $0 }.joined(separator: ", "))
        }
        return found.sorted()
    }

    private func storage(of child: ChildID, _ ids: Set<String>) async throws -> [CoveringLetter.Storage] {
        guard let schedule = try await activeSchedule() else { return [] }
        let planned = try await planned(child, schedule, [])
        let documents = planned.documents.filter { ids.contains("\($0.document.id)") }
        return Dictionary(grouping: documents, by: \.document.category).sorted { $0.key < $1.key }
            .map { category, documents in
                let last = documents.max {
                    ($0.plan.keepThrough?.number ?? .max) < ($1.plan.keepThrough?.number ?? .max)
                }
                let rule = last?.plan.winner
                return CoveringLetter.Storage(
                    category: agreement.title(of: category) ?? category.rawValue,
                    keepThrough: last?.plan.keepThrough.map { "\($0)" }, rule: rule?.rawValue,
                    authority: rule.flatMap { schedule.rule($0)?.authority })
            }
    }
}

extension MediaType {
    /// What every redaction is made into.
    static let redacted = "application/pdf"
}

extension RightsRequestBody {
    fileprivate var isAnsweredToChild: Bool {
        standing?.repliesToChild == true || requester.capacity == .child || requester.capacity == .youngPerson
    }
}

extension RightsItem {
    /// What the recipient gets of a part of the records.
    fileprivate var shownPart: RecordPart? {
        switch body.decision?.outcome {
        case .release: body.part
        case .redact: body.part == nil ? nil : body.redaction?.part
        default: nil
        }
    }
}

extension RecordPart {
    /// As the recipient gets it: without identifiers, and a document by its number in the package, or not at all.
    fileprivate func told(_ numbers: [String: Int64]) -> RecordPart {
        let lines = lines.compactMap { line -> Line? in
            guard let document = line.document else { return line }
            return numbers[document].map { Line(line.name, "\(line.value) · paper \($0)") }
        }
        return RecordPart(kind: kind, id: "", title: title, lines: lines)
    }
}
