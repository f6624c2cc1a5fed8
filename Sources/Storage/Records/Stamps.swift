internal import GRDB

/// An authority's time stamp of a certificate of disposal.
public struct StampRow: Hashable, Sendable {
    /// The certificate's number.
    public let certificate: Int64
    /// What the authority's clock showed.
    public let time: Instant
    /// The ledger entry that holds the signature's digest.
    public let entry: UInt64
    /// The certificate's signature, with the time stamp in it (DER).
    public let signature: [UInt8]

    public init(certificate: Int64, time: Instant, entry: UInt64, signature: [UInt8]) {
        self.certificate = certificate
        self.time = time
        self.entry = entry
        self.signature = signature
    }

    fileprivate var columns: [[UInt8]] { [certificate.bytes, time.bytes, Int64(entry).bytes, signature] }
}

extension WriteTransaction {
    public func insert(_ row: StampRow) throws {
        try db.execute(
            sql: """
                INSERT INTO stamps (certificate, time, entry, signature, mac)
                VALUES (:certificate, :time, :entry, :signature, :mac)
                """,
            arguments: [
                "certificate": row.certificate, "time": row.time.milliseconds, "entry": Int64(row.entry),
                "signature": row.signature.data, "mac": rows.mac("stamps", row.columns).data,
            ])
    }
}

extension ReadTransaction {
    /// Of the certificate with this number.
    public func stamp(of certificate: Int64) throws -> StampRow? {
        try Row.fetchOne(
            db, sql: "SELECT * FROM stamps WHERE certificate = :certificate", arguments: ["certificate": certificate]
        ).map(stamp)
    }

    public func stamps() throws -> [StampRow] {
        try Row.fetchAll(db, sql: "SELECT * FROM stamps ORDER BY certificate").map(stamp)
    }

    func stamp(_ row: Row) throws -> StampRow {
        let stamp = StampRow(
            certificate: row["certificate"], time: instant(row, "time"), entry: try number(row, "entry"),
            signature: bytes(row, "signature"))
        try rows.check(bytes(row, "mac"), "stamps", stamp.columns)
        return stamp
    }
}

extension RecordsSchema {
    /// A migration like those beside it, frozen once it has shipped.
    static let stamps = """
        CREATE TABLE stamps (
          certificate INTEGER NOT NULL PRIMARY KEY REFERENCES certificates,
          time INTEGER NOT NULL,
          entry INTEGER NOT NULL UNIQUE REFERENCES entries,
          signature BLOB NOT NULL,
          mac BLOB NOT NULL
        ) STRICT;
        CREATE TRIGGER stamps_stay BEFORE DELETE ON stamps
          BEGIN SELECT RAISE(ABORT, 'the disposal register is permanent'); END;
        CREATE TRIGGER stamps_keep BEFORE UPDATE ON stamps
          BEGIN SELECT RAISE(ABORT, 'the disposal register is permanent'); END;
        """
}
