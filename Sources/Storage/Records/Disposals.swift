internal import GRDB
internal import Rules
public import Sealing

/// Something that is to be disposed of, and how far that has come.
public struct DisposalRow: Hashable, Sendable {
    public enum Unit: String, CaseIterable, Hashable, Sendable {
        case child, document, version
    }

    public enum State: String, CaseIterable, Hashable, Sendable {
        /// Found eligible, with the checks that were run.
        case listed
        /// The service that owns the records has looked at it.
        case reviewed
        /// Somebody else has approved it, and the cooling-off runs.
        case approved
        /// Nothing of it is shown any more, and its keys and objects are being destroyed.
        case erasing
        /// Gone, and certified.
        case erased
        /// Taken off the list again.
        case ended
    }

    public let id: DisposalID
    public let unit: Unit
    public let child: ChildID
    /// `nil` for a whole child.
    public let document: DocumentID?
    /// For one version only.
    public let version: Int64?
    public var state: State
    /// Who, why, when and under which rule, sealed under the vault's key: nothing in it is about the child but identifiers.
    public var body: [UInt8]
    public var changed: Instant

    public init(
        id: DisposalID, unit: Unit, child: ChildID, document: DocumentID?, version: Int64?, state: State,
        body: [UInt8], changed: Instant
    ) {
        self.id = id
        self.unit = unit
        self.child = child
        self.document = document
        self.version = version
        self.state = state
        self.body = body
        self.changed = changed
    }

    fileprivate var columns: [[UInt8]] {
        [
            id.bytes, unit.rawValue.bytes, child.bytes, document?.bytes ?? [], version?.bytes ?? [],
            state.rawValue.bytes, body, changed.bytes,
        ]
    }
}

/// A line of the disposal register, for ever.
public struct CertificateRow: Hashable, Sendable {
    /// From 1, without gaps.
    public let number: Int64
    public let disposal: DisposalID
    public let issued: Instant
    /// The ledger entry that holds the certificate's digest.
    public let entry: UInt64
    /// JSON.
    public let text: [UInt8]
    /// CMS, detached, DER.
    public let signature: [UInt8]

    public init(
        number: Int64, disposal: DisposalID, issued: Instant, entry: UInt64, text: [UInt8], signature: [UInt8]
    ) {
        self.number = number
        self.disposal = disposal
        self.issued = issued
        self.entry = entry
        self.text = text
        self.signature = signature
    }

    fileprivate var columns: [[UInt8]] {
        [number.bytes, disposal.bytes, issued.bytes, Int64(entry).bytes, text, signature]
    }
}

/// What an erasure still has to destroy.
public struct ErasureWork: Hashable, Sendable {
    public let renditions: [RenditionID]
    /// Objects that nothing else needs.
    public let objects: [Digest]
}

/// What an erasure took out of the records.
public struct ErasedCounts: Hashable, Sendable, Codable {
    public var documents = 0
    public var versions = 0
    public var renditions = 0
    /// Plaintext bytes, counting each object once.
    public var byteCount: UInt64 = 0
    public var categories: [String] = []
    public var mediaTypes: [String] = []
    /// When the first and the last of them came.
    public var first: Instant?
    public var last: Instant?

    public init() {}
}

