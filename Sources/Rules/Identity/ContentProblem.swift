/// Why content is not taken.
public enum ContentProblem: Error, Hashable, Sendable {
    /// It is not what it claims to be, or cannot be read as that.
    case mismatch
    /// It is, and would harm whoever opens it, or cannot be known not to.
    case unsafe(ContentDanger)
}

/// What makes content unsafe to keep. The word goes into the ledger.
public enum ContentDanger: String, CaseIterable, Sendable {
    case macros
    case encrypted
    case nestedArchive = "nested-archive"
    case expandsTooFar = "expands-too-far"
    case tooManyParts = "too-many-parts"
    case tooManyPixels = "too-many-pixels"
    case contradictsItself = "contradicts-itself"
    case moreBehindTheEnd = "more-behind-the-end"
    case unknownType = "unknown-type"

    /// What it has or is, and what can be done: a whole sentence.
    public var sentence: String {
        switch self {
        case .macros: "It contains macros. Save it as an ordinary document without them."
        case .encrypted: "It is encrypted, so it cannot be checked. Remove its password first."
        case .nestedArchive: "It contains an archive. Deposit the files in that one by one."
        case .expandsTooFar: "It would unpack to more than it may. Split it, or save it anew."
        case .tooManyParts: "It has more parts than it may. Split it, or save it anew."
        case .tooManyPixels: "The picture is larger than 200 megapixels. Make it smaller."
        case .contradictsItself: "Its own lists of what it contains contradict each other. Open it and save it anew."
        case .moreBehindTheEnd: "There is more in the file behind its end. Open it and save it anew."
        case .unknownType: "Its type is not one that the vault knows. Declare what it is, or send it in another form."
        }
    }
}

/// How much content may hold once it is opened.
enum ContentLimit {
    /// 200 megapixels: an A0 plan at 500 dpi is 309, at 400 dpi 198.
    static let pixels: UInt64 = 200_000_000
    static let parts = 10_000
    /// Of the names of all parts together: this bounds the memory.
    static let nameBytes = 1 << 20
    static let unpackedBytes: UInt64 = 4 << 30
    /// Below this, nothing is said about the ratio: a blank sheet compresses well.
    static let freeBytes: UInt64 = 10 << 20
    static let ratio: UInt64 = 200
}
