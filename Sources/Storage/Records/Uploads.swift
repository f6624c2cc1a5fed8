internal import GRDB
internal import Rules
public import Sealing

/// A document that comes in several pieces, until it is whole.
public struct UploadRow: Hashable, Sendable {
    public let id: UploadID
    public let person: PersonID
    public let caseID: CaseID
    /// Of all of it, in bytes.
    public let byteCount: UInt64
    /// What it will be and the key of its pieces, sealed under the child's key.
    public let sealed: [UInt8]
    public let expires: Instant

    public init(
        id: UploadID, person: PersonID, caseID: CaseID, byteCount: UInt64, sealed: [UInt8], expires: Instant
    ) {
        self.id = id
        self.person = person
        self.caseID = caseID
        self.byteCount = byteCount
        self.sealed = sealed
        self.expires = expires
    }

    fileprivate var columns: [[UInt8]] {
        [id.bytes, person.bytes, caseID.bytes, Int64(byteCount).bytes, sealed, expires.bytes]
    }
}

/// A piece of an upload: an object like any other, under the upload's key.
public struct UploadPart: Hashable, Sendable {
    public let upload: UploadID
    public let number: Int64
    public let object: Digest
    public let byteCount: UInt64

    public init(upload: UploadID, number: Int64, object: Digest, byteCount: UInt64) {
        self.upload = upload
        self.number = number
        self.object = object
        self.byteCount = byteCount
    }

    fileprivate var columns: [[UInt8]] { [upload.bytes, number.bytes, object.bytes, Int64(byteCount).bytes] }
}

extension WriteTransaction {
    public func insert(_ upload: UploadRow) throws {
        try db.execute(
            sql: """
                INSERT INTO uploads (id, person, case_id, byte_count, sealed, expires, mac)
                VALUES (:id, :person, :case, :count, :sealed, :expires, :mac)
                """,
            arguments: [
                "id": upload.id.bytes.data, "person": upload.person.bytes.data, "case": upload.caseID.bytes.data,
                "count": Int64(upload.byteCount), "sealed": upload.sealed.data,
                "expires": upload.expires.milliseconds, "mac": rows.mac("uploads", upload.columns).data,
            ])
    }

    public func insert(_ part: UploadPart) throws {
        try db.execute(
            sql: """
                INSERT INTO upload_parts (upload, number, object, byte_count, mac)
                VALUES (:upload, :number, :object, :count, :mac)
                """,
            arguments: [
                "upload": part.upload.bytes.data, "number": part.number, "object": part.object.bytes.data,
                "count": Int64(part.byteCount), "mac": rows.mac("upload_parts", part.columns).data,
            ])
    }

    /// Removes an upload and its pieces' rows.
    public func removeUpload(_ id: UploadID) throws {
        try db.execute(sql: "DELETE FROM upload_parts WHERE upload = :id", arguments: ["id": id.bytes.data])
        try db.execute(sql: "DELETE FROM uploads WHERE id = :id", arguments: ["id": id.bytes.data])
    }

    /// Removes the rows of pieces from this number on.
    public func removeParts(of id: UploadID, from number: Int64) throws {
        try db.execute(
            sql: "DELETE FROM upload_parts WHERE upload = :id AND number >= :number",
            arguments: ["id": id.bytes.data, "number": number])
    }
}

extension ReadTransaction {
    public func upload(_ id: UploadID) throws -> UploadRow? {
        try Row.fetchOne(db, sql: "SELECT * FROM uploads WHERE id = :id", arguments: ["id": id.bytes.data]).map(upload)
    }

    public func uploads(expiredBy now: Instant) throws -> [UploadRow] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM uploads WHERE expires <= :now", arguments: ["now": now.milliseconds]
        ).map(upload)
    }

    public func uploadCount(of person: PersonID) throws -> Int {
        try Int.fetchOne(
            db, sql: "SELECT count(*) FROM uploads WHERE person = :person", arguments: ["person": person.bytes.data])
            ?? 0
    }

    /// The pieces, in order.
    public func parts(of id: UploadID) throws -> [UploadPart] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM upload_parts WHERE upload = :id ORDER BY number", arguments: ["id": id.bytes.data]
        ).map(part)
    }

    private func upload(_ row: Row) throws -> UploadRow {
        let upload = UploadRow(
            id: try id(row, "id"), person: try id(row, "person"), caseID: try id(row, "case_id"),
            byteCount: try number(row, "byte_count"), sealed: bytes(row, "sealed"), expires: instant(row, "expires"))
        try rows.check(bytes(row, "mac"), "uploads", upload.columns)
        return upload
    }

    private func part(_ row: Row) throws -> UploadPart {
        let part = UploadPart(
            upload: try id(row, "upload"), number: row["number"], object: try digest(row, "object"),
            byteCount: try number(row, "byte_count"))
        try rows.check(bytes(row, "mac"), "upload_parts", part.columns)
        return part
    }
}
