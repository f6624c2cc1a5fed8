internal import GRDB
public import Sealing

/// The last verdict of the malware scanner on a rendition. A rendition without one was never scanned.
public struct ScanRow: Hashable, Sendable {
    public let rendition: RenditionID
    /// What was scanned: the verdict is about these bytes and no others.
    public let object: Digest
    /// The signature that it matched; `nil` when it was clean.
    public let found: String?
    public let engine: ScanEngine
    public let scanned: Instant
    /// The ledger entry that recorded it.
    public let entry: UInt64

    public init(
        rendition: RenditionID, object: Digest, found: String?, engine: ScanEngine, scanned: Instant, entry: UInt64
    ) {
        self.rendition = rendition
        self.object = object
        self.found = found
        self.engine = engine
        self.scanned = scanned
        self.entry = entry
    }

    /// Without a signature one column fewer, which no name can stand for: the columns are counted.
    fileprivate var columns: [[UInt8]] {
        [rendition.bytes, object.bytes] + (found.map { [$0.bytes] } ?? [])
            + [engine.version.bytes, engine.signatures.bytes, scanned.bytes, Int64(entry).bytes]
    }
}

/// That from a moment on nothing is kept unscanned. It is never taken back.
public struct ScanningRow: Hashable, Sendable {
    public let since: Instant
    public let entry: UInt64

    public init(since: Instant, entry: UInt64) {
        self.since = since
        self.entry = entry
    }

    fileprivate var columns: [[UInt8]] { [Int64(1).bytes, since.bytes, Int64(entry).bytes] }
}

extension WriteTransaction {
    /// Keeps a verdict, in the place of an earlier one on the same rendition.
    public func put(_ scan: ScanRow) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO scans (rendition, object, found, version, signatures, scanned, entry, mac)
                VALUES (:rendition, :object, :found, :version, :signatures, :scanned, :entry, :mac)
                ON CONFLICT (rendition) DO UPDATE SET object = excluded.object, found = excluded.found,
                  version = excluded.version, signatures = excluded.signatures, scanned = excluded.scanned,
                  entry = excluded.entry, mac = excluded.mac
                """)
        try statement.execute(arguments: [
            "rendition": scan.rendition.bytes.data, "object": scan.object.bytes.data, "found": scan.found,
            "version": scan.engine.version, "signatures": scan.engine.signatures,
            "scanned": scan.scanned.milliseconds, "entry": Int64(scan.entry),
            "mac": rows.mac("scans", scan.columns).data,
        ])
    }

    public func insert(_ scanning: ScanningRow) throws {
        try db.execute(
            sql: "INSERT INTO scanning (required, since, entry, mac) VALUES (1, :since, :entry, :mac)",
            arguments: [
                "since": scanning.since.milliseconds, "entry": Int64(scanning.entry),
                "mac": rows.mac("scanning", scanning.columns).data,
            ])
    }
}

extension ReadTransaction {
    /// `nil` where scans are not required.
    public func scanning() throws -> ScanningRow? {
        let statement = try db.cachedStatement(sql: "SELECT * FROM scanning")
        return try Row.fetchOne(statement).map(scanning)
    }

    /// `nil` when the rendition was never scanned.
    public func scan(of rendition: RenditionID) throws -> ScanRow? {
        let statement = try db.cachedStatement(sql: "SELECT * FROM scans WHERE rendition = :rendition")
        return try Row.fetchOne(statement, arguments: ["rendition": rendition.bytes.data]).map(scan)
    }

    /// Every verdict on a document of this case.
    public func scans(of caseID: CaseID) throws -> [RenditionID: ScanRow] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT scans.* FROM documents JOIN renditions ON renditions.document = documents.id
                JOIN scans ON scans.rendition = renditions.id WHERE documents.case_id = :case_id
                """)
        let found = try Row.fetchAll(statement, arguments: ["case_id": caseID.bytes.data]).map(scan)
        return found.reduce(into: [:]) { $0[$1.rendition] = $1 }
    }

    /// Every verdict on a rendition of this document.
    public func scans(of document: DocumentID) throws -> [RenditionID: ScanRow] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT scans.* FROM renditions JOIN scans ON scans.rendition = renditions.id
                WHERE renditions.document = :document
                """)
        let found = try Row.fetchAll(statement, arguments: ["document": document.bytes.data]).map(scan)
        return found.reduce(into: [:]) { $0[$1.rendition] = $1 }
    }

    /// A page of the documents that have a rendition without a verdict, by identifier.
    public func unscannedDocuments(after id: DocumentID?, limit: Int) throws -> [DocumentID] {
        let found = try Row.fetchAll(
            db,
            sql: """
                SELECT DISTINCT document FROM renditions WHERE document > :id
                AND NOT EXISTS (SELECT 1 FROM scans WHERE scans.rendition = renditions.id)
                ORDER BY document LIMIT :limit
                """, arguments: ["id": (id?.bytes ?? []).data, "limit": limit])
        return try found.map { try self.id($0, "document") }
    }

    /// How many renditions have no verdict, and how many a bad one.
    public func scanCounts() throws -> (unscanned: Int, found: Int) {
        let unscanned = try Int.fetchOne(
            db,
            sql: """
                SELECT count(*) FROM renditions
                WHERE NOT EXISTS (SELECT 1 FROM scans WHERE scans.rendition = renditions.id)
                """)
        let found = try Int.fetchOne(db, sql: "SELECT count(*) FROM scans WHERE found IS NOT NULL")
        return (unscanned ?? 0, found ?? 0)
    }

    /// Whether the requirement of scans refers to this entry.
    public func hasScanning(entry: UInt64) throws -> Bool {
        try Row.fetchOne(
            db, sql: "SELECT 1 FROM scanning WHERE entry = :entry", arguments: ["entry": Int64(clamping: entry)]) != nil
    }

    func scan(_ row: Row) throws -> ScanRow {
        let scan = ScanRow(
            rendition: try id(row, "rendition"), object: try digest(row, "object"), found: row["found"],
            engine: ScanEngine(version: row["version"], signatures: row["signatures"]),
            scanned: instant(row, "scanned"), entry: try number(row, "entry"))
        try rows.check(bytes(row, "mac"), "scans", scan.columns)
        return scan
    }

    func scanning(_ row: Row) throws -> ScanningRow {
        let scanning = ScanningRow(since: instant(row, "since"), entry: try number(row, "entry"))
        try rows.check(bytes(row, "mac"), "scanning", scanning.columns)
        return scanning
    }
}
