internal import Foundation
internal import GRDB

/// The keys that documents have of their own. Their owner is the child's identifier and then the document's: those of one child lie side
/// by side, so that a list reads them in one look and an erasure destroys them in one.
extension WrappedKey {
    public static func owner(_ document: DocumentID, of child: ChildID) -> [UInt8] { child.bytes + document.bytes }

    /// Whose key it is; `nil` unless it is a document's.
    public var document: (document: DocumentID, child: ChildID)? {
        guard kind == .document, let child = ChildID(Array(owner.prefix(ChildID.byteCount))),
            let document = DocumentID(Array(owner.dropFirst(ChildID.byteCount)))
        else { return nil }
        return (document, child)
    }
}

extension KeyringReading {
    /// `nil` once it has been destroyed.
    public func documentKey(_ document: DocumentID, of child: ChildID) throws -> WrappedKey? {
        try key(kind: .document, owner: WrappedKey.owner(document, of: child))
    }

    /// The keys of all documents about a child.
    public func documentKeys(of child: ChildID) throws -> [DocumentID: WrappedKey] {
        let statement = try db.cachedStatement(
            sql: "SELECT * FROM keys WHERE kind = 'document' AND owner >= :first AND owner <= :last")
        return try Row.fetchAll(statement, arguments: Self.range(of: child)).reduce(into: [:]) { keys, row in
            let key = try self.key(row)
            if let document = key.document?.document { keys[document] = key }
        }
    }

    /// A page of the keys of all documents, by owner.
    public func documentKeys(after owner: [UInt8], limit: Int) throws -> [WrappedKey] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM keys WHERE kind = 'document' AND owner > :owner ORDER BY owner LIMIT :limit",
            arguments: ["owner": owner.data, "limit": limit]
        ).map(key)
    }

    fileprivate static func range(of child: ChildID) -> StatementArguments {
        let fill = DocumentID.byteCount
        return [
            "first": (child.bytes + [UInt8](repeating: 0, count: fill)).data,
            "last": (child.bytes + [UInt8](repeating: 0xff, count: fill)).data,
        ]
    }
}

extension KeyringWriting {
    public func removeDocumentKey(_ document: DocumentID, of child: ChildID) throws {
        let statement = try db.cachedStatement(sql: "DELETE FROM keys WHERE kind = 'document' AND owner = :owner")
        try statement.execute(arguments: ["owner": WrappedKey.owner(document, of: child).data])
    }

    func removeDocumentKeys(of child: ChildID) throws {
        try db.execute(
            sql: "DELETE FROM keys WHERE kind = 'document' AND owner >= :first AND owner <= :last",
            arguments: Self.range(of: child))
    }
}
