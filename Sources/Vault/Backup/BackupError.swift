/// What making and restoring backups refuses. Files are told by name, without the folder they are in.
public enum BackupError: Error, Hashable, Sendable {
    /// Another process works in the backup folder.
    case busy
    /// The folder is a vault, not a place for backups.
    case isVault
    /// There is no file of this kind in the backup folder.
    case missing(kind: String)
    /// The file is not what was written.
    case damaged(String)
    /// The keyring backup was not sealed to this identity.
    case wrongIdentity(String)
    case newerFormat(String)
    /// The records are of another vault than the keyring, or of another history of the same.
    case foreign(records: String, keyring: String)
    /// The keyring backup is past its horizon: the time from which what was destroyed in the vault must stay so.
    case expired(String, on: String)
    /// The old anchor is none of this ledger, or of another history of it.
    case anchorRefused

    public var userMessage: String {
        switch self {
        case .busy: "Another process is working in this backup folder. Try again when it is done."
        case .isVault: "This folder is a vault. Keep backups in a folder of their own, on another disk."
        case .missing(let kind): "There is no \(kind) backup in this folder."
        case .damaged(let file): "\(file) is damaged. Take another backup."
        case .wrongIdentity(let file):
            "\(file) is not sealed to this identity. Use the identity of one of its custodians."
        case .newerFormat(let file):
            "\(file) was written by a newer version of muniment. Use that version or a later one."
        case .foreign(let records, let keyring):
            "\(records) and \(keyring) do not belong together. Choose backups of the same vault."
        case .expired(let file, let day):
            "\(file) ran out on \(day): what was erased since must not come back from it. It is refused, and nothing overrides that. Remove it with `muniment backup prune`."
        case .anchorRefused:
            "The old anchor does not belong to the history that these records have. Keep both, and see docs/RUNBOOK.md."
        }
    }
}
