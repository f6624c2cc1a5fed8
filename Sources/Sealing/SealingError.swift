/// Everything that sealing and opening can refuse. The cases are what a caller can act on; none carries key material.
public enum SealingError: Error, Hashable, Sendable {
    /// The bytes are not an age v1 header, or break one of its rules.
    case malformedHeader(String)
    /// None of the keys offered opens this file.
    case noMatchingKey
    /// The header was altered after it was written.
    case headerAltered
    /// The payload is damaged from this 64 KiB chunk on, or ends before its last chunk.
    case payloadDamaged(chunk: UInt64)
    /// A sealed value does not open under these facts: damaged, moved from its place, or sealed under another key.
    case notAuthentic
    /// The passphrase or key file is not the one that this was sealed with.
    case wrongUnlockSecret
    /// A recipient, identity or key text that cannot be read.
    case malformedKey(String)
    /// A file for post-quantum recipients may have no others: it would only be as safe as they are.
    case mixedRecipients
    /// A share, or several, from which the secret cannot be made.
    case share(ShareFault)
    /// The value states a format version that this program does not know.
    case unknownVersion(UInt8)
    /// Memory for a secret could not be set aside, or a primitive refused to run.
    case unavailable(String)

    /// What the person is told.
    public var userMessage: String {
        switch self {
        case .malformedHeader(let reason): "This is not a valid age file: \(reason)."
        case .noMatchingKey: "None of the keys offered opens this file."
        case .headerAltered: "The header of this file was altered after it was written."
        case .payloadDamaged(let chunk): "The content is damaged or cut short at chunk \(chunk)."
        case .notAuthentic: "A sealed value is damaged, or is not where it was written."
        case .wrongUnlockSecret: "The passphrase or key file is not the one this vault was sealed with."
        case .malformedKey(let reason): "The key cannot be read: \(reason)."
        case .mixedRecipients:
            "A file for post-quantum recipients (age1pq1…) cannot have others too. Name recipients of one kind only."
        case .share(let fault): fault.userMessage
        case .unknownVersion(let version): "The value has format version \(version), which this program does not know."
        case .unavailable(let what): "\(what) is not available on this machine."
        }
    }
}
