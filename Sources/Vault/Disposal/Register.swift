internal import Foundation
internal import Ledger
internal import Rules
internal import Sealing
internal import Storage

/// The disposal register and the holds as a file: what a vault that is restored from a backup must do again before it serves.
///
/// It is written beside the anchor after each change, and with each backup of the records. See docs/FORMATS.md, "The register".
struct RegisterFile: Sendable {
    struct Disposal: Codable, Sendable {
        let id: String
        let unit: String
        let child: String
        let document: String?
        let version: Int64?
        let body: Data
        let changed: Int64
        /// `nil` for an erasure that had begun and was not certified.
        let certificate: Certificate?
    }

    struct Certificate: Codable, Sendable {
        let number: Int64
        let issued: Int64
        let text: Data
        let signature: Data
        /// `nil` while no authority was asked.
        let stamp: Stamp?
    }

    struct Stamp: Codable, Sendable {
        let time: Int64
        /// The signature of the certificate with the time stamp in it.
        let signature: Data
    }

    struct Hold: Codable, Sendable {
        let id: String
        let body: Data
        let placed: Int64
        let released: Int64?
    }

    struct Content: Codable, Sendable {
        let vault: String
        /// Entries of the ledger when it was written.
        let entries: UInt64
        let disposals: [Disposal]
        let holds: [Hold]
        /// The certificates (DER) of the keys that have signed the register.
        let signers: [Data]

        /// Whether this has everything that another has.
        func covers(_ other: Content) -> Bool {
            let ranks = Dictionary(uniqueKeysWithValues: disposals.map { ($0.id, $0.rank) })
            return other.disposals.allSatisfy { disposal in ranks[disposal.id].map { $0 >= disposal.rank } ?? false }
                && other.holds.allSatisfy { hold in
                    holds.contains { $0.id == hold.id && ($0.released != nil || hold.released == nil) }
                }
        }
    }

    static let firstLine = "muniment register v1"
    private static let longest = 1 << 30

    let content: Content

    func bytes(_ key: Key) throws -> [UInt8] {
        let body = try sortedJSON(content) + [0x0a]
        let mac = Hex.encode(key.secret.authenticate(body).bytes)
        return Array("\(Self.firstLine)\n\(mac)\n".utf8) + body
    }

    init(content: Content) { self.content = content }

    /// - Throws: `BackupError.damaged`, `.newerFormat`; `StorageError.notReadable`.
    init(path: String, key: Key, vault: VaultID) throws {
        let file = try Folder.read(path, limit: Self.longest)
        let lines = file.split(separator: 0x0a, maxSplits: 2, omittingEmptySubsequences: false)
        guard lines.count == 3, lines[0].starts(with: Array("muniment register v".utf8)) else {
            throw BackupError.damaged(path.fileName)
        }
        guard Array(lines[0]) == Array(Self.firstLine.utf8) else { throw BackupError.newerFormat(path.fileName) }
        let body = Array(lines[2])
        guard let mac = Hex.decode(String(decoding: lines[1], as: UTF8.self)),
            constantTimeEqual(mac, key.secret.authenticate(body).bytes),
            let content = try? JSONDecoder().decode(Content.self, from: Data(body)), content.vault == "\(vault)"
        else { throw BackupError.damaged(path.fileName) }
        self.content = content
    }
}

extension DocumentVault {
    private var registerKey: Key { get throws { try keys.service(.records).key.derive(Facts("register")) } }

    /// The register's path: beside the anchor, on the other disk.
    var registerPath: String { anchor.path + ".register" }

    func register() async throws -> [UInt8] { try await RegisterFile(content: registerContent()).bytes(registerKey) }

    private func registerContent() async throws -> RegisterFile.Content {
        try await records.read { [id] transaction in
            let disposals = try transaction.disposals([.erasing, .erased]).map { row in
                let certificate = try transaction.certificate(of: row.id)
                return RegisterFile.Disposal(
                    row, certificate, try certificate.flatMap { try transaction.stamp(of: $0.number) })
            }
            return RegisterFile.Content(
                vault: "\(id)", entries: try transaction.logSize(), disposals: disposals,
                holds: try transaction.holds().map(RegisterFile.Hold.init),
                signers: try transaction.signerCertificates().map { Data($0) })
        }
    }

    /// Writes the register beside the anchor. A vault whose anchor is missing has no place for it yet.
    ///
    /// It never goes backwards: where the one that is there has something that this vault does not know, another process has written it
    /// just now, or the vault is older than its register, and it stays.
    func keepRegister() async throws {
        guard Folder.exists(anchor.path) else { return }
        let content = try await registerContent()
        guard !content.disposals.isEmpty || !content.holds.isEmpty else { return }
        if Folder.exists(registerPath) {
            do {
                let there = try RegisterFile(path: registerPath, key: registerKey, vault: id).content
                guard content.covers(there) else { return }
            } catch is BackupError {
                // Whatever it is, it is not this vault's register. It is kept aside for whoever looks into it.
                try Folder.rename(registerPath, to: registerPath + ".damaged")
            }
        }
        try Folder.write(try RegisterFile(content: content).bytes(registerKey), to: registerPath)
    }

