internal import Ledger
internal import Rules
public import Sealing
internal import Storage

/// A child of which nothing opens any more, and what was tried.
public struct UnreadableChild: Hashable, Sendable, Codable {
    public let child: String
    public let documents: Int
    /// Wraps of the child's renditions that are there: none, after an erasure.
    public let wraps: Int
    /// How often something of the child was tried with a key that is there.
    public let tries: Int
    /// How often it opened: never, if what was destroyed is destroyed.
    public let opened: Int
}

/// What a drill found.
public struct DrillReport: Hashable, Sendable, Codable {
    public let restore: RestoreReport
    public let unreadable: [UnreadableChild]

    public var isSound: Bool { restore.isSound && unreadable.allSatisfy { $0.opened == 0 } }
}

extension DocumentVault {
    /// Keys of others that are tried on a child whose own is gone.
    private static let otherKeys = 16

    /// Restores into a folder of its own below `scratch`, checks everything, tries to open what was destroyed, and removes it all.
    ///
    /// `readPercent`: how many of the objects to read back against their names.
    public static func drill(
        _ source: RestoreSource, in scratch: String, unlockedBy secret: Key, readPercent: Int,
        in environment: VaultEnvironment, progress: @Sendable (RestoreReport) -> Void
    ) async throws -> DrillReport {
        let folder = scratch + "/" + BackupFolder.drill + Hex.encode(environment.random.bytes(4))
        try Folder.create(folder)
        do {
            var report = try await assemble(
                source, in: folder + "/vault", anchorPath: "../anchor", unlockedBy: secret, environment, progress)
            let vault = try await open(folder + "/vault", unlockedWith: secret, in: environment)
            try await vault.settleRestored(&report, from: source)
            let unreadable = try await vault.tryUnreadable()
            report.check = try await vault.inspect(readPercent: readPercent, by: nil) { _ in }
            try await vault.close()
            try BackupFolder.discard(folder)
            return DrillReport(restore: report, unreadable: unreadable)
        } catch {
            // The first error is the one to tell, and whoever writes there next removes what is left.
            try? BackupFolder.discard(folder)
            throw error
        }
    }

    /// As above, by somebody in this vault, whose ledger then has it.
    public func drill(
        _ source: RestoreSource, in scratch: String, unlockedBy secret: Key, readPercent: Int, as caller: Caller,
        progress: @Sendable (RestoreReport) -> Void
    ) async throws -> DrillReport {
        try await authorise("backup.restore", caller)
        let report = try await Self.drill(
            source, in: scratch, unlockedBy: secret, readPercent: readPercent, in: environment, progress: progress)
        let restored = report.restore
        try await log(
            Event(.backupDrilled, by: caller)
                .on(["vault": restored.vault, "records": restored.records, "keyring": restored.keyring])
                .with([
                    "findings": String(restored.check.findings.count), "children": String(report.unreadable.count),
                    "damaged": String(restored.objects.damaged.count),
                ]))
        return report
    }

    /// Every child whose key is not there, with what was tried to open something of it.
    private func tryUnreadable() async throws -> [UnreadableChild] {
        let keys = keys
        let found = try await keyring.read { keyring in
            try keyring.keys(kind: .child).suffix(Self.otherKeys).compactMap { row in
                try ChildID(row.owner).flatMap { try keys.childKey($0, keyring)?.record }
            }
        }
        let others = found + Keychain.Service.allCases.flatMap(keys.versions).map(\.key)
        var unreadable: [UnreadableChild] = []
        for child in try await records.read({ try $0.allChildren() }) where try await childKey(child.id) == nil {
            unreadable.append(try await tryToOpen(child, with: others))
        }
        return unreadable
    }

    private func tryToOpen(_ child: ChildRow, with others: [Key]) async throws -> UnreadableChild {
        let (documents, renditions) = try await records.read { transaction in
            (try transaction.documents(about: child.id), try transaction.renditions(about: child.id))
        }
        let (wraps, own) = try await keyring.read { keyring in
            (try renditions.flatMap { try keyring.wraps(of: $0.key) }, try keyring.documentKeys(of: child.id))
        }
        var tries = 0
        var opened = 0
        func attempt(_ open: () throws -> Void) {
            tries += 1
            if (try? open()) != nil { opened += 1 }
        }
        for other in others {
            let key = try ChildKey(child: child.id, version: 1, key: other)
            attempt { _ = try Self.open(child, key) }
            for document in documents {
                attempt { _ = try key.fields.open(document.title, Self.titleFacts(document.id, child.id)) }
                if let row = own[document.id] { attempt { _ = try title(of: document, row, key) } }
            }
            for wrap in wraps { attempt { _ = try identity(wrap, key) } }
        }
        return UnreadableChild(
            child: "\(child.id)", documents: documents.count, wraps: wraps.count, tries: tries, opened: opened)
    }
}
