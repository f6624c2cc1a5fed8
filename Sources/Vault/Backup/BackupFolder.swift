internal import Foundation
internal import Sealing
internal import Storage

/// A folder of backups. See docs/FORMATS.md, "Backups".
public struct BackupFolder: Sendable {
    enum Kind: String {
        case records, keyring, register

        var ending: String {
            switch self {
            case .records: ".sqlite"
            case .keyring: ".age"
            case .register: ".txt"
            }
        }
    }

    let path: String
    let objects: ObjectStore
    private let lock: FolderLock

    /// The folder, made if need be, for this process alone, with what a killed one left behind cleared away.
    ///
    /// - Throws: `BackupError.busy`, `.isVault`; `StorageError`.
    public static func writing(_ path: String) throws -> BackupFolder {
        guard !Folder.exists(path + "/" + VaultMarker.name) else { throw BackupError.isVault }
        try Folder.create(path)
        guard let lock = try FolderLock(path) else { throw BackupError.busy }
        if !Folder.exists(path + "/objects/ff") { try ObjectStore.create(vaultFolder: path) }
        try Folder.create(path + "/staging")
        let folder = BackupFolder(path: path, objects: try ObjectStore(vaultFolder: path), lock: lock)
        try folder.objects.sweepStaging()
        for name in try Folder.names(in: path) where name.hasPrefix(Self.drill) { try discard(path + "/" + name) }
        return folder
    }

    /// The folder, to restore from.
    ///
    /// - Throws: as `writing`.
    public static func reading(_ path: String) throws -> BackupFolder {
        guard Folder.exists(path) else { throw StorageError.notReadable }
        guard let lock = try FolderLock(path) else { throw BackupError.busy }
        // A copy that somebody made may lack it.
        if !Folder.exists(path + "/staging") { try Folder.create(path + "/staging") }
        return BackupFolder(path: path, objects: try ObjectStore(vaultFolder: path), lock: lock)
    }

    /// How the folder of a drill begins.
    static let drill = "drill-"

    /// Removes a restored vault for good, or what there is of it: its keyring is overwritten first.
    static func discard(_ folder: String) throws {
        for name in ["keyring.sqlite", "keyring.sqlite-wal"] {
            for path in [folder + "/" + name, folder + "/vault/" + name] { try Folder.wipe(path) }
        }
        try Folder.removeTree(folder)
    }

    /// Where a file lies until it is whole.
    func aside(_ random: RandomSource) -> String { path + "/staging/" + Hex.encode(random.bytes(16)) }

    func path(of name: String) -> String { path + "/" + name }

    /// The name of a file made now.
    ///
    /// - Throws: `StorageError.nameTaken` when one was made in the same second.
    func newName(_ kind: Kind, at moment: Instant) throws -> String {
        let time = moment.text.filter { $0 != "-" && $0 != ":" }
        let name = "\(kind.rawValue)-\(time)\(kind.ending)"
        guard !Folder.exists(path(of: name)) else { throw StorageError.nameTaken }
        return name
    }

    /// The files of a kind, oldest first: their names have the time.
    func names(_ kind: Kind) throws -> [String] {
        try Folder.names(in: path).filter { $0.hasPrefix(kind.rawValue + "-") && $0.hasSuffix(kind.ending) }.sorted()
    }

    /// The path of the newest file of a kind.
    ///
    /// - Throws: `BackupError.missing`.
    func newest(_ kind: Kind) throws -> String {
        guard let name = try names(kind).last else { throw BackupError.missing(kind: kind.rawValue) }
        return path(of: name)
    }

    /// Gives a file its name, durably.
    func publish(_ aside: String, as name: String) throws {
        try Folder.publish(aside, as: path(of: name))
        try Folder.sync(path)
    }
}

extension String {
    /// The last part of a path.
    var fileName: String { split(separator: "/").last.map(String.init) ?? self }
}
