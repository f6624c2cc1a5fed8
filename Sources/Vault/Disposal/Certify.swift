internal import Foundation
internal import Ledger
internal import Rules
internal import Sealing
public import Storage

/// A disposal certificate as it stands in the register: JSON, and a detached CMS signature over its bytes.
public struct DisposalCertificate: Hashable, Sendable {
    public let number: Int64
    public let text: [UInt8]
    /// DER.
    public let signature: [UInt8]
    /// When the signature existed by an authority's word, which is in it; `nil` while nobody was asked.
    public let stamped: Instant?
}

/// What a certificate says. It names no person and nobody's child: identifiers are random numbers that only this vault knew.
///
/// Source: the fields are those of Great Yarmouth's published disposal policy and the Code of Practice under FOIA 2000 s.46; the
/// method is cryptographic erase as NIST SP 800-88 and NCSC guidance describe it. BS EN 15713 is for paper and is not claimed.
public struct CertificateText: Hashable, Sendable, Codable {
    public struct Register: Hashable, Sendable, Codable {
        public let number: Int64
        public let vault: String
        /// SHA-256 of the certificate before this one, in hexadecimal; empty in the first.
        public let previous: String
    }

    public struct Subject: Hashable, Sendable, Codable {
        public let unit: String
        public let child: String
        public let document: String?
        public let version: Int64?
        public let categories: [String]
        public let firstReceived: String?
        public let lastReceived: String?
        public let documents: Int
        public let versions: Int
        public let renditions: Int
        public let byteCount: UInt64
        public let formats: [String]
    }

    public struct Authority: Hashable, Sendable, Codable {
        public let ground: String
        public let reason: String
        public let rule: DisposalRule?
        public let listed: Hand
        public let reviewed: Hand?
        public let approved: Hand?
        public let coolingUntil: String?
    }

    public struct Hand: Hashable, Sendable, Codable {
        public let role: String
        public let at: String
    }

    public struct Execution: Hashable, Sendable, Codable {
        public let method: String
        public let standard: String
        public let equipment: String
        public let `operator`: Hand?
        public let wrapsDestroyed: Int
        public let executed: String
        public let verified: String
        public let verification: [DisposalCheck]
        public let exceptions: [String]
    }

    public struct Residue: Hashable, Sendable, Codable {
        /// The day on which the last keyring backup ends that could open it; `nil` when there is none.
        public let lastKeyringBackupExpires: String?
        public let note: String
    }

    public struct LedgerEvidence: Hashable, Sendable, Codable {
        /// The entry with which the erasure began.
        public let entry: UInt64
        /// Its bytes, in Base64.
        public let leaf: String
        /// A C2SP tlog-proof file that the ledger has it.
        public let proof: String
        public let vkey: String
    }

    public let format: String
    public let register: Register
    public let subject: Subject
    public let authority: Authority
    public let checks: [DisposalCheck]
    public let execution: Execution
    public let backups: Residue
    /// Of those who have had it, how many were told.
    public let copies: [Copies]
    public let ledger: LedgerEvidence
}

extension DocumentVault {
    /// Seconds for which the certificate of a signing key holds: about ten years.
    private static let signerLife: Int64 = 3653 * 86_400

    /// Writes the certificate into the register, and that it is done into the records: one transaction.
    func certify(_ row: DisposalRow, _ verification: [DisposalCheck]) async throws -> DisposalCertificate {
        let body = try body(of: row)
        let evidence = try await evidence(body)
        let signer = try await signer()
        let now = environment.now()
        let expires = try await lastKeyringBackupExpiry().flatMap { $0 > now ? $0 : nil }
        let (number, previous) = try await records.read { transaction in
            let last = try transaction.lastCertificate()
            return ((last?.number ?? 0) + 1, last.map { Digest.sha256($0.text).hex } ?? "")
        }
        let certificate = CertificateText(
            format: "muniment disposal certificate v1",
            register: .init(number: number, vault: origin, previous: previous), subject: Self.subject(row, body),
            authority: Self.authority(body), checks: body.checks,
            execution: execution(body, verification, at: now), backups: Self.residue(expires),
            copies: body.copies ?? [], ledger: evidence)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        let text = try [UInt8](encoder.encode(certificate)) + [0x0a]
        let signature = try signer.sign(text, at: now.milliseconds / 1000).der
        let log = try self.row(
            event(.erasureCertified, row, nil).with(["number": String(number), "sha256": Digest.sha256(text).hex]))
        try await records.write { transaction in
            guard (try transaction.lastCertificate()?.number ?? 0) == number - 1 else {
                throw VaultError.changedMeanwhile
            }
            var row = row
            row.state = .erased
            row.changed = now
            try transaction.put(row)
            let entry = try transaction.append(log)
            try transaction.insert(
                CertificateRow(
                    number: number, disposal: row.id, issued: now, entry: entry, text: text, signature: signature))
            try transaction.settleErasure(row.id)
        }
        return DisposalCertificate(number: number, text: text, signature: signature, stamped: nil)
    }

