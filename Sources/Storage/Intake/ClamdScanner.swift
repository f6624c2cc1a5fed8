internal import Dispatch
internal import Synchronization

/// The ClamAV daemon, asked over its socket. What it has not called clean is not clean.
///
/// Content goes to it as it streams by and is never kept by us; what clamd itself does with it is its configuration's affair: see
/// docs/RUNBOOK.md, "The malware scanner".
public final class ClamdScanner: Sendable {
    /// How long an answer about the version is believed.
    private static let versionSeconds = 180.0

    public let address: ScannerAddress
    private let timeouts: ScanTimeouts
    private let known = Mutex<(engine: ScanEngine, asked: Double)?>(nil)

    public init(_ address: ScannerAddress, timeouts: ScanTimeouts = ScanTimeouts()) {
        self.address = address
        self.timeouts = timeouts
    }

    /// What scans, as it said in the last few minutes.
    ///
    /// - Throws: `ScanError.failed`.
    public func engine() throws(ScanError) -> ScanEngine {
        let now = Double(DispatchTime.now().uptimeNanoseconds) / 1e9
        if let known = known.withLock({ $0 }), now - known.asked < Self.versionSeconds { return known.engine }
        let connection = try ScannerConnection(address, timeouts)
        _ = try connection.send(Array("zVERSION\0".utf8))
        let (bytes, isWhole) = try connection.answer()
        guard !bytes.isEmpty else { throw .failed(.closedEarly) }
        guard isWhole, let engine = ScanEngine(answer: bytes) else { throw .failed(.garbled) }
        known.withLock { $0 = (engine, now) }
        return engine
    }

    /// Begins a scan of content that is still to come.
    ///
    /// - Throws: `ScanError.failed`.
    public func begin() throws(ScanError) -> Scan {
        let engine = try engine()
        return try Scan(on: try ScannerConnection(address, timeouts), by: engine)
    }
}

/// One content on its way through the scanner.
public final class Scan {
    private let connection: ScannerConnection
    private let engine: ScanEngine

    init(on connection: ScannerConnection, by engine: ScanEngine) throws(ScanError) {
        self.connection = connection
        self.engine = engine
        guard try connection.send(Array("zINSTREAM\0".utf8)) else { throw try refusal() }
    }

    /// The next bytes of the content.
    ///
    /// - Throws: `ScanError`, also when the scanner has found something before the end: then nothing more need be sent.
    public func take(_ block: [UInt8]) throws(ScanError) {
        guard !block.isEmpty else { return }  // A frame without bytes means the end.
        let length = UInt32(block.count).bigEndian
        let header = withUnsafeBytes(of: length) { Array($0) }
        guard try connection.send(header), try connection.send(block) else { throw try refusal() }
    }

    /// That was all of it.
    ///
    /// - Returns: what found it clean.
    /// - Throws: `ScanError` in every other case.
    public func finish() throws(ScanError) -> ScanEngine {
        guard try connection.send([0, 0, 0, 0]) else { throw try refusal() }
        let (bytes, isWhole) = try connection.answer()
        guard isWhole, ScanAnswer(bytes) == .clean else { throw ScanAnswer(bytes).refusal }
        return engine
    }

    /// Why the scanner did not wait for the end. It cannot know that content is clean of which it has not seen all.
    private func refusal() throws(ScanError) -> ScanError {
        let (bytes, _) = try connection.answer()
        return ScanAnswer(bytes).refusal
    }
}

/// What clamd said about a stream, read to the letter.
enum ScanAnswer: Hashable {
    case clean
    case found(String)
    case failed(ScanFailure)

    init(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        if text == "stream: OK\0" {
            self = .clean
        } else if let name = Self.signature(in: text) {
            self = .found(name)
        } else if bytes.isEmpty {
            self = .failed(.closedEarly)
        } else if text.hasSuffix("size limit exceeded. ERROR\0") {
            self = .failed(.overLimit)
        } else {
            self = .failed(text.hasSuffix("ERROR\0") ? .reportedError : .garbled)
        }
    }

    /// An answer that comes too early, or is broken off, is never clean.
    var refusal: ScanError {
        switch self {
        case .clean: .failed(.garbled)
        case .found(let signature): .found(signature: signature)
        case .failed(let failure): .failed(failure)
        }
    }

    /// The name goes into the ledger and to the person, so only what a name is made of is taken.
    private static func signature(in text: String) -> String? {
        guard text.hasPrefix("stream: "), text.hasSuffix(" FOUND\0") else { return nil }
        let name = text.dropFirst(8).dropLast(7)
        guard !name.isEmpty, name.utf8.count <= 200, name.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            return nil
        }
        return String(name)
    }
}

extension ScanEngine {
    /// `ClamAV 1.4.6/27453/Sat Nov 21 08:30:00 2026`, or without number and day when it has only signatures of one's own.
    ///
    /// - Returns: `nil` for anything else.
    init?(answer bytes: [UInt8]) {
        guard bytes.last == 0, bytes.count <= 200, bytes.dropLast().allSatisfy({ (0x20...0x7e).contains($0) }) else {
            return nil
        }
        let text = String(decoding: bytes.dropLast(), as: UTF8.self)
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard text.hasPrefix("ClamAV "), let version = parts.first else { return nil }
        let signatures = parts.count > 1 && !parts[1].isEmpty ? String(parts[1]) : Self.unsaid
        self.init(version: String(version), signatures: signatures)
    }
}
