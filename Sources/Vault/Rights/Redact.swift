internal import Ledger
public import Paper
public import Rules
internal import Sealing
public import Storage
internal import Synchronization

/// What is to be blacked out of one item.
public struct RedactionPlan: Hashable, Sendable, Codable {
    /// Words, a name, a day or a number, wherever it stands.
    public struct PlannedTerm: Hashable, Sendable, Codable {
        public var text: String
        public var kind: Term.Kind
        public var exemption: ExemptionID
        /// Boxes of one group are equally wide.
        public var group: String?
    }

    public var item: Int64
    public var terms: [PlannedTerm]?
    /// Words that stay although they are part of a name.
    public var keeping: Set<String>?
    /// By hand, in points from a page's top left. The code is an exemption's.
    public var areas: [Area]?
    /// Nothing is blacked out: the copy has the pages, and nothing of what hides in the file.
    public var clean: Bool?

    fileprivate var isClean: Bool { clean == true }
    fileprivate var hasBoxes: Bool { terms?.isEmpty == false || areas?.isEmpty == false }

    /// Of what it hides, whichever number the item has.
    fileprivate var digest: Digest {
        get throws {
            var plan = self
            plan.item = 0
            return Digest.sha256(try canonicalJSON(plan))
        }
    }
}

extension RedactionPlan {
    /// A clean copy.
    public init(clean item: Int64) {
        self.init(item: item, clean: true)
    }
}

/// What came of a redaction.
public struct RedactionResult: Hashable, Sendable, Codable {
    public let item: Int64
    public let pages: Int
    /// Places that are black.
    public let boxes: Int
    /// Of them, places where the words were read from a picture or only look like a term: somebody should look.
    public let doubtful: Int
    /// What hid in the original. None of it is in the result.
    public let hidden: [Hidden]
    /// What came attached, and is not in the result.
    public let attachments: Int
}

extension DocumentVault {
    /// Looks into documents for what their pages do not show: comments, deletions, attachments, metadata. It is found before anything goes
    /// out as it is.
    ///
    /// `numbers`: items; every one that can be looked into and has not been, when `nil`.
    /// `progress`: told how many are done, and of how many.
    ///
    /// - Returns: What was found, by item.
    /// - Throws: `VaultError.denied`, `.notFound(.item)`, `.paper`, `.rights(.rules)`; as `open`.
    public func inspect(
        _ numbers: [Int64]? = nil, of id: RightsRequestID, as caller: Caller,
        progress: (Int, Int) -> Void = { _, _ in }
    ) async throws -> [Int64: [Hidden]] {
        let (row, key, asking) = try await requireAnswering(id, caller)
        try requireUnderReview(try body(of: row, key))
        let items = try await items(of: id, key).filter { item in
            guard item.body.document != nil, item.body.blocked == nil else { return false }
            if let numbers { return numbers.contains(item.number) }
            return item.body.hidden == nil && Source.Kind(mediaType: item.body.mediaType ?? "") != nil
        }
        guard numbers.map({ Set($0).count == items.count }) ?? true else { throw VaultError.notFound(.item) }
        var found: [Int64: [Hidden]] = [:]
        var rows: [RightsItemRow] = []
        for var item in items {
            guard let document = item.body.document.flatMap({ DocumentID($0) }) else { continue }
            let hidden = try await inspected(item, document, row, caller)
            item.body.hidden = hidden
            found[item.number] = hidden
            rows.append(try sealed(item, of: id, key))
            progress(found.count, items.count)
        }
        let changed = rows
        try await change(
            row, key, [], with: ["event": "inspected", "items": String(changed.count)], asking, caller,
            also: { transaction in for row in changed { try transaction.put(row) } })
        return found
    }

    /// A file that nobody can look into is one more that hides something, and does not keep from looking into the others.
    private func inspected(
        _ item: RightsItem, _ document: DocumentID, _ row: RightsRequestRow, _ caller: Caller
    ) async throws -> [Hidden] {
        do {
            return try await onDesk(item, document, row, caller) { try await $0.inspect($1) }
        } catch VaultError.paper(let error) where error.isOfDocument {
            return [.unreadable(error)]
        }
    }

