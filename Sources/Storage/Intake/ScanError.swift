/// Why a scan did not end with "clean".
public enum ScanError: Error, Hashable, Sendable {
    /// The scanner named what it found.
    case found(signature: String)
    /// There is no verdict, so the content counts as not clean.
    case failed(ScanFailure)
}

/// How a scan can fail. The word goes into the ledger.
public enum ScanFailure: String, CaseIterable, Sendable {
    case unreachable
    case timedOut = "timed-out"
    case closedEarly = "closed-early"
    /// The content is longer than the scanner takes.
    case overLimit = "over-limit"
    /// The scanner reported an error of its own.
    case reportedError = "reported-error"
    /// The answer is not one that we know.
    case garbled

    /// What happened, for a person.
    public var sentence: String {
        switch self {
        case .unreachable: "The malware scanner cannot be reached."
        case .timedOut: "The malware scanner did not answer in time."
        case .closedEarly: "The malware scanner broke off."
        case .overLimit: "The file is longer than the malware scanner takes."
        case .reportedError: "The malware scanner reported an error."
        case .garbled: "The malware scanner gave an answer that is not understood."
        }
    }
}

/// What scanned: the version of the program and the age of its signatures, as it says.
public struct ScanEngine: Hashable, Sendable {
    public let version: String
    /// The number and day of the signatures, or "unknown".
    public let signatures: String

    /// Where the scanner does not say it.
    public static let unsaid = "unknown"

    public init(version: String, signatures: String) {
        self.version = version
        self.signatures = signatures
    }
}
