internal import Ledger
internal import Rules
public import Sealing
public import Storage

/// Where a vault is restored to, and by whom.
public struct Restoration: Sendable {
    /// Must not exist, or be empty.
    let folder: String
    /// As `NewVault.anchorPath`. There must be no anchor yet.
    let anchorPath: String
    /// The anchor of the vault that was lost, to learn how many entries are missing.
    let oldAnchor: String?
    let username: String
    let password: Key

    public init(folder: String, anchorPath: String, oldAnchor: String?, username: String, password: Key) {
        self.folder = folder
        self.anchorPath = anchorPath
        self.oldAnchor = oldAnchor
        self.username = username
        self.password = password
    }
}

/// What was restored, from what, and what a check of all of it found.
public struct RestoreReport: Hashable, Sendable, Codable {
    public let vault: String
    public let records: String
    public let keyring: String
    public let keyringMade: String
    public let keyringExpires: String
    /// In the ledger as it came out of the backup. What came after them is lost.
    public let entries: UInt64
    /// How many entries more the old anchor saw; `nil` when none was given.
    public var missing: UInt64?
    public var objects = ObjectCopy()
    /// Keys of what the records do not know: it came between the copies of the records and of the keyring.
    public var strays = 0
    /// What was disposed of after the backup, and was disposed of again.
    public var disposals = 0
    /// Of how many ledger entries the newest register knew: what was disposed of after those is not known here.
    public var registerEntries: UInt64 = 0
    public var check = CheckReport()

    /// Whether everything is there and sound.
    public var isSound: Bool { check.isSound && objects.damaged.isEmpty }
}

extension DocumentVault {
    /// Makes a vault from backups, whole or not at all: it is put together aside, checked, and renamed.
    ///
    /// What was damaged in the backup is left out and named in the report. Nobody can sign in before there is a vault, so this asks for
    /// name and password of somebody with the duty `backup.restore` itself.
    ///
    /// - Throws: `BackupError`; `StorageError.alreadyExists`; `SealingError.wrongUnlockSecret`; `VaultError`.
    public static func restore(
        _ source: RestoreSource, to restoration: Restoration, unlockedBy secret: Key,
        in environment: VaultEnvironment, progress: @Sendable (RestoreReport) -> Void
    ) async throws -> RestoreReport {
        let folder = restoration.folder
        let anchorPath = VaultMarker.resolve(restoration.anchorPath, beforeThereIs: folder)
        guard try isFree(folder), !Folder.exists(anchorPath) else { throw StorageError.alreadyExists }
        let aside = folder + ".restoring-" + Hex.encode(environment.random.bytes(4))
        do {
            let report = try await restore(
                source, to: restoration, aside, unlockedBy: secret, in: environment, progress)
            try Folder.rename(aside, to: folder)
            try Folder.syncParent(of: folder)
            return report
        } catch {
            // Harmless when these fail: what is left is no vault, and its name says what it is.
            try? BackupFolder.discard(aside)
            try? Folder.remove(anchorPath)
            throw error
        }
    }

    private static func restore(
        _ source: RestoreSource, to restoration: Restoration, _ aside: String, unlockedBy secret: Key,
        in environment: VaultEnvironment, _ progress: @Sendable (RestoreReport) -> Void
    ) async throws -> RestoreReport {
        var caller: Caller?
        var report = try await assemble(
            source, in: aside, anchorPath: restoration.anchorPath, unlockedBy: secret, environment, progress
        ) { vault, report in
            caller = try await vault.administrator(
                restoration.username, restoration.password, for: "backup.restore")
            report.missing = try await restoration.oldAnchor.asyncMap { try await vault.missing(after: $0) }
        }
        let vault = try await open(aside, unlockedWith: secret, in: environment)
        try await vault.settleRestored(&report, from: source, oldAnchor: restoration.oldAnchor)
        try await vault.recordRestore(report, source, by: caller)
        report.check = try await vault.inspect(readPercent: 100, by: caller) { _ in }
        try await vault.close()
        return report
    }

    /// What must be done in a restored vault before anybody may use it: its three stores are of three moments.
    func settleRestored(
        _ report: inout RestoreReport, from source: RestoreSource, oldAnchor: String? = nil
    ) async throws {
        let beside = [oldAnchor.map { $0 + ".register" }, registerPath].compactMap { $0 }.filter(Folder.exists)
        (report.disposals, report.registerEntries) = try await replay(try source.registers + beside)
        report.strays = try await dropStrays()
        try await bringIntoLine()
    }