    /// Makes a redacted copy of an item: pages become pictures, the boxes are painted, a new text is read from what is left, and the copy is
    /// searched for every term again. One that something remains in is thrown away. The original does not change.
    ///
    /// Of a part of the records each line in which a term stands is taken out. A clean copy has no boxes, and goes out when the item is
    /// released as it is, in place of the file.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.item)`, `.paper(.notGone)` and its other cases, `.rights(.rules)`; as `open`.
    public func redact(
        _ plan: RedactionPlan, of id: RightsRequestID, as caller: Caller
    ) async throws -> RedactionResult {
        let (row, key, asking) = try await requireAnswering(id, caller)
        try requireUnderReview(try body(of: row, key))
        let item = try await item(plan.item, of: id, key)
        let policy = try rightsPolicy()
        let cited = (plan.terms ?? []).map(\.exemption) + (plan.areas ?? []).map { ExemptionID(rawValue: $0.code) }
        for exemption in cited {
            guard policy.exemption(exemption) != nil else {
                throw VaultError.invalid(field: "exemption", reason: "there is no \(exemption)")
            }
        }
        let terms = try paper { () throws(PaperError) in
            try Terms(
                (plan.terms ?? []).map { Term($0.text, $0.kind, code: policy.mark(of: $0.exemption), group: $0.group) },
                keeping: plan.keeping ?? [])
        }
        guard plan.hasBoxes != plan.isClean else {
            let reason = plan.isClean ? "a clean copy has no boxes" : "it blacks out nothing"
            throw VaultError.invalid(field: "plan", reason: reason)
        }
        if let known = item.body.hidden?.first(where: { $0.kind == .unreadable }) {
            throw VaultError.invalid(
                field: "item", reason: "nobody can look into its file. \(known.place.dropLast())")
        }
        var changed = item
        let result: RedactionResult
        var (rendition, left): (RenditionID?, RecordPart?)
        if let part = item.body.part {
            let (rest, boxes) = part.redacted(terms)
            guard boxes > 0, plan.areas?.isEmpty ?? true else {
                throw VaultError.invalid(field: "plan", reason: "it fits nothing in this part of the records")
            }
            left = rest
            result = RedactionResult(item: plan.item, pages: 0, boxes: boxes, doubtful: 0, hidden: [], attachments: 0)
        } else {
            let byHand = (plan.areas ?? []).map { $0.marked(policy.mark(of: ExemptionID(rawValue: $0.code))) }
            (rendition, result) = try await redacted(item, plan, terms, byHand, row, caller)
        }
        changed.body.redaction = .init(
            rendition: rendition.map { "\($0)" }, part: left, by: "\(caller.person)", at: environment.now(),
            boxes: result.boxes, exemptions: Set(cited), plan: try plan.digest.hex)
        let sealed = try sealed(changed, of: id, key)
        let events: [RequestEvent] = try body(of: row, key).history().state == .reviewing ? [.redactionBegun] : []
        try await change(
            row, key, events, as: .itemRedacted,
            with: ["item": String(plan.item), "boxes": String(result.boxes)], asking, caller,
            also: { try $0.put(sealed) })
        return result
    }

    private func redacted(
        _ item: RightsItem, _ plan: RedactionPlan, _ terms: Terms, _ byHand: [Area], _ row: RightsRequestRow,
        _ caller: Caller
    ) async throws -> (rendition: RenditionID, result: RedactionResult) {
        guard let id = item.body.document.flatMap({ DocumentID($0) }) else { throw VaultError.notFound(.item) }
        return try await onDesk(item, id, row, caller) { desk, source in
            let hidden = try await desk.inspect(source)
            let pages = try await desk.pages(of: source)
            let found = plan.isClean ? [] : try await desk.find(terms, in: pages)
            let areas = found.flatMap(\.areas) + byHand
            guard plan.isClean || !areas.isEmpty else {
                throw VaultError.invalid(field: "plan", reason: "none of its terms stands in the document")
            }
            try await desk.redact(pages, areas, to: Self.redactedName)
            try await desk.requireGone(terms, from: Self.redactedName, areas: areas)
            let copy = KeptFile(name: Self.redactedName, mediaTypes: [MediaType.redacted].compactMap { MediaType($0) })
            guard let rendition = try await keep([copy], in: desk.scratch, as: item, document: id, row, caller).first
            else {
                throw VaultError.keyMissing
            }
            return (
                rendition,
                RedactionResult(
                    item: item.number, pages: pages.count, boxes: areas.count,
                    doubtful: found.count(where: \.isDoubtful),
                    hidden: hidden, attachments: pages.items.count)
            )
        }
    }

    private static let redactedName = "redacted.pdf"

    /// Puts the item's document on a desk in memory, which is cleared when the work is done. Reading it is in the ledger first.
    func onDesk<Result: Sendable>(
        _ item: RightsItem, _ document: DocumentID, _ row: RightsRequestRow, _ caller: Caller,
        _ work: (Desk, Source) async throws -> Result
    ) async throws -> Result {
        guard let kind = Source.Kind(mediaType: item.body.mediaType ?? "") else { throw VaultError.paper(.notForPages) }
        let form = WhichForm(
            version: item.body.version, rendition: item.body.form.flatMap { Rendition($0) } ?? .original)
        let content = try await open(document, form, purpose: .rightsRequest, as: caller)
        do {
            _ = Scratch.sweep()
            let scratch = try Scratch()
            defer { scratch.release() }
            try await blocking { try content.read { try scratch.append($0, to: "original") } }
            return try await work(Desk(scratch), Source("original", kind))
        } catch let error as PaperError {
            throw VaultError.paper(error)
        }
    }

