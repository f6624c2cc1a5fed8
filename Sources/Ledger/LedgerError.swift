/// Why something offered to the ledger was refused.
public enum LedgerError: Error, Hashable, Sendable {
    /// A note that breaks the signed-note grammar anywhere, or is beyond the limits.
    case malformedNote
    /// A verification key line that is not the one canonical spelling of a key we can use.
    case malformedKey
    case malformedCheckpoint
    case malformedProofFile
    case malformedTilePath
    case malformedEntryBundle
    case malformedLeaf
    /// A leaf of a kind that this version does not know.
    case unknownEvent(UInt16)
    /// Keys that contradict each other, or a quorum that they can never reach.
    case impossiblePolicy
    /// No key that we trust for this log has signed.
    case noKnownSignature
    /// A trusted key's signature is wrong: the whole note is refused, whatever else is on it.
    case invalidSignature(by: KeyName)
    /// A properly signed checkpoint of another log.
    case wrongOrigin(KeyName)
    case tooFewCosignatures(have: Int, need: Int)
    /// The hashes given do not lead to the tree head given.
    case proofRefused
    case entryTooLong(byteCount: Int)
    /// A time of 0, or of 2^63 and more.
    case timeOutOfRange(UInt64)

    /// What the person is told: what happened, then what they can do.
    public var userMessage: String {
        switch self {
        case .malformedNote: "This is not a signed note. Ask for the file again, unchanged."
        case .malformedKey: "This is not a verification key. Copy it again from where it was published."
        case .malformedCheckpoint: "The signed note is not a checkpoint. Ask the log's operator for one."
        case .malformedProofFile: "This is not a proof file. Ask for the file again, unchanged."
        case .malformedTilePath: "There is no tile of this name. Check the address."
        case .malformedEntryBundle: "The entries are damaged. Fetch them again."
        case .malformedLeaf: "The ledger entry is damaged. Check the vault."
        case .unknownEvent(let code): "Event kind \(code) is not known to this version. Use a newer one."
        case .impossiblePolicy: "The keys and the quorum contradict each other. Correct the configuration."
        case .noKnownSignature: "No trusted key has signed this. Check where it came from."
        case .invalidSignature(let name): "The signature of \(name) is wrong. Do not rely on this file."
        case .wrongOrigin(let origin): "This belongs to another log, \(origin). Ask for the right file."
        case .tooFewCosignatures(let have, let need):
            "Only \(have) of \(need) witnesses have signed. Ask again later."
        case .proofRefused: "The proof is wrong. Do not rely on it, and tell the log's operator."
        case .entryTooLong(let byteCount): "An entry of \(byteCount) bytes is too long. Shorten it."
        case .timeOutOfRange(let time): "The time \(time) is not possible. Check the clock."
        }
    }
}
