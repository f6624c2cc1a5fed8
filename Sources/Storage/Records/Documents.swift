internal import Foundation
internal import GRDB
public import Rules
public import Sealing

/// A document: what it is about and who answers for it. Its content is in versions.
public struct DocumentRow: Hashable, Sendable {
    public let id: DocumentID
    public let caseID: CaseID
    public let child: ChildID
    public let category: Category
    public let holder: Party
    public let organisation: OrganisationID
    public let depositor: PersonID
    public let labels: [Label]
    /// Sealed under the document's own key.
    public let title: [UInt8]
    public let added: Instant

    public init(
        id: DocumentID, caseID: CaseID, child: ChildID, category: Category, holder: Party,
        organisation: OrganisationID, depositor: PersonID, labels: [Label], title: [UInt8], added: Instant
    ) {
        self.id = id
        self.caseID = caseID
        self.child = child
        self.category = category
        self.holder = holder
        self.organisation = organisation
        self.depositor = depositor
        self.labels = labels
        self.title = title
        self.added = added
    }

    /// The same document with its title sealed anew.
    public func with(title: [UInt8]) -> DocumentRow {
        DocumentRow(
            id: id, caseID: caseID, child: child, category: category, holder: holder, organisation: organisation,
            depositor: depositor, labels: labels, title: title, added: added)
    }

    fileprivate var labelText: String { labels.map(\.rawValue).joined(separator: " ") }
    fileprivate var columns: [[UInt8]] {
        [
            id.bytes, caseID.bytes, child.bytes, category.rawValue.bytes, holder.rawValue.bytes, organisation.bytes,
            depositor.bytes, labelText.bytes, title, added.bytes,
        ]
    }
}

/// One immutable version of a document.
public struct VersionRow: Hashable, Sendable {
    public let document: DocumentID
    /// From 1.
    public let number: Int64
    public let depositor: PersonID
    public let added: Instant
    /// The ledger entry that recorded it.
    public let entry: UInt64

    public init(document: DocumentID, number: Int64, depositor: PersonID, added: Instant, entry: UInt64) {
        self.document = document
        self.number = number
        self.depositor = depositor
        self.added = added
        self.entry = entry
    }

    fileprivate var columns: [[UInt8]] {
        [document.bytes, number.bytes, depositor.bytes, added.bytes, Int64(entry).bytes]
    }
}

/// One form of a version: an object with a key of its own.
public struct RenditionRow: Hashable, Sendable {
    public let id: RenditionID
    public let document: DocumentID
    public let version: Int64
    public let kind: Rendition
    public let object: Digest
    /// Plaintext length in bytes.
    public let byteCount: UInt64
    public let mediaType: String
    /// Recognises the same file when it comes again for the same child and holder; keyed, so it tells nothing else.
    public let fingerprint: Digest
    /// `nil` in rows that were written before this was recorded.
    public let added: Instant?
    /// The ledger entry that recorded it; `nil` in rows that were written before this was recorded.
    public let entry: UInt64?
    /// When it was last given a new key and object; `nil` while it has those that it came with.
    public let reseal: Reseal?

    public struct Reseal: Hashable, Sendable {
        public let key: RenditionID
        /// The ledger entry that recorded it.
        public let entry: UInt64

        public init(key: RenditionID, entry: UInt64) {
            self.key = key
            self.entry = entry
        }
    }

    /// Under which identifier the keyring has its wraps: its own, until it is resealed.
    public var key: RenditionID { reseal?.key ?? id }

    public init(
        id: RenditionID, document: DocumentID, version: Int64, kind: Rendition, object: Digest, byteCount: UInt64,
        mediaType: String, fingerprint: Digest, added: Instant?, entry: UInt64?, reseal: Reseal? = nil
    ) {
        self.id = id
        self.document = document
        self.version = version
        self.kind = kind
        self.object = object
        self.byteCount = byteCount
        self.mediaType = mediaType
        self.fingerprint = fingerprint
        self.added = added
        self.entry = entry
        self.reseal = reseal
    }

    /// The same rendition with another key and object.
    public func resealed(as object: Digest, _ reseal: Reseal) -> RenditionRow {
        RenditionRow(
            id: id, document: document, version: version, kind: kind, object: object, byteCount: byteCount,
            mediaType: mediaType, fingerprint: fingerprint, added: added, entry: entry, reseal: reseal)
    }

    /// A row of an earlier format has columns fewer; taking them from a later row breaks its MAC.
    fileprivate var columns: [[UInt8]] {
        [
            id.bytes, document.bytes, version.bytes, kind.description.bytes, object.bytes, Int64(byteCount).bytes,
            mediaType.bytes, fingerprint.bytes,
        ] + (added.map { [$0.bytes] } ?? []) + (entry.map { [Int64($0).bytes] } ?? [])
            + (reseal.map { [$0.key.bytes, Int64($0.entry).bytes] } ?? [])
    }
}

