/// What the stores can refuse or find broken. Text for people says what happened and what to do; no path, SQL or secret.
public enum StorageError: Error, Hashable, Sendable {
    /// There is no vault in this folder.
    case notAVault
    /// The folder already holds something.
    case alreadyExists
    /// A file of this name is there already.
    case nameTaken
    /// The vault was written by a newer program.
    case newerFormat(store: String)
    /// The store is not the one that belongs to this vault.
    case foreignStore(store: String)
    /// A database file is damaged or is not a database.
    case damagedStore(store: String)
    /// An object named by the records is not there.
    case objectMissing(String)
    /// An object is not what its name says, or is cut short.
    case objectDamaged(String)
    /// The key that the keyring has for an object does not open it.
    case wrongKey(String)
    /// The disk is full.
    case diskFull
    /// The folder or file cannot be written.
    case notWritable
    /// The folder or file cannot be read.
    case notReadable
    /// The clock stands before the newest ledger entry.
    case clockWentBackwards
    /// Another process holds the vault for longer than we wait.
    case busy
    /// The operating system reported error `number` while doing `what`.
    case system(what: String, number: Int32)

    /// What the person is told.
    public var userMessage: String {
        switch self {
        case .notAVault: "There is no vault in this folder. Make one with `muniment init`."
        case .alreadyExists: "This folder already holds a vault or other files. Choose an empty one."
        case .nameTaken: "A file of this name is there already. Choose another name."
        case .newerFormat(let store):
            "The vault's \(store) was written by a newer version of muniment. Use that version or a later one."
        case .foreignStore(let store): "The \(store) in this folder belongs to another vault."
        case .damagedStore(let store): "The vault's \(store) cannot be read: it is damaged. Restore it from a backup."
        case .objectMissing(let name): "Object \(name) is missing from the store. Restore it from a backup."
        case .objectDamaged(let name): "Object \(name) is damaged. Restore it from a backup."
        case .wrongKey(let name): "The key in the keyring does not open object \(name). Run `muniment check`."
        case .diskFull: "The disk is full. Nothing was half-made; free some space and try again."
        case .notWritable:
            "The vault or the output cannot be written. Check the permissions and that it is not mounted read-only."
        case .notReadable: "The file cannot be read. Check that it exists, and its permissions."
        case .clockWentBackwards:
            "This machine's clock is behind the newest ledger entry. Set the clock right; nothing was changed. "
                + "If it is right, and an earlier clock was ahead, see `muniment ledger accept-clock --help`."
        case .busy: "Another process is using the vault. Try again in a moment."
        case .system(let what, let number): "The operating system refused to \(what) (error \(number))."
        }
    }
}
