internal import GRDB
public import Sealing

/// The secret that a person's authenticator shares with the vault.
public struct SecondFactorRow: Hashable, Sendable {
    public let person: PersonID
    /// Sealed under the vault's records key.
    public let secret: [UInt8]
    /// `nil` until a first code has shown that the authenticator has the secret.
    public let confirmed: Instant?
    /// The last step for which a code was accepted: a code works once.
    public let step: Int64

    public init(person: PersonID, secret: [UInt8], confirmed: Instant?, step: Int64) {
        self.person = person
        self.secret = secret
        self.confirmed = confirmed
        self.step = step
    }

    fileprivate var columns: [[UInt8]] { [person.bytes, secret, confirmed.bytes, step.bytes] }
}

/// A recovery code that was not used yet. The code itself is kept nowhere.
public struct RecoveryCodeRow: Hashable, Sendable {
    public let person: PersonID
    public let digest: Digest

    public init(person: PersonID, digest: Digest) {
        self.person = person
        self.digest = digest
    }

    fileprivate var columns: [[UInt8]] { [person.bytes, digest.bytes] }
}

extension WriteTransaction {
    /// Inserts a second factor, or replaces the person's.
    public func put(_ factor: SecondFactorRow) throws {
        try db.execute(
            sql: """
                INSERT INTO second_factors (person, secret, confirmed, step, mac)
                VALUES (:person, :secret, :confirmed, :step, :mac)
                ON CONFLICT (person) DO UPDATE SET secret = excluded.secret, confirmed = excluded.confirmed,
                  step = excluded.step, mac = excluded.mac
                """,
            arguments: [
                "person": factor.person.bytes.data, "secret": factor.secret.data,
                "confirmed": factor.confirmed?.milliseconds, "step": factor.step,
                "mac": rows.mac("second_factors", factor.columns).data,
            ])
    }

    /// Removes a person's second factor, and the recovery codes that stand in for it.
    public func removeSecondFactor(of person: PersonID) throws {
        try db.execute(
            sql: "DELETE FROM second_factors WHERE person = :person", arguments: ["person": person.bytes.data])
        try replaceRecoveryCodes(of: person, with: [])
    }

    /// New recovery codes kill the old.
    public func replaceRecoveryCodes(of person: PersonID, with digests: [Digest]) throws {
        try db.execute(
            sql: "DELETE FROM recovery_codes WHERE person = :person", arguments: ["person": person.bytes.data])
        for digest in digests {
            let code = RecoveryCodeRow(person: person, digest: digest)
            try db.execute(
                sql: "INSERT INTO recovery_codes (person, digest, mac) VALUES (:person, :digest, :mac)",
                arguments: [
                    "person": person.bytes.data, "digest": digest.bytes.data,
                    "mac": rows.mac("recovery_codes", code.columns).data,
                ])
        }
    }

    /// Uses a recovery code up.
    ///
    /// - Returns: whether the person had it.
    public func spend(_ code: RecoveryCodeRow) throws -> Bool {
        guard try recoveryCodes(of: code.person).contains(code) else { return false }
        try remove(code)
        return true
    }

    public func remove(_ code: RecoveryCodeRow) throws {
        try db.execute(
            sql: "DELETE FROM recovery_codes WHERE person = :person AND digest = :digest",
            arguments: ["person": code.person.bytes.data, "digest": code.digest.bytes.data])
    }
}

extension ReadTransaction {
    public func secondFactor(of person: PersonID) throws -> SecondFactorRow? {
        try Row.fetchOne(
            db, sql: "SELECT * FROM second_factors WHERE person = :person", arguments: ["person": person.bytes.data]
        ).map(secondFactor)
    }

    /// Everybody who has one that counts.
    public func peopleWithSecondFactor() throws -> [PersonID] {
        try Row.fetchAll(db, sql: "SELECT * FROM second_factors WHERE confirmed IS NOT NULL").map {
            try secondFactor($0).person
        }
    }

    public func recoveryCodes(of person: PersonID) throws -> [RecoveryCodeRow] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM recovery_codes WHERE person = :person", arguments: ["person": person.bytes.data]
        ).map(recoveryCode)
    }

    public func recoveryCodes() throws -> [RecoveryCodeRow] {
        try Row.fetchAll(db, sql: "SELECT * FROM recovery_codes ORDER BY person").map(recoveryCode)
    }

    func secondFactor(_ row: Row) throws -> SecondFactorRow {
        let factor = SecondFactorRow(
            person: try id(row, "person"), secret: bytes(row, "secret"),
            confirmed: optionalInstant(row, "confirmed"), step: row["step"])
        try rows.check(bytes(row, "mac"), "second_factors", factor.columns)
        return factor
    }

    func recoveryCode(_ row: Row) throws -> RecoveryCodeRow {
        let code = RecoveryCodeRow(person: try id(row, "person"), digest: try digest(row, "digest"))
        try rows.check(bytes(row, "mac"), "recovery_codes", code.columns)
        return code
    }
}
