public import Rules

/// What content passes through on its way to being sealed: it is held against the type that it claims, and scanned. Both see every
/// byte, in memory only, before it is sealed.
public struct Intake {
    private var check: ContentCheck
    private let scan: Scan?

    /// `scanner`: none where the vault has none.
    ///
    /// - Throws: `ScanError.failed` when the scanner cannot begin.
    public init(as type: MediaType, scanner: ClamdScanner?) throws(ScanError) {
        check = ContentCheck(type)
        scan = try scanner?.begin()
    }

    /// - Throws: `ContentProblem`, `ScanError`: the rest need not be read.
    mutating func take(_ block: [UInt8]) throws {
        try check.take(block)
        try scan?.take(block)
    }

    /// - Returns: what found it clean; `nil` when it was not scanned.
    /// - Throws: as `take`.
    func finish() throws -> ScanEngine? {
        try check.finish()
        return try scan?.finish()
    }
}