extension Instant: Codable {
    public init(from decoder: any Decoder) throws {
        self.init(milliseconds: try decoder.singleValueContainer().decode(Int64.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }
}

extension WriteTransaction {
    /// Inserts a disposal, or replaces the row of the same identifier.
    public func put(_ row: DisposalRow) throws {
        try db.execute(
            sql: """
                INSERT INTO disposals (id, unit, child, document, version, state, body, changed, mac)
                VALUES (:id, :unit, :child, :document, :version, :state, :body, :changed, :mac)
                ON CONFLICT (id) DO UPDATE SET state = excluded.state, body = excluded.body,
                  changed = excluded.changed, mac = excluded.mac
                """,
            arguments: [
                "id": row.id.bytes.data, "unit": row.unit.rawValue, "child": row.child.bytes.data,
                "document": row.document?.bytes.data, "version": row.version, "state": row.state.rawValue,
                "body": row.body.data, "changed": row.changed.milliseconds,
                "mac": rows.mac("disposals", row.columns).data,
            ])
    }

    public func insert(_ row: CertificateRow) throws {
        try db.execute(
            sql: """
                INSERT INTO certificates (number, disposal, issued, entry, text, signature, mac)
                VALUES (:number, :disposal, :issued, :entry, :text, :signature, :mac)
                """,
            arguments: [
                "number": row.number, "disposal": row.disposal.bytes.data, "issued": row.issued.milliseconds,
                "entry": Int64(row.entry), "text": row.text.data, "signature": row.signature.data,
                "mac": rows.mac("certificates", row.columns).data,
            ])
    }

    /// Takes what a disposal is about out of the records, and writes down what is left to destroy. The row must be there, `erasing`.
    ///
    /// - Returns: what there was.
    public func beginErasure(_ row: DisposalRow) throws -> ErasedCounts {
        let gone = try target(of: row)
        for rendition in gone {
            try db.execute(
                sql: "INSERT INTO erasing (disposal, rendition, object) VALUES (:disposal, :rendition, :object)",
                arguments: [
                    "disposal": row.id.bytes.data, "rendition": rendition.key.bytes.data,
                    "object": rendition.object.bytes.data,
                ])
            if let entry = rendition.entry { try markErased(entry, row.id) }
        }
        let counts = try count(gone, row)
        switch row.unit {
        case .child: try removeChild(row)
        case .document: try row.document.map { try removeDocument($0, row) }
        case .version: try removeVersion(row)
        }
        return counts
    }

    private func target(of row: DisposalRow) throws -> [RenditionRow] {
        guard let document = row.document else { return try renditions(about: row.child) }
        return try renditions(of: document).filter { row.version == nil || $0.version == row.version }
    }

    private func count(_ gone: [RenditionRow], _ row: DisposalRow) throws -> ErasedCounts {
        var counts = ErasedCounts()
        let ids = Set(gone.map(\.document))
        let documents = try ids.compactMap { try document($0) }
        counts.documents = row.unit == .version ? 0 : documents.count
        counts.versions = Set(gone.map { "\($0.document) \($0.version)" }).count
        counts.renditions = gone.count
        counts.byteCount = Dictionary(grouping: gone, by: \.object).values.reduce(0) { $0 + ($1.first?.byteCount ?? 0) }
        counts.categories = Set(documents.map(\.category.rawValue)).sorted()
        counts.mediaTypes = Set(gone.map(\.mediaType)).sorted()
        let times = documents.map(\.added) + gone.compactMap(\.added)
        counts.first = times.min()
        counts.last = times.max()
        return counts
    }

    private func markErased(_ entry: UInt64, _ disposal: DisposalID) throws {
        let statement = try db.cachedStatement(
            sql: "INSERT INTO erased (entry, disposal, mac) VALUES (:entry, :disposal, :mac) ON CONFLICT DO NOTHING")
        try statement.execute(arguments: [
            "entry": Int64(entry), "disposal": disposal.bytes.data,
            "mac": rows.mac("erased", [Int64(entry).bytes, disposal.bytes]).data,
        ])
    }

    private func removeDocument(_ id: DocumentID, _ row: DisposalRow) throws {
        for version in try versions(of: id) { try markErased(version.entry, row.id) }
        let acts = try Row.fetchAll(
            db,
            sql: """
                SELECT entry FROM acts WHERE document = :id OR refers IN (SELECT id FROM acts WHERE document = :id)
                """, arguments: ["id": id.bytes.data])
        for act in acts { try markErased(try number(act, "entry"), row.id) }
        let arguments: StatementArguments = ["id": id.bytes.data]
        for sql in [
            "DELETE FROM scans WHERE rendition IN (SELECT id FROM renditions WHERE document = :id)",
            "DELETE FROM rights_items WHERE rendition IN (SELECT id FROM renditions WHERE document = :id)",
            "DELETE FROM acts WHERE document = :id OR refers IN (SELECT id FROM acts WHERE document = :id)",
            "DELETE FROM renditions WHERE document = :id", "DELETE FROM versions WHERE document = :id",
            "DELETE FROM imported WHERE document = :id", "DELETE FROM documents WHERE id = :id",
            "DELETE FROM reseals WHERE owner = 'document ' || lower(hex(:id))",
        ] {
            try db.execute(sql: sql, arguments: arguments)
        }
    }

    private func removeVersion(_ row: DisposalRow) throws {
        guard let document = row.document, let number = row.version else { return }
        for version in try versions(of: document) where version.number == number {
            try markErased(version.entry, row.id)
        }
        let arguments: StatementArguments = ["id": document.bytes.data, "number": number]
        for sql in [
            """
            DELETE FROM scans WHERE rendition IN
              (SELECT id FROM renditions WHERE document = :id AND version = :number)
            """,
            """
            DELETE FROM rights_items WHERE rendition IN
              (SELECT id FROM renditions WHERE document = :id AND version = :number)
            """,
            "DELETE FROM renditions WHERE document = :id AND version = :number",
            "DELETE FROM versions WHERE document = :id AND number = :number",
        ] {
            try db.execute(sql: sql, arguments: arguments)
        }
    }

    /// Leaves of a child one row, without a profile, so that the ledger's entries have something to be about.
    private func removeChild(_ row: DisposalRow) throws {
        let arguments: StatementArguments = ["id": row.child.bytes.data]
        for entry in try Row.fetchAll(
            db,
            sql: """
                SELECT entry FROM acts WHERE child = :id UNION SELECT versions.entry FROM versions
                  JOIN documents ON documents.id = versions.document WHERE documents.child = :id
                """, arguments: arguments)
        { try markErased(try number(entry, "entry"), row.id) }
        try db.execute(
            sql: """
                INSERT INTO erasing (disposal, object) SELECT :disposal, object FROM upload_parts WHERE upload IN
                  (SELECT id FROM uploads WHERE case_id IN (SELECT id FROM cases WHERE child = :id))
                """, arguments: arguments + ["disposal": row.id.bytes.data])
        for sql in Self.childTables { try db.execute(sql: sql, arguments: arguments) }
    }

    private static let childTables = [
        """
        DELETE FROM scans WHERE rendition IN (SELECT renditions.id FROM renditions
          JOIN documents ON documents.id = renditions.document WHERE documents.child = :id)
        """,
        "DELETE FROM rights_items WHERE request IN (SELECT id FROM rights_requests WHERE child = :id)",
        "DELETE FROM rights_offers WHERE child = :id",
        """
        DELETE FROM rights_items WHERE rendition IN (SELECT renditions.id FROM renditions
          JOIN documents ON documents.id = renditions.document WHERE documents.child = :id)
        """,
        "DELETE FROM acts WHERE child = :id", "DELETE FROM due WHERE child = :id",
        "DELETE FROM renditions WHERE document IN (SELECT id FROM documents WHERE child = :id)",
        "DELETE FROM versions WHERE document IN (SELECT id FROM documents WHERE child = :id)",
        "DELETE FROM imported WHERE document IN (SELECT id FROM documents WHERE child = :id)",
        """
        DELETE FROM reseals WHERE owner = 'child ' || lower(hex(:id))
          OR owner IN (SELECT 'document ' || lower(hex(id)) FROM documents WHERE child = :id)
        """,
        "DELETE FROM documents WHERE child = :id",
        """
        DELETE FROM upload_parts WHERE upload IN
          (SELECT id FROM uploads WHERE case_id IN (SELECT id FROM cases WHERE child = :id))
        """,
        "DELETE FROM uploads WHERE case_id IN (SELECT id FROM cases WHERE child = :id)",
        "DELETE FROM team WHERE case_id IN (SELECT id FROM cases WHERE child = :id)",
        "DELETE FROM cases WHERE child = :id", "UPDATE entries SET openings = NULL WHERE child = :id",
        "UPDATE children SET profile = zeroblob(0) WHERE id = :id",
    ]

    /// Leaves the identifier of a child that these records never knew, so that what was disposed of can be told.
    public func keepIdentifier(of child: ChildID, at moment: Instant) throws {
        try db.execute(
            sql: "INSERT INTO children (id, profile, added) VALUES (:id, zeroblob(0), :added) ON CONFLICT DO NOTHING",
            arguments: ["id": child.bytes.data, "added": moment.milliseconds])
    }

    /// Keeps the certificate (DER) of the key that signs the register.
    public func put(signerCertificate der: [UInt8]) throws {
        try db.execute(
            sql: "INSERT INTO signers (certificate, mac) VALUES (:certificate, :mac) ON CONFLICT DO NOTHING",
            arguments: ["certificate": der.data, "mac": rows.mac("signers", [der]).data])
    }

    /// Everything of it has been destroyed.
    public func settleErasure(_ disposal: DisposalID) throws {
        try db.execute(
            sql: "DELETE FROM erasing WHERE disposal = :id", arguments: ["id": disposal.bytes.data])
    }
}

extension ReadTransaction {
    public func disposal(_ id: DisposalID) throws -> DisposalRow? {
        try Row.fetchOne(db, sql: "SELECT * FROM disposals WHERE id = :id", arguments: ["id": id.bytes.data])
            .map(disposal)
    }

    /// The oldest first.
    public func disposals(_ states: Set<DisposalRow.State> = Set(DisposalRow.State.allCases)) throws -> [DisposalRow] {
        let words = states.map { "\"\($0.rawValue)\"" }.joined(separator: ",")
        return try Row.fetchAll(
            db,
            sql: """
                SELECT * FROM disposals WHERE state IN (SELECT value FROM json_each(:states)) ORDER BY changed, id
                """, arguments: ["states": "[\(words)]"]
        ).map(disposal)
    }

    /// What a disposal that is being carried out has yet to destroy.
    public func erasureWork(_ disposal: DisposalID) throws -> ErasureWork {
        let found = try Row.fetchAll(
            db, sql: "SELECT rendition, object FROM erasing WHERE disposal = :id",
            arguments: ["id": disposal.bytes.data])
        let objects = Set(try found.map { try digest($0, "object") })
        return ErasureWork(
            renditions: try found.compactMap { try optionalID($0, "rendition") },
            objects: try objects.filter { try !isReferenced($0) })
    }

    /// Whether what an entry recorded has been erased since.
    public func isErased(entry: UInt64) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: "SELECT entry, disposal, mac FROM erased WHERE entry = :entry")
        guard let row = try Row.fetchOne(statement, arguments: ["entry": Int64(clamping: entry)]) else { return false }
        let disposal: DisposalID = try id(row, "disposal")
        try rows.check(bytes(row, "mac"), "erased", [Int64(entry).bytes, disposal.bytes])
        return true
    }

