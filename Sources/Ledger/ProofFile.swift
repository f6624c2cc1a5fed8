public import Sealing

/// A proof that needs no connection: that one entry is in the log, for a family or a court to keep.
///
/// Source: c2sp.org/tlog-proof (draft); its files are named `.tlog-proof`.
public struct ProofFile: Hashable, Sendable {
    private static let firstLine = Array("c2sp.org/tlog-proof@v1".utf8)
    private static let extraStart = Array("extra ".utf8)
    private static let indexStart = Array("index ".utf8)

    /// Whatever came along with the proof. Nothing vouches for it.
    public let extra: [UInt8]?
    public let proof: InclusionProof
    public let checkpoint: SignedNote

    /// - Parameters:
    ///   - proof: Where the entry is in the checkpoint's tree.
    ///   - checkpoint: The note as it was published, with its cosignatures.
    public init(proof: InclusionProof, checkpoint: SignedNote) {
        self.proof = proof
        self.checkpoint = checkpoint
        extra = nil
    }

    public init(parsing file: [UInt8]) throws(LedgerError) {
        let lines = file.split(separator: lineFeed, omittingEmptySubsequences: false)
        guard let blank = lines.firstIndex(where: \.isEmpty), lines.first == Self.firstLine[...] else {
            throw .malformedProofFile
        }
        var header = lines[1..<blank]
        if let value = header.first?.after(Self.extraStart) {
            guard let bytes = Base64.decode(value) else { throw .malformedProofFile }
            extra = bytes
            header.removeFirst()
        } else {
            extra = nil
        }
        guard let index = header.popFirst()?.after(Self.indexStart).flatMap({ UInt64(strictDecimal: $0) }),
            header.count < 64
        else { throw .malformedProofFile }
        let hashes = header.compactMap { Base64.decode($0).flatMap { Digest($0) } }
        guard hashes.count == header.count else { throw .malformedProofFile }
        proof = InclusionProof(index: index, hashes: hashes)
        checkpoint = try SignedNote(parsing: Array(file[lines[blank].endIndex...].dropFirst()))
    }

    public var bytes: [UInt8] {
        var lines = [Self.firstLine]
        if let extra {
            lines.append(Self.extraStart + Base64.encode(extra))
        }
        lines.append(Self.indexStart + Array(String(proof.index).utf8))
        lines += proof.hashes.map { Base64.encode($0.bytes) }
        return lines.flatMap { $0 + [lineFeed] } + [lineFeed] + checkpoint.bytes
    }

    /// Returns when the entry of this leaf hash is in a tree that the policy accepts.
    ///
    /// - Parameters:
    ///   - leafHash: Of the entry, computed by whoever checks.
    ///   - policy: Whose signatures count.
    ///   - now: POSIX time in seconds.
    /// - Returns: The checkpoint of that tree, and who has witnessed it.
    /// - Throws: Why the file proves nothing.
    public func verify(
        _ leafHash: Digest, under policy: LogPolicy, now: UInt64
    ) throws(LedgerError) -> WitnessedCheckpoint {
        let witnessed = try policy.open(checkpoint, now: now)
        try proof.verify(leafHash, in: witnessed.checkpoint.head)
        return witnessed
    }
}

extension ArraySlice<UInt8> {
    fileprivate func after(_ start: [UInt8]) -> ArraySlice<UInt8>? {
        starts(with: start) ? dropFirst(start.count) : nil
    }
}