    /// Does again in a restored vault what was disposed of, and holds what was held, after its backup was made.
    ///
    /// It runs before anything is served, with this process alone in the vault, and may run twice.
    ///
    /// `registers`: the paths of what there is: of the backup folder, of the anchors, and what was named.
    ///
    /// - Returns: how many disposals were done again, and of how many ledger entries the newest register knows.
    /// - Throws: `BackupError.damaged` for a register that is not this vault's; nothing is served then.
    func replay(_ registers: [String]) async throws -> (disposals: Int, entries: UInt64) {
        let contents = try registers.map { try RegisterFile(path: $0, key: registerKey, vault: id).content }
            .sorted { $0.entries < $1.entries }
        let holds = try contents.flatMap(\.holds).map(HoldRow.init)
        let signers = contents.flatMap(\.signers).map { [UInt8]($0) }
        try await records.write { transaction in
            for hold in holds {
                if try transaction.hold(hold.id)?.released == nil { try transaction.put(hold) }
            }
            for signer in signers { try transaction.put(signerCertificate: signer) }
        }
        var newest: [String: RegisterFile.Disposal] = [:]
        for disposal in contents.flatMap(\.disposals) {
            if let known = newest[disposal.id], known.certificate != nil, known.rank >= disposal.rank { continue }
            newest[disposal.id] = disposal
        }
        var count = 0
        // In the order of their numbers, and what was never certified at the end: it gets the next ones.
        for disposal in newest.values.sorted(by: { $0.order < $1.order }) {
            let row = try DisposalRow(disposal)
            guard try await records.read({ try $0.disposal(row.id) })?.state != .erased else { continue }
            try await replay(row, disposal.certificate)
            count += 1
        }
        for disposal in newest.values {
            guard let certificate = disposal.certificate, let stamp = certificate.stamp,
                let id = DisposalID(disposal.id)
            else { continue }
            try await replay(stamp, of: certificate, id)
        }
        return (count, contents.last?.entries ?? 0)
    }

    private func replay(_ row: DisposalRow, _ certificate: RegisterFile.Certificate?) async throws {
        let begun = try self.row(event(.erasureBegun, row, nil).with(["kind": "restored"]))
        let sha256 = certificate.map { Digest.sha256([UInt8]($0.text)).hex } ?? ""
        let certified = try self.row(
            event(.erasureCertified, row, nil).with(["kind": "restored", "sha256": sha256]))
        try await records.write { transaction in
            guard try transaction.disposal(row.id)?.state != .erasing else { return }
            try transaction.keepIdentifier(of: row.child, at: row.changed)
            try transaction.put(row)
            _ = try transaction.append(begun)
            _ = try transaction.beginErasure(row)
        }
        // Where the lost vault had not certified it yet, or the number is another's by now, this one does.
        let isTaken = try await records.read { transaction in
            try certificate.flatMap { try transaction.certificate(number: $0.number) } != nil
        }
        guard let certificate, !isTaken else {
            try await finishErasure(row.id)
            return
        }
        _ = try await destroy(row)
        try await records.write { transaction in
            var row = row
            row.state = .erased
            try transaction.put(row)
            let entry = try transaction.append(certified)
            try transaction.insert(
                CertificateRow(
                    number: certificate.number, disposal: row.id, issued: Instant(milliseconds: certificate.issued),
                    entry: entry, text: [UInt8](certificate.text), signature: [UInt8](certificate.signature)))
            try transaction.settleErasure(row.id)
        }
    }
}

extension RegisterFile.Disposal {
    fileprivate var order: Int64 { certificate?.number ?? .max }

    /// The more of it is done, the higher: begun, certified, stamped.
    fileprivate var rank: Int { certificate.map { $0.stamp == nil ? 1 : 2 } ?? 0 }

    fileprivate init(_ row: DisposalRow, _ certificate: CertificateRow?, _ stamp: StampRow?) {
        self.init(
            id: "\(row.id)", unit: row.unit.rawValue, child: "\(row.child)", document: row.document.map { "\($0)" },
            version: row.version, body: Data(row.body), changed: row.changed.milliseconds,
            certificate: certificate.map { row in
                RegisterFile.Certificate(
                    number: row.number, issued: row.issued.milliseconds, text: Data(row.text),
                    signature: Data(row.signature),
                    stamp: stamp.map { RegisterFile.Stamp(time: $0.time.milliseconds, signature: Data($0.signature)) })
            })
    }
}

extension RegisterFile.Hold {
    fileprivate init(_ row: HoldRow) {
        self.init(
            id: "\(row.id)", body: Data(row.body), placed: row.placed.milliseconds,
            released: row.released?.milliseconds)
    }
}

extension HoldRow {
    fileprivate init(_ hold: RegisterFile.Hold) throws {
        guard let id = HoldID(hold.id) else { throw BackupError.damaged("register") }
        self.init(
            id: id, body: [UInt8](hold.body), placed: Instant(milliseconds: hold.placed),
            released: hold.released.map(Instant.init(milliseconds:)))
    }
}

extension DisposalRow {
    /// As something that is being erased.
    fileprivate init(_ disposal: RegisterFile.Disposal) throws {
        guard let id = DisposalID(disposal.id), let unit = Unit(rawValue: disposal.unit),
            let child = ChildID(disposal.child)
        else { throw BackupError.damaged("register") }
        self.init(
            id: id, unit: unit, child: child, document: disposal.document.flatMap { DocumentID($0) },
            version: disposal.version, state: .erasing, body: [UInt8](disposal.body),
            changed: Instant(milliseconds: disposal.changed))
    }
}