extension WriteTransaction {
    public func insert(_ document: DocumentRow) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO documents
                  (id, case_id, child, category, holder, organisation, depositor, labels, title, added, mac)
                VALUES
                  (:id, :case_id, :child, :category, :holder, :organisation, :depositor, :labels, :title, :added, :mac)
                """)
        try statement.execute(arguments: [
            "id": document.id.bytes.data, "case_id": document.caseID.bytes.data, "child": document.child.bytes.data,
            "category": document.category.rawValue, "holder": document.holder.rawValue,
            "organisation": document.organisation.bytes.data, "depositor": document.depositor.bytes.data,
            "labels": document.labelText, "title": document.title.data, "added": document.added.milliseconds,
            "mac": rows.mac("documents", document.columns).data,
        ])
    }

    /// Puts a title that was sealed anew in the place of the old one.
    public func retitle(_ document: DocumentRow) throws {
        let statement = try db.cachedStatement(sql: "UPDATE documents SET title = :title, mac = :mac WHERE id = :id")
        try statement.execute(arguments: [
            "id": document.id.bytes.data, "title": document.title.data,
            "mac": rows.mac("documents", document.columns).data,
        ])
    }

    /// How far titles have come from the children's keys to keys of their own; `nil`: all of them.
    public func put(retitling cursor: DocumentID?) throws {
        if let cursor {
            try db.execute(sql: "UPDATE retitling SET cursor = :cursor", arguments: ["cursor": cursor.bytes.data])
        } else {
            try db.execute(sql: "DELETE FROM retitling")
        }
    }

    public func insert(_ version: VersionRow) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO versions (document, number, depositor, added, entry, mac)
                VALUES (:document, :number, :depositor, :added, :entry, :mac)
                """)
        try statement.execute(arguments: [
            "document": version.document.bytes.data, "number": version.number,
            "depositor": version.depositor.bytes.data, "added": version.added.milliseconds,
            "entry": Int64(version.entry), "mac": rows.mac("versions", version.columns).data,
        ])
    }

    public func insert(_ rendition: RenditionRow) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO renditions
                  (id, document, version, kind, object, byte_count, media_type, fingerprint, added, entry, mac)
                VALUES
                  (:id, :document, :version, :kind, :object, :byte_count, :media_type, :fingerprint, :added, :entry, :mac)
                """)
        try statement.execute(arguments: [
            "id": rendition.id.bytes.data, "document": rendition.document.bytes.data, "version": rendition.version,
            "kind": rendition.kind.description, "object": rendition.object.bytes.data,
            "byte_count": Int64(rendition.byteCount), "media_type": rendition.mediaType,
            "fingerprint": rendition.fingerprint.bytes.data, "added": rendition.added?.milliseconds,
            "entry": rendition.entry.map { Int64($0) }, "mac": rows.mac("renditions", rendition.columns).data,
        ])
    }

    /// Puts a rendition that was resealed in the place of what it was.
    public func put(resealed rendition: RenditionRow) throws {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE renditions SET object = :object, key = :key, resealed = :resealed, mac = :mac WHERE id = :id
                """)
        try statement.execute(arguments: [
            "id": rendition.id.bytes.data, "object": rendition.object.bytes.data,
            "key": rendition.reseal?.key.bytes.data, "resealed": rendition.reseal.map { Int64($0.entry) },
            "mac": rows.mac("renditions", rendition.columns).data,
        ])
    }

    /// Remembers that a file of a bulk import has become `document`, so that a second run leaves it out.
    public func markImported(_ source: Digest, as document: DocumentID) throws {
        let statement = try db.cachedStatement(
            sql: "INSERT INTO imported (source, document) VALUES (:source, :document) ON CONFLICT DO NOTHING")
        try statement.execute(arguments: ["source": source.bytes.data, "document": document.bytes.data])
    }
}

extension ReadTransaction {
    public func document(_ id: DocumentID) throws -> DocumentRow? {
        let statement = try db.cachedStatement(sql: "SELECT * FROM documents WHERE id = :id")
        return try Row.fetchOne(statement, arguments: ["id": id.bytes.data]).map(document)
    }

