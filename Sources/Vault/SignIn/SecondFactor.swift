internal import Ledger
internal import Rules
public import Sealing
internal import Storage

/// What an authenticator app takes to show codes for an account: shown once.
public struct SecondFactorOffer: Sendable {
    /// In base32, to be typed.
    public let secret: [UInt8]
    /// `otpauth://totp/…`, to be shown as a picture.
    public let uri: [UInt8]
}

/// What became of a code.
enum Proof: Hashable, Sendable {
    /// The account has no second factor.
    case unnecessary
    case missing, wrong
    case authenticator, recoveryCode

    var refusal: VaultError? {
        switch self {
        case .unnecessary, .authenticator, .recoveryCode: nil
        case .missing: .secondFactorNeeded
        case .wrong: .wrongCode
        }
    }

    var isSecondFactor: Bool { self == .authenticator || self == .recoveryCode }

    /// In the ledger.
    var word: String {
        switch self {
        case .unnecessary: "password"
        case .missing: "code-needed"
        case .wrong: "code"
        case .authenticator: "authenticator"
        case .recoveryCode: "recovery-code"
        }
    }
}

extension DocumentVault {
    private static let recoveryCodeCount = 10

    /// Offers a secret for an authenticator. It counts once a code has shown that the authenticator has it; another offer replaces it.
    ///
    /// - Throws: `VaultError.needsSession`; `.alreadySo` when the account has a second factor: it has to be removed first.
    public func offerSecondFactor(as caller: Caller) async throws -> SecondFactorOffer {
        try await requireWritable()
        _ = try await requireSession(caller)
        let names = try await ownNames(caller)
        let (sealed, offer) = try newSecondFactor(caller.person, username: names.username)
        let row = try row(Event(.secondFactorOffered, by: caller).on(["person": "\(caller.person)"]))
        try await records.write { transaction in
            guard try transaction.secondFactor(of: caller.person)?.confirmed == nil else {
                throw VaultError.alreadySo("Your account has a second factor")
            }
            try transaction.put(SecondFactorRow(person: caller.person, secret: sealed, confirmed: nil, step: -1))
            _ = try transaction.append(row)
        }
        return offer
    }

    /// Makes the secret that was offered count, given a code that comes from it.
    ///
    /// - Returns: recovery codes, shown once.
    /// - Throws: `VaultError.needsSession`, `.wrongCode`, `.noSecondFactor` without an offer, `.alreadySo`.
    public func confirmSecondFactor(_ code: Key, as caller: Caller) async throws -> [[UInt8]] {
        try await requireWritable()
        _ = try await requireSession(caller)
        let codes = try newRecoveryCodes(caller.person)
        let now = environment.now()
        let outcome: Result<Void, VaultError> = try await records.write { transaction in
            guard let factor = try transaction.secondFactor(of: caller.person) else { return .failure(.noSecondFactor) }
            guard factor.confirmed == nil else { return .failure(.alreadySo("Your account has a second factor")) }
            guard let step = try acceptedStep(code, factor) else {
                let event = Event(.proofRefused, by: caller).with(["reason": Proof.wrong.word])
                _ = try transaction.append(try row(event))
                return .failure(.wrongCode)
            }
            try transaction.put(
                SecondFactorRow(person: factor.person, secret: factor.secret, confirmed: now, step: step))
            try transaction.replaceRecoveryCodes(of: factor.person, with: codes.map(\.digest))
            _ = try transaction.append(
                try row(Event(.secondFactorAdded, by: caller).on(["person": "\(caller.person)"])))
            return .success(())
        }
        try outcome.get()
        return codes.map(\.text)
    }

    /// Removes the second factor, given a code of it or a recovery code.
    ///
    /// - Throws: `VaultError.needsSession`, `.noSecondFactor`, `.wrongCode`, `.tooManyAttempts`.
    public func removeSecondFactor(_ code: Key, as caller: Caller) async throws {
        let event = Event(.secondFactorRemoved, by: caller).on(["person": "\(caller.person)"])
        try await change(event, provenBy: code, caller) { try $0.removeSecondFactor(of: caller.person) }
    }

