internal import Ledger
internal import Paper
internal import Rules
internal import Sealing
public import Storage

/// What came attached to a mail, now an item of its own.
public struct AttachedItem: Hashable, Sendable, Codable {
    public let item: Int64
    /// What the sender called it.
    public let name: String
    /// What it was found to be.
    public let mediaType: String
    public let byteCount: UInt64
}

extension DocumentVault {
    /// Makes each attachment of a mail an item of its own, to be inspected and decided about like any other.
    ///
    /// It is kept as a form of the mail's own version, under the same category, holder and labels, for this request alone: nobody else gets
    /// to see it, and it goes when the mail goes.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.item)`, `.invalid` when that was done before, `.malware`, `.paper`, `.rights(.rules)`; as
    ///   `open`. Nothing is kept then.
    public func takeAttachments(
        of number: Int64, of id: RightsRequestID, as caller: Caller
    ) async throws -> [AttachedItem] {
        let (row, key, asking) = try await requireAnswering(id, caller)
        try requireUnderReview(try body(of: row, key))
        let all = try await items(of: id, key)
        guard let mail = all.first(where: { $0.number == number }), mail.body.blocked == nil,
            let document = mail.body.document.flatMap({ DocumentID($0) })
        else { throw VaultError.notFound(.item) }
        guard !all.contains(where: { $0.body.attached?.to == number }) else {
            throw VaultError.invalid(field: "item", reason: "its attachments are items already")
        }
        let (attached, kept) = try await onDesk(mail, document, row, caller) { desk, source in
            let attached = try await desk.attachments(of: source).filter { try desk.scratch.size(of: $0.file) > 0 }
            let files = attached.map { KeptFile(name: $0.file, mediaTypes: Self.mediaTypes(of: $0)) }
            return (attached, try await keep(files, in: desk.scratch, as: mail, document: document, row, caller))
        }
        let bodies = try await bodies(of: kept, names: attached.map(\.title), mail, document)
        let first = (all.map(\.number).max() ?? 0) + 1
        let items = bodies.enumerated().map { place, body in
            var body = body
            body.facts.id = "\(first + Int64(place))"
            return RightsItem(number: first + Int64(place), body: body)
        }
        let rows = try items.map { try sealed($0, of: id, key) }
        try await change(
            row, key, [], as: .requestCollected,
            with: ["event": "attachments", "item": String(number), "new": String(rows.count)], asking, caller,
            also: { transaction in for row in rows { try transaction.put(row) } })
        return items.map { item in
            AttachedItem(
                item: item.number, name: item.body.attached?.name ?? "", mediaType: item.body.mediaType ?? "",
                byteCount: item.body.byteCount ?? 0)
        }
    }

    /// What it says it is, what its name says, and in the end anything.
    private static func mediaTypes(of attachment: Pages.Item) -> [MediaType] {
        let said = [MediaType(attachment.mediaType), MediaType(fileName: attachment.title)].compactMap { $0 }
        return said.filter { $0 != .unknown } + [.unknown]
    }

    private func bodies(
        of kept: [RenditionID], names: [String], _ mail: RightsItem, _ id: DocumentID
    ) async throws -> [RightsItemBody] {
        let (found, renditions) = try await records.read { (try $0.document(id), try $0.renditions(of: id)) }
        guard let document = found else { throw VaultError.notFound(.item) }
        let labels = Set(document.labels).union(agreement.labels(of: document.category))
        let before = mail.body.attached.map { "\($0.place)." } ?? ""
        return try zip(kept, names).enumerated().map { place, made in
            guard let rendition = renditions.first(where: { $0.id == made.0 }) else { throw VaultError.notFound(.item) }
            var body = RightsItemBody(rendition, document, labels: labels, blocked: nil)
            body.attached = .init(to: mail.number, place: "\(before)\(place + 1)", name: made.1)
            return body
        }
    }

    /// A mail goes out as it is only with attachments that do.
    static func attachmentFault(_ item: RightsItem, among items: [RightsItem]) -> String? {
        guard item.body.decision?.outcome == .release, !item.body.isCopied,
            Source.Kind(mediaType: item.body.mediaType ?? "") == .mail,
            item.body.hidden?.contains(where: { $0.kind == .attachment }) == true
        else { return nil }
        let own = items.filter { $0.body.attached?.to == item.number }
        guard own.isEmpty || own.contains(where: { $0.body.decision?.outcome != .release || $0.body.isCopied }) else {
            return nil
        }
        return "Item \(item.number) is a mail with attachments that do not all go out as they are. "
            + (own.isEmpty ? "Make them items, decide about them" : "Decide about them")
            + ", or make a clean copy of the mail."
    }
}