    public func documents(of caseID: CaseID) throws -> [DocumentRow] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM documents WHERE case_id = :id ORDER BY added, id",
            arguments: ["id": caseID.bytes.data]
        ).map(document)
    }

    /// A page of all documents, by identifier.
    public func documents(after id: DocumentID?, limit: Int) throws -> [DocumentRow] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM documents WHERE id > :id ORDER BY id LIMIT :limit",
            arguments: ["id": (id?.bytes ?? []).data, "limit": limit]
        ).map(document)
    }

    /// Whether titles of an earlier format are still to be sealed under keys of their own.
    public func isRetitling() throws -> Bool {
        try Row.fetchOne(db, sql: "SELECT 1 FROM retitling") != nil
    }

    /// A page of the documents whose titles are still to be sealed under keys of their own.
    public func documentsToRetitle(limit: Int) throws -> [DocumentRow] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT * FROM documents WHERE id > (SELECT cursor FROM retitling) ORDER BY id LIMIT :limit
                """, arguments: ["limit": limit]
        ).map(document)
    }

    /// Everything about a child, in all of the child's cases.
    public func documents(about child: ChildID) throws -> [DocumentRow] {
        let statement = try db.cachedStatement(sql: "SELECT * FROM documents WHERE child = :child")
        return try Row.fetchAll(statement, arguments: ["child": child.bytes.data]).map(document)
    }

    /// Every rendition of every document about a child.
    public func renditions(about child: ChildID) throws -> [RenditionRow] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT renditions.* FROM documents JOIN renditions ON renditions.document = documents.id
                WHERE documents.child = :child
                """)
        return try Row.fetchAll(statement, arguments: ["child": child.bytes.data]).map(rendition)
    }

    /// How many renditions there are about a child.
    public func renditionCount(about child: ChildID) throws -> Int {
        let statement = try db.cachedStatement(
            sql: """
                SELECT count(*) FROM documents JOIN renditions ON renditions.document = documents.id
                WHERE documents.child = :child
                """)
        return try Int.fetchOne(statement, arguments: ["child": child.bytes.data]) ?? 0
    }

    /// The children that renditions are about, by the identifiers of their wraps; one that the records do not know is left out.
    public func children(of keys: [RenditionID]) throws -> [RenditionID: ChildID] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT documents.child FROM renditions JOIN documents ON documents.id = renditions.document
                WHERE renditions.id = :id AND renditions.key IS NULL
                UNION ALL SELECT documents.child FROM renditions JOIN documents ON documents.id = renditions.document
                WHERE renditions.key = :id
                """)
        return try keys.reduce(into: [:]) { children, key in
            let child = try Data.fetchOne(statement, arguments: ["id": key.bytes.data])
            children[key] = child.flatMap { ChildID([UInt8]($0)) }
        }
    }

    /// The rendition whose wraps have this identifier in the keyring.
    public func rendition(keyed id: RenditionID) throws -> RenditionRow? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT * FROM renditions WHERE id = :id AND key IS NULL
                UNION ALL SELECT * FROM renditions WHERE key = :id
                """)
        return try Row.fetchOne(statement, arguments: ["id": id.bytes.data]).map(rendition)
    }

    /// Every rendition that has this object: the same content of the same child and holder.
    public func renditions(naming object: Digest) throws -> [RenditionRow] {
        let statement = try db.cachedStatement(sql: "SELECT * FROM renditions WHERE object = :object ORDER BY id")
        return try Row.fetchAll(statement, arguments: ["object": object.bytes.data]).map(rendition)
    }

    /// A page of the children about whom there are documents, by identifier.
    public func documentedChildren(after id: ChildID?, limit: Int) throws -> [ChildID] {
        let found = try Row.fetchAll(
            db, sql: "SELECT DISTINCT child FROM documents WHERE child > :id ORDER BY child LIMIT :limit",
            arguments: ["id": (id?.bytes ?? []).data, "limit": limit])
        return try found.map { try self.id($0, "child") }
    }

    /// Whether the rendition is there still.
    public func hasRendition(_ id: RenditionID) throws -> Bool {
        let statement = try db.cachedStatement(sql: "SELECT 1 FROM renditions WHERE id = :id")
        return try Row.fetchOne(statement, arguments: ["id": id.bytes.data]) != nil
    }

    /// Whether a rendition refers to this entry.
    public func hasRendition(entry: UInt64) throws -> Bool {
        let statement = try db.cachedStatement(sql: "SELECT 1 FROM renditions WHERE entry = :entry")
        return try Row.fetchOne(statement, arguments: ["entry": Int64(clamping: entry)]) != nil
    }

    public func versions(of document: DocumentID) throws -> [VersionRow] {
        let statement = try db.cachedStatement(sql: "SELECT * FROM versions WHERE document = :id ORDER BY number")
        return try Row.fetchAll(statement, arguments: ["id": document.bytes.data]).map { row in
            let version = VersionRow(
                document: try id(row, "document"), number: row["number"], depositor: try id(row, "depositor"),
                added: instant(row, "added"), entry: try number(row, "entry"))
            try rows.check(bytes(row, "mac"), "versions", version.columns)
            return version
        }
    }

    public func renditions(of document: DocumentID) throws -> [RenditionRow] {
        let statement = try db.cachedStatement(
            sql: "SELECT * FROM renditions WHERE document = :id ORDER BY version, kind")
        return try Row.fetchAll(statement, arguments: ["id": document.bytes.data]).map(rendition)
    }

    public func rendition(_ id: RenditionID) throws -> RenditionRow? {
        try Row.fetchOne(
            db, sql: "SELECT * FROM renditions WHERE id = :id", arguments: ["id": id.bytes.data]
        ).map(rendition)
    }

    /// A rendition whose content has this fingerprint. Fingerprints are keyed by child and holder.
    public func rendition(fingerprint: Digest) throws -> RenditionRow? {
        let statement = try db.cachedStatement(
            sql: "SELECT * FROM renditions WHERE fingerprint = :fingerprint ORDER BY id LIMIT 1")
        return try Row.fetchOne(statement, arguments: ["fingerprint": fingerprint.bytes.data]).map(rendition)
    }

    /// Whether anything in the records still needs this object.
    public func isReferenced(_ object: Digest) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: """
                SELECT 1 FROM renditions WHERE object = :object
                UNION ALL SELECT 1 FROM upload_parts WHERE object = :object LIMIT 1
                """)
        return try Row.fetchOne(statement, arguments: ["object": object.bytes.data]) != nil
    }

    public func imported(_ source: Digest) throws -> DocumentID? {
        let statement = try db.cachedStatement(sql: "SELECT document FROM imported WHERE source = :source")
        return try Row.fetchOne(statement, arguments: ["source": source.bytes.data]).map { try id($0, "document") }
    }

    /// How many rows there are: `(cases, documents, versions, objects)`.
    public func counts() throws -> Counts {
        func count(_ sql: String) throws -> Int { try Int.fetchOne(db, sql: sql) ?? 0 }
        return Counts(
            people: try count("SELECT count(*) FROM people"), children: try count("SELECT count(*) FROM children"),
            cases: try count("SELECT count(*) FROM cases"), documents: try count("SELECT count(*) FROM documents"),
            versions: try count("SELECT count(*) FROM versions"),
            objects: try count("SELECT count(DISTINCT object) FROM renditions"),
            byteCount: UInt64(
                clamping: try Int64.fetchOne(
                    db, sql: "SELECT sum(n) FROM (SELECT max(byte_count) AS n FROM renditions GROUP BY object)") ?? 0))
    }

    /// A whole row of `documents`, in the order of its columns.
    private func document(_ row: Row) throws -> DocumentRow {
        let table = "documents table"
        let labels = (row[7] as String).split(separator: " ").map(String.init)
        let document = DocumentRow(
            id: try id(row, 0, table), caseID: try id(row, 1, table), child: try id(row, 2, table),
            category: try word(row, 3, table, Category.init(rawValue:)),
            holder: try word(row, 4, table, Party.init(rawValue:)), organisation: try id(row, 5, table),
            depositor: try id(row, 6, table), labels: labels.compactMap(Label.init(rawValue:)), title: bytes(row, 8),
            added: Instant(milliseconds: row[9]))
        try rows.check(bytes(row, 10), "documents", document.columns)
        return document
    }

    /// A whole row of `renditions`, in the order of its columns.
    private func rendition(_ row: Row) throws -> RenditionRow {
        let table = "renditions table"
        let entry: Int64? = row[10]
        guard let byteCount = UInt64(exactly: row[5] as Int64), entry.map({ $0 >= 0 }) ?? true else {
            throw StorageError.damagedStore(store: table)
        }
        let rendition = RenditionRow(
            id: try id(row, 0, table), document: try id(row, 1, table), version: row[2],
            kind: try word(row, 3, table, Rendition.init), object: try digest(row, 4, table), byteCount: byteCount,
            mediaType: row[6], fingerprint: try digest(row, 7, table),
            added: (row[9] as Int64?).map(Instant.init(milliseconds:)), entry: entry.map { UInt64($0) },
            reseal: try reseal(row[11], row[12]))
        try rows.check(bytes(row, 8), "renditions", rendition.columns)
        return rendition
    }
}

extension ReadTransaction {
    fileprivate func reseal(_ key: Data?, _ entry: Int64?) throws -> RenditionRow.Reseal? {
        guard let key else { return nil }
        guard let key = RenditionID([UInt8](key)), let entry = entry.flatMap(UInt64.init(exactly:)) else {
            throw StorageError.damagedStore(store: "renditions table")
        }
        return RenditionRow.Reseal(key: key, entry: entry)
    }
}

/// How much a vault holds.
public struct Counts: Hashable, Sendable, Codable {
    public let people, children, cases, documents, versions, objects: Int
    /// Plaintext bytes, counting each object once.
    public let byteCount: UInt64
}