    /// New recovery codes, which kill the old. They take a code: whoever has come by a session must not make a second factor of their own.
    ///
    /// - Returns: the codes, shown once.
    /// - Throws: as `removeSecondFactor`.
    public func makeRecoveryCodes(_ code: Key, as caller: Caller) async throws -> [[UInt8]] {
        let codes = try newRecoveryCodes(caller.person)
        let event = Event(.recoveryCodesMade, by: caller).on(["person": "\(caller.person)"])
        try await change(event, provenBy: code, caller) {
            try $0.replaceRecoveryCodes(of: caller.person, with: codes.map(\.digest))
        }
        return codes.map(\.text)
    }

    /// Changes the second factor of somebody who proves to have it. A wrong code counts as a failed sign-in.
    private func change(
        _ event: Event, provenBy code: Key, _ caller: Caller,
        _ work: @escaping @Sendable (WriteTransaction) throws -> Void
    ) async throws {
        try await requireWritable()
        _ = try await requireSession(caller)
        let attempt = try await spend(try await ownRow(caller).username, by: caller)
        let outcome: Result<Void, VaultError> = try await records.write { transaction in
            let proof = try prove(code, for: caller.person, in: transaction)
            guard proof != .unnecessary else {
                try transaction.refund(attempt)
                return .failure(.noSecondFactor)
            }
            if let refusal = proof.refusal {
                _ = try transaction.append(
                    try row(Event(.proofRefused, by: caller).with(["reason": proof.word])))
                return .failure(refusal)
            }
            try transaction.removeAttempt(attempt.counted.name)
            try work(transaction)
            _ = try transaction.append(try row(event.with(["factor": proof.word])))
            return .success(())
        }
        try outcome.get()
    }

    /// Compares a code and uses it up.
    func prove(_ code: Key?, for person: PersonID, in transaction: WriteTransaction) throws -> Proof {
        guard let factor = try transaction.secondFactor(of: person), factor.confirmed != nil else {
            return .unnecessary
        }
        guard let code else { return .missing }
        if let step = try acceptedStep(code, factor) {
            try transaction.put(
                SecondFactorRow(person: person, secret: factor.secret, confirmed: factor.confirmed, step: step))
            return .authenticator
        }
        for pepper in keys.versions(of: .pepper) {
            guard let digest = try RecoveryCode.digest(of: code.secret, under: recoveryKey(person, pepper)) else {
                break
            }
            let kept = KeyedMark.make(digest, version: pepper.version)
            if try transaction.spend(RecoveryCodeRow(person: person, digest: kept)) { return .recoveryCode }
        }
        return .wrong
    }

    private func acceptedStep(_ code: Key, _ factor: SecondFactorRow) throws -> Int64? {
        let secret = try keys.fields.secret.openSecret(factor.secret, facts: secretFacts(factor.person).bytes)
        return try TOTP.acceptedStep(
            code.secret, secret: secret, at: environment.now().milliseconds / 1000, after: factor.step)
    }

    private func newSecondFactor(
        _ person: PersonID, username: String
    ) throws -> (sealed: [UInt8], offer: SecondFactorOffer) {
        let secret = try SecretBytes(count: TOTP.secretByteCount, from: environment.random)
        let sealed = try keys.fields.secret.seal(
            secret, facts: secretFacts(person).bytes, random: environment.random)
        let text = TOTP.exposedText(secret)
        let issuer = PercentEncoding.escaped(origin.prefix { $0 != "/" })
        let start = "otpauth://totp/\(issuer):\(PercentEncoding.escaped(username))?secret="
        let end = "&issuer=\(issuer)&algorithm=SHA1&digits=\(TOTP.digits)&period=\(TOTP.stepSeconds)"
        return (sealed, SecondFactorOffer(secret: text, uri: Array(start.utf8) + text + Array(end.utf8)))
    }

    private func secretFacts(_ person: PersonID) -> Facts {
        Facts.field(table: "second_factors", column: "secret", row: person.bytes, owner: id.bytes)
    }

    private func newRecoveryCodes(_ person: PersonID) throws -> [(text: [UInt8], digest: Digest)] {
        let pepper = keys.service(.pepper)
        let key = try recoveryKey(person, pepper)
        return try (0..<Self.recoveryCodeCount).map { _ in
            let code = try RecoveryCode.make(under: key, random: environment.random)
            return (code.text, KeyedMark.make(code.digest, version: pepper.version))
        }
    }

    private func recoveryKey(_ person: PersonID, _ pepper: Keychain.VersionedKey) throws -> Key {
        try pepper.key.derive(Facts("recovery", person.bytes))
    }
}
