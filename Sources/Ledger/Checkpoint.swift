public import Sealing

/// What a log claims at some moment: its name and its tree head.
///
/// Source: c2sp.org/tlog-checkpoint v1.0.0.
public struct Checkpoint: Hashable, Sendable {
    /// The log's identity for ever, and the name of its key.
    public let origin: KeyName
    public let head: TreeHead
    /// Lines after the root. We write none.
    public let extensions: [[UInt8]]

    public init(origin: KeyName, head: TreeHead) {
        self.origin = origin
        self.head = head
        extensions = []
    }

    init(text: [UInt8]) throws(LedgerError) {
        guard text.last == lineFeed else { throw .malformedCheckpoint }
        let lines = text.dropLast().split(separator: lineFeed, omittingEmptySubsequences: false)
        guard lines.count >= 3, let origin = KeyName(lines[0]), let size = UInt64(strictDecimal: lines[1]),
            let root = Base64.decode(lines[2]).flatMap({ Digest($0) }), let head = TreeHead(size: size, root: root),
            lines[3...].allSatisfy({ !$0.isEmpty })
        else { throw .malformedCheckpoint }
        self.origin = origin
        self.head = head
        extensions = lines[3...].map { Array($0) }
    }

    /// The checkpoint as a note signed with the log's key.
    ///
    /// Two signed checkpoints of which one does not extend the other prove that the log misbehaves, for ever. So this
    /// one is signed only with the proof that it extends the last one; store it before anyone sees it.
    ///
    /// - Parameters:
    ///   - key: The log's own.
    ///   - last: The tree head last signed, or `.empty` for a new log.
    ///   - proof: From the size of `last` to this size.
    /// - Returns: The note to store and then to publish.
    /// - Throws: `proofRefused`, with nothing signed.
    public func signed(
        with key: borrowing SigningKey, extending last: TreeHead, by proof: ConsistencyProof
    ) throws(LedgerError) -> SignedNote {
        try proof.verify(from: last, to: head)
        var note = SignedNote(unsigned: text)
        note.sign(as: origin, with: key)
        return note
    }

    /// As above, by the key that has signed until now and the one that takes its place, so that who trusts the one comes to trust the other.
    ///
    /// - Parameters:
    ///   - key: The log's own, until now.
    ///   - successor: The log's own, from now on.
    ///   - last: The tree head last signed.
    ///   - proof: From the size of `last` to this size.
    /// - Returns: The note to store and then to publish.
    /// - Throws: `proofRefused`, with nothing signed.
    public func signed(
        with key: borrowing SigningKey, succeededBy successor: borrowing SigningKey, extending last: TreeHead,
        by proof: ConsistencyProof
    ) throws(LedgerError) -> SignedNote {
        var note = try signed(with: key, extending: last, by: proof)
        note.sign(as: origin, with: successor)
        return note
    }

    private var text: [UInt8] {
        let lines = [origin.bytes, Array(String(head.size).utf8), Base64.encode(head.root.bytes)]
        return lines.flatMap { $0 + [lineFeed] }
    }
}

/// Whose word we take for a log: its own keys, and how many of which witnesses.
public struct LogPolicy: Hashable, Sendable {
    /// How far a witness's clock may be ahead of ours.
    public static let clockToleranceSeconds: UInt64 = 300

    public let origin: KeyName
    public let quorum: Int
    public let allowsExtensions: Bool
    private let keys: Set<NoteKey>

    /// - Parameters:
    ///   - logKeys: At least one, all under the log's origin; several when the log has changed its key.
    ///   - witnesses: Keys of witnesses, no two under one name, none with the public key of another key given.
    ///   - quorum: How many of the witnesses must have cosigned.
    ///   - allowsExtensions: Whether to overlook extension lines. For a log of our own there must be none.
    /// - Throws: `impossiblePolicy` for anything else.
    public init(
        logKeys: Set<NoteKey>, witnesses: Set<NoteKey> = [], quorum: Int = 0, allowsExtensions: Bool = false
    ) throws(LedgerError) {
        let keys = logKeys.union(witnesses)
        guard let origin = logKeys.first?.name,
            logKeys.allSatisfy({ $0.kind == .log && $0.name == origin }),
            witnesses.allSatisfy({ $0.kind == .witness }),
            Set(witnesses.map(\.name)).count == witnesses.count,
            Set(keys.map(\.key)).count == keys.count,
            (0...witnesses.count).contains(quorum)
        else { throw .impossiblePolicy }
        self.origin = origin
        self.quorum = quorum
        self.allowsExtensions = allowsExtensions
        self.keys = keys
    }

    /// The checkpoint in a note, when the log has signed it and enough witnesses have.
    ///
    /// - Parameters:
    ///   - note: A note from anywhere.
    ///   - now: POSIX time in seconds. A cosignature from further ahead than the tolerance does not count.
    /// - Returns: The checkpoint, and when each witness that counts has seen it.
    /// - Throws: Why the note is not a checkpoint of this log, or not one to rely on.
    public func open(_ note: SignedNote, now: UInt64) throws(LedgerError) -> WitnessedCheckpoint {
        let opened = try note.open(with: keys)
        guard !opened.logs.isEmpty else { throw .noKnownSignature }
        let checkpoint = try Checkpoint(text: opened.text)
        guard checkpoint.origin == origin else { throw .wrongOrigin(checkpoint.origin) }
        guard allowsExtensions || checkpoint.extensions.isEmpty else { throw .malformedCheckpoint }
        let seen = opened.cosignatures.filter {
            $0.value <= now || $0.value - now <= Self.clockToleranceSeconds
        }
        guard seen.count >= quorum else { throw .tooFewCosignatures(have: seen.count, need: quorum) }
        return WitnessedCheckpoint(checkpoint: checkpoint, cosignatures: seen)
    }
}

/// A checkpoint that a policy has accepted.
public struct WitnessedCheckpoint: Hashable, Sendable {
    public let checkpoint: Checkpoint
    /// POSIX time in seconds, by witness.
    public let cosignatures: [NoteKey: UInt64]
}
