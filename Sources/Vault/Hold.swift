internal import Storage

/// The marker file that makes a folder a vault. See docs/FORMATS.md, "The vault folder".
struct VaultMarker: Sendable {
    static let name = "muniment-vault"
    private static let firstLine = "muniment vault v1"

    let id: VaultID
    let anchorPath: String

    init(id: VaultID, anchorPath: String) {
        self.id = id
        self.anchorPath = anchorPath
    }

    init(folder: String) throws {
        let path = folder + "/" + Self.name
        guard Folder.exists(path) else { throw StorageError.notAVault }
        let lines = String(decoding: try Folder.read(path), as: UTF8.self).split(separator: "\n").map(String.init)
        guard let first = lines.first, first.hasPrefix("muniment vault v") else { throw StorageError.notAVault }
        guard first == Self.firstLine else { throw StorageError.newerFormat(store: "folder") }
        guard lines.count == 3, lines[1].hasPrefix("id "), lines[2].hasPrefix("anchor "),
            let id = VaultID(String(lines[1].dropFirst(3)))
        else { throw StorageError.damagedStore(store: "marker file") }
        self.id = id
        anchorPath = Self.resolve(String(lines[2].dropFirst(7)), in: folder)
    }

    /// A path that does not begin with `/` is meant from the vault's folder, so that a copy elsewhere has an anchor of its own.
    static func resolve(_ path: String, in folder: String) -> String {
        path.hasPrefix("/") ? path : folder + "/" + path
    }

    /// As above, while the folder may not be there: `..` needs one that is.
    static func resolve(_ path: String, beforeThereIs folder: String) -> String {
        path.hasPrefix("../") ? Folder.parent(of: folder) + "/" + path.dropFirst(3) : resolve(path, in: folder)
    }

    var bytes: [UInt8] { Array("\(Self.firstLine)\nid \(id)\nanchor \(anchorPath)\n".utf8) }
}