    private static func subject(_ row: DisposalRow, _ body: DisposalBody) -> CertificateText.Subject {
        let counts = body.counts ?? ErasedCounts()
        return CertificateText.Subject(
            unit: row.unit.rawValue, child: "\(row.child)", document: row.document.map { "\($0)" },
            version: row.version, categories: counts.categories, firstReceived: counts.first?.text,
            lastReceived: counts.last?.text, documents: counts.documents, versions: counts.versions,
            renditions: counts.renditions, byteCount: counts.byteCount, formats: counts.mediaTypes)
    }

    private static func authority(_ body: DisposalBody) -> CertificateText.Authority {
        CertificateText.Authority(
            ground: body.ground.rawValue, reason: body.reason, rule: body.rule, listed: body.listed.told,
            reviewed: body.reviewed?.told, approved: body.approved?.told, coolingUntil: body.coolingUntil?.text)
    }

    private func execution(
        _ body: DisposalBody, _ verification: [DisposalCheck], at now: Instant
    ) -> CertificateText.Execution {
        CertificateText.Execution(
            method: "Cryptographic erase: the keys were destroyed, then the sealed files removed",
            standard: "NIST SP 800-88 Rev. 1, cryptographic erase", equipment: "vault \(id)",
            operator: body.executed?.told, wrapsDestroyed: body.wraps ?? 0,
            executed: body.executed?.at.text ?? now.text, verified: now.text, verification: verification,
            exceptions: [])
    }

    private static func residue(_ expires: Instant?) -> CertificateText.Residue {
        CertificateText.Residue(
            lastKeyringBackupExpires: expires?.text,
            note: expires == nil
                ? "No keyring backup has the keys. Backups of records and objects cannot be read without them."
                : "Until then a keyring backup has the keys. Backups of records and objects cannot be read without them."
        )
    }

    private func evidence(_ body: DisposalBody) async throws -> CertificateText.LedgerEvidence {
        guard let index = body.entry else { throw StorageError.damagedStore(store: "disposals table") }
        let note = try await sign()
        let head = try LogPolicy(logKeys: [anchor.log]).open(note, now: 0).checkpoint.head
        let (row, proof) = try await records.read { transaction in
            (try transaction.entry(at: index), try transaction.inclusionProof(of: index, size: head.size))
        }
        guard let row, let proof else { throw StorageError.damagedStore(store: "ledger") }
        return CertificateText.LedgerEvidence(
            entry: index, leaf: Data(row.leaf.bytes).base64EncodedString(),
            proof: String(decoding: ProofFile(proof: proof, checkpoint: note).bytes, as: UTF8.self), vkey: try vkey)
    }

    /// The key that signs certificates, with its own certificate: made when the first is needed.
    func signer() async throws -> CMSSigner {
        let owner = Array("certificates".utf8)
        let root = try await keyring.read { [keys] in try keys.currentRoot($0) }
        let now = environment.now()
        let kept = try await keyring.read({ try $0.key(kind: .service, owner: owner) })
            .map { try keys.unwrap($0, under: root.key) }
        if let key = kept {
            for der in try await records.read({ try $0.signerCertificates() }) {
                if let signer = try? CMSSigner(key: key, certificate: try Certificate(der: der)) { return signer }
            }
        }
        // One whose certificate never reached the records was used for nothing, and gets another.
        let key = try kept ?? CMSSigner.makeKey(from: environment.random)
        let begin = now.milliseconds / 1000 - 86_400
        let certificate = try CMSSigner.certify(
            key, vault: "\(id)", from: begin, to: begin + Self.signerLife, random: environment.random)
        let wrapped = Keychain.wrap(
            key, .service, owner, under: root, vault: id, created: now, random: environment.random)
        if kept == nil {
            try await keyring.write { [keys] keyring in
                guard try keys.currentRoot(keyring).version == root.version else { throw VaultError.unlockAgain }
                try keyring.insert(wrapped)
            }
        }
        try await records.write { try $0.put(signerCertificate: certificate.der) }
        return try CMSSigner(key: key, certificate: certificate)
    }

    /// The certificates by which signatures in the register are checked, as PEM: of the present key, and of those before a restore.
    ///
    /// - Returns: `nil` while nothing has been signed.
    public func signerCertificate(as caller: Caller) async throws -> String? {
        try await authorise("register.show", caller)
        let found = try await records.read { try $0.signerCertificates() }.map { try Certificate(der: $0).pem }
        return found.isEmpty ? nil : found.joined()
    }

    /// A certificate of the register.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.disposal)`.
    public func certificate(of disposal: DisposalID, as caller: Caller) async throws -> DisposalCertificate {
        try await authorise("register.show", caller)
        let (row, stamp) = try await records.read { transaction in
            let row = try transaction.certificate(of: disposal)
            return (row, try row.flatMap { try transaction.stamp(of: $0.number) })
        }
        guard let row else { throw VaultError.notFound(.disposal) }
        try await log(Event(.registerShown, by: caller).on(["disposal": "\(disposal)"]))
        return DisposalCertificate(
            number: row.number, text: row.text, signature: stamp?.signature ?? row.signature, stamped: stamp?.time)
    }
}

extension DisposalBody.Hand {
    /// As it is told: in which role and when, not who.
    fileprivate var told: CertificateText.Hand { CertificateText.Hand(role: role, at: at.text) }
}