    public func certificates() throws -> [CertificateRow] {
        try Row.fetchAll(db, sql: "SELECT * FROM certificates ORDER BY number").map(certificate)
    }

    public func certificate(of disposal: DisposalID) throws -> CertificateRow? {
        try Row.fetchOne(
            db, sql: "SELECT * FROM certificates WHERE disposal = :id", arguments: ["id": disposal.bytes.data]
        ).map(certificate)
    }

    /// Of every key that has signed the register, the present one and those before a restore (DER).
    public func signerCertificates() throws -> [[UInt8]] {
        try Row.fetchAll(db, sql: "SELECT * FROM signers").map { row in
            let der = bytes(row, "certificate")
            try rows.check(bytes(row, "mac"), "signers", [der])
            return der
        }
    }

    /// The one with the highest number.
    public func lastCertificate() throws -> CertificateRow? {
        try Row.fetchOne(db, sql: "SELECT * FROM certificates ORDER BY number DESC LIMIT 1").map(certificate)
    }

    public func certificate(number: Int64) throws -> CertificateRow? {
        try Row.fetchOne(
            db, sql: "SELECT * FROM certificates WHERE number = :number", arguments: ["number": number]
        ).map(certificate)
    }

    /// The numbers of a document's versions that have been erased.
    public func erasedVersions(of document: DocumentID) throws -> Set<Int64> {
        Set(
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM disposals
                    WHERE unit = 'version' AND document = :id AND state IN ('erasing', 'erased')
                    """, arguments: ["id": document.bytes.data]
            ).compactMap { try disposal($0).version })
    }

    func disposal(_ row: Row) throws -> DisposalRow {
        let disposal = DisposalRow(
            id: try id(row, "id"), unit: try word(row, "unit", DisposalRow.Unit.init), child: try id(row, "child"),
            document: try optionalID(row, "document"), version: row["version"],
            state: try word(row, "state", DisposalRow.State.init), body: bytes(row, "body"),
            changed: instant(row, "changed"))
        try rows.check(bytes(row, "mac"), "disposals", disposal.columns)
        return disposal
    }

    func certificate(_ row: Row) throws -> CertificateRow {
        let certificate = CertificateRow(
            number: row["number"], disposal: try id(row, "disposal"), issued: instant(row, "issued"),
            entry: try number(row, "entry"), text: bytes(row, "text"), signature: bytes(row, "signature"))
        try rows.check(bytes(row, "mac"), "certificates", certificate.columns)
        return certificate
    }
}