    /// How many entries an anchor saw that this ledger does not have.
    private func missing(after path: String) async throws -> UInt64 {
        guard let note = try? SignedNote(parsing: Folder.read(path)),
            let head = try? LogPolicy(logKeys: [anchor.log]).open(note, now: 0).checkpoint.head
        else { throw BackupError.anchorRefused }
        return try await records.read { transaction in
            let size = try transaction.logSize()
            if head.size > size { return head.size - size }
            guard try transaction.treeHead(size: head.size) == head else { throw BackupError.anchorRefused }
            return 0
        }
    }

    private func recordRestore(_ report: RestoreReport, _ source: RestoreSource, by caller: Caller?) async throws {
        let known = Set(try await records.read { try $0.keyringBackups() }.map(\.digest))
        let found = try await source.keyringBackups(of: id, environment.random).filter { !known.contains($0.key) }
        let ids = found.values.map(\.id.description).sorted().joined(separator: " ")
        let event = Event(.vaultRestored, by: caller)
            .on(["records": report.records, "keyring": report.keyring, "backup": ids])
            .with([
                "entries": String(report.entries), "missing": report.missing.map(String.init) ?? "unknown",
                "damaged": String(report.objects.damaged.count),
            ])
        let row = try row(event)
        try await records.write { transaction in
            let entry = try transaction.append(row)
            // A session that was ended after the backup must not go on.
            try transaction.removeSessions(begunBy: .never, unusedSince: .never)
            for (digest, backup) in found {
                try transaction.put(
                    KeyringBackupRow(
                        id: backup.id, made: backup.payload.made, expires: backup.payload.expires, digest: digest,
                        entry: entry))
            }
        }
    }
}

extension DocumentVault {
    private static let page = 500

    /// Removes the keys of what the records do not know: the keyring was copied after the records, and went on meanwhile.
    ///
    /// - Returns: of how many renditions and children.
    private func dropStrays() async throws -> Int {
        var count = 0
        var last: RenditionID?
        while true {
            let after = last
            let page = try await keyring.read { try $0.wrappedRenditions(after: after, limit: Self.page) }
            guard let end = page.last else { break }
            let strays = try await records.read { transaction in
                try page.filter { try transaction.rendition(keyed: $0) == nil }
            }
            if !strays.isEmpty {
                try await keyring.write { keyring in for stray in strays { try keyring.removeWraps(of: stray) } }
            }
            count += strays.count
            last = end
        }
        let children = try await keyring.read { try $0.keys(kind: .child) }.compactMap { ChildID($0.owner) }
        let strays = try await records.read { transaction in try children.filter { try transaction.child($0) == nil } }
        try await keyring.write { keyring in for stray in strays { try keyring.removeChild(stray) } }
        try await dropStrayDocumentKeys()
        try await keyring.forgetDeleted()
        return count + strays.count
    }

    /// Not counted: what they belong to is, by its wraps.
    private func dropStrayDocumentKeys() async throws {
        var last: [UInt8] = []
        while true {
            let after = last
            let page = try await keyring.read { try $0.documentKeys(after: after, limit: Self.page) }
            guard let end = page.last else { return }
            let strays = try await records.read { transaction in
                try page.compactMap(\.document).filter { try transaction.document($0.document)?.child != $0.child }
            }
            if !strays.isEmpty {
                try await keyring.write { keyring in
                    for stray in strays { try keyring.removeDocumentKey(stray.document, of: stray.child) }
                }
            }
            last = end.owner
        }
    }

    /// Makes every wrap what the records say it must be. A rendition that has none at all is left for the check to name.
    private func bringIntoLine() async throws {
        var table = WrapTable(agreement, on: environment.today())
        var last: ChildID?
        try await changing {
            while true {
                let after = last
                let children = try await records.read { try $0.documentedChildren(after: after, limit: Self.page) }
                guard let end = children.last else { return }
                for child in children { try await bringIntoLine(child, &table) }
                last = end
            }
        }
    }

    private func bringIntoLine(_ child: ChildID, _ table: inout WrapTable) async throws {
        guard try await childKey(child) != nil else { return }
        let snapshot = try await snapshot(of: child)
        let moves = try await outstanding(snapshot, target(snapshot, try standing(snapshot), &table))
        guard !moves.isEmpty else { return }
        try await keyring.write { keyring in
            try apply(moves.filter { try !keyring.wraps(of: $0.rendition).isEmpty }, snapshot.key, keyring)
        }
        await forget(moves)
    }
}

extension Optional {
    fileprivate func asyncMap<Result>(_ transform: (Wrapped) async throws -> Result) async rethrows -> Result? {
        guard let value = self else { return nil }
        return try await transform(value)
    }
}
