internal import Ledger
internal import Sealing
internal import Storage

/// What a keyring backup says of itself, in front of the database. See docs/FORMATS.md, "Backups".
struct KeyringPayload: Hashable, Sendable {
    private static let firstLine = "muniment keyring backup v1"

    let vault: VaultID
    let made: Instant
    let expires: Instant
    /// The ledger just before the keyring was copied.
    let head: TreeHead
    let byteCount: UInt64

    var bytes: [UInt8] {
        let lines = [
            Self.firstLine, "vault \(vault)", "made \(made.milliseconds)", "expires \(expires.milliseconds)",
            "ledger \(head.size) \(head.root.hex)", "bytes \(byteCount)", "", "",
        ]
        return Array(lines.joined(separator: "\n").utf8)
    }

    init(vault: VaultID, made: Instant, expires: Instant, head: TreeHead, byteCount: UInt64) {
        self.vault = vault
        self.made = made
        self.expires = expires
        self.head = head
        self.byteCount = byteCount
    }

    /// Reads it from the front of what was sealed, which may go on.
    ///
    /// - Throws: `BackupError.damaged`, `.newerFormat`, naming `file`.
    init(_ front: [UInt8], file: String) throws {
        let lines = String(decoding: front.prefix(1024), as: UTF8.self)
            .split(separator: "\n", maxSplits: 7, omittingEmptySubsequences: false).map(String.init)
        if let first = lines.first, first.hasPrefix("muniment keyring backup v"), first != Self.firstLine {
            throw BackupError.newerFormat(file)
        }
        func value(_ line: Int, _ name: String) -> String? {
            lines.indices.contains(line) && lines[line].hasPrefix(name + " ")
                ? String(lines[line].dropFirst(name.count + 1)) : nil
        }
        let ledger = value(4, "ledger")?.split(separator: " ").map(String.init) ?? []
        guard lines.first == Self.firstLine, let vault = value(1, "vault").flatMap(VaultID.init(_:)),
            let made = value(2, "made").flatMap({ Int64($0) }),
            let expires = value(3, "expires").flatMap({ Int64($0) }),
            ledger.count == 2, let size = UInt64(ledger[0]), let root = Digest(hex: ledger[1]),
            let head = TreeHead(size: size, root: root),
            let byteCount = value(5, "bytes").flatMap({ UInt64($0) })
        else { throw BackupError.damaged(file) }
        self.init(
            vault: vault, made: Instant(milliseconds: made), expires: Instant(milliseconds: expires),
            head: head, byteCount: byteCount)
        // One spelling only: so it is known where the database begins.
        guard front.starts(with: bytes) else { throw BackupError.damaged(file) }
    }
}

/// A keyring backup on the disk, and what opens it.
struct KeyringBackupFile: Sendable {
    let path: String
    let identity: BackupIdentity

    /// What it says of itself.
    func payload() throws -> KeyringPayload {
        var payload: KeyringPayload?
        try open { chunk in
            payload = try KeyringPayload(chunk, file: path.fileName)
            return false
        }
        guard let payload else { throw BackupError.damaged(path.fileName) }
        return payload
    }

    /// Writes the database into a new file, unless the backup has run out.
    ///
    /// - Throws: `BackupError.expired`, `.damaged`, `.wrongIdentity`, `.newerFormat`.
    func restore(to target: String, at now: Instant) throws -> KeyringPayload {
        let payload = try payload()
        guard now < payload.expires else { throw BackupError.expired(path.fileName, on: payload.expires.text) }
        let sink = try FileSink(creating: target, isDigesting: false)
        var front = payload.bytes.count
        var count: UInt64 = 0
        try open { chunk in
            try sink.write(Array(chunk.dropFirst(front)))
            count += UInt64(chunk.count - front)
            front = 0
            return true
        }
        _ = try sink.finish(syncing: true)
        guard count == payload.byteCount, (try? KeyringStore.requireSound(target)) != nil else {
            throw BackupError.damaged(path.fileName)
        }
        return payload
    }

    private func open(_ emit: ([UInt8]) throws -> Bool) throws {
        do {
            try SealedFile.open(path, with: identity.opener, emit: emit)
        } catch let error as SealingError {
            switch error {
            case .noMatchingKey: throw BackupError.wrongIdentity(path.fileName)
            case .unavailable: throw error
            default: throw BackupError.damaged(path.fileName)
            }
        }
    }
}
