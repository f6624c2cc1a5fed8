internal import GRDB

/// That a package waits for the one who asked, to be fetched once by that person's own account.
public struct RightsOfferRow: Hashable, Sendable {
    public let id: RightsOfferID
    public let request: RightsRequestID
    public let child: ChildID
    /// Who may fetch it.
    public let recipient: PersonID
    /// Who hands it over: what this person may open is opened.
    public let officer: PersonID
    public let made: Instant
    public let expires: Instant
    public var taken: Instant?
    public var withdrawn: Instant?

    public init(
        id: RightsOfferID, request: RightsRequestID, child: ChildID, recipient: PersonID, officer: PersonID,
        made: Instant, expires: Instant, taken: Instant? = nil, withdrawn: Instant? = nil
    ) {
        self.id = id
        self.request = request
        self.child = child
        self.recipient = recipient
        self.officer = officer
        self.made = made
        self.expires = expires
        self.taken = taken
        self.withdrawn = withdrawn
    }

    fileprivate var columns: [[UInt8]] {
        [
            id.bytes, request.bytes, child.bytes, recipient.bytes, officer.bytes, made.bytes, expires.bytes,
            taken.bytes, withdrawn.bytes,
        ]
    }
}

extension WriteTransaction {
    /// Inserts an offer, or replaces the row of the same identifier.
    public func put(_ row: RightsOfferRow) throws {
        try db.execute(
            sql: """
                INSERT INTO rights_offers
                  (id, request, child, recipient, officer, made, expires, taken, withdrawn, mac)
                VALUES (:id, :request, :child, :recipient, :officer, :made, :expires, :taken, :withdrawn, :mac)
                ON CONFLICT (id) DO UPDATE SET taken = excluded.taken, withdrawn = excluded.withdrawn,
                  mac = excluded.mac
                """,
            arguments: [
                "id": row.id.bytes.data, "request": row.request.bytes.data, "child": row.child.bytes.data,
                "recipient": row.recipient.bytes.data, "officer": row.officer.bytes.data,
                "made": row.made.milliseconds, "expires": row.expires.milliseconds,
                "taken": row.taken?.milliseconds, "withdrawn": row.withdrawn?.milliseconds,
                "mac": rows.mac("rights_offers", row.columns).data,
            ])
    }
}

extension ReadTransaction {
    public func rightsOffer(_ id: RightsOfferID) throws -> RightsOfferRow? {
        try Row.fetchOne(
            db, sql: "SELECT * FROM rights_offers WHERE id = :id", arguments: ["id": id.bytes.data]
        ).map(rightsOffer)
    }

    /// What one person was offered, the newest first.
    public func rightsOffers(to recipient: PersonID) throws -> [RightsOfferRow] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM rights_offers WHERE recipient = :recipient ORDER BY made DESC, id",
            arguments: ["recipient": recipient.bytes.data]
        ).map(rightsOffer)
    }

    /// The offers of one answer, the newest first.
    public func rightsOffers(of request: RightsRequestID) throws -> [RightsOfferRow] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM rights_offers WHERE request = :request ORDER BY made DESC, id",
            arguments: ["request": request.bytes.data]
        ).map(rightsOffer)
    }

    func rightsOffer(_ row: Row) throws -> RightsOfferRow {
        let offer = RightsOfferRow(
            id: try id(row, "id"), request: try id(row, "request"), child: try id(row, "child"),
            recipient: try id(row, "recipient"), officer: try id(row, "officer"), made: instant(row, "made"),
            expires: instant(row, "expires"), taken: optionalInstant(row, "taken"),
            withdrawn: optionalInstant(row, "withdrawn"))
        try rows.check(bytes(row, "mac"), "rights_offers", offer.columns)
        return offer
    }
}

extension RecordsSchema {
    static let offers = """
        CREATE TABLE rights_offers (
          id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
          request BLOB NOT NULL REFERENCES rights_requests,
          child BLOB NOT NULL REFERENCES children,
          recipient BLOB NOT NULL REFERENCES people,
          officer BLOB NOT NULL REFERENCES people,
          made INTEGER NOT NULL,
          expires INTEGER NOT NULL,
          taken INTEGER,
          withdrawn INTEGER,
          mac BLOB NOT NULL
        ) STRICT;
        CREATE INDEX rights_offers_of_request ON rights_offers (request);
        CREATE INDEX rights_offers_of_child ON rights_offers (child);
        CREATE INDEX rights_offers_to ON rights_offers (recipient);
        CREATE INDEX rights_offers_by ON rights_offers (officer);
        """
}
