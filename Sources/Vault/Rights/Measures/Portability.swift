internal import Foundation
internal import Ledger
internal import Rules
internal import Sealing
public import Storage

/// A document of a copy to take elsewhere.
public struct PortableDocument: Hashable, Sendable, Codable {
    public let document: String
    public let category: String
    /// Of the original.
    public let version: Int64
    /// It rests on a duty, so that there is no right to it (UK GDPR Art. 20(3)): it is given all the same, and says so.
    public let isCourtesy: Bool
    /// Who chose it, for whoever approves it to be another.
    var by: String
}

/// The machine-readable list in a copy.
private struct PortableData: Encodable {
    struct Paper: Encodable {
        let name: String
        let category: String
        let categoryTitle: String
        let title: String?
        let mediaType: String
        let added: String
        let byCourtesy: Bool
    }

    var format = "muniment portable copy v1"
    let request: String
    let made: String
    /// Name, date of birth and numbers, as they were provided.
    let child: ChildProfile
    let papers: [Paper]
}

extension DocumentVault {
    /// Chooses the documents of a copy, their newest originals. Those who may not be read to answer a request are refused.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.request)`, `.notFound(.document)`, `.invalid`, `.rights(.rules)`.
    public func choose(
        _ documents: [DocumentID], of request: RightsRequestID, as caller: Caller
    ) async throws -> [PortableDocument] {
        let (row, key, asking) = try await requireAnswering(request, caller)
        let body = try body(of: row, key)
        try requireKind(.portability, body)
        try requireUnderReview(body)
        let snapshot = try await snapshot(of: row.child)
        let optional = try rightsPolicy().erasure.optional
        let chosen = try documents.map { id in
            guard let document = snapshot.documents[id],
                let original = snapshot.renditions.last(where: { $0.document == id && $0.kind == .original }
                )
            else { throw VaultError.notFound(.document) }
            return PortableDocument(
                document: "\(id)", category: document.category.rawValue, version: original.version,
                isCourtesy: !optional.contains(document.category), by: "\(caller.person)")
        }
        guard Set(documents).count == documents.count, !documents.isEmpty else {
            throw VaultError.invalid(field: "document", reason: "each is named once")
        }
        _ = try await opening(portableItems(chosen, snapshot), row.child, caller)
        try await change(
            row, key, [], as: .itemsDecided, with: ["documents": String(chosen.count)], asking, caller,
            altering: { $0.portable = chosen })
        return chosen
    }

    /// The copy as it was approved, if it may go out and `officer` may open all that is in it: `disclose` and `offer` hand it over.
    func readyCopy(
        _ row: RightsRequestRow, _ key: ChildKey, _ body: RightsRequestBody, _ officer: Caller
    ) async throws -> ReadyPackage {
        let state = try body.history().state
        guard let approval = body.approval, state == .approved || state.isAnswered && !body.disclosures.isEmpty else {
            throw VaultError.rights(.rules(.notNow(state, "only what is approved is handed over.")))
        }
        guard try body.digest(with: []) == approval.digest, try await newestApproval(of: row) == approval.digest else {
            throw VaultError.rights(.notAsApproved)
        }
        let chosen = body.portable ?? []
        let snapshot = try await snapshot(of: row.child)
        let items = portableItems(chosen, snapshot)
        guard items.count == chosen.count else { throw VaultError.notFound(.document) }
        return ReadyPackage(
            opened: try await opening(items, row.child, officer),
            pages: [try await portablePage(row, key, chosen, items, snapshot, at: environment.now())],
            answers: body.disclosures.isEmpty ? [.answered(.inFull)] : [])
    }

    /// The chosen versions' originals, numbered in order.
    private func portableItems(_ chosen: [PortableDocument], _ snapshot: ChildSnapshot)
        -> [RightsItem]
    {
        chosen.enumerated().compactMap { place, choice in
            guard let id = DocumentID(choice.document), let document = snapshot.documents[id],
                let original = snapshot.renditions.first(where: {
                    $0.document == id && $0.version == choice.version && $0.kind == .original
                })
            else { return nil }
            return RightsItem(
                number: Int64(place) + 1, body: RightsItemBody(original, document, labels: [], blocked: nil)
            )
        }
    }

    private func portablePage(
        _ row: RightsRequestRow, _ key: ChildKey, _ chosen: [PortableDocument], _ items: [RightsItem],
        _ snapshot: ChildSnapshot, at now: Instant
    ) async throws -> DisclosurePackage.Page {
        guard let child = try await records.read({ try $0.child(row.child) }) else {
            throw VaultError.notFound(.child)
        }
        let own = try await keyring.read { try $0.documentKeys(of: row.child) }
        let papers = try zip(chosen, items).map { choice, item in
            let document = DocumentID(choice.document).flatMap { snapshot.documents[$0] }
            return PortableData.Paper(
                name: item.paperName(item.body.mediaType ?? ""), category: choice.category,
                categoryTitle: agreement.title(of: Category(rawValue: choice.category)) ?? choice.category,
                title: try document.flatMap { document in
                    try own[document.id].map { try title(of: document, $0, key) }
                }, mediaType: item.body.mediaType ?? "", added: document?.added.text ?? "",
                byCourtesy: choice.isCourtesy)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        let data = PortableData(
            request: "\(row.id)", made: now.text, child: try Self.open(child, key), papers: papers)
        return .init(name: "data.json", text: [UInt8](try encoder.encode(data)))
    }
}
