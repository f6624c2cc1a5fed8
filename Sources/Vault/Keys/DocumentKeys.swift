internal import Rules
internal import Sealing
internal import Storage

/// Each document has a random key of its own for its title, so that the title dies with the document and not only with the child. It is
/// wrapped by the child's record key, which stays the same when the child's key is rotated.
extension DocumentVault {
    private static let page = 500

    static func titleFacts(_ document: DocumentID, _ child: ChildID) -> Facts {
        .field(table: "documents", column: "title", row: document.bytes, owner: child.bytes)
    }

    /// A key for a document that is new, open and as the keyring keeps it.
    func documentKey(_ document: DocumentID, _ childKey: ChildKey) throws -> (open: Key, row: WrappedKey) {
        let own = try Key(from: environment.random)
        let above = Keychain.VersionedKey(version: 1, key: childKey.record)
        return (
            own,
            Keychain.wrap(
                own, .document, WrappedKey.owner(document, of: childKey.child), under: above, vault: id,
                created: environment.now(), random: environment.random)
        )
    }

    /// - Throws: `SealingError.notAuthentic` when the key or the title is another document's.
    func title(of document: DocumentRow, _ own: WrappedKey, _ childKey: ChildKey) throws -> String {
        let key = try keys.unwrap(own, under: childKey.record)
        let facts = Self.titleFacts(document.id, document.child)
        return String(decoding: try key.open(document.title, facts), as: UTF8.self)
    }

    /// Gives the documents of a vault of an earlier format keys of their own: until then titles were under the children's keys. Only for
    /// the process that holds the vault alone. What stops it, the next such process goes on with.
    func giveDocumentsKeys() async throws {
        guard try await records.read({ try $0.isRetitling() }) else { return }
        while true {
            let page = try await records.read { try $0.documentsToRetitle(limit: Self.page) }
            let keys = try await ownKeys(for: page)
            let anew = page.compactMap { document in
                keys[document.id].flatMap { retitled(document, $0.own, $0.childKey) }
            }
            try await environment.steps.around(.records) {
                try await records.write { transaction in
                    for document in anew { try transaction.retitle(document) }
                    try transaction.put(retitling: page.last?.id)
                }
            }
            if page.isEmpty { break }
        }
        try await records.forgetReplaced()
    }

    /// The keys of a page of documents, those that have none given one. A document whose child has no key any more is left out.
    private func ownKeys(for page: [DocumentRow]) async throws -> [DocumentID: (own: Key, childKey: ChildKey)] {
        let keychain = keys
        return try await environment.steps.around(.keyring) {
            try await keyring.write { keyring in
                var children: [ChildID: ChildKey] = [:]
                var open: [DocumentID: (own: Key, childKey: ChildKey)] = [:]
                for document in page {
                    guard let childKey = try children[document.child] ?? keychain.childKey(document.child, keyring)
                    else { continue }
                    children[document.child] = childKey
                    if let row = try keyring.documentKey(document.id, of: document.child) {
                        open[document.id] = (try keychain.unwrap(row, under: childKey.record), childKey)
                    } else {
                        let (own, row) = try documentKey(document.id, childKey)
                        try keyring.insert(row)
                        open[document.id] = (own, childKey)
                    }
                }
                return open
            }
        }
    }

    /// - Returns: `nil` for a title that does not open under the child's key: `check` names it.
    private func retitled(_ document: DocumentRow, _ own: Key, _ childKey: ChildKey) -> DocumentRow? {
        let facts = Self.titleFacts(document.id, document.child)
        guard let title = try? childKey.fields.open(document.title, facts) else { return nil }
        return document.with(title: own.seal(title, facts, random: environment.random))
    }
}

extension DocumentVault {
    /// A document has exactly its key, which opens its title.
    func checkTitle(of document: DocumentRow, _ childKey: ChildKey, _ report: inout CheckReport) async throws {
        let name = "document \(document.id)"
        guard let own = try await keyring.read({ try $0.documentKey(document.id, of: document.child) }) else {
            // A vault that is closed to changes keeps the titles of an earlier format.
            let isOld = try await records.read { try $0.isRetitling() }
            guard readOnlyReason == nil || !isOld else { return }
            return report.found(name, "its own key is not in the keyring")
        }
        if (try? title(of: document, own, childKey)) == nil { report.found(name, "its title does not open") }
    }

    /// A document's key without the document is left of something that was not finished, or was put back.
    func checkDocumentKeys(_ report: inout CheckReport, _ pending: Set<Pending>) async throws {
        var last: [UInt8] = []
        while true {
            let after = last
            let page = try await keyring.read { try $0.documentKeys(after: after, limit: Self.page) }
            guard let end = page.last else { return }
            let strays = try await records.read { transaction in
                try page.filter { key in
                    guard let (document, child) = key.document else { return true }
                    return try !pending.contains(.document(document, of: child))
                        && transaction.document(document)?.child != child
                }
            }
            for stray in strays {
                let name = stray.document.map { "document \($0.document)" } ?? "key"
                report.found(name, "the keyring has its own key and the records do not know it")
            }
            last = end.owner
        }
    }
}