    private func paper<Result>(_ work: () throws(PaperError) -> Result) throws(VaultError) -> Result {
        do throws(PaperError) { return try work() } catch { throw .paper(error) }
    }

    private func item(_ number: Int64, of id: RightsRequestID, _ key: ChildKey) async throws -> RightsItem {
        guard let item = try await items(of: id, key).first(where: { $0.number == number }), item.body.blocked == nil
        else { throw VaultError.notFound(.item) }
        return item
    }

    /// Keeps files as renditions of the same version. Whoever answers the request need not be one who deposits: they are made of what is
    /// there already, and are shown to nobody but by this request.
    func keep(
        _ files: [KeptFile], in scratch: Scratch, as item: RightsItem, document id: DocumentID, _ row: RightsRequestRow,
        _ caller: Caller
    ) async throws -> [RenditionID] {
        let view = try await requireVisible(id, .renditionAdded, caller, purpose: .rightsRequest)
        let original = try rendition(WhichForm(version: item.body.version), of: view)
        let (asking, permit) = try await requireReadable(original, view, caller, purpose: .rightsRequest)
        let author = Author(
            scene: view.scene, asking: asking, holder: view.document.holder,
            fingerprint: try view.childKey.fingerprint(holder: view.document.holder), permit: permit)
        let earlier = view.renditions.count { $0.version == original.version && $0.kind.isForRequest }
        var drafts: [Draft] = []
        do {
            for file in files {
                let name = Rendition.redacted(for: row.id, item: item.number, attempt: earlier + drafts.count + 1)
                let form = Draft.Form.rendition(name, original.version)
                drafts.append(try await draft(file, in: scratch, form, of: view.document, author, caller))
            }
        } catch {
            // Harmless when it fails: the next recovery sweeps the files aside.
            for draft in drafts { try? objects.discard(draft.staged) }
            throw error
        }
        _ = try await commit(drafts, as: caller)
        return drafts.map(\.rendition)
    }

    /// Takes a file as the first of its types that it looks like.
    private func draft(
        _ file: KeptFile, in scratch: Scratch, _ form: Draft.Form, of document: DocumentRow, _ author: Author,
        _ caller: Caller
    ) async throws -> Draft {
        for (place, mediaType) in file.mediaTypes.enumerated() {
            let new = NewDocument(
                caseID: document.caseID, category: document.category, title: "made for a request", mediaType: mediaType,
                labels: Set(document.labels))
            do {
                return try await taken(new, author, caller) {
                    try self.draft(new, author, form, of: document, content: ScratchContent(scratch, file.name))
                }
            } catch VaultError.typeMismatch where place + 1 < file.mediaTypes.count {
            } catch VaultError.unsafeContent where place + 1 < file.mediaTypes.count {}
        }
        throw VaultError.typeMismatch(declared: file.mediaTypes.first?.name ?? "")
    }
}

/// A file in a scratch folder, and what it may be, the likeliest first.
struct KeptFile: Sendable {
    let name: String
    let mediaTypes: [MediaType]
}

extension VaultError {
    /// It is the machine that lacks the programs which work on pages, or the walls around them, and not the document.
    public var isForWantOfPrograms: Bool {
        guard case .paper(let error) = self else { return false }
        return switch error {
        case .noMemoryFolder, .notConfined, .toolMissing: true
        default: false
        }
    }
}

/// A file in a scratch folder, to be taken into the vault.
private final class ScratchContent: ContentSource {
    private let scratch: Scratch
    private let name: String
    private let offset = Mutex(0)

    init(_ scratch: Scratch, _ name: String) {
        self.scratch = scratch
        self.name = name
    }

    func read(_ count: Int) throws -> [UInt8] {
        try offset.withLock { offset in
            let bytes = try scratch.read(name, from: offset, count: count)
            offset += bytes.count
            return bytes
        }
    }
}

extension Area {
    fileprivate func marked(_ mark: String) -> Area {
        Area(page: page, x: x, y: y, width: width, height: height, code: mark)
    }
}

extension RightsPolicy {
    /// What stands in a box: the exemption, unless its very name would warn somebody.
    fileprivate func mark(of id: ExemptionID) -> String {
        exemption(id).map { $0.tipsOff ? "EXEMPT" : $0.id.rawValue } ?? "EXEMPT"
    }
}

extension RecordPart {
    /// Without the lines in which one of the terms stands; the exemption stands in their place.
    func redacted(_ terms: Terms) -> (RecordPart, boxes: Int) {
        var boxes = 0
        let left = lines.map { line -> Line in
            guard let term = terms.found(in: "\(line.name) \(line.value)").min() else { return line }
            boxes += 1
            return Line("Blacked out", terms.list[term].code)
        }
        return (RecordPart(kind: kind, id: id, title: title, lines: left), boxes)
    }
}
